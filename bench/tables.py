"""Measurements as tables in Markdown, printed and kept."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence

import shapely

from .merging import MergeTimes
from .overlaps import OverlapTimes, Search

#: What the project aims for: times as long as plain journalled writes, growth from the smaller
#: to the ten times larger county.
AIM_TO_PLAIN = 3.0
AIM_GROWTH = 1.5


def machine() -> str:
    """One line about what it was measured on."""
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, shapely {shapely.__version__}"
    )


def merging(times: Sequence[MergeTimes], teams: int, changes: int) -> str:
    """Seconds and ratios for every size, and how time grows with the county."""
    lines = [
        f"## Merging {teams} packages of {changes:,} changes",
        "",
        "| parcels | merge s | journalled writes s | ratio | pygeodiff s | ratio |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for each in times:
        lines.append(
            f"| {each.parcels:,} | {each.ours_s:.2f} | {each.plain_s:.2f} "
            f"| {each.ours_s / each.plain_s:.2f} | {each.geodiff_s:.2f} "
            f"| {each.ours_s / each.geodiff_s:.2f} |"
        )
    lines += ["", f"Aim: at most {AIM_TO_PLAIN:g} times the journalled writes."]
    if len(times) > 1:
        small, large = times[0], times[-1]
        lines.append(
            f"{large.parcels:,} parcels take {large.ours_s / small.ours_s:.2f} times as long as "
            f"{small.parcels:,} (journalled writes {large.plain_s / small.plain_s:.2f}, pygeodiff "
            f"{large.geodiff_s / small.geodiff_s:.2f}). Aim: at most {AIM_GROWTH:g}."
        )
    return "\n".join(lines)


def overlaps(times: OverlapTimes) -> str:
    """Time and peak memory of both searches."""
    ours, plain = times.ours, times.plain
    lines = [
        f"## Overlaps among {times.parcels:,} parcels ({ours.pairs:,} pairs)",
        "",
        "| | seconds | peak memory MB |",
        "|---|---:|---:|",
        _search("validation, findings written", ours),
        _search("plain STRtree script", plain),
        f"| ratio | {ours.seconds / plain.seconds:.2f} "
        f"| {ours.peak_bytes / plain.peak_bytes:.2f} |",
        "",
        "Aim: no slower, in less memory.",
    ]
    return "\n".join(lines)


def _search(name: str, search: Search) -> str:
    return f"| {name} | {search.seconds:.2f} | {search.peak_bytes / 1e6:.0f} |"
