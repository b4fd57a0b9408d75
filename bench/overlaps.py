"""Overlaps among all parcels: validation's search beside a plain shapely 2 script.

Each runs in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from .county_files import ROOT, Files, Say

#: The limit of domain §5, and of the rule: parcels that share more than this overlap.
LIMIT_M2 = 0.001
#: Bytes before the WKB in a GeoPackage blob with bounds: magic, version, flags, srid, 4 doubles.
_GPKG_HEAD_BYTES = 40


@dataclass(frozen=True)
class Search:
    """One search: seconds to read the outlines and to find pairs, peak memory, pairs found."""

    read_s: float
    search_s: float
    peak_bytes: int
    pairs: int


@dataclass(frozen=True)
class OverlapTimes:
    """Both searches over the same parcels."""

    parcels: int
    ours: Search
    plain: Search


def measure(files: Files, say: Say) -> OverlapTimes:
    """Run both, one after the other."""
    say(f"{files.parcels:,} parcels: overlaps, plain script")
    plain = _in_process("plain", files.geopackage)
    say(f"{files.parcels:,} parcels: overlaps, validation's search")
    ours = _in_process("ours", files.county)
    if ours.pairs != plain.pairs:
        raise RuntimeError(f"the searches disagree: {ours.pairs} and {plain.pairs} pairs")
    return OverlapTimes(files.parcels, ours, plain)


def _in_process(which: str, path: Path) -> Search:
    done = subprocess.run(
        [sys.executable, "-m", "bench.overlaps", which, str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return Search(**json.loads(done.stdout))


def _read_ours(path: Path) -> np.ndarray:
    from xiangtu import store

    with store.open(path, readonly=True) as file:
        _, shapes = file.arrays("farmland", ("uuid",), "ended_on IS NULL")
    return shapes


def _search_ours(shapes: np.ndarray) -> int:
    from xiangtu.geo import topology

    return len(topology.overlaps(shapes, LIMIT_M2).first)


def _read_plain(path: Path) -> np.ndarray:
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT geom FROM farmland")
        return shapely.from_wkb([blob[_GPKG_HEAD_BYTES:] for (blob,) in rows])


def _search_plain(shapes: np.ndarray) -> int:
    """What one writes first: query the tree with a predicate, then measure what is shared."""
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    shared = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    return int((shared > LIMIT_M2).sum())


def main(which: str, path: str) -> None:
    """The process itself: one JSON document on standard output."""
    read: Callable[[Path], np.ndarray] = _read_ours if which == "ours" else _read_plain
    search = _search_ours if which == "ours" else _search_plain
    start = time.perf_counter()
    shapes = read(Path(path))
    between = time.perf_counter()
    pairs = search(shapes)
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        json.dumps(
            {
                "read_s": between - start,
                "search_s": end - between,
                "peak_bytes": peak,
                "pairs": pairs,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
