"""Which way a tablet faces: flat or upright, turned any way, and where nothing says so."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pretended_android import Android
from small_village import fix_at, nowhere

from field_app.platform.compass import compass_port, facing_deg

UP = (0.0, 1.0)
Quaternion = tuple[float, float, float, float]


def turned(axis: tuple[float, float, float], angle_deg: float) -> np.ndarray:
    half = math.radians(angle_deg) / 2
    return np.array([*(np.array(axis) * math.sin(half)), math.cos(half)])


def after(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The rotation that does `one` and then `other` (Hamilton's product, other times one)."""
    v, w, u, a = other[:3], other[3], one[:3], one[3]
    return np.array([*(w * u + a * v + np.cross(v, u)), w * a - v @ u])


def held(bearing_deg: float, tilt_deg: float) -> Quaternion:
    """Lying with its upper edge to a bearing, then lifted by that edge."""
    lifted = turned((1, 0, 0), tilt_deg)
    x, y, z, w = after(lifted, turned((0, 0, 1), -bearing_deg))
    return (x, y, z, w)


def apart(one_deg: float, other_deg: float) -> float:
    return abs((one_deg - other_deg + 180) % 360 - 180)


@given(st.floats(0, 359.9), st.floats(0, 120))
def test_it_faces_where_its_upper_edge_was_turned_to(bearing_deg: float, tilt_deg: float) -> None:
    assert apart(facing_deg(held(bearing_deg, tilt_deg), UP), bearing_deg) < 1e-6


@pytest.mark.parametrize(
    ("upper_edge", "bearing_deg"), [((0, 1), 0), ((1, 0), 90), ((0, -1), 180), ((-1, 0), 270)]
)
def test_flat_it_faces_where_the_screens_upper_edge_points(
    upper_edge: tuple[float, float], bearing_deg: float
) -> None:
    assert apart(facing_deg((0.0, 0.0, 0.0, 1.0), upper_edge), bearing_deg) < 1e-6


def test_a_desktop_has_none() -> None:
    port = compass_port()
    port.start()
    assert port.bearing_deg(fix_at(0, 0)) is None
    port.stop()


@pytest.fixture
def android(monkeypatch: pytest.MonkeyPatch) -> Android:
    device = Android(in_app=True)
    for name, module in device.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "field_app.platform.android.compass", raising=False)
    monkeypatch.setenv("ANDROID_ARGUMENT", "")
    return device


def test_androids_compass_is_told_from_true_north(android: Android) -> None:
    port = compass_port()
    port.start()
    assert port.bearing_deg(fix_at(0, 0)) is None, "nothing is read yet"
    android.compass.declination_deg = -6.5
    android.compass.turns(*held(90, 80))
    fix = fix_at(0, 0, height_ellipsoid_m=384.0)
    assert apart(port.bearing_deg(fix) or 0.0, 83.5) < 1e-6
    assert android.compass.asked_of is not None
    assert android.compass.asked_of[:3] == (fix.latitude_deg, fix.longitude_deg, 384.0)
    android.compass.turns(*held(200, 0), 0.1)  # and how sure it is
    assert apart(port.bearing_deg(fix) or 0.0, 193.5) < 1e-6
    android.compass.rotation = 1
    assert apart(port.bearing_deg(fix) or 0.0, 283.5) < 1e-6, "held across"


def test_it_says_nothing_where_it_does_not_know(android: Android) -> None:
    port = compass_port()
    port.start()
    android.compass.turns(*held(90, 80))
    assert port.bearing_deg(None) is None
    assert port.bearing_deg(nowhere(0)) is None
    android.compass.trusts_itself(0)
    assert port.bearing_deg(fix_at(0, 0)) is None
    android.compass.trusts_itself(3)
    assert port.bearing_deg(fix_at(0, 0)) is not None
    port.stop()
    assert android.compass.listener is None
    assert port.bearing_deg(fix_at(0, 0)) is None, "what was read last is old"


def test_a_tablet_without_the_sensor_has_none(android: Android) -> None:
    android.compass.has_compass = False
    port = compass_port()
    port.start()
    assert android.compass.listener is None
    assert port.bearing_deg(fix_at(0, 0)) is None
