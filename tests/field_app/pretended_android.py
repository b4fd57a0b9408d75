"""An Android that is none: what pyjnius and python-for-android offer, as far as positions, signals,
files, the camera, the compass and the service that records go."""

from __future__ import annotations

import os
import tempfile
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
    extras: dict[str, Any] = field(default_factory=dict)
    kind: str = ""
    flags: int = 0

    def addCategory(self, category: str) -> None:
        self.categories.append(category)

    def setType(self, kind: str) -> None:
        self.kind = kind

    def putExtra(self, name: str, value: Any) -> None:
        self.extras[name] = value

    def addFlags(self, flags: int) -> None:
        self.flags |= flags


@dataclass(frozen=True)
class Uri:
    """An android.net.Uri: of a document, which is a file here, or of an entry of MediaStore."""

    address: str

    def toString(self) -> str:
        return self.address

    def path(self) -> Path:
        return Path(self.address.removeprefix("content://"))


#: Where MediaStore keeps its entries for pictures.
_MEDIA = "content://media/external/images/media"


class _Values(dict):
    def put(self, name: str, value: str) -> None:
        self[name] = value


class AndroidCameraApp:
    """MediaStore with its entries, and the app that writes photos into them."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mediastore"))
        #: By address: what is known of an entry.
        self.entries: dict[str, dict] = {}
        self.fault = ""
        #: All that the app bound to answers: each hears of every one.
        self.bound: list[Callable[..., None]] = []
        self._asked: tuple[int, Uri] | None = None

    def insert(self, table: Uri, values: dict) -> Uri:
        uri = Uri(f"{table.address}/{len(self.entries)}")
        self.entries[uri.address] = dict(values)
        return uri

    def start(self, intent: Intent, request: int) -> None:
        if self.fault:
            raise JavaException(self.fault)
        assert intent.action == "android.media.action.IMAGE_CAPTURE" and intent.flags & 2
        self._asked = request, intent.extras["output"]
        assert self._asked[1].address in self.entries

    def closes(self, photo: bytes | None, *, answers: bool = True) -> None:
        """The user closes the camera's app; without `answers` ours was ended meanwhile."""
        assert self._asked is not None and self.bound
        request, uri = self._asked
        if photo is not None:
            self._file(uri).write_bytes(photo)
        for answered in self.bound if answers else ():
            answered(request + 1, -1, None)  # some other app's answer
            answered(request, -1 if photo else 0, None)

    def openFileDescriptor(self, uri: Uri, mode: str) -> Any:
        assert mode == "r"
        if not self._file(uri).is_file():
            raise JavaException("java.io.FileNotFoundException")
        return SimpleNamespace(detachFd=lambda: os.open(self._file(uri), os.O_RDONLY))

    def delete(self, uri: Uri, where: None, arguments: None) -> int:
        self._file(uri).unlink(missing_ok=True)
        return int(self.entries.pop(uri.address, None) is not None)

    def _file(self, uri: Uri) -> Path:
        return self.folder / uri.address.rpartition("/")[2]


class AndroidSensors:
    """The rotation vector, the display's rotation, the magnetic field."""

    def __init__(self) -> None:
        self.has_compass = True
        self.rotation = 0
        self.declination_deg = 0.0
        self.asked_of: tuple | None = None
        self.listener: PythonJavaClass | None = None

    def getDefaultSensor(self, kind: int) -> str | None:
        assert kind == 11
        return "rotation vector" if self.has_compass else None

    def registerListener(self, listener: PythonJavaClass, sensor: str, delay: int) -> None:
        assert listener.__javainterfaces__ == ("android/hardware/SensorEventListener",)
        assert sensor == "rotation vector" and delay == 2
        self.listener = listener

    def unregisterListener(self, listener: PythonJavaClass) -> None:
        self.listener = None

    def getDefaultDisplay(self) -> Any:
        return SimpleNamespace(getRotation=lambda: self.rotation)

    def field(self, *place: float) -> Any:
        self.asked_of = place
        return SimpleNamespace(getDeclination=lambda: self.declination_deg)

    def turns(self, *values: float) -> None:
        """The tablet is held otherwise: x, y, z and w of its rotation."""
        self._call("onSensorChanged", "(Landroid/hardware/SensorEvent;)V",
                   SimpleNamespace(values=list(values)))  # fmt: skip

    def trusts_itself(self, accuracy: int) -> None:
        self._call("onAccuracyChanged", "(Landroid/hardware/Sensor;I)V", None, accuracy)

    def _call(self, name: str, signature: str, *words: Any) -> None:
        assert self.listener is not None, "nobody listens"
        self.listener.java_methods()[(name, signature)](*words)


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
    camera: AndroidCameraApp = field(default_factory=lambda: AndroidCameraApp())
    compass: AndroidSensors = field(default_factory=lambda: AndroidSensors())

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
            cast=lambda _java_class, what: what, java_method=java_method,
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
                "sensor": self.compass,
                "window": self.compass,
            }.__getitem__,
            checkSelfPermission=lambda asked: (
                0 if self.granted and ("FINE" in asked or "WRITE" in asked) else -1
            ),
            getContentResolver=lambda: SimpleNamespace(
                openFileDescriptor=self._open,
                query=self._query,
                insert=self.camera.insert,
                delete=self.camera.delete,
            ),
            getExternalFilesDir=lambda kind: self.storage and _file(self.storage / "files"),
            getFilesDir=lambda: _file(Path("/data/user/0/org.xiangtu/files")),
            getCacheDir=lambda: _file((self.storage or Path("/data/user/0/org.xiangtu")) / "cache"),
            startActivityForResult=self._start_activity,
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
            "android.content.ContentValues": _Values,
            "android.hardware.GeomagneticField": self.compass.field,
            "android.net.Uri": SimpleNamespace(parse=Uri),
            "android.provider.DocumentsContract": SimpleNamespace(deleteDocument=self._delete),
            "android.provider.MediaStore$Images$Media": SimpleNamespace(
                EXTERNAL_CONTENT_URI=Uri(_MEDIA)
            ),
            "org.xiangtu.ServiceTrack": SimpleNamespace(
                start=self._start_service, stop=self._stop_service
            ),
        }[name]

    # -- files ---------------------------------------------------------------------------------

    def _bind(self, on_activity_result: Callable[[int, int, Any], None]) -> None:
        self.answered = on_activity_result
        self.camera.bound.append(on_activity_result)

    def _start_activity(self, intent: Intent, request: int) -> None:
        if intent.action.startswith("android.media."):
            self.camera.start(intent, request)
        else:
            self._list_files(intent, request)

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
        if uri.address.startswith(_MEDIA):
            return self.camera.openFileDescriptor(uri, mode)
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
