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


def wrong_clock(file: SurveyFile, changes: Iterable[Change]) -> WrongClock | None:
    """What is to be told of the clock that these changes (of one tablet) were written by."""
    limits = Limits(file)
    wrong = [change for change in changes if limits.reason(change) is not None]
    if not wrong:
        return None
    times = sorted(change.time for change in wrong)
    after = min(limits.after(change.basis) for change in wrong)
    return WrongClock(len(wrong), times[0], times[-1], after, limits.before)


class Limits:
    """Between which times a change can have been written: after its assignment, before now."""

    def __init__(self, file: SurveyFile) -> None:
        self._handed_out = dict(file.connection.execute("SELECT uuid, made_at FROM assignment"))
        self.before = _text(datetime.now(UTC) + TOLERANCE)
        self._after: dict[str, str] = {}

    def after(self, basis: str) -> str:
        """The earliest time for a change made on this basis; "" where none is known."""
        if basis not in self._after:
            made_at = _moment(self._handed_out.get(basis, ""))
            self._after[basis] = _text(made_at - TOLERANCE) if made_at is not None else ""
        return self._after[basis]

    def reason(self, change: Change) -> str | None:
        """Why the time of a change cannot be right ("early", "late", "unreadable"), or None."""
        if change.time > self.before:
            return "late" if _moment(change.time) is not None else "unreadable"
        if change.time < self.after(change.basis):
            return "early" if _moment(change.time) is not None else "unreadable"
        return None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
