"""A font with Chinese in it, in place of Kivy's own, which has none."""

from __future__ import annotations

from pathlib import Path

from kivy.core.text import LabelBase
from xiangtu.errors import BadFile

#: Beside the app where it is packaged, else where Debian's fonts-wqy-microhei puts it. Face 0 of
#: the collection, which is all that SDL opens, is the proportional one.
_PLACES = (
    Path(__file__).resolve().parent / "fonts" / "wqy-microhei.ttc",
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
)
#: The names that Kivy's and KivyMD's styles ask for; the icons keep a font of their own.
_NAMES = ("Roboto", "RobotoThin", "RobotoLight", "RobotoMedium", "RobotoBlack")


def register() -> None:
    """Put the font in place of every other; to be called after kivymd is imported and before any
    widget is made.

    BadFile("app.font_missing") where there is none.
    """
    font = next((path for path in _PLACES if path.is_file()), None)
    if font is None:
        raise BadFile("app.font_missing", path=str(_PLACES[-1]))
    for name in _NAMES:
        LabelBase.register(name, str(font), str(font), str(font), str(font))
