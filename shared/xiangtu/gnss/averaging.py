"""One point out of many epochs: the weighted mean of those that agree, of one kind."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np

from ..errors import BadInput
from ..geo import gauss_kruger
from .fix import Datum, Fix, FixType
from .local_plane import metres_in_a_degree
from .outliers import believed, inliers
from .quality import FIX_TYPES, accuracy_from_dop, position_problem, rank

#: Later epochs that lie farther from the first than so many times their accuracy, or the deviation
#: of their means, were measured elsewhere; but fewer than so many tell nothing, and nobody holds a
#: pole stiller than this.
_ELSEWHERE = 4.0
_LEAST_THIRD = 3
_STILL_M = 0.05
#: Heights are worse than positions by about this much, where a receiver does not say how much.
_HEIGHT_WORSE = 1.5


class Kind(NamedTuple):
    """What epochs must have in common to become one point.

    States of RTK are never mixed; nor are declared datums, which lie half a metre apart in China,
    nor measured positions with mock ones. One antenna height: where it was changed while
    standing, the pole was lifted or the height before it was wrong.
    """

    fix_type: FixType
    datum: Datum
    antenna_height_m: float | None
    mock: bool


@dataclass(frozen=True)
class AveragedPoint:
    """The mean of `epochs` positions of one kind, out of `epochs_given`.

    The others are counted by why they are not in it: `epochs_rejected` as outliers,
    `epochs_left_out` since they are of another kind, `epochs_without_position`.

    `easting_m`, `northing_m` are in the metric CRS that was asked for, else None. `spread_m` is
    the root mean square distance of the epochs from the mean, `farthest_m` the largest.
    `horizontal_accuracy_m` (68 %) is that of one epoch on weighted average and never less than
    the spread: the errors of epochs one after the other are alike, so that many of them are no
    better than one, merely safer. The same holds for the vertical one. Heights are those of the
    mark: the antenna's less the antenna height that the epochs have. `shift_m` is how far the
    last third of the epochs lies from the first third; within `still_within_m` that is no more
    than the accuracy explains. `satellites` is the fewest. `fixes` are the epochs that were used.
    """

    longitude_deg: float
    latitude_deg: float
    easting_m: float | None
    northing_m: float | None
    fix_type: FixType
    epochs: int
    epochs_given: int
    epochs_rejected: int
    epochs_left_out: int
    epochs_without_position: int
    spread_m: float
    farthest_m: float
    shift_m: float
    still_within_m: float
    horizontal_accuracy_m: float | None
    vertical_accuracy_m: float | None
    height_ellipsoid_m: float | None
    height_sea_level_m: float | None
    satellites: int | None
    started_at: datetime | None
    ended_at: datetime | None
    fixes: tuple[Fix, ...]


@dataclass(frozen=True)
class Agreement:
    """Which of the positions of one spot agree, and what they say together.

    `good` and `weight` are arrays (n,), of bool and of 1/m². An epoch is good within `limit` times
    its deviation along one coordinate, which is held for no less than `least_m`. `x_m`, `y_m` are
    the weighted mean of the good ones, `stated_m` the accuracy that the receiver stated, None
    where it did not; the other values are those of `AveragedPoint` by the same names.
    """

    good: np.ndarray
    weight: np.ndarray
    limit: float
    least_m: float
    x_m: float
    y_m: float
    spread_m: float
    farthest_m: float
    shift_m: float
    still_within_m: float
    stated_m: float | None

    @property
    def accuracy_m(self) -> float | None:
        """The stated accuracy, and never less than the spread."""
        return None if self.stated_m is None else max(self.stated_m, self.spread_m)

    def agrees(self, x_m: float, y_m: float, stated_m: float | None) -> bool:
        """Whether one more epoch would be good, as far as those so far can tell."""
        deviation_m = self.least_m if stated_m is None else stated_m / math.sqrt(2)
        # Written so that an accuracy that is no number is no reason to believe a position less.
        believed_m = deviation_m if deviation_m > self.least_m else self.least_m
        return math.hypot(x_m - self.x_m, y_m - self.y_m) <= self.limit * believed_m


def average(
    fixes: Iterable[Fix],
    srid: int | None = None,
    *,
    fix_types: Sequence[str] = FIX_TYPES,
    minimum_epochs: int = 1,
) -> AveragedPoint:
    """The mean of one kind of fix among `fixes`, as `chosen_kind` says; others are never mixed in.

    Parameters
    ----------
    fixes : iterable of Fix
        Epochs of one spot. Those without a usable position are counted, not used.
    srid : int, optional
        A metric CRS (EPSG) in which the mean is then taken; else it is taken in degrees.
    fix_types, minimum_epochs
        What is asked for: fix types that are good enough, and how many epochs.

    Raises
    ------
    BadInput
        "gnss.average.nothing" if no fix has a position.
    """
    given = list(fixes)
    kinds = [kind_of(fix) for fix in given]
    counts: dict[Kind, int] = {}
    for kind in kinds:
        if kind is not None:
            count_latest(counts, kind)
    if not counts:
        raise BadInput("gnss.average.nothing", epochs=len(given))
    chosen = chosen_kind(counts, fix_types, minimum_epochs)
    candidates = [fix for fix, kind in zip(given, kinds, strict=True) if kind == chosen]

    longitude = np.array([fix.longitude_deg for fix in candidates])
    latitude = np.array([fix.latitude_deg for fix in candidates])
    # Across 180° the mean would lie on the other side of the Earth.
    longitude = longitude[0] + (longitude - longitude[0] + 180) % 360 - 180
    if srid is None:
        east_m, north_m = metres_in_a_degree(float(np.median(latitude)))
        x, y = (longitude - longitude[0]) * east_m, (latitude - latitude[0]) * north_m
    else:
        x, y = gauss_kruger.forward(longitude, latitude, srid)
    stated_m = [fix.horizontal_accuracy_m for fix in candidates]
    found = agreement(x, y, stated_m, chosen.fix_type)
    good, weight = found.good, found.weight[found.good]
    used = [fix for fix, fits in zip(candidates, good, strict=True) if fits]
    mean_longitude_deg = float(np.average(longitude[good], weights=weight))
    satellites = [fix.satellites for fix in used if fix.satellites is not None]
    times = [fix.time for fix in used if fix.time is not None]
    antenna_m = chosen.antenna_height_m or 0.0
    ellipsoid_m, vertical_m = _height([fix.height_ellipsoid_m for fix in used], used)
    sea_level_m, vertical_again_m = _height([fix.height_sea_level_m for fix in used], used)
    return AveragedPoint(
        longitude_deg=(mean_longitude_deg + 180) % 360 - 180,
        latitude_deg=float(np.average(latitude[good], weights=weight)),
        easting_m=None if srid is None else found.x_m,
        northing_m=None if srid is None else found.y_m,
        fix_type=chosen.fix_type,
        epochs=len(used),
        epochs_given=len(given),
        epochs_rejected=len(candidates) - len(used),
        epochs_left_out=sum(counts.values()) - len(candidates),
        epochs_without_position=len(given) - sum(counts.values()),
        spread_m=found.spread_m,
        farthest_m=found.farthest_m,
        shift_m=found.shift_m,
        still_within_m=found.still_within_m,
        horizontal_accuracy_m=found.accuracy_m,
        vertical_accuracy_m=vertical_again_m if vertical_m is None else vertical_m,
        height_ellipsoid_m=None if ellipsoid_m is None else ellipsoid_m - antenna_m,
        height_sea_level_m=None if sea_level_m is None else sea_level_m - antenna_m,
        satellites=min(satellites, default=None),
        started_at=min(times, default=None),
        ended_at=max(times, default=None),
        fixes=tuple(used),
    )


def kind_of(fix: Fix) -> Kind | None:
    """What a fix may be averaged with; None if it has no usable position."""
    if fix.fix_type == "none" or position_problem(fix.longitude_deg, fix.latitude_deg):
        return None
    return Kind(fix.fix_type, fix.datum, fix.antenna_height_m, fix.mock)


def count_latest(counts: dict[Kind, int], kind: Kind) -> None:
    """Count an epoch of a kind; the kinds then stand in the order of their latest epochs."""
    counts[kind] = counts.pop(kind, 0) + 1


def chosen_kind(
    counts: Mapping[Kind, int], fix_types: Sequence[str] = FIX_TYPES, minimum_epochs: int = 1
) -> Kind:
    """The kind of which a point is made.

    The best fix type that is good enough and of which there are enough epochs: a handful of
    fixed epochs among hundreds of floating ones may well be a wrong fixing. If there is none, the
    best there is, and what it lacks is for the layer's gate to say. Mock positions only where
    there are no others. Where a declared datum or antenna height changed, what was said last
    holds.

    Parameters
    ----------
    counts : mapping of Kind to int
        How many epochs there are of each, in the order of their latest ones; not empty.
    """
    latest = {(kind.mock, kind.fix_type): kind for kind in counts}
    return max(
        latest.values(),
        key=lambda kind: (
            not kind.mock,
            kind.fix_type in fix_types and counts[kind] >= minimum_epochs,
            rank(kind.fix_type),
        ),
    )


def agreement(
    x_m: np.ndarray, y_m: np.ndarray, stated_m: Sequence[float | None], fix_type: FixType
) -> Agreement:
    """What positions of one spot and one fix type say together, without the outliers among them.

    Parameters
    ----------
    x_m, y_m : array (n,)
        Metres, in the order of time.
    stated_m : sequence of float or None
        Their horizontal accuracies (68 %). An epoch that states none is held for the worst of
        those that do; where none does, all are held for what the fix type lets one expect.
    """
    expected_m = accuracy_from_dop(1.0, fix_type)
    assert expected_m is not None
    each_m, known = _deviations(stated_m, expected_m)
    positions = np.column_stack([x_m, y_m])
    # Along one coordinate, errors are smaller than in the plane.
    deviation_m = each_m / math.sqrt(2)
    good, limit = inliers(positions, deviation_m)
    believed_m = believed(deviation_m)
    weight = 1 / believed_m**2
    x, y = np.average(positions[good], axis=0, weights=weight[good])
    from_mean = np.hypot(x_m[good] - x, y_m[good] - y)
    mean_stated_m = float(np.average(each_m[good], weights=weight[good]))
    shift_m, still_within_m = _shift(positions[good], mean_stated_m)
    return Agreement(
        good=good,
        weight=weight,
        limit=limit,
        least_m=float(believed_m.min()),
        x_m=float(x),
        y_m=float(y),
        spread_m=float(np.sqrt(np.mean(from_mean**2))),
        farthest_m=float(from_mean.max()),
        shift_m=shift_m,
        still_within_m=still_within_m,
        stated_m=mean_stated_m if known[good].all() else None,
    )


def _shift(positions: np.ndarray, stated_m: float) -> tuple[float, float]:
    """How far the last third of positions (n, 2) lies from the first, and how far it may: by their
    stated accuracy, and by how they scatter themselves; 0 m where there are too few to tell."""
    third = len(positions) // 3
    still_within_m = max(_ELSEWHERE * stated_m, _STILL_M)
    if third < _LEAST_THIRD:
        return 0.0, still_within_m
    first, last = positions[:third], positions[-third:]
    variances = [part.var(axis=0, ddof=1).sum() for part in (first, last)]
    scatter_m = math.sqrt(sum(variances) / third)
    shift_m = float(np.hypot(*(last.mean(axis=0) - first.mean(axis=0))))
    return shift_m, max(still_within_m, _ELSEWHERE * scatter_m)


def _deviations(stated: Sequence[float | None], expected: float) -> tuple[np.ndarray, np.ndarray]:
    """Deviations with the gaps filled, and which of them were stated: two arrays (n,)."""
    values = np.array([math.nan if each is None else each for each in stated], float)
    known = np.isfinite(values) & (values > 0)
    values[~known] = values[known].max() if known.any() else expected
    return values, known


def _height(
    heights: Sequence[float | None], used: Sequence[Fix]
) -> tuple[float | None, float | None]:
    """The mean of the heights of epochs, without outliers, and its accuracy, both in metres.

    No height unless most of the epochs have one; no accuracy where an epoch states
    none.
    """
    having = [
        (height, fix)
        for height, fix in zip(heights, used, strict=True)
        if height is not None and math.isfinite(height)
    ]
    if 2 * len(having) <= len(used):
        return None, None
    values = np.array([height for height, _ in having])
    expected_m = accuracy_from_dop(1.0, used[0].fix_type)
    assert expected_m is not None
    each_m, known = _deviations(
        [fix.vertical_accuracy_m for _, fix in having], _HEIGHT_WORSE * expected_m
    )
    good, _ = inliers(values[:, np.newaxis], each_m)
    weight = 1 / believed(each_m)[good] ** 2
    mean_m = float(np.average(values[good], weights=weight))
    spread_m = float(np.sqrt(np.mean((values[good] - mean_m) ** 2)))
    stated_m = float(np.average(each_m[good], weights=weight))
    return mean_m, max(stated_m, spread_m) if known[good].all() else None
