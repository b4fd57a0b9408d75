"""The step Hand out: who has what, and a new assignment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QTabWidget
from xiangtu import store
from xiangtu.cli.command import Outcome
from xiangtu.cli.language import Translation
from xiangtu.package.assignment import AssignmentSummary
from xiangtu.package.receipt import ReceiptSummary
from xiangtu.package.who_has_what import campaigns, tablets_at_work, villages_at_work

from ...commands import run_command
from ...tasks.core_task import Progress
from ..desk import CountyDesk
from ..page import Page
from ..words import size_text
from .assignment_form import AssignmentForm, County
from .tablets_view import TabletsView

translate = QCoreApplication.translate


class HandOutPage(Page):
    """Tablets with what they have and brought; beside them, the form of a new assignment."""

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__(desk)
        self.tabs = QTabWidget()
        self.tablets = TabletsView()
        self.form = AssignmentForm(desk)
        self.tabs.addTab(self.tablets, translate("Xiangtu", "Who has what"))
        self.tabs.addTab(self.form, translate("Xiangtu", "New assignment"))
        self.column.addWidget(self.tabs, 1)
        self.tablets.card_given.connect(self.enrol)
        self.tablets.receipt_wanted.connect(self.write_receipt)
        self.form.write.chosen.connect(self.hand_out)

    def refresh(self) -> None:
        path = self.desk.path
        if path is None:
            return

        def work(_progress: Progress) -> County:
            with store.open(path, readonly=True) as file:
                return County(
                    path,
                    file.srid,
                    tablets_at_work(file),
                    villages_at_work(file),
                    campaigns(file),
                    file.catalogue,
                )

        def done(county: County) -> None:
            if self.desk.path == path:
                names = {each.code: each.name for each in county.villages}
                self.tablets.show_tablets(county.tablets, names)
                self.form.show_county(county)

        self.desk.run(translate("Xiangtu", "Reading {name}").format(name=path.name), work, done)

    def close_down(self) -> None:
        self.form.villages.close_down()

    # -- what is done -------------------------------------------------------------------------

    def enrol(self, card: Path) -> None:
        """Take a tablet in by its device card."""

        def done(outcome: Outcome) -> None:
            self.desk.tell(
                translate("Xiangtu", "Tablet {device} is enrolled.").format(
                    device=outcome.document["device"]
                )
            )

        self._run(
            translate("Xiangtu", "Enrol a tablet"),
            ["enrol", f"--author={self.desk.author}", "--", str(self.desk.path), str(card)],
            done,
        )

    def hand_out(self, out: Path) -> None:
        """Write the assignment that the form describes."""

        def done(outcome: Outcome) -> None:
            made = outcome.document["assignment"]
            assert isinstance(made, AssignmentSummary)
            self.form.written()
            told = translate(
                "Xiangtu", "Handed out: {records} records in {villages} villages, {size}: {path}"
            )
            self.desk.tell(
                told,
                Path(made.path),
                records=sum(made.counts.values()),
                villages=len(made.villages),
                size=size_text(made.size_bytes),
            )

        self._run(translate("Xiangtu", "Hand out"), self.form.words(out), done)

    def write_receipt(self, device: str, out: Path) -> None:
        """Tell a tablet what has arrived, in a file for it."""

        def done(outcome: Outcome) -> None:
            made = outcome.document["receipt"]
            assert isinstance(made, ReceiptSummary)
            told = translate(
                "Xiangtu", "Receipt written: packages merged {merged}, waiting {waiting}: {path}"
            )
            self.desk.tell(told, Path(made.path), merged=made.merged, waiting=made.waiting)

        self._run(
            translate("Xiangtu", "Write receipt"),
            [
                "receipt",
                f"--author={self.desk.author}",
                f"--device={device}",
                "--",
                str(self.desk.path),
                str(out),
            ],
            done,
        )

    def _run(self, title: str, words: list[str], done: Callable[[Outcome], None]) -> None:
        translation = Translation(self.desk.language)
        self.desk.run(
            title,
            lambda progress: run_command(words, translation, progress, lambda _note: None),
            done,
            writes=True,
        )
