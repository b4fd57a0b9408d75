"""The invented land: what a check of it would find, and that it is the same every time."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from xiangtu.geo import topology

from demo.land import SEED, Land, Size, make_land
from demo.register_land import Holding, subdivided
from demo.terraces import NODE_M


@pytest.fixture(scope="module")
def land() -> Land:
    return make_land(Size.small(), SEED, lambda _: None)


@pytest.fixture(scope="module")
def outlines(land: Land) -> np.ndarray:
    return np.array([each.outline for each in land.terraces.parcels])


def test_has_three_towns_of_four_villages(land: Land) -> None:
    assert [each.code for each in land.villages] == [
        f"{town}{number}"
        for town in ("990101101", "990101102", "990101201")
        for number in (201, 202, 203, 204)
    ]


def test_villages_share_their_boundaries_without_gap_or_overlap(land: Land) -> None:
    villages = np.array([each.outline for each in land.villages])
    together = shapely.union_all(villages)
    assert together.geom_type == "Polygon" and not together.interiors
    assert shapely.area(villages).sum() == pytest.approx(together.area, abs=1e-3)


def test_parcels_neither_overlap_nor_miss_each_other(outlines: np.ndarray) -> None:
    assert shapely.coverage_is_valid(outlines)
    assert shapely.is_valid(outlines).all()
    assert len(topology.overlaps(outlines, 0.001, None)) == 0
    assert len(topology.near_vertices(outlines, 0.05, 0.001, None)) == 0


def test_corners_of_a_parcel_stand_apart(outlines: np.ndarray) -> None:
    for outline in outlines:
        corners = shapely.get_coordinates(outline.exterior)
        assert np.hypot(*np.diff(corners, axis=0).T).min() > NODE_M / 2


def test_parcels_lie_in_their_village_and_off_roads_and_houses(
    land: Land, outlines: np.ndarray
) -> None:
    taken = shapely.union_all([land.network.taken, *land.settlements.ground.values()])
    for parcel in land.terraces.parcels:
        assert parcel.village.outline.covers(parcel.outline)
    # The bent grid brings an edge a few centimetres onto a road at most.
    assert shapely.area(shapely.intersection(outlines, taken.buffer(-0.2))).max() < 0.01


def test_most_parcels_share_a_whole_edge_with_a_neighbour(outlines: np.ndarray) -> None:
    tree = shapely.STRtree(outlines)
    a, b = tree.query(outlines, predicate="touches")
    shared = shapely.length(shapely.intersection(outlines[a], outlines[b])) > 5
    assert len(np.unique(a[shared])) > 0.9 * len(outlines)


def test_terraces_follow_the_slope(land: Land) -> None:
    """A terrace rises less along its length than the hillside does over the same way."""
    steep = [each for each in land.terraces.parcels if each.slope > 0.15]
    assert len(steep) > 20
    flatter = 0
    for each in steep:
        corners = shapely.get_coordinates(each.outline.exterior)
        height = land.terrain.at(land.terrain.height_m, corners[:, 0], corners[:, 1])
        box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(each.outline))
        longest = np.hypot(*np.diff(box[:3], axis=0).T).max()
        flatter += np.ptp(height) < 0.75 * each.slope * longest
    assert flatter > 0.7 * len(steep)


def test_houses_stand_on_their_homesteads_and_homesteads_apart(land: Land) -> None:
    lots = np.array([each.outline for each in land.settlements.lots])
    assert len(lots) == Size.small().homesteads
    assert len(topology.overlaps(lots, 0.001, None)) == 0
    for lot in land.settlements.lots:
        for house in lot.houses:
            assert lot.outline.buffer(0.01).covers(house)


def test_relics_lie_free_in_their_village(land: Land, outlines: np.ndarray) -> None:
    assert len(land.relics) == Size.small().relics
    parcels = shapely.union_all(outlines)
    for relic in land.relics:
        assert relic.village.outline.covers(relic.point)
        assert not parcels.intersects(relic.extent)


def test_a_parcel_is_subdivided_without_a_new_corner(land: Land) -> None:
    divided = 0
    for terrace in land.terraces.parcels[:20]:
        parts = subdivided(Holding("", "", terrace, None, "0101"))
        if parts is None:
            continue
        divided += 1
        known = {tuple(each) for each in shapely.get_coordinates(terrace.outline)}
        pieces = [each.outline for each in parts]
        assert {tuple(c) for p in pieces for c in shapely.get_coordinates(p)} == known
        assert sum(each.area for each in pieces) == pytest.approx(terrace.outline.area)
    assert divided > 5


def test_the_same_seed_makes_the_same_land(land: Land, outlines: np.ndarray) -> None:
    again = make_land(Size.small(), SEED, lambda _: None)
    assert [each.outline.wkb for each in again.terraces.parcels] == [each.wkb for each in outlines]
    assert [each.outline.wkb for each in again.settlements.lots] == [
        each.outline.wkb for each in land.settlements.lots
    ]
    assert again.relics == land.relics
