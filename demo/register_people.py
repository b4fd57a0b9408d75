"""Issuing parties, households with members, homesteads and houses as rows of the register."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from .land import Land
from .people import Person, Registry
from .register import Register
from .settlements import Lot
from .villages import Village

GROUPS = ("01", "02")
_GROUP_NAMES = {"01": "第一村民小组", "02": "第二村民小组"}


@dataclass(frozen=True)
class Holder:
    """A household that holds land and a homestead."""

    uuid: str
    code: str
    village: Village
    group: str
    members: tuple[Person, ...]
    lot: Lot

    @property
    def head(self) -> Person:
        return self.members[0]


def add_issuing_parties(register: Register, land: Land, seed: int) -> dict[str, str]:
    """One for each village group; code → uuid."""
    registry = Registry(seed + 11)
    made = {}
    for village in land.villages:
        for group in GROUPS:
            head = registry.household()[0]
            code = village.code + group
            made[code] = register.add(
                "issuing_party", code,
                register.surveyed(
                    village.code, "2019-04-02", code=code,
                    name=f"{village.town_name}{village.name}{_GROUP_NAMES[group]}",
                    address=f"{village.town_name}{village.name}", postcode="990100",
                    head_name=head.name, id_kind="1", id_number=head.citizen_id,
                    surveyed_on="2019-04-02", surveyed_by="确权普查组",
                ),
            )  # fmt: skip
    return made


def add_households(
    register: Register, land: Land, parties: dict[str, str], seed: int
) -> list[Holder]:
    """A household for each homestead, with members; codes count up in each group."""
    registry = Registry(seed)
    random = np.random.default_rng([seed, 7])
    counts: Counter[str] = Counter()
    holders = []
    for lot in land.settlements.lots:
        village = lot.village
        group = GROUPS[int(lot.outline.centroid.x > village.centre.x)]
        party = village.code + group
        counts[party] += 1
        code = f"{party}{counts[party]:04d}"
        members = registry.household()
        head = members[0]
        uuid = register.add(
            "household", code,
            register.surveyed(
                village.code, "2019-05-10", code=code, kind="1", head_name=head.name, id_kind="1",
                id_number=head.citizen_id, telephone=f"199{random.integers(10**7, 10**8)}",
                address=f"{village.town_name}{village.name}{_GROUP_NAMES[group]}{counts[party]}号",
                postcode="990100", issuing_party_uuid=parties[party], member_count=len(members),
                monitoring="illness" if random.random() < 0.03 else "none",
                surveyed_on="2019-05-10", surveyed_by="确权普查组",
            ),
        )  # fmt: skip
        for index, person in enumerate(members):
            kinship = person.kinship
            if kinship == "10":
                kinship = "12" if person.sex == "2" else "11"
            register.add(
                "member", f"{code}-{index}",
                register.surveyed(
                    village.code, "2019-05-10", household_uuid=uuid, name=person.name,
                    sex=person.sex, kinship=kinship, id_kind="1", id_number=person.citizen_id,
                    born_on=person.born.isoformat(), shares_right="1", collective_member=1,
                ),
            )  # fmt: skip
        holders.append(Holder(uuid, code, village, group, tuple(members), lot))
    return holders


def add_homesteads(register: Register, holders: list[Holder], seed: int) -> None:
    """The homestead of each household, with its houses."""
    random = np.random.default_rng([seed, 8])
    counts: Counter[str] = Counter()
    for holder in holders:
        village, lot = holder.village, holder.lot
        counts[village.code] += 1
        code = f"{village.code}JC{counts[village.code]:05d}"
        area = lot.outline.area
        over = random.random() < 0.06
        approved = round(area * (random.uniform(0.78, 0.9) if over else random.uniform(1, 1.12)))
        certified = random.random() < 0.8 and not over
        use = str(random.choice(["1", "1", "1", "1", "1", "1", "2", "2", "3"]))
        built = int(random.integers(1983, 2019))
        uuid = register.add(
            "homestead", code,
            register.surveyed(
                village.code, "2019-06-18", code=code, household_uuid=holder.uuid,
                number=f"{counts[village.code]:04d}",
                address=f"{village.town_name}{village.name}", use=use,
                vacant_since="2018-02-01" if use in ("2", "3") else None,
                approved_area_m2=float(approved), obtained="1", obtained_on=f"{built - 1}-09-01",
                over_limit="1" if over else "2",
                over_limit_area_m2=round(area - approved, 2) if over else None,
                several_homesteads=0, certified="1" if certified else "2",
                certificate_number=f"青石（2019）不动产权第{len(counts)}{counts[village.code]:05d}号"
                if certified else None,
                certificate_area_m2=round(area, 2) if certified else None,
                certificate_by="青石县自然资源局" if certified else None,
                uncertified_reason=None if certified else ("4" if over else "9"),
                neighbour_east="道路", neighbour_south="道路", neighbour_west="邻户",
                neighbour_north="邻户", data_source="1", **register.measured("gnss_point"),
            ),
            lot.outline,
        )  # fmt: skip
        for number, outline in enumerate(lot.houses, 1):
            unit = f"{code}F{number:04d}0001"
            dwelling = number == 1
            storeys = int(random.integers(1, 4)) if dwelling else 1
            register.add(
                "house", unit,
                register.surveyed(
                    village.code, "2019-06-18", homestead_uuid=uuid, code=unit,
                    real_estate_unit=unit, building_number=f"{number:04d}", storeys=storeys,
                    structure=str(random.choice(["4", "4", "4", "5", "3"])) if dwelling else "5",
                    use="1" if dwelling else "2", kind="1", nature="1",
                    built_year=built if dwelling else built + 1, danger_grade="A",
                    floor_area_m2=round(outline.area * storeys, 2),
                    **register.measured("gnss_point"),
                ),
                outline,
            )  # fmt: skip
