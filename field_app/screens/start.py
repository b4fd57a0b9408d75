"""The first screen: language, who surveys, the assignment, the card for the county."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from kivymd.uix.scrollview import MDScrollView
from xiangtu.package.adoption import AdoptionSummary

from ..controllers.at_work import OpenForm, still_open
from ..controllers.settings import Language
from ..widgets.buttons import Choice, action, choice_row
from ..widgets.file_chooser import choose_file
from ..widgets.text_input import TextInput
from .screen import AppScreen

if TYPE_CHECKING:
    from ..app import XiangtuApp

_LANGUAGES: tuple[Choice, ...] = (Choice("zh", "中文"), Choice("en", "English"))


class StartScreen(AppScreen):
    """From power-on to the list of the day."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        super().__init__(app, **properties)
        box = MDBoxLayout(
            orientation="vertical", adaptive_height=True, padding=dp(20), spacing=dp(16)
        )
        box.add_widget(choice_row(app, _LANGUAGES, app.settings.language, self._speak))
        self.standing = MDLabel(adaptive_height=True, font_style="Body", role="large")
        self.surveyor = TextInput(app, hint=app.say("app.start.surveyor"))
        self.begin = action(app, "app.start.begin", "play", self._begin)
        self.take = action(app, "app.start.take", "folder-open-outline", self._choose, quiet=True)
        self.card = MDLabel(
            adaptive_height=True, font_style="Body", role="medium", allow_selection=True
        )
        for each in (self.standing, self.surveyor, self.begin, self.take, self.card):
            box.add_widget(each)
        scroll = MDScrollView()
        scroll.add_widget(box)
        self.add_widget(scroll)

    def enter(self, **what: Any) -> None:
        self._look()
        offered, self.app.offered_assignment = self.app.offered_assignment, None
        if offered is not None:
            self._take(offered)

    def _look(self) -> None:
        fieldwork = self.app.fieldwork

        def task() -> tuple[bool, str, str, Path]:
            has = fieldwork.has_assignment
            surveyor = fieldwork.survey.author if has else ""
            county = str(fieldwork.survey.meta.get("name") or "") if has else ""
            return has, surveyor, county, fieldwork.card

        self.app.desk.ask(task, self._show)

    def _show(self, found: tuple[bool, str, str, Path]) -> None:
        has, surveyor, county, card = found
        say = self.app.say
        self.standing.text = say("app.start.county", name=county) if has else say("app.start.none")
        if not self.surveyor.text:
            self.surveyor.text = surveyor
        self.surveyor.disabled = self.begin.disabled = not has
        self.card.text = say("app.start.card", path=str(card))

    def _speak(self, language: Language) -> None:
        self.app.change_settings(replace(self.app.settings, language=language))

    def _choose(self) -> None:
        choose_file(self.app, (".xta",), self._take)

    def _take(self, path: Path) -> None:
        self.app.desk.ask(lambda: self.app.fieldwork.take_assignment(path), self._taken)

    def _taken(self, summary: AdoptionSummary) -> None:
        self.app.tell(self.app.say("app.start.taken", records=sum(summary.counts.values())))
        self._look()

    def _begin(self) -> None:
        name = self.surveyor.text
        fieldwork = self.app.fieldwork

        def task() -> list[OpenForm]:
            fieldwork.sign_in(name)
            return still_open(fieldwork.survey)

        self.app.desk.ask(task, self._go_on)

    def _go_on(self, forms: list[OpenForm]) -> None:
        """To the list of the day, and to the form that was open when the program ended."""
        shell = self.app.shell
        shell.show("today")
        for each in forms:
            shell.show("form", layer=each.layer, record=each.record, section=each.section)
