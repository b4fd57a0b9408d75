"""Which layers of the project are the county's, whatever a person calls them and however they
came in."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsDataSourceUri,
    QgsExpression,
    QgsFeature,
    QgsFeatureRequest,
    QgsMapLayer,
    QgsProject,
    QgsVectorLayer,
    QgsVirtualLayerDefinition,
)
from qgis.PyQt.QtCore import QUrl

#: The provider of a survey file's tables, and the table of findings.
_PROVIDER, _FINDING = "spatialite", "finding"


def name_of(layer: QgsMapLayer | None, county: Path | None) -> str | None:
    """The table of the county file that a layer reads; None if it reads something else."""
    if county is None or not isinstance(layer, QgsVectorLayer) or not layer.isValid():
        return None
    if layer.providerType() != _PROVIDER:
        return None
    source = QgsDataSourceUri(layer.source())
    if Path(source.database()).resolve() != county.resolve():
        return None
    return source.table() or None


def layers_of(county: Path) -> dict[str, QgsVectorLayer]:
    """The project's layers of the county by table; of several of one table, any."""
    found = {}
    for layer in QgsProject.instance().mapLayers().values():
        name = name_of(layer, county)
        if name is not None:
            found[name] = layer
    return found


def read_again(county: Path) -> None:
    """Have the project's layers of the county show what was written past them."""
    for layer in layers_of(county).values():
        layer.dataProvider().reloadData()
        layer.triggerRepaint()


def feature_of(layer: QgsVectorLayer, uuid: str) -> QgsFeature | None:
    """A record as the layer has it; None where it shows none (an ended one, say)."""
    wanted = QgsExpression.createFieldEqualityExpression("uuid", uuid)
    return next(
        layer.getFeatures(QgsFeatureRequest().setFilterExpression(wanted).setLimit(1)), None
    )


def unsaved(county: Path) -> list[str]:
    """Names of the county's layers with edits that are not saved: the county lacks those yet."""
    return sorted(
        layer.name()
        for layer in QgsProject.instance().mapLayers().values()
        if name_of(layer, county) is not None and layer.isModified()
    )


def redraw_findings(county: Path) -> None:
    """Have the project's layers of findings show what the county holds now."""
    layers = QgsProject.instance().mapLayers()
    tables = {key for key, layer in layers.items() if name_of(layer, county) == _FINDING}
    for key, layer in layers.items():
        if key in tables or _reads(layer, tables):
            layer.dataProvider().reloadData()
            layer.triggerRepaint()


def _reads(layer: QgsMapLayer, tables: set[str]) -> bool:
    """Whether a virtual layer asks one of these layers."""
    if not isinstance(layer, QgsVectorLayer) or layer.providerType() != "virtual":
        return False
    asked = QgsVirtualLayerDefinition.fromUrl(QUrl(layer.source())).sourceLayers()
    return any(each.reference() in tables for each in asked)
