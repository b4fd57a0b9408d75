"""Corners and sides of parcels as layers of the project, for the plans that list them.

They lie in a GeoPackage beside the county file, so that the layouts go on working in a project
that is opened later; whoever prints fills them anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsPointXY,
    QgsProject,
    QgsRuleBasedLabeling,
    QgsRuleBasedRenderer,
    QgsUnitTypes,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from xiangtu.errors import BadFile
from xiangtu.report.parcel_plans import ParcelPlan

from .fonts import chinese_family
from .labels import text_format
from .marks import mark, marked

#: Only what belongs to the page's parcel is drawn.
OF_THE_PAGE = "\"record\" = attribute(@atlas_feature, 'uuid')"
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
    path = county.with_name(f"{county.stem}_plans.gpkg")
    return PlanLayers(
        _layer(project, path, _CORNERS, QgsWkbTypes.Type.Point, srid),
        _layer(project, path, _SIDES, QgsWkbTypes.Type.LineString, srid),
    )


def fill(layers: PlanLayers, plans: Iterable[ParcelPlan]) -> None:
    """Put the corners and sides of these plans in the place of what the layers hold."""
    corners, sides = [], []
    for plan in plans:
        for place, corner in enumerate(plan.corners, 1):
            at = QgsPointXY(corner.easting_m, corner.northing_m)
            to = QgsPointXY(corner.next_easting_m, corner.next_northing_m)
            length = f"{corner.side_m:.2f}"
            corners.append(
                _feature(layers.corners, QgsGeometry.fromPointXY(at), (
                    plan.record, place, corner.name, f"{corner.northing_m:.3f}",
                    f"{corner.easting_m:.3f}", length, len(plan.corners), plan.sheet_number,
                ))
            )  # fmt: skip
            side = QgsGeometry.fromPolylineXY([at, to])
            sides.append(_feature(layers.sides, side, (plan.record, length)))
    for layer, features in ((layers.corners, corners), (layers.sides, sides)):
        provider = layer.dataProvider()
        if not (provider.truncate() and provider.addFeatures(features)[0]):
            path = layer.source().split("|")[0]
            raise BadFile("file.readonly_place", path=path, reason=provider.lastError())
        layer.updateExtents()


def _feature(layer: QgsVectorLayer, shape: QgsGeometry, values: Iterable[object]) -> QgsFeature:
    made = QgsFeature(layer.fields())
    for column, value in zip(_COLUMNS[str(marked(layer))], values, strict=True):
        made.setAttribute(column, value)
    made.setGeometry(shape)
    return made


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
