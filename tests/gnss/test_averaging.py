"""Points averaged from epochs with outliers and of several kinds, on real logs and known truth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import E0, N0, SRID, START, fix_at, fixes_at, nowhere, wandering
from xiangtu.errors import BadInput
from xiangtu.geo import gauss_kruger
from xiangtu.gnss.averaging import average
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.local_plane import metres_in_a_degree
from xiangtu.gnss.nmea_file import NmeaFile


def test_only_the_best_kind_of_fix_is_averaged(shared_data: Path) -> None:
    fixes = list(NmeaFile(shared_data / "nmea" / "gpsd" / "nmea-rtk.log"))
    point = average(fixes)
    fixed = [fix for fix in fixes if fix.fix_type == "rtk_fixed"]
    assert (point.fix_type, point.epochs, point.epochs_given) == ("rtk_fixed", 18, 122)
    assert point.fixes == tuple(fixed)
    assert point.longitude_deg == pytest.approx(
        np.mean([f.longitude_deg for f in fixed]), abs=1e-12
    )
    assert point.spread_m < 0.005
    assert point.started_at == fixed[0].time


def test_the_mean_in_a_metric_crs_and_its_spread() -> None:
    corners = [fix_at(x, y) for x, y in ((-1, 0), (1, 0), (0, -1), (0, 1))]
    point = average([*corners, nowhere(5)], SRID)
    assert (point.easting_m, point.northing_m) == (pytest.approx(E0), pytest.approx(N0))
    assert point.spread_m == pytest.approx(1.0, abs=1e-6)
    # Scattered by a metre, it is not good to two centimetres whatever the receiver says.
    assert point.horizontal_accuracy_m == pytest.approx(1.0, abs=1e-6)
    assert (point.epochs, point.epochs_given) == (4, 5)
    in_degrees = average(corners)
    assert in_degrees.easting_m is None
    assert in_degrees.spread_m == pytest.approx(1.0, rel=1e-3)


def test_many_epochs_do_not_make_a_point_better_than_one() -> None:
    fixes = [fix_at(0, 0, n, fix_type="single", horizontal_accuracy_m=3.0) for n in range(100)]
    assert average(fixes).horizontal_accuracy_m == pytest.approx(3.0)


def test_nothing_to_average_is_refused() -> None:
    broken = [nowhere(0), replace(fix_at(0, 0), latitude_deg=91.0), Fix(START, 0.0, 0.0)]
    with pytest.raises(BadInput, match=r"gnss\.average\.nothing") as refused:
        average(broken)
    assert refused.value.facts == {"epochs": 3}


def test_heights_that_most_epochs_lack_are_no_height() -> None:
    known = fix_at(0, 0, height_ellipsoid_m=50.0)
    assert average([known, known, fix_at(0, 0)]).height_ellipsoid_m == 50.0
    assert average([known, fix_at(0, 0)]).height_ellipsoid_m is None


def test_across_the_date_line() -> None:
    fixes = [Fix(START, 179.9999, 10.0), Fix(START, -179.9999, 10.0)]
    assert abs(abs(average(fixes).longitude_deg) - 180) < 1e-9


def test_metres_in_a_degree_agree_with_the_projection() -> None:
    east, north = metres_in_a_degree(35.0)
    x, y = gauss_kruger.forward([117.0, 117.00001, 117.0], [35.0, 35.0, 35.00001], 4548)
    assert (x[1] - x[0]) * 1e5 == pytest.approx(east, rel=1e-6)
    assert (y[2] - y[0]) * 1e5 == pytest.approx(north, rel=1e-6)


def test_the_real_receiver_at_rest_is_averaged_whole(shared_data: Path) -> None:
    # A u-blox ZED-F9R that stood for half a minute: nothing of it is an outlier.
    fixes = list(NmeaFile(shared_data / "nmea" / "gpsd" / "ublox-zed-f9r.log"))
    point = average(fixes)
    assert (point.fix_type, point.epochs, point.epochs_rejected) == ("rtk_float", 30, 0)
    # But its position crept by most of a metre while it said 9 cm.
    assert point.shift_m > point.still_within_m > 0.3
    assert point.horizontal_accuracy_m == pytest.approx(point.spread_m)


def test_a_receiver_under_poor_sky_is_averaged_without_its_worst_epochs(shared_data: Path) -> None:
    # A Unicore UM621 that stood; the antenna was covered for some seconds of it.
    fixes = list(NmeaFile(shared_data / "nmea" / "gpsd" / "unicore-um621.log"))
    point = average(fixes)
    assert (point.epochs + point.epochs_rejected, point.epochs_without_position) == (16, 4)
    good_m = [each.horizontal_accuracy_m for each in point.fixes]
    plain_m = np.mean([e.horizontal_accuracy_m for e in fixes if e.fix_type != "none"])
    assert point.horizontal_accuracy_m < 0.5 * plain_m
    assert np.median(good_m) < 2.2


def test_one_fix_three_kilometres_off_spoils_nothing() -> None:
    fixes = [fix_at(0.01 * (-1) ** n, 0, n) for n in range(20)]
    fixes[7] = fix_at(3000, 0, 7)
    point = average(fixes, SRID)
    assert math.hypot(point.easting_m - E0, point.northing_m - N0) < 0.002
    assert (point.epochs, point.epochs_rejected, point.epochs_given) == (19, 1, 20)
    assert fixes[7] not in point.fixes
    assert point.farthest_m < 0.02


def test_accurate_epochs_count_more_but_none_rules() -> None:
    rough = [fix_at(1.0, 0, n, fix_type="single", horizontal_accuracy_m=4.0) for n in range(10)]
    fine = [fix_at(0, 0, n, fix_type="single", horizontal_accuracy_m=2.0) for n in range(10)]
    point = average([*rough, *fine], SRID)
    # Half the deviation is four times the weight.
    assert point.easting_m - E0 == pytest.approx(0.2, abs=1e-6)
    assert point.horizontal_accuracy_m == pytest.approx(0.2 * 4 + 0.8 * 2)
    # One that claims a millimetre has the weight of four, no more.
    boasting = fix_at(0, 0, 99, fix_type="single", horizontal_accuracy_m=0.001)
    point = average([*rough, boasting], SRID)
    assert point.easting_m - E0 == pytest.approx(10 / 14, abs=1e-6)


@pytest.mark.parametrize("accuracy_m", [math.nan, 0.0, -1.0, None])
def test_an_accuracy_that_is_none_is_held_for_the_worst_and_told(accuracy_m) -> None:
    known = [fix_at(1, 0, n, fix_type="single", horizontal_accuracy_m=1.0) for n in range(5)]
    point = average(
        [*known, fix_at(0, 0, 6, fix_type="single", horizontal_accuracy_m=accuracy_m)], SRID
    )
    assert point.easting_m - E0 == pytest.approx(5 / 6, abs=1e-6)
    assert point.horizontal_accuracy_m is None


def test_a_handful_of_fixed_epochs_is_no_point_where_more_are_asked() -> None:
    floating = [
        fix_at(0.1, 0, n, fix_type="rtk_float", horizontal_accuracy_m=0.3) for n in range(50)
    ]
    fixed = [fix_at(0, 0, 60 + n) for n in range(3)]
    asked = {"fix_types": ("rtk_float", "rtk_fixed"), "minimum_epochs": 10}
    assert average([*floating, *fixed], **asked).fix_type == "rtk_float"
    enough = [fix_at(0, 0, 60 + n) for n in range(10)]
    point = average([*floating, *enough], **asked)
    assert (point.fix_type, point.epochs, point.epochs_left_out) == ("rtk_fixed", 10, 50)
    # Where floating ones are not good enough, however many, the fixed ones are what there is.
    only_fixed = {"fix_types": ("rtk_fixed",), "minimum_epochs": 10}
    assert average([*floating, *fixed], **only_fixed).fix_type == "rtk_fixed"


def test_what_was_measured_otherwise_is_never_mixed_in() -> None:
    first = [fix_at(0, 0, n, antenna_height_m=1.8, height_ellipsoid_m=51.8) for n in range(5)]
    lifted = [fix_at(0, 0, 9, antenna_height_m=2.3, height_ellipsoid_m=52.3)]
    point = average([*first, *lifted])
    assert (point.epochs, point.epochs_left_out) == (1, 5)
    assert point.height_ellipsoid_m == pytest.approx(50.0)
    shifted = [fix_at(0.6, 0, 9, datum="CGCS2000")]
    assert average([*first, *shifted]).fixes == tuple(shifted)
    mock = [fix_at(500, 0, 9 + n, mock=True) for n in range(9)]
    assert average([*first, *mock]).fixes == tuple(first)
    assert average(mock).fixes == tuple(mock)


def test_heights_are_those_of_the_mark_without_outliers() -> None:
    heights = [100.0, 100.02, 99.98, 100.01, 99.99, 107.0]
    fixes = [
        fix_at(0, 0, n, height_ellipsoid_m=each, height_sea_level_m=each + 20,
               vertical_accuracy_m=0.03, antenna_height_m=2.0)
        for n, each in enumerate(heights)
    ]  # fmt: skip
    point = average(fixes)
    assert point.height_ellipsoid_m == pytest.approx(98.0, abs=0.005)
    assert point.height_sea_level_m == pytest.approx(118.0, abs=0.005)
    assert point.vertical_accuracy_m == pytest.approx(0.03)
    assert point.epochs == 6
    # Scattered by half a metre, they are not good to three centimetres.
    loose = [replace(fix, height_ellipsoid_m=100 + 0.5 * (-1) ** n) for n, fix in enumerate(fixes)]
    assert average(loose).vertical_accuracy_m == pytest.approx(0.5, rel=0.01)
    no_pole = [replace(fix, antenna_height_m=None) for fix in fixes]
    assert average(no_pole).height_ellipsoid_m == pytest.approx(100.0, abs=0.005)


def test_a_stand_of_two_places_is_told_from_one() -> None:
    one = [fix_at(0.01 * (-1) ** n, 0, n) for n in range(12)]
    other = [fix_at(4 + 0.01 * (-1) ** n, 0, 20 + n) for n in range(12)]
    assert average(one).shift_m < 0.03 < average(one).still_within_m
    both = average([*one, *other])
    assert both.shift_m > both.still_within_m
    # Scattered widely about one place is one place.
    random = np.random.default_rng(3)
    loose = [fix_at(*random.normal(0, 0.3, 2), n) for n in range(30)]
    assert average(loose).shift_m < average(loose).still_within_m


KINDS = ["rtk_fixed", "rtk_float", "single", "none"]
EPOCHS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.floats(-40, 40),
        st.floats(-40, 40),
        st.floats(0.01, 20) | st.none() | st.just(math.nan),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=100, deadline=None)
@given(EPOCHS, st.integers(1, 8))
def test_every_epoch_is_accounted_for(epochs: list, minimum: int) -> None:
    fixes = [
        nowhere(n)
        if kind == "none"
        else fix_at(x, y, n, fix_type=kind, horizontal_accuracy_m=good, mock=mock)
        for n, (kind, x, y, good, mock) in enumerate(epochs)
    ]
    if all(kind == "none" for kind, *_ in epochs):
        with pytest.raises(BadInput):
            average(fixes)
        return
    point = average(fixes, SRID, minimum_epochs=minimum)
    assert point.epochs_given == len(fixes) == (
        point.epochs + point.epochs_rejected + point.epochs_left_out + point.epochs_without_position
    )  # fmt: skip
    assert point.epochs == len(point.fixes) >= point.epochs_rejected
    assert len({(each.fix_type, each.mock) for each in point.fixes}) == 1
    assert point.spread_m <= point.farthest_m + 1e-9
    # The mean lies among the epochs that it is of.
    x, _ = gauss_kruger.forward(
        [each.longitude_deg for each in point.fixes],
        [each.latitude_deg for each in point.fixes],
        SRID,
    )
    assert min(x) - 1e-6 <= point.easting_m <= max(x) + 1e-6


# -- simulated stands with known truth ---------------------------------------------------------

#: A minute at 1 Hz, stated (and truly) good to a metre.
STAND_EPOCHS, STAND_M = 60, 1.0


def scattered(random: np.random.Generator, errors_m: np.ndarray) -> None:
    """A tenth of the epochs, anywhere in time, lie 5 to 50 m away in any direction."""
    chosen = random.choice(len(errors_m), len(errors_m) // 10, replace=False)
    _displace(random, errors_m, chosen, random.uniform(0, 2 * np.pi, len(chosen)))


def one_sided(random: np.random.Generator, errors_m: np.ndarray) -> None:
    """A tenth lie 5 to 50 m away, all to one side, as by reflection from a wall."""
    chosen = random.choice(len(errors_m), len(errors_m) // 10, replace=False)
    way = random.uniform(0, 2 * np.pi) + random.normal(0, 0.2, len(chosen))
    _displace(random, errors_m, chosen, way)


def in_a_run(random: np.random.Generator, errors_m: np.ndarray) -> None:
    """A tenth that follow each other lie at one place 5 to 50 m away, as by a wrong fixing."""
    count = len(errors_m) // 10
    first = random.integers(0, len(errors_m) - count + 1)
    way, size_m = random.uniform(0, 2 * np.pi), random.uniform(5, 50) * STAND_M
    errors_m[first : first + count] += size_m * np.array([np.cos(way), np.sin(way)])


def _displace(
    random: np.random.Generator, errors_m: np.ndarray, chosen: np.ndarray, way: np.ndarray
) -> None:
    size_m = random.uniform(5, 50, len(chosen)) * STAND_M
    errors_m[chosen] += size_m[:, np.newaxis] * np.column_stack([np.cos(way), np.sin(way)])


def stands(seed: int, over_s: float, spoil: Callable | None) -> tuple[float, float]:
    """95th percentile errors, in metres, of our average and of the plain mean over 1,000 stands."""
    random = np.random.default_rng(seed)
    ours, plain = [], []
    for _ in range(1000):
        errors_m = wandering(random, STAND_EPOCHS, 1.0, STAND_M, over_s=over_s, white=0.5)
        if spoil is not None:
            spoil(random, errors_m)
        fixes = fixes_at(errors_m, 1.0, fix_type="single", horizontal_accuracy_m=STAND_M)
        point = average(fixes, SRID)
        ours.append(math.hypot(point.easting_m - E0, point.northing_m - N0))
        plain.append(math.hypot(*errors_m.mean(axis=0)))
    return float(np.percentile(ours, 95)), float(np.percentile(plain, 95))


@pytest.mark.parametrize("spoil", [scattered, one_sided, in_a_run])
@pytest.mark.parametrize("over_s", [0.1, 10.0], ids=["independent", "wandering"])
def test_gross_errors_do_half_the_harm_at_most(over_s: float, spoil: Callable) -> None:
    # Epochs that err independently, and a wander over ten seconds as receivers have it.
    ours_m, plain_m = stands(20250605, over_s, spoil)
    assert ours_m <= 0.5 * plain_m
    # Nor much more than nothing: the same receiver without gross errors.
    _, clean_m = stands(1, over_s, None)
    assert ours_m <= 1.1 * clean_m


@pytest.mark.parametrize("over_s", [0.1, 10.0, 60.0])
def test_without_gross_errors_it_is_as_good_as_the_plain_mean(over_s: float) -> None:
    ours_m, plain_m = stands(20250606, over_s, None)
    assert ours_m <= 1.03 * plain_m
