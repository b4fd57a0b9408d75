"""Photos on the screen: a small one with its words, and one over the whole window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivy.core.window import Window
from kivy.graphics.texture import Texture
from kivy.metrics import dp
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.image import Image
from kivy.uix.modalview import ModalView
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel

from ..controllers.record_photos import Picture, RecordPhoto, caption_photo, picture
from .buttons import action
from .question import ask, ask_text

if TYPE_CHECKING:
    from ..app import XiangtuApp

_SMALL_DP = 150


def photo_words(app: XiangtuApp, photo: RecordPhoto) -> str:
    """What is said beside a photo: its role, its caption."""
    role = photo.role.label.in_language(app.language) if photo.role else "—"
    return f"{role} · {photo.caption}" if photo.caption else role


class PhotoTile(ButtonBehavior, MDBoxLayout):
    """A small picture with its words; touched, it opens the large one. `changed` is called after
    its caption was changed or it was removed."""

    def __init__(self, app: XiangtuApp, photo: RecordPhoto, changed: Callable[[], Any]) -> None:
        super().__init__(orientation="vertical", adaptive_height=True, spacing=dp(4))
        self._app, self._photo, self._changed = app, photo, changed
        self.image = Image(size_hint_y=None, height=dp(_SMALL_DP), fit_mode="contain", opacity=0)
        self.add_widget(self.image)
        self.add_widget(
            MDLabel(
                text=photo_words(app, photo), adaptive_height=True, halign="center",
                font_style="Body", role="medium",
            )
        )  # fmt: skip
        _load(app, photo.sha256, _SMALL_DP, self.image)

    def on_release(self) -> None:
        PhotoView(self._app, self._photo, self._changed).open()


class PhotoView(ModalView):
    """The whole window: the photo, what is known of it, and what can be done with it."""

    def __init__(self, app: XiangtuApp, photo: RecordPhoto, changed: Callable[[], Any]) -> None:
        super().__init__(background_color=(0, 0, 0, 0.8), background="")
        self._app, self._photo, self._changed = app, photo, changed
        box = MDBoxLayout(
            orientation="vertical", padding=dp(12), spacing=dp(8),
            md_bg_color=app.theme_cls.backgroundColor,
        )  # fmt: skip
        image = Image(fit_mode="contain", opacity=0)
        box.add_widget(image)
        _load(app, photo.sha256, round(max(Window.size) / dp(1)), image)
        for text in (photo_words(app, photo), self._about()):
            box.add_widget(
                MDLabel(text=text, adaptive_height=True, font_style="Body", role="large")
            )
        box.add_widget(action(app, "app.photo.caption", "pencil-outline", self._ask, quiet=True))
        if photo.may_be_removed:
            remove = action(app, "app.photo.remove", "delete-outline", self._remove, quiet=True)
            box.add_widget(remove)
        box.add_widget(action(app, "app.photo.close", "close", self.dismiss))
        self.add_widget(box)

    def _about(self) -> str:
        say, photo = self._app.say, self._photo
        known = [photo.taken_at[:16].replace("T", " ") + " UTC" if photo.taken_at else ""]
        known.append(say("app.photo.place" if photo.has_position else "app.photo.no_place"))
        if photo.bearing_deg is not None:
            known.append(say("app.photo.bearing", bearing=f"{photo.bearing_deg:.0f}"))
        return " · ".join(each for each in known if each)

    def _ask(self) -> None:
        say = self._app.say
        ask_text(
            self._app, say("app.photo.caption"), "app.photo.keep_caption", self._caption,
            hint=say("app.photo.caption_hint"), typed=self._photo.caption,
        )  # fmt: skip

    def _caption(self, text: str) -> None:
        fieldwork, photo = self._app.fieldwork, self._photo.uuid
        self._app.desk.ask(lambda: caption_photo(fieldwork.survey, photo, text), self._done)

    def _remove(self) -> None:
        fieldwork, photo = self._app.fieldwork, self._photo.uuid

        def remove() -> None:
            self._app.desk.ask(lambda: fieldwork.survey.delete("attachment", photo), self._done)

        ask(self._app, self._app.say("app.photo.really_remove"), "app.photo.remove", remove)

    def _done(self, _none: None) -> None:
        self.dismiss()
        self._changed()


def _load(app: XiangtuApp, sha256: str, side_dp: float, image: Image) -> None:
    """Read a photo on the desk's thread and put it into a widget; one that cannot be read leaves
    the place empty, and the message says so."""
    fieldwork = app.fieldwork

    def show(found: Picture) -> None:
        texture = Texture.create(size=(found.width, found.height), colorfmt="rgb")
        texture.blit_buffer(found.pixels, colorfmt="rgb", bufferfmt="ubyte")
        texture.flip_vertical()
        image.texture, image.opacity = texture, 1

    app.desk.ask(lambda: picture(fieldwork.survey, sha256, round(dp(side_dp))), show)
