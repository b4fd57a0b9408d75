"""Measurements as tables in Markdown, printed and kept."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence

import shapely

from .merging import MergeTimes
from .overlaps import OverlapTimes, Search

#: What the project aims for: the merge in times of plain journalled writes, the largest county in
#: times of the smallest, and the memory it takes.
AIM_TO_PLAIN = 2.0
AIM_GROWTH = 1.5
AIM_PEAK_BYTES = 300_000_000


def machine() -> str:
    """One line about what it was measured on."""
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, shapely {shapely.__version__}"
    )


def merging(times: Sequence[MergeTimes], teams: int, changes: int) -> str:
    """Seconds and ratios for every size, how time grows with the county, and peak memory."""
    lines = [
        f"## Merging {teams} packages of {changes:,} changes",
        "",
        "| parcels | merge s | journalled writes s | ratio | pygeodiff s | ratio | merge peak MB |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for each in times:
        assert each.geodiff_s is not None
        lines.append(
            f"| {each.parcels:,} | {_to_plain(each)} | {each.geodiff_s:.2f} "
            f"| {each.ours_s / each.geodiff_s:.2f} | {each.peak_bytes / 1e6:.0f} |"
        )
    lines += [
        "",
        f"A third of the changes are outlines. Aim: at most {AIM_TO_PLAIN:g} times the journalled "
        f"writes, in less than {AIM_PEAK_BYTES / 1e6:.0f} MB, of which Python with its imports "
        f"takes {max(each.start_bytes for each in times) / 1e6:.0f} alone.",
    ]
    if len(times) > 1:
        small, large = times[0], times[-1]
        lines.append(
            f"{large.parcels:,} parcels take {large.ours_s / small.ours_s:.2f} times as long as "
            f"{small.parcels:,} (journalled writes {large.plain_s / small.plain_s:.2f}, pygeodiff "
            f"{_growth_of_geodiff(small, large):.2f}). Aim: at most {AIM_GROWTH:g}."
        )
    return "\n".join(lines)


def merging_kinds(times: Sequence[MergeTimes], teams: int, changes: int) -> str:
    """Seconds and ratios for changes of one kind alone, each to another parcel."""
    lines = [
        f"{teams * changes:,} changes of one kind into {times[0].parcels:,} parcels:",
        "",
        "| changes | merge s | journalled writes s | ratio | merge peak MB |",
        "|---|---:|---:|---:|---:|",
    ]
    for each in times:
        lines.append(f"| {each.kind} | {_to_plain(each)} | {each.peak_bytes / 1e6:.0f} |")
    return "\n".join(lines)


def _to_plain(times: MergeTimes) -> str:
    return f"{times.ours_s:.2f} | {times.plain_s:.2f} | {times.ours_s / times.plain_s:.2f}"


def _growth_of_geodiff(small: MergeTimes, large: MergeTimes) -> float:
    assert small.geodiff_s is not None and large.geodiff_s is not None
    return large.geodiff_s / small.geodiff_s


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
