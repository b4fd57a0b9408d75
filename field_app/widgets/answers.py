"""One question of a form with its answer: a widget for each way to answer, all as large as a
gloved finger, with what is wrong beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from xiangtu.catalogue import Field, Label
from xiangtu.catalogue.model import Code

from .. import look
from ..controllers.form_page import Asked, candidates
from ..controllers.questions import Problem
from .buttons import Choice, ChoiceRow, WideButton, letters
from .pick_date import pick_date
from .pick_list import Pick, pick_one
from .pick_several import PickSeveral
from .text_input import TextInput

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: So few choices, with so few letters in all, stand side by side; more are a list.
_SIDE_BY_SIDE, _LETTERS = 3, 18

Answer = Callable[[str, Any], Any]


def problem_words(
    app: XiangtuApp,
    problem: Problem,
    field: Field | None,
    roles: Mapping[str, str] | None = None,
) -> str:
    """What is wrong and what to do, in one line; a rule of the catalogue says both itself.

    `roles` are the words of the roles of photos.
    """
    language = app.language
    if problem.title is not None:
        title = problem.title.in_language(language)
        if problem.remedy is None:
            return title
        return app.say("app.form.rule", title=title, remedy=problem.remedy.in_language(language))
    facts = dict(problem.facts)
    if field is not None:
        facts["field"] = field.label.in_language(language)
    if roles is not None and "role" in facts:
        facts["role"] = roles.get(facts["role"], facts["role"])
    if problem.code == "field.problem.identifier":
        facts["reason"] = f"field.identifier.{facts['reason']}"
    return app.say(problem.code, **facts)


class AnswerBox(MDBoxLayout):
    """The words of the question, its answer, and below it what is wrong.

    `answer` is told the field's name and the answer as typed or picked.
    """

    def __init__(self, app: XiangtuApp, asked: Asked, answer: Answer) -> None:
        super().__init__(orientation="vertical", adaptive_height=True, spacing=dp(4))
        self.app, self.asked, self._answer = app, asked, answer
        self._label = MDLabel(adaptive_height=True, font_style="Body", role="large", bold=True)
        self._below = MDBoxLayout(orientation="vertical", adaptive_height=True)
        self.add_widget(self._label)
        self.make()
        self.add_widget(self._below)
        self._told: tuple[tuple[str, str], ...] = ()

    def make(self) -> None:
        """Add the widget that takes the answer."""

    def show_value(self) -> None:
        """Show the answer that `self.asked` brings."""

    def show(self, asked: Asked, refusal: str = "") -> None:
        """Show the question as it stands; `refusal` is why what was typed last was not taken,
        which then stands there still."""
        self.asked = asked
        field = asked.field
        label = field.label.in_language(self.app.language)
        if field.unit and field.unit not in label:
            label = self.app.say("app.form.with_unit", label=label, unit=field.unit)
        self._label.text = f"{label} *" if asked.question.required else label
        if not refusal:
            self.show_value()
        told = [(refusal, "error")] if refusal else []
        told += [
            (problem_words(self.app, each, field), each.severity)
            for each in asked.question.problems
        ]
        if field.help is not None:
            told.append((field.help.in_language(self.app.language), ""))
        self._tell(tuple(told))

    def _tell(self, told: tuple[tuple[str, str], ...]) -> None:
        if told == self._told:
            return
        self._told = told
        self._below.clear_widgets()
        colours = look.colours(self.app.settings.theme)
        for text, severity in told:
            colour = {"error": colours.bad, "warning": colours.warning}.get(
                severity, look.fixed(self.app.theme_cls.onSurfaceVariantColor)
            )
            self._below.add_widget(
                MDLabel(
                    text=text, adaptive_height=True, font_style="Body", role="medium",
                    theme_text_color="Custom", text_color=colour,
                )
            )  # fmt: skip

    def give(self, answer: Any) -> None:
        self._answer(self.asked.field.name, answer)

    @property
    def title(self) -> str:
        return self.asked.field.label.in_language(self.app.language)

    def said(self, label: Label) -> str:
        return label.in_language(self.app.language)


class TypedAnswer(AnswerBox):
    """Text or a number. A private one shows its mask, and is typed anew as a whole."""

    def make(self) -> None:
        self.line = TextInput(self.app, hint="", left=self._left)
        if self.asked.kind == "number":
            self.line.input_type = "number"
        if self.asked.field.sensitive:
            self.line.bind(focus=self._private)
        self.add_widget(self.line)

    def show_value(self) -> None:
        value = self.asked.question.value
        text = "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
        if not self.line.focus and self.line.text != text:
            self.line.text = text

    def _left(self, text: str) -> None:
        if text or not self.asked.field.sensitive:
            self.give(text)

    def _private(self, _line: TextInput, focus: bool) -> None:
        # Nobody can mend the middle of what is masked.
        if focus:
            self.line.text = ""
        elif not self.line.text:
            self.show_value()


class PickedAnswer(AnswerBox):
    """A button that says the answer and opens what there is to pick."""

    def make(self) -> None:
        self.button = WideButton(self.app, "—", self._open)
        self.add_widget(self.button)

    def show_value(self) -> None:
        self.button.words.text = self._words() or "—"

    def _words(self) -> str:
        asked, value = self.asked, self.asked.question.value
        if value is None:
            return ""
        if asked.kind == "record":
            return self.said(asked.said) if asked.said else ""
        if asked.kind == "date":
            return str(value)
        chosen = set(str(value).split(";")) if asked.kind == "codes" else {str(value)}
        words = [self.said(each.label) for each in asked.choices if each.code in chosen]
        return ("、" if self.app.language == "zh" else ", ").join(words) or str(value)

    def _open(self) -> None:
        asked, app = self.asked, self.app
        optional = not asked.question.required
        if asked.kind == "date":
            pick_date(app, self.title, self.give, may_be_empty=optional)
        elif asked.kind == "record":
            layer = asked.field.references or ""
            fieldwork = app.fieldwork
            app.desk.ask(lambda: candidates(fieldwork.survey, layer), self._open_records)
        elif asked.kind == "codes":
            marked = str(asked.question.value or "").split(";")
            PickSeveral(app, self.title, self._codes(), marked, self.give).open()
        else:
            pick_one(app, self.title, self._empty() + self._codes(), self.give)

    def _open_records(self, found: list[tuple[str, Label, str]]) -> None:
        if not found:
            self.app.tell(self.app.say("app.form.no_records", field=self.title))
            return
        picks = [Pick(uuid, self.said(title) or "—", code) for uuid, title, code in found]
        pick_one(self.app, self.title, self._empty() + picks, self.give)

    def _empty(self) -> list[Pick]:
        if self.asked.question.required or self.asked.question.value is None:
            return []
        return [Pick(None, self.app.say("app.form.empty"))]

    def _codes(self) -> list[Pick]:
        by_code = {each.code: each for each in self.asked.choices}

        def detail(code: Code) -> str:
            above = by_code.get(code.parent or "")
            # A code of the standard is looked up by; a word that programs know it by is not.
            said = [code.code] if code.code[0].isdigit() else []
            if above is not None:
                said.append(self.said(above.label))
            return " · ".join(said)

        return [Pick(each.code, self.said(each.label), detail(each)) for each in by_code.values()]


class ChosenAnswer(AnswerBox):
    """Few choices side by side; touching the chosen one takes the answer away where it may be
    empty."""

    def make(self) -> None:
        self.row = ChoiceRow(
            self.app, _choices(self.app, self.asked), self._chosen(), self._choose
        )  # fmt: skip
        self.add_widget(self.row)

    def show_value(self) -> None:
        self.row.choose(self._chosen())

    def _chosen(self) -> str:
        value = self.asked.question.value
        return "" if value is None else str(value)

    def _choose(self, value: str) -> None:
        if value == self._chosen():
            if self.asked.question.required:
                return
            self.give(None)
        else:
            self.give(value == "1" if self.asked.kind == "yes_no" else value)


class ComputedAnswer(AnswerBox):
    """What follows from the outline: nobody types it."""

    def make(self) -> None:
        self.value = MDLabel(adaptive_height=True, font_style="Body", role="large")
        self.add_widget(self.value)

    def show_value(self) -> None:
        value = self.asked.question.value
        decimals = self.asked.field.decimals or 0
        self.value.text = "—" if value is None else f"{value:.{decimals}f}"


def answer_box(app: XiangtuApp, asked: Asked, answer: Answer) -> AnswerBox:
    """The widget for a question, by how it is answered."""
    if asked.kind == "computed":
        return ComputedAnswer(app, asked, answer)
    if asked.kind in ("text", "number"):
        return TypedAnswer(app, asked, answer)
    if asked.kind in ("yes_no", "code"):
        choices = _choices(app, asked)
        if (
            len(choices) <= _SIDE_BY_SIDE
            and sum(letters(each.text) for each in choices) <= _LETTERS
        ):
            return ChosenAnswer(app, asked, answer)
    return PickedAnswer(app, asked, answer)


def _choices(app: XiangtuApp, asked: Asked) -> list[Choice]:
    return [Choice(each.code, each.label.in_language(app.language)) for each in asked.choices]
