"""The line of a track out of the positions that were recorded."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from xiangtu.geo import gauss_kruger
from xiangtu.gnss.nmea_file import NmeaFile
from xiangtu.gnss.quality import position_problem
from xiangtu.gnss.track_line import DROPOUT_S, TOLERANCE_M, line_of

SRID = 4548
X0, Y0 = 454_000.0, 3_919_000.0


def course(
    places: list[tuple[float, float]],
    seconds: list[float] | None = None,
    accuracy_m: list[float] | float = 0.02,
    part: list[str] | None = None,
) -> dict[str, Any]:
    """Positions some metres from a corner of the county, one a second."""
    x, y = np.array(places, float).reshape(-1, 2).T
    longitude, latitude = gauss_kruger.inverse(X0 + x, Y0 + y, SRID)
    return {
        "longitude_deg": np.asarray(longitude),
        "latitude_deg": np.asarray(latitude),
        "time_s": np.arange(len(x), dtype=float) if seconds is None else np.array(seconds, float),
        "horizontal_accuracy_m": np.full(len(x), accuracy_m, float)
        if isinstance(accuracy_m, float)
        else np.array(accuracy_m, float),
        "part": np.array(part or ["a"] * len(x), dtype=object),
        "srid": SRID,
    }


def along(*corners: tuple[float, float]) -> list[tuple[float, float]]:
    line = shapely.LineString(corners)
    return [tuple(line.interpolate(at).coords[0]) for at in np.arange(0, line.length + 1, 1.0)]


def test_a_way_round_corners_keeps_its_corners_and_its_length():
    line = line_of(**course(along((0, 0), (200, 0), (200, 100))))
    assert line is not None and line.geom_type == "MultiLineString"
    assert abs(line.length - 300) < 2
    assert len(shapely.get_coordinates(line)) <= 5


def test_standing_still_draws_no_star():
    noise = random.Random(1)
    still = [(100 + noise.gauss(0, 2.0), noise.gauss(0, 2.0)) for _ in range(3000)]
    places = along((0, 0), (100, 0)) + still + along((100, 0), (200, 0))
    line = line_of(**course(places, accuracy_m=3.0))
    assert line is not None
    assert line.length < 260
    raw = shapely.LineString(places)
    assert raw.length > 5000


def test_a_dropout_a_jump_and_a_new_beginning_part_the_line():
    places = along((0, 0), (30, 0)) + along((60, 0), (90, 0))
    seconds = [*range(31), *(31 + DROPOUT_S + n for n in range(31))]
    line = line_of(**course(places, seconds))
    assert line is not None and len(line.geoms) == 2
    assert abs(line.length - 60) < 2
    # Without it the way between is straight.
    line = line_of(**course(places))
    assert line is not None and len(line.geoms) == 1
    line = line_of(**course(places, part=["a"] * 31 + ["b"] * 31))
    assert line is not None and len(line.geoms) == 2
    # One fix three kilometres off is no part of the way.
    wild = [*places[:15], (3000.0, 0.0), *places[15:]]
    line = line_of(**course(wild))
    assert line is not None and line.bounds[2] < X0 + 100


def test_a_clock_that_jumps_back_parts_nothing():
    places = along((0, 0), (60, 0))
    seconds = [*range(30), *(n - 86_400 for n in range(30, 61))]
    line = line_of(**course(places, seconds))
    assert line is not None and len(line.geoms) == 1
    line = line_of(**course(places, [float("nan")] * 61))
    assert line is not None and len(line.geoms) == 1


def test_what_is_no_position_is_left_out():
    found = course(along((0, 0), (30, 0)))
    for at, (longitude, latitude) in enumerate([(0, 0), (116.5, 91), (np.nan, np.nan)], 5):
        found["longitude_deg"][at], found["latitude_deg"][at] = longitude, latitude
    line = line_of(**found)
    assert line is not None and len(line.geoms) == 1 and abs(line.length - 30) < 1
    assert line_of(**course([])) is None
    assert line_of(**course([(1, 1)])) is None
    assert line_of(**course([(1, 1), (1.1, 1)])) is None


@given(
    st.lists(st.tuples(st.floats(-8, 8), st.floats(-8, 8)), min_size=2, max_size=60),
    st.sampled_from([0.02, 0.3, 3.0]),
)
@settings(deadline=None)
def test_the_line_keeps_within_its_tolerance_of_every_position(steps, accuracy_m):
    places = np.cumsum(steps, axis=0)
    line = line_of(**course([tuple(each) for each in places], accuracy_m=accuracy_m))
    if line is None:
        away = np.hypot(*(places - places[0]).T)
    else:
        assert len(line.geoms) == 1
        away = shapely.distance(shapely.points(places + np.array([X0, Y0])), line)
    near = away <= TOLERANCE_M + 3 * accuracy_m + 0.01
    # One alone, between two that are near, is noise.
    assert near[-1] and (near[:-1] | near[1:]).all()


@pytest.mark.parametrize("name", ["quectel-eg25-g", "nmea-rtk", "ublox-zed-f9r"])
def test_the_line_of_a_real_log_is_no_longer_than_the_way_and_near_it(shared_data: Path, name: str):
    fixes = [
        fix
        for fix in NmeaFile(shared_data / "nmea" / "gpsd" / f"{name}.log")
        if position_problem(fix.longitude_deg, fix.latitude_deg) is None and fix.time
    ]
    assert len(fixes) > 20
    # Turned around the Earth's axis to the county, which changes no distance.
    turn_deg = 117 - fixes[0].longitude_deg
    found = {
        "longitude_deg": np.array([fix.longitude_deg + turn_deg for fix in fixes]),
        "latitude_deg": np.array([fix.latitude_deg for fix in fixes]),
        "time_s": np.array([fix.time.timestamp() for fix in fixes if fix.time]),
        "horizontal_accuracy_m": np.array(
            [fix.horizontal_accuracy_m or np.nan for fix in fixes], float
        ),
        "part": np.array(["a"] * len(fixes), dtype=object),
    }
    places = np.column_stack(
        gauss_kruger.forward(found["longitude_deg"], found["latitude_deg"], SRID)
    )
    way_m = np.hypot(*np.diff(places, axis=0).T).sum()
    line = line_of(**found, srid=SRID)
    if line is None:
        assert np.hypot(*(places - places[0]).T).max() < 30  # it stood
        return
    assert 0 < line.length <= way_m + 0.01
    vertices = shapely.points(shapely.get_coordinates(line))
    assert shapely.distance(vertices, shapely.MultiPoint(places)).max() < 0.002


def test_a_track_of_a_ten_hour_day_has_a_line_of_what_matters():
    """Ten hours at 10 Hz, an hour of them standing: some thousand corners, not 360,000."""
    noise = np.random.default_rng(1)
    moving = np.ones(360_000)
    moving[100_000:136_000] = 0
    heading = np.cumsum(noise.normal(0, 0.01, 360_000))
    places = np.cumsum(
        np.column_stack([np.cos(heading), np.sin(heading)]) * (0.1 * moving)[:, None], axis=0
    )
    places += noise.normal(0, 0.01, places.shape)
    found = course([tuple(each) for each in places])
    found["time_s"] /= 10
    line = line_of(**found)
    assert line is not None and len(line.geoms) == 1
    assert abs(line.length - 32_400) < 800
    assert len(shapely.get_coordinates(line)) < 20_000
