"""Symbols and renderers of a layer, from the catalogue's colours and resources/styles."""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeatureRenderer,
    QgsFillSymbol,
    QgsLineSymbol,
    QgsLineSymbolLayer,
    QgsMarkerSymbol,
    QgsRendererCategory,
    QgsSimpleFillSymbolLayer,
    QgsSimpleLineSymbolLayer,
    QgsSimpleMarkerSymbolLayer,
    QgsSingleSymbolRenderer,
    QgsSvgMarkerSymbolLayer,
    QgsSymbol,
    QgsSymbolLayer,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor
from xiangtu.catalogue.model import Catalogue, CodeList, Layer

Look = Mapping[str, Any]

_PATTERNS = {
    "dense4": Qt.BrushStyle.Dense4Pattern,
    "diagonal": Qt.BrushStyle.BDiagPattern,
    "cross": Qt.BrushStyle.DiagCrossPattern,
}


def read_looks(resources: Path) -> dict[str, dict[str, Any]]:
    """How each layer is drawn, by name, from resources/styles/symbols.toml."""
    with (resources / "styles" / "symbols.toml").open("rb") as stream:
        return tomllib.load(stream)


def embedded_svg(path: Path) -> str:
    """The picture as QGIS carries it inside a project, so that no path has to travel with it."""
    return "base64:" + base64.b64encode(path.read_bytes()).decode("ascii")


def colour(text: str | None) -> QColor:
    """#rrggbb or #rrggbbaa (opacity last, as in CSS); None is fully transparent."""
    if not text:
        return QColor(0, 0, 0, 0)
    red, green, blue = (int(text[at : at + 2], 16) for at in (1, 3, 5))
    return QColor(red, green, blue, int(text[7:9], 16) if len(text) == 9 else 255)


class SymbolMaker:
    """Makes renderers in one language, with the drawings of one resources folder."""

    def __init__(self, catalogue: Catalogue, resources: Path, language: str) -> None:
        self._catalogue = catalogue
        self._icons = resources / "icons"
        self._looks = read_looks(resources)
        self._language = language

    def renderer(self, layer: Layer) -> QgsFeatureRenderer | None:
        """How features of the layer are drawn; None for a table without geometry."""
        if layer.geometry is None:
            return None
        look = self._looks.get(layer.name, {})
        plain = {
            "stroke": layer.style.stroke,
            "fill": layer.style.fill,
            "width_mm": layer.style.width_mm,
        }
        basic = {**plain, **{k: v for k, v in look.items() if k not in ("classes", "field")}}
        basic |= look.get("default", {})
        field = layer.fields.get(look.get("field") or layer.style.category_field or "")
        if field is None or field.code_list is None:
            return QgsSingleSymbolRenderer(self.symbol(layer, basic))
        codes = self._catalogue.code_lists[field.code_list]
        classes = self._classes(layer, look, codes)
        categories = []
        for wanted, each in classes:
            matched = [code for code in codes.codes if _is_below(codes, code, wanted)]
            if not matched:
                continue
            symbol = self.symbol(layer, {**basic, **each})
            value: Any = matched if len(matched) > 1 else matched[0]
            categories.append(QgsRendererCategory(value, symbol, self._name(codes, wanted, each)))
        rest = "其他" if self._language.startswith("zh") else "Other"
        categories.append(QgsRendererCategory("", self.symbol(layer, basic), rest))
        return QgsCategorizedSymbolRenderer(field.name, categories)

    def _name(self, codes: CodeList, wanted: list[str], look: Look) -> str:
        """What a class is called in the legend."""
        if "label" in look:
            return str(look["label"]["zh" if self._language.startswith("zh") else "en"])
        joiner = "、" if self._language.startswith("zh") else ", "
        known = [codes.codes[code] for code in wanted if code in codes.codes]
        return joiner.join(each.label.in_language(self._language) for each in known)

    @staticmethod
    def _classes(layer: Layer, look: Look, codes: CodeList) -> list[tuple[list[str], Look]]:
        """Classes said in symbols.toml, their fills taken from the catalogue where it has one;
        else the catalogue's own."""
        colours = layer.style.categories
        if "classes" not in look:
            return [([code], {"fill": fill}) for code, fill in colours.items()]
        made: list[tuple[list[str], Look]] = []
        for each in look["classes"]:
            wanted = list(each["codes"])
            fill = next((colours[code] for code in wanted if code in colours), None)
            made.append((wanted, {**({"fill": fill} if fill else {}), **each}))
        return made

    def symbol(self, layer: Layer, look: Look) -> QgsSymbol:
        """One symbol for a point, line or area."""
        if layer.geometry == "POINT":
            return self._marker(look)
        if layer.geometry == "MULTILINESTRING":
            return _line(look)
        return _area(look)

    def _marker(self, look: Look) -> QgsMarkerSymbol:
        size = look.get("size_mm", 1.6)
        shape = look.get("marker", "circle")
        fill, stroke = look.get("fill") or look["stroke"], look.get("stroke", "#ffffff")
        if shape.endswith(".svg"):
            drawn = QgsSvgMarkerSymbolLayer(embedded_svg(self._icons / shape), size)
            drawn.setFillColor(colour(fill))
            drawn.setStrokeColor(colour(stroke))
        else:
            known = QgsSimpleMarkerSymbolLayer.decodeShape(shape)[0]
            drawn = QgsSimpleMarkerSymbolLayer(known, size)
            drawn.setColor(colour(fill))
            drawn.setStrokeColor(colour(stroke))
            drawn.setStrokeWidth(look.get("stroke_width_mm", 0.2))
        return _of(QgsMarkerSymbol(), [drawn])


def findings_renderer(chinese: bool) -> QgsCategorizedSymbolRenderer:
    """Findings by severity: errors red, warnings orange, notes grey."""
    categories = []
    for severity, fill, name in (
        ("error", "#d7191c", "错误" if chinese else "Error"),
        ("warning", "#f28e1c", "警告" if chinese else "Warning"),
        ("note", "#8a8f94", "提示" if chinese else "Note"),
    ):
        drawn = QgsSimpleMarkerSymbolLayer(QgsSimpleMarkerSymbolLayer.Shape.Circle, 2.6)
        drawn.setColor(colour(fill + "b0"))
        drawn.setStrokeColor(colour("#ffffff"))
        drawn.setStrokeWidth(0.3)
        categories.append(QgsRendererCategory(severity, _of(QgsMarkerSymbol(), [drawn]), name))
    return QgsCategorizedSymbolRenderer("severity", categories)


def _of(symbol: QgsSymbol, parts: list[QgsSymbolLayer]) -> QgsSymbol:
    """The symbol made of these parts; one by one, since a list does not hand over its elements."""
    symbol.deleteSymbolLayer(0)
    for part in parts:
        symbol.appendSymbolLayer(part)
    return symbol


def _is_below(codes: CodeList, code: str, wanted: list[str]) -> bool:
    """The code or one above it in its list is among the wanted ones."""
    at: str | None = code
    while at is not None:
        if at in wanted:
            return True
        known = codes.codes.get(at)
        at = known.parent if known else None
    return False


def _stroke(text: str, width_mm: float, dash: list[float] | None = None) -> QgsLineSymbolLayer:
    line = QgsSimpleLineSymbolLayer(colour(text), width_mm)
    line.setPenCapStyle(Qt.PenCapStyle.FlatCap if dash else Qt.PenCapStyle.RoundCap)
    line.setPenJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if dash:
        line.setUseCustomDashPattern(True)
        line.setCustomDashVector([float(each) for each in dash])
        line.setCustomDashPatternUnit(QgsUnitTypes.RenderUnit.RenderMillimeters)
    return line


def _line(look: Look) -> QgsLineSymbol:
    parts = []
    if "casing" in look:
        parts.append(_stroke(look["casing"], look["casing_width_mm"]))
    parts.append(_stroke(look["stroke"], look["width_mm"], look.get("dash")))
    symbol = _of(QgsLineSymbol(), parts)
    for level, part in enumerate(symbol.symbolLayers()):
        part.setRenderingPass(level)
    return symbol


def _area(look: Look) -> QgsFillSymbol:
    parts = []
    if "halo" in look:
        parts.append(_stroke(look["halo"], look["halo_width_mm"]))
    dash = look.get("dash")
    fill = QgsSimpleFillSymbolLayer(
        colour(look.get("fill")),
        Qt.BrushStyle.SolidPattern if look.get("fill") else Qt.BrushStyle.NoBrush,
        colour(look["stroke"]),
        Qt.PenStyle.NoPen if dash else Qt.PenStyle.SolidLine,
        look["width_mm"],
    )
    if look.get("pattern"):
        fill.setBrushStyle(_PATTERNS[look["pattern"]])
    fill.setPenJoinStyle(Qt.PenJoinStyle.RoundJoin)
    parts.append(fill)
    if dash:
        parts.append(_stroke(look["stroke"], look["width_mm"], dash))
    return _of(QgsFillSymbol(), parts)
