"""Blobs are what mod_spatialite itself writes, and hostile ones are refused."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from xiangtu.errors import BadInput
from xiangtu.geo import blobs

WKTS = (
    "POINT (454578.957 3919085.406)",
    "LINESTRING (0 0, 10 0, 10 7.125)",
    "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 2 4, 4 4, 4 2, 2 2))",
    "MULTIPOINT ((1 2), (3 4))",
    "MULTILINESTRING ((0 0, 1 1), (2 2, 3 5, 8 1))",
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))",
    "MULTIPOLYGON (((0 0, 9 0, 9 9, 0 0), (5 1, 6 1, 6 2, 5 1)), ((20 20, 21 20, 21 21, 20 20)))",
    "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (3 4, 5 6), POLYGON ((0 0, 1 0, 1 1, 0 0)))",
)


@pytest.fixture(scope="module")
def spatialite():
    connection = sqlite3.connect(":memory:")
    try:
        connection.enable_load_extension(True)
        connection.load_extension("mod_spatialite")
    except (AttributeError, sqlite3.OperationalError) as error:
        pytest.skip(f"mod_spatialite cannot be loaded: {error}")
    yield connection
    connection.close()


@pytest.mark.parametrize("wkt", WKTS)
def test_bytes_are_those_of_spatialite(spatialite, wkt):
    (theirs,) = spatialite.execute("SELECT GeomFromText(?, 4548)", (wkt,)).fetchone()
    assert blobs.encode_one(shapely.from_wkt(wkt), 4548) == theirs
    assert shapely.equals_exact(blobs.decode_one(theirs), shapely.from_wkt(wkt))
    assert blobs.srid_of(theirs) == 4548
    assert blobs.kind_of(theirs) == wkt.partition(" ")[0]
    assert blobs.bounds_of(theirs) == tuple(shapely.bounds(shapely.from_wkt(wkt)))
    assert blobs.check(theirs, wkt.partition(" ")[0], 4548) is None


@pytest.mark.parametrize("dimension", ["Z", "M", "ZM"])
def test_heights_and_measures_are_read_and_dropped(spatialite, dimension):
    tail = " 5" * len(dimension)
    wkt = f"MULTIPOLYGON{dimension}(((0 0{tail}, 4 0{tail}, 4 3{tail}, 0 0{tail})))"
    (theirs,) = spatialite.execute("SELECT GeomFromText(?, 4548)", (wkt,)).fetchone()
    assert blobs.kind_of(theirs) == f"MULTIPOLYGON {dimension}"
    assert blobs.decode_one(theirs).wkt == "MULTIPOLYGON (((0 0, 4 0, 4 3, 0 0)))"
    assert blobs.check(theirs, "MULTIPOLYGON", 4548) == "kind"


def big_endian(blob: bytes) -> bytes:
    """The same one-ring multipolygon in the other byte order."""
    srid, *bounds = struct.unpack_from("<i4d", blob, 2)
    head = struct.unpack_from("<IIBIII", blob, 39)
    points = np.frombuffer(blob, "<f8", 2 * head[-1], 60).astype(">f8").tobytes()
    frame = struct.pack(">BBi4dB", 0, 0, srid, *bounds, 0x7C)
    return frame + struct.pack(">IIBIII", *head) + points + b"\xfe"


def test_big_endian_is_read_as_spatialite_reads_it(spatialite):
    turned = big_endian(blobs.encode_one(shapely.from_wkt(WKTS[5]), 4548))
    (text,) = spatialite.execute("SELECT AsText(?)", (turned,)).fetchone()
    assert shapely.equals_exact(blobs.decode_one(turned), shapely.from_wkt(text))
    assert blobs.check(turned, "MULTIPOLYGON", 4548) is None


def test_none_stays_none_and_empty_becomes_none():
    geoms = [None, shapely.from_wkt("MULTIPOLYGON EMPTY"), shapely.Point(1, 2)]
    encoded = blobs.encode(geoms, 4548)
    assert encoded[:2] == [None, None]
    assert [each and each.wkt for each in blobs.decode(encoded)] == [None, None, "POINT (1 2)"]
    assert list(blobs.decode([])) == []


def test_heights_are_dropped_on_writing():
    assert blobs.encode_one(shapely.Point(1, 2, 3), 1) == blobs.encode_one(shapely.Point(1, 2), 1)


coordinate = st.floats(-1e7, 1e7, allow_nan=False)
box = st.tuples(coordinate, coordinate, st.floats(1, 1e4), st.floats(1, 1e4)).map(
    lambda b: shapely.box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(box, min_size=1, max_size=3).map(shapely.multipolygons), max_size=6))
def test_what_is_written_is_read_back_to_the_last_bit(geoms):
    read = blobs.decode(blobs.encode(geoms, 4548))
    assert [each.wkb for each in read] == [each.wkb for each in geoms]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(WKTS), st.data())
def test_a_damaged_blob_is_refused_or_read_never_worse(wkt, data):
    blob = blobs.encode_one(shapely.from_wkt(wkt), 4548)
    cut = data.draw(st.integers(0, len(blob) - 1))
    with pytest.raises(BadInput):
        blobs.decode_one(blob[:cut])
    at = data.draw(st.integers(0, len(blob) - 4))
    spoiled = blob[:at] + data.draw(st.binary(min_size=4, max_size=4)) + blob[at + 4 :]
    try:
        blobs.decode_one(spoiled)
    except BadInput as refusal:
        assert refusal.code == "geometry.blob"


@pytest.mark.parametrize("at", [43, 52, 56])
def test_a_count_beyond_the_blob_allocates_nothing(at):
    blob = bytearray(blobs.encode_one(shapely.from_wkt(WKTS[5]), 4548))
    blob[at : at + 4] = b"\xff\xff\xff\xff"
    with pytest.raises(BadInput, match="truncated"):
        blobs.decode_one(bytes(blob))


def test_reasons_a_blob_cannot_stand():
    good = blobs.encode_one(shapely.from_wkt(WKTS[5]), 4548)
    assert blobs.check(good, "MULTIPOLYGON", 4548) is None
    assert blobs.check(good, "POINT", 4548) == "kind"
    assert blobs.check(good, "MULTIPOLYGON", 4547) == "srid"
    assert blobs.check(good[:-1], "MULTIPOLYGON", 4548) == "truncated"
    assert blobs.check(good[:-1] + b"\0\xfe", "MULTIPOLYGON", 4548) == "truncated"
    assert blobs.check("text", "MULTIPOLYGON", 4548) == "not_a_blob"
    assert blobs.check(b"\x01" + good[1:], "MULTIPOLYGON", 4548) == "not_a_geometry"
    moved = good[:6] + struct.pack("<4d", 5, 5, 6, 6) + good[38:]
    assert blobs.check(moved, "MULTIPOLYGON", 4548) == "bounds"
    nan = good[:60] + struct.pack("<d", float("nan")) + good[68:]
    assert blobs.check(nan, "MULTIPOLYGON", 4548) in ("not_finite", "ring")
    open_ring = good[:-17] + struct.pack("<2d", 7, 7) + b"\xfe"
    assert blobs.check(open_ring, "MULTIPOLYGON", 4548) == "ring"


def test_the_damaged_one_of_many_is_named():
    good = blobs.encode_one(shapely.from_wkt(WKTS[5]), 4548)
    open_ring = good[:-17] + struct.pack("<2d", 7, 7) + b"\xfe"
    for bad in (good[:50], open_ring):
        with pytest.raises(BadInput) as refusal:
            blobs.decode([good, None, bad, good])
        assert refusal.value.facts["index"] == 2


def test_promotion_to_the_kind_of_the_layer():
    polygon, line, point = shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)]), (5, 6)
    assert blobs.as_kind([polygon, None], "MULTIPOLYGON")[0].wkt.startswith("MULTIPOLYGON (((1 0")
    assert blobs.as_kind([line], "MULTILINESTRING")[0].wkt == "MULTILINESTRING ((0 0, 1 1))"
    assert blobs.as_kind([shapely.MultiPoint([point])], "POINT")[0].wkt == "POINT (5 6)"
    with pytest.raises(BadInput) as refusal:
        blobs.as_kind([polygon, line], "MULTIPOLYGON")
    assert refusal.value.facts == {"kind": "LINESTRING", "expected": "MULTIPOLYGON", "index": 1}


def test_every_real_outline_survives(shared_data: Path):
    ogr = pytest.importorskip("osgeo.ogr")
    ogr.UseExceptions()
    path = next((shared_data / "parcels").rglob("*.shp"))
    source = ogr.Open(str(path))
    wkbs = [bytes(each.GetGeometryRef().ExportToWkb()) for each in source.GetLayer()]
    geoms = blobs.as_kind(shapely.from_wkb(wkbs), "MULTIPOLYGON")
    read = blobs.decode(blobs.encode(geoms, 32733))
    assert len(read) == 2008
    assert shapely.equals_identical(read, geoms).all()
