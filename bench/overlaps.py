"""Overlaps among all parcels: validation's search beside a plain shapely 2 script.

Each runs in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import shapely

from . import own_process
from .county_files import Files, Say, copied

#: The limit of domain §5, and of the rule: parcels that share more than this overlap.
LIMIT_M2 = 0.001
_RULE = "topology.overlap"
#: Bytes before the WKB in a GeoPackage blob with bounds: magic, version, flags, srid, 4 doubles.
_GPKG_HEAD_BYTES = 40


@dataclass(frozen=True)
class Search:
    """One search: seconds from the file to the pairs, peak memory, pairs found."""

    seconds: float
    peak_bytes: int
    pairs: int


@dataclass(frozen=True)
class OverlapTimes:
    """Both searches over the same parcels."""

    parcels: int
    ours: Search
    plain: Search


def measure(files: Files, say: Say) -> OverlapTimes:
    """Run both, one after the other; validation in a copy, since it writes its findings."""
    say(f"{files.parcels:,} parcels: overlaps, plain script")
    plain = Search(**own_process.run("overlaps", "plain", files.geopackage))
    say(f"{files.parcels:,} parcels: overlaps, validation")
    with copied(files) as copy:
        ours = Search(**own_process.run("overlaps", "ours", copy.county))
    if ours.pairs != plain.pairs:
        raise RuntimeError(f"the searches disagree: {ours.pairs} and {plain.pairs} pairs")
    return OverlapTimes(files.parcels, ours, plain)


def _ours(path: Path) -> int:
    """The rule as a person would run it, from the county file to findings that are written."""
    from xiangtu import store, validate

    with store.open(path) as file:
        summary = validate.run(file, layers=["farmland"], rules=[_RULE])
    return summary.open_by_rule.get(_RULE, 0)


def _plain(path: Path) -> int:
    """What one writes first: all outlines, a tree asked with a predicate, what pairs share."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT geom FROM farmland")
        shapes = shapely.from_wkb([blob[_GPKG_HEAD_BYTES:] for (blob,) in rows])
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    shared = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    return int((shared > LIMIT_M2).sum())


def main(which: str, path: str) -> None:
    """The process itself: one JSON document on standard output."""
    start = time.perf_counter()
    pairs = (_ours if which == "ours" else _plain)(Path(path))
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak_bytes": own_process.peak_bytes(), "pairs": pairs}))


if __name__ == "__main__":
    main(*sys.argv[1:])
