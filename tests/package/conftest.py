"""Fixtures: a county with a key, two villages and a tablet."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from field_work import COUNTY, SRID, VILLAGES, County, Field, field_from, square
from xiangtu import catalogue, store
from xiangtu.package import assignment, tablet
from xiangtu.sealing import keys


@pytest.fixture
def county(tmp_path: Path, county_template: County) -> County:
    """A copy of its own of `county_template`."""
    folder = tmp_path / "county"
    shutil.copytree(county_template.path.parent, folder)
    return County(folder / "county.sqlite", county_template.identity, county_template.uuids)


@pytest.fixture(scope="session")
def county_template(tmp_path_factory: pytest.TempPathFactory) -> County:
    """Two villages side by side; in the first two parcels, a household with members and a
    homestead with a house; in the second one parcel."""
    path = tmp_path_factory.mktemp("county") / "county.sqlite"
    recipient = keys.make_county_key(path)
    made = County(path, keys.county_identity(path))
    with store.create(
        path, catalogue.load(), SRID, role="county", county=COUNTY, name="青石县",
        recipient=recipient,
    ) as file:  # fmt: skip
        file.sign_in(author="county")
        add = made.uuids
        for place, code in enumerate(VILLAGES):
            add[f"village{place}"] = file.insert(
                "village", {"code": code, "name": f"村{place}"}, square(place * 1000, 0, 1000)
            )
        add["party"] = file.insert(
            "issuing_party", {"code": VILLAGES[0] + "01", "name": "一组", "village": VILLAGES[0]}
        )
        add["household"] = file.insert(
            "household",
            {
                "code": VILLAGES[0] + "010007",
                "head_name": "张三",
                "village": VILLAGES[0],
                "issuing_party_uuid": add["party"],
                "id_number": "990101199001010019",
            },
        )
        add["member"] = file.insert("member", {"name": "李四", "household_uuid": add["household"]})
        for place in range(3):
            village = VILLAGES[place // 2]
            add[f"parcel{place}"] = file.insert(
                "farmland",
                {
                    "code": f"{village}01{place + 1:05d}",
                    "name": f"地块{place}",
                    "village": village,
                    "kind": "10",
                },
                square(place * 500, 0),
            )
        add["right"] = file.insert(
            "land_right", {"farmland_uuid": add["parcel2"], "household_uuid": add["household"]}
        )
        add["homestead"] = file.insert(
            "homestead",
            {"village": VILLAGES[0], "household_uuid": add["household"]},
            square(0, 500, 20),
        )
        add["house"] = file.insert(
            "house", {"homestead_uuid": add["homestead"]}, square(2, 502, 10)
        )
    return made


@pytest.fixture
def started(tmp_path: Path) -> tablet.Tablet:
    return tablet.start(tmp_path / "tablet", name="测试平板")


@pytest.fixture(scope="session")
def field_template(
    county_template: County, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, County]:
    """A folder with a county, a tablet, and the tablet's first assignment taken in."""
    folder = tmp_path_factory.mktemp("field")
    shutil.copytree(county_template.path.parent, folder / "county")
    county = replace(county_template, path=folder / "county" / "county.sqlite")
    started = tablet.start(folder / "tablet", name="测试平板")
    county.enrol(started)
    county.assign(folder / "assignment1.xta", started.device_id)
    assignment.adopt(started.folder, folder / "assignment1.xta")
    return folder, county


@pytest.fixture
def field_(field_template: tuple[Path, County], tmp_path: Path) -> Field:
    return field_from(field_template, tmp_path)
