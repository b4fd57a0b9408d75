"""What a surveyor hears and feels: a desktop's sound, and the signals of an Android."""

from __future__ import annotations

import sys

import pytest
from pretended_android import Android

from field_app.platform.device import device_port


@pytest.fixture
def android(monkeypatch: pytest.MonkeyPatch) -> Android:
    device = Android(in_app=True)
    for name, module in device.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "field_app.platform.android.device", raising=False)
    monkeypatch.setenv("ANDROID_ARGUMENT", "")
    return device


@pytest.mark.parametrize("api_level", [24, 26, 34])
def test_a_corner_is_heard_and_felt_and_a_loss_otherwise(android: Android, api_level: int) -> None:
    android.api_level = api_level
    port = device_port()
    port.taken()
    port.lost()
    (one_tone, short_ms), (other_tone, long_ms) = android.tones
    assert one_tone != other_tone and short_ms < long_ms
    assert android.vibrations == [short_ms, long_ms]


def test_a_tablet_without_sound_vibrates_and_one_without_a_vibrator_sounds(
    android: Android,
) -> None:
    android.sounds = False
    device_port().taken()
    assert android.tones == [] and len(android.vibrations) == 1
    android.sounds, android.vibrates = True, False
    device_port().taken()
    assert len(android.tones) == 1 and len(android.vibrations) == 1
