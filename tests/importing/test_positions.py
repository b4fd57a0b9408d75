"""Points from the columns of a table."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from xiangtu.importing import positions
from xiangtu.importing.positions import PositionColumns
from xiangtu.importing.values import Misfit


@pytest.mark.parametrize(
    ("names", "east", "north"),
    [
        (("name", "経度", "緯度"), "経度", "緯度"),
        (("Latitude", "Longitude"), "Longitude", "Latitude"),
        (("XZBZ", "YZBZ"), "YZBZ", "XZBZ"),
        (("北坐标(m)", "东坐标"), "东坐标", "北坐标(m)"),
    ],
)
def test_columns_are_found_by_name(names: tuple[str, ...], east: str, north: str):
    assert positions.find_columns(names) == PositionColumns(east, north)


def test_x_is_north_where_its_values_are_northings():
    found = positions.find_columns(("X", "Y"))
    assert found is not None and found.unsure
    chinese = positions.settle(found, [3_919_085.4], [39_454_578.9])
    assert chinese == PositionColumns("Y", "X")
    foreign = positions.settle(found, [454_578.9], [3_919_085.4])
    assert foreign == PositionColumns("X", "Y")


def test_degrees_the_wrong_way_round_are_turned():
    found = positions.settle(PositionColumns("x", "y", unsure=True), [35.4], [116.5])
    assert found == PositionColumns("y", "x")


@pytest.mark.parametrize(
    ("east", "north", "crs"),
    [
        (116.5, 35.4, "EPSG:4490"),
        (39_454_578.957, 3_919_085.406, "EPSG:4527"),
        (20_454_578.957, 3_919_085.406, "EPSG:4498"),
        (454_578.957, 3_919_085.406, None),
    ],
)
def test_the_crs_that_the_values_give_away(east: float, north: float, crs: str | None):
    assert positions.likely_crs([east, "NA", None], [north, "NA", None]) == crs


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("116°30′00.0000″", 116.5),
        ("北纬35度24分0秒", 35.4),
        ("N35°24'36\"", 35.41),
        ("35 24 36 S", -35.41),
        ("35度24分36秒", 35.41),
    ],
)
def test_degrees_minutes_seconds(text: str, degrees: float):
    assert positions.coordinate(text) == pytest.approx(degrees, abs=1e-9)


def test_sixty_minutes_are_no_position():
    with pytest.raises(Misfit):
        positions.coordinate("116°60′00″")


def test_what_is_no_position_has_a_reason():
    shapes, reasons = positions.points(["1", "NA", None, "5"], ["2", "NA", "4", "6"])
    assert reasons == [None, "position_not_a_number", "position_missing", None]
    assert shapely.is_missing(shapes).tolist() == [False, True, True, False]
    assert np.array_equal(shapely.get_coordinates(shapes), [[1, 2], [5, 6]])
