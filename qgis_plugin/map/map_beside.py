"""The map of a layout drawn by a job of QGIS's background, as the map canvas draws its own.

A layout draws its map where it draws everything, on the main thread: seconds for a county. The job
paints the same map with the same settings on the page's painter, and the layout then paints the
rest over it: grid, frame, title, legend.
"""

from __future__ import annotations

from qgis.core import (
    QgsLayoutItemMap,
    QgsMapRendererCustomPainterJob,
    QgsMapRendererJob,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsMapSettingsUtils,
    QgsPrintLayout,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QRectF, QSizeF
from qgis.PyQt.QtGui import QPainter
from xiangtu.report.classes_within import Bounds

from .marks import marked
from .project import FINDINGS
from .sheet_items import MAP_ID

MM_OF_AN_INCH = 25.4


def bounds_of(chart: QgsLayoutItemMap) -> Bounds:
    """(min x, min y, max x, max y) that a map shows, in its CRS."""
    shown = chart.extent()
    return shown.xMinimum(), shown.yMinimum(), shown.xMaximum(), shown.yMaximum()


class MapBeside:
    """Takes the layers out of a layout's map, which is the lowest of its items, and draws them.

    The layout must be one that nobody else looks at: it is changed for good.
    """

    def __init__(self, layout: QgsPrintLayout) -> None:
        chart = layout.itemById(MAP_ID)
        assert isinstance(chart, QgsLayoutItemMap), "every sheet has one"
        self._chart = chart
        self._layers = chart.layers()
        # A map without layers of its own would show those that the project shows.
        self._nothing = QgsVectorLayer("Point", "nothing", "memory")
        chart.setLayers([self._nothing])
        # What the layout paints over the map must let it through.
        chart.setBackgroundEnabled(False)
        for number in range(layout.pageCollection().pageCount()):
            layout.pageCollection().page(number).setExcludeFromExports(True)

    @property
    def scale(self) -> float:
        """1 to …, as the page is turned to."""
        return float(self._chart.scale())

    @property
    def bounds(self) -> Bounds:
        """What the map shows."""
        return bounds_of(self._chart)

    def job(self, painter: QPainter) -> QgsMapRendererJob:
        """What draws the map at its place on a page's painter; not yet started. Nobody else may
        use the painter until it has finished; then comes `finish`."""
        dots_a_mm = painter.device().logicalDpiX() / MM_OF_AN_INCH
        place = self._chart.scenePos()
        painter.save()
        painter.translate(place.x() * dots_a_mm, place.y() * dots_a_mm)
        size = self._chart.rect().size() * dots_a_mm
        painter.setClipRect(QRectF(0, 0, size.width(), size.height()))
        settings = self._settings(size, painter.device().logicalDpiX())
        if QgsMapSettingsUtils.containsAdvancedEffects(settings):
            # A page of vectors cannot mix colours: QGIS makes a picture of such a map, too.
            return QgsMapRendererParallelJob(settings)
        return QgsMapRendererCustomPainterJob(settings, painter)

    def finish(self, job: QgsMapRendererJob, painter: QPainter) -> None:
        """Give the painter back as it was."""
        if isinstance(job, QgsMapRendererParallelJob):
            painter.drawImage(0, 0, job.renderedImage())
        painter.restore()

    def _settings(self, size: QSizeF, dpi: int) -> QgsMapSettings:
        settings = self._chart.mapSettings(self._chart.extent(), size, dpi, False)
        settings.setLayers(self._layers)
        # On paper every vertex is drawn.
        settings.setFlag(QgsMapSettings.Flag.UseRenderingOptimization, False)
        # Tens of thousands of circles make a page of vectors that takes seconds to put together.
        if any(marked(each) == FINDINGS for each in self._layers):
            settings.setFlag(QgsMapSettings.Flag.ForceVectorOutput, False)
        return settings
