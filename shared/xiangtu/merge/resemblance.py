"""How much two records of one layer look like one thing, by where they lie, what they are and
what they are called; which of those that look so are kept is for merge.likeness to say.

Honest errors. An accuracy here is the radius that holds 68 % of the positions measured. With the
errors of easting and northing normal and alike (sigma), the distance from the truth is of
Rayleigh's distribution, P(R <= r) = 1 - exp(-r² / 2 sigma²), so that radius is
a = sigma * sqrt(-2 ln 0.32). Two measurements of one point differ by an error of variance
sigma1² + sigma2² in each direction, so they lie further apart than d with probability
exp(-d² / 2 (sigma1² + sigma2²)) = 0.32 ^ (d² / (a1² + a2²)). A share p of honest pairs therefore
lies within

    reach(p) = sqrt(a1² + a2²) * sqrt(ln(1 - p) / ln 0.32),

which for 99 % is 2.01 * sqrt(a1² + a2²). (The sum of two equal accuracies, 1.41 * sqrt(a1² + a2²),
holds only 90 %.)
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from ..catalogue.model import GEOMETRY_COLUMN, Layer
from ..geo import blobs
from ..store import SurveyFile
from .changes import with_names

Pairs = list[tuple[str, str]]

#: Share of the positions that lie within their stated accuracy.
WITHIN_ACCURACY = 0.68
#: Share of honest pairs that a distance must not lose; with equal names, and with different ones.
KEPT = 0.99
KEPT_OF_ONE_NAME = 0.999
KEPT_OF_OTHER_NAMES = 0.75
#: A position is not believed to be worse than this (metres): no layer asks for less.
WORST_ACCURACY_M = 10.0
#: Share of the smaller outline beyond which two outlines are taken for one thing.
OVERLAP_SHARE = 0.8
#: Intersection over union beyond which two outlines are nearly the same; for one that is as small
#: as the errors of its corners, so that those say little of its shape.
SAME_SHAPE, SAME_SHAPE_OF_SMALL = 0.8, 0.6
#: Share of the smaller outline that two outlines must have in common before one is moved onto the
#: other: houses of a terrace are of one shape too, and share a wall.
LEAST_IN_COMMON = 0.1

SAME_NAME, NO_NAME, OTHER_NAME = range(3)


@dataclass(frozen=True, slots=True)
class Likeness:
    """What speaks for a pair: `reason` is overlap, same_shape or near.

    A `firm` one stands by itself. Of the others, those of one shape (or points) are a pair if each
    is the other's best, by `rank` (smaller is better: agreement of names, metres apart); a nested
    outline only where nothing else is of one shape with either.
    """

    reason: str
    rank: tuple[int, float]
    firm: bool = False
    nested: bool = False


def reach_m(accuracy_m: float, other_accuracy_m: float, share: float = KEPT) -> float:
    """How far apart (metres) two measurements of one point may lie to keep that share of them."""
    factor = math.sqrt(math.log(1 - share) / math.log(1 - WITHIN_ACCURACY))
    return factor * math.hypot(accuracy_m, other_accuracy_m)


#: Further than this (metres) no two points are compared.
FURTHEST_M = math.hypot(
    reach_m(WORST_ACCURACY_M, WORST_ACCURACY_M, KEPT_OF_ONE_NAME), WORST_ACCURACY_M
)


def name_column(layer: Layer) -> str | None:
    """The field by which people call a record; none where it is a code (tablets give those from
    ranges of their own), the kind, or a number within the record that this is a part of."""
    name = layer.title_field
    if name is None or name in (layer.key, layer.kind_field) or layer.compositions:
        return None
    return name


def agreement(one: object, other: object) -> int:
    """SAME_NAME, OTHER_NAME, or NO_NAME where one is not given or is a part of the other."""
    first, second = _plain(one), _plain(other)
    if not first or not second:
        return NO_NAME
    if first == second:
        return SAME_NAME
    return NO_NAME if first in second or second in first else OTHER_NAME


def _plain(name: object) -> str:
    text = unicodedata.normalize("NFKC", name).casefold() if isinstance(name, str) else ""
    return "".join(letter for letter in text if letter.isalnum())


def likenesses(file: SurveyFile, layer: Layer, pairs: Pairs) -> dict[tuple[str, str], Likeness]:
    """The pairs that look like one thing, judged each by its own two records alone."""
    if not pairs or layer.geometry not in ("POINT", "MULTIPOLYGON"):
        return {}
    records = _read(file, layer, pairs)
    if layer.geometry == "MULTIPOLYGON":
        return _outlines(records, pairs)
    return _points(file, layer, records, pairs)


@dataclass(frozen=True, slots=True)
class _Record:
    shape: Any
    accuracy_m: float
    kind: object
    name: object


def _read(file: SurveyFile, layer: Layer, pairs: Pairs) -> dict[str, _Record]:
    default = layer.accuracy.horizontal_m if layer.accuracy else 1.0
    kind, name = layer.kind_field, name_column(layer)
    columns = (
        GEOMETRY_COLUMN,
        "horizontal_accuracy_m",
        f'"{kind}"' if kind else "NULL",
        f'"{name}"' if name else "NULL",
    )
    rows = values_of(file, layer, pairs, columns)
    shapes, _ = blobs.decode_readable([row[0] for row in rows.values()])
    return {
        uuid: _Record(
            shape,
            min(max(default if row[1] is None else float(row[1]), 0.0), WORST_ACCURACY_M),
            row[2],
            row[3],
        )
        for (uuid, row), shape in zip(rows.items(), shapes, strict=True)
    }


def values_of(
    file: SurveyFile, layer: Layer, pairs: Pairs, columns: tuple[str, ...]
) -> dict[str, tuple[Any, ...]]:
    """The columns of every record in the pairs, by uuid."""
    with_names(file.connection, {uuid for pair in pairs for uuid in pair})
    return {
        row[0]: row[1:]
        for row in file.connection.execute(
            f'SELECT t.uuid, {", ".join(columns)} FROM temp.named n CROSS JOIN "{layer.name}" t '
            "ON t.uuid = n.uuid"
        )
    }


# -- points -----------------------------------------------------------------------------------


def _points(
    file: SurveyFile, layer: Layer, records: dict[str, _Record], pairs: Pairs
) -> dict[tuple[str, str], Likeness]:
    """Points of one kind within reach of their accuracies, and of what people differ about the
    place itself: two do not hold the pole at the same side of a well. The layer's snapping
    distance stands for that."""
    snap = min(layer.accuracy.snap_m, WORST_ACCURACY_M) if layer.accuracy else 0.0
    factors = [reach_m(1.0, 0.0, each) for each in (KEPT_OF_ONE_NAME, KEPT, KEPT_OF_OTHER_NAMES)]
    shapes = [each.shape for each in records.values()]
    places = dict(
        zip(records, zip(shapely.get_x(shapes), shapely.get_y(shapes), strict=True), strict=True)
    )
    found: dict[tuple[str, str], Likeness] = {}
    for a, b in pairs:
        one, two = records.get(a), records.get(b)
        if one is None or two is None or one.kind != two.kind:
            continue
        apart = math.dist(places[a], places[b])
        if not apart <= FURTHEST_M:
            continue  # a place that is not told is a NaN, and within nothing
        names = agreement(one.name, two.name)
        reach = factors[names] * math.hypot(one.accuracy_m, two.accuracy_m)
        if apart <= math.hypot(snap, reach):
            found[a, b] = Likeness("near", (names, float(apart)))
    if layer.compositions and found:
        of_one = _parts_of_one(file, layer, list(found))
        found = {pair: likeness for pair, likeness in found.items() if pair in of_one}
    return found


def _parts_of_one(file: SurveyFile, layer: Layer, pairs: Pairs) -> set[tuple[str, str]]:
    """The pairs whose records may be parts of one thing: each parcel at a corner has a boundary
    point of its own there, and two of them are one only if the parcels are."""
    parents = {relation.field: relation.parent for relation in layer.compositions}
    rows = values_of(file, layer, pairs, tuple(f'"{name}"' for name in parents))
    found: set[tuple[str, str]] = set()
    doubtful: dict[str, dict[tuple[str, str], Pairs]] = {}
    for pair in pairs:
        one, two = rows[pair[0]], rows[pair[1]]
        if not any(one) or not any(two) or any(p and p == q for p, q in zip(one, two, strict=True)):
            found.add(pair)
            continue
        for parent, p, q in zip(parents.values(), one, two, strict=True):
            if p and q:
                wholes = (min(p, q), max(p, q))
                doubtful.setdefault(parent, {}).setdefault(wholes, []).append(pair)
    for parent, by_wholes in doubtful.items():
        for wholes in likenesses(file, file.catalogue.layer(parent), list(by_wholes)):
            found.update(by_wholes[wholes])
    return found


# -- outlines ---------------------------------------------------------------------------------


def _outlines(records: dict[str, _Record], pairs: Pairs) -> dict[tuple[str, str], Likeness]:
    """Outlines that overlap, or would if one were moved as far as both accuracies allow."""
    pairs = _sharing_ground(records, pairs)
    if not pairs:
        return {}
    one = np.array([records[a].shape for a, _ in pairs], object)
    two = np.array([records[b].shape for _, b in pairs], object)
    names = np.array([agreement(records[a].name, records[b].name) for a, b in pairs])
    kinds = [(records[a].kind, records[b].kind) for a, b in pairs]
    against = (names == OTHER_NAME) | np.array(
        [p is not None and q is not None and p != q for p, q in kinds]
    )
    areas = shapely.area(one), shapely.area(two)
    smaller = np.minimum(*areas)
    common = shapely.area(shapely.intersection(one, two))
    moves = _centres(one) - _centres(two)
    apart = np.hypot(moves[:, 0], moves[:, 1])
    reach = np.array([reach_m(records[a].accuracy_m, records[b].accuracy_m) for a, b in pairs])

    same = common > SAME_SHAPE * (areas[0] + areas[1] - common)
    moved = ~same & ~against & (apart <= reach) & (common > LEAST_IN_COMMON * smaller)
    shared = np.zeros(len(pairs))
    shared[moved] = shapely.area(shapely.intersection(one[moved], _moved(two[moved], moves[moved])))
    blurred = np.minimum(reach / np.sqrt(smaller), 1.0)
    needed = SAME_SHAPE + (SAME_SHAPE_OF_SMALL - SAME_SHAPE) * blurred
    moved &= shared > needed * (areas[0] + areas[1] - shared)
    mostly = common > OVERLAP_SHARE * smaller

    found: dict[tuple[str, str], Likeness] = {}
    for place, pair in enumerate(pairs):
        rank = (int(names[place]), float(apart[place]))
        if same[place]:
            found[pair] = Likeness("overlap", rank, firm=True)
        elif moved[place]:
            found[pair] = Likeness("overlap" if mostly[place] else "same_shape", rank)
        elif mostly[place] and not against[place]:
            found[pair] = Likeness("overlap", rank, nested=True)
    return found


def _sharing_ground(records: dict[str, _Record], pairs: Pairs) -> Pairs:
    """The pairs of sound outlines whose bounds have enough in common to be worth the sum."""
    pairs = [(a, b) for a, b in pairs if a in records and b in records]
    if not pairs:
        return []
    one = np.array([records[a].shape for a, _ in pairs], object)
    two = np.array([records[b].shape for _, b in pairs], object)
    first, second = shapely.bounds(one), shapely.bounds(two)
    sides = np.minimum(first[:, 2:], second[:, 2:]) - np.maximum(first[:, :2], second[:, :2])
    room = np.prod(np.maximum(np.nan_to_num(sides), 0.0), axis=1)
    smaller = np.nan_to_num(np.minimum(shapely.area(one), shapely.area(two)))
    worth = (room > LEAST_IN_COMMON * smaller) & (smaller > 0.0)
    worth[worth] = shapely.is_valid(one[worth]) & shapely.is_valid(two[worth])
    return [pairs[place] for place in np.flatnonzero(worth)]


def _centres(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    centres: NDArray[np.float64] = shapely.get_coordinates(shapely.centroid(shapes))
    return centres


def _moved(shapes: NDArray[np.object_], moves: NDArray[np.float64]) -> NDArray[np.object_]:
    coordinates, owners = shapely.get_coordinates(shapes, return_index=True)
    moved: NDArray[np.object_] = shapely.set_coordinates(
        np.array(shapes, object), coordinates + moves[owners]
    )
    return moved
