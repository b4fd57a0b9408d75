"""The one-map layout: title, map with grid, legend, scale bar, north arrow, what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsLayoutExporter,
    QgsMapLayer,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize

from . import sheet_items as items
from .fonts import chinese_family
from .legend import legend_of
from .symbols import colour

#: Sheet A3 across and its parts, millimetres.
_SHEET = (420.0, 297.0)
_MARGIN = 10.0
_TITLE = 20.0
_SIDE = 66.0
#: How many times its own size a village is given room for.
_VILLAGE_MARGIN = 1.06


@dataclass(frozen=True)
class OneMap:
    """What the sheet says; `notes` are lines at its foot, "{scale}" in `scale_label` the scale.

    Texts may hold [% expressions %] over the feature of a page.
    """

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
    coverage: QgsVectorLayer | None = None,
) -> QgsPrintLayout:
    """Add the layout to the project's layouts, in the place of one of the same name.

    Layers are drawn topmost first. With `coverage` it is an atlas of a page a feature; `extent`
    is then what it shows before a page is chosen.
    """
    layout = items.new_layout(project, words.name, "A3", landscape=True)
    family = chinese_family()
    width, height = _SHEET
    frame = (_MARGIN, _MARGIN + _TITLE, width - 2 * _MARGIN - _SIDE,
             height - 2 * _MARGIN - _TITLE - 10)  # fmt: skip
    chart = items.map_of(layout, layers, extent, frame, family)
    if coverage is not None:
        layout.atlas().setCoverageLayer(coverage)
        layout.atlas().setEnabled(True)
        items.follow_atlas(chart, frame, _VILLAGE_MARGIN)
    items.text(layout, words.title, (_MARGIN, _MARGIN - 3, frame[2], 13), family, 28, bold=True)
    items.text(layout, words.subtitle, (_MARGIN, _MARGIN + 9.5, frame[2], 7), family, 11,
               ink="#555555")  # fmt: skip
    left = frame[0] + frame[2] + 4
    side = _SIDE - 4
    items.panel(layout, (left, frame[1], side, frame[3]))
    items.north_arrow(layout, chart, resources, (left + side - 19, frame[1] + 3, 14, 21))
    legend = legend_of(layout, chart, legend_layers, words.legend_title, family)
    items.place(layout, legend, (left + 3, frame[1] + 3, side - 6, frame[3] - 60), sized=False)
    bar = items.scale_bar(layout, chart, family)
    items.place(layout, bar, (left + 4, frame[1] + frame[3] - 22, side - 8, 12), sized=False)
    scale = words.scale_label.format(scale=f"[% to_string(round({items.MAP_SCALE})) %]")
    items.text(layout, scale, (left, frame[1] + frame[3] - 30, side, 7), family, 12, bold=True)
    foot = "　　".join(words.notes)
    items.text(layout, foot, (_MARGIN, height - _MARGIN - 7, width - 2 * _MARGIN, 7), family, 8.5,
               ink="#444444", centred=False)  # fmt: skip
    items.keep_layout(layout)
    return layout


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
    return done == QgsLayoutExporter.ExportResult.Success


def export_pdf(layout: QgsPrintLayout, path: Path) -> bool:
    """Write the layout as PDF, text as text; whether it worked."""
    settings = QgsLayoutExporter.PdfExportSettings()
    settings.dpi = 300
    settings.textRenderFormat = Qgis.TextRenderFormat.AlwaysText
    settings.simplifyGeometries = True
    done = QgsLayoutExporter(layout).exportToPdf(str(path), settings)
    return done == QgsLayoutExporter.ExportResult.Success
