"""Corners and sides of parcels as layers of the project, for the plans that list them.

They lie in a GeoPackage beside the county file, so that the layouts go on working in a project
that is opened later; whoever prints fills them anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import shapely
from osgeo import gdal, ogr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsProject,
    QgsRuleBasedLabeling,
    QgsRuleBasedRenderer,
    QgsUnitTypes,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from xiangtu.errors import BadFile
from xiangtu.importing.gdal_session import gdal_session
from xiangtu.report.parcel_plans import ParcelPlan

from .fonts import chinese_family
from .labels import text_format
from .marks import mark, marked

#: The record that a page is about, and what of the layers is drawn on it.
PAGE_RECORD = "attribute(@atlas_feature, 'uuid')"
OF_THE_PAGE = f'"record" = {PAGE_RECORD}'
#: Nothing of them, which their index knows at once.
NO_RECORD = "\"record\" = ''"
_RED = "#d7191c"
_CORNERS, _SIDES = "plan_corners", "plan_sides"
_COLUMNS = {
    _CORNERS: ("record", "place", "name", "northing", "easting", "side", "count", "sheet"),
    _SIDES: ("record", "side"),
}
_NUMBERS = ("place", "count")


@dataclass(frozen=True)
class PlanLayers:
    """`corners` have columns record, place (1…), name, northing, easting and side as they are
    printed, count (corners of the record), sheet; `sides` have record and side."""

    corners: QgsVectorLayer
    sides: QgsVectorLayer


def plan_layers(project: QgsProject, county: Path, srid: int) -> PlanLayers:
    """The two layers of a project, made where they are not there; hidden from the layer tree.

    Raises
    ------
    BadFile
        "file.readonly_place" where the folder of the county takes no file.
    """
    path = _path(county)
    return PlanLayers(
        _layer(project, path, _CORNERS, QgsWkbTypes.Type.Point, srid),
        _layer(project, path, _SIDES, QgsWkbTypes.Type.LineString, srid),
    )


def write(county: Path, plans: Iterable[ParcelPlan]) -> None:
    """Put the corners and sides of these plans in the place of what the layers of `plan_layers`
    hold; in the background, since thousands of plans take seconds. The layers show them once
    `show` was called.

    Raises
    ------
    BadFile
        "file.readonly_place" where the GeoPackage takes nothing.
    """
    path = _path(county)
    corners, sides = [], []
    for plan in plans:
        for place, corner in enumerate(plan.corners, 1):
            at = corner.easting_m, corner.northing_m
            to = corner.next_easting_m, corner.next_northing_m
            length = f"{corner.side_m:.2f}"
            values = (
                plan.record, place, corner.name, f"{corner.northing_m:.3f}",
                f"{corner.easting_m:.3f}", length, len(plan.corners), plan.sheet_number,
            )  # fmt: skip
            corners.append((shapely.Point(at), values))
            sides.append((shapely.LineString([at, to]), (plan.record, length)))
    try:
        with gdal_session():
            source = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_UPDATE)
            source.StartTransaction()
            _replace(source, _CORNERS, corners)
            _replace(source, _SIDES, sides)
            source.CommitTransaction()
    except RuntimeError as fault:
        raise BadFile("file.readonly_place", path=str(path), reason=str(fault)) from fault


def show(layers: PlanLayers) -> None:
    """Have the layers show what was written."""
    for layer in (layers.corners, layers.sides):
        layer.reload()
        layer.updateExtents()


def _replace(
    source: gdal.Dataset, name: str, rows: Sequence[tuple[shapely.Geometry, Sequence[object]]]
) -> None:
    for sql in (
        f'DELETE FROM "{name}"',
        # Each page asks for those of its own parcel, several times.
        f'CREATE INDEX IF NOT EXISTS "{name}_by_record" ON "{name}" (record)',
    ):
        source.ExecuteSQL(sql)
    layer = source.GetLayerByName(name)
    feature = ogr.Feature(layer.GetLayerDefn())
    # QGIS's own GEOS may answer here, and an older one knows no other number of dimensions.
    shapes = shapely.to_wkb([shape for shape, _ in rows], output_dimension=2)
    for wkb, (_, values) in zip(shapes, rows, strict=True):
        feature.SetFID(ogr.NullFID)
        for at, value in enumerate(values):
            feature.SetField(at, value)
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(wkb))
        layer.CreateFeature(feature)


def _path(county: Path) -> Path:
    return county.with_name(f"{county.stem}_plans.gpkg")


def _layer(
    project: QgsProject, path: Path, name: str, kind: QgsWkbTypes.Type, srid: int
) -> QgsVectorLayer:
    for known in project.mapLayers().values():
        if marked(known) == name and known.isValid():
            return known
    layer = _open(path, name)
    if not layer.isValid():
        _create(path, name, kind, srid)
        layer = _open(path, name)
    mark(layer, name)
    if name == _CORNERS:
        _draw_corners(layer)
    else:
        _draw_sides(layer)
    project.addMapLayer(layer, False)
    return layer


def _open(path: Path, name: str) -> QgsVectorLayer:
    return QgsVectorLayer(f"{path}|layername={name}", name, "ogr")


def _create(path: Path, name: str, kind: QgsWkbTypes.Type, srid: int) -> None:
    columns = "&".join(
        f"field={column}:{'integer' if column in _NUMBERS else 'string'}"
        for column in _COLUMNS[name]
    )
    fields = QgsVectorLayer(f"None?{columns}", name, "memory").fields()
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = name
    existing = QgsVectorFileWriter.ActionOnExistingFile
    options.actionOnExistingFile = (
        existing.CreateOrOverwriteLayer if path.exists() else existing.CreateOrOverwriteFile
    )
    writer = QgsVectorFileWriter.create(
        str(path), fields, kind, QgsCoordinateReferenceSystem.fromEpsgId(srid),
        QgsProject.instance().transformContext(), options,
    )  # fmt: skip
    failed = writer.hasError() != QgsVectorFileWriter.WriterError.NoError
    reason = writer.errorMessage()
    del writer  # closes the file
    if failed:
        raise BadFile("file.readonly_place", path=str(path), reason=reason)


def _draw_corners(layer: QgsVectorLayer) -> None:
    circle = {"name": "circle", "color": "#ffffff", "outline_color": _RED,
              "outline_width": "0.25", "size": "1.5"}  # fmt: skip
    layer.setRenderer(_of_the_page(QgsMarkerSymbol.createSimple(circle)))
    settings = QgsPalLayerSettings()
    settings.fieldName = "name"
    settings.placement = QgsPalLayerSettings.Placement.OrderedPositionsAroundPoint
    settings.offsetType = QgsPalLayerSettings.OffsetType.FromSymbolBounds
    settings.dist = 0.3
    settings.distUnits = QgsUnitTypes.RenderUnit.RenderMillimeters
    settings.setFormat(text_format(chinese_family(), 7, _RED, "#ffffff"))
    settings.priority = 10
    _label(layer, settings)


def _draw_sides(layer: QgsVectorLayer) -> None:
    line = {"line_color": _RED, "line_width": "0.4", "capstyle": "round"}
    layer.setRenderer(_of_the_page(QgsLineSymbol.createSimple(line)))
    settings = QgsPalLayerSettings()
    settings.fieldName = "side"
    settings.placement = QgsPalLayerSettings.Placement.Line
    settings.dist = 0.6
    settings.distUnits = QgsUnitTypes.RenderUnit.RenderMillimeters
    settings.setFormat(text_format(chinese_family(), 6.5, "#1a1a1a", "#ffffff"))
    settings.priority = 9
    _label(layer, settings)


def _of_the_page(symbol: QgsMarkerSymbol | QgsLineSymbol) -> QgsRuleBasedRenderer:
    renderer = QgsRuleBasedRenderer(symbol)
    renderer.rootRule().children()[0].setFilterExpression(OF_THE_PAGE)
    return renderer


def _label(layer: QgsVectorLayer, settings: QgsPalLayerSettings) -> None:
    root = QgsRuleBasedLabeling.Rule(None)
    rule = QgsRuleBasedLabeling.Rule(settings)
    rule.setFilterExpression(OF_THE_PAGE)
    root.appendChild(rule)
    layer.setLabeling(QgsRuleBasedLabeling(root))
    layer.setLabelsEnabled(True)
