"""Measurements as a plot that is kept beside the tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from .merging import MergeTimes
from .tables import AIM_TO_PLAIN

#: Where the figures stand beside their marks, in points.
_ABOVE, _BELOW = (0, 7), (0, -14)
_BLUE, _GREY, _RED = "#1f5fa8", "#555555", "#b5432a"


def merging(times: Sequence[MergeTimes], teams: int, changes: int, path: Path) -> None:
    """Seconds over the size of the county for the three ways, both axes logarithmic."""
    figure = Figure(figsize=(8.0, 4.8), layout="constrained")
    axes = figure.add_subplot()
    sizes = [each.parcels for each in times]
    plain_s = [each.plain_s for each in times]
    lines = (
        ("pygeodiff", [each.geodiff_s for each in times], _RED, "s-"),
        ("merge", [each.ours_s for each in times], _BLUE, "o-"),
        ("plain journalled writes", plain_s, _GREY, "^-"),
    )
    for name, seconds, colour, style in lines:
        axes.plot(sizes, seconds, style, color=colour, label=name, linewidth=2, markersize=6)
    aim = [AIM_TO_PLAIN * each for each in plain_s]
    label = f"{AIM_TO_PLAIN:g} × plain journalled writes (aim of the merge)"
    axes.plot(sizes, aim, ":", color=_GREY, linewidth=1.5, label=label)
    for at, size in enumerate(sizes):
        values = sorted((seconds[at], colour) for _, seconds, colour, _ in lines)
        for (value, colour), place in zip(values, _places(values), strict=True):
            axes.annotate(
                f"{value:.1f} s" if value < 100 else f"{value:.0f} s",
                (size, value),
                place,
                textcoords="offset points",
                ha="center",
                color=colour,
                fontsize=9,
            )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sizes)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(min(plain_s) / 2, 2 * max(max(seconds) for _, seconds, *_ in lines))
    axes.set_xlabel("parcels in the county")
    axes.set_ylabel("seconds")
    axes.set_title(f"Merging {teams} packages of {changes:,} changes")
    axes.grid(True, which="major", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, loc="upper left")
    # The same figures give the same file.
    with matplotlib.rc_context({"svg.hashsalt": "xiangtu"}):
        figure.savefig(path, metadata={"Date": None})


def _places(values: list[tuple[float, str]]) -> tuple[tuple[int, int], ...]:
    """Where the figures of the lowest, the middle and the highest mark have room."""
    low, middle, high = (value for value, _ in values)
    return _BELOW, _ABOVE if middle * middle < low * high else _BELOW, _ABOVE
