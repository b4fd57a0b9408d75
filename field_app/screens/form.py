"""A record's form, built from the catalogue: a section at a time, its parts, its photos and
signatures, what is wrong with it, confirming."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.scrollview import MDScrollView
from xiangtu.errors import SurveyError
from xiangtu.words import explain

from ..controllers.at_work import OpenForm, keep_open
from ..controllers.form import Form, confirm_unchanged
from ..controllers.form_page import Asked, FormPage, leave, open_form, page_of
from ..controllers.questions import Problem
from ..widgets.answers import AnswerBox, answer_box
from ..widgets.buttons import Choice, action
from ..widgets.form_steps import (
    check_step,
    names_panel,
    parts_panel,
    photos_step,
    signatures_step,
)
from ..widgets.question import ask, ask_text
from ..widgets.step_bar import StepBar
from ..widgets.within_reach import WithinReach, hand_row
from .form_photos import FormPhotos
from .form_signatures import FormSignatures
from .screen import AppScreen

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: Steps that are no section of the catalogue: the name of one begins with a letter.
_PARTS, _PHOTOS, _SIGNATURES, _CHECK = "_parts", "_photos", "_signatures", "_check"


class FormScreen(AppScreen):
    """Entered with `layer`, `record` (None for a new one), optionally the `section` to show, and
    what a new record begins with (`village=…`, `homestead_uuid=…`)."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        super().__init__(app, **properties)
        #: Used in the desk's tasks alone.
        self._form: Form | None = None
        #: Which entering a form that the desk opened is for.
        self._entered: object = None
        self.page: FormPage | None = None
        self._step = ""
        self._boxes: dict[str, AnswerBox] = {}
        #: What was typed and not taken, and why: it stands beside its field until it is mended.
        self._refused: dict[str, str] = {}
        self._after_building: Callable[[], None] | None = None
        self._head_of: object = None
        self._photos = FormPhotos(app, lambda: self.page, self.change)
        self._signatures = FormSignatures(app, lambda: self.page, self.change, self.title)
        self.steps = StepBar(app, self._go)
        self._head = MDBoxLayout(orientation="vertical", adaptive_height=True, spacing=dp(12))
        self._fields = MDBoxLayout(orientation="vertical", adaptive_height=True, spacing=dp(20))
        body = MDBoxLayout(
            orientation="vertical", adaptive_height=True, padding=dp(4), spacing=dp(16)
        )
        body.add_widget(self._head)
        body.add_widget(self._fields)
        self._scroll = MDScrollView()
        self._scroll.add_widget(body)
        self._next = action(app, "app.form.next", "arrow-down", self._go_on, quiet=True)
        confirm = action(app, "app.form.confirm", "check", self._confirm)
        self._other = MDBoxLayout(adaptive_height=True)
        buttons = hand_row(app, self._other, confirm)
        whole = MDBoxLayout(orientation="vertical")
        whole.add_widget(self.steps)
        whole.add_widget(WithinReach(app, self._scroll, buttons, padding=dp(12), spacing=dp(12)))
        self.add_widget(whole)

    def title(self) -> str:
        if self.page is None:
            return super().title()
        words = self.page.layer.label, self.page.title
        return " ".join(each.in_language(self.app.language) for each in words).strip()

    # -- coming and going ---------------------------------------------------------------------

    def enter(self, *, layer: str, record: str | None, section: str = "", **given: Any) -> None:
        self._form = None
        self._refused = {}
        self._clear()
        self._step = section
        fieldwork = self.app.fieldwork
        entered = self._entered = object()

        def task() -> tuple[Form, FormPage]:
            form = open_form(fieldwork.survey, layer, record, given)
            return form, page_of(form)

        def opened(found: tuple[Form, FormPage]) -> None:
            # Meanwhile one may have gone on to another.
            if self._entered is entered:
                self._form, page = found
                self._show(page)
                self._keep_step()
                self.app.shooting.collect(self._photos.collected)

        def refused(error: SurveyError) -> None:
            self.app.tell_refusal(error)
            if self._entered is entered:
                self.app.shell.back()

        self.app.desk.ask(task, opened, refused)

    def may_leave(self) -> bool:
        self._unfocus()
        form, self._form, self._entered = self._form, None, None
        if form is not None:
            self.app.desk.ask(lambda: leave(form))
            self._keep_open(self._open_forms()[:-1])
        return True

    def _keep_step(self) -> None:
        """Come back to this step, from a part's form or after the battery went flat."""
        page = self.page
        assert page is not None
        self.app.shell.now_of(layer=page.layer.name, record=page.record, section=self._step)
        self._keep_open(self._open_forms())

    def _open_forms(self) -> list[OpenForm]:
        return [OpenForm(**what) for name, what in self.app.shell.way if name == self.name]

    def _keep_open(self, forms: list[OpenForm]) -> None:
        fieldwork = self.app.fieldwork
        self.app.desk.ask(lambda: keep_open(fieldwork.survey, forms))

    def _leave_for_good(self) -> None:
        if not self.app.shell.back():
            self.app.shell.show("today")

    def _unfocus(self) -> None:
        for box in self._boxes.values():
            line = getattr(box, "line", None)
            if line is not None:
                line.focus = False

    # -- showing ------------------------------------------------------------------------------

    def change(
        self,
        task: Callable[[Form], Any],
        then: Callable[[], Any] | None = None,
        refused: Callable[[SurveyError], Any] | None = None,
    ) -> None:
        """Do something with the form, and show what comes of it, if it is still this form."""
        form = self._form
        if form is None:
            return

        def do() -> FormPage:
            task(form)
            return page_of(form)

        def show(page: FormPage) -> None:
            if self._form is form:
                if then is not None:
                    then()
                self._show(page)

        def refuse(error: SurveyError) -> None:
            if refused is not None and self._form is form:
                refused(error)
            else:
                self.app.tell_refusal(error)

        self.app.desk.ask(do, show, refuse)

    def _clear(self) -> None:
        self.page = None
        self._boxes = {}
        self._head_of = None
        self._head.clear_widgets()
        self._fields.clear_widgets()

    def _show(self, page: FormPage) -> None:
        before, self.page = self.page, page
        names = [each.value for each in self._step_names(page)]
        if self._step not in names:
            self._step = names[0]
        wrong = {section.name: self._wrong_in(section.asked) for section in page.sections}
        wrong[names[0]] += page.measured is False
        wrong[_CHECK] = len(page.errors)
        wrong[_PHOTOS] = sum(page.photos.missing.values()) + page.photos.without_role
        wrong[_SIGNATURES] = sum(page.signatures.missing.values())
        self.steps.show(self._step_names(page), self._step, wrong)
        self._other.clear_widgets()
        if self._step != names[-1]:
            self._other.add_widget(self._next)
        if before is None or before.title != page.title:
            self.app.shell.top_bar.show(self.title(), may_go_back=True)
        self._show_head(page)
        self._photos.show(page)
        wanted = {each.field.name for each in self._asked()}
        for name in self._boxes.keys() - wanted:
            self._fields.remove_widget(self._boxes.pop(name))
        for each in self._asked():
            if each.field.name in self._boxes:
                self._boxes[each.field.name].show(each, self._refused.get(each.field.name, ""))
        self.build(self._make_boxes())

    def _wrong_in(self, asked: tuple[Asked, ...]) -> int:
        return sum(
            any(problem.severity == "error" for problem in each.question.problems)
            or each.field.name in self._refused
            for each in asked
        )

    def _step_names(self, page: FormPage) -> list[Choice]:
        say, language = self.app.say, self.app.language
        found = [
            Choice(
                each.name,
                each.label.in_language(language) if each.label else say("app.form.general"),
            )
            for each in page.sections
        ]
        kinds = [each.layer.label for each in (*page.parts, *page.related, *page.names)]
        if kinds:
            words = dict.fromkeys(each.in_language(language) for each in kinds)
            found.append(Choice(_PARTS, " / ".join(words)))
        found.append(Choice(_PHOTOS, say("app.form.photos")))
        if page.signatures.kinds:
            found.append(Choice(_SIGNATURES, say("app.form.signatures")))
        found.append(Choice(_CHECK, say("app.form.check")))
        return found

    def _show_head(self, page: FormPage) -> None:
        """What stands above the questions, made anew only where it is another."""
        shown: dict[str, object] = {
            _PARTS: (page.parts, page.related, page.names),
            _PHOTOS: page.photos,
            _SIGNATURES: page.signatures,
            _CHECK: page.problems,
        }
        first = page.may_be_unchanged, page.measured
        head_of = self._step, shown.get(self._step, first)
        if head_of == self._head_of:
            return
        self._head_of = head_of
        self._head.clear_widgets()
        if self._step == _PARTS:
            for each in (*page.parts, *page.related):
                self._head.add_widget(parts_panel(self.app, page, each, self._open_other))
            if page.names:
                self._head.add_widget(names_panel(self.app, page, self._open_other))
        elif self._step == _PHOTOS:
            self._head.add_widget(photos_step(self.app, page, self._photos))
        elif self._step == _SIGNATURES:
            self._head.add_widget(signatures_step(self.app, page, self._signatures.ask_who))
        elif self._step == _CHECK:
            self._head.add_widget(
                check_step(self.app, page, self._go_to, self._ask_despite, self._ask_throw_away)
            )
        elif self._step == page.sections[0].name:
            self._show_first(page)

    def _open_other(self, **what: Any) -> None:
        """The form of another record; back, if one came from there."""
        came_from = [given.get("record") for _, given in self.app.shell.way[:-1]][-1:]
        if what["record"] is not None and [what["record"]] == came_from:
            self.app.shell.back()
        else:
            self.app.shell.show(self.name, **what)

    def _show_first(self, page: FormPage) -> None:
        if page.may_be_unchanged:
            self._head.add_widget(
                action(self.app, "app.form.unchanged", "equal", self._unchanged, quiet=True)
            )
        if page.measured is not None and self.app.shell.has("capture"):
            code = "app.form.measure_anew" if page.measured else "app.form.measure"
            self._head.add_widget(
                action(self.app, code, "crosshairs-gps", self._measure, quiet=page.measured)
            )
            if page.layer.geometry != "POINT":
                code = "app.form.reshape" if page.measured else "app.form.draw"
                self._head.add_widget(
                    action(self.app, code, "vector-polyline-edit", self._draw, quiet=True)
                )

    def _asked(self) -> tuple[Asked, ...]:
        """The questions of the step that is shown."""
        if self.page is None:
            return ()
        return next((each.asked for each in self.page.sections if each.name == self._step), ())

    def _make_boxes(self) -> Iterator[None]:
        """The boxes of this step's questions that are not there yet, each at its place."""
        for place, each in enumerate(self._asked()):
            name = each.field.name
            if name in self._boxes:
                continue
            box = self._boxes[name] = answer_box(self.app, each, self._answer)
            box.show(each, self._refused.get(name, ""))
            self._fields.add_widget(box, index=len(self._fields.children) - place)
            yield
        if self._after_building is not None:
            then, self._after_building = self._after_building, None
            then()

    # -- steps --------------------------------------------------------------------------------

    def _go(self, step: str, field: str | None = None) -> None:
        """Show a step, and in it a field."""
        if self.page is None:
            return
        self._unfocus()
        if step != self._step:
            self._step = step
            self._boxes = {}
            self._fields.clear_widgets()
            self._scroll.scroll_y = 1
            self._show(self.page)
            self._keep_step()

        def scroll() -> None:
            if field in self._boxes:
                self._scroll.scroll_to(self._boxes[field])

        # A frame later the boxes have their heights.
        self._after_building = lambda: Clock.schedule_once(lambda _dt: scroll(), 0.1)
        self.build(self._make_boxes())

    def _go_on(self) -> None:
        assert self.page is not None
        names = [each.value for each in self._step_names(self.page)]
        self._go(names[names.index(self._step) + 1])

    def _go_to(self, problem: Problem) -> None:
        assert self.page is not None
        section = self.page.section_of(problem.field)
        if section is not None:
            self._go(section.name, problem.field)
        elif problem.code in ("field.problem.photo", "field.problem.photo_role"):
            self._go(_PHOTOS)
        elif problem.code == "field.problem.not_measured":
            self._go(self.page.sections[0].name)
        elif problem.code == "field.problem.signature":
            self._go(_SIGNATURES)

    # -- answering ----------------------------------------------------------------------------

    def _answer(self, name: str, answer: Any) -> None:
        def taken() -> None:
            self._refused.pop(name, None)

        def refused(error: SurveyError) -> None:
            self._refused[name] = self._explain(name, error)
            assert self.page is not None
            self._show(self.page)

        self.change(lambda form: form.answer(name, answer), taken, refused)

    def _explain(self, name: str, error: SurveyError) -> str:
        """Why an answer was not taken, with the words of the question in it."""
        box = self._boxes.get(name)
        facts = {**error.facts, "field": box.title} if box else error.facts
        return explain(type(error)(error.code, **facts), self.app.language)

    def _measure(self) -> None:
        assert self.page is not None
        self.app.shell.show("capture", layer=self.page.layer.name, record=self.page.record)

    def _draw(self) -> None:
        assert self.page is not None
        layer, record = self.page.layer.name, self.page.record
        self.app.shell.show("draw", purpose="shape", layer=layer, record=record)

    # -- ending -------------------------------------------------------------------------------

    def _confirm(self, despite: str | None = None) -> None:
        self._unfocus()
        # After the answer that is on its way: it may be refused.
        self.app.desk.ask(lambda: None, lambda _none: self._confirm_now(despite))

    def _confirm_now(self, despite: str | None) -> None:
        form, page = self._form, self.page
        if form is None or page is None:
            return
        for name, why in self._refused.items():
            section = page.section_of(name)
            if section is not None:
                self.app.tell(why)
                self._go(section.name, name)
                return
        self.app.desk.ask(
            lambda: form.confirm(despite=despite),
            lambda _record: self._confirmed(page),
            self._not_confirmed,
        )

    def _confirmed(self, page: FormPage) -> None:
        say = self.app.say
        said = [say("app.form.confirmed", record=self.title())]
        for code, count in (
            ("app.form.without_outline", page.measured is False),
            ("app.form.without_photos", sum(page.photos.missing.values())),
            ("app.form.without_roles", page.photos.without_role),
            ("app.form.without_signatures", sum(page.signatures.missing.values())),
        ):
            if count:
                said.append(say(code, count=count))
        self.app.tell(" ".join(said))
        self._leave_for_good()

    def _not_confirmed(self, error: SurveyError) -> None:
        if error.code != "field.problems":
            self.app.tell_refusal(error)
            return
        self._go(_CHECK)
        self.app.tell(self.app.say("app.form.wrong", count=error.facts["count"]))

    def _ask_despite(self) -> None:
        say = self.app.say
        ask_text(
            self.app, say("app.form.why_despite"), "app.form.despite", self._confirm,
            hint=say("app.form.reason"),
        )  # fmt: skip

    def _unchanged(self) -> None:
        form = self._form
        if form is None:
            return

        def then(_none: None) -> None:
            self.app.tell(self.app.say("app.form.unchanged_now"))
            # The form as it is in the file now, at the photos: one shows how it is today.
            self.enter(layer=form.layer.name, record=form.record, section=_PHOTOS)
            self.app.desk.ask(lambda: None, lambda _none: self._photos.take())

        self.app.desk.ask(
            lambda: confirm_unchanged(form.survey, form.layer.name, form.record), then
        )

    def _ask_throw_away(self) -> None:
        page = self.page
        assert page is not None
        parts = sum(len(each.records) for each in page.parts)
        photos = len(page.photos.photos)
        code = "app.form.really_new" if page.is_new else "app.form.really"
        text = self.app.say(code, record=self.title(), parts=parts, photos=photos)
        ask(self.app, text, "app.form.throw_away", self._throw_away)

    def _throw_away(self) -> None:
        form, self._form = self._form, None
        if form is None:
            return
        self._keep_open(self._open_forms()[:-1])
        self.app.desk.ask(form.throw_away, lambda _none: self._leave_for_good())
