"""A small county whose figures one can add up by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from xiangtu import catalogue, store
from xiangtu.sealing import keys

VILLAGES = {
    "990101101201": ("上坪村", "青石镇"),
    "990101101202": ("下坪村", "青石镇"),
    "990101102201": ("河口村", "河口镇"),
}
#: Village → sides in metres of its square parcels, with land use and planting.
PARCELS = {
    "990101101201": [(10.0, "0101", "LS"), (20.0, "0103", "LS"), (33.33, "0103", "FLS")],
    "990101101202": [(57.7, "0101", "LS"), (12.34, "0201", None)],
    "990101102201": [(100.0, "0103", None)],
}
ID_NUMBER = "990101199001010019"


@pytest.fixture(scope="session")
def county_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three villages in two towns; parcels, homesteads, a house, a road, relics, a household."""
    path = tmp_path_factory.mktemp("county") / "county.sqlite"
    with store.create(
        path,
        catalogue.load(),
        4548,
        role="county",
        county="990101",
        name="青石县",
        recipient=keys.make_county_key(path),
    ) as file:
        file.sign_in(author="王调查")
        fill(file)
    return path


def fill(file: store.SurveyFile) -> None:
    for number, (code, (name, town)) in enumerate(VILLAGES.items()):
        west, south = 450_000.0 + 1000 * number, 3_900_000.0
        file.insert(
            "village",
            {"code": code, "village": code, "name": name, "township_name": town},
            geometry=shapely.box(west, south, west + 1000, south + 1000),
        )
        for at, (side, land_use, planting) in enumerate(PARCELS[code]):
            x, y = west + 150 * at, south + 10
            file.insert(
                "farmland",
                {
                    "code": f"{code}01{at + 1:05d}",
                    "village": code,
                    "name": f"地块{at + 1}",
                    "land_use": land_use,
                    "planting": planting,
                    "delegate_name": "李指界",
                },
                geometry=shapely.box(x, y, x + side, y + side),
            )
        file.insert(
            "relic",
            {
                "code": f"990101-{number + 1:04d}",
                "village": code,
                "name": f"<b>古桥{number}</b>",
                "class": "0313",
                "level": "undesignated" if number else None,
                "owner": "赵所有",
            },
            geometry=shapely.Point(west + 500, south + 500),
        )
    file.insert(
        "route",
        {"village": "990101101201", "name": "村道", "kind": "village_road"},
        geometry=shapely.LineString([(450_000, 3_900_000), (450_030, 3_900_040)]),
    )
    household = file.insert(
        "household",
        {
            "code": "990101101201010001",
            "village": "990101101201",
            "head_name": "张三",
            "id_number": ID_NUMBER,
        },
    )
    file.insert(
        "homestead",
        {"village": "990101101201", "household_uuid": household, "use": "1"},
        geometry=shapely.box(450_700, 3_900_700, 450_712, 3_900_710),
    )
    gone = file.insert(
        "farmland",
        {"code": "old", "village": "990101101201", "name": "旧地", "land_use": "0101"},
        geometry=shapely.box(450_800, 3_900_800, 450_900, 3_900_900),
    )
    file.update("farmland", gone, {"ended_on": "2024-01-01"})
    file.insert(
        "farmland",
        {"name": "飞地", "land_use": "0101"},
        geometry=shapely.box(460_000, 3_900_000, 460_010, 3_900_010),
    )


@pytest.fixture
def county(county_file: Path, tmp_path: Path) -> Iterator[store.SurveyFile]:
    """A copy of that county, open."""
    path = Path(shutil.copy(county_file, tmp_path))
    with store.open(path) as file:
        file.sign_in(author="王调查")
        yield file
