"""What a form does with its photos: takes and chooses them, says what they show, draws on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xiangtu.errors import SurveyError

from ..controllers.form import Form
from ..controllers.form_page import FormPage
from ..controllers.pen import Stroke
from ..controllers.photo_copies import keep_drawing, remove_photo
from ..controllers.photos import attach_photo
from ..controllers.record_photos import RecordPhoto, caption_photo, say_bearing, say_role
from ..shooting import utc_offset_min
from ..widgets.draw_view import DrawView
from ..widgets.file_chooser import choose_files
from ..widgets.new_photos import NewPhotos
from ..widgets.pick_list import Pick, pick_one
from ..widgets.question import ask, ask_text

if TYPE_CHECKING:
    from ..app import XiangtuApp

_PICTURES = (".jpg", ".jpeg", ".png", ".webp")
#: Of the compass, from north to the right.
_DIRECTIONS = 16
#: In place of a bearing: none is known.
_NONE = -1.0

Change = Callable[..., Any]


class FormPhotos:
    """`page` gives the form as it stands; `change` is `FormScreen.change`."""

    def __init__(self, app: XiangtuApp, page: Callable[[], FormPage], change: Change) -> None:
        self._app, self._page, self._change = app, page, change
        self._new: NewPhotos | None = None

    def show(self, page: FormPage) -> None:
        """The form is another now: show it in the window of new photos too."""
        if self._new is not None:
            self._new.show(page.photos)

    # -- adding -------------------------------------------------------------------------------

    def take(self) -> None:
        """Have one taken with the camera."""
        record = self._page().record

        def taken(photos: Sequence[str]) -> None:
            page = self._page()
            if page is not None and page.record == record:
                self.added(photos)
            else:
                self.collected(photos)

        self._app.shooting.shoot(record, self._page().layer.name, taken)

    def from_files(self) -> None:
        """Choose any number of files."""
        choose_files(self._app, _PICTURES, self._attach)

    def added(self, photos: Sequence[str]) -> None:
        """Ask what photos show that were just kept."""
        if not photos:
            return
        if self._new is None:
            self._new = NewPhotos(self._app, photos, self)
            self._new.bind(on_dismiss=self._closed)
            self._new.open()
        else:
            self._new.add(photos)
        self._change(lambda _form: None)

    def collected(self, photos: Sequence[str]) -> None:
        """Photos were kept that one has waited for no more, of this record or another."""
        if photos:
            self._app.tell(self._app.say("app.photo.collected", count=len(photos)))
            self._change(lambda _form: None)

    def _closed(self, _window: NewPhotos) -> None:
        self._new = None

    def _attach(self, paths: Sequence[Path]) -> None:
        offset_min = utc_offset_min()
        kept: list[str] = []
        refusals: list[SurveyError] = []

        def task(form: Form) -> None:
            survey = form.survey
            for path in paths:
                try:
                    photo = attach_photo(
                        survey, form.record, form.layer.name, path, role=None,
                        author=survey.author or None, utc_offset_min=offset_min,
                    )  # fmt: skip
                except SurveyError as error:
                    refusals.append(error)
                else:
                    kept.append(photo.uuid)

        def then() -> None:
            self.added(kept)
            # Over the window of the others.
            for each in refusals:
                self._app.tell_refusal(each)

        self._change(task, then)

    # -- what is known of one -----------------------------------------------------------------

    def ask_role(self, photo: RecordPhoto, then: Callable[[], Any] | None = None) -> None:
        """What it shows: first what is still missing."""
        app, photos = self._app, self._page().photos
        picks = [
            Pick(
                each.code,
                each.label.in_language(app.language),
                app.say("app.photo.wanted") if each.code in photos.missing else "",
            )
            for each in photos.roles
        ]

        def picked(role: str) -> None:
            self._change(lambda form: say_role(form.survey, photo.uuid, role), then)

        pick_one(app, app.say("app.photo.role"), picks, picked)

    def ask_caption(self, photo: RecordPhoto, then: Callable[[], Any] | None = None) -> None:
        """A line about it."""
        say = self._app.say

        def typed(text: str) -> None:
            self._change(lambda form: caption_photo(form.survey, photo.uuid, text), then)

        ask_text(
            self._app, say("app.photo.caption"), "app.photo.keep_caption", typed,
            hint=say("app.photo.caption_hint"), typed=photo.caption,
        )  # fmt: skip

    def ask_bearing(self, photo: RecordPhoto, then: Callable[[], Any] | None = None) -> None:
        """Where it looks."""
        app = self._app
        picks = [
            Pick(bearing, app.say(f"app.direction.{number}"), f"{bearing:.1f}°")
            for number, bearing in enumerate(
                each * 360 / _DIRECTIONS for each in range(_DIRECTIONS)
            )
        ]
        here = app.compass.bearing_deg(app.receiver.here)
        if here is not None:
            picks.insert(0, Pick(round(here, 1), app.say("app.direction.here"), f"{here:.0f}°"))
        picks.append(Pick(_NONE, app.say("app.photo.no_bearing")))

        def picked(bearing: float) -> None:
            known = None if bearing == _NONE else bearing
            self._change(lambda form: say_bearing(form.survey, photo.uuid, known), then)

        pick_one(app, app.say("app.photo.direction"), picks, picked)

    def ask_remove(self, photo: RecordPhoto, then: Callable[[], Any]) -> None:
        """Take it from the record."""

        def remove() -> None:
            self._change(lambda form: remove_photo(form.survey, photo.uuid), then)

        ask(self._app, self._app.say("app.photo.really_remove"), "app.photo.remove", remove)

    def draw(self, photo: RecordPhoto, then: Callable[[], Any]) -> None:
        """Draw on it; `then` is called once that is kept."""

        def keep(strokes: Sequence[Stroke], kept: Callable[[], Any]) -> None:
            def done() -> None:
                self._app.tell(self._app.say("app.draw.kept"))
                kept()
                then()

            self._change(lambda form: keep_drawing(form.survey, photo.uuid, strokes), done)

        DrawView(self._app, photo.sha256, keep).open()
