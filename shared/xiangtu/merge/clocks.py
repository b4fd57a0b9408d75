"""Clocks that cannot have been right: told, never believed and never mended.

Which change came after which is known from what its author had seen, never from the time it
bears. Times are for people, so a wrong clock must be told to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..store import SurveyFile
from .changes import Change

#: What a clock may be off before it is told; a surveyor's day may begin before the county's.
TOLERANCE = timedelta(days=1)


@dataclass(frozen=True)
class WrongClock:
    """Changes of a tablet whose times cannot be: before the work was handed out, or to come.

    `changes` of them, from time `first` to `last`; they must lie between `after` and `before`.
    """

    changes: int
    first: str
    last: str
    after: str
    before: str


def trusted(time: object, assigned_at: object, arrived_at: object) -> datetime | None:
    """When a change was made, by the clock of its tablet; None where that cannot be.

    It cannot be more than a day before the assignment that it builds on, nor more than a day
    after it arrived (now, if that is not known).
    """
    at, assigned = _moment(time), _moment(assigned_at)
    arrived = _moment(arrived_at) or datetime.now(UTC)
    if at is None or at > arrived + TOLERANCE:
        return None
    return None if assigned is not None and at < assigned - TOLERANCE else at


def wrong_clock(file: SurveyFile, changes: Iterable[Change]) -> WrongClock | None:
    """What is to be told of the clock that these arriving changes (of one tablet) bear."""
    handed_out = dict(file.connection.execute("SELECT uuid, made_at FROM assignment"))
    now = datetime.now(UTC).isoformat()
    wrong = [
        change
        for change in changes
        if trusted(change.time, handed_out.get(change.basis), now) is None
    ]
    if not wrong:
        return None
    times = sorted(change.time for change in wrong)
    after = min(handed_out.get(change.basis, "") for change in wrong)
    return WrongClock(len(wrong), times[0], times[-1], after, now[:19] + "Z")


def _moment(text: object) -> datetime | None:
    """A stored time; None if it is none."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
