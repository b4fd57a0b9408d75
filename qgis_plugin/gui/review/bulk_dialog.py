"""Deciding many conflicts by one preference: which, whose value, how many, why."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from xiangtu import store
from xiangtu.cli.naming import Naming
from xiangtu.errors import SurveyError
from xiangtu.merge import bulk
from xiangtu.merge.batches import Batch
from xiangtu.merge.bulk import Preview
from xiangtu.merge.conflicts import Conflict, Which
from xiangtu.words import phrase

from ...tasks.core_task import Progress
from ..desk import CountyDesk

translate = QCoreApplication.translate


class BulkDialog(QDialog):
    """Says before it writes how many it would decide, and how many it would leave and why.

    Parameters
    ----------
    conflict : Conflict
        The one that those to be decided are like.
    """

    def __init__(
        self, parent: QWidget, desk: CountyDesk, conflict: Conflict, names: Naming
    ) -> None:
        super().__init__(parent)
        self.desk = desk
        self._conflict = conflict
        self._preview: Preview | None = None
        self._asked = 0
        self.setWindowTitle(translate("Xiangtu", "Decide all like it"))
        column = QVBoxLayout(self)
        form = QFormLayout()
        unit = names.unit(conflict.layer, conflict.unit)
        self.layer = QCheckBox(names.layer(conflict.layer))
        self.field = QCheckBox(unit)
        self.village = QCheckBox(conflict.village or "")
        self.layer.setChecked(True)
        self.field.setChecked(True)
        self.village.setEnabled(conflict.village is not None)
        form.addRow(translate("Xiangtu", "Only of this layer"), self.layer)
        form.addRow(translate("Xiangtu", "Only about this"), self.field)
        form.addRow(translate("Xiangtu", "Only in this village"), self.village)
        self.device = QComboBox()
        self.device.addItem(translate("Xiangtu", "any"), None)
        for device in dict.fromkeys(head.device for head in conflict.heads):
            self.device.addItem(names.tablet(device), device)
        form.addRow(translate("Xiangtu", "Only with this tablet as a side"), self.device)
        self.prefer = QComboBox()
        for code, words in _preferences():
            self.prefer.addItem(words, code)
        form.addRow(translate("Xiangtu", "Whose value"), self.prefer)
        self.reason = QLineEdit()
        form.addRow(translate("Xiangtu", "Why"), self.reason)
        column.addLayout(form)
        self.said = QLabel()
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setWordWrap(True)
        self.said.setMinimumWidth(360)
        column.addWidget(self.said)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.decide = QPushButton()
        self.buttons.addButton(self.decide, QDialogButtonBox.ButtonRole.ActionRole)
        self.decide.clicked.connect(self._decide)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)
        for box in (self.layer, self.field, self.village):
            box.toggled.connect(self._look)
        for combo in (self.device, self.prefer):
            combo.currentIndexChanged.connect(self._look)
        self.reason.textChanged.connect(self._enable)
        self._look()

    def which(self) -> Which:
        """The conditions as they are set."""
        return Which(
            layer=self._conflict.layer if self.layer.isChecked() else None,
            field=self._conflict.unit if self.field.isChecked() else None,
            village=self._conflict.village if self.village.isChecked() else None,
            device=self.device.currentData(),
        )

    def _look(self, *_: object) -> None:
        """Count anew what would be decided; the last question asked is the one answered."""
        path, which, prefer = self.desk.path, self.which(), self.prefer.currentData()
        self._asked += 1
        asked, self._preview = self._asked, None
        self._enable()
        if path is None:
            return
        self.said.setText(translate("Xiangtu", "Counting…"))

        def work(_progress: Progress) -> Preview:
            with store.open(path) as file:
                return bulk.preview(file, which, prefer)

        def done(previewed: Preview) -> None:
            if asked == self._asked and self.isVisible():
                self._preview = previewed
                self.said.setText(self._words(previewed))
                self._enable()

        def refused(refusal: SurveyError) -> None:
            if asked == self._asked and self.isVisible():
                self.said.setText(phrase(refusal.code, self.desk.language, refusal.facts))

        self.desk.run(translate("Xiangtu", "Counting"), work, done, refused=refused)

    def _words(self, previewed: Preview) -> str:
        lines = [
            translate(
                "Xiangtu", "Conflicts that would be decided: {decided} of {matching}."
            ).format(decided=len(previewed.choices), matching=previewed.matching)
        ]
        lines += [
            translate("Xiangtu", "{count} left: {reason}").format(
                count=count, reason=phrase(code, self.desk.language)
            )
            for code, count in previewed.undecided.items()
        ]
        return "\n".join(lines)

    def _enable(self, *_: object) -> None:
        count = len(self._preview.choices) if self._preview is not None else 0
        self.decide.setText(translate("Xiangtu", "Decide {count}").format(count=count))
        self.decide.setEnabled(bool(count) and bool(self.reason.text().strip()))

    def _decide(self) -> None:
        path, previewed, author = self.desk.path, self._preview, self.desk.author
        reason = self.reason.text()
        if path is None or previewed is None:
            return
        self.decide.setEnabled(False)

        def work(_progress: Progress) -> Batch:
            with store.open(path) as file:
                return bulk.decide(file, previewed, author=author, reason=reason)

        def done(batch: Batch) -> None:
            self.accept()
            self.desk.tell(
                translate("Xiangtu", "Conflicts decided: {count}, batch {batch}.").format(
                    count=len(previewed.choices), batch=batch.number
                )
            )

        def refused(refusal: SurveyError) -> None:
            self.desk.refuse(refusal)
            self._look()

        title = translate("Xiangtu", "Deciding conflicts")
        self.desk.run(title, work, done, writes=True, refused=refused)


def _preferences() -> list[tuple[str, str]]:
    return [
        (bulk.NEWER, translate("Xiangtu", "the newer change")),
        (bulk.ACCURACY, translate("Xiangtu", "the better accuracy")),
        (bulk.DEVICE, translate("Xiangtu", "that of the tablet chosen above")),
        (bulk.COUNTY, translate("Xiangtu", "the county's own")),
        (bulk.SHOWN, translate("Xiangtu", "what the table shows now")),
        (bulk.COMBINED, translate("Xiangtu", "the combined outline")),
    ]
