"""Standing at a point: epochs come in one by one, and at any moment it is known how good it is."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .averaging import (
    Agreement,
    AveragedPoint,
    Kind,
    agreement,
    average,
    chosen_kind,
    count_latest,
    kind_of,
)
from .elapsed import elapsed_s
from .fix import Fix, FixType
from .local_plane import LocalPlane
from .quality import FIX_TYPES, rank

#: Which epochs agree is found anew once there are so many more of them (1/16). In between, a new
#: epoch is held against what was found last, so that a stand costs the same however long it is.
_MORE = 16
#: So many epochs one after the other away from the others, for so long, were measured elsewhere.
_AWAY_EPOCHS, _AWAY_S = 5, 3.0
#: A gap longer than this is no standing: the receiver was silent.
_LONGEST_EPOCH_S = 3.0


@dataclass(frozen=True)
class StandProgress:
    """A stand at this moment.

    `good` of `needed` epochs of fix type `fix_type` agree, `rejected` of that type do not;
    `standing_s` is how long there was such a position, dropouts left out. `spread_m` and
    `accuracy_m` are those of the average as it is now, None before there is one (the accuracy
    also where the receiver states none). `paused`: the last epoch was no such position.
    `moved_m`: so far from the first epochs do the later ones lie, where that is more than their
    accuracy explains; else None.
    """

    good: int
    needed: int
    fix_type: FixType
    rejected: int
    standing_s: float
    spread_m: float | None
    accuracy_m: float | None
    paused: bool
    moved_m: float | None

    @property
    def enough(self) -> bool:
        return self.good >= self.needed


class Stand:
    """The epochs of one spot, and what they say so far.

    Parameters
    ----------
    fix_types : sequence of str, optional
        Fix types that are good enough.
    needed : int, optional
        How many epochs that agree are enough.
    """

    def __init__(self, fix_types: Sequence[str] = FIX_TYPES, needed: int = 1) -> None:
        self._fix_types = tuple(fix_types)
        self._needed = needed
        self._fixes: list[Fix] = []
        self._counts: dict[Kind, int] = {}
        self._spots: dict[Kind, _Spot] = {}
        self._chosen: Kind | None = None
        self._paused = True
        self._plane: LocalPlane | None = None

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """Every epoch received, those that are not used too."""
        return tuple(self._fixes)

    def add(self, fix: Fix) -> None:
        """Take an epoch."""
        self._fixes.append(fix)
        kind = kind_of(fix)
        if kind is not None:
            if self._plane is None:
                self._plane = LocalPlane(fix.longitude_deg, fix.latitude_deg)
            if kind not in self._spots:
                self._spots[kind] = _Spot(kind.fix_type)
            count_latest(self._counts, kind)
            self._spots[kind].add(self._plane.metres(fix.longitude_deg, fix.latitude_deg), fix)
            self._chosen = chosen_kind(self._counts, self._fix_types, self._needed)
        self._paused = kind is None or not self._as_good_as_chosen(kind)

    @property
    def progress(self) -> StandProgress:
        """How far it is; costs the same however many epochs there are."""
        if self._chosen is None:
            return StandProgress(0, self._needed, "none", 0, 0.0, None, None, True, None)
        spot = self._spots[self._chosen]
        good = spot.good if self._chosen.fix_type in self._fix_types else 0
        if good >= self._needed > spot.good_when_found:
            # Whether it is enough is no matter of running sums.
            spot.find()
            good = spot.good
        return StandProgress(
            good=good,
            needed=self._needed,
            fix_type=self._chosen.fix_type,
            rejected=spot.epochs - spot.good,
            standing_s=spot.standing_s,
            spread_m=spot.spread_m,
            accuracy_m=spot.accuracy_m,
            paused=self._paused,
            moved_m=spot.moved_m,
        )

    def _as_good_as_chosen(self, kind: Kind) -> bool:
        chosen = self._chosen
        assert chosen is not None
        return kind.mock <= chosen.mock and rank(kind.fix_type) >= rank(chosen.fix_type)

    def point(self, srid: int | None = None) -> AveragedPoint:
        """The average of what there is, as `averaging.average`, with its errors."""
        return average(self._fixes, srid, fix_types=self._fix_types, minimum_epochs=self._needed)


class _Spot:
    """The epochs of one kind: which agree, found anew now and then, and running sums of those."""

    def __init__(self, fix_type: FixType) -> None:
        self._fix_type = fix_type
        self._x_m, self._y_m, self._stated_m = array("d"), array("d"), array("d")
        self._found: Agreement | None = None
        self._found_at = 0
        self.good_when_found = 0
        #: Of the good ones: number, x, y, x² + y².
        self._sums = np.zeros(4)
        self._last: Fix | None = None
        self.standing_s = 0.0
        #: Of the latest ones, as long as they lie away from the others: number, x, y, seconds.
        self._away = np.zeros(4)

    @property
    def epochs(self) -> int:
        return len(self._x_m)

    @property
    def good(self) -> int:
        return int(self._sums[0])

    @property
    def spread_m(self) -> float:
        number, x, y, squares = self._sums
        return math.sqrt(max(float(squares / number - (x / number) ** 2 - (y / number) ** 2), 0.0))

    @property
    def accuracy_m(self) -> float | None:
        assert self._found is not None
        stated_m = self._found.stated_m
        return None if stated_m is None else max(stated_m, self.spread_m)

    @property
    def moved_m(self) -> float | None:
        found = self._found
        assert found is not None
        if self._away[0] >= _AWAY_EPOCHS and self._away[3] >= _AWAY_S:
            away_m = math.hypot(
                self._away[1] / self._away[0] - found.x_m, self._away[2] / self._away[0] - found.y_m
            )
            if away_m > found.still_within_m:
                return away_m
        return found.shift_m if found.shift_m > found.still_within_m else None

    def add(self, at_m: tuple[float, float], fix: Fix) -> None:
        x_m, y_m = at_m
        stated_m = fix.horizontal_accuracy_m
        since_s = 0.0 if self._last is None else elapsed_s(self._last, fix)
        if since_s > _LONGEST_EPOCH_S:
            since_s = 0.0
        self._last = fix
        self.standing_s += since_s
        self._x_m.append(x_m)
        self._y_m.append(y_m)
        self._stated_m.append(math.nan if stated_m is None else stated_m)
        if self._found is None or self.epochs >= self._found_at + max(1, self._found_at // _MORE):
            agrees = self.find()
        elif agrees := self._found.agrees(x_m, y_m, stated_m):
            self._sums += (1, x_m, y_m, x_m**2 + y_m**2)
        if agrees:
            self._away[:] = 0
        else:
            self._away += (1, x_m, y_m, since_s)

    def find(self) -> bool:
        """Find anew which epochs agree; whether the latest does."""
        x, y = np.array(self._x_m), np.array(self._y_m)
        found = agreement(x, y, self._stated_m, self._fix_type)
        x, y = x[found.good], y[found.good]
        self._sums = np.array([len(x), x.sum(), y.sum(), (x**2 + y**2).sum()])
        self._found, self._found_at, self.good_when_found = found, self.epochs, len(x)
        return bool(found.good[-1])
