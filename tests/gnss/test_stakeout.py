"""Going to a place: distances and directions, turns, and when one is there."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point
from xiangtu import words
from xiangtu.errors import BadInput
from xiangtu.geo import gauss_kruger
from xiangtu.gnss import stakeout
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.nmea_file import NmeaFile
from xiangtu.gnss.stakeout import Stakeout, StakeoutSettings, Target

SRID = 4548
E0, N0 = 454_000.0, 3_919_000.0
START = datetime(2025, 6, 5, 1, 0, tzinfo=UTC)
HERE = Target(Point(E0, N0), SRID)


def fix_at(east_m: float, north_m: float, second: float = 0, **other) -> Fix:
    longitude, latitude = gauss_kruger.inverse(E0 + east_m, N0 + north_m, SRID)
    values = {"fix_type": "rtk_fixed", "horizontal_accuracy_m": 0.02} | other
    return Fix(START + timedelta(seconds=second), float(longitude), float(latitude), **values)


def walking(east_m: float, north_m: float, track_deg: float | None, **other) -> Fix:
    return fix_at(east_m, north_m, speed_mps=1.2, track_deg=track_deg, **other)


@settings(max_examples=200, deadline=None)
@given(st.floats(115.6, 118.4), st.floats(20, 50), st.floats(0, 360), st.floats(10, 50_000))
def test_distance_and_bearing_are_those_of_the_ellipsoid(
    longitude: float, latitude: float, bearing: float, distance: float
) -> None:
    pyproj = pytest.importorskip("pyproj")
    geod = pyproj.Geod(a=6378137.0, rf=298.257222101)
    there = geod.fwd(longitude, latitude, bearing, distance)[:2]
    fix = Fix(START, longitude, latitude)
    in_degrees = Stakeout(Target(Point(there))).update(fix)
    assert in_degrees is not None
    assert in_degrees.distance_m == pytest.approx(distance, abs=1e-3)
    off_deg = abs((in_degrees.bearing_deg - bearing + 180) % 360 - 180)
    assert math.radians(off_deg) * distance < 1e-3
    assert in_degrees.grid_bearing_deg is None
    # The same place by its grid coordinates: the same way there, and their difference to go.
    x, y = map(float, gauss_kruger.forward(*there, SRID))
    by_grid = Stakeout(Target(Point(x, y), SRID)).update(fix)
    assert by_grid is not None and by_grid.grid_bearing_deg is not None
    assert by_grid.distance_m == pytest.approx(distance, abs=1e-3)
    own_x, own_y = map(float, gauss_kruger.forward(longitude, latitude, SRID))
    assert (by_grid.east_m, by_grid.north_m) == pytest.approx((x - own_x, y - own_y), abs=1e-6)
    # Between the two norths lies the convergence, a degree and a half at the most in this zone
    # (and the arc of the geodesic in the plane).
    between = (by_grid.bearing_deg - by_grid.grid_bearing_deg + 180) % 360 - 180
    convergence = math.degrees(
        math.atan(math.tan(math.radians(longitude - 117)) * math.sin(math.radians(latitude)))
    )
    assert between == pytest.approx(convergence, abs=0.02)


def test_the_way_to_an_edge_is_to_its_nearest_place() -> None:
    edge = Stakeout(Target(LineString([(E0, N0), (E0 + 100, N0)]), SRID))
    beside = edge.update(fix_at(40, -30))
    assert beside is not None
    assert (beside.east_m, beside.north_m) == pytest.approx((0, 30), abs=1e-3)
    beyond = edge.update(fix_at(130, 40))
    assert beyond is not None
    assert beyond.distance_m == pytest.approx(50, abs=0.05)


@pytest.mark.parametrize(
    ("track_deg", "turn"),
    [
        (0, "straight"), (350, "straight"), (330, "slightly_right"), (30, "slightly_left"),
        (270, "right"), (90, "left"), (180, "behind"), (200, "behind"), (None, None),
    ],
)  # fmt: skip
def test_which_way_to_turn(track_deg: float | None, turn: str | None) -> None:
    found = Stakeout(HERE).update(walking(0, -100, track_deg))
    assert found is not None
    assert found.turn == turn
    if track_deg is not None:
        assert found.turn_deg is not None and abs(found.turn_deg) <= 180


def test_standing_the_track_says_nothing_and_a_compass_does() -> None:
    going = Stakeout(HERE)
    stands = fix_at(0, -100, speed_mps=0.05, track_deg=213.0)
    still = going.update(stands)
    assert still is not None
    assert (still.turn, still.heading_deg) == (None, None)
    by_compass = going.update(stands, compass_deg=-90)
    assert by_compass is not None
    assert (by_compass.turn, by_compass.heading_from) == ("right", "compass")
    # Walking, the way one goes is more than where the tablet points.
    walks = going.update(walking(0, -99, 0), compass_deg=90)
    assert walks is not None and walks.heading_from == "track"
    slower = going.update(fix_at(0, -98, speed_mps=0.5, track_deg=0.0))
    assert slower is not None and slower.heading_from == "track"


def test_a_receiver_without_speed_gives_the_way_walked() -> None:
    going = Stakeout(HERE)
    found = [going.update(fix_at(0, -100 + n, n)) for n in range(8)]
    assert found[0] is not None and found[0].turn is None
    assert found[-1] is not None and found[-1].turn == "straight"
    stood = [going.update(fix_at(0, -93, 8 + n)) for n in range(10)]
    assert stood[-1] is not None and stood[-1].turn is None
    # The scatter of a poor receiver at rest is no walk, nor is its slow drift.
    noise = np.random.default_rng(4).normal(0, 1.0, (300, 2))
    resting = Stakeout(HERE)
    poor = {"fix_type": "single", "horizontal_accuracy_m": 3.0}
    for n, (x, y) in enumerate(noise):
        still = resting.update(fix_at(200 + x, y + 0.1 * n, n, **poor))
        assert still is not None and still.turn is None


def test_a_turn_at_the_boundary_of_two_words_does_not_flicker() -> None:
    going = Stakeout(HERE)
    said = [going.update(walking(0, -100, 15 + (-1) ** n * 3)) for n in range(20)]
    assert len({each.turn for each in said if each}) == 1
    clearly = going.update(walking(0, -100, 40))
    assert clearly is not None and clearly.turn == "slightly_left"


def test_arrived_means_that_the_receiver_is_that_good() -> None:
    good = Stakeout(HERE).update(fix_at(0.05, 0))
    assert good is not None and good.reached == "arrived"
    # Three metres of accuracy cannot tell a tenth.
    poor = Stakeout(HERE).update(fix_at(0.05, 0, horizontal_accuracy_m=3.0))
    assert poor is not None and poor.reached == "at_limit"
    unknown = Stakeout(HERE).update(fix_at(0.05, 0, horizontal_accuracy_m=None))
    assert unknown is not None and unknown.reached == "at_limit"
    wider = Stakeout(HERE, StakeoutSettings(arrival_m=5.0))
    enough = wider.update(fix_at(2, 0, horizontal_accuracy_m=3.0))
    assert enough is not None and enough.reached == "arrived"


def test_states_come_in_order_and_do_not_flicker() -> None:
    noise = np.random.default_rng(7)
    going = Stakeout(HERE)
    seen = []
    way = np.concatenate([np.linspace(30, 0, 60), np.zeros(60)])
    for n, away in enumerate(way):
        x, y = noise.normal(0, 0.015, 2)
        found = going.update(walking(x, y - away, 0, second=n))
        assert found is not None
        seen.append(found)
    changes = [seen[0].reached, *(b.reached for a, b in pairwise(seen) if a.reached != b.reached)]
    assert changes == ["far", "near", "arrived"]
    # Near, a step turns the direction about: metres are said instead of turns.
    assert all(each.turn is None for each in seen if each.reached != "far")
    # A wobble beyond the radius is no departure; a metre is.
    assert (back := going.update(fix_at(0.13, 0))) is not None and back.reached == "arrived"
    assert (gone := going.update(fix_at(1, 0))) is not None and gone.reached == "near"


def test_with_a_poor_receiver_the_last_metres_are_said_to_be_beyond_it() -> None:
    noise = np.random.default_rng(1)
    going = Stakeout(HERE)
    seen = []
    for away in [*np.linspace(40, 1, 40), *[1.0] * 60]:
        x, y = noise.normal(0, 0.3, 2)
        accuracy = 3.0 + noise.normal(0, 0.2)
        found = going.update(
            walking(x, y - away, 0, fix_type="single", horizontal_accuracy_m=accuracy)
        )
        assert found is not None
        seen.append(found.reached)
    changes = [seen[0], *(b for a, b in pairwise(seen) if a != b)]
    assert changes == ["far", "near", "at_limit"]


def test_no_position_gives_no_guidance_and_a_place_that_is_none_is_refused() -> None:
    going = Stakeout(HERE)
    assert going.update(replace(fix_at(0, 0), latitude_deg=91.0)) is None
    assert going.update(Fix(START, math.nan, math.nan, "none")) is None
    for shape, srid in (
        (Point(0, 0), None),
        (Point(116, 91), None),
        (Point(), SRID),
        (Point(39_454_000, 3_919_000), SRID),
        (LineString([(E0, math.inf), (E0, N0)]), SRID),
    ):
        with pytest.raises(BadInput, match=r"gnss\.stakeout\.target"):
            Target(shape, srid)
    with pytest.raises(BadInput, match=r"zone\.not_cgcs2000"):
        Target(Point(1, 1), 3857)


def test_from_the_other_side_of_the_earth_the_way_is_still_known(shared_data: Path) -> None:
    fixes = NmeaFile(shared_data / "nmea" / "gpsd" / "nmea-rtk.log")  # recorded in America
    pyproj = pytest.importorskip("pyproj")
    there = tuple(map(float, gauss_kruger.inverse(E0, N0, SRID)))
    going, checked = Stakeout(HERE), 0
    for fix in fixes:
        found = going.update(fix)
        if found is None:
            continue
        metres = pyproj.Geod(a=6378137.0, rf=298.257222101).inv(
            fix.longitude_deg, fix.latitude_deg, *there
        )[2]
        assert found.distance_m == pytest.approx(metres, abs=0.01)
        assert found.grid_bearing_deg is None
        checked += 1
    assert checked > 100


def test_what_is_said_is_the_turn_else_how_near_it_is() -> None:
    far = Stakeout(HERE).update(walking(0, -100, 0))
    assert far is not None and far.says == "gnss.turn.straight"
    for turn in get_args(stakeout.Turn):
        assert words.known(replace(far, turn=turn).says)
    for reached in get_args(stakeout.Reached):
        said = replace(far, turn=None, reached=reached).says
        assert said.endswith(reached) and words.known(said)
