"""What the author of a change had seen, so that later code can tell "after" from "beside".

A basis (an assignment, or a batch at the county) is a JSON object, device → numbers seen:
`14` for every change up to 14, `[14, [5, 9]]` for the same but for 5 to 9 (undone or held then).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..errors import BadFile

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Seen:
    """For each device the highest number seen, and the ranges below it that were not."""

    highest: Mapping[str, int]
    gaps: Mapping[str, Ranges]

    def has(self, device: str, number: int) -> bool:
        """Whether change `number` of `device` had been seen."""
        if number > self.highest.get(device, 0):
            return False
        return not any(first <= number <= last for first, last in self.gaps.get(device, ()))

    def to_json(self) -> str:
        """The text stored in table basis; the same set always gives the same text."""
        out: dict[str, object] = {}
        for device in sorted(self.highest):
            gaps = self.gaps.get(device, ())
            highest = self.highest[device]
            out[device] = [highest, *map(list, gaps)] if gaps else highest
        return json.dumps(out, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Seen:
        """Read what `to_json` wrote; BadFile("basis.damaged") for anything else."""
        highest: dict[str, int] = {}
        gaps: dict[str, Ranges] = {}
        try:
            for device, value in json.loads(text).items():
                if isinstance(value, list):
                    highest[device] = int(value[0])
                    gaps[device] = tuple((int(first), int(last)) for first, last in value[1:])
                else:
                    highest[device] = int(value)
        except (ValueError, TypeError, AttributeError, IndexError) as fault:
            raise BadFile("basis.damaged", text=text[:80]) from fault
        return cls(highest, gaps)

    def without(self, changes: Iterable[tuple[str, int]]) -> Seen:
        """The same but for some changes, each (device, number)."""
        missing: dict[str, set[int]] = {}
        for device, ranges in self.gaps.items():
            missing[device] = {
                number for first, last in ranges for number in range(first, last + 1)
            }
        for device, number in changes:
            missing.setdefault(device, set()).add(number)
        return Seen(
            self.highest, {device: _ranges(sorted(each)) for device, each in missing.items()}
        )


NOTHING = Seen({}, {})


def devices_in_journal(connection: sqlite3.Connection) -> list[str]:
    """Every device that wrote a change; jumps from one to the next in the index."""
    rows = connection.execute(
        "WITH RECURSIVE each(device) AS (SELECT min(device) FROM change UNION ALL "
        "SELECT (SELECT min(device) FROM change WHERE device > each.device) FROM each "
        "WHERE each.device IS NOT NULL) SELECT device FROM each WHERE device IS NOT NULL"
    )
    return [device for (device,) in rows]


def seen_now(connection: sqlite3.Connection) -> Seen:
    """What the state of this file is made of: the live changes of every device.

    Costs the number of devices and of changes that are not live, not the size of the journal.
    """
    highest: dict[str, int] = {}
    for device in devices_in_journal(connection):
        (last,) = connection.execute(
            "SELECT max(number) FROM change WHERE device = ?", (device,)
        ).fetchone()
        highest[device] = last
    missing: dict[str, list[int]] = {}
    for device, number in connection.execute(
        "SELECT device, number FROM change WHERE live = 0 ORDER BY device, number"
    ):
        missing.setdefault(device, []).append(number)
    return Seen(highest, {device: _ranges(numbers) for device, numbers in missing.items()})


def seen_when_handed_out(connection: sqlite3.Connection, county_device: str) -> Seen:
    """What someone has seen who is given this county's records as they stand.

    Of an open conflict that is one side only: the one shown (the county's own, else that of the
    lowest device and number), and of a deletion in question the record that still stands. The
    other sides were not seen, so that an edit does not settle a conflict that nobody looked at.
    """
    unseen: list[tuple[str, int]] = []
    for (heads_text,) in connection.execute(
        "SELECT heads FROM conflict WHERE unit NOT IN ('@record', '@lineage')"
    ):
        heads = [_place(connection, uuid) for uuid in json.loads(heads_text)]
        own = [head for head in heads if head[0] == county_device]
        shown = own[0] if own else heads[0]
        unseen += [head[:2] for head in heads if head != shown]
    for (heads_text,) in connection.execute("SELECT heads FROM conflict WHERE unit = '@record'"):
        heads = [_place(connection, uuid) for uuid in json.loads(heads_text)]
        unseen += [head[:2] for head in heads if head[2] == "delete"]
    return seen_now(connection).without(unseen)


def _place(connection: sqlite3.Connection, uuid: str) -> tuple[str, int, str]:
    return connection.execute(
        "SELECT device, number, operation FROM change WHERE uuid = ?", (uuid,)
    ).fetchone()


def _ranges(numbers: list[int]) -> Ranges:
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return tuple((first, last) for first, last in found)


def load_basis(connection: sqlite3.Connection, uuid: str) -> Seen | None:
    """The basis of that uuid, or None if this file does not know it."""
    row = connection.execute("SELECT seen FROM basis WHERE uuid = ?", (uuid,)).fetchone()
    return Seen.from_json(row[0]) if row else None
