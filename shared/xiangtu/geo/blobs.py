"""Geometry blobs of SpatiaLite to and from arrays of shapely geometries, without SpatiaLite.

A blob is 00, byte order (01 little-endian), srid (int32), bounds (4 doubles), 7C, body, FE.
The body is WKB whose elements inside a collection begin with 69 in place of the byte order.
Source: "BLOB-Geometry" in the SpatiaLite documentation; the bytes written here are the same as
mod_spatialite's own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from ..errors import BadInput

Geometries = NDArray[np.object_]

_START, _BOUNDS_END, _ELEMENT, _END = 0x00, 0x7C, 0x69, 0xFE
_HEADER_SIZE = 39
_SMALLEST = _HEADER_SIZE + 4 + 4 + 1
_KINDS = (
    "",
    "POINT",
    "LINESTRING",
    "POLYGON",
    "MULTIPOINT",
    "MULTILINESTRING",
    "MULTIPOLYGON",
    "GEOMETRYCOLLECTION",
)
_DIMENSIONS = {0: (2, ""), 1: (3, " Z"), 2: (3, " M"), 3: (4, " ZM")}
#: What may stand inside a collection; SpatiaLite itself nests no deeper.
_INSIDE = {4: (1,), 5: (2,), 6: (3,), 7: (1, 2, 3)}
#: shapely's type id → that of WKB (a ring is written as a line).
_WKB_KIND = np.array([1, 2, 2, 3, 4, 5, 6, 7])
_PROMOTED = {
    "MULTIPOINT": (0, shapely.multipoints),
    "MULTILINESTRING": (1, shapely.multilinestrings),
    "MULTIPOLYGON": (3, shapely.multipolygons),
}


def encode(geometries: ArrayLike | Sequence[Any], srid: int) -> list[bytes | None]:
    """Blobs of an array of shapely geometries, as SpatiaLite writes them, in XY.

    None and empty geometries (which SpatiaLite does not know) become None; Z is dropped.
    BadInput("geometry.kind") for a collection within a collection.
    """
    geoms = np.asarray(geometries, dtype=object).ravel()
    blobs: list[bytes | None] = [None] * len(geoms)
    used = np.flatnonzero(~(shapely.is_missing(geoms) | shapely.is_empty(geoms)))
    if not len(used):
        return blobs
    kinds = _WKB_KIND[shapely.get_type_id(geoms[used])]
    bounds = np.ascontiguousarray(shapely.bounds(geoms[used]), dtype="<f8").tobytes()
    head = struct.pack("<BBi", _START, 1, srid)
    many = kinds >= 4
    bodies = np.empty(len(used), dtype=object)
    single = np.flatnonzero(~many)
    for at, wkb in zip(single.tolist(), _xy_wkb(geoms[used[single]]), strict=True):
        bodies[at] = wkb[1:]
    collections = np.flatnonzero(many)
    for at, body in zip(
        collections.tolist(),
        _collection_bodies(geoms[used[collections]], kinds[collections]),
        strict=True,
    ):
        bodies[at] = body
    for at, index in enumerate(used.tolist()):
        blobs[index] = b"".join(
            (head, bounds[32 * at : 32 * at + 32], b"\x7c", bodies[at], b"\xfe")
        )
    return blobs


def encode_one(geometry: Any, srid: int) -> bytes | None:
    """The blob of one shapely geometry; see `encode`."""
    return encode([geometry], srid)[0]


def _xy_wkb(geoms: Geometries) -> list[bytes]:
    return shapely.to_wkb(geoms, output_dimension=2, byte_order=1).tolist()


def _collection_bodies(geoms: Geometries, kinds: NDArray[np.int_]) -> list[bytes]:
    parts, owner = shapely.get_parts(geoms, return_index=True)
    filled = ~shapely.is_empty(parts)
    parts, owner = parts[filled], owner[filled]
    if (shapely.get_type_id(parts) >= 4).any():
        raise BadInput("geometry.kind", kind="GEOMETRYCOLLECTION", expected="simple parts")
    elements = [b"\x69" + wkb[1:] for wkb in _xy_wkb(parts)]
    ends = np.searchsorted(owner, np.arange(len(geoms)), side="right").tolist()
    bodies, start = [], 0
    for kind, end in zip(kinds.tolist(), ends, strict=True):
        bodies.append(struct.pack("<II", kind, end - start) + b"".join(elements[start:end]))
        start = end
    return bodies


def decode(blobs: Iterable[bytes | None]) -> Geometries:
    """Shapely geometries of an iterable of blobs, in XY (Z and M are dropped); None stays None.

    Both byte orders and the XYZ, XYM and XYZM variants are read. What is not a whole, finite
    geometry is refused by BadInput("geometry.blob", reason, index), before anything is
    allocated for what it claims to hold.
    """
    wkbs: list[bytes | None] = []
    for index, blob in enumerate(blobs):
        try:
            wkbs.append(None if blob is None else _to_wkb(blob))
        except _Damaged as damage:
            raise BadInput("geometry.blob", reason=damage.args[0], index=index) from None
    array = np.empty(len(wkbs), dtype=object)
    array[:] = wkbs
    try:
        with np.errstate(invalid="ignore"):  # NaN in a ring is refused below
            geoms = shapely.from_wkb(array)
    except shapely.errors.ShapelyError:
        index, reason = _first_refused(wkbs)
        raise BadInput("geometry.blob", reason=reason, index=index) from None
    coordinates, owner = shapely.get_coordinates(geoms, return_index=True)
    finite = np.isfinite(coordinates).all(axis=1)
    if not finite.all():
        index = int(owner[np.argmin(finite)])
        raise BadInput("geometry.blob", reason="not_finite", index=index)
    return geoms


def decode_readable(blobs: Sequence[bytes | None]) -> tuple[Geometries, dict[int, str]]:
    """Like `decode`, but a damaged blob becomes None; the reason of each by its position."""
    try:
        return decode(blobs), {}
    except BadInput:
        geoms = np.full(len(blobs), None, dtype=object)
        reasons = {}
        for index, blob in enumerate(blobs):
            try:
                geoms[index] = decode_one(blob)
            except BadInput as error:
                reasons[index] = str(error.facts["reason"])
        return geoms, reasons


def decode_one(blob: bytes | None) -> Any:
    """The shapely geometry of one blob; see `decode`."""
    return decode([blob])[0]


def _first_refused(wkbs: Sequence[bytes | None]) -> tuple[int, str]:
    for index, wkb in enumerate(wkbs):
        try:
            with np.errstate(invalid="ignore"):
                shapely.from_wkb(wkb)
        except shapely.errors.ShapelyError:
            return index, "ring"
    raise AssertionError("a set of blobs was refused of which each alone is read")


class _Damaged(Exception):
    """What is wrong with a blob, as a short code; never leaves this module."""


def _order(blob: bytes) -> str:
    """ "<" or ">" after a check of the frame around the body."""
    if not isinstance(blob, bytes):
        raise _Damaged("not_a_blob")
    if len(blob) < _SMALLEST:
        raise _Damaged("truncated")
    if blob[0] != _START or blob[1] > 1 or blob[38] != _BOUNDS_END:
        raise _Damaged("not_a_geometry")
    if blob[-1] != _END:
        raise _Damaged("truncated")
    return "<" if blob[1] else ">"


def _to_wkb(blob: bytes) -> bytes:
    """Little-endian XY WKB of a blob whose counts all agree with its length."""
    order = _order(blob)
    size = len(blob)
    if order == "<":
        # By far the most frequent: one outline without a hole, whose counts are soon checked.
        if size > 60 and blob[39:56] == _ONE_OUTLINE:
            (points,) = struct.unpack_from("<I", blob, 56)
            if size != 61 + 16 * points:
                raise _Damaged("truncated")
            return b"\x01" + blob[39:47] + b"\x01" + blob[48:-1]
        if size == 60 and blob[39:43] == b"\x01\x00\x00\x00":
            return b"\x01" + blob[39:-1]
    return _Body(blob, order).wkb()


_ONE_OUTLINE = struct.pack("<IIBII", 6, 1, _ELEMENT, 3, 1)


class _Body:
    """Reads a body of any byte order and dimension, checking every count against what is left."""

    def __init__(self, blob: bytes, order: str) -> None:
        self.blob = blob
        self.order = order
        self.at = _HEADER_SIZE
        self.end = len(blob) - 1

    def wkb(self) -> bytes:
        kind, dimension = self._type()
        read = self._simple if kind < 4 else self._collection
        body = read(kind, dimension)
        if self.at != self.end:
            raise _Damaged("trailing_bytes")
        return body

    def _type(self) -> tuple[int, int]:
        dimension, kind = divmod(self._number(), 1000)
        if not 1 <= kind <= 7 or dimension not in _DIMENSIONS:
            raise _Damaged("kind")
        return kind, dimension

    def _number(self) -> int:
        if self.at + 4 > self.end:
            raise _Damaged("truncated")
        (value,) = struct.unpack_from(self.order + "I", self.blob, self.at)
        self.at += 4
        return value

    def _collection(self, kind: int, dimension: int) -> bytes:
        count = self._number()
        if count * 9 > self.end - self.at:
            raise _Damaged("truncated")
        elements = [struct.pack("<BII", 1, kind, count)]
        for _ in range(count):
            if self.at >= self.end or self.blob[self.at] != _ELEMENT:
                raise _Damaged("element")
            self.at += 1
            inner, inner_dimension = self._type()
            if inner not in _INSIDE[kind] or inner_dimension != dimension:
                raise _Damaged("element")
            elements.append(self._simple(inner, dimension))
        return b"".join(elements)

    def _simple(self, kind: int, dimension: int) -> bytes:
        head = struct.pack("<BI", 1, kind)
        if kind == 1:
            return head + self._coordinates(1, dimension)
        if kind == 2:
            points = self._number()
            return head + struct.pack("<I", points) + self._coordinates(points, dimension)
        rings = self._number()
        if rings * 4 > self.end - self.at:
            raise _Damaged("truncated")
        written = [head, struct.pack("<I", rings)]
        for _ in range(rings):
            points = self._number()
            written += (struct.pack("<I", points), self._coordinates(points, dimension))
        return b"".join(written)

    def _coordinates(self, points: int, dimension: int) -> bytes:
        width, _ = _DIMENSIONS[dimension]
        size = 8 * width * points
        if size > self.end - self.at:
            raise _Damaged("truncated")
        start, self.at = self.at, self.at + size
        if width == 2 and self.order == "<":
            return self.blob[start : self.at]
        values = np.frombuffer(self.blob, self.order + "f8", points * width, start)
        return values.reshape(points, width)[:, :2].astype("<f8").tobytes()


def _header(blob: bytes, layout: str, at: int) -> tuple[Any, ...]:
    try:
        return struct.unpack_from(_order(blob) + layout, blob, at)
    except _Damaged as damage:
        raise BadInput("geometry.blob", reason=damage.args[0], index=0) from None


def srid_of(blob: bytes) -> int:
    """The srid in the header; BadInput("geometry.blob") if it is no blob of SpatiaLite."""
    return _header(blob, "i", 2)[0]


def bounds_of(blob: bytes) -> tuple[float, float, float, float]:
    """(min x, min y, max x, max y) in the header, in the units of its CRS; body unread."""
    min_x, min_y, max_x, max_y = _header(blob, "4d", 6)
    return min_x, min_y, max_x, max_y


def bounds_of_heads(heads: Sequence[bytes]) -> NDArray[np.float64]:
    """Bounds (n, 4) of many blobs from their first 38 bytes alone, which a query reads quickly.

    BadInput("geometry.blob") if one is shorter or of no known byte order.
    """
    for index, head in enumerate(heads):
        if len(head) != _HEADER_SIZE - 1 or head[0] != _START or head[1] > 1:
            raise BadInput("geometry.blob", reason="truncated", index=index)
    rows = np.frombuffer(b"".join(heads), np.uint8).reshape(len(heads), _HEADER_SIZE - 1)
    bounds = np.ascontiguousarray(rows[:, 6:38]).view("<f8")
    turned = rows[:, 1] == 0
    bounds = np.where(turned[:, None], bounds.byteswap(), bounds)
    return bounds.astype(np.float64)


def kind_of(blob: bytes) -> str:
    """ "MULTIPOLYGON" or, with heights or measures, "MULTIPOLYGON Z", " M", " ZM"."""
    (number,) = _header(blob, "I", _HEADER_SIZE)
    dimension, kind = divmod(number, 1000)
    if not 1 <= kind <= 7 or dimension not in _DIMENSIONS:
        raise BadInput("geometry.blob", reason="kind", index=0)
    return _KINDS[kind] + _DIMENSIONS[dimension][1]


def check(blob: Any, kind: str, srid: int) -> str | None:
    """Why a blob cannot stand in a column of that kind ("MULTIPOLYGON", XY) and srid, or None.

    The reason is a code: not_a_blob, not_a_geometry, truncated, kind, srid, element, ring,
    trailing_bytes, not_finite, empty, bounds (those in the header are not those of the body).
    """
    try:
        if srid_of(blob) != srid:
            return "srid"
        if kind_of(blob) != kind:
            return "kind"
        geometry = decode_one(blob)
    except BadInput as error:
        return str(error.facts["reason"])
    if shapely.is_empty(geometry):
        return "empty"
    if tuple(shapely.bounds(geometry).tolist()) != bounds_of(blob):
        return "bounds"
    return None


def check_many(blobs: Sequence[Any], kind: str, srid: int) -> list[str | None]:
    """`check` for many blobs; quick where, as usual, nothing is wrong with any of them."""
    try:
        if all(srid_of(blob) == srid and kind_of(blob) == kind for blob in blobs):
            geometries = decode(blobs)
            claimed = bounds_of_heads([blob[: _HEADER_SIZE - 1] for blob in blobs])
            if not shapely.is_empty(geometries).any() and np.array_equal(
                shapely.bounds(geometries), claimed
            ):
                return [None] * len(blobs)
    except (BadInput, TypeError):
        pass  # which one, and why, is for `check` to say
    return [check(blob, kind, srid) for blob in blobs]


def as_kind(geometries: ArrayLike | Sequence[Any], kind: str) -> Geometries:
    """Geometries of the wanted kind ("MULTIPOLYGON"…), in XY, promoting single ones to multi.

    A multipoint of one point becomes a POINT. None stays None. BadInput("geometry.kind", kind,
    expected, index) if one is of another nature.
    """
    geoms = np.asarray(geometries, dtype=object).ravel()
    geoms = shapely.force_2d(geoms)
    types = shapely.get_type_id(geoms)
    wanted = {name: number - (number < 4) for number, name in enumerate(_KINDS) if name}
    wanted["POLYGON"] = 3
    if kind not in wanted:
        raise BadInput("geometry.kind", kind=kind, expected=", ".join(wanted), index=None)
    if kind in _PROMOTED:
        single, multi = _PROMOTED[kind]
        for_promotion = np.flatnonzero((types == single) | ((types == 2) & (single == 1)))
        if len(for_promotion):
            promoted = multi(geoms[for_promotion], indices=np.arange(len(for_promotion)))
            geoms[for_promotion] = promoted
    elif kind == "POINT":
        alone = np.flatnonzero((types == 4) & (shapely.get_num_geometries(geoms) == 1))
        geoms[alone] = shapely.get_geometry(geoms[alone], 0)
    types = shapely.get_type_id(geoms)
    strange = np.flatnonzero((types != wanted[kind]) & (types != -1))
    if len(strange):
        index = int(strange[0])
        found = geoms[index].geom_type.upper()
        raise BadInput("geometry.kind", kind=found, expected=kind, index=index)
    return geoms
