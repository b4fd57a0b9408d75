"""The plan of a parcel as an atlas: 地块示意图 of farmland, 宗地图 of a homestead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    QgsLayoutFrame,
    QgsLayoutItemAttributeTable,
    QgsLayoutMultiFrame,
    QgsLayoutObject,
    QgsLayoutTable,
    QgsLayoutTableColumn,
    QgsMapLayer,
    QgsPrintLayout,
    QgsProject,
    QgsProperty,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QRectF, Qt

from . import sheet_items as items
from .fonts import chinese_family
from .labels import text_format
from .plan_layers import NO_RECORD, OF_THE_PAGE, PlanLayers
from .symbols import colour

#: Sheet A4 upright, millimetres: the margin, then where each part begins and how high it is.
_MARGIN, _WIDTH = 15.0, 180.0
_TITLE = (10.0, 12.0)
_FACTS = (24.0, 6.0)
_MAP_HEIGHT = 128.0
_ROW = 3.85
#: The table goes on in the next column where one is full.
_COLUMNS = 3
_ROWS = 17
#: How many times its own size a parcel is given room for, so that its neighbours are seen.
_PARCEL_MARGIN = 1.3


@dataclass(frozen=True)
class ParcelSheet:
    """What the sheet says. Texts may hold [% expressions %] over the page's parcel.

    `facts` are cells above the map, two in a line; `table_heads` the heads of number, X, Y, side;
    `more` what is said under the table when not all corners have room in it; `signed` and `foot`
    the last lines.
    """

    name: str
    title: str
    facts: Sequence[str]
    table_heads: tuple[str, str, str, str]
    more: str
    scale_label: str
    signed: str
    foot: str


def add_parcel_sheet(
    project: QgsProject,
    coverage: QgsVectorLayer,
    layers: Sequence[QgsMapLayer],
    plans: PlanLayers,
    words: ParcelSheet,
    resources: Path,
) -> QgsPrintLayout:
    """Add the atlas to the project's layouts, in the place of one of the same name.

    `layers` are what is drawn around the parcel, topmost first; its own corners and sides come
    above them.
    """
    layout = items.new_layout(project, words.name, "A4", landscape=False)
    atlas = layout.atlas()
    atlas.setCoverageLayer(coverage)
    atlas.setEnabled(True)
    atlas.setSortFeatures(True)
    atlas.setSortExpression('coalesce("code", "uuid")')
    family = chinese_family()
    items.text(layout, words.title, (_MARGIN, _TITLE[0], _WIDTH, _TITLE[1]), family, 20, bold=True)
    top = _facts(layout, words.facts, family)
    frame = (_MARGIN, top + 5, _WIDTH, _MAP_HEIGHT)
    drawn = [plans.corners, plans.sides, *layers]
    chart = items.map_of(layout, drawn, QgsRectangle(0, 0, 50, 50), frame, family, 100)
    items.follow_atlas(chart, frame, _PARCEL_MARGIN)
    items.north_arrow(layout, chart, resources, (_MARGIN + _WIDTH - 16, frame[1] + 3, 12, 18))
    under = frame[1] + _MAP_HEIGHT + 4
    scale = words.scale_label.format(scale=f"[% to_string(round({items.MAP_SCALE})) %]")
    items.text(layout, scale, (_MARGIN, under, _WIDTH / 2, 6), family, 10, bold=True,
               centred=False)  # fmt: skip
    bar = items.scale_bar(layout, chart, family)
    items.place(layout, bar, (_MARGIN + 120, under - 1, 60, 9), sized=False)
    under += 9
    _table(layout, plans.corners, words.table_heads, under, family)
    shown = _COLUMNS * _ROWS
    count = _count(plans.corners)
    more = words.more.format(count=f"' || {count} || '")
    items.text(
        layout, f"[% CASE WHEN {count} > {shown} THEN '{more}' ELSE '' END %]",
        (_MARGIN, under + (_ROWS + 1) * _ROW + 0.5, _WIDTH, 4), family, 8, centred=False,
    )  # fmt: skip
    for above, line in ((11, words.signed), (5, words.foot)):
        items.text(layout, line, (_MARGIN, 297 - 8 - above, _WIDTH, 5), family, 8.5,
                   centred=False)  # fmt: skip
    items.keep_layout(layout)
    return layout


def _facts(layout: QgsPrintLayout, facts: Sequence[str], family: str) -> float:
    """Cells in two columns with a frame; where they end."""
    top, height = _FACTS
    half = _WIDTH / 2
    for at, fact in enumerate(facts):
        left, above = _MARGIN + at % 2 * half, top + at // 2 * height
        items.panel(layout, (left, above, half, height))
        items.text(layout, fact, (left + 2, above, half - 3, height), family, 9.5, centred=False)
    return top + (len(facts) + 1) // 2 * height


def _count(corners: QgsVectorLayer) -> str:
    """How many corners the page's parcel has, as an expression."""
    found = f"get_feature('{corners.id()}', 'record', attribute(@atlas_feature, 'uuid'))"
    return f"attribute({found}, 'count')"


def _table(
    layout: QgsPrintLayout, corners: QgsVectorLayer, heads: Sequence[str], top: float, family: str
) -> None:
    """Number, coordinates and side of every corner, in columns side by side."""
    table = QgsLayoutItemAttributeTable.create(layout)
    layout.addMultiFrame(table)
    table.setVectorLayer(corners)
    table.setFilterFeatures(True)
    table.setFeatureFilter(NO_RECORD)  # until all is said: QGIS asks the layer at each word
    table.setMaximumNumberOfFeatures(_COLUMNS * _ROWS)
    columns = []
    for attribute, head, width in zip(
        ("name", "northing", "easting", "side"), heads, (9.0, 17.5, 16.5, 9.0), strict=True
    ):
        column = QgsLayoutTableColumn(head)
        column.setAttribute(f'"{attribute}"')
        column.setWidth(width)
        column.setHAlignment(Qt.AlignmentFlag.AlignHCenter)
        columns.append(column)
    table.setColumns(columns)
    order = QgsLayoutTableColumn()
    order.setAttribute('"place"')
    order.setSortOrder(Qt.SortOrder.AscendingOrder)
    table.setSortColumns([order])
    table.setHeaderMode(QgsLayoutTable.HeaderMode.AllFrames)
    table.setEmptyTableBehavior(QgsLayoutTable.EmptyTableMode.HideTable)
    table.setCellMargin(0.5)
    table.setGridStrokeWidth(0.15)
    table.setGridColor(colour("#777777"))
    table.setHeaderTextFormat(text_format(family, 7.5, "#111111", bold=True))
    table.setContentTextFormat(text_format(family, 7.5, "#111111"))
    table.setResizeMode(QgsLayoutMultiFrame.ResizeMode.UseExistingFrames)
    width = _WIDTH / _COLUMNS
    for at in range(_COLUMNS):
        frame = QgsLayoutFrame(layout, table)
        frame.setFrameEnabled(False)
        if at:  # else the heads would stand over nothing
            frame.dataDefinedProperties().setProperty(
                QgsLayoutObject.DataDefinedProperty.ExcludeFromExports,
                QgsProperty.fromExpression(f"{_count(corners)} <= {at * _ROWS}"),
            )
        frame.attemptSetSceneRect(QRectF(_MARGIN + at * width, top, width - 1, (_ROWS + 1) * _ROW))
        table.addFrame(frame)
    table.setFeatureFilter(OF_THE_PAGE)
