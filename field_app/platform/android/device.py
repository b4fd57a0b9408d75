"""Signals of an Android tablet: its vibrator and its tones.

What is called, with the API level it is there from: Vibrator.hasVibrator (11), vibrate(long) (1,
deprecated in 26), vibrate(VibrationEffect) and VibrationEffect.createOneShot (26), which need the
permission VIBRATE in the manifest; ToneGenerator.startTone(int, int) (5), whose constructor throws
a RuntimeException where there is no sound to be had. Source: developer.android.com, reference of
android.os.Vibrator, android.os.VibrationEffect, android.media.ToneGenerator.
"""

from __future__ import annotations

from typing import Any

from jnius import JavaException, autoclass

from ..device import DevicePort

#: Context.VIBRATOR_SERVICE, VibrationEffect.DEFAULT_AMPLITUDE; AudioManager.STREAM_MUSIC, as the
#: keys at the tablet's side set its volume, ToneGenerator.MAX_VOLUME.
_VIBRATOR_SERVICE = "vibrator"
_DEFAULT_AMPLITUDE = -1
_STREAM_MUSIC, _MAX_VOLUME = 3, 100
#: ToneGenerator.TONE_PROP_ACK and TONE_PROP_NACK.
_ACKNOWLEDGED, _NOT_ACKNOWLEDGED = 25, 26
_SHORT_MS, _LONG_MS = 80, 400
_EFFECTS_SINCE = 26


class AndroidDevice(DevicePort):
    """To be made on the main thread, as all that asks for the app's activity."""

    def __init__(self) -> None:
        activity = autoclass("org.kivy.android.PythonActivity").mActivity
        self._vibrator = activity.getSystemService(_VIBRATOR_SERVICE)
        self._api_level = autoclass("android.os.Build$VERSION").SDK_INT
        self._tones = _tones()

    def taken(self) -> None:
        self._signal(_ACKNOWLEDGED, _SHORT_MS)

    def lost(self) -> None:
        self._signal(_NOT_ACKNOWLEDGED, _LONG_MS)

    def _signal(self, tone: int, duration_ms: int) -> None:
        if self._tones is not None:
            self._tones.startTone(tone, duration_ms)
        if not self._vibrator.hasVibrator():
            return
        if self._api_level < _EFFECTS_SINCE:
            self._vibrator.vibrate(duration_ms)
            return
        effects = autoclass("android.os.VibrationEffect")
        self._vibrator.vibrate(effects.createOneShot(duration_ms, _DEFAULT_AMPLITUDE))


def _tones() -> Any:
    try:
        return autoclass("android.media.ToneGenerator")(_STREAM_MUSIC, _MAX_VOLUME)
    except JavaException:
        return None
