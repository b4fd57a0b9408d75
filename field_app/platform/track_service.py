"""The port to the process that records a track while the app is not in front."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from pathlib import Path


class TrackServicePort(ABC):
    """Starts and ends field_app.track_service for a tablet's folder.

    `address` is the receiver that it listens to, beside the app; of others, many serve one alone.
    """

    address: str

    @abstractmethod
    def start(self, folder: Path, sign: str) -> None:
        """Have it record; more than once does no harm. While the app is in front alone.

        `sign` is what a person reads of it, on whatever screen of the device he is.
        """

    @abstractmethod
    def stop(self) -> None:
        """End its process, in the midst of whatever it does."""


def track_service() -> TrackServicePort | None:
    """The port of the device, on the app's main thread; None where the system lets the app itself
    go on recording in the background, as a desktop does."""
    if sys.platform == "android" or "ANDROID_ARGUMENT" in os.environ:
        from .android.track_service import AndroidTrackService

        return AndroidTrackService()
    return None
