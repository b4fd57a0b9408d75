"""Making a new county file: where, whose, and which zone."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsCoordinateReferenceSystem
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QCoreApplication, QRegularExpression
from qgis.PyQt.QtGui import QRegularExpressionValidator
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QWidget,
)
from xiangtu.errors import SurveyError
from xiangtu.geo import zones

translate = QCoreApplication.translate


class NewCountyDialog(QDialog):
    """Asks what `xiangtu new` asks; OK is there once all of it is said."""

    def __init__(self, parent: QWidget | None, longitude_deg: float) -> None:
        super().__init__(parent)
        self.setWindowTitle(translate("Xiangtu", "New county file"))
        form = QFormLayout(self)
        self.place = QgsFileWidget()
        self.place.setStorageMode(QgsFileWidget.StorageMode.SaveFile)
        self.place.setFilter(translate("Xiangtu", "County file (*.sqlite)"))
        self.code = QLineEdit()
        self.code.setValidator(QRegularExpressionValidator(QRegularExpression("[0-9]{6}"), self))
        self.code.setPlaceholderText("990101")
        self.name = QLineEdit()
        self.longitude = QDoubleSpinBox()
        self.longitude.setRange(73.0, 136.0)
        self.longitude.setDecimals(3)
        self.longitude.setSuffix("°")
        self.longitude.setValue(longitude_deg)
        self.zone = QLabel()
        self.villages = QgsFileWidget()
        self.villages.setFilter(
            translate("Xiangtu", "Outlines") + " (*.shp *.gpkg *.geojson *.json)"
        )
        form.addRow(translate("Xiangtu", "County file"), self.place)
        form.addRow(translate("Xiangtu", "Code, six digits (GB/T 2260)"), self.code)
        form.addRow(translate("Xiangtu", "Name of the county"), self.name)
        form.addRow(translate("Xiangtu", "A longitude in the county"), self.longitude)
        form.addRow("", self.zone)
        form.addRow(
            translate("Xiangtu", "Outlines of its villages (may come later)"), self.villages
        )
        note = QLabel(
            translate("Xiangtu", "The secret key is made beside the file. Keep a copy of it apart.")
            + " "
            + translate("Xiangtu", "Without it no package can be opened.")
        )
        note.setWordWrap(True)
        form.addRow(note)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        form.addRow(self.buttons)
        self.place.fileChanged.connect(self._check)
        self.code.textChanged.connect(self._check)
        self.name.textChanged.connect(self._check)
        self.longitude.valueChanged.connect(self._say_zone)
        self._say_zone()
        self._check()

    @property
    def path(self) -> Path:
        path = Path(self.place.filePath())
        return path if path.suffix else path.with_suffix(".sqlite")

    def words(self) -> list[str]:
        """The command that makes the county, as it would be typed."""
        villages = self.villages.filePath()
        return [
            "new",
            f"--county={self.code.text()}",
            f"--name={self.name.text().strip()}",
            f"--longitude={self.longitude.value()}",
            *([f"--villages={villages}"] if villages else []),
            "--",
            str(self.path),
        ]

    def _check(self) -> None:
        said = self.place.filePath() and self.code.hasAcceptableInput() and self.name.text().strip()
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(bool(said))

    def _say_zone(self) -> None:
        try:
            zone = zones.zone_for_longitude(self.longitude.value())
        except SurveyError:
            self.zone.setText(translate("Xiangtu", "No CGCS2000 zone there"))
            return
        crs = QgsCoordinateReferenceSystem.fromEpsgId(zone.epsg)
        self.zone.setText(f"{crs.description()} (EPSG:{zone.epsg})")
