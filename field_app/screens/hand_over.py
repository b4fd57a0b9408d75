"""Handing work over: pack, read receipts, see what the county has, make room."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from kivymd.uix.scrollview import MDScrollView
from xiangtu.errors import SurveyError
from xiangtu.package.clearing import ClearingSummary
from xiangtu.package.receipt import ReceiptSummary

from ..controllers import hand_over
from ..controllers.hand_over import HandedOver, PackageStanding, Standing
from ..desk import Progress
from ..local_time import local_time
from ..widgets.buttons import action
from ..widgets.file_chooser import choose_file
from ..widgets.panel import Panel
from ..widgets.pick_list import Pick, pick_one
from ..widgets.place_chooser import Place, choose_place, gigabytes, hand_on
from ..widgets.question import ask
from ..widgets.within_reach import WithinReach
from ..widgets.working import Working
from .screen import AppScreen

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: Older ones are of interest to nobody in the field.
_MOST_SHOWN = 12


class HandOverScreen(AppScreen):
    """What waits, what the county has, and the ways between."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        super().__init__(app, **properties)
        self._panels = MDBoxLayout(
            orientation="vertical", adaptive_height=True, padding=dp(4), spacing=dp(16)
        )
        scroll = MDScrollView()
        scroll.add_widget(self._panels)
        pack = action(app, "app.hand_over.pack", "package-up", self._pack)
        self.add_widget(WithinReach(app, scroll, pack, padding=dp(12), spacing=dp(12)))
        self._handed: HandedOver | None = None
        #: Where it is now, as a person finds it.
        self._handed_to = ""

    def enter(self, **what: Any) -> None:
        survey = self.app.fieldwork
        self.app.desk.ask(lambda: hand_over.standing(survey.survey), self._show)

    # -- what is shown ------------------------------------------------------------------------

    def _show(self, found: Standing) -> None:
        self._panels.clear_widgets()
        self._panels.add_widget(self._waiting(found))
        self._panels.add_widget(self._at_county(found))
        self._panels.add_widget(self._room(found))

    def _waiting(self, found: Standing) -> Panel:
        say = self.app.say
        panel = Panel(self.app, say("app.hand_over.waiting", records=found.to_pack))
        if found.other_chain:
            panel.add_widget(self._line(say("app.hand_over.other_chain")))
        if self._handed is not None:
            panel.add_widget(self._line(self._told(self._handed)))
        return panel

    def _at_county(self, found: Standing) -> Panel:
        say = self.app.say
        panel = Panel(self.app, say("app.hand_over.county"))
        if found.receipt_at is None:
            panel.add_widget(self._line(say("app.hand_over.no_receipt")))
        else:
            panel.add_widget(
                self._line(say("app.hand_over.receipt_of", time=local_time(found.receipt_at)))
            )
        for each in found.packages[:_MOST_SHOWN]:
            panel.add_widget(self._line(self._package(each)))
        states = [
            say(f"app.record_state.{state}", records=count.records)
            for state, count in found.by_state.items()
        ]
        if states:
            panel.add_widget(self._line(" · ".join(states)))
        panel.add_widget(
            action(self.app, "app.hand_over.take", "file-import-outline", self._choose, quiet=True)
        )
        if found.packages:
            panel.add_widget(
                action(
                    self.app, "app.hand_over.again", "refresh",
                    lambda: self._choose_again(found), quiet=True,
                )
            )  # fmt: skip
        return panel

    def _room(self, found: Standing) -> Panel:
        free = gigabytes(found.free_bytes)
        panel = Panel(self.app, self.app.say("app.hand_over.room", free=free))
        panel.add_widget(
            action(self.app, "app.hand_over.clear", "broom", self._ask_to_clear, quiet=True)
        )
        return panel

    def _line(self, text: str) -> MDLabel:
        return MDLabel(text=text, adaptive_height=True, font_style="Body", role="large")

    def _package(self, package: PackageStanding) -> str:
        say = self.app.say
        state = say(
            f"app.package_state.{package.state}",
            waits_for=", ".join(map(str, package.waits_for)),
            reason=say(package.code, **package.facts) if package.code else "",
        )
        line = say(
            "app.hand_over.package",
            number=package.number, time=local_time(package.made_at), state=state,
        )  # fmt: skip
        if package.held:
            line += " · " + say("app.hand_over.held", count=package.held)
        if package.conflicts:
            line += " · " + say("app.hand_over.conflicts", count=package.conflicts)
        return line

    def _told(self, handed: HandedOver) -> str:
        told = self.app.say(
            "app.hand_over.packed",
            number=handed.number, records=handed.records, attachments=handed.attachments,
            size=gigabytes(handed.size_bytes), path=self._handed_to,
        )  # fmt: skip
        if handed.missing_attachments:
            told += " " + self.app.say(
                "app.hand_over.missing", count=len(handed.missing_attachments)
            )
        return told

    # -- what is done -------------------------------------------------------------------------

    def _pack(self) -> None:
        choose_place(self.app, lambda place: self._pack_onto(place, None))

    def _choose_again(self, found: Standing) -> None:
        picks = [Pick(each.number, self._package(each)) for each in found.packages]
        title = self.app.say("app.hand_over.again")
        pick_one(
            self.app, title, picks,
            lambda number: choose_place(
                self.app, lambda place: self._pack_onto(place, number)
            ),
        )  # fmt: skip

    def _pack_onto(self, place: Place, again: int | None) -> None:
        tablet_dir = self.app.folder

        def task(progress: Progress) -> HandedOver:
            if again is None:
                return hand_over.pack_to(tablet_dir, place.folder, progress=progress)
            return hand_over.pack_again(
                tablet_dir, place.folder, again, replace=place.hand_on, progress=progress
            )

        def packed(handed: HandedOver) -> None:
            self._handed, self._handed_to = handed, str(handed.path)
            if place.hand_on:
                self.enter()
                hand_on(self.app, handed.path, self._arrived)
            else:
                self._arrived(str(handed.path))

        Working(self.app, self.app.say("app.hand_over.packing")).do(task, packed, self._not_done)

    def _arrived(self, where: str) -> None:
        self._handed_to = where
        assert self._handed is not None
        self.app.tell(self._told(self._handed))
        self.enter()

    def _not_done(self, error: SurveyError) -> None:
        self.app.tell_refusal(error)
        self.enter()

    def _choose(self) -> None:
        choose_file(self.app, (".xtr",), self._take)

    def _take(self, path: Path) -> None:
        tablet_dir = self.app.folder
        self.app.desk.ask(
            lambda: hand_over.take_receipt(tablet_dir, path), self._taken, self._not_done
        )

    def _taken(self, summary: ReceiptSummary) -> None:
        self.app.tell(
            self.app.say(
                "app.hand_over.taken",
                merged=summary.merged, waiting=summary.waiting, refused=summary.refused,
                held=summary.held, conflicts=summary.conflicts, returned=summary.returned,
            )
        )  # fmt: skip
        self.enter()

    def _ask_to_clear(self) -> None:
        tablet_dir = self.app.folder
        self.app.desk.ask(lambda: hand_over.clear(tablet_dir, dry_run=True), self._would_go)

    def _would_go(self, would: ClearingSummary) -> None:
        if not (would.photos or would.epochs or would.rows):
            self.app.tell(self.app.say("app.hand_over.nothing_to_clear"))
            return
        ask(
            self.app, self.app.say("app.hand_over.clear_what", **_figures(would)),
            "app.hand_over.clear", self._clear,
        )  # fmt: skip

    def _clear(self) -> None:
        tablet_dir = self.app.folder
        Working(self.app, self.app.say("app.hand_over.clearing")).do(
            lambda progress: hand_over.clear(tablet_dir, progress=progress),
            self._cleared,
            self._not_done,
        )

    def _cleared(self, summary: ClearingSummary) -> None:
        self.app.tell(self.app.say("app.hand_over.cleared", **_figures(summary)))
        self.enter()


def _figures(summary: ClearingSummary) -> dict[str, object]:
    return {
        "photos": summary.photos,
        "size": gigabytes(summary.photo_bytes + summary.database_bytes),
        "epochs": summary.epochs,
        "rows": summary.rows,
    }
