"""What would go into the form, shown before it does: area, overlaps, what it lacks, and why it is
kept all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivy.uix.modalview import ModalView
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from kivymd.uix.scrollview import MDScrollView

from .. import look
from ..controllers.measuring_at_work import Review
from ..widgets.buttons import Choice, ChoiceRow, action
from ..widgets.pick_list import Pick, pick_one
from ..widgets.text_input import TextInput
from .capture_words import accuracy_text, area_text, lacking_text, overlaps_text

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: What is mostly the reason; any other may be written.
_REASONS = ("trees", "buildings", "no_corrections", "no_access")


class ReviewWindow(ModalView):
    """`kept` is told the reason, None where there is no need of one, by the button whose words are
    code `keep`; `snapped` whether the corners are to lie on the neighbours', None where there is
    no such choice; `left` that nothing is kept yet."""

    def __init__(
        self,
        app: XiangtuApp,
        review: Review,
        *,
        kept: Callable[[str | None], Any],
        keep: str = "app.capture.keep",
        snap: bool | None = None,
        snapped: Callable[[bool], Any] = lambda _snap: None,
        left: Callable[[], Any] = lambda: None,
    ) -> None:
        super().__init__(
            size_hint=(0.94, 0.86), background_color=(0, 0, 0, 0.5), background="",
            auto_dismiss=False,
        )  # fmt: skip
        self.app, self._kept, self._left = app, kept, left
        self._colours = look.colours(app.settings.theme)
        self._lines = MDBoxLayout(orientation="vertical", adaptive_height=True, spacing=dp(14))
        self._say_what(review)
        if snap is not None:
            self._offer_snapping(snap, snapped)
        outer = MDBoxLayout(
            orientation="vertical", md_bg_color=look.fixed(app.theme_cls.surfaceContainerHighColor),
            radius=dp(16), padding=dp(20), spacing=dp(14),
        )  # fmt: skip
        outer.add_widget(
            MDLabel(
                text=app.say("app.capture.review"),
                adaptive_height=True, font_style="Title", role="large",
            )
        )  # fmt: skip
        scroll = MDScrollView()
        scroll.add_widget(self._lines)
        outer.add_widget(scroll)
        self.reason: TextInput | None = None
        if not review.good and review.may_override:
            self.reason = TextInput(app, hint="")
            outer.add_widget(
                MDLabel(
                    text=app.say("app.capture.reason"),
                    adaptive_height=True, font_style="Body", role="large",
                )
            )  # fmt: skip
            outer.add_widget(self.reason)
            outer.add_widget(
                action(
                    app, "app.capture.pick_reason", "format-list-bulleted", self._pick, quiet=True
                )
            )
        if review.good or review.may_override:
            outer.add_widget(action(app, keep, "check", self._keep))
        outer.add_widget(action(app, "app.capture.go_on", "arrow-left", self.back, quiet=True))
        self.add_widget(outer)

    def _say_what(self, review: Review) -> None:
        say, colours, measured = self.app.say, self._colours, review.measured
        accuracy = accuracy_text(measured.horizontal_accuracy_m)
        fix = f"{say(f'fix_type.{measured.fix_type}')} {accuracy}".strip()
        if review.area_m2 is not None:
            self._line(area_text(self.app, review.area_m2, review.area_mu), role="large")
        if review.length_m:
            self._line(say("app.capture.length_of", length=f"{review.length_m:.1f}"))
        if measured.fix_type == "none":
            self._line(say("app.draw.drawn"))
        else:
            self._line(say("app.capture.measured", fix=fix, epochs=measured.epochs))
        if measured.closing is not None:
            self._line(say("app.capture.closed_by", error=f"{measured.closing.error_m:.2f}"))
        if review.overlaps:
            self._line(overlaps_text(self.app, review.overlaps), colours.bad)
        elif review.area_m2 is not None:
            self._line(say("app.capture.no_overlap"), colours.good)
        for each in measured.shortfalls:
            self._line(lacking_text(self.app, [each]), colours.bad)
        if not review.good and not review.may_override:
            self._line(say("app.capture.no_exception"), colours.bad)

    def _line(self, text: str, colour: Any = None, role: str = "medium") -> None:
        self._lines.add_widget(
            MDLabel(
                text=text, adaptive_height=True, font_style="Title", role=role,
                theme_text_color="Custom",
                text_color=colour or look.fixed(self.app.theme_cls.onSurfaceColor),
            )
        )  # fmt: skip

    def _offer_snapping(self, snap: bool, snapped: Callable[[bool], Any]) -> None:
        say = self.app.say
        choices = (
            Choice("on", say("app.capture.snap_on")),
            Choice("off", say("app.capture.snap_off")),
        )

        def choose(value: str) -> None:
            self.dismiss()
            snapped(value == "on")

        self._lines.add_widget(ChoiceRow(self.app, choices, "on" if snap else "off", choose))

    def _pick(self) -> None:
        reasons = [self.app.say(f"app.capture.reason.{each}") for each in _REASONS]
        picks = [Pick(each, each) for each in reasons]
        pick_one(self.app, self.app.say("app.capture.reason"), picks, self._picked)

    def _picked(self, reason: str) -> None:
        assert self.reason is not None
        self.reason.text = reason

    def _keep(self) -> None:
        reason = self.reason.text.strip() if self.reason is not None else None
        if reason == "":
            self.app.tell(self.app.say("app.capture.reason_missing"))
            return
        self.dismiss()
        self._kept(reason)

    def back(self) -> None:
        """Keep nothing yet."""
        self.dismiss()
        self._left()
