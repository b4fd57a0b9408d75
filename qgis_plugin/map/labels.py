"""What is written beside features: names in a font that has the letters."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import (
    QgsPalLayerSettings,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayerSimpleLabeling,
)
from xiangtu.catalogue.model import Layer

from .fonts import font
from .symbols import colour


@dataclass(frozen=True)
class Lettering:
    """Size in points, colours, the largest scale denominator it is written at, and how."""

    size_pt: float
    colour: str = "#222222"
    halo: str = "#ffffffd0"
    farthest: int | None = None
    bold: bool = False
    placement: str = "around"
    expression: str | None = None
    priority: int = 5


_LETTERING = {
    "village": Lettering(15, "#7a1015", "#ffffffe0", None, True, "over", None, 10),
    "relic": Lettering(7.5, "#6b1d0e", "#fffffff0", 30_000, False, "around", None, 8),
    "place_name": Lettering(8, "#3b2f22", "#ffffffd0", 15_000),
    "facility": Lettering(6.5, "#33414d", "#ffffffd0", 5_000),
    "route": Lettering(6.5, "#4a3417", "#ffffffd0", 20_000, False, "along", None, 4),
    "works": Lettering(6.5, "#2c4a63", "#ffffffd0", 10_000, False, "over"),
    "farmland": Lettering(
        6, "#6b5a1e", "#ffffffa0", 3_000, False, "over",
        "coalesce(\"name\" || '\\n', '') || format_number(\"area_mu\", 2) || ' 亩'",
    ),
    # The village's code stands in front of every number: the running number tells them apart.
    "homestead": Lettering(
        5.5, "#7c2f44", "#fffffff0", 2_000, False, "over", "right(\"code\", 5)"
    ),
    "house": Lettering(5, "#ffffff", "#7c2f44", 1_000, False, "over", "\"storeys\" || 'F'"),
}  # fmt: skip


def labelling(layer: Layer, family: str) -> QgsVectorLayerSimpleLabeling | None:
    """Labels of a layer, or None if it has none to show."""
    named = layer.style.label_field or layer.title_field
    if layer.geometry is None or layer.name not in _LETTERING or not named:
        return None
    how = _LETTERING[layer.name]
    settings = QgsPalLayerSettings()
    if how.expression:
        settings.fieldName, settings.isExpression = how.expression, True
    else:
        settings.fieldName = named
    settings.setFormat(text_format(family, how.size_pt, how.colour, how.halo, bold=how.bold))
    settings.priority = how.priority
    if how.placement == "over" and layer.geometry == "MULTIPOLYGON":
        settings.placement = QgsPalLayerSettings.Placement.Horizontal
    elif how.placement == "along" and layer.geometry == "MULTILINESTRING":
        settings.placement = QgsPalLayerSettings.Placement.Curved
    else:
        settings.placement = QgsPalLayerSettings.Placement.OrderedPositionsAroundPoint
        settings.offsetType = QgsPalLayerSettings.OffsetType.FromSymbolBounds
        settings.dist = 0.5
        settings.distUnits = QgsUnitTypes.RenderUnit.RenderMillimeters
    if how.farthest:
        settings.scaleVisibility = True
        settings.minimumScale = how.farthest
        settings.maximumScale = 0
    return QgsVectorLayerSimpleLabeling(settings)


def text_format(
    family: str, size_pt: float, text: str, halo: str | None = None, *, bold: bool = False
) -> QgsTextFormat:
    """A text format with a halo that keeps letters readable over the map."""
    made = QgsTextFormat()
    made.setFont(font(family, size_pt, bold=bold))
    made.setSize(size_pt)
    made.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    made.setColor(colour(text))
    if halo:
        buffer = QgsTextBufferSettings()
        buffer.setEnabled(True)
        buffer.setSize(0.12 * size_pt)
        buffer.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
        buffer.setColor(colour(halo[:7]))
        if len(halo) == 9:
            buffer.setOpacity(int(halo[7:9], 16) / 255)
        made.setBuffer(buffer)
    return made
