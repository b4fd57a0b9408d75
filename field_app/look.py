"""How the app looks: themes for day, sun and night, text sizes, and how large a finger is."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from kivy.metrics import Metrics, dp
from kivymd.font_definitions import theme_font_styles
from kivymd.theming import ThemeManager

from .controllers.settings import TextSize, Theme

#: Times the normal size; and the smallest side of what is touched, in dp: with gloves on, a
#: finger needs more than the 48 of Material Design.
_SCALES: Mapping[TextSize, float] = {"normal": 1.0, "large": 1.25, "extra_large": 1.5}
_TOUCH_DP: Mapping[TextSize, float] = {"normal": 48, "large": 56, "extra_large": 64}

_DRAWN_FOR = copy.deepcopy(dict(theme_font_styles))


@dataclass(frozen=True)
class Colours:
    """Colours that KivyMD's own do not name, as red, green, blue, opacity from 0 to 1; those of a
    basemap are multiplied by `basemap`."""

    good: tuple[float, float, float, float]
    warning: tuple[float, float, float, float]
    bad: tuple[float, float, float, float]
    map_background: tuple[float, float, float, float]
    map_text: tuple[float, float, float, float]
    map_halo: tuple[float, float, float, float]
    basemap: tuple[float, float, float, float]


_COLOURS: Mapping[Theme, Colours] = {
    "day": Colours(
        (0.05, 0.40, 0.16, 1), (0.52, 0.30, 0.0, 1), (0.70, 0.08, 0.08, 1),
        (0.96, 0.96, 0.94, 1), (0.1, 0.1, 0.1, 1), (1, 1, 1, 1), (1, 1, 1, 1),
    ),
    "contrast": Colours(
        (0.0, 0.30, 0.08, 1), (0.42, 0.22, 0.0, 1), (0.60, 0.0, 0.0, 1),
        (1, 1, 1, 1), (0, 0, 0, 1), (1, 1, 1, 1), (1, 1, 1, 1),
    ),
    "night": Colours(
        (0.50, 0.90, 0.58, 1), (1.0, 0.76, 0.36, 1), (1.0, 0.62, 0.60, 1),
        (0.09, 0.10, 0.09, 1), (0.92, 0.92, 0.90, 1), (0.05, 0.05, 0.05, 1),
        (0.45, 0.45, 0.45, 1),
    ),
}  # fmt: skip


def colours(theme: Theme) -> Colours:
    """The app's own colours in a theme."""
    return _COLOURS[theme]


def fixed(colour: Sequence[float]) -> tuple[float, ...]:
    """A colour of the theme as it is now. KivyMD ties a widget that is given the theme's own list
    to the theme for as long as the app runs, with all that it belongs to."""
    return tuple(colour)


def touch(text_size: TextSize) -> float:
    """The smallest side of what is touched, in pixels."""
    return float(dp(_TOUCH_DP[text_size]))


@cache
def rows(view: type, text_size: TextSize) -> type:
    """The class of a list's rows in a text size. Kivy keeps rows that are no longer shown by their
    class and shows them again, in the size that they were made in."""
    return type(view.__name__, (view,), {})


def apply(theme_cls: ThemeManager, theme: Theme, text_size: TextSize) -> None:
    """Set both; widgets that are made from now on look so."""
    theme_cls.theme_style_switch_animation = False
    theme_cls.dynamic_scheme_contrast = 1.0 if theme == "contrast" else 0.0
    theme_cls.primary_palette = "Green"
    theme_cls.theme_style = "Dark" if theme == "night" else "Light"
    scale = Metrics.fontscale = _SCALES[text_size]
    # KivyMD's sizes were reckoned when it was imported.
    for style, roles in _DRAWN_FOR.items():
        if style == "Icon":
            continue
        for role, said in roles.items():
            theme_font_styles[style][role]["font-size"] = said["font-size"] * scale


def contrast_ratio(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> float:
    """How far apart in lightness two opaque colours are, 1 to 21 (WCAG 2.1, contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: tuple[float, float, float, float]) -> float:
    red, green, blue = (
        each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in colour[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
