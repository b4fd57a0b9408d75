"""The compass of an Android tablet: its rotation vector, and how far off magnetic north is.

What is called, with the API level it is there from: SensorManager.getDefaultSensor (3) with
TYPE_ROTATION_VECTOR (9), whose values are x, y, z and, since 18, w of a rotation to east, magnetic
north and up; GeomagneticField(float, float, float, long).getDeclination (3), the World Magnetic
Model; Display.getRotation (8). Source: developer.android.com, reference of
android.hardware.SensorEvent, android.hardware.GeomagneticField.
"""

from __future__ import annotations

import math
import time
from typing import Any

from jnius import PythonJavaClass, autoclass, java_method
from xiangtu.gnss.fix import Fix

from ..compass import CompassPort, facing_deg

#: Context.SENSOR_SERVICE, Context.WINDOW_SERVICE, Sensor.TYPE_ROTATION_VECTOR.
_SENSOR_SERVICE, _WINDOW_SERVICE, _ROTATION_VECTOR = "sensor", "window", 11
#: SensorManager.SENSOR_DELAY_UI, about 16 a second; SENSOR_STATUS_UNRELIABLE.
_DELAY_UI, _UNRELIABLE = 2, 0
#: Which of the tablet's x and y is the screen's upper edge, by Surface.ROTATION_0 to 270.
_UPPER_EDGES = ((0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0))


class AndroidCompass(CompassPort):
    """To be made on the main thread, as all that asks for the app's activity."""

    def __init__(self) -> None:
        activity = autoclass("org.kivy.android.PythonActivity").mActivity
        self._manager = activity.getSystemService(_SENSOR_SERVICE)
        self._display = activity.getSystemService(_WINDOW_SERVICE).getDefaultDisplay()
        self._field = autoclass("android.hardware.GeomagneticField")
        self._sensor = self._manager.getDefaultSensor(_ROTATION_VECTOR)
        self._listener = _RotationListener()

    def start(self) -> None:
        if self._sensor is not None:
            self._manager.registerListener(self._listener, self._sensor, _DELAY_UI)

    def stop(self) -> None:
        self._manager.unregisterListener(self._listener)
        self._listener.quaternion = None

    def bearing_deg(self, fix: Fix | None) -> float | None:
        quaternion = self._listener.quaternion
        if quaternion is None or not self._listener.reliable:
            return None
        if fix is None or math.isnan(fix.longitude_deg):
            return None
        declination_deg = self._field(
            fix.latitude_deg, fix.longitude_deg, fix.height_ellipsoid_m or 0.0,
            int(time.time() * 1000),
        ).getDeclination()  # fmt: skip
        upper_edge = _UPPER_EDGES[self._display.getRotation()]
        return (facing_deg(quaternion, upper_edge) + declination_deg) % 360


class _RotationListener(PythonJavaClass):
    __javainterfaces__ = ("android/hardware/SensorEventListener",)

    def __init__(self) -> None:
        super().__init__()
        self.quaternion: tuple[float, float, float, float] | None = None
        self.reliable = True

    @java_method("(Landroid/hardware/SensorEvent;)V")
    def onSensorChanged(self, event: Any) -> None:
        x, y, z, w, *_more = event.values
        self.quaternion = (x, y, z, w)

    @java_method("(Landroid/hardware/Sensor;I)V")
    def onAccuracyChanged(self, _sensor: Any, accuracy: int) -> None:
        self.reliable = accuracy != _UNRELIABLE
