"""An Android that is none: what pyjnius and python-for-android offer, as far as positions, signals,
files and the service that records go."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
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
class Intent:
    """An android.content.Intent."""

    action: str
    categories: list[str] = field(default_factory=list)
    extras: dict[str, str] = field(default_factory=dict)
    kind: str = ""

    def addCategory(self, category: str) -> None:
        self.categories.append(category)

    def setType(self, kind: str) -> None:
        self.kind = kind

    def putExtra(self, name: str, value: str) -> None:
        self.extras[name] = value


@dataclass
class Uri:
    """An android.net.Uri of a document, which is a file here."""

    address: str

    def toString(self) -> str:
        return self.address

    def path(self) -> Path:
        return Path(self.address.removeprefix("content://"))


def _file(path: Path) -> Any:
    return SimpleNamespace(getAbsolutePath=lambda: str(path))


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

    #: The folder of its own on the shared storage, and where its cache lies.
    storage: Path | None = None
    #: What the person chooses in the system's list of files: a file, or a folder for a new one;
    #: None to go back without. The list was asked for so many times, each with its kind.
    chooses: Path | None = None
    has_list_of_files: bool = True
    listed: list[tuple[str, str]] = field(default_factory=list)
    answered: Callable[[int, int, Any], None] | None = None
    #: In bytes, of one written document: what the stick gives back then is another.
    spoils_at: int | None = None
    #: Services that run, and wake locks that are held.
    services: list[str] = field(default_factory=list)
    awake: int = 0

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
        activity = ModuleType("android.activity")
        vars(activity).update(bind=self._bind)
        package = ModuleType("android")
        vars(package).update(permissions=permissions, activity=activity)
        return {
            "jnius": jnius,
            "android": package,
            "android.permissions": permissions,
            "android.activity": activity,
        }

    def _class(self, name: str) -> Any:
        context = SimpleNamespace(
            getSystemService={
                "location": self,
                "vibrator": self._vibrator(),
                "power": SimpleNamespace(newWakeLock=self._wake_lock),
            }.__getitem__,
            checkSelfPermission=lambda asked: 0 if self.granted and "FINE" in asked else -1,
            getContentResolver=lambda: SimpleNamespace(
                openFileDescriptor=self._open, query=self._query
            ),
            getExternalFilesDir=lambda kind: self.storage and _file(self.storage / "files"),
            getFilesDir=lambda: _file(Path("/data/user/0/org.xiangtu/files")),
            getCacheDir=lambda: _file((self.storage or Path("/data/user/0/org.xiangtu")) / "cache"),
            startActivityForResult=self._list_files,
            getPackageName=lambda: "org.xiangtu",
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
            "android.content.Intent": Intent,
            "android.net.Uri": SimpleNamespace(parse=Uri),
            "android.provider.DocumentsContract": SimpleNamespace(deleteDocument=self._delete),
            "org.xiangtu.ServiceTrack": SimpleNamespace(
                start=self._start_service, stop=self._stop_service
            ),
        }[name]

    # -- files ---------------------------------------------------------------------------------

    def _bind(self, on_activity_result: Callable[[int, int, Any], None]) -> None:
        self.answered = on_activity_result

    def _list_files(self, intent: Intent, request: int) -> None:
        if not self.has_list_of_files:
            raise JavaException("android.content.ActivityNotFoundException")
        assert intent.categories == ["android.intent.category.OPENABLE"]
        self.listed.append((intent.action.rsplit(".")[-1], intent.kind))
        chosen = self.chooses
        if chosen is not None and intent.action.endswith("CREATE_DOCUMENT"):
            chosen = chosen / intent.extras["android.intent.extra.TITLE"]
            chosen.touch(exist_ok=False)
        data = SimpleNamespace(getData=lambda: Uri(f"content://{chosen}"))
        answer = (request, 0, None) if chosen is None else (request, -1, data)
        assert self.answered is not None
        threading.Thread(target=self.answered, args=answer).start()

    def _open(self, uri: Uri, mode: str) -> Any:
        path = uri.path()
        if not path.exists():
            raise JavaException("java.io.FileNotFoundException")
        if mode == "r" and self.spoils_at is not None:
            data = bytearray(path.read_bytes())
            data[self.spoils_at] ^= 1
            path.write_bytes(data)
        opened = os.open(path, os.O_RDONLY if mode == "r" else os.O_WRONLY)
        return SimpleNamespace(detachFd=lambda: opened)

    def _query(self, uri: Uri, columns: list[str], *_none: None) -> Any:
        assert columns == ["_display_name"] and len(_none) == 3
        return SimpleNamespace(
            moveToFirst=lambda: True, getString=lambda at: uri.path().name, close=lambda: None
        )

    def _delete(self, resolver: Any, uri: Uri) -> bool:
        if not uri.path().exists():
            raise JavaException("java.io.FileNotFoundException")
        uri.path().unlink()
        return True

    def _start_service(self, context: Any, icon: str, title: str, sign: str, argument: str) -> None:
        assert icon == "" and title
        self.services.append(f"{sign}: {argument}")

    def _stop_service(self, context: Any) -> None:
        self.services.clear()

    def _wake_lock(self, level: int, tag: str) -> Any:
        def acquire() -> None:
            self.awake += 1

        assert level == 1 and ":" in tag
        return SimpleNamespace(acquire=acquire)

    # -- signals -------------------------------------------------------------------------------

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

    def _request(self, permissions: list[str], answered: Callable | None = None) -> None:
        self.asked.append(permissions)
        self.granted = self.answers
        if answered is not None:
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
