"""Data shifted by GCJ-02 is recognised, and sound data is left in peace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from xiangtu.geo.shifted_datum import shift_suspicion, shifted


def test_the_shift_is_the_published_one():
    # The example every public implementation prints.
    longitude, latitude = shifted(116.404, 39.915)
    assert float(longitude) == pytest.approx(116.41024449916938, abs=1e-12)
    assert float(latitude) == pytest.approx(39.91640428150164, abs=1e-12)


def test_the_shift_is_of_hundreds_of_metres_all_over_china():
    longitude, latitude = np.meshgrid(np.linspace(75, 134, 60), np.linspace(19, 53, 35))
    moved = shifted(longitude, latitude)
    east = (moved[0] - longitude) * 111_320 * np.cos(np.radians(latitude))
    distance = np.hypot(east, (moved[1] - latitude) * 111_320)
    assert distance.min() > 30
    assert 300 < np.median(distance) < distance.max() < 1000


@pytest.fixture(scope="module")
def guizhou(shared_data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Vertices of prefectures taken to be in GCJ-02, and where they truly are."""
    text = (shared_data / "boundaries" / "esmjs_geo" / "guizhou.json").read_text(encoding="utf-8")
    issued = shapely.get_coordinates(shapely.from_geojson(text))
    true = issued.copy()
    for _ in range(6):
        true += issued - np.column_stack(shifted(*true.T))
    return issued, true


def test_issued_boundaries_in_gcj02_are_suspected(guizhou):
    issued, true = guizhou
    suspicion = shift_suspicion(*issued.T, *true[::2].T)
    assert 100 < suspicion.distance_m < 700
    assert suspicion.distance_if_shifted_m < 60


def test_true_boundaries_and_strangers_are_not(guizhou):
    _, true = guizhou
    noisy = true + np.random.default_rng(1).normal(0, 2e-5, true.shape)
    assert shift_suspicion(*noisy.T, *true.T) is None
    assert shift_suspicion(*(true + 0.5).T, *true.T) is None
    assert shift_suspicion([], [], *true.T) is None
    assert shift_suspicion([np.nan], [1.0], *true.T) is None
