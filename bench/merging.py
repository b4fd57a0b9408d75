"""Ten teams' changes into one county: our merge, plain journalled writes, pygeodiff.

The merge and the writes are run in turn, several times, and the middle time counts, since a
machine does other things too; pygeodiff, which takes minutes, is run once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from . import county_files, geodiff, into_county
from .changes import MIXED
from .county_files import Files, Say, copied


@dataclass(frozen=True)
class MergeTimes:
    """Seconds for all packages of one kind into a county of `parcels`, and the merge's memory.

    `start_bytes` is what its process took before it had begun: Python and what is imported.
    """

    kind: str
    parcels: int
    ours_s: float
    plain_s: float
    peak_bytes: int
    start_bytes: int
    geodiff_s: float | None = None


def measure(files: Files, repeats: int, say: Say) -> MergeTimes:
    """All three ways with mixed changes, one after the other, each run from a fresh copy."""
    found = _in_turn(files, MIXED, repeats, say)
    return MergeTimes(**found, geodiff_s=geodiff.seconds(files, say))


def measure_kinds(files: Files, repeats: int, say: Say) -> list[MergeTimes]:
    """The merge and the plain writes with changes of one kind alone."""
    kinds = [kind for kind in files.kinds if kind != MIXED]
    for kind in kinds:
        county_files.prepare_packages(files, kind, say)
    return [MergeTimes(**_in_turn(files, kind, repeats, say)) for kind in kinds]


def with_kinds(prepared: Iterable[Files]) -> Files | None:
    """The first county that has parcels enough for every kind of changes."""
    return next((files for files in prepared if set(files.kinds) > {MIXED}), None)


def _in_turn(files: Files, kind: str, repeats: int, say: Say) -> dict[str, object]:
    runs = {into_county.MERGE: [], into_county.PLAIN: []}
    for number in range(repeats):
        for which, found in runs.items():
            say(f"{files.parcels:,} parcels: {kind}, {which}, {number + 1} of {repeats}")
            with copied(files) as copy:
                found.append(into_county.run(which, copy.county, files, kind))
    ours, plain = runs.values()
    return {
        "kind": kind,
        "parcels": files.parcels,
        "ours_s": median(each["seconds"] for each in ours),
        "plain_s": median(each["seconds"] for each in plain),
        "peak_bytes": max(each["peak_bytes"] for each in ours),
        "start_bytes": max(each["start_bytes"] for each in ours),
    }
