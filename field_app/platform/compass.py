"""The port to the compass: which way the tablet is held."""

from __future__ import annotations

import math
import os
import sys
from abc import ABC, abstractmethod

from xiangtu.gnss.fix import Fix

#: Held flatter than this, its back looks at the ground, and its upper edge says where one faces.
_FLAT_DEG = 35.0


class CompassPort(ABC):
    """Reads while it is started; to be started and stopped on the app's main thread."""

    @abstractmethod
    def start(self) -> None:
        """Begin to read, where there is a compass."""

    @abstractmethod
    def stop(self) -> None:
        """Read no more: it costs current."""

    @abstractmethod
    def bearing_deg(self, fix: Fix | None) -> float | None:
        """Where the tablet's camera looks, or its upper edge points if it lies flat, in degrees
        from true north. None where there is no compass, where it says itself that it is not to
        be trusted, or where `fix` does not say how far off magnetic north is."""


def compass_port() -> CompassPort:
    """The port of the device that this runs on; to be called on the app's main thread."""
    if sys.platform == "android" or "ANDROID_ARGUMENT" in os.environ:
        from .android.compass import AndroidCompass

        return AndroidCompass()
    from .desktop.compass import NoCompass

    return NoCompass()


def facing_deg(
    quaternion: tuple[float, float, float, float], upper_edge: tuple[float, float]
) -> float:
    """Where a tablet faces, in degrees from the north of the rotation it is given.

    Parameters
    ----------
    quaternion : tuple
        x, y, z, w of the rotation from the tablet's axes (x to the right, y up, z out of the
        screen) to east, north and up.
    upper_edge : tuple
        Which of its x and y points to what is the upper edge of the screen now.
    """
    x, y, z, w = quaternion
    # The columns of the rotation's matrix: east, north and up of each of the tablet's axes.
    right = (1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w))
    up = (2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w))
    out = (2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y))
    east, north = -out[0], -out[1]
    if math.hypot(east, north) < math.sin(math.radians(_FLAT_DEG)):
        across, along = upper_edge
        east, north = (across * right[axis] + along * up[axis] for axis in (0, 1))
    return math.degrees(math.atan2(east, north)) % 360
