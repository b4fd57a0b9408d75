"""What sheets are made of: map with grid, scale bar, north arrow, text, frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFillSymbol,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsLayoutItemMap,
    QgsLayoutItemMapGrid,
    QgsLayoutItemPage,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutItemShape,
    QgsLayoutMeasurement,
    QgsLayoutObject,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendStyle,
    QgsMapLayer,
    QgsPrintLayout,
    QgsProject,
    QgsProperty,
    QgsRectangle,
    QgsScaleBarSettings,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import Qt

from .fonts import font
from .labels import text_format
from .symbols import colour, embedded_svg

#: Left, top, width, height in millimetres.
Box = tuple[float, float, float, float]

#: Scales a sheet is drawn at, 1 to…
SCALES = (100, 200, 250, 500, 1000, 2000, 2500, 5000, 7500, 10_000, 12_500, 15_000, 20_000, 25_000,
          30_000, 40_000, 50_000, 75_000, 100_000, 150_000, 200_000, 250_000, 500_000,
          1_000_000)  # fmt: skip
#: The map of a sheet, as expressions of other items name it.
MAP_ID = "map"
#: The scale of that map in such an expression.
MAP_SCALE = f"map_get(item_variables('{MAP_ID}'), 'map_scale')"
INK = "#111111"
_STEPS = tuple(factor * 10**power for power in range(6) for factor in (1, 2, 5))


def new_layout(project: QgsProject, name: str, page: str, *, landscape: bool) -> QgsPrintLayout:
    """An empty layout of one page ("A3", "A4"), not yet among the project's."""
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.setName(name)
    orientation = QgsLayoutItemPage.Orientation
    layout.pageCollection().page(0).setPageSize(
        page, orientation.Landscape if landscape else orientation.Portrait
    )
    return layout


def keep_layout(layout: QgsPrintLayout) -> None:
    """Put a layout among its project's, in the place of an earlier one of that name."""
    manager = layout.project().layoutManager()
    old = manager.layoutByName(layout.name())
    if old is not None:
        manager.removeLayout(old)
    manager.addLayout(layout)


def map_of(
    layout: QgsPrintLayout,
    layers: Sequence[QgsMapLayer],
    extent: QgsRectangle,
    box: Box,
    family: str,
    least_scale: int = 1000,
) -> QgsLayoutItemMap:
    """A map of an extent at the largest of SCALES it fits into, with a grid; layers topmost
    first."""
    chart = QgsLayoutItemMap(layout)
    chart.setId(MAP_ID)
    place(layout, chart, box)
    chart.setCrs(layout.project().crs())
    chart.setLayers(list(layers))
    chart.setKeepLayerSet(True)
    needed = max(extent.width() / box[2], extent.height() / box[3]) * 1000 * 1.01
    scale = next((each for each in SCALES if each >= max(needed, least_scale)), needed)
    half_x, half_y = box[2] * scale / 2000, box[3] * scale / 2000
    middle = extent.center()
    chart.setExtent(
        QgsRectangle(middle.x() - half_x, middle.y() - half_y, middle.x() + half_x,
                     middle.y() + half_y)
    )  # fmt: skip
    chart.setScale(scale)
    chart.setFrameEnabled(True)
    chart.setFrameStrokeWidth(QgsLayoutMeasurement(0.5))
    _grid(chart, family)
    return chart


def follow_atlas(chart: QgsLayoutItemMap, box: Box, margin: float) -> None:
    """Let the map show each page's feature at the largest of SCALES it fits into.

    `margin` is how many times its size the feature must have room for.
    """
    chart.setAtlasDriven(True)
    chart.setAtlasScalingMode(QgsLayoutItemMap.AtlasScalingMode.Fixed)
    needed = (
        f"max(bounds_width(@atlas_geometry) / {box[2]}, bounds_height(@atlas_geometry) / {box[3]})"
    )
    scales = ", ".join(map(str, SCALES))
    chart.dataDefinedProperties().setProperty(
        QgsLayoutObject.DataDefinedProperty.MapScale,
        QgsProperty.fromExpression(
            f"with_variable('needed', {needed} * {1000 * margin}, "
            f"array_first(array_filter(array({scales}), @element >= @needed)))"
        ),
    )


def _grid(chart: QgsLayoutItemMap, family: str) -> None:
    """Crosses about every 5 cm, whatever the scale; their coordinates in metres at the frame."""
    grid = QgsLayoutItemMapGrid("grid", chart)
    grid.setCrs(QgsCoordinateReferenceSystem())
    wanted = 0.05 * chart.scale()
    step = min(_STEPS, key=lambda each: abs(each - wanted))
    grid.setIntervalX(step)
    grid.setIntervalY(step)
    steps = ", ".join(map(str, _STEPS))
    by_scale = QgsProperty.fromExpression(
        f"array_last(array_filter(array({steps}), @element <= 0.075 * @map_scale))"
    )
    interval = QgsLayoutObject.DataDefinedProperty
    for each in (interval.MapGridIntervalX, interval.MapGridIntervalY):
        grid.dataDefinedProperties().setProperty(each, by_scale)
    grid.setStyle(QgsLayoutItemMapGrid.GridStyle.Cross)
    grid.setCrossLength(2.5)
    grid.setGridLineColor(colour("#40404090"))
    grid.setGridLineWidth(0.15)
    grid.setFrameStyle(QgsLayoutItemMapGrid.FrameStyle.ExteriorTicks)
    grid.setFrameWidth(1.2)
    grid.setFramePenSize(0.2)
    grid.setAnnotationEnabled(True)
    grid.setAnnotationTextFormat(text_format(family, 6.5, INK))
    grid.setAnnotationPrecision(0)
    grid.setAnnotationFrameDistance(0.8)
    border, shown = QgsLayoutItemMapGrid.BorderSide, QgsLayoutItemMapGrid.DisplayMode
    for side in (border.Left, border.Right):
        grid.setAnnotationDirection(
            QgsLayoutItemMapGrid.AnnotationDirection.VerticalDescending, side
        )
        grid.setAnnotationDisplay(shown.LatitudeOnly, side)
    for side in (border.Top, border.Bottom):
        grid.setAnnotationDisplay(shown.LongitudeOnly, side)
    chart.grids().addGrid(grid)


def north_arrow(layout: QgsPrintLayout, chart: QgsLayoutItemMap, resources: Path, box: Box) -> None:
    """Grid north of the map."""
    picture = QgsLayoutItemPicture(layout)
    picture.setPicturePath(
        embedded_svg(resources / "icons" / "north_arrow.svg"),
        QgsLayoutItemPicture.Format.FormatSVG,
    )
    picture.setLinkedMap(chart)
    picture.setNorthMode(QgsLayoutItemPicture.NorthMode.GridNorth)
    place(layout, picture, box)


def scale_bar(
    layout: QgsPrintLayout, chart: QgsLayoutItemMap, family: str
) -> QgsLayoutItemScaleBar:
    """Two segments of a round length, 20 to 50 mm together, whatever the scale."""
    bar = QgsLayoutItemScaleBar(layout)
    bar.setStyle("Single Box")
    bar.setLinkedMap(chart)
    kilometres = chart.scale() >= 25_000
    unit = QgsUnitTypes.DistanceUnit
    bar.setUnits(unit.DistanceKilometers if kilometres else unit.DistanceMeters)
    bar.setUnitLabel("km" if kilometres else "m")
    bar.setMapUnitsPerScaleBarUnit(1)
    bar.setNumberOfSegmentsLeft(0)
    bar.setNumberOfSegments(2)
    bar.setMinimumBarWidth(20)
    bar.setMaximumBarWidth(50)
    bar.setSegmentSizeMode(QgsScaleBarSettings.SegmentSizeMode.SegmentSizeFitWidth)
    bar.setHeight(2)
    bar.setTextFormat(text_format(family, 8, INK))
    bar.update()
    return bar


def panel(layout: QgsPrintLayout, box: Box) -> None:
    """A white field with a thin frame."""
    shape = QgsLayoutItemShape(layout)
    shape.setShapeType(QgsLayoutItemShape.Shape.Rectangle)
    shape.setSymbol(
        QgsFillSymbol.createSimple(
            {"color": "#ffffff", "outline_color": "#333333", "outline_width": "0.3"}
        )
    )
    place(layout, shape, box)


def text(
    layout: QgsPrintLayout,
    words: str,
    box: Box,
    family: str,
    size_pt: float,
    *,
    bold: bool = False,
    ink: str = INK,
    centred: bool = True,
) -> None:
    """A line of text; [% … %] in it is an expression over the page's feature."""
    label = QgsLayoutItemLabel(layout)
    label.setText(words)
    write(label, family, size_pt, ink, bold)
    label.setHAlign(Qt.AlignmentFlag.AlignHCenter if centred else Qt.AlignmentFlag.AlignLeft)
    label.setVAlign(Qt.AlignmentFlag.AlignVCenter)
    label.setMarginX(0)
    label.setMarginY(0)
    place(layout, label, box)


def write(
    item: QgsLayoutItemLabel | QgsLegendStyle, family: str, size_pt: float, ink: str, bold: bool
) -> None:
    """Say how text is written; QGIS 3.22 knows a font alone, and of labels its colour."""
    if hasattr(item, "setTextFormat"):
        item.setTextFormat(text_format(family, size_pt, ink, bold=bold))
        return
    item.setFont(font(family, size_pt, bold=bold))
    if isinstance(item, QgsLayoutItemLabel):
        item.setFontColor(colour(ink))


def place(layout: QgsPrintLayout, item: QgsLayoutItem, box: Box, *, sized: bool = True) -> None:
    """Put an item on the page; `sized` is False for one that knows its own size."""
    layout.addLayoutItem(item)
    item.attemptMove(QgsLayoutPoint(box[0], box[1]))
    if sized:
        item.attemptResize(QgsLayoutSize(box[2], box[3]))
