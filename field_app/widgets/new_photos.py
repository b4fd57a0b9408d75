"""Photos that were just added, one below the other: what each shows, its caption, its direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivy.uix.modalview import ModalView
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from kivymd.uix.scrollview import MDScrollView

from .. import look
from ..controllers.record_photos import RecordPhoto, RecordPhotos
from .buttons import WideButton, action
from .photo import SMALL_DP, Thumbnail, bearing_words

if TYPE_CHECKING:
    from ..app import XiangtuApp
    from ..screens.form_photos import FormPhotos


class NewPhotos(ModalView):
    """The window. They are kept already: whoever closes it has lost nothing."""

    def __init__(self, app: XiangtuApp, photos: Sequence[str], work: FormPhotos) -> None:
        super().__init__(background_color=(0, 0, 0, 0.8), background="", auto_dismiss=False)
        self._app, self._work = app, work
        self.photos = tuple(photos)
        self._shown: object = None
        box = MDBoxLayout(
            orientation="vertical", padding=dp(12), spacing=dp(8),
            md_bg_color=look.fixed(app.theme_cls.backgroundColor),
        )  # fmt: skip
        self._head = MDBoxLayout(orientation="vertical", adaptive_height=True, spacing=dp(4))
        self._rows = MDBoxLayout(orientation="vertical", adaptive_height=True, spacing=dp(16))
        scroll = MDScrollView()
        scroll.add_widget(self._rows)
        box.add_widget(self._head)
        box.add_widget(scroll)
        box.add_widget(action(app, "app.photo.take_next", "camera-outline", work.take, quiet=True))
        box.add_widget(action(app, "app.photo.done", "check", self.dismiss))
        self.add_widget(box)

    def back(self) -> None:
        """Done, or for later: the form says which are still to be named."""
        self.dismiss()

    def add(self, photos: Sequence[str]) -> None:
        """More were added while it is open."""
        self.photos += tuple(photos)

    def show(self, photos: RecordPhotos) -> None:
        """The photos as they stand, the latest first."""
        mine = [each for each in reversed(photos.photos) if each.uuid in self.photos]
        shown = (mine, photos.missing)
        if shown == self._shown:
            return
        self._shown = shown
        app = self._app
        names = {each.code: each.label.in_language(app.language) for each in photos.roles}
        self._head.clear_widgets()
        self._say(app.say("app.photo.kept", count=len(mine)), font_style="Title")
        for role, count in photos.missing.items():
            self._say(
                app.say("app.photo.missing", role=names[role], count=count), font_style="Body",
                theme_text_color="Custom", text_color=look.colours(app.settings.theme).warning,
            )  # fmt: skip
        self._rows.clear_widgets()
        for each in mine:
            self._rows.add_widget(self._row(each))

    def _say(self, text: str, **looks: Any) -> None:
        self._head.add_widget(MDLabel(text=text, adaptive_height=True, role="large", **looks))

    def _row(self, photo: RecordPhoto) -> MDBoxLayout:
        app, work = self._app, self._work
        row = MDBoxLayout(adaptive_height=True, spacing=dp(12))
        row.add_widget(
            Thumbnail(app, photo.sha256, size_hint_x=None, width=dp(SMALL_DP),
                      pos_hint={"center_y": 0.5})
        )  # fmt: skip
        said = MDBoxLayout(orientation="vertical", adaptive_height=True, spacing=dp(8))
        role = photo.role.label.in_language(app.language) if photo.role else ""
        for text, do in (
            (role or app.say("app.photo.choose_role"), work.ask_role),
            (photo.caption or app.say("app.photo.caption"), work.ask_caption),
            (bearing_words(app, photo.bearing_deg), work.ask_bearing),
        ):
            said.add_widget(WideButton(app, text, lambda do=do: do(photo)))
        row.add_widget(said)
        return row
