"""Standing at a point: what is known of it at each moment."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import fix_at, fixes_at, nowhere, wandering
from xiangtu.gnss import stand
from xiangtu.gnss.nmea_file import NmeaFile
from xiangtu.gnss.stand import Stand


def stood(*fixes, **asked) -> Stand:
    standing = Stand(**asked)
    for fix in fixes:
        standing.add(fix)
    return standing


def still(count: int, east_m: float = 0.0, begins: int = 0, **other) -> list:
    return [fix_at(east_m + 0.01 * (-1) ** n, 0, begins + n, **other) for n in range(count)]


def test_progress_says_how_many_and_how_good() -> None:
    nothing = Stand(needed=10).progress
    assert (nothing.good, nothing.needed, nothing.paused, nothing.enough) == (0, 10, True, False)
    assert nothing.spread_m is None and nothing.fix_type == "none"
    standing = stood(*still(9), needed=10)
    now = standing.progress
    assert (now.good, now.fix_type, now.rejected, now.paused) == (9, "rtk_fixed", 0, False)
    assert now.standing_s == 8
    assert now.spread_m == pytest.approx(0.01, rel=0.05)
    assert now.accuracy_m == pytest.approx(0.02)
    assert not now.enough and now.moved_m is None
    standing.add(fix_at(0, 0, 9))
    assert standing.progress.enough


def test_a_dropout_and_a_worse_type_pause_it() -> None:
    standing = stood(*still(5))
    standing.add(nowhere(5))
    assert standing.progress.paused
    single = {"fix_type": "single", "horizontal_accuracy_m": 3.0}
    standing.add(fix_at(2, 0, 6, **single))
    now = standing.progress
    assert now.paused and (now.good, now.fix_type) == (5, "rtk_fixed")
    standing.add(fix_at(0, 0, 30, mock=True))
    assert standing.progress.paused
    standing.add(fix_at(0, 0, 60))
    now = standing.progress
    # The minute without a position was no standing.
    assert (now.good, now.standing_s, now.paused) == (6, 4, False)
    assert len(standing.fixes) == 9
    assert standing.point().epochs_given == 9


def test_a_better_type_takes_over_once_there_is_enough_of_it() -> None:
    single = {"fix_type": "single", "horizontal_accuracy_m": 3.0}
    standing = stood(*still(6, **single), needed=5)
    assert standing.progress.enough
    for fix in still(4, begins=6):
        standing.add(fix)
        now = standing.progress
        assert now.fix_type == "single" and not now.paused
    standing.add(fix_at(0, 0, 10))
    assert (standing.progress.fix_type, standing.progress.good) == ("rtk_fixed", 5)


def test_epochs_of_a_type_that_is_not_good_enough_are_none() -> None:
    standing = stood(*still(6, fix_type="single"), fix_types=("rtk_fixed",), needed=3)
    assert (standing.progress.good, standing.progress.enough) == (0, False)


def test_outliers_are_counted_as_they_come() -> None:
    standing = stood(*still(40))
    for n in range(4):
        standing.add(fix_at(50.0 * (-1) ** n, 30, 40 + 2 * n))
        standing.add(fix_at(0, 0, 41 + 2 * n))
    now = standing.progress
    assert (now.good, now.rejected) == (44, 4)
    # Now here, now there: that is no walking off.
    assert now.moved_m is None


def test_walking_off_is_said_instead_of_averaging_two_places() -> None:
    standing = stood(*still(20))
    for n in range(8):
        standing.add(fix_at(4 + 0.5 * n, 0, 20 + n))
    now = standing.progress
    assert now.moved_m == pytest.approx(5.75, abs=0.8)
    assert now.good == 20
    # Half the epochs there are two places, whichever it is.
    for fix in still(20, 9.0, begins=28):
        standing.add(fix)
    assert standing.progress.moved_m > 5
    # A pole that slides is seen while nobody would call it walking.
    sliding = stood(*(fix_at(0.01 * n, 0, n) for n in range(60)))
    assert 0.3 < sliding.progress.moved_m < 0.6


def test_a_wandering_receiver_does_not_move() -> None:
    for seed in range(20):
        errors_m = wandering(np.random.default_rng(seed), 300, 1.0, 3.0, over_s=60.0)
        fixes = fixes_at(errors_m, 1.0, fix_type="single", horizontal_accuracy_m=3.0)
        assert stood(*fixes).progress.moved_m is None


def test_the_real_receiver_that_crept_moved(shared_data: Path) -> None:
    fixes = NmeaFile(shared_data / "nmea" / "gpsd" / "ublox-zed-f9r.log")
    now = stood(*fixes).progress
    assert now.fix_type == "rtk_float" and now.good == 30
    assert now.moved_m == pytest.approx(0.53, abs=0.1)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 150))
def test_what_is_said_while_standing_is_what_comes_out(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    errors_m = wandering(random, count, 1.0, 0.5, over_s=20.0, white=0.5)
    errors_m[random.random(count) < 0.1] += (20, 5)
    standing = stood(*fixes_at(errors_m, 1.0, fix_type="rtk_float", horizontal_accuracy_m=0.5))
    now, point = standing.progress, standing.point()
    assert now.good + now.rejected == point.epochs + point.epochs_rejected == count
    # The latest of many are judged by what was found a sixteenth ago.
    assert abs(now.good - point.epochs) <= count // 16
    if now.good == point.epochs:
        assert now.spread_m == pytest.approx(point.spread_m, rel=0.02, abs=1e-6)
        assert now.accuracy_m == pytest.approx(point.horizontal_accuracy_m, rel=0.05)


def test_enough_is_never_said_of_epochs_that_the_point_does_not_have() -> None:
    # Errors with long tails, at which what agreed a moment ago does no more once more is known.
    for seed, needed in ((47, 32), (50, 134), (54, 92), (56, 45), (58, 35)):
        random = np.random.default_rng(seed)
        standing = Stand(needed=needed)
        while not standing.progress.enough:
            n = len(standing.fixes)
            standing.add(fix_at(*random.standard_t(2, 2) * 0.02, n))
        assert standing.point().epochs >= needed


def test_a_long_stand_costs_an_epoch_what_a_short_one_does(monkeypatch) -> None:
    looked_at = 0
    agreement = stand.agreement

    def counted(x_m, *others):
        nonlocal looked_at
        looked_at += len(x_m)
        return agreement(x_m, *others)

    monkeypatch.setattr(stand, "agreement", counted)
    # Ten minutes at 10 Hz, and the screen asks each time.
    standing = Stand(needed=10)
    random = np.random.default_rng(1)
    for fix in fixes_at(
        wandering(random, 6000, 0.1, 0.02, over_s=30.0), 0.1, fix_type="rtk_fixed",
        horizontal_accuracy_m=0.02,
    ):  # fmt: skip
        standing.add(fix)
        assert math.isfinite(standing.progress.accuracy_m)
    assert looked_at < 20 * 6000
