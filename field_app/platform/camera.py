"""The port to the camera: this device's own, or one that is plugged in."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xiangtu.errors import SurveyError

NONE, NOT_PERMITTED, FAILED = "camera.none", "camera.not_permitted", "camera.failed"


class CameraPort(ABC):
    """Has photos taken, one at a time, each under a ticket: its name until it is kept.

    `photo` and `forget` may be called on any thread, and after a restart.
    """

    @abstractmethod
    def ticket(self) -> str:
        """The name of the next photo; to be written down before the camera opens.

        BadInput("camera.not_permitted") where the system does not let one have it.
        """

    @abstractmethod
    def open(
        self, ticket: str, closed: Callable[[], Any], refused: Callable[[SurveyError], Any]
    ) -> None:
        """Open the camera. `closed` is called once it is done, with a photo or without; else
        `refused` with the reason. Both may come on a thread of their own.

        BadInput: "camera.none", "camera.not_permitted", "camera.failed" (facts device, reason).
        """

    @abstractmethod
    def photo(self, ticket: str) -> bytes | None:
        """What was taken, as the camera wrote it; None where nothing was."""

    @abstractmethod
    def forget(self, ticket: str) -> None:
        """The photo is kept elsewhere or given up: take it away here."""


def camera_port(folder: Path) -> CameraPort:
    """The port of the device that this runs on; to be called on the app's main thread.

    `folder` is the tablet's own, for photos that a plugged-in camera took.
    """
    if sys.platform == "android" or "ANDROID_ARGUMENT" in os.environ:
        from .android.camera import AndroidCamera

        return AndroidCamera()
    from .desktop.camera import DesktopCamera

    return DesktopCamera(folder / "camera")
