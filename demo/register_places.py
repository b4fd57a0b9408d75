"""Villages, routes, facilities, works, relics and place names as rows of the register."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import shapely
from xiangtu.geo import gauss_kruger

from .land import Land
from .register import Register
from .register_people import Holder
from .villages import COUNTY, Village


def add_villages(register: Register, land: Land, holders: list[Holder]) -> None:
    """Outlines with what county planning asks of a village."""
    households = Counter(each.village.code for each in holders)
    people = Counter[str]()
    for each in holders:
        people[each.village.code] += len(each.members)
    for number, village in enumerate(land.villages):
        big = number % 4 == 0
        register.add(
            "village", village.code,
            register.surveyed(
                village.code, "2019-03-20", code=village.code, name=village.name,
                kind="administrative", township_name=village.town_name, code_version="2023",
                households=households[village.code], population=people[village.code],
                residents=round(people[village.code] * 0.72), village_groups=2,
                traditional_grade="provincial" if number in (0, 5) else "none",
                traditional_batch=3 if number in (0, 5) else None, famous_grade="none",
                road_access="household" if big else "natural_village", network_4g=1,
                network_5g=int(big), fibre=1, piped_water=1,
                piped_water_percent=float(88 + number), refuse_treatment="carted",
                sewage_treatment="central" if big else "household", express_point=int(big),
                clinic=1, school=int(big), cultural_room=1,
                settlement_acceptance="accepted" if number % 3 else "reported",
                measured_how="imported",
            ),
            village.outline,
        )  # fmt: skip


def add_routes(register: Register, land: Land) -> None:
    """Roads, canals along the terraces and the power line, each piece with its village."""
    letters = {"county": "X", "township": "Y", "village": "C"}
    classes = {"county": "3", "township": "4", "village": "4"}
    counts: Counter[str] = Counter()
    for road in land.network.roads:
        counts[road.level] += 1
        village = road.villages[0]
        place = village.name.removesuffix("村")
        name = "青松公路" if road.level == "county" else f"{place}路"
        code = f"{letters[road.level]}{counts[road.level]:03d}{COUNTY}"
        register.add(
            "route", code,
            register.surveyed(
                village.code, "2019-04-15", kind=f"{road.level}_road", name=name, code=code,
                running_state="normal", built_year=2008 + 2 * counts[road.level],
                owner="青石县交通运输局" if road.level == "county" else f"{village.name}委会",
                width_m=road.width_m, road_class=classes[road.level],
                surface="asphalt" if road.level == "county" else "concrete",
                village_access=int(road.level != "county"), bus=int(road.level == "county"),
                measured_how="imported",
            ),
            road.line,
        )  # fmt: skip
    for village, line in _canals(land):
        place = village.name.removesuffix("村")
        register.add(
            "route", f"canal-{village.code}",
            register.surveyed(
                village.code, "2019-04-15", kind="canal", name=f"{place}灌渠",
                running_state="normal", built_year=1976, owner=f"{village.name}委会",
                width_m=0.8, lining="stone", depth_m=0.6, measured_how="imported",
            ),
            line,
        )  # fmt: skip
    for index, line in enumerate(land.network.power):
        village = _village_at(land, line.interpolate(0.5, normalized=True))
        register.add(
            "route", f"power-{index}",
            register.surveyed(
                village.code, "2019-04-15", kind="power_line", name="10千伏青松线",
                running_state="normal", built_year=2011, owner="青石县供电公司", voltage="10kV",
                measured_how="imported",
            ),
            line,
        )  # fmt: skip


def _canals(land: Land) -> list[tuple[Village, shapely.LineString]]:
    """In each village the longest terrace edge well above its fields' foot."""
    found = []
    for village in land.villages:
        best = None
        mine = [p for p in land.terraces.parcels if p.village is village]
        if len(mine) < 5:
            continue
        wanted = float(np.quantile([p.above_river_m for p in mine], 0.7))
        for level, step in land.terraces.steps:
            if abs(level - wanted) > 7:
                continue
            inside = shapely.line_merge(shapely.intersection(step, village.outline))
            for line in shapely.get_parts(inside):
                if line.geom_type == "LineString" and (best is None or line.length > best.length):
                    best = line
        if best is not None and best.length > 80:
            found.append((village, shapely.transform(best, lambda xy: np.round(xy, 3))))
    return found


def _village_at(land: Land, point: shapely.Point) -> Village:
    return min(land.villages, key=lambda each: each.outline.distance(point))


_FACILITIES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("village_office", "村委会", {}),
    ("clinic", "卫生室", {}),
    ("transformer", "变压器", {"capacity_kva": 200.0, "voltage": "10kV"}),
    ("base_station_4g", "4G 基站", {"operator": "中国移动", "generation": "4g"}),
    ("refuse_point", "垃圾收集点", {}),
    ("culture", "文化活动室", {}),
    ("shelter", "应急避难场所", {"capacity_persons": 300}),
    ("toilet", "公厕", {"toilet_kind": "three_chamber", "toilet_public": 1}),
)


def add_facilities(register: Register, land: Land, seed: int) -> None:
    """Eight facilities around each village's centre, a pumping station and a hazard here and
    there."""
    random = np.random.default_rng([seed, 12])
    busy = shapely.union_all([each.outline.buffer(1.5) for each in land.settlements.lots])
    for number, village in enumerate(land.villages):
        ground = land.settlements.ground[village.code]
        free = ground.difference(busy).difference(land.network.taken)
        place = village.name.removesuffix("村")
        offered = list(_FACILITIES)
        if number % 4 == 0:
            offered += [
                ("school", "小学", {"capacity_persons": 240}),
                ("express", "快递服务点", {}),
            ]
        if number % 3 == 1:
            offered.append(("pumping_station", "提灌站", {"flow_m3h": 80.0, "irrigated_mu": 210.0}))
        if number % 4 == 2:
            offered.append(
                ("hazard_point", "后山滑坡", {"hazard_kind": "landslide", "hazard_size": "small",
                                          "threatened_households": 6})
            )  # fmt: skip
        for index, (kind, name, more) in enumerate(offered):
            if kind == "hazard_point":
                point = _off(village.centre, random, 190)
            elif kind == "pumping_station":
                near = shapely.shortest_line(village.centre, land.network.water)
                point = near.interpolate(0.96, normalized=True)
            else:
                point = _inside(free if not free.is_empty else ground, random)
            register.add(
                "facility", f"{village.code}-{index}",
                register.surveyed(
                    village.code, "2019-04-20", kind=kind, name=place + name,
                    running_state="normal", built_year=int(random.integers(2005, 2019)),
                    owner=f"{village.name}委会", **more, measured_how="imported",
                ),
                _rounded(point),
            )  # fmt: skip


def _off(point: shapely.Point, random: np.random.Generator, metres: float) -> shapely.Point:
    angle = random.uniform(0, 2 * np.pi)
    return shapely.Point(point.x + metres * np.cos(angle), point.y + metres * np.sin(angle))


def _inside(area: shapely.Geometry, random: np.random.Generator) -> shapely.Point:
    left, bottom, right, top = area.bounds
    for _ in range(400):
        point = shapely.Point(random.uniform(left, right), random.uniform(bottom, top))
        if area.contains(point):
            return point
    return area.representative_point()


def _rounded(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: np.round(xy, 3))


def add_works(register: Register, land: Land, seed: int) -> None:
    """The river's bed in each village, and a reservoir or pond near each second village."""
    for village in land.villages:
        bed = shapely.intersection(land.network.water, village.outline.buffer(-0.3), grid_size=0.1)
        for number, part in enumerate(shapely.get_parts(bed)):
            if part.geom_type != "Polygon" or part.area < 500:
                continue
            register.add(
                "works", f"river-{village.code}-{number}",
                register.surveyed(
                    village.code, "2019-04-21", kind="water", name="青溪",
                    running_state="normal", owner="青石县水利局", measured_how="imported",
                ),
                part,
            )  # fmt: skip
    random = np.random.default_rng([seed, 13])
    busy = shapely.union_all(
        [p.outline for p in land.terraces.parcels]
        + [each.extent for each in land.relics]
        + list(land.settlements.ground.values())
        + [land.network.taken]
    )
    shapely.prepare(busy)
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    for index, village in enumerate(land.villages[::2]):
        large = index % 3 == 0
        for attempt in range(400):
            middle = _off(village.centre, random, 140 + attempt)
            radius = (34 if large else 17) * (
                1 + 0.20 * np.sin(2 * angle + index) + 0.10 * np.sin(3 * angle)
            )
            water = shapely.Polygon(
                np.column_stack([middle.x + 1.4 * radius * np.cos(angle),
                                 middle.y + radius * np.sin(angle)])
            )  # fmt: skip
            slope = float(land.terrain.at(land.terrain.slope, middle.x, middle.y))
            if slope < 0.3 and village.outline.contains(water) and not busy.intersects(water):
                break
        else:
            continue
        place = village.name.removesuffix("村")
        register.add(
            "works", f"pond-{village.code}",
            register.surveyed(
                village.code, "2019-04-21", kind="reservoir" if large else "pond",
                name=place + ("水库" if large else "山塘"), running_state="normal",
                built_year=1966, owner=f"{village.name}委会",
                storage_m3=float(round(water.area * (4.5 if large else 1.8))),
                measured_how="imported",
            ),
            _rounded(water),
        )  # fmt: skip


def add_place_names(register: Register, land: Land) -> None:
    """A name for each village's seat, the river and the highest hills."""
    for village in land.villages:
        register.add(
            "place_name", village.code,
            register.surveyed(
                village.code, "2019-04-25", name=village.name.removesuffix("村"),
                pinyin=village.pinyin.replace("'", ""), kind="hamlet", sign=0,
                measured_how="imported",
            ),
            _rounded(village.centre),
        )  # fmt: skip


_ERA_CODES = {"清": "qing", "明": "ming", "宋": "song_yuan", "新石器时代": "stone_age",
              "1934 年": "republic", "1958 年": "prc"}  # fmt: skip


def add_relics(register: Register, land: Land, srid: int) -> None:
    """Relics with their body, zones where they are designated, and measured points."""
    for number, relic in enumerate(land.relics, 1):
        village = relic.village
        code = f"{COUNTY}-{number:04d}"
        designated = relic.level != "4"
        uuid = register.add(
            "relic", code,
            register.surveyed(
                village.code, "2019-09-12", code=code, name=relic.name,
                address=f"青石县{village.town_name}{village.name}", survey_kind="1", change="none",
                era=relic.era, era_code=_ERA_CODES[relic.era], level=relic.level,
                protected_unit=relic.name if designated else None,
                designated_on="2012-05-18" if designated else None,
                has_protection_zone="1" if designated else "2",
                has_control_zone="1" if designated else "2",
                body_area_m2=round(relic.extent.area, 2), ownership="collective",
                owner=f"{village.name}委会", authority="青石县文化和旅游局", trade="culture",
                open_to_public="1" if number % 3 else "2", body_count=1,
                description=relic.text, condition=relic.condition, condition_note=relic.text,
                damage_natural="02;08" if relic.condition in ("4", "5") else None,
                damage_human="06" if relic.condition in ("4", "5") else None,
                surveyed_on="2019-09-12", surveyed_by="普查二队",
                measured_how="gnss_average", fix_type="single", horizontal_accuracy_m=2.4,
                satellites=11, epochs=30, measured_at="2019-09-12T02:30:00.000Z",
                **{"class": relic.code_class},
            )
            | {"state": "surveyed"},
            relic.point,
        )  # fmt: skip
        _extents(register, land, uuid, code, number)
        _points(register, land, uuid, code, number, srid)


def _extents(register: Register, land: Land, uuid: str, code: str, number: int) -> None:
    relic = land.relics[number - 1]
    zones = [("body", relic.extent)]
    if relic.level != "4":
        zones += [("protection", relic.extent.buffer(12, quad_segs=6)),
                  ("control", relic.extent.buffer(28, quad_segs=6))]  # fmt: skip
    for kind, zone in zones:
        announced = kind != "body"
        register.add(
            "relic_extent", f"{code}-{kind}",
            register.surveyed(
                relic.village.code, "2019-09-12", relic_uuid=uuid, kind=kind,
                announced_by="青政发〔2012〕7号" if announced else None,
                announced_on="2012-05-18" if announced else None, measured_how="imported",
            )
            | {"state": "surveyed"},
            _rounded(zone),
        )  # fmt: skip


def _points(register: Register, land: Land, uuid: str, code: str, number: int, srid: int) -> None:
    relic = land.relics[number - 1]
    ring = shapely.get_coordinates(relic.extent.exterior)[:-1]
    spots = [("centre", relic.point, "中心点")]
    spots += [("boundary", shapely.Point(ring[i]), f"边界点{i + 1}") for i in (0, 2, 4, 6)]
    for index, (kind, point, note) in enumerate(spots, 1):
        longitude, latitude = gauss_kruger.inverse(point.x, point.y, srid)
        register.add(
            "relic_point", f"{code}-{index}",
            register.surveyed(
                relic.village.code, "2019-09-12", relic_uuid=uuid, number=str(index), kind=kind,
                longitude_dms=_dms(float(longitude)), latitude_dms=_dms(float(latitude)),
                height_ellipsoid_m=round(
                    float(land.terrain.at(land.terrain.height_m, point.x, point.y)) - 18.5, 2
                ),
                note=note, measured_how="gnss_average", fix_type="differential",
                horizontal_accuracy_m=0.8, satellites=12, epochs=20,
                measured_at="2019-09-12T02:40:00.000Z",
            )
            | {"state": "surveyed"},
            _rounded(point),
        )  # fmt: skip


def _dms(degrees: float) -> str:
    """Degrees, minutes, seconds to 4 decimals, as relic forms write them."""
    total = round(degrees * 3600, 4)
    whole, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{int(whole)}°{int(minutes):02d}′{seconds:07.4f}″"
