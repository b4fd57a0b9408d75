"""Making an offline basemap of what the map shows, for a tablet."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsProject,
    QgsRectangle,
)
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QCoreApplication, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSpinBox,
    QWidget,
)
from xiangtu.errors import SurveyError
from xiangtu.store.places import refuse_existing
from xiangtu.words import explain

from ...map import basemap
from ..desk import CountyDesk
from ..words import size_text

translate = QCoreApplication.translate

#: Zooms that are offered: a township on a tablet's screen, and single houses.
_LOWEST, _HIGHEST, _DEEPEST = 12, 17, 20
#: More tiles than this fill a tablet and take QGIS hours.
_MOST_TILES = 100_000


class BasemapDialog(QDialog):
    """Area, zooms, kind of tiles, the size to expect; makes the file in the background.

    `made` with the file once it is there.
    """

    made = pyqtSignal(object)

    def __init__(
        self, parent: QWidget, desk: CountyDesk, villages_deg: QgsRectangle | None, suggested: Path
    ) -> None:
        """`villages_deg` is around the villages that were picked, in degrees."""
        super().__init__(parent)
        self.desk = desk
        self._villages_deg = villages_deg
        self._sample: basemap.Sample | None = None
        self._making: basemap.Making | None = None
        self._tiles = 0
        self.setWindowTitle(translate("Xiangtu", "Basemap from the map"))
        self.setMinimumWidth(440)
        form = QFormLayout(self)
        self.area = QComboBox()
        if villages_deg is not None:
            self.area.addItem(translate("Xiangtu", "The villages that are picked"), "villages")
        self.area.addItem(translate("Xiangtu", "What is on screen"), "screen")
        self.lowest, self.highest = QSpinBox(), QSpinBox()
        zooms = QHBoxLayout()
        for each, value in ((self.lowest, _LOWEST), (self.highest, _HIGHEST)):
            each.setRange(0, _DEEPEST)
            each.setValue(value)
            each.valueChanged.connect(lambda _value: self._estimate())
            zooms.addWidget(each)
        self.format = QComboBox()
        self.format.addItem(translate("Xiangtu", "PNG (drawn maps)"), basemap.PNG)
        self.format.addItem(translate("Xiangtu", "JPG (imagery)"), basemap.JPG)
        self.size = QLabel()
        self.size.setWordWrap(True)
        self.out = QgsFileWidget()
        self.out.setStorageMode(QgsFileWidget.StorageMode.SaveFile)
        self.out.setFilter("MBTiles (*.mbtiles)")
        self.out.setFilePath(str(suggested))
        self.progress = QProgressBar()
        self.progress.setRange(0, 100)
        self.progress.hide()
        form.addRow(translate("Xiangtu", "Area"), self.area)
        form.addRow(translate("Xiangtu", "Zooms, from and to"), zooms)
        form.addRow(translate("Xiangtu", "Tiles"), self.format)
        form.addRow(translate("Xiangtu", "File"), self.out)
        form.addRow(self.size)
        form.addRow(self.progress)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.make = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.make.setText(translate("Xiangtu", "Make"))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(
            translate("Xiangtu", "Cancel")
        )
        self.buttons.accepted.connect(self._make)
        self.buttons.rejected.connect(self.reject)
        form.addRow(self.buttons)
        self.area.currentIndexChanged.connect(lambda _index: self._estimate())
        self.format.currentIndexChanged.connect(lambda _index: self._estimate())
        self._estimate()

    def _area_deg(self) -> QgsRectangle | None:
        if self.area.currentData() == "villages":
            return self._villages_deg
        canvas = self.desk.iface.mapCanvas()
        to_degrees = QgsCoordinateTransform(
            canvas.mapSettings().destinationCrs(),
            QgsCoordinateReferenceSystem.fromEpsgId(4326),
            QgsProject.instance(),
        )
        try:
            return to_degrees.transformBoundingBox(canvas.extent())
        except QgsCsException:
            return None

    # -- how large ----------------------------------------------------------------------------

    def _estimate(self) -> None:
        """Count the tiles, and draw a few of them to weigh them."""
        self._forget_sample()
        self.make.setEnabled(False)
        area = self._area_deg()
        if not basemap.layers_on_map(QgsProject.instance()) or area is None or area.isEmpty():
            self.size.setText(
                translate("Xiangtu", "The map shows nothing. Add layers to it and tick them.")
            )
            return
        if basemap.algorithm() is None:
            self.size.setText(
                translate("Xiangtu", "QGIS's plugin Processing is off. Switch it on under Plugins.")
            )
            return
        lowest, highest = self.lowest.value(), self.highest.value()
        self._tiles = basemap.tile_count(area, lowest, highest) if lowest <= highest else 0
        if not 0 < self._tiles <= _MOST_TILES:
            self.size.setText(
                translate("Xiangtu", "Tiles: {count}; choose other zooms (at most {most}).").format(
                    count=self._tiles, most=_MOST_TILES
                )
            )
            return
        self.size.setText(translate("Xiangtu", "Tiles: {count}; weighing a few…").format(
            count=self._tiles))  # fmt: skip
        self.make.setEnabled(True)
        self._sample = basemap.Sample(
            QgsProject.instance(), area, highest, self.format.currentData(), self._weighed
        )

    def _weighed(self, tile_bytes: float) -> None:
        self._sample = None
        self.size.setText(
            translate("Xiangtu", "Tiles: {count}, about {size}").format(
                count=self._tiles, size=size_text(self._tiles * tile_bytes)
            )
        )

    def _forget_sample(self) -> None:
        if self._sample is not None:
            self._sample.forget()
            self._sample = None

    # -- the making ---------------------------------------------------------------------------

    def _make(self) -> None:
        out = Path(self.out.filePath())
        out = out if out.suffix == ".mbtiles" else out.with_name(f"{out.name}.mbtiles")
        area = self._area_deg()
        assert area is not None
        self._forget_sample()
        try:
            refuse_existing(out)
            self._making = basemap.Making(
                QgsProject.instance(), area, self.lowest.value(), self.highest.value(),
                self.format.currentData(), out, lambda well, said: self._ended(out, well, said),
            )  # fmt: skip
        except SurveyError as refusal:
            self.size.setText(explain(refusal, self.desk.language))
            return
        except OSError as fault:
            self.size.setText(
                translate("Xiangtu", "{path} cannot be written ({reason}).").format(
                    path=out, reason=fault.strerror
                )
            )
            return
        self._making.task.progressChanged.connect(lambda percent: self.progress.setValue(
            int(percent)))  # fmt: skip
        self.progress.show()
        self._enable(False)

    def _enable(self, idle: bool) -> None:
        for each in (self.area, self.lowest, self.highest, self.format, self.out, self.make):
            each.setEnabled(idle)

    def _ended(self, out: Path, well: bool, said: str) -> None:
        self._making = None
        self.progress.hide()
        self._enable(True)
        if well:
            self.size.setText(
                translate("Xiangtu", "{path}: {size}").format(
                    path=out.name, size=size_text(out.stat().st_size)
                )
            )
            self.made.emit(out)
            self.accept()
            return
        lines = said.splitlines()
        self.size.setText(
            translate("Xiangtu", "No basemap was made. {reason}").format(
                reason=lines[-1] if lines else ""
            )
        )

    def reject(self) -> None:
        """Close; while tiles are made, cancel that and stay."""
        if self._making is not None:
            self._making.cancel()
            return
        self._forget_sample()
        super().reject()
