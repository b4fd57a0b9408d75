"""Run as a process of its own: the QGIS project, and the one map as picture and PDF."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from qgis.core import QgsApplication, QgsMapLayer, QgsProject, QgsRectangle, QgsReferencedRectangle
from xiangtu import catalogue, store

from qgis_plugin.map import layout as layouts
from qgis_plugin.map.project import ProjectLayers, build_project, invalid_layers, save_project

_RESOURCES = Path(__file__).resolve().parents[1] / "resources"
#: Layers drawn on the one map, the topmost first, and those in its legend.
_DRAWN = ("relic", "facility", "route", "works", "house", "homestead", "farmland", "village")
_LEGEND = ("village", "relic", "facility", "route", "works", "homestead", "house", "farmland")

_ZH = layouts.OneMap(
    "乡村资源一张图", "青石县乡村资源一张图", "演示数据：县名、代码、人物与地块均为虚构", "图　例",
    "比例尺 1:{scale}",
    ("CGCS2000 三度分带高斯－克吕格投影，中央经线 111°（EPSG:4546，东坐标不带带号）",
     "高程仅用于晕渲", "2025年乡村资源更新调查", "制图：乡图 Xiangtu"),
)  # fmt: skip
_EN = layouts.OneMap(
    "One map of the countryside", "青石县 Qingshi County: one map of the countryside",
    "Demonstration: county, codes, people and parcels are invented", "Legend", "Scale 1:{scale}",
    ("CGCS2000 3-degree Gauss-Krüger, central meridian 111° (EPSG:4546, easting without zone)",
     "Heights for shading only", "Survey of 2025", "Made by Xiangtu"),
)  # fmt: skip


def main() -> int:
    """Draw what the arguments name; 0 if every layer was readable and all was written."""
    parser = argparse.ArgumentParser()
    parser.add_argument("county", type=Path)
    parser.add_argument("elevation", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--language", default="zh")
    parser.add_argument("--dpi", type=int, default=200)
    options = parser.parse_args()
    application = QgsApplication([], False)
    application.initQgis()
    try:
        return _draw(options)
    finally:
        # Layers hold the file open until the project is gone.
        QgsProject.instance().clear()
        application.exitQgis()


def _draw(options: argparse.Namespace) -> int:
    with store.open(options.county, readonly=True) as file:
        srid, known = file.srid, file.catalogue
    words = _ZH if options.language.startswith("zh") else _EN
    project = QgsProject.instance()
    target = options.out / "county.qgz"
    project.setFileName(str(target))
    built = build_project(
        options.county, srid, known or catalogue.load(), _RESOURCES, title=words.title,
        language=options.language, project=project, elevation=options.elevation,
    )  # fmt: skip
    bad = invalid_layers(project)
    if bad:
        print(", ".join(bad), file=sys.stderr)
        return 1
    village = built.layers["village"]
    village.updateExtents()
    extent = village.extent()
    extent.grow(40)
    project.viewSettings().setDefaultViewExtent(QgsReferencedRectangle(extent, project.crs()))
    drawn = [built.layers[name] for name in _DRAWN] + ([built.backdrop] if built.backdrop else [])
    sheet = layouts.add_one_map(
        project, drawn, [built.layers[name] for name in _LEGEND], extent, words, _RESOURCES
    )
    done = save_project(project, target)
    done &= _pictures(project, built, drawn, options.out)
    done &= layouts.export_png(sheet, options.out / "one_map.png", options.dpi)
    done &= layouts.export_pdf(sheet, options.out / "one_map.pdf")
    return 0 if done else 1


def _pictures(
    project: QgsProject, built: ProjectLayers, drawn: Sequence[QgsMapLayer], out: Path
) -> bool:
    """A village and its houses from near, with labels."""
    village = next(built.layers["village"].getFeatures("\"code\" LIKE '%102203'"), None)
    if village is None:
        return False
    done = True
    houses = [
        each.geometry().boundingBox()
        for each in built.layers["homestead"].getFeatures(f"\"village\" = '{village['code']}'")
    ]
    middle = houses[0].center() if houses else village.geometry().centroid().asPoint()
    for name, width in (("detail_village.png", 900.0), ("detail_houses.png", 190.0)):
        height = width * 720 / 1100
        extent = QgsRectangle(
            middle.x() - width / 2, middle.y() - height / 2,
            middle.x() + width / 2, middle.y() + height / 2,
        )  # fmt: skip
        done &= layouts.render_picture(project, drawn, extent, out / name)
    return done


if __name__ == "__main__":
    sys.exit(main())
