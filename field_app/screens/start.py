"""The first screen: language, who surveys, the PIN, the assignment, the card for the county."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from kivymd.uix.scrollview import MDScrollView
from xiangtu.errors import SurveyError
from xiangtu.package.adoption import AdoptionSummary
from xiangtu.words import explain

from ..controllers.at_work import OpenForm, still_open
from ..controllers.settings import Language
from ..desk import Progress
from ..widgets.buttons import LANGUAGES, ChoiceRow, action
from ..widgets.file_chooser import choose_file
from ..widgets.place_chooser import Place, choose_place, hand_on
from ..widgets.text_input import TextInput
from ..widgets.within_reach import WithinReach
from ..widgets.working import Working
from .screen import AppScreen

if TYPE_CHECKING:
    from ..app import XiangtuApp


@dataclass(frozen=True)
class _Found:
    """How the tablet stands."""

    has_assignment: bool
    surveyor: str
    county: str
    card: Path
    locked: bool


class StartScreen(AppScreen):
    """From power-on to the list of the day."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        super().__init__(app, **properties)
        self._box = MDBoxLayout(
            orientation="vertical", adaptive_height=True, padding=dp(4), spacing=dp(16)
        )
        #: The next thing to do, where a thumb reaches it.
        self._next = MDBoxLayout(adaptive_height=True)
        self._languages = ChoiceRow(app, LANGUAGES, app.settings.language, self._speak)
        self.standing = MDLabel(adaptive_height=True, font_style="Body", role="large")
        self.surveyor = TextInput(app, hint=app.say("app.start.surveyor"))
        self.pin = TextInput(app, hint=app.say("app.start.pin"), password=True, input_type="number")
        self._begin_button = action(app, "app.start.begin", "play", self._begin)
        self._forgot = action(
            app, "app.start.forgot", "lock-question", self._pin_forgotten, quiet=True
        )
        self._hand_out = action(
            app, "app.start.hand_out", "card-account-details-outline", self._choose_place,
            quiet=True,
        )  # fmt: skip
        self.card = MDLabel(
            adaptive_height=True, font_style="Body", role="medium", allow_selection=True
        )
        scroll = MDScrollView()
        scroll.add_widget(self._box)
        self.add_widget(WithinReach(app, scroll, self._next, padding=dp(16), spacing=dp(16)))

    def enter(self, **what: Any) -> None:
        self._look()
        offered, self.app.offered_assignment = self.app.offered_assignment, None
        if offered is not None:
            self._take(offered)

    def _look(self) -> None:
        fieldwork, pin = self.app.fieldwork, self.app.pin

        def task() -> _Found:
            has = fieldwork.has_assignment
            surveyor = fieldwork.survey.author if has else ""
            county = str(fieldwork.survey.meta.get("name") or "") if has else ""
            return _Found(has, surveyor, county, fieldwork.card, pin.is_set)

        self.app.desk.ask(task, self._show, self._show_broken)

    def _show(self, found: _Found) -> None:
        say = self.app.say
        self.standing.text = (
            say("app.start.county", name=found.county)
            if found.has_assignment
            else say("app.start.none")
        )
        if not self.surveyor.text:
            self.surveyor.text = found.surveyor
        self.card.text = say("app.start.card", path=str(found.card))
        self._box.clear_widgets()
        self._next.clear_widgets()
        take = action(
            self.app, "app.start.take", "folder-open-outline", self._choose,
            quiet=found.has_assignment,
        )  # fmt: skip
        shown = [self._languages, self.standing]
        if found.has_assignment:
            shown += [self.surveyor]
            if found.locked:
                shown += [self.pin, self._forgot]
            shown += [take]
        for each in (*shown, self._hand_out, self.card):
            self._box.add_widget(each)
        self._next.add_widget(self._begin_button if found.has_assignment else take)

    def _show_broken(self, error: SurveyError) -> None:
        """The survey file cannot be opened: say so for as long as it is so. It is left as it is,
        and nothing may take its place: what was surveyed may still be got out of it."""
        self.standing.text = explain(error, self.app.language)
        what = MDLabel(
            text=self.app.say("app.start.broken", path=str(self.app.folder)),
            adaptive_height=True, font_style="Body", role="large",
        )  # fmt: skip
        self._box.clear_widgets()
        for each in (self._languages, self.standing, what):
            self._box.add_widget(each)

    def _speak(self, language: Language) -> None:
        self.app.change_settings(replace(self.app.settings, language=language))

    # -- assignment and card ------------------------------------------------------------------

    def _choose(self) -> None:
        choose_file(self.app, (".xta",), self._take)

    def _take(self, path: Path) -> None:
        fieldwork, pin = self.app.fieldwork, self.app.pin

        def task(progress: Progress) -> tuple[AdoptionSummary, bool]:
            summary = fieldwork.take_assignment(path, progress)
            return summary, not summary.already and pin.assignment_taken()

        self.app.let_go()
        Working(self.app, self.app.say("app.start.taking")).do(task, self._taken)

    def _taken(self, found: tuple[AdoptionSummary, bool]) -> None:
        summary, unlocked = found
        say = self.app.say
        code = "already" if summary.already else "taken" if summary.first else "taken_beside"
        told = say(
            f"app.start.{code}",
            records=sum(summary.counts.values()), kept=summary.kept, conflicts=summary.conflicts,
        )  # fmt: skip
        if unlocked:
            told += " " + say("app.pin.removed")
        self.app.tell(told)
        self._look()

    def _choose_place(self) -> None:
        choose_place(self.app, self._put_card)

    def _put_card(self, place: Place) -> None:
        fieldwork = self.app.fieldwork

        def made(path: Path) -> None:
            if place.hand_on:
                hand_on(self.app, path, self._handed_out)
            else:
                self._handed_out(str(path))

        self.app.desk.ask(lambda: fieldwork.hand_out_card(place.folder), made)

    def _handed_out(self, where: str) -> None:
        self.app.tell(self.app.say("app.start.handed_out", path=where))

    # -- beginning ----------------------------------------------------------------------------

    def _begin(self) -> None:
        name, digits = self.surveyor.text, self.pin.text
        fieldwork, pin = self.app.fieldwork, self.app.pin

        def task() -> list[OpenForm]:
            pin.check(digits)
            fieldwork.sign_in(name)
            return still_open(fieldwork.survey)

        self.pin.text = ""
        self.app.desk.ask(task, self._go_on)

    def _go_on(self, forms: list[OpenForm]) -> None:
        """To the list of the day, and to the form that was open when the program ended."""
        shell = self.app.shell
        shell.show("today")
        for each in forms:
            shell.show("form", layer=each.layer, record=each.record, section=each.section)

    def _pin_forgotten(self) -> None:
        pin = self.app.pin
        self.app.desk.ask(
            pin.forgotten, lambda _none: self.app.tell(self.app.say("app.start.forgot_how"))
        )
