"""Positions through the port: a desktop's, and those of an Android that is pretended."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pretended_android import Android
from xiangtu import words
from xiangtu.gnss.addresses import open_source
from xiangtu.gnss.receiver import Receiver

from field_app.platform.position import PositionPort, position_port

PATIENCE_S = 30.0
AT_MS = 1_749_085_200_000
SAID = {
    "getTime": AT_MS, "getLongitude": 116.5, "getLatitude": 35.4, "getAltitude": 42.0,
    "getAccuracy": 3.9, "getVerticalAccuracyMeters": 6.1, "getMslAltitudeMeters": 50.0,
    "getSpeed": 1.2, "getBearing": 90.0, "extras": {"satellites": 14},
}  # fmt: skip


def until(enough: Callable[[], Any]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not enough():
        assert time.monotonic() < ends
        time.sleep(0.005)


@pytest.fixture
def android(monkeypatch: pytest.MonkeyPatch) -> Android:
    device = Android()
    for name, module in device.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "field_app.platform.android.position", raising=False)
    monkeypatch.setenv("ANDROID_ARGUMENT", "")
    return device


@pytest.fixture
def running(android: Android) -> Iterator[Receiver]:
    """A receiver that opens what the port of the device opens."""
    port = cache(position_port)  # made once, when the test has said what the device is like
    made = Receiver(lambda address: port().open(address))
    yield made
    made.close()
    assert android.loopers == 0 and android.location_listener is None


def started(running: Receiver, android: Android) -> None:
    running.switch("android")
    until(lambda: android.nmea_listener is not None)


def test_a_desktop_opens_whatever_has_an_address(shared_data: Path) -> None:
    port: PositionPort = position_port()
    assert port.permitted() and port.own_receiver == "gpsd://localhost"
    said: list[bool] = []
    port.ask(said.append)
    assert said == [True]
    path = shared_data / "nmea" / "gpsd" / "nmea-rtk.log"
    with port.open(str(path)) as source:
        assert next(iter(source)).source == "nmea"


def test_a_recording_pushed_by_android_gives_its_fixes(
    running: Receiver, android: Android, shared_data: Path
) -> None:
    log = shared_data / "nmea" / "gpsd" / "nmea-rtk.log"
    expected = [(fix.time, fix.longitude_deg, fix.fix_type) for fix in open_source(log)]
    listener = running.listen()
    started(running, android)
    for line in log.read_text("latin-1").splitlines():
        android.nmea(line)  # some tablets leave the end of the line away
    until(lambda: running.state.fixes == len(expected))
    fixes = listener.take()
    assert [(fix.time, fix.longitude_deg, fix.fix_type) for fix in fixes] == expected
    assert {fix.source for fix in fixes} == {"android"}
    # Stopped, it lets go of everything, and another source can be chosen.
    running.switch(str(log))
    until(lambda: running.here is not None)
    assert android.location_listener is None and android.nmea_listener is None
    assert android.loopers == 0 and running.here is not None and running.here.source == "nmea"
    # And the tablet's own again.
    started(running, android)
    android.location(**SAID)
    until(lambda: running.here is not None and running.here.source == "android")


@pytest.mark.parametrize("api_level", [24, 26, 30, 31, 34])
def test_a_location_says_what_its_android_knows(
    running: Receiver, android: Android, api_level: int
) -> None:
    android.api_level = api_level
    listener = running.listen()
    started(running, android)
    android.everything_else()
    android.location(**SAID)
    until(lambda: running.state.fixes)
    (fix,) = listener.take()
    assert fix.time == datetime.fromtimestamp(AT_MS / 1000, UTC)
    assert (fix.longitude_deg, fix.latitude_deg) == (116.5, 35.4)
    assert (fix.fix_type, fix.accuracy_from, fix.horizontal_accuracy_m) == (
        "single", "receiver", 3.9,
    )  # fmt: skip
    assert (fix.satellites, fix.speed_mps, fix.track_deg) == (14, 1.2, 90.0)
    assert fix.height_ellipsoid_m == 42.0 and not fix.mock
    assert fix.vertical_accuracy_m == (6.1 if api_level >= 26 else None)
    assert fix.height_sea_level_m == (50.0 if api_level >= 34 else None)


@pytest.mark.parametrize("api_level", [30, 34])
def test_mock_positions_and_poor_ones_are_told(
    running: Receiver, android: Android, api_level: int
) -> None:
    android.api_level = api_level
    listener = running.listen()
    started(running, android)
    bare = {name: SAID[name] for name in ("getTime", "getLongitude", "getLatitude")}
    android.location(**bare, getAccuracy=0.0)
    until(lambda: running.state.fixes == 1)
    (poor,) = listener.take()
    assert (poor.horizontal_accuracy_m, poor.accuracy_from, poor.height_ellipsoid_m) == (
        None, None, None,
    )  # fmt: skip
    assert (poor.satellites, poor.speed_mps) == (None, None)
    android.location(**bare, mock=True)
    until(lambda: running.state.fixes == 2)
    assert listener.take()[0].mock


def test_switched_off_in_the_tablets_settings_is_said_and_on_again_heard(
    running: Receiver, android: Android
) -> None:
    android.switched_on = False
    started(running, android)
    until(lambda: running.state.status == "gnss.status.switched_off")
    assert running.here is None
    android.switch(True)
    android.location(**SAID)
    until(lambda: running.here is not None)
    android.switch(False)
    until(lambda: running.state.status == "gnss.status.switched_off")


@pytest.mark.parametrize(
    ("device", "code"),
    [
        ({"granted": False}, "gnss.no_permission"),
        ({"refuses": True}, "gnss.no_permission"),
        ({"has_receiver": False}, "gnss.no_own_receiver"),
    ],
)
def test_what_android_does_not_allow_is_told_in_words(
    running: Receiver, android: Android, device: dict[str, bool], code: str
) -> None:
    for name, value in device.items():
        setattr(android, name, value)
    running.switch("android")
    until(lambda: running.state.error is not None)
    error = running.state.error
    assert error is not None and error.code == code
    for language in ("en", "zh"):
        assert words.known(code) and "?" not in words.explain(error, language)


@pytest.mark.parametrize("answer", [True, False])
def test_the_user_is_asked_and_heard(android: Android, answer: bool) -> None:
    android.granted, android.answers = False, answer
    port = position_port()
    assert not port.permitted()
    said: list[bool] = []
    port.ask(said.append)
    assert said == [answer] == [port.permitted()]
    assert len(android.asked[0]) == 2  # the coarse one too, or Android 12 gives neither
