"""Mistakes in outlines, on real farms, on the cases of JTS, and against brute force."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from xiangtu.errors import BadInput
from xiangtu.geo import blobs, topology


def outlines(*wkts: str | None) -> np.ndarray:
    return np.array([wkt and shapely.from_wkt(wkt) for wkt in wkts], dtype=object)


@pytest.fixture(scope="module")
def farms(shared_data: Path) -> np.ndarray:
    ogr = pytest.importorskip("osgeo.ogr")
    ogr.UseExceptions()
    source = ogr.Open(str(next((shared_data / "parcels").rglob("*.shp"))))
    wkbs = [bytes(each.GetGeometryRef().ExportToWkb()) for each in source.GetLayer()]
    return blobs.as_kind(shapely.from_wkb(wkbs), "MULTIPOLYGON")


def test_the_invalid_farms_are_found(farms):
    places, reasons = topology.invalid(farms)
    assert len(places) == 16
    assert set(reasons) == {"Self-intersection", "Ring Self-intersection"}
    assert np.isfinite(places.x).all()


def test_the_repeated_farms_are_found(farms):
    pairs = topology.repeats(farms)
    assert len(pairs) == 68
    normalised = shapely.normalize(farms)
    assert shapely.equals_exact(normalised[pairs.first], normalised[pairs.second]).all()
    assert (pairs.first < pairs.second).all()


def test_the_overlapping_farms_are_found(farms):
    pairs = topology.overlaps(farms, 1.0)
    assert len(pairs) == 3471
    assert pairs.measured.min() > 1


def test_a_search_in_focus_finds_what_the_full_one_does_there(farms):
    focus = np.zeros(len(farms), bool)
    focus[::7] = True
    for search in (
        lambda f: topology.overlaps(farms, 1.0, f),
        lambda f: topology.near_vertices(farms, 0.05, 0.001, f),
    ):
        full, part = search(None), search(focus)
        wanted = focus[full.first] | focus[full.second]
        assert 0 < wanted.sum() < len(full)
        for name in ("first", "second", "measured", "x", "y"):
            assert np.array_equal(getattr(full, name)[wanted], getattr(part, name))


def jts_cases(shared_data: Path):
    for path in sorted((shared_data / "invalid_geometry" / "jts").glob("*.xml")):
        for case in ET.parse(path).getroot().iter("case"):
            for operation in case.iter("op"):
                if operation.get("name", "").lower() == "isvalid":
                    expected = (operation.text or "").strip() == "true"
                    yield path.name, (case.findtext("a") or "").strip(), expected


def test_every_case_of_jts_is_judged_as_jts_does(shared_data: Path):
    judged = 0
    for name, text, expected in jts_cases(shared_data):
        hexadecimal = all(letter in "0123456789ABCDEFabcdef" for letter in text)
        read = shapely.from_wkb if hexadecimal else shapely.from_wkt
        try:
            with np.errstate(invalid="ignore"):
                geometry = read(text)
            if not shapely.is_empty(geometry):
                blobs.decode_one(blobs.encode_one(geometry, 4548))
        except (shapely.errors.GEOSException, BadInput):
            assert not expected, (name, text)
            continue
        if geometry.geom_type not in ("Polygon", "MultiPolygon") or geometry.is_empty:
            continue
        blob = blobs.encode_one(geometry, 4548)
        found, _ = topology.invalid(blobs.decode([blob]))
        assert (len(found) == 0) == expected, (name, text)
        repaired = topology.made_valid(blobs.decode([blob]))[0]
        assert repaired.is_valid
        assert repaired.geom_type in ("Polygon", "MultiPolygon", "GeometryCollection")
        judged += 1
    assert judged > 50


def test_neighbours_that_touch_do_not_overlap():
    geoms = outlines(
        "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))",
        "POLYGON ((10 0, 20 0, 20 10, 10 10, 10 0))",
        None,
        "POLYGON ((9 2, 12 2, 12 4, 9 4, 9 2))",
        "POLYGON ((2 2, 3 2, 3 3, 2 3, 2 2))",
    )
    pairs = topology.overlaps(geoms, 0.001)
    assert list(zip(pairs.first, pairs.second, pairs.measured, strict=True)) == [
        (0, 3, 2.0),
        (0, 4, 1.0),
        (1, 3, 4.0),
    ]
    assert len(topology.overlaps(geoms, 3.9)) == 1
    assert len(topology.overlaps(geoms[:0], 0.001)) == 0


small = st.integers(0, 12)
rectangle = st.tuples(small, small, st.integers(1, 6), st.integers(1, 6)).map(
    lambda b: shapely.box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)
triangle = st.lists(st.tuples(small, small), min_size=3, max_size=3, unique=True).map(
    shapely.Polygon
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(st.none(), rectangle, triangle), max_size=12))
def test_overlaps_are_those_of_comparing_all_with_all(shapes):
    geoms = np.array([*shapes, None], dtype=object)[:-1]
    valid = topology.made_valid(geoms)
    expected = {
        (a, b)
        for a, b in itertools.combinations(range(len(shapes)), 2)
        if shapes[a] and shapes[b] and shapely.area(valid[a] & valid[b]) > 0.001
    }
    pairs = topology.overlaps(geoms, 0.001)
    assert set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)) == expected
    assert (shapely.intersects_xy(geoms[pairs.first], pairs.x, pairs.y)).all()


def test_a_repeat_may_start_elsewhere_and_run_the_other_way():
    geoms = outlines(
        "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))",
        "POLYGON ((0 0, 4 0, 4 4, 0 3.999, 0 0))",
        "POLYGON ((4 4, 4 0, 0 0, 0 4, 4 4))",
        "POLYGON ((4 0, 4 4, 0 4, 0 0, 4 0))",
        None,
        None,
    )
    pairs = topology.repeats(geoms)
    assert pairs.first.tolist() == [0, 0]
    assert pairs.second.tolist() == [2, 3]
    assert pairs.measured.tolist() == [16, 16]


def test_a_vertex_beside_an_edge_is_found_and_one_on_it_is_not():
    base = "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))"
    beside = "POLYGON ((10.03 3, 20 3, 20 7, 10.02 7, 10.03 3))"
    upon = "POLYGON ((10 3, 20 3, 20 7, 10.0005 7, 10 3))"
    pairs = topology.near_vertices(outlines(base, beside), 0.05, 0.001)
    assert (pairs.x[0], pairs.y[0]) == (10.03, 3)
    assert pairs.measured[0] == pytest.approx(0.03)
    assert len(topology.near_vertices(outlines(base, upon), 0.05, 0.001)) == 0
    assert len(topology.near_vertices(outlines(base, beside), 0.01, 0.001)) == 0


def near_by_force(geoms: np.ndarray, within: float, on_it: float) -> set[tuple[int, int]]:
    found = set()
    for a, b in itertools.permutations(range(len(geoms)), 2):
        for xy in shapely.get_coordinates(geoms[a]):
            if on_it < shapely.Point(xy).distance(geoms[b].boundary) < within:
                found.add((min(a, b), max(a, b)))
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(rectangle, triangle), min_size=1, max_size=8), st.integers(1, 9))
def test_near_vertices_are_those_of_comparing_all_with_all(shapes, tenths):
    geoms = np.array([*shapes, None], dtype=object)[:-1]
    within = tenths / 4
    pairs = topology.near_vertices(geoms, within, 0.001)
    found = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert found == near_by_force(geoms, within, 0.001)


def test_close_vertices_need_not_be_successive():
    neck = "POLYGON ((0 0, 4.98 5, 0 10, 10 10, 5.02 5, 10 0, 0 0))"
    step = "POLYGON ((0 0, 9 0, 9 0.03, 9 9, 0 0))"
    fine = "POLYGON ((0 0, 9 0, 9 0.06, 9 9, 0 0))"
    twice = "POLYGON ((0 0, 9 0, 9 0, 9 9, 0 0))"
    geoms = outlines(fine, neck, step, None, twice)
    found = topology.close_vertices(geoms, 0.05)
    assert found.index.tolist() == [1, 2, 4]
    assert found.measured == pytest.approx([0.04, 0.03, 0.0])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(small, small), min_size=3, max_size=9, unique=True), st.integers(1, 9))
def test_close_vertices_are_those_of_comparing_all_with_all(corners, tenths):
    within = tenths / 3
    ring = np.array(corners) * 0.7 + 400_000.3
    outline = np.array([shapely.Polygon(ring)])
    least = min(np.hypot(*(a - b)) for a, b in itertools.combinations(ring, 2))
    found = topology.close_vertices(outline, within)
    assert len(found) == (least < within)
    assert found.measured == pytest.approx([least] if least < within else [])


def test_small_angles_at_every_vertex_of_every_ring():
    spike = "POLYGON ((0 0, 10 0, 10 10, 5 10, 5 30, 4.8 10, 0 10, 0 0))"
    at_start = "POLYGON ((0 0, 100 1, 100 5, 0 0))"
    repeated = "POLYGON ((0 0, 0 0, 10 0, 10 10, 10 10, 0 10, 0 0, 0 0))"
    geoms = outlines(repeated, spike, at_start, None)
    found = topology.small_angles(geoms, 5)
    assert found.index.tolist() == [1, 2]
    assert (found.x[0], found.y[0]) == (5, 30)
    assert (found.x[1], found.y[1]) == (0, 0)
    assert found.measured[0] == pytest.approx(np.degrees(np.arctan(0.2 / 20)))


def test_slivers_are_thin_not_small_nor_merely_long():
    terrace, sliver = shapely.box(0, 0, 200, 1.5), shapely.box(0, 0, 200, 0.2)
    found = topology.thin(np.array([terrace, sliver, shapely.box(0, 0, 1, 1)]), 0.3)
    assert found.index.tolist() == [1]
    assert found.measured[0] == pytest.approx(0.2, rel=0.01)
