"""Positions of an Android tablet: its LocationManager's locations and NMEA sentences.

What is called, with the API level it is there from: LocationManager.requestLocationUpdates (1) and
addNmeaListener with a Handler (24); Location.getAccuracy (1, 68 %), getVerticalAccuracyMeters (26,
68 %), isFromMockProvider (18, isMock from 31), getMslAltitudeMeters (34). getAltitude is above the
ellipsoid. LocationListener got default methods in 30 and 31, which a proxy must have all the same.
Source: developer.android.com, reference of package android.location.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from jnius import JavaException, PythonJavaClass, autoclass, java_method
from xiangtu.errors import BadInput
from xiangtu.gnss.addresses import open_source
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.pushed import NO_OWN_RECEIVER, NO_PERMISSION, PlainLocation, PushedSource
from xiangtu.gnss.source import Source

from ..position import PositionPort

_FINE_LOCATION = "android.permission.ACCESS_FINE_LOCATION"
_COARSE_LOCATION = "android.permission.ACCESS_COARSE_LOCATION"
#: Context.LOCATION_SERVICE, LocationManager.GPS_PROVIDER, PackageManager.PERMISSION_GRANTED.
_LOCATION_SERVICE = "location"
_GPS_PROVIDER = "gps"
_GRANTED = 0
#: As often as the receiver gives them, however little it moved.
_LEAST_MS, _LEAST_M = 0, 0.0


class AndroidPosition(PositionPort):
    """The tablet's own receiver, one source of it at a time.

    To be made on the main thread: on others, Java finds none of the app's own classes, among them
    the one that pyjnius makes listeners of.
    """

    own_receiver = "android"

    def __init__(self) -> None:
        # The app's activity; in the service that records in the background, the service.
        self._context = (
            autoclass("org.kivy.android.PythonActivity").mActivity
            or autoclass("org.kivy.android.PythonService").mService
        )
        self._manager = self._context.getSystemService(_LOCATION_SERVICE)
        self._handler_thread = autoclass("android.os.HandlerThread")
        self._handler = autoclass("android.os.Handler")
        api_level = autoclass("android.os.Build$VERSION").SDK_INT
        self._locations = _LocationListener(api_level)
        self._sentences = _NmeaListener()
        self._thread: Any = None

    def permitted(self) -> bool:
        return bool(self._context.checkSelfPermission(_FINE_LOCATION) == _GRANTED)

    def ask(self, answered: Callable[[bool], None]) -> None:
        from android.permissions import request_permissions  # python-for-android's

        # Since Android 12 the precise location is given only to who asks for the coarse one too.
        request_permissions(
            [_FINE_LOCATION, _COARSE_LOCATION], lambda *_: answered(self.permitted())
        )

    def open(self, address: str) -> Source:
        if address != self.own_receiver:
            return open_source(address, speed=1.0)
        if not self._manager.getAllProviders().contains(_GPS_PROVIDER):
            raise BadInput(NO_OWN_RECEIVER)
        if not self.permitted():
            raise BadInput(NO_PERMISSION)
        return _OwnReceiver(self)

    def start(self, source: PushedSource) -> None:
        """Have Android push to a source; BadInput("gnss.no_permission") if it was taken back."""
        self._locations.source = self._sentences.source = source
        thread = self._thread = self._handler_thread("xiangtu positions")
        thread.start()
        looper = thread.getLooper()
        try:
            self._manager.requestLocationUpdates(
                _GPS_PROVIDER, _LEAST_MS, _LEAST_M, self._locations, looper
            )
            self._manager.addNmeaListener(self._sentences, self._handler(looper))
        except JavaException as refused:
            if not self.permitted():
                raise BadInput(NO_PERMISSION) from refused
            raise
        source.switch(bool(self._manager.isProviderEnabled(_GPS_PROVIDER)))

    def stop(self) -> None:
        """Have Android push no more."""
        self._manager.removeUpdates(self._locations)
        self._manager.removeNmeaListener(self._sentences)
        if self._thread is not None:
            self._thread.quitSafely()
        self._thread = self._locations.source = self._sentences.source = None


class _OwnReceiver(PushedSource):
    """The tablet's own receiver, at work while it is iterated over."""

    def __init__(self, port: AndroidPosition) -> None:
        super().__init__(port.own_receiver)
        self._port = port

    def steps(self) -> Iterator[Fix | None]:
        try:
            self._port.start(self)
            yield from super().steps()
        finally:
            self._port.stop()


class _LocationListener(PythonJavaClass):
    __javainterfaces__ = ("android/location/LocationListener",)

    def __init__(self, api_level: int) -> None:
        super().__init__()
        self._api_level = api_level
        self.source: PushedSource | None = None

    @java_method("(Landroid/location/Location;)V")
    def onLocationChanged(self, location: Any) -> None:
        source = self.source
        if source is not None:
            source.push_location(plain_location(location, self._api_level))

    @java_method("(Ljava/util/List;)V", name="onLocationChanged")
    def onLocationsChanged(self, locations: Any) -> None:
        for at in range(locations.size()):
            self.onLocationChanged(locations.get(at))

    @java_method("(Ljava/lang/String;)V")
    def onProviderEnabled(self, provider: str) -> None:
        if self.source is not None:
            self.source.switch(True)

    @java_method("(Ljava/lang/String;)V")
    def onProviderDisabled(self, provider: str) -> None:
        if self.source is not None:
            self.source.switch(False)

    @java_method("(Ljava/lang/String;ILandroid/os/Bundle;)V")
    def onStatusChanged(self, provider: str, status: int, extras: Any) -> None:
        """Called no more since Android 10, and says nothing that the locations do not."""

    @java_method("(I)V")
    def onFlushComplete(self, request_code: int) -> None:
        """Nobody asks for a flush."""


class _NmeaListener(PythonJavaClass):
    __javainterfaces__ = ("android/location/OnNmeaMessageListener",)

    def __init__(self) -> None:
        super().__init__()
        self.source: PushedSource | None = None

    @java_method("(Ljava/lang/String;J)V")
    def onNmeaMessage(self, message: str, timestamp_ms: int) -> None:
        source = self.source
        if source is not None:
            source.push_nmea(message.encode("latin-1", "replace"))


def plain_location(location: Any, api_level: int) -> PlainLocation:
    """What an android.location.Location says, as far as this Android's has it."""
    height_m = location.getAltitude() if location.hasAltitude() else None
    accuracy_m = location.getAccuracy() if location.hasAccuracy() else None
    vertical_m = sea_level_m = None
    if api_level >= 26 and location.hasVerticalAccuracy():
        vertical_m = location.getVerticalAccuracyMeters()
    if api_level >= 34 and location.hasMslAltitude():
        sea_level_m = location.getMslAltitudeMeters()
    extras = location.getExtras()
    satellites = extras.getInt("satellites", 0) if extras is not None else 0
    mock = location.isMock() if api_level >= 31 else location.isFromMockProvider()
    return PlainLocation(
        time=datetime.fromtimestamp(location.getTime() / 1000, UTC),
        longitude_deg=location.getLongitude(),
        latitude_deg=location.getLatitude(),
        height_ellipsoid_m=height_m,
        height_sea_level_m=sea_level_m,
        # A 0 is how some write that they do not know.
        horizontal_accuracy_m=accuracy_m or None,
        vertical_accuracy_m=vertical_m or None,
        speed_mps=location.getSpeed() if location.hasSpeed() else None,
        track_deg=location.getBearing() if location.hasBearing() else None,
        satellites=satellites or None,
        mock=bool(mock),
    )
