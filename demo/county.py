"""The county file of the demonstration: made, and filled with what the old campaign left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xiangtu import catalogue, store
from xiangtu.geo import gauss_kruger, zones
from xiangtu.sealing import keys

from . import register_land, register_people, register_places
from .land import Land
from .register import NEW_CAMPAIGN, OLD_CAMPAIGN, Register, add_campaigns, fixed_uuid
from .register_land import Holding
from .register_people import Holder
from .register_pictures import add_pictures
from .villages import COUNTY, COUNTY_NAME

#: The longitude that picks the zone; the terrain's origin lies there.
LONGITUDE_DEG = 111.0
#: Layers in an order in which what is referred to comes first.
_ORDER = (
    *("campaign", "village", "issuing_party", "household", "member", "homestead", "house"),
    *("farmland", "land_right", "route", "facility", "works", "relic", "relic_extent"),
    *("relic_point", "place_name"),
)


@dataclass(frozen=True)
class Registered:
    """What the rest of the demonstration needs to know of the register."""

    path: Path
    srid: int
    holders: list[Holder]
    holdings: list[Holding]
    register: Register


def county_srid() -> int:
    """EPSG code of the county's zone without prefix."""
    return zones.zone_for_longitude(LONGITUDE_DEG).epsg


def make_county(path: Path, land: Land, seed: int, tell: Callable[[float], None]) -> Registered:
    """Make county.sqlite with its key beside it, and register the old campaign."""
    srid = county_srid()
    register = Register()
    add_campaigns(register)
    parties = register_people.add_issuing_parties(register, land, seed)
    holders = register_people.add_households(register, land, parties, seed)
    register_people.add_homesteads(register, holders, seed)
    holdings = register_land.add_farmland(register, land, holders, parties, seed)
    register_places.add_villages(register, land, holders)
    register_places.add_routes(register, land)
    register_places.add_facilities(register, land, seed)
    register_places.add_works(register, land, seed)
    register_places.add_place_names(register, land)
    register_places.add_relics(register, land, srid)
    tell(0.15)
    with store.create(
        path, catalogue.load(), srid, role="county", county=COUNTY, name=COUNTY_NAME
    ) as file:
        file.meta["recipient"] = keys.make_county_key(path)
        file.sign_in(author="2019 普查组", utc_offset_min=480)
        with file.atomic():
            for number, layer in enumerate(_ORDER, 1):
                rows = register.layers[layer]
                spatial = file.catalogue.layers[layer].geometry is not None
                file.insert_many(
                    layer, rows.values, rows.geometries if spatial else None, rows.uuids
                )
                tell(0.15 + 0.5 * number / len(_ORDER))
            add_pictures(file, register, land, seed, lambda part: tell(0.65 + 0.35 * part))
    return Registered(path, srid, holders, holdings, register)


def subdivide(registered: Registered, count: int) -> list[tuple[str, str, str]]:
    """The office splits some parcels before the new campaign; (parent, first, second) uuids.

    The parent ends, its two parts begin, and lineage says so.
    """
    made: list[tuple[str, str, str]] = []
    with store.open(registered.path) as file:
        file.sign_in(author="国土所 陈科", utc_offset_min=480)
        with file.atomic():
            for holding in registered.holdings[7 :: max(1, len(registered.holdings) // 60)]:
                parts = register_land.subdivided(holding)
                if len(made) == count:
                    break
                if parts is None or holding.holder is None:
                    continue
                values = _carried(file, "farmland", holding.uuid)
                file.update("farmland", holding.uuid, {"ended_on": "2024-10-15"})
                file_uuids = []
                for number, part in enumerate(parts, 1):
                    child = fixed_uuid("farmland", f"{holding.code}-{number}")
                    code = file.next_code("farmland", holding.code[:14])
                    area = round(part.outline.area, 2)
                    basic = {
                        key: area
                        for key in ("basic_farmland_patch_m2", "basic_farmland_m2")
                        if values.get(key)
                    }
                    file.insert(
                        "farmland",
                        {**values, **basic, "code": code, "began_on": "2024-10-15",
                         "campaign": registered.register.new_campaign},
                        part.outline, child,
                    )  # fmt: skip
                    file.descend("farmland", holding.uuid, child, "split")
                    _split_right(file, registered, holding, child, code, area, number)
                    file_uuids.append(child)
                made.append((holding.uuid, file_uuids[0], file_uuids[1]))
    return made


def _carried(file: store.SurveyFile, layer: str, uuid: str) -> dict[str, object]:
    """Own and measuring values of a record, to begin another with."""
    record = file.get(layer, uuid)
    assert record is not None
    known = file.catalogue.layers[layer]
    kept = [each for each in known.columns if each != "geometry"]
    return {name: record[name] for name in kept if record[name] is not None}


def _split_right(
    file: store.SurveyFile,
    registered: Registered,
    holding: Holding,
    child: str,
    code: str,
    area_m2: float,
    number: int,
) -> None:
    old = fixed_uuid("land_right", holding.code)
    values = _carried(file, "land_right", old)
    if number == 1:
        file.update("land_right", old, {"ended_on": "2024-10-15", "right_state": "ended"})
    values |= {
        "farmland_uuid": child,
        "right_state": "valid",
        "began_on": "2024-10-15",
        "contract_area_m2": area_m2,
        "contract_area_mu": register_land.mu(area_m2),
        "certificate_area_m2": area_m2,
        "campaign": registered.register.new_campaign,
    }
    values.pop("ended_on", None)
    file.insert("land_right", values, uuid=fixed_uuid("land_right", code))


def degrees(registered: Registered, x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a point in the county's CRS."""
    longitude, latitude = gauss_kruger.inverse(x, y, registered.srid)
    return float(longitude), float(latitude)


__all__ = [
    "NEW_CAMPAIGN", "OLD_CAMPAIGN", "Registered", "county_srid", "degrees", "make_county",
    "subdivide",
]  # fmt: skip
