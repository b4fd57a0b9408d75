"""An offline basemap of what the map shows: its size to expect, and QGIS's own way to make it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapLayer,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProcessingAlgorithm,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QBuffer, QIODevice, QSize, Qt
from qgis.PyQt.QtGui import QImage
from xiangtu.geo import web_mercator

#: Pixels of a tile's side, and tiles of the sample's.
_TILE, _SAMPLED = 256, 4
_DPI = 96
_JPG_QUALITY = 75
PNG, JPG = "PNG", "JPG"
#: By QGIS's version: one of its own in C++ since 3.34, of its Processing plugin before.
_ALGORITHMS = ("native:tilesxyzmbtiles", "qgis:tilesxyzmbtiles")


def algorithm() -> QgsProcessingAlgorithm | None:
    """QGIS's algorithm; None where its Processing plugin is switched off."""
    registry = QgsApplication.processingRegistry()
    found = (registry.algorithmById(name) for name in _ALGORITHMS)
    return next((each for each in found if each is not None), None)


def layers_on_map(project: QgsProject) -> list[QgsMapLayer]:
    """The layers that are ticked, the topmost first: what the algorithm draws."""
    root = project.layerTreeRoot()
    ticked = root.checkedLayers()
    return [each for each in root.layerOrder() if each in ticked]


def tile_count(area_deg: QgsRectangle, lowest: int, highest: int) -> int:
    """Tiles over an area in degrees, of all zooms from `lowest` to `highest`."""
    sides = area_deg.xMinimum(), area_deg.yMinimum(), area_deg.xMaximum(), area_deg.yMaximum()
    return sum(web_mercator.tiles_over(*sides, zoom) for zoom in range(lowest, highest + 1))


class Sample:
    """A few tiles in the middle of an area, drawn beside QGIS's own work, for their mean size."""

    def __init__(
        self,
        project: QgsProject,
        area_deg: QgsRectangle,
        zoom: int,
        tile_format: str,
        done: Callable[[float], None],
    ) -> None:
        """`done` is called with the mean bytes of a tile."""
        middle = area_deg.center()
        x, y = web_mercator.forward(middle.x(), middle.y())
        side_m = 2 * web_mercator.HALF_M / 2**zoom
        west, south = (round(float(each) / side_m - _SAMPLED / 2) * side_m for each in (x, y))
        settings = QgsMapSettings()
        settings.setLayers(layers_on_map(project))
        settings.setTransformContext(project.transformContext())
        settings.setDestinationCrs(QgsCoordinateReferenceSystem.fromEpsgId(3857))
        settings.setOutputDpi(_DPI)
        settings.setOutputSize(QSize(_TILE * _SAMPLED, _TILE * _SAMPLED))
        settings.setExtent(
            QgsRectangle(west, south, west + _SAMPLED * side_m, south + _SAMPLED * side_m)
        )
        if tile_format == PNG:
            settings.setBackgroundColor(Qt.GlobalColor.transparent)
        self._format = tile_format
        self._done = done
        self._job = QgsMapRendererParallelJob(settings)
        self._job.finished.connect(self._drawn)
        self._job.start()

    def forget(self) -> None:
        """Nobody asks any more."""
        self._job.finished.disconnect(self._drawn)
        self._job.cancelWithoutBlocking()

    def _drawn(self) -> None:
        image = self._job.renderedImage()
        places = [(x * _TILE, y * _TILE) for x in range(_SAMPLED) for y in range(_SAMPLED)]
        sizes = [self._bytes(image.copy(x, y, _TILE, _TILE)) for x, y in places]
        self._done(sum(sizes) / len(sizes))

    def _bytes(self, tile: QImage) -> int:
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        tile.save(buffer, self._format, _JPG_QUALITY if self._format == JPG else -1)
        return int(buffer.size())


class Making:
    """The algorithm at work in QGIS's background.

    What is half made lies in a folder of its own beside the file, which is there only once it is
    whole.
    """

    def __init__(
        self,
        project: QgsProject,
        area_deg: QgsRectangle,
        lowest: int,
        highest: int,
        tile_format: str,
        out: Path,
        done: Callable[[bool, str], None],
    ) -> None:
        """`done` is called with whether `out` is there, and else what QGIS said against it.

        Raises OSError where nothing can be written beside `out`.
        """
        self._out = out
        self._done = done
        self._folder = Path(tempfile.mkdtemp(prefix=".basemap-", dir=out.parent))
        degrees = QgsCoordinateReferenceSystem.fromEpsgId(4326)
        area = QgsCoordinateTransform(degrees, project.crs(), project).transformBoundingBox(
            area_deg
        )
        made = algorithm()
        assert made is not None, "the dialog asks before"
        self._feedback = QgsProcessingFeedback()
        self._context = QgsProcessingContext()
        self._context.setProject(project)
        parameters: dict[str, Any] = {
            # In the project's CRS, which is what the algorithm takes an extent to be in.
            "EXTENT": area,
            "ZOOM_MIN": lowest,
            "ZOOM_MAX": highest,
            "DPI": _DPI,
            "TILE_FORMAT": (PNG, JPG).index(tile_format),
            "QUALITY": _JPG_QUALITY,
            "OUTPUT_FILE": str(self._folder / "made.mbtiles"),
        }
        self.task = QgsProcessingAlgRunnerTask(made, parameters, self._context, self._feedback)
        self.task.executed.connect(self._ended)
        QgsApplication.taskManager().addTask(self.task)

    def cancel(self) -> None:
        """Stop; nothing is left."""
        self._feedback.cancel()
        self.task.cancel()

    def _ended(self, succeeded: bool, _results: dict[str, Any]) -> None:
        well, said = False, self._feedback.textLog().strip()
        try:
            made = self._folder / "made.mbtiles"
            if succeeded and not self._feedback.isCanceled():
                made.replace(self._out)
                well = True
        except OSError as fault:
            said = str(fault)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._done(well, said)
