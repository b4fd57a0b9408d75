"""The sheets the office hands out, each a layout of the built project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsPrintLayout, QgsProject, QgsRectangle, QgsVectorLayer
from xiangtu.catalogue.model import Label
from xiangtu.geo.zones import zone_of_srid

from .layout import OneMap, add_one_map
from .parcel_sheet import ParcelSheet, add_parcel_sheet
from .plan_layers import plan_layers
from .project import FINDINGS, layers_of

#: Layers drawn on maps of a village or the county, the topmost first, and those in the legend.
_DRAWN = ("relic", "facility", "route", "works", "house", "homestead", "farmland", "village")
_LEGEND = ("village", "relic", "facility", "route", "works", "homestead", "house", "farmland")
#: Metres shown beyond the outermost villages.
_AROUND_M = 40


@dataclass(frozen=True)
class County:
    """What sheets say of a county: its file, EPSG code, name, and the language they speak."""

    path: Path
    srid: int
    name: str
    language: str


@dataclass(frozen=True)
class Sheet:
    """One kind of sheet: `coverage` is the layer that has a page a feature, None for one page."""

    name: str
    title: Label
    coverage: str | None
    make: Callable[[QgsProject, County, Path], QgsPrintLayout]


class SheetLacksLayers(Exception):
    """The project has not the layers a sheet is drawn from; `names` are those it lacks."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def _words(county: County, zh: str, en: str) -> str:
    return Label(zh, en).in_language(county.language)


def _needed(project: QgsProject, names: tuple[str, ...]) -> dict[str, QgsVectorLayer]:
    found = {name: each for name, each in layers_of(project).items() if each.isValid()}
    lacking = [name for name in names if name not in found]
    if lacking:
        raise SheetLacksLayers(lacking)
    return found


def _projection(county: County) -> str:
    """What the coordinates rest on, as a sheet's foot says it."""
    zoned = zone_of_srid(county.srid)
    if zoned is None:
        return f"EPSG:{county.srid}"
    meridian = f"{zoned.zone.central_meridian_deg:g}°"
    width = "三" if zoned.zone.width == 3 else "六"
    number = Label(
        "东坐标带带号" if zoned.prefixed else "东坐标不带带号",
        "easting with zone" if zoned.prefixed else "easting without zone",
    ).in_language(county.language)
    return _words(
        county,
        f"CGCS2000 {width}度分带高斯－克吕格投影，中央经线 {meridian}"
        f"（EPSG:{county.srid}，{number}）",
        f"CGCS2000 {zoned.zone.width}-degree Gauss-Krüger, central meridian {meridian} "
        f"(EPSG:{county.srid}, {number})",
    )


def _overview(
    project: QgsProject, county: County, resources: Path, name: str, title: str, top: str | None,
    coverage: str | None = None,
) -> QgsPrintLayout:  # fmt: skip
    found = _needed(project, ("village", *((top,) if top else ())))
    above = [found[top]] if top else []
    village = found["village"]
    village.updateExtents()
    extent = QgsRectangle(village.extent())
    extent.grow(_AROUND_M)
    today = "[% format_date(now(), 'yyyy-MM-dd') %]"
    words = OneMap(
        name,
        title,
        _words(county, "乡村资源调查", "Survey of the countryside"),
        _words(county, "图　例", "Legend"),
        _words(county, "比例尺 1:{scale}", "Scale 1:{scale}"),
        (_projection(county), today, _words(county, "制图：乡图 Xiangtu", "Made by Xiangtu")),
    )
    drawn = [*above, *(found[each] for each in _DRAWN if each in found)]
    legend = [*above, *(found[each] for each in _LEGEND if each in found)]
    paged = found[coverage] if coverage else None
    return add_one_map(project, drawn, legend, extent, words, resources, paged)


def _county(project: QgsProject, county: County, resources: Path) -> QgsPrintLayout:
    title = _words(county, f"{county.name}乡村资源一张图", f"{county.name}: one map")
    return _overview(project, county, resources, _title("county", county), title, None)


def _village(project: QgsProject, county: County, resources: Path) -> QgsPrintLayout:
    name = '[% coalesce("township_name", \'\') || "name" %]'
    title = _words(county, f"{name}资源图", f"{name}: map of resources")
    sheet = _title("village", county)
    return _overview(project, county, resources, sheet, title, None, "village")


def _findings(project: QgsProject, county: County, resources: Path) -> QgsPrintLayout:
    title = _words(county, f"{county.name}质量检查问题", f"{county.name}: findings of the checks")
    return _overview(project, county, resources, _title("findings", county), title, FINDINGS)


def _parcel(
    project: QgsProject, county: County, resources: Path, name: str, title: str,
    facts: Callable[[dict[str, QgsVectorLayer], str], list[str]],
) -> QgsPrintLayout:  # fmt: skip
    found = _needed(project, (name, "village", "household", "land_right"))
    plans = plan_layers(project, county.path, county.srid)
    sheet = f"attribute(get_feature('{plans.corners.id()}', 'record', \"uuid\"), 'sheet')"
    words = ParcelSheet(
        _title(name, county),
        title,
        facts(found, sheet),
        ("点号", "X（北）", "Y（东）", "边长") if county.language.startswith("zh")
        else ("Corner", "X (north)", "Y (east)", "Side"),
        _words(county, "共 {count} 个界址点，其余见界址点成果表。",
               "{count} corners in all; the others are in the list of boundary points."),
        _words(county, "比例尺 1:{scale}", "Scale 1:{scale}"),
        _words(county, "绘图：　　　　　　　　检查：　　　　　　　　日期：",
               "Drawn:　　　　　　　　Checked:　　　　　　　　Date:"),
        _words(county, "坐标和边长单位：米　　", "Coordinates and sides in metres　　")
        + _projection(county),
    )  # fmt: skip
    around = [found[each] for each in ("house", "homestead", "farmland") if each in found]
    return add_parcel_sheet(project, found[name], around, plans, words, resources)


def _homestead(project: QgsProject, county: County, resources: Path) -> QgsPrintLayout:
    def facts(found: dict[str, QgsVectorLayer], sheet: str) -> list[str]:
        holder = (
            f"attribute(get_feature('{found['household'].id()}', 'uuid', \"household_uuid\"), "
            "'head_name')"
        )
        return [
            _fact(county, "宅基地代码", "Homestead code", '"code"'),
            _fact(county, "权利人", "Holder", holder),
            _fact(county, "坐落", "Address", '"address"'),
            _fact(county, "所在图幅", "Map sheet", sheet),
            _fact(county, "宗地面积（m²）", "Area (m²)", _two_decimals("area_m2")),
            _fact(county, "批准面积（m²）", "Approved area (m²)",
                  _two_decimals("approved_area_m2")),
            *_neighbours(county),
        ]  # fmt: skip

    title = _words(county, "宗　地　图", "Homestead parcel map")
    return _parcel(project, county, resources, "homestead", title, facts)


def _farmland(project: QgsProject, county: County, resources: Path) -> QgsPrintLayout:
    def facts(found: dict[str, QgsVectorLayer], sheet: str) -> list[str]:
        household = (
            f"attribute(get_feature('{found['household'].id()}', 'uuid', \"household_uuid\"), "
            "'head_name')"
        )
        holders = (
            f"aggregate('{found['land_right'].id()}', 'concatenate_unique', {household}, "
            "\"farmland_uuid\" = attribute(@atlas_feature, 'uuid'), '、')"
        )
        return [
            _fact(county, "地块编码", "Parcel code", '"code"'),
            _fact(county, "地块名称", "Parcel name", '"name"'),
            _fact(county, "承包方代表", "Contractor", holders),
            _fact(county, "所在图幅", "Map sheet", sheet),
            _fact(county, "土地利用类型", "Land use", 'represent_value("land_use")'),
            _fact(county, "实测面积", "Surveyed area",
                  f"{_two_decimals('area_m2')} || ' m²　' || {_two_decimals('area_mu')} || ' 亩'"),
            *_neighbours(county),
        ]  # fmt: skip

    title = _words(county, "地块示意图", "Parcel sketch")
    return _parcel(project, county, resources, "farmland", title, facts)


def _fact(county: County, zh: str, en: str, value: str) -> str:
    return f"{_words(county, f'{zh}：', f'{en}: ')}[% coalesce({value}, '—') %]"


def _neighbours(county: County) -> list[str]:
    return [
        _fact(county, zh, en, f'"neighbour_{side}"')
        for zh, en, side in (
            ("东至", "East", "east"), ("南至", "South", "south"),
            ("西至", "West", "west"), ("北至", "North", "north"),
        )
    ]  # fmt: skip


def _two_decimals(column: str) -> str:
    """As it is written on paper; QGIS itself would group thousands by the locale."""
    return f"regexp_replace(format_number(\"{column}\", 2, 'en'), ',', '')"


SHEETS: tuple[Sheet, ...] = (
    Sheet("county", Label("全县一张图", "County sheet"), None, _county),
    Sheet("village", Label("村图", "Village sheets"), "village", _village),
    Sheet("farmland", Label("地块示意图", "Parcel sketches"), "farmland", _farmland),
    Sheet("homestead", Label("宗地图", "Homestead parcel maps"), "homestead", _homestead),
    Sheet("findings", Label("问题图", "Map of findings"), None, _findings),
)


def _title(name: str, county: County) -> str:
    return next(each.title for each in SHEETS if each.name == name).in_language(county.language)
