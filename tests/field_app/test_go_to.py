"""Going to what is stored in the survey."""

from __future__ import annotations

import pytest
from shapely import Point
from small_village import SRID, VILLAGE, X0, Y0, World, fix_at, nowhere, square
from xiangtu.errors import BadInput
from xiangtu.geo import gauss_kruger
from xiangtu.gnss.stakeout import StakeoutSettings

from field_app.controllers.go_to import GoTo
from field_app.controllers.start import Fieldwork


@pytest.fixture
def parcel(world: World) -> str:
    """50 m square, its corner 100, 100 m from the county's."""
    return world.parcels["west"]


def relative(place) -> tuple[float, float]:
    return round(place.easting_m - X0, 3), round(place.northing_m - Y0, 3)


def test_the_corners_of_an_outline_each_once_and_in_its_order(work: Fieldwork, parcel: str) -> None:
    going = GoTo(work.survey, "farmland", parcel)
    outline = work.survey.get("farmland", parcel)["geometry"]  # type: ignore[index]
    ring = [(x - X0, y - Y0) for x, y in outline.geoms[0].exterior.coords]
    assert [relative(each) for each in going.places] == [
        pytest.approx(each, abs=1e-3) for each in ring[:-1]
    ]
    assert [each.name for each in going.places] == ["1", "2", "3", "4"]
    first = going.places[0]
    x, y = gauss_kruger.forward(first.longitude_deg, first.latitude_deg, SRID)
    assert (float(x), float(y)) == pytest.approx((first.easting_m, first.northing_m), abs=1e-4)


def test_one_goes_from_corner_to_corner_and_round(work: Fieldwork, parcel: str) -> None:
    going = GoTo(work.survey, "farmland", parcel)
    x, y = relative(going.place)
    found = going.update(fix_at(x - 3, y - 40, speed_mps=1.0, track_deg=0.0))
    assert found is not None
    assert (found.east_m, found.north_m) == pytest.approx((3, 40), abs=1e-3)
    assert found.turn == "straight"
    names = [going.next().name for _ in range(4)]
    assert names == ["2", "3", "4", "1"]
    assert going.choose(3) == going.places[2] == going.place
    x, y = relative(going.places[3])
    assert going.nearest(fix_at(x + 2, y - 1)).name == "4" and going.number == 4
    for number in (0, 5):
        with pytest.raises(BadInput, match=r"field\.go_to\.no_place"):
            going.choose(number)
    assert going.number == 4
    with pytest.raises(BadInput, match=r"gnss\.walk\.no_position"):
        going.nearest(nowhere(0))


def test_the_arrival_radius_is_that_of_the_settings(work: Fieldwork, parcel: str) -> None:
    x, y = relative(GoTo(work.survey, "farmland", parcel).place)
    for arrival_m, reached in ((0.1, "near"), (1.0, "arrived")):
        going = GoTo(work.survey, "farmland", parcel, StakeoutSettings(arrival_m=arrival_m))
        found = going.update(fix_at(x + 0.5, y))
        assert found is not None and found.reached == reached


def test_along_a_side_one_goes_to_its_nearest_place(work: Fieldwork, parcel: str) -> None:
    going = GoTo(work.survey, "farmland", parcel)
    inside = fix_at(110, 125)
    going.along()
    found = going.update(inside)
    assert found is not None
    assert (found.east_m, found.north_m) == pytest.approx((-10, 0), abs=1e-3)
    ways = set()
    for number in range(1, 5):
        going.along(number)
        found = going.update(inside)
        assert found is not None
        ways.add((round(found.east_m), round(found.north_m)))
    assert ways == {(-10, 0), (40, 0), (0, 25), (0, -25)}
    with pytest.raises(BadInput, match=r"field\.go_to\.no_side"):
        going.along(5)


def test_boundary_points_give_their_numbers_and_stand_in_the_list_once(
    work: Fieldwork, parcel: str
) -> None:
    def mark(number: str, x: float, y: float, **more: str) -> str:
        values = {"number": number, "kind": "1", "mark": "1", "farmland_uuid": parcel}
        values |= {"village": VILLAGE} | more
        return work.survey.insert("boundary_point", values, Point(X0 + x, Y0 + y))

    at_corner, elsewhere = mark("J7", 100.004, 100.003), mark("J8", 120, 90)
    mark("J9", 130, 90, ended_on="2025-01-01")
    going = GoTo(work.survey, "farmland", parcel)
    marks = {each.name: each for each in going.places if each.kind == "boundary_point"}
    assert set(marks) == {"J7", "J8"} and len(going.places) == 5
    assert (marks["J7"].record, marks["J8"].record) == (at_corner, elsewhere)
    assert relative(marks["J7"]) == (100, 100)  # the outline's corner is what is gone to
    assert going.places[4].name == "J8"
    # A boundary point is a record that one can go to as well.
    (own,) = GoTo(work.survey, "boundary_point", elsewhere).places
    assert (own.kind, relative(own)) == ("point", (120, 90))
    with pytest.raises(BadInput, match=r"field\.go_to\.no_side"):
        GoTo(work.survey, "boundary_point", elsewhere).along()


def test_holes_parts_and_lines_have_corners_too(work: Fieldwork, parcel: str) -> None:
    with_hole = square(300, 300, 40).difference(square(310, 310, 10)).union(square(400, 300, 5))
    work.survey.update("farmland", parcel, {}, with_hole)
    places = GoTo(work.survey, "farmland", parcel).places
    assert len(places) == len({relative(each) for each in places}) == 12
    line = work.survey.insert(
        "route", {"village": VILLAGE, "kind": "110"}, square(0, 0, 9).exterior
    )
    assert len(GoTo(work.survey, "route", line).places) == 4


def test_a_record_without_a_place_or_none_at_all_is_named(work: Fieldwork, world: World) -> None:
    with pytest.raises(BadInput, match=r"field\.go_to\.nowhere"):
        GoTo(work.survey, "household", world.household)
    with pytest.raises(BadInput, match=r"record\.missing"):
        GoTo(work.survey, "farmland", world.household)
