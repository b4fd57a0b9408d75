"""The port to what a surveyor hears and feels without looking at the screen."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod


class DevicePort(ABC):
    """Signals that are noticed with the tablet in a gloved hand, in wind and sun.

    A device that can give none stays silent: a signal never fails.
    """

    @abstractmethod
    def taken(self) -> None:
        """A point or a corner is there: a short sound and a short vibration."""

    @abstractmethod
    def lost(self) -> None:
        """The receiver has no usable position any more: another sound, a longer vibration."""


def device_port() -> DevicePort:
    """The port of the device that this runs on; to be called on the app's main thread."""
    if sys.platform == "android" or "ANDROID_ARGUMENT" in os.environ:
        from .android.device import AndroidDevice

        return AndroidDevice()
    from .desktop.device import DesktopDevice

    return DesktopDevice()
