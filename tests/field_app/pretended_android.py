"""An Android that is none: what pyjnius and python-for-android offer, as far as positions and
signals go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any


class JavaException(Exception):
    pass


class PythonJavaClass:
    """Finds methods as pyjnius does: by Java's name and the exact signature."""

    def java_methods(self) -> dict[tuple[str, str], Callable[..., None]]:
        found = {}
        for name in dir(self):
            method = getattr(self, name)
            signature = getattr(method, "java_signature", None)
            if signature is not None:
                found[(method.java_name or name, signature)] = method
        return found


def java_method(signature: str, name: str | None = None) -> Callable:
    def marked(method: Callable) -> Callable:
        method.java_signature, method.java_name = signature, name  # type: ignore[attr-defined]
        return method

    return marked


class Location:
    """An android.location.Location of an API level: what is newer is not there."""

    _SINCE = {  # noqa: RUF012
        "hasVerticalAccuracy": 26, "getVerticalAccuracyMeters": 26, "isMock": 31,
        "hasMslAltitude": 34, "getMslAltitudeMeters": 34,
    }  # fmt: skip

    def __init__(self, api_level: int, **says: Any) -> None:
        self._api_level = api_level
        self._says = says

    def __getattr__(self, name: str) -> Callable[[], Any]:
        if self._SINCE.get(name, 1) > self._api_level:
            raise AttributeError(name)
        says = self._says
        if name.startswith("has"):
            thing = name.removeprefix("has")
            return lambda: any(each.startswith(f"get{thing}") for each in says)
        if name in ("isMock", "isFromMockProvider"):
            return lambda: says.get("mock", False)
        if name == "getExtras":
            extras = says.get("extras")
            return lambda: extras and SimpleNamespace(getInt=extras.get)
        return lambda: says[name]


@dataclass
class Android:
    """The device: set what it is, call back what it does."""

    api_level: int = 34
    granted: bool = True
    has_receiver: bool = True
    switched_on: bool = True
    #: Taken back between asking and using.
    refuses: bool = False
    asked: list[list[str]] = field(default_factory=list)
    answers: bool = True
    location_listener: PythonJavaClass | None = None
    nmea_listener: PythonJavaClass | None = None
    loopers: int = 0
    #: There is an activity; else it is the service that records in the background.
    in_app: bool = False
    sounds: bool = True
    vibrates: bool = True
    tones: list[tuple[int, int]] = field(default_factory=list)
    vibrations: list[int] = field(default_factory=list)

    # -- what happens -------------------------------------------------------------------------

    def nmea(self, message: str) -> None:
        self._call(self.nmea_listener, "onNmeaMessage", "(Ljava/lang/String;J)V", message, 0)

    def location(self, **says: Any) -> None:
        """One position; since Android 12 in a list."""
        made = Location(self.api_level, **says)
        listener = self.location_listener
        if self.api_level < 31:
            signature = "(Landroid/location/Location;)V"
            self._call(listener, "onLocationChanged", signature, made)
        else:
            several = SimpleNamespace(size=lambda: 1, get=lambda _: made)
            self._call(listener, "onLocationChanged", "(Ljava/util/List;)V", several)

    def switch(self, on: bool) -> None:
        self.switched_on = on
        name = "onProviderEnabled" if on else "onProviderDisabled"
        self._call(self.location_listener, name, "(Ljava/lang/String;)V", "gps")

    def everything_else(self) -> None:
        """What Android may call on a listener of locations beside that."""
        listener = self.location_listener
        signature = "(Ljava/lang/String;ILandroid/os/Bundle;)V"
        self._call(listener, "onStatusChanged", signature, "gps", 2, None)
        self._call(listener, "onFlushComplete", "(I)V", 1)

    @staticmethod
    def _call(listener: PythonJavaClass | None, name: str, signature: str, *words: Any) -> None:
        assert listener is not None, "nobody listens"
        listener.java_methods()[(name, signature)](*words)

    # -- what is asked of it ------------------------------------------------------------------

    def modules(self) -> dict[str, ModuleType]:
        jnius = ModuleType("jnius")
        permissions = ModuleType("android.permissions")
        vars(jnius).update(
            JavaException=JavaException, PythonJavaClass=PythonJavaClass, autoclass=self._class,
            java_method=java_method,
        )  # fmt: skip
        vars(permissions).update(request_permissions=self._request)
        return {
            "jnius": jnius,
            "android": ModuleType("android"),
            "android.permissions": permissions,
        }

    def _class(self, name: str) -> Any:
        context = SimpleNamespace(
            getSystemService={"location": self, "vibrator": self._vibrator()}.__getitem__,
            checkSelfPermission=lambda asked: 0 if self.granted and "FINE" in asked else -1,
        )
        return {
            "org.kivy.android.PythonActivity": SimpleNamespace(
                mActivity=context if self.in_app else None
            ),
            "org.kivy.android.PythonService": SimpleNamespace(mService=context),
            "android.os.HandlerThread": self._handler_thread,
            "android.os.Handler": lambda looper: SimpleNamespace(looper=looper),
            "android.os.Build$VERSION": SimpleNamespace(SDK_INT=self.api_level),
            "android.os.VibrationEffect": SimpleNamespace(
                createOneShot=lambda duration_ms, amplitude: ("effect", duration_ms, amplitude)
            ),
            "android.media.ToneGenerator": self._tone_generator,
        }[name]

    def _vibrator(self) -> Any:
        def vibrate(what: Any) -> None:
            if self.api_level >= 26:
                name, what, amplitude = what
                assert (name, amplitude) == ("effect", -1)
            self.vibrations.append(what)

        return SimpleNamespace(hasVibrator=lambda: self.vibrates, vibrate=vibrate)

    def _tone_generator(self, stream: int, volume: int) -> Any:
        assert stream == 3 and 0 <= volume <= 100
        if not self.sounds:
            raise JavaException("java.lang.RuntimeException: Init failed")
        return SimpleNamespace(startTone=lambda tone, ms: self.tones.append((tone, ms)))

    def _handler_thread(self, name: str) -> Any:
        def count(by: int) -> None:
            self.loopers += by

        return SimpleNamespace(
            start=lambda: count(1), getLooper=lambda: "looper", quitSafely=lambda: count(-1)
        )

    def _request(self, permissions: list[str], answered: Callable) -> None:
        self.asked.append(permissions)
        self.granted = self.answers
        answered(permissions, [self.answers] * len(permissions))

    def getAllProviders(self) -> Any:
        return SimpleNamespace(contains=lambda name: self.has_receiver and name == "gps")

    def isProviderEnabled(self, provider: str) -> bool:
        return provider == "gps" and self.switched_on

    def requestLocationUpdates(
        self, provider: str, least_ms: int, least_m: float, listener: Any, looper: str
    ) -> None:
        assert (provider, looper) == ("gps", "looper")
        assert isinstance(least_ms, int) and isinstance(least_m, float)
        assert listener.__javainterfaces__ == ("android/location/LocationListener",)
        if self.refuses:
            self.granted = False
            raise JavaException("java.lang.SecurityException")
        self.location_listener = listener

    def addNmeaListener(self, listener: Any, handler: Any) -> bool:
        assert handler.looper == "looper"
        assert listener.__javainterfaces__ == ("android/location/OnNmeaMessageListener",)
        self.nmea_listener = listener
        return True

    def removeUpdates(self, listener: Any) -> None:
        self.location_listener = None

    def removeNmeaListener(self, listener: Any) -> None:
        self.nmea_listener = None
