"""Rules between records: parents, codes, villages, what must lie within what, photos."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from ..catalogue.model import (
    Catalogue,
    Label,
    Layer,
    PhotoRequirement,
    SignatureRequirement,
)
from ..geo import topology
from .rule import Condition, Found, Rule
from .tiles import Tile, named, standing

_IN_VILLAGE = (
    "homestead",
    "house",
    "farmland",
    "boundary_point",
    "boundary_line",
    "facility",
    "works",
    "relic",
    "place_name",
)

RULES = (
    Rule(
        "relations.no_parent",
        "error",
        Label("所属记录不存在", "No such parent"),
        Label("记录所指的上级记录不存在", "The record refers to one that is not there"),
        Label("改指正确的记录，或删去本记录", "Refer to the right record, or delete this one"),
    ),
    Rule(
        "relations.same_code",
        "error",
        Label("编码重复", "Two with one code"),
        Label("另一条记录已有同样的编码", "An earlier record has the same official code"),
        Label(
            "重复调查的应合并，否则另编新码",
            "Join them if they are one thing, else give one a new code",
        ),
    ),
    Rule(
        "relations.unknown_village",
        "warning",
        Label("村不存在", "No such village"),
        Label("行政村代码不在本县的村中", "The village code is none of the county's villages"),
        Label("改正代码，或补充该村", "Correct the code, or add the village"),
        reads=("village",),
    ),
    Rule(
        "relations.outside_village",
        "error",
        Label("超出村界", "Outside its village"),
        Label(
            "记录不在所属行政村范围内；量出的是超出的面积、长度或距离",
            "The record does not lie within its village; measured is what lies outside",
        ),
        Label("改正所属村、界线或村界", "Correct its village, its outline or that of the village"),
        layers=_IN_VILLAGE,
        reads=("village",),
        # An area within 1 m² and a line or point within 1 m are put down to drawing.
        limits={"": 1.0},
        unit="m² | m",
    ),
    Rule(
        "relations.house_outside_homestead",
        "error",
        Label("房屋超出宅基地", "House outside its homestead"),
        Label(
            "房屋轮廓超出所在宅基地的面积大于限值",
            "More of the house than the limit lies outside its homestead",
        ),
        Label("核对房屋与宅基地界线", "Check the outlines of both"),
        layers=("house",),
        reads=("homestead",),
        limits={"": 0.5},
        unit="m²",
    ),
    Rule(
        "relations.contracted_on_homestead",
        "error",
        Label("承包地占宅基地", "Contracted land on a homestead"),
        Label(
            "承包地块与宅基地重叠的面积大于限值",
            "A contracted parcel and a homestead share more area than the limit",
        ),
        Label("核对两者的界线", "Check the outlines of both"),
        layers=("farmland",),
        reads=("homestead",),
        about="pair",
        limits={"": 0.1},
        unit="m²",
    ),
    Rule(
        "relations.photo_missing",
        "warning",
        Label("缺照片", "Photo missing"),
        Label("缺少规定的照片", "Fewer photos in a role than required"),
        Label("补拍照片", "Take the photo"),
        reads=("attachment",),
    ),
    Rule(
        "relations.signature_missing",
        "warning",
        Label("缺签名", "Signature missing"),
        Label("缺少规定的签名", "Fewer people signed than required"),
        Label("请本人补签", "Have them sign"),
        reads=("attachment",),
    ),
    Rule(
        "relations.several_homesteads",
        "note",
        Label("一户多宅", "Household with several homesteads"),
        Label("同一户登记有多处宅基地", "Several homesteads name this household"),
        Label("逐处核实", "Check each"),
        layers=("household",),
        reads=("homestead",),
        limits={"": 1.0},
    ),
    Rule(
        "relations.relic_points",
        "warning",
        Label("文物测点不全", "Relic without its points"),
        Label(
            "文物应有一个中心点和至少三个边界点",
            "A relic has one centre point and at least three boundary points",
        ),
        Label("补测测点", "Measure the points that are missing"),
        layers=("relic",),
        reads=("relic_point",),
    ),
)
#: Of point_kind, list of the catalogue: role of a measured point of a relic → least number.
_RELIC_POINTS = {"centre": 1, "boundary": 3}


def references(catalogue: Catalogue, layer: Layer) -> dict[str, str]:
    """Column that names a record by its uuid → layer of that record."""
    named_layers = {relation.field: relation.parent for relation in layer.relations}
    if layer.surveyed:
        for field in catalogue.common.values():
            if field.references:
                named_layers[field.name] = field.references
    return named_layers


def conditions(catalogue: Catalogue, layer: Layer) -> Iterator[Condition]:
    """What SQL can say of the relations of one layer's rows."""
    for name, parent in references(catalogue, layer).items():
        yield Condition(
            "relations.no_parent",
            f'"{name}" IS NOT NULL AND NOT EXISTS '
            f'(SELECT 1 FROM "{parent}" p WHERE p.uuid = t."{name}")',
            key=name,
            other=f'"{name}"',
            facts={"field": name, "parent": parent},
        )
    if layer.key:
        earlier = (
            f'SELECT {{}} FROM "{layer.name}" o WHERE o."{layer.key}" = t."{layer.key}" '
            f"AND o.uuid < t.uuid AND {standing(layer).replace('ended_on', 'o.ended_on')}"
        )
        yield Condition(
            "relations.same_code",
            f"\"{layer.key}\" <> '' AND {standing(layer)} AND EXISTS ({earlier.format(1)})",
            key=layer.key,
            other=f"({earlier.format('min(o.uuid)')})",
            facts={"field": layer.key},
            columns={"value": layer.key},
        )
    if layer.surveyed and layer.name != "village":
        yield Condition(
            "relations.unknown_village",
            "village IS NOT NULL AND NOT EXISTS (SELECT 1 FROM village v WHERE v.code = t.village)",
            columns={"value": "village"},
        )
    asked: list[tuple[str, str, str, PhotoRequirement | SignatureRequirement]] = [
        ("photo", f"role = '{each.role}'", each.role, each) for each in layer.photos
    ]
    asked += [
        ("signature", f"signed_as = '{each.signed_as}'", each.signed_as, each)
        for each in layer.signatures
        if each.minimum
    ]
    for kind, which, role, wanted in asked:
        having = f"(SELECT count(*) FROM attachment a WHERE a.record = t.uuid AND a.{which})"
        yield Condition(
            f"relations.{kind}_missing",
            f"({wanted.when or '1'}) AND {having} < {wanted.minimum}",
            key=f"{role} {wanted.when or ''}",
            measured=having,
            limit=str(wanted.minimum),
            facts={"role": role},
        )
    if layer.name == "household":
        having = (
            "(SELECT count(*) FROM homestead h WHERE h.household_uuid = t.uuid "
            f"AND {standing(catalogue.layer('homestead')).replace('ended_on', 'h.ended_on')})"
        )
        yield Condition("relations.several_homesteads", f"{having} > 1", measured=having, limit="1")
    if layer.name == "relic":
        for kind, least in _RELIC_POINTS.items():
            having = (
                "(SELECT count(*) FROM relic_point p WHERE p.relic_uuid = t.uuid "
                f"AND p.kind = '{kind}')"
            )
            yield Condition(
                "relations.relic_points",
                f"state <> 'draft' AND {having} < {least}",
                key=kind,
                measured=having,
                limit=str(least),
                facts={"kind": kind},
            )


def find_outside_village(tile: Tile, rule: Rule) -> Iterator[Found]:
    codes = sorted({code for code in tile.villages[tile.members] if code is not None})
    villages = named(tile.file, "village", codes, ("code",), by="code")
    outlines = topology.made_valid(villages.geometries)
    geoms = topology.made_valid(tile.geometries)
    limit = rule.limit(tile.layer.name)
    for code in codes:
        having = villages.values["code"] == code
        if not having.any():
            continue
        outline = shapely.union_all(outlines[having])
        shapely.prepare(outline)
        chosen = np.flatnonzero(tile.members & (tile.villages == code))
        chosen = chosen[~shapely.is_missing(geoms[chosen])]
        chosen = chosen[~shapely.covers(outline, geoms[chosen])]
        outside = _outside(geoms[chosen], outline, tile.layer.geometry or "")
        for at in np.flatnonzero(outside > limit).tolist():
            index = int(chosen[at])
            yield Found(
                rule.code,
                tile.layer.name,
                tile.uuids[index],
                code,
                other=str(villages.uuids[having][0]),
                measured=float(outside[at]),
                limit=limit,
            )


def _outside(geoms: np.ndarray, outline: shapely.Geometry, kind: str) -> np.ndarray:
    """How much of each lies outside: m² of an area, m of a line, distance in m of a point."""
    if kind == "POINT":
        return np.asarray(shapely.distance(geoms, outline))
    beyond = shapely.difference(geoms, outline)
    measure = shapely.area if kind == "MULTIPOLYGON" else shapely.length
    return np.asarray(measure(beyond))


def find_house_outside(tile: Tile, rule: Rule) -> Iterator[Found]:
    parents = tile.values["homestead_uuid"]
    chosen = np.flatnonzero(tile.members & np.array([each is not None for each in parents], bool))
    homesteads = named(tile.file, "homestead", sorted(set(parents[chosen])))
    place = {uuid: at for at, uuid in enumerate(homesteads.uuids)}
    chosen = np.array([index for index in chosen if parents[index] in place], dtype=int)
    if not len(chosen):
        return
    within = topology.made_valid(homesteads.geometries)[[place[parents[i]] for i in chosen]]
    outside = shapely.area(shapely.difference(topology.made_valid(tile.geometries[chosen]), within))
    limit = rule.limit(tile.layer.name)
    for at in np.flatnonzero(outside > limit).tolist():
        index = int(chosen[at])
        yield Found(
            rule.code,
            tile.layer.name,
            tile.uuids[index],
            tile.villages[index],
            other=parents[index],
            measured=float(outside[at]),
            limit=limit,
        )


def find_contracted_on_homestead(tile: Tile, rule: Rule) -> Iterator[Found]:
    """Asked of farmland, and in a focus of homesteads too, for parcels near a changed one."""
    farmland = tile.layer.name == "farmland"
    members = np.flatnonzero(tile.members)
    if farmland:
        members = members[tile.values["kind"][members] == CONTRACTED]
        others = tile.around("homestead")
        other_villages = None
    else:
        others = tile.around("farmland", ("kind", "village"))
        other_villages = others.values["village"]
    geoms = topology.made_valid(tile.geometries[members])
    theirs = topology.made_valid(others.geometries)
    if not farmland:
        theirs[others.values["kind"] != CONTRACTED] = None
    if not len(geoms) or not len(theirs):
        return
    own, other = shapely.STRtree(theirs).query(geoms, predicate="intersects")
    a, b = (geoms[own], theirs[other]) if farmland else (theirs[other], geoms[own])
    shared = shapely.intersection(a, b)
    areas = shapely.area(shared)
    limit = rule.limit("farmland")
    points = shapely.point_on_surface(shared)
    for at in np.flatnonzero(areas > limit).tolist():
        mine, its = tile.uuids[members[own[at]]], others.uuids[other[at]]
        yield Found(
            rule.code,
            "farmland",
            mine if farmland else its,
            tile.villages[members[own[at]]]
            if other_villages is None
            else other_villages[other[at]],
            its if farmland else mine,
            float(shapely.get_x(points[at])),
            float(shapely.get_y(points[at])),
            float(areas[at]),
            limit,
        )


#: Kind of a parcel that is contracted (NY/T 2539 DKLB).
CONTRACTED = "10"
#: Asked of each portion, by the code of the rule.
FINDERS = {
    "relations.outside_village": find_outside_village,
    "relations.house_outside_homestead": find_house_outside,
    "relations.contracted_on_homestead": find_contracted_on_homestead,
}
#: Further columns that a layer's portions are read with.
COLUMNS = {"house": ("homestead_uuid",), "farmland": ("kind",)}
