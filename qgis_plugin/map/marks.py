"""Which layer of a county a layer of a project is, however a person has renamed it."""

from __future__ import annotations

from qgis.core import QgsMapLayer

_PROPERTY = "xiangtu/layer"


def mark(layer: QgsMapLayer, name: str) -> None:
    """Note the catalogue's name of a layer, or the program's own, with the layer."""
    layer.setCustomProperty(_PROPERTY, name)


def marked(layer: QgsMapLayer) -> str | None:
    """The name noted, or None for a layer that is not the program's."""
    value = layer.customProperty(_PROPERTY)
    return str(value) if value else None
