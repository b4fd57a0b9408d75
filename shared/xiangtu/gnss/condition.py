"""How a source of positions does, as codes with facts that the front ends put into words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .fix import Fix

#: The states of a source.
CONNECTING = "gnss.status.connecting"
LISTENING = "gnss.status.listening"
WAITING = "gnss.status.waiting"
NOT_NMEA = "gnss.status.not_nmea"
NO_RECEIVER = "gnss.status.no_receiver"
NO_EPOCHS = "gnss.status.no_epochs"
NO_POSITION = "gnss.status.no_position"
RECEIVING = "gnss.status.receiving"
SILENT = "gnss.status.silent"
LOST = "gnss.status.lost"
ENDED = "gnss.status.ended"
CLOSED = "gnss.status.closed"

#: RTK corrections are sent each second, and a receiver falls back when they are a minute old.
_CORRECTIONS_OLD_S = 20.0
_CORRECTED = ("differential", "rtk_float", "rtk_fixed")
#: Fixes are kept with both clocks; a difference of so much is a clock set wrong.
_CLOCK_WRONG_S = 30.0


@dataclass(frozen=True)
class Condition:
    """Something that a person should read: `code` (gnss.status.… or gnss.note.…) and its facts."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def notes_on(fix: Fix, clock_jumps: int) -> list[Condition]:
    """What is worth knowing of the last fix beside the state of its source."""
    notes = []
    if fix.mock:
        notes.append(Condition("gnss.note.mock"))
    age_s = fix.correction_age_s or 0.0
    if fix.fix_type in _CORRECTED and age_s > _CORRECTIONS_OLD_S:
        notes.append(Condition("gnss.note.corrections_old", {"seconds": round(age_s)}))
    if fix.fix_type != "none" and fix.accuracy_from == "dop":
        accuracy_m = fix.horizontal_accuracy_m
        if accuracy_m is not None and math.isfinite(accuracy_m):
            notes.append(Condition("gnss.note.accuracy_estimated"))
    if fix.time is not None and fix.tablet_time is not None:
        ahead_s = (fix.tablet_time - fix.time).total_seconds()
        if abs(ahead_s) > _CLOCK_WRONG_S:
            notes.append(Condition("gnss.note.tablet_clock", {"seconds": round(ahead_s)}))
    if clock_jumps:
        notes.append(Condition("gnss.note.receiver_clock", {"times": clock_jumps}))
    return notes
