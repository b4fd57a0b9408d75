"""The legend of a sheet: what is drawn within its map, under the headings of the layer tree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeatureRenderer,
    QgsLayerTreeLayer,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsMapLayerLegendUtils,
    QgsPrintLayout,
    QgsVectorLayer,
)
from xiangtu import store
from xiangtu.report.classes_within import FINDING, Bounds, classes_within

from ..tasks.core_task import Progress
from .marks import marked
from .project import FINDINGS
from .sheet_items import INK, write

#: The values of the column that a layer is drawn by, as far as there are any, by its table.
Present = Mapping[str, Collection[str | None]]
_TITLE_PT, _HEADING_PT, _ENTRY_PT = 13, 9.5, 8.5


def legend_of(
    layout: QgsPrintLayout,
    chart: QgsLayoutItemMap,
    layers: Sequence[QgsVectorLayer],
    title: str,
    family: str,
) -> QgsLayoutItemLegend:
    """What is drawn within the map, and nothing else; QGIS looks for it when it is drawn."""
    legend = QgsLayoutItemLegend(layout)
    legend.setAutoUpdateModel(False)
    legend.setLinkedMap(chart)
    legend.setTitle(title)
    style, top = QgsLegendStyle.Style, QgsLegendStyle.Side.Top
    write(legend.rstyle(style.Title), family, _TITLE_PT, INK, True)
    write(legend.rstyle(style.Group), family, _HEADING_PT, INK, False)
    for part in (style.Subgroup, style.SymbolLabel):
        write(legend.rstyle(part), family, _ENTRY_PT, INK, False)
    legend.setSymbolWidth(6)
    legend.setSymbolHeight(3.6)
    legend.rstyle(style.Symbol).setMargin(top, 1.1)
    legend.rstyle(style.Group).setMargin(top, 2.8)
    legend.rstyle(style.Subgroup).setMargin(top, 1.6)
    legend.setLineSpacing(0.6)
    _fill(legend, layers)
    legend.setLegendFilterByMapEnabled(True)
    legend.setFrameEnabled(False)
    legend.setBackgroundEnabled(False)
    legend.adjustBoxSize()
    return legend


def layers_in(legend: QgsLayoutItemLegend) -> list[QgsVectorLayer]:
    """The layers that a legend explains."""
    found = (each.layer() for each in legend.model().rootGroup().findLayers())
    return [each for each in found if isinstance(each, QgsVectorLayer)]


def reader(
    county: Path, layers: Sequence[QgsVectorLayer], bounds: Bounds
) -> Callable[[Progress], Present]:
    """What finds out, in the background, which classes of these layers there are within bounds."""
    columns: dict[str, str | None] = {}
    for layer in layers:
        renderer = layer.renderer()
        classed = isinstance(renderer, QgsCategorizedSymbolRenderer)
        columns[_table_of(layer)] = renderer.classAttribute() if classed else None

    def read(_progress: Progress) -> Present:
        with store.open(county, readonly=True) as file:
            return classes_within(file, columns, bounds)

    return read


def _table_of(layer: QgsVectorLayer) -> str:
    name = str(marked(layer))
    return FINDING if name == FINDINGS else name


def keep(
    legend: QgsLayoutItemLegend, layers: Sequence[QgsVectorLayer], present: Present, scale: float
) -> None:
    """Explain of these layers only what there is, without QGIS looking for it itself: it goes
    through every feature of the map, on the main thread.

    Parameters
    ----------
    present : what `reader` found.
    scale : 1 to … of the map: a layer that is not drawn at it is left out.
    """
    legend.setLegendFilterByMapEnabled(False)
    _fill(
        legend,
        [each for each in layers if _table_of(each) in present and each.isInScaleRange(scale)],
        present,
    )
    legend.adjustBoxSize()


def _fill(
    legend: QgsLayoutItemLegend, layers: Sequence[QgsVectorLayer], present: Present | None = None
) -> None:
    """Layers under the name of their group in the layer tree. One that is alone in its group
    stands for itself; such with one symbol come first, where no heading is above them."""
    tree, style = legend.model().rootGroup(), QgsLegendStyle.Style
    tree.clear()
    groups: dict[str, list[QgsVectorLayer]] = {}
    for layer in layers:
        groups.setdefault(_group_of(legend, layer), []).append(layer)
    alone = [some[0] for some in groups.values() if len(some) == 1]
    for layer in sorted(alone, key=_has_classes):
        _add(legend, tree.addLayer(layer), style.Group, present)
    for name, some in groups.items():
        if len(some) > 1:
            group = tree.addGroup(name)
            QgsLegendRenderer.setNodeLegendStyle(group, style.Group)
            for layer in some:
                _add(legend, group.addLayer(layer), style.Subgroup, present)


def _add(
    legend: QgsLayoutItemLegend,
    node: QgsLayerTreeLayer,
    style: QgsLegendStyle.Style,
    present: Present | None,
) -> None:
    layer: QgsVectorLayer = node.layer()
    if not _has_classes(layer):
        return
    QgsLegendRenderer.setNodeLegendStyle(node, style)
    renderer = layer.renderer()
    if present is not None and isinstance(renderer, QgsCategorizedSymbolRenderer):
        order = _places(renderer, present[_table_of(layer)])
        QgsMapLayerLegendUtils.setLegendNodeOrder(node, order)
        legend.model().refreshLayerLegend(node)


def _has_classes(layer: QgsVectorLayer) -> bool:
    renderer: QgsFeatureRenderer = layer.renderer()
    return bool(renderer.type() != "singleSymbol")


def _group_of(legend: QgsLayoutItemLegend, layer: QgsVectorLayer) -> str:
    """The name of the layer's group in the project; of a layer outside any, its own."""
    node = legend.layout().project().layerTreeRoot().findLayer(layer.id())
    above = node.parent() if node is not None else None
    return str(above.name() if above is not None else "") or str(layer.id())


def _places(renderer: QgsCategorizedSymbolRenderer, values: Collection[str | None]) -> list[int]:
    """Which of the classes, by their place, some of the values belong to."""
    named: set[str | None] = set()
    places, rest = [], None
    for place, each in enumerate(renderer.categories()):
        value = each.value()
        own = {str(one) for one in (value if isinstance(value, list) else [value])}
        named |= own
        if not each.renderState():
            continue
        if own == {""}:
            rest = place
        elif own & set(values):
            places.append(place)
    if rest is not None and set(values) - named:
        places.append(rest)
    return places
