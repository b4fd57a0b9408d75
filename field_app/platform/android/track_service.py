"""The track's foreground service on Android, of type location, in a process of its own.

python-for-android makes the class Service<Name> of the spec's line `services`; its `start` is
called while the app is in front, as Android asks of such services since 12. In the service's own
process a partial wake lock keeps the processor at work while the screen is off:
PowerManager.newWakeLock (1), which needs the permission WAKE_LOCK. Since Android 13 the sign that
it runs is shown to who allowed notifications; it runs without as well. Source:
developer.android.com, guide "Foreground service types", reference of android.os.PowerManager;
python-for-android, documentation on services.
"""

from __future__ import annotations

from pathlib import Path

from jnius import autoclass

from ..track_service import TrackServicePort
from .files import own_folder
from .position import AndroidPosition

_NOTIFICATIONS = "android.permission.POST_NOTIFICATIONS"
_ASKED_SINCE = 33
_APPS_ICON, _TITLE = "", "Xiangtu 乡图"
#: Context.POWER_SERVICE, PowerManager.PARTIAL_WAKE_LOCK.
_POWER_SERVICE, _PARTIAL_WAKE_LOCK = "power", 1


class AndroidTrackService(TrackServicePort):
    """To be made on the main thread, as all that asks for the app's own classes."""

    address = AndroidPosition.own_receiver

    def __init__(self) -> None:
        self._activity = autoclass("org.kivy.android.PythonActivity").mActivity
        self._service = autoclass(f"{self._activity.getPackageName()}.ServiceTrack")
        self._asks = autoclass("android.os.Build$VERSION").SDK_INT >= _ASKED_SINCE

    def start(self, folder: Path, sign: str) -> None:
        if self._asks:
            self._asks = False
            from android.permissions import request_permissions  # python-for-android's

            request_permissions([_NOTIFICATIONS])
        self._service.start(self._activity, _APPS_ICON, _TITLE, sign, str(folder))

    def stop(self) -> None:
        self._service.stop(self._activity)


def stay_awake() -> Path:
    """In the service: keep the processor at work until the process ends; the tablet's folder."""
    context = autoclass("org.kivy.android.PythonService").mService
    power = context.getSystemService(_POWER_SERVICE)
    power.newWakeLock(_PARTIAL_WAKE_LOCK, "xiangtu:track").acquire()
    return own_folder(context)
