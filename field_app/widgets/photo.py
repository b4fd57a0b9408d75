"""Photos on the screen: a small one with its words, and one over the whole window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.image import Image
from kivy.uix.modalview import ModalView
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.gridlayout import MDGridLayout
from kivymd.uix.label import MDLabel

from .. import look
from ..controllers.record_photos import Picture, RecordPhoto, picture
from .buttons import action
from .picture_stage import PictureStage, texture_of

if TYPE_CHECKING:
    from ..app import XiangtuApp
    from ..screens.form_photos import FormPhotos

SMALL_DP = 150


def photo_words(app: XiangtuApp, photo: RecordPhoto) -> str:
    """What is said beside a photo: its role or that it is a drawing, its caption."""
    if photo.is_drawing:
        role = app.say("app.photo.drawing")
    elif photo.role is None:
        role = app.say("app.photo.choose_role")
    else:
        role = photo.role.label.in_language(app.language)
    return f"{role} · {photo.caption}" if photo.caption else role


def bearing_words(app: XiangtuApp, bearing_deg: float | None) -> str:
    """In which direction a photo looks."""
    if bearing_deg is None:
        return app.say("app.photo.no_bearing")
    return app.say("app.photo.bearing", bearing=f"{bearing_deg:.0f}")


class Thumbnail(Image):
    """A small picture of the survey; empty until it is read."""

    def __init__(self, app: XiangtuApp, sha256: str, **properties: Any) -> None:
        super().__init__(
            size_hint_y=None, height=dp(SMALL_DP), fit_mode="contain", opacity=0, **properties
        )
        fieldwork = app.fieldwork
        app.desk.ask(lambda: picture(fieldwork.survey, sha256, round(dp(SMALL_DP))), self._show)

    def _show(self, found: Picture) -> None:
        self.texture, self.opacity = texture_of(found), 1


class PhotoTile(ButtonBehavior, MDBoxLayout):
    """A small picture with its words; touched, it opens the large one."""

    def __init__(self, app: XiangtuApp, photo: RecordPhoto, work: FormPhotos) -> None:
        super().__init__(orientation="vertical", adaptive_height=True, spacing=dp(4))
        self._app, self._photo, self._work = app, photo, work
        self.image = Thumbnail(app, photo.sha256)
        self.add_widget(self.image)
        self.add_widget(
            MDLabel(
                text=photo_words(app, photo), adaptive_height=True, halign="center",
                font_style="Body", role="medium",
            )
        )  # fmt: skip

    def on_release(self) -> None:
        PhotoView(self._app, self._photo, self._work).open()


class PhotoView(ModalView):
    """The whole window: the photo, which fingers stretch and move, what is known of it, and what
    can be done with it."""

    def __init__(self, app: XiangtuApp, photo: RecordPhoto, work: FormPhotos) -> None:
        super().__init__(background_color=(0, 0, 0, 0.8), background="")
        self._app, self._photo = app, photo
        box = MDBoxLayout(
            orientation="vertical", padding=dp(12), spacing=dp(8),
            md_bg_color=look.fixed(app.theme_cls.backgroundColor),
        )  # fmt: skip
        self.stage = PictureStage(app, photo.sha256)
        box.add_widget(self.stage)
        for text in (photo_words(app, photo), self._about()):
            box.add_widget(
                MDLabel(text=text, adaptive_height=True, font_style="Body", role="large")
            )
        buttons = MDGridLayout(cols=2, adaptive_height=True, spacing=dp(8))
        for code, icon, do in self._offered(work):
            buttons.add_widget(action(app, code, icon, do, quiet=True))
        box.add_widget(buttons)
        box.add_widget(action(app, "app.photo.close", "close", self.dismiss))
        self.add_widget(box)

    def _offered(self, work: FormPhotos) -> list[tuple[str, str, Callable[[], Any]]]:
        photo, gone = self._photo, self.dismiss
        offered = [
            ("app.photo.caption", "pencil-outline", lambda: work.ask_caption(photo, gone)),
            ("app.photo.draw", "draw", lambda: work.draw(photo, gone)),
        ]
        if not photo.is_drawing:
            offered += [
                ("app.photo.role", "tag-outline", lambda: work.ask_role(photo, gone)),
                ("app.photo.direction", "compass-outline", lambda: work.ask_bearing(photo, gone)),
            ]
        if photo.may_be_removed:
            offered.append(
                ("app.photo.remove", "delete-outline", lambda: work.ask_remove(photo, gone))
            )
        return offered

    def _about(self) -> str:
        say, photo = self._app.say, self._photo
        known = [photo.taken_at[:16].replace("T", " ") + " UTC" if photo.taken_at else ""]
        if not photo.is_drawing:
            known.append(say("app.photo.place" if photo.has_position else "app.photo.no_place"))
            known.append(bearing_words(self._app, photo.bearing_deg))
        return " · ".join(each for each in known if each)
