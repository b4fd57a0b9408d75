"""The time from one fix to the next, where clocks jump back or say nothing."""

from __future__ import annotations

from .fix import Fix

#: What an epoch is taken for where no clock says.
_AN_EPOCH_S = 1.0


def elapsed_s(before: Fix, fix: Fix) -> float:
    """Seconds from one fix to one that came after it, never negative.

    By the receiver's clock; by the tablet's where that says nothing or jumped back; else a second.
    """
    for earlier, later in (
        (before.time, fix.time),
        (before.tablet_time, fix.tablet_time),
    ):
        if earlier is not None and later is not None:
            seconds = (later - earlier).total_seconds()
            if seconds >= 0:
                return seconds
    return _AN_EPOCH_S
