"""The records of the tablet: filtered, the nearest first, and what is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.recycleview import RecycleView
from kivy.uix.recycleview.views import RecycleDataViewBehavior
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from xiangtu.validate import Summary

from .. import look
from ..controllers.records import Choices, Filter, Listed, Order, Page, check, choices, list_records
from ..widgets.buttons import Switch, SwitchRow, action
from ..widgets.pick_list import Pick, pick_one
from ..widgets.row_list import RowList
from ..widgets.within_reach import WithinReach
from ..widgets.working import Working
from .screen import AppScreen

if TYPE_CHECKING:
    from ..app import XiangtuApp

_PAGE = 100
_SWITCHES = ("mine", "today", "incomplete", "problems")


class RecordRow(RecycleDataViewBehavior, ButtonBehavior, MDBoxLayout):
    """One record: what it is called, then state, village and distance, then what is wrong."""

    def __init__(self, **properties: Any) -> None:
        super().__init__(orientation="vertical", padding=(dp(16), dp(4)), **properties)
        self._lines = [
            MDLabel(font_style="Body", role="large", shorten=True),
            MDLabel(font_style="Body", role="medium", shorten=True, theme_text_color="Secondary"),
            MDLabel(font_style="Body", role="medium", shorten=True, theme_text_color="Custom"),
        ]
        for line in self._lines:
            self.add_widget(line)
        self._open: Callable[[], Any] | None = None

    def refresh_view_attrs(self, view: RecycleView, index: int, data: dict[str, Any]) -> None:
        for line, text in zip(self._lines, data["lines"], strict=True):
            line.text = text
        self._lines[2].text_color = data["colour"]
        self._open = data["open"]

    def on_release(self) -> None:
        if self._open is not None:
            self._open()


class RecordsScreen(AppScreen):
    """What is wanted stays while the app runs (`app.records_filter`)."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        super().__init__(app, **properties)
        self._switches, self._picks = SwitchRow(app), SwitchRow(app)
        self._count = MDLabel(adaptive_height=True, font_style="Body", role="medium")
        self.rows = RowList(app, RecordRow, 1.7)
        wanted = MDBoxLayout(orientation="vertical", adaptive_height=True, spacing=dp(8))
        for each in (self._switches, self._picks, self._count):
            wanted.add_widget(each)
        self.add_widget(
            WithinReach(
                app, self.rows,
                action(app, "app.records.check", "clipboard-check-outline", self._check),
                wanted, padding=(dp(12), dp(8)), spacing=dp(8),
            )
        )  # fmt: skip
        self._choices = Choices()
        self._listed: list[Listed] = []
        self._asked = 0
        self.build(self._make_switches())

    def enter(self, **what: Any) -> None:
        if not self.building:
            self._look()

    def _make_switches(self) -> Iterator[None]:
        yield
        self._show_switches()
        yield
        self._show_picks()
        yield
        self._look()

    def _look(self) -> None:
        fieldwork = self.app.fieldwork
        self.app.desk.ask(lambda: choices(fieldwork.survey), self._show_choices)
        self._ask(0)

    # -- what is wanted -----------------------------------------------------------------------

    @property
    def _wanted(self) -> Filter:
        return self.app.records_filter

    def _want(self, **other: Any) -> None:
        self.app.records_filter = replace(self._wanted, **other)
        self._show_switches()
        self._show_picks()
        self._ask(0)

    def _order(self, order: Order) -> None:
        self.app.records_order = order
        self._show_picks()
        self._ask(0)

    def _show_choices(self, found: Choices) -> None:
        self._choices = found
        self._show_switches()  # what is wanted may be another since it was shown last
        self._show_picks()

    def _show_switches(self) -> None:
        self._switches.show(
            *(
                Switch(
                    self.app.say(f"app.records.{name}"),
                    getattr(self._wanted, name),
                    lambda name=name: self._want(**{name: not getattr(self._wanted, name)}),
                )
                for name in _SWITCHES
            )
        )

    def _show_picks(self) -> None:
        app, say, wanted = self.app, self.app.say, self._wanted
        picks = []
        layers = {name: label.in_language(app.language) for name, label in self._choices.layers}
        villages = dict(self._choices.villages)
        for field, names, every in (
            ("layer", layers, "every_layer"), ("village", villages, "every_village"),
        ):  # fmt: skip
            chosen = getattr(wanted, field)
            text = names.get(chosen, chosen) if chosen else say(f"app.records.{every}")
            picks.append(
                Switch(
                    text,
                    chosen is not None,
                    lambda field=field, names=names, every=every: self._pick(field, names, every),
                )
            )
        near = app.records_order == "near"
        picks.append(
            Switch(
                say("app.records.near" if near else "app.records.code"),
                False,
                lambda: self._order("code" if near else "near"),
            )
        )
        self._picks.show(*picks)

    def _pick(self, field: str, names: dict[str, str], every: str) -> None:
        say = self.app.say
        picks = [Pick(None, say(f"app.records.{every}"))]
        picks += [Pick(value, text) for value, text in names.items()]
        pick_one(
            self.app, say(f"app.records.{every}"), picks, lambda value: self._want(**{field: value})
        )

    # -- what is found ------------------------------------------------------------------------

    def _ask(self, offset: int) -> None:
        fieldwork, wanted, order = self.app.fieldwork, self._wanted, self.app.records_order
        fix = self.app.receiver.here
        here = None
        if fix is not None and not math.isnan(fix.longitude_deg):
            here = (fix.longitude_deg, fix.latitude_deg)
        self._asked += 1
        asked = self._asked
        self.app.desk.ask(
            lambda: list_records(
                fieldwork.survey, wanted, order, here=here, offset=offset, count=_PAGE
            ),
            # Of two that were asked for in a hurry the later one counts.
            lambda page: self._show(page) if asked == self._asked else None,
        )

    def _show(self, page: Page) -> None:
        if page.offset == 0:
            self._listed = []
            self.rows.scroll_y = 1.0
        self._listed += page.records
        say = self.app.say
        self._count.text = say("app.records.count", shown=len(self._listed), total=page.total)
        self.rows.data = [self._row(each) for each in self._listed]
        if len(self._listed) < page.total:
            more = ("", say("app.records.more"), "")
            reached = len(self._listed)
            self.rows.data.append(
                {
                    "lines": more,
                    "colour": look.fixed(self.app.theme_cls.primaryColor),
                    "open": lambda: self._ask(reached),
                }
            )

    def _row(self, record: Listed) -> dict[str, Any]:
        say, language = self.app.say, self.app.language
        colours = look.colours(self.app.settings.theme)
        names = [record.label.in_language(language), record.title, record.code]
        facts = [record.state.in_language(language) if record.state else "", record.village]
        if record.begun:
            facts.insert(0, say("app.records.begun"))
        if record.distance_m is not None:
            facts.append(_distance(record.distance_m))
        wrong = ""
        if record.problem is not None and record.remedy is not None:
            wrong = record.problem.in_language(language)
            if record.problems > 1:
                wrong += " " + say("app.records.and_more", count=record.problems - 1)
        return {
            "lines": (
                " ".join(dict.fromkeys(each for each in names if each)),
                " · ".join(each for each in facts if each),
                wrong,
            ),
            "colour": colours.bad if record.severity == "error" else colours.warning,
            "open": lambda: self._open(record),
        }

    def _open(self, record: Listed) -> None:
        if record.problem is not None and record.remedy is not None:
            language = self.app.language
            self.app.tell(record.remedy.in_language(language))
        if self.app.shell.has("form"):
            self.app.shell.show("form", layer=record.layer, record=record.record)

    # -- checking -----------------------------------------------------------------------------

    def _check(self) -> None:
        fieldwork = self.app.fieldwork
        Working(self.app, self.app.say("app.records.checking")).do_in_steps(
            lambda: check(fieldwork.survey), self._checked
        )

    def _checked(self, summary: Summary) -> None:
        of = summary.open_by_severity
        self.app.tell(
            self.app.say(
                "app.records.checked",
                errors=of.get("error", 0), warnings=of.get("warning", 0), notes=of.get("note", 0),
            )
        )  # fmt: skip
        self.app.records_filter = Filter(problems=True, mine=True)
        self._want()


def _distance(metres: float) -> str:
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"
