"""The port to positions: what this device has for a receiver, and whether it may be used."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable

from xiangtu.gnss.source import Source


class PositionPort(ABC):
    """Where positions come from on this device.

    `own_receiver` is the address of the device's own; every other address that `open_source`
    knows can be opened too. A source starts when it is iterated over and stops when it is closed.
    """

    own_receiver: str

    @abstractmethod
    def permitted(self) -> bool:
        """Whether the app may use the device's own receiver."""

    @abstractmethod
    def ask(self, answered: Callable[[bool], None]) -> None:
        """Ask the user for that; `answered` hears what was said, on a thread of its own."""

    @abstractmethod
    def open(self, address: str) -> Source:
        """The source of an address; for `Receiver(opened_by=…)`.

        BadInput("gnss.no_permission") for the own receiver where it may not be used,
        "gnss.no_own_receiver" where there is none; else as `open_source`.
        """


def position_port() -> PositionPort:
    """The port of the device that this runs on; to be called on the app's main thread."""
    if sys.platform == "android" or "ANDROID_ARGUMENT" in os.environ:
        from .android.position import AndroidPosition

        return AndroidPosition()
    from .desktop.position import DesktopPosition

    return DesktopPosition()
