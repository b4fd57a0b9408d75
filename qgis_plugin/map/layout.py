"""The one-map layout: title, map with grid, legend, scale bar, north arrow, what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFillSymbol,
    QgsLayerTree,
    QgsLayoutExporter,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemMapGrid,
    QgsLayoutItemPage,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutItemShape,
    QgsLayoutMeasurement,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsMapLayer,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
    QgsRenderContext,
    QgsUnitTypes,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize, Qt

from .fonts import chinese_family, font
from .symbols import colour, embedded_svg

#: Sheet A3 across and its parts, millimetres.
_SHEET = (420.0, 297.0)
_MARGIN = 10.0
_TITLE = 20.0
_SIDE = 66.0
#: Scales an overview is drawn at, 1 to…
_SCALES = (1000, 2000, 2500, 5000, 7500, 10_000, 12_500, 15_000, 20_000, 25_000, 30_000, 40_000,
           50_000, 75_000, 100_000, 150_000, 200_000, 250_000, 500_000, 1_000_000)  # fmt: skip


@dataclass(frozen=True)
class OneMap:
    """What the sheet says; `notes` are lines at its foot, `hidden` layers are not in the legend."""

    name: str
    title: str
    subtitle: str
    legend_title: str
    scale_label: str
    notes: Sequence[str]


def add_one_map(
    project: QgsProject,
    layers: Sequence[QgsMapLayer],
    legend_layers: Sequence[QgsVectorLayer],
    extent: QgsRectangle,
    words: OneMap,
    resources: Path,
) -> QgsPrintLayout:
    """Add the layout to the project's layouts; layers are drawn topmost first."""
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.setName(words.name)
    layout.pageCollection().page(0).setPageSize("A3", QgsLayoutItemPage.Landscape)
    family = chinese_family()
    width, height = _SHEET
    frame = (_MARGIN, _MARGIN + _TITLE, width - 2 * _MARGIN - _SIDE,
             height - 2 * _MARGIN - _TITLE - 10)  # fmt: skip
    chart = _map(layout, layers, extent, frame, family)
    _text(layout, words.title, (_MARGIN, _MARGIN - 3, frame[2], 13), family, 28, bold=True)
    _text(layout, words.subtitle, (_MARGIN, _MARGIN + 9.5, frame[2], 7), family, 11,
          ink="#555555")  # fmt: skip
    left = frame[0] + frame[2] + 4
    side = _SIDE - 4
    _panel(layout, (left, frame[1], side, frame[3]))
    picture = QgsLayoutItemPicture(layout)
    picture.setPicturePath(
        embedded_svg(resources / "icons" / "north_arrow.svg"), QgsLayoutItemPicture.FormatSVG
    )
    picture.setLinkedMap(chart)
    picture.setNorthMode(QgsLayoutItemPicture.GridNorth)
    _place(layout, picture, (left + side - 19, frame[1] + 3, 14, 21))
    legend = _legend(layout, chart, legend_layers, words.legend_title, family)
    _place(layout, legend, (left + 3, frame[1] + 3, side - 6, frame[3] - 60), sized=False)
    bar = _scale_bar(layout, chart, family)
    _place(layout, bar, (left + 4, frame[1] + frame[3] - 22, side - 8, 12), sized=False)
    scale = words.scale_label.format(scale=f"{round(chart.scale()):,}".replace(",", " "))
    _text(layout, scale, (left, frame[1] + frame[3] - 30, side, 7), family, 12, bold=True,
          align=Qt.AlignHCenter)  # fmt: skip
    foot = "　　".join(words.notes)
    _text(layout, foot, (_MARGIN, height - _MARGIN - 7, width - 2 * _MARGIN, 7), family, 8.5,
          ink="#444444", align=Qt.AlignLeft)  # fmt: skip
    old = project.layoutManager().layoutByName(words.name)
    if old is not None:
        project.layoutManager().removeLayout(old)
    project.layoutManager().addLayout(layout)
    return layout


def _map(
    layout: QgsPrintLayout,
    layers: Sequence[QgsMapLayer],
    extent: QgsRectangle,
    frame: tuple[float, float, float, float],
    family: str,
) -> QgsLayoutItemMap:
    chart = QgsLayoutItemMap(layout)
    _place(layout, chart, frame)
    chart.setCrs(layout.project().crs())
    chart.setLayers(list(layers))
    chart.setKeepLayerSet(True)
    needed = max(extent.width() / frame[2], extent.height() / frame[3]) * 1000 * 1.01
    scale = next((each for each in _SCALES if each >= needed), needed)
    half_x, half_y = frame[2] * scale / 2000, frame[3] * scale / 2000
    middle = extent.center()
    chart.setExtent(
        QgsRectangle(middle.x() - half_x, middle.y() - half_y, middle.x() + half_x,
                     middle.y() + half_y)
    )  # fmt: skip
    chart.setScale(scale)
    chart.setFrameEnabled(True)
    chart.setFrameStrokeWidth(QgsLayoutMeasurement(0.5))
    _grid(chart, scale, family)
    return chart


def _grid(chart: QgsLayoutItemMap, scale: float, family: str) -> None:
    """Lines about every 5 cm, with their coordinates in kilometres or metres at the frame."""
    wanted = 0.05 * scale
    step = min((s * 10**e for e in range(1, 6) for s in (1, 2, 5)), key=lambda s: abs(s - wanted))
    grid = QgsLayoutItemMapGrid("grid", chart)
    grid.setCrs(QgsCoordinateReferenceSystem())
    grid.setIntervalX(step)
    grid.setIntervalY(step)
    grid.setStyle(QgsLayoutItemMapGrid.Cross)
    grid.setCrossLength(2.5)
    grid.setGridLineColor(colour("#40404090"))
    grid.setGridLineWidth(0.15)
    grid.setFrameStyle(QgsLayoutItemMapGrid.ExteriorTicks)
    grid.setFrameWidth(1.2)
    grid.setFramePenSize(0.2)
    grid.setAnnotationEnabled(True)
    grid.setAnnotationFont(font(family, 6.5))
    grid.setAnnotationPrecision(0)
    grid.setAnnotationFrameDistance(0.8)
    for side in (QgsLayoutItemMapGrid.Left, QgsLayoutItemMapGrid.Right):
        grid.setAnnotationDirection(QgsLayoutItemMapGrid.VerticalDescending, side)
        grid.setAnnotationDisplay(QgsLayoutItemMapGrid.LatitudeOnly, side)
    for side in (QgsLayoutItemMapGrid.Top, QgsLayoutItemMapGrid.Bottom):
        grid.setAnnotationDisplay(QgsLayoutItemMapGrid.LongitudeOnly, side)
    chart.grids().addGrid(grid)


def _legend(
    layout: QgsPrintLayout,
    chart: QgsLayoutItemMap,
    layers: Sequence[QgsVectorLayer],
    title: str,
    family: str,
) -> QgsLayoutItemLegend:
    legend = QgsLayoutItemLegend(layout)
    legend.setAutoUpdateModel(False)
    tree: QgsLayerTree = legend.model().rootGroup()
    tree.clear()
    for layer in layers:
        tree.addLayer(layer)
    legend.setLinkedMap(chart)
    legend.setTitle(title)
    for style, size in (
        (QgsLegendStyle.Title, 13),
        (QgsLegendStyle.Subgroup, 9.5),
        (QgsLegendStyle.SymbolLabel, 8.5),
    ):
        legend.rstyle(style).setFont(font(family, size, bold=style == QgsLegendStyle.Title))
    legend.setSymbolWidth(6)
    legend.setSymbolHeight(3.6)
    legend.rstyle(QgsLegendStyle.Symbol).setMargin(QgsLegendStyle.Top, 1.1)
    legend.rstyle(QgsLegendStyle.Subgroup).setMargin(QgsLegendStyle.Top, 2.4)
    legend.setLineSpacing(0.6)
    for node in tree.findLayers():
        if node.layer().renderer().type() == "singleSymbol":
            continue
        QgsLegendRenderer.setNodeLegendStyle(node, QgsLegendStyle.Subgroup)
    legend.setLegendFilterByMapEnabled(True)
    legend.setFrameEnabled(False)
    legend.setBackgroundEnabled(False)
    legend.adjustBoxSize()
    return legend


def _scale_bar(
    layout: QgsPrintLayout, chart: QgsLayoutItemMap, family: str
) -> QgsLayoutItemScaleBar:
    bar = QgsLayoutItemScaleBar(layout)
    bar.setStyle("Single Box")
    bar.setLinkedMap(chart)
    length = 0.045 * chart.scale()
    step = max(
        (s * 10**e for e in range(6) for s in (1, 2, 5) if s * 10**e <= length / 2), default=1
    )
    kilometres = 2 * step >= 1000
    bar.setUnits(QgsUnitTypes.DistanceKilometers if kilometres else QgsUnitTypes.DistanceMeters)
    bar.setUnitLabel("km" if kilometres else "m")
    bar.setMapUnitsPerScaleBarUnit(1)
    bar.setNumberOfSegmentsLeft(0)
    bar.setNumberOfSegments(2)
    bar.setUnitsPerSegment(step / 1000 if kilometres else step)
    bar.setHeight(2)
    bar.setFont(font(family, 8))
    bar.update()
    return bar


def _panel(layout: QgsPrintLayout, box: tuple[float, float, float, float]) -> None:
    shape = QgsLayoutItemShape(layout)
    shape.setShapeType(QgsLayoutItemShape.Rectangle)
    shape.setSymbol(
        QgsFillSymbol.createSimple(
            {"color": "#ffffff", "outline_color": "#333333", "outline_width": "0.3"}
        )
    )
    _place(layout, shape, box)


def _text(
    layout: QgsPrintLayout,
    text: str,
    box: tuple[float, float, float, float],
    family: str,
    size_pt: float,
    *,
    bold: bool = False,
    ink: str = "#111111",
    align: Qt.AlignmentFlag = Qt.AlignHCenter,
) -> None:
    label = QgsLayoutItemLabel(layout)
    label.setText(text)
    label.setFont(font(family, size_pt, bold=bold))
    label.setFontColor(colour(ink))
    label.setHAlign(align)
    label.setVAlign(Qt.AlignVCenter)
    label.setMarginX(0)
    label.setMarginY(0)
    _place(layout, label, box)


def _place(
    layout: QgsPrintLayout,
    item: QgsLayoutItem,
    box: tuple[float, float, float, float],
    *,
    sized: bool = True,
) -> None:
    layout.addLayoutItem(item)
    item.attemptMove(QgsLayoutPoint(box[0], box[1]))
    if sized:
        item.attemptResize(QgsLayoutSize(box[2], box[3]))


def render_picture(
    project: QgsProject,
    layers: Sequence[QgsMapLayer],
    extent: QgsRectangle,
    path: Path,
    size_px: tuple[int, int] = (1100, 720),
    dpi: int = 130,
) -> bool:
    """A map without any frame around it, as a picture; whether it worked."""
    settings = QgsMapSettings()
    settings.setLayers(list(layers))
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setOutputSize(QSize(*size_px))
    settings.setOutputDpi(dpi)
    settings.setBackgroundColor(colour("#ffffff"))
    settings.setExtent(extent)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    return bool(job.renderedImage().save(str(path)))


def export_png(layout: QgsPrintLayout, path: Path, dpi: int = 200) -> bool:
    """Write the first page as a picture; whether it worked."""
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = dpi
    settings.generateWorldFile = False
    settings.exportMetadata = False
    done = QgsLayoutExporter(layout).exportToImage(str(path), settings)
    return done == QgsLayoutExporter.Success


def export_pdf(layout: QgsPrintLayout, path: Path) -> bool:
    """Write the layout as PDF, text as text; whether it worked."""
    settings = QgsLayoutExporter.PdfExportSettings()
    settings.dpi = 300
    settings.textRenderFormat = QgsRenderContext.TextFormatAlwaysText
    settings.simplifyGeometries = True
    done = QgsLayoutExporter(layout).exportToPdf(str(path), settings)
    return done == QgsLayoutExporter.Success
