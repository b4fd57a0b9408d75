"""Times as a person on this tablet reads them."""

from __future__ import annotations

from datetime import datetime


def local_time(stamp: str) -> str:
    """A time of the survey file (UTC, ISO with Z), by the tablet's clock: 2025-06-05 09:30."""
    return f"{datetime.fromisoformat(stamp).astimezone():%Y-%m-%d %H:%M}"
