"""What the plans of parcels say."""

from __future__ import annotations

from pathlib import Path

import pytest
from county import VILLAGE, County, known, make_county, outline, point
from xiangtu.errors import BadInput, Cancelled
from xiangtu.report.parcel_plans import parcel_plans


@pytest.fixture
def county(tmp_path: Path) -> County:
    return make_county(tmp_path / "county", "")


def test_every_record_that_is_there_has_a_plan(county: County) -> None:
    with county.open() as file:
        plans = {each.record: each for each in parcel_plans(file, "homestead")}
        (number,) = file.connection.execute("SELECT count(*) FROM homestead").fetchone()
        assert len(plans) == number > 1
        ended = known("homestead", 0)
        file.update("homestead", ended, {"ended_on": "2025-01-01"})
        assert ended not in {each.record for each in parcel_plans(file, "homestead")}
    plan = plans[known("homestead", 1)]
    assert [each.name for each in plan.corners] == ["J1", "J2", "J3", "J4"]
    assert plan.sheet_number.startswith("I49I")


def test_surveyed_boundary_points_give_their_numbers(county: County) -> None:
    record = known("homestead", 0)
    with county.open() as file:
        first = parcel_plans(file, "homestead", records=[record])[0].corners[0]
        file.insert(
            "boundary_point",
            {"number": "J41", "homestead_uuid": record, "village": VILLAGE},
            point(first.easting_m - 500_000, first.northing_m - 3_900_000 + 0.03),
        )
        (plan,) = parcel_plans(file, "homestead", records=[record])
    assert [each.name for each in plan.corners] == ["J41", "J1", "J2", "J3"]


def test_only_the_villages_asked_for(county: County) -> None:
    other = "990101100202"
    with county.open() as file:
        stranger = file.insert("farmland", {"name": "x", "village": other}, outline(900, 900))
        (plan,) = parcel_plans(file, "farmland", villages=[other])
        assert plan.record == stranger
        assert stranger not in {
            each.record for each in parcel_plans(file, "farmland", villages=[VILLAGE])
        }


def test_it_can_be_cancelled(county: County) -> None:
    with county.open() as file, pytest.raises(Cancelled):
        parcel_plans(file, "farmland", progress=lambda *_: False)


def test_more_than_anyone_can_use_is_refused_with_the_number(county: County) -> None:
    with county.open() as file:
        count = len(parcel_plans(file, "farmland"))
        assert len(parcel_plans(file, "farmland", most=count)) == count
        with pytest.raises(BadInput) as refused:
            parcel_plans(file, "farmland", most=count - 1)
    assert (refused.value.code, refused.value.facts["count"]) == ("plan.too_many", count)
