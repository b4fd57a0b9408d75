"""A fix as JSON can hold it and back, with nothing lost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from .fix import Fix

_DEFAULTS = {each.name: each.default for each in fields(Fix)}
_TIMES = ("time", "tablet_time")
#: What is not said is what a dropout has.
_UNSAID: Mapping[str, Any] = {"time": None, "longitude_deg": math.nan, "latitude_deg": math.nan}


def to_json(fix: Fix) -> dict[str, Any]:
    """The fields of a fix that say something; times as ISO 8601."""
    found = {}
    for name, default in _DEFAULTS.items():
        value = getattr(fix, name)
        if value is None or value != value or (value == default and name not in _UNSAID):
            continue
        found[name] = value.isoformat() if isinstance(value, datetime) else value
    return found


def from_json(saved: Mapping[str, Any]) -> Fix:
    """The fix again; what another version said that this one does not know is left out."""
    said = {name: value for name, value in saved.items() if name in _DEFAULTS}
    times = {name: datetime.fromisoformat(said[name]) for name in _TIMES if said.get(name)}
    return Fix(**{**_UNSAID, **said, **times})
