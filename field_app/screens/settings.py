"""Receiver, measuring, how the app looks, the tablet's PIN, and what this tablet is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from kivymd.uix.scrollview import MDScrollView
from xiangtu.errors import BadInput
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.receiver import Receiver

from ..controllers.settings import LOCK_AFTER_MIN, Settings
from ..widgets.buttons import LANGUAGES, Choice, ChoiceRow, action
from ..widgets.number_input import NumberInput
from ..widgets.panel import Panel
from ..widgets.pick_list import Pick, pick_one
from ..widgets.text_input import TextInput
from .screen import AppScreen

if TYPE_CHECKING:
    from ..app import XiangtuApp

_LIVE_EVERY_S = 0.5
#: Stands in the list for an address that is not in it.
_TYPED = object()
#: Settings that are numbers, each with its unit.
_MEASURING = (
    ("accuracy_m", "m"), ("walk_every_m", "m"), ("walk_every_s", "s"), ("walk_turn_deg", "°"),
    ("arrival_m", "m"),
)  # fmt: skip


class SettingsScreen(AppScreen):
    """Everything that a surveyor may choose; each choice holds at once."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        super().__init__(app, **properties)
        self._box = MDBoxLayout(
            orientation="vertical", adaptive_height=True, padding=dp(16), spacing=dp(16)
        )
        self._scroll = MDScrollView()
        self._scroll.add_widget(self._box)
        self.add_widget(self._scroll)
        #: Where it is scrolled to once it is whole.
        self._scrolled = 1.0
        self.build(self._make_panels())

    def enter(self, **what: Any) -> None:
        if not self.building:
            self._begin()

    def _make_panels(self) -> Iterator[None]:
        for make in (self._receiver, self._measuring, self._looks, self._pin, self._about):
            yield from make()
        self._scroll.scroll_y = self._scrolled
        self._begin()

    def _panel(self, title: str) -> Panel:
        panel = Panel(self.app, self.app.say(title))
        self._box.add_widget(panel)
        return panel

    def _begin(self) -> None:
        self._look()
        self._show_live()
        Clock.schedule_interval(self._show_live, _LIVE_EVERY_S)

    # -- receiver -----------------------------------------------------------------------------

    def _receiver(self) -> Iterator[None]:
        app = self.app
        panel = self._panel("setting.receiver")
        self.live = _line()
        self.typed = TextInput(
            app, hint=app.say("app.settings.address"), left=self._switch,
            text=app.settings.receiver,
        )  # fmt: skip
        panel.add_widget(self.live)
        panel.add_widget(
            action(app, "app.settings.choose", "satellite-variant", self._choose_receiver)
        )
        self._receiver_panel = panel
        yield
        self._labelled(
            panel, "rtk_datum", tuple(Choice(each, each) for each in ("CGCS2000", "WGS84"))
        )
        panel.add_widget(_line(app.say("app.settings.rtk_datum_why"), role="medium"))
        yield
        panel.add_widget(self._number("antenna_height_m", "m"))
        yield

    def _choose_receiver(self) -> None:
        app = self.app
        recent = app.settings.recent_receivers
        picks = [Pick("", app.say("app.settings.own"), app.port.own_receiver)]
        picks += [Pick(each, each) for each in recent]
        picks.append(Pick(_TYPED, app.say("app.settings.type")))
        pick_one(app, app.say("app.settings.choose"), picks, self._chosen)

    def _chosen(self, address: Any) -> None:
        if address is not _TYPED:
            self._switch(address)
        elif self.typed.parent is None:
            self._receiver_panel.add_widget(
                self.typed, index=len(self._receiver_panel.children) - 3
            )

    def _switch(self, address: str) -> None:
        self._change(lambda: self.app.settings.with_receiver(address))

    def _show_live(self, *_dt: float) -> bool:
        """What the receiver says at this moment; False, which ends it, once this is not shown."""
        if self.app.shell.screen is not self:
            return False
        self.live.text = "\n".join(self._said(self.app.receiver))
        return True

    def _said(self, receiver: Receiver) -> list[str]:
        say, state = self.app.say, receiver.state
        lines = [say(each.code, **each.facts) for each in state.conditions]
        if state.address and not any(state.address in line for line in lines):
            lines.insert(0, state.address)
        fix = receiver.here
        if fix is not None and not math.isnan(fix.longitude_deg):
            lines.append(
                say(
                    "app.settings.fix",
                    kind=f"fix_type.{fix.fix_type}", accuracy=_metres(fix.horizontal_accuracy_m),
                    vertical=_metres(fix.vertical_accuracy_m), satellites=_satellites(fix),
                    hdop=_or_dash(fix.hdop),
                )
            )  # fmt: skip
            if fix.correction_age_s is not None:
                lines.append(say("app.settings.corrections", seconds=fix.correction_age_s))
        sky = receiver.sky()
        in_view = Counter(each.name[0] for each in sky)
        used = Counter(each.name[0] for each in sky if each.used)
        if sky:
            lines.append(
                " · ".join(
                    f"{say(f'app.constellation.{letter}')} {used[letter]}/{count}"
                    for letter, count in sorted(in_view.items())
                )
            )
        return lines

    # -- measuring, looks -----------------------------------------------------------------------

    def _measuring(self) -> Iterator[None]:
        panel = self._panel("app.settings.measuring")
        for name, unit in _MEASURING:
            panel.add_widget(self._number(name, unit))
            yield
        panel.add_widget(_line(self.app.say("app.settings.accuracy_why"), role="medium"))
        say = self.app.say
        snaps = (Choice(True, say("app.draw.snap_on")), Choice(False, say("app.draw.snap_off")))
        self._labelled(panel, "snaps", snaps)
        yield

    def _looks(self) -> Iterator[None]:
        say = self.app.say
        panel = self._panel("app.settings.looks")
        self._labelled(panel, "language", LANGUAGES)
        yield
        for name, values in (
            ("text_size", ("normal", "large", "extra_large")),
            ("theme", ("day", "contrast", "night")),
        ):
            self._labelled(
                panel, name, tuple(Choice(each, say(f"app.{name}.{each}")) for each in values)
            )
            yield
        hands = (Choice(False, say("app.hand.right")), Choice(True, say("app.hand.left")))
        self._labelled(panel, "left_handed", hands)
        yield

    def _labelled(self, panel: Panel, name: str, choices: tuple[Choice, ...]) -> None:
        """A setting that is one of several, with its name above."""

        def choose(value: Any) -> None:
            self._change(lambda: replace(self.app.settings, **{name: value}))
            row.choose(getattr(self.app.settings, name))

        row = ChoiceRow(self.app, choices, getattr(self.app.settings, name), choose)
        panel.add_widget(_line(self.app.say(f"setting.{name}")))
        panel.add_widget(row)

    def _number(self, name: str, unit: str) -> NumberInput:
        say, value = self.app.say, getattr(self.app.settings, name)

        def left(text: str) -> None:
            self._change(lambda: self.app.settings.typed(name, text))
            held = getattr(self.app.settings, name)
            field.text = "" if held is None else f"{held:g}"

        field = NumberInput(
            self.app, label=say(f"setting.{name}"), unit=unit, value=value, left=left
        )
        return field

    def _change(self, changed: Callable[[], Settings]) -> None:
        """Keep other settings, or say why they cannot be."""
        try:
            settings = changed()
        except BadInput as error:
            self.app.tell_refusal(error)
            return
        self.app.change_settings(settings)
        shown = self.app.shell.screen
        if isinstance(shown, SettingsScreen) and shown is not self:
            # Made anew in another look: the person goes on where they were.
            shown.scroll_to(self._scroll.scroll_y)

    def scroll_to(self, part: float) -> None:
        """Show the part of the list that is so far (0…1) from its end, once it is whole."""
        self._scrolled = part
        if not self.building:
            self._scroll.scroll_y = part

    # -- PIN ----------------------------------------------------------------------------------

    def _pin(self) -> Iterator[None]:
        app = self.app
        panel = self._panel("app.pin.title")
        self._pin_says = _line()
        self.pin = TextInput(app, hint=app.say("app.pin.new"), password=True, input_type="number")
        panel.add_widget(self._pin_says)
        panel.add_widget(self.pin)
        panel.add_widget(action(app, "app.pin.set", "lock-outline", self._set_pin, quiet=True))
        yield
        self.remove_pin = action(
            app, "app.pin.remove", "lock-open-outline", self._remove_pin, quiet=True
        )
        minutes = (
            Choice(each, app.say("app.lock.minutes", minutes=each)) for each in LOCK_AFTER_MIN
        )
        self._labelled(panel, "lock_after_min", tuple(minutes))
        self._pin_panel = panel
        yield

    def _set_pin(self) -> None:
        digits, pin = self.pin.text, self.app.pin
        self.app.desk.ask(lambda: pin.choose(digits), lambda _none: self._pin_changed("set_now"))

    def _remove_pin(self) -> None:
        self.app.desk.ask(self.app.pin.remove, lambda _none: self._pin_changed("removed"))

    def _pin_changed(self, how: str) -> None:
        self.pin.text = ""
        self.app.tell(self.app.say(f"app.pin.{how}"))
        self._look()

    # -- about --------------------------------------------------------------------------------

    def _about(self) -> Iterator[None]:
        panel = self._panel("app.settings.about")
        self._tablet_says = _line(role="medium")
        panel.add_widget(self._tablet_says)
        yield

    def _look(self) -> None:
        fieldwork, pin = self.app.fieldwork, self.app.pin

        def task() -> tuple[bool, str, str, str]:
            meta = fieldwork.survey.meta if fieldwork.has_assignment else {}
            return (
                pin.is_set,
                fieldwork.tablet.device_id,
                str(meta.get("name") or "—"),
                str(meta.get("county") or "—"),
            )

        self.app.desk.ask(task, self._show)

    def _show(self, found: tuple[bool, str, str, str]) -> None:
        is_set, device, name, county = found
        say = self.app.say
        self._pin_says.text = say("app.pin.is_set" if is_set else "app.pin.is_none")
        self._pin_panel.remove_widget(self.remove_pin)
        if is_set:
            self._pin_panel.add_widget(self.remove_pin)
        self._tablet_says.text = "\n".join(
            (
                say("app.about.program", version=_version()),
                say("app.about.device", device=device),
                say("app.about.county", name=name, county=county),
                say("app.about.folder", path=self.app.folder),
            )
        )


def _line(text: str = "", role: str = "large") -> MDLabel:
    return MDLabel(text=text, adaptive_height=True, font_style="Body", role=role)


def _satellites(fix: Fix) -> str:
    """Those used, of those in view where the receiver says."""
    of = "" if fix.satellites_in_view is None else f"/{fix.satellites_in_view}"
    return f"{_or_dash(fix.satellites)}{of}"


def _metres(value: float | None) -> str:
    return "—" if value is None else f"±{value:.2f} m"


def _or_dash(value: float | None) -> str:
    return "—" if value is None else f"{value:g}"


def _version() -> str:
    try:
        return version("xiangtu")
    except PackageNotFoundError:  # in the app's own package on a tablet
        return "?"
