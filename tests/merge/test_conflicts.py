"""Listing conflicts with what can be proposed for them, and taking a proposal."""

from __future__ import annotations

import pytest
import shapely
from county import SRID, VILLAGE, County, known, make_county, outline
from xiangtu.errors import BadInput
from xiangtu.geo import blobs
from xiangtu.merge import conflicts
from xiangtu.merge.conflicts import Which

#: Three parcels side by side, and a fourth that only meets the middle one in a corner.
WEST, MIDDLE, EAST, CORNER = (f"01900000-0000-7000-8000-00aa0000000{each}" for each in range(4))


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> County:
    county = make_county(tmp_path_factory.mktemp("begun"), "ab")
    with county.open() as file:
        for place, uuid in enumerate((WEST, MIDDLE, EAST)):
            values = {"village": VILLAGE, "name": f"田{place}"}
            file.insert("farmland", values, outline(place * 20, 300), uuid)
        file.insert("farmland", {"village": VILLAGE}, outline(40, 320), CORNER)
    for name in "ab":
        county.assign(name)
    return county


@pytest.fixture
def world(begun, tmp_path) -> County:
    return begun.cloned(tmp_path / "world")


def middle(corner: int | None = None, east_m: float = 0.0, north_m: float = 0.0):
    """The middle parcel, one of its corners (from the south-east one, against the clock) moved."""
    ring = [(40, 300), (40, 320), (20, 320), (20, 300)]
    if corner is not None:
        ring[corner] = (ring[corner][0] + east_m, ring[corner][1] + north_m)
    return shapely.multipolygons([shapely.Polygon([(500_000 + x, 3_900_000 + y) for x, y in ring])])


def reshape(world: County, name: str, shape, accuracy_m: float | None = None) -> None:
    with world.survey(name) as file:
        file.update("farmland", MIDDLE, {"horizontal_accuracy_m": accuracy_m}, shape)


def merged(world: County) -> None:
    for name in "ab":
        world.merge(world.pack(name))


def listed(world: County, **which) -> list[conflicts.Conflict]:
    with world.open() as file:
        return conflicts.list_conflicts(file, Which(**which))


def test_corners_moved_by_two_teams_are_proposed_as_one_outline(world):
    reshape(world, "a", middle(0, 3, -1), accuracy_m=0.1)
    reshape(world, "b", middle(2, -3, 2), accuracy_m=0.5)
    merged(world)
    (conflict,) = listed(world)
    shape = blobs.decode_one(conflict.combined["geometry"])
    ring = {(x - 500_000, y - 3_900_000) for x, y in shapely.get_coordinates(shape).tolist()}
    assert ring == {(43, 299), (40, 320), (17, 322), (20, 300)}
    assert conflict.combined["horizontal_accuracy_m"] == 0.5
    assert set(conflict.combined) == set(conflict.heads[0].values)


def test_an_unknown_accuracy_is_the_worst(world):
    reshape(world, "a", middle(0, 3, -1), accuracy_m=0.5)
    reshape(world, "b", middle(2, -3, 2), accuracy_m=None)
    merged(world)
    (conflict,) = listed(world)
    assert conflict.combined["horizontal_accuracy_m"] is None


def test_a_proposal_is_taken_as_a_decision_that_saw_all_sides(world):
    reshape(world, "a", middle(0, 3, -1), accuracy_m=0.1)
    reshape(world, "b", middle(2, -3, 2), accuracy_m=0.5)
    merged(world)
    (conflict,) = listed(world)
    with world.open() as file:
        before = {change.change for change in conflict.heads}
        batch = conflicts.take(file, conflict.id, "combined", author="officer", reason="both")
        assert conflicts.list_conflicts(file) == []
        row = file.get("farmland", MIDDLE)
        assert blobs.encode_one(row["geometry"], SRID) == conflict.combined["geometry"]
        assert row["horizontal_accuracy_m"] == 0.5
        assert row["area_m2"] == round(row["geometry"].area, 2)
        history = {entry.uuid for entry in file.history(MIDDLE)}
        assert before < history
        logged = file.connection.execute("SELECT choice, reason, author FROM decision").fetchall()
        assert logged == [("combined", "both", "officer")]
    world.undo(batch.number)
    assert [each.id for each in listed(world)] == [conflict.id]


def test_one_corner_moved_differently_has_no_proposal(world):
    reshape(world, "a", middle(0, 3, -1))
    reshape(world, "b", middle(0, 2, -1))
    merged(world)
    (conflict,) = listed(world)
    assert conflict.combined is None
    with world.open() as file, pytest.raises(BadInput, match="not_combinable"):
        conflicts.take(file, conflict.id, "combined", author="officer")


def test_a_side_that_moved_nothing_makes_no_proposal(world):
    reshape(world, "a", middle(0, 3, -1), accuracy_m=0.5)
    with world.survey("b") as file:
        file.update("farmland", MIDDLE, {"horizontal_accuracy_m": 0.2})
    merged(world)
    (conflict,) = listed(world)
    assert conflict.combined is None


def test_neighbours_at_an_edge_that_was_moved_are_named_with_who_moved_it(world):
    reshape(world, "a", middle(0, 3, -1))
    reshape(world, "b", middle(2, -3, 2))
    merged(world)
    (conflict,) = listed(world)
    number = {head.device: head.number for head in conflict.heads}
    a, b = (number[world.tablets[name].device_id] for name in "ab")
    assert [(each.record, each.title, each.heads) for each in conflict.neighbours] == [
        (WEST, "田0", (b,)),
        (EAST, "田2", (a,)),
    ]


def test_a_neighbour_at_an_edge_that_nobody_moved_is_not_named(world):
    reshape(world, "a", middle(2, -3, 2))
    reshape(world, "b", middle(2, -2, 1))
    merged(world)
    (conflict,) = listed(world)
    assert [each.record for each in conflict.neighbours] == [WEST]


def test_a_corner_put_in_on_a_straight_edge_moves_no_edge(world):
    straight = shapely.segmentize(middle(), 10)
    reshape(world, "a", straight, accuracy_m=0.1)
    reshape(world, "b", middle(2, -3, 2))
    merged(world)
    (conflict,) = listed(world)
    assert {each.record for each in conflict.neighbours} == {WEST}


def test_conflicts_are_listed_by_conditions_and_in_portions(world):
    reshape(world, "a", middle(0, 3, -1))
    reshape(world, "b", middle(2, -3, 2))
    for name, value in (("a", 2), ("b", 3)):
        with world.survey(name) as file:
            file.update("house", known("house", 0), {"storeys": value})
    merged(world)
    a = world.tablets["a"].device_id
    assert [each.layer for each in listed(world)] == ["farmland", "house"]
    assert [each.unit for each in listed(world, layer="house")] == ["storeys"]
    assert [each.unit for each in listed(world, field="horizontal_accuracy_m")] == ["geometry"]
    assert listed(world, field="@record") == [] == listed(world, village="990101100299")
    assert len(listed(world, village=VILLAGE, device=a)) == 2
    assert listed(world, device="nobody") == []
    with world.open() as file:
        assert conflicts.count_conflicts(file, Which(device=a)) == 2
        assert [each.layer for each in conflicts.list_conflicts(file, limit=1)] == ["farmland"]
        assert [each.layer for each in conflicts.list_conflicts(file, offset=1)] == ["house"]
        for refused in (Which(field="nothing"), Which("house", "geometri"), Which(layer="x")):
            with pytest.raises(BadInput):
                conflicts.list_conflicts(file, refused)
