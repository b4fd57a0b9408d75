"""Measurements as tables in Markdown, printed and kept."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence

import shapely

from .app_times import AppTimes
from .desk_times import DeskTimes
from .merging import MergeTimes
from .overlaps import OverlapTimes, Search
from .positions import PositionTimes

#: What the project aims for: the merge in times of plain journalled writes, the largest county in
#: times of the smallest, and the memory it takes.
AIM_TO_PLAIN = 2.0
AIM_GROWTH = 1.5
AIM_PEAK_BYTES = 300_000_000
#: Of positions: sentences a second, in times of pynmea2's, and percent of a core at 10 Hz.
AIM_SENTENCES_A_SECOND = 50_000
AIM_TO_PYNMEA2 = 0.5
AIM_PERCENT_OF_A_CORE = 3.0
#: Of the app: seconds to the map, frames a second, seconds for a save, and memory.
AIM_MAP_S = 3.0
AIM_FRAMES_A_SECOND = 30.0
AIM_SAVE_S = 0.05
AIM_APP_BYTES = 300_000_000
#: Of the plugin: seconds to the panel and to the map, and a frame of the table that scrolls.
AIM_PANEL_S = 1.0
AIM_BUILD_S = 5.0
AIM_SCROLL_S = 0.1


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


def positions(times: PositionTimes) -> str:
    """Sentences a second of every log, memory over the day, and the load of a core."""
    lines = [
        "## Positions from NMEA sentences",
        "",
        "| log | sentences a second, to fixes | pynmea2 alone | ratio |",
        "|---|---:|---:|---:|",
    ]
    for each in times.parsing:
        ours, theirs = each.sentences / each.ours_s, each.sentences / each.pynmea2_s
        lines.append(f"| {each.log} | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.2f} |")
    day, load = times.day, times.load
    grown = (day.late_bytes - day.early_bytes) / 1e6
    lines += [
        "",
        f"Aim: at least {AIM_SENTENCES_A_SECOND:,} a second and {AIM_TO_PYNMEA2:g} of pynmea2.",
        "",
        f"A day of {day.hours:g} hours at 10 Hz ({day.epochs:,} epochs) through the live source "
        f"and the monitor: {day.early_bytes / 1e6:.1f} MB resident after a tenth of it, "
        f"{grown:+.1f} MB at its end. Aim: no growth.",
        f"10 Hz in real time for {load.wall_s:.0f} s ({load.epochs:,} epochs, "
        f"{load.sentences:,} sentences): {100 * load.cpu_s / load.wall_s:.1f} % of a core. "
        f"Aim: below {AIM_PERCENT_OF_A_CORE:g} %.",
    ]
    return "\n".join(lines)


def app(times: AppTimes) -> str:
    """What was reached of each aim, and what the machine takes of it for something plain."""
    return "\n".join(
        [
            f"## The tablet's app with {times.records:,} parcels in its file",
            "",
            "| | reached | aim | beside it |",
            "|---|---:|---:|---|",
            f"| first screen, s | {times.first_screen_s:.2f} | "
            f"| a window of Kivy with one button: {times.plain_window_s:.2f} |",
            f"| start to the map drawn, s | {times.map_s:.2f} | {AIM_MAP_S:g} "
            f"| seconds of a core: {times.map_cpu_s:.2f} |",
            f"| frames a second, {times.outlines:,} outlines | {times.frames_a_second:.1f} "
            f"| {AIM_FRAMES_A_SECOND:g} "
            f"| the same map without records: {times.empty_frames_a_second:.1f} |",
            f"| one of these frames, ms of the main thread | {1000 * times.frame_cpu_s:.1f} "
            f"| | longest, by the clock: {1000 * times.longest_frame_s:.0f} |",
            f"| longest frame on a way through all screens, ms of the main thread "
            f"| {1000 * times.tour_longest_cpu_s:.0f} | 100 | {times.tour_longest_at}; "
            f"by the clock {1000 * times.tour_longest_s:.0f} |",
            f"| an answer saved and synced, 95 %, ms | {1000 * times.save_p95_s:.1f} "
            f"| {1000 * AIM_SAVE_S:g} | 8 KB written and synced: "
            f"{1000 * times.plain_write_p95_s:.1f} |",
            f"| a whole record confirmed and synced, 95 %, ms | {1000 * times.confirm_p95_s:.1f} "
            f"| {1000 * AIM_SAVE_S:g} | |",
            f"| memory at the map, MB | {times.map_bytes / 1e6:.0f} | {AIM_APP_BYTES / 1e6:.0f} "
            f"| with {times.outlines:,} outlines: {times.outlines_bytes / 1e6:.0f} |",
            "",
            "Drawn by software (Mesa's llvmpipe), without a graphics card.",
        ]
    )


def desk(times: DeskTimes) -> str:
    """What was reached of each aim, and how long QGIS did not answer while a sheet was printed."""
    found = times.seconds
    lines = [
        f"## The plugin in QGIS with {times.parcels:,} parcels in the county",
        "",
        "| | reached | aim | beside it |",
        "|---|---:|---:|---|",
        f"| plugin loaded and panel opened, s | {found['panel_stall_s']:.2f} | {AIM_PANEL_S:g} "
        f"| of that it computes: {found['panel_stall_cpu_s']:.2f}; until the county's summary is "
        f"there: {found['panel_s']:.2f}; opened again: {found['panel_again_s']:.2f}; an empty "
        f"panel of QGIS: {found['plain_panel_s']:.2f} |",
        f"| map built, s | {found['build_s']:.2f} | {AIM_BUILD_S:g} "
        f"| and drawn: {found['drawn_s']:.2f}; its layers opened alone, read from the disk for the "
        f"first time: {found['plain_layers_s']:.2f} |",
        f"| {times.findings:,} findings listed, s | {found['findings_s']:.2f} | "
        f"| QGIS does not answer for {found['findings_stall_s']:.2f} of it |",
        f"| longest frame of their table scrolling, ms | {1000 * found['scroll_frame_s']:.0f} "
        f"| {1000 * AIM_SCROLL_S:g} | plain numbers in a table of Qt: "
        f"{1000 * found['plain_scroll_frame_s']:.1f} |",
        f"| sorted by the slowest column, s | {found['sort_s']:.2f} | "
        f"| narrowed by a word: {found['narrow_s']:.2f}; all chosen: {found['select_all_s']:.2f} |",
        "",
        "| sheet as PDF | seconds | QGIS does not answer for, s | of that it computes, s | MB |",
        "|---|---:|---:|---:|---:|",
    ]
    for kind, name in (
        ("county", "county"), ("village", "one village"), ("farmland", "20 parcel sketches"),
        ("findings", "findings"),
    ):  # fmt: skip
        lines.append(
            f"| {name} | {found[f'print_{kind}_s']:.2f} | {found[f'print_{kind}_stall_s']:.2f} "
            f"| {found[f'print_{kind}_stall_cpu_s']:.2f} "
            f"| {found[f'print_{kind}_bytes'] / 1e6:.1f} |"
        )
    lines += ["", "Drawn by software, without a graphics card; what a person waits for at once."]
    return "\n".join(lines)
