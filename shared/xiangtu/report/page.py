"""Figures as one HTML page that needs nothing else: tables, bar charts drawn as SVG, printable."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import jinja2

from ..catalogue.loader import resources_folder
from ..catalogue.model import Label
from ..store import places
from . import labels
from .statistics import Amount, Figures, Group, Table, shown

#: The measure a chart shows, the first that the group has.
_CHARTED = ("area_mu", "length_m", "count")
#: A chart with more bars than this is no longer read.
_MOST_BARS = 40
#: With more columns than this a table no longer fits across a page; it then shows the first
#: measures of each class alone, and the workbook has the rest.
_MOST_COLUMNS = 26
_NAME_LETTERS = 32
_FEW_MEASURES = ("count", "area_mu", "length_m")


@dataclass(frozen=True)
class Bar:
    """One bar: its name as it fits beside it, the value as text, its share of the longest."""

    name: str
    value: str
    share: float


@dataclass(frozen=True)
class Chart:
    """A titled set of bars."""

    title: str
    bars: tuple[Bar, ...]


def write(figures: Figures, path: Path, language: str = "zh") -> Path:
    """Write the page; returns the path. BadFile says why the place cannot be written to."""
    content = render(figures, language)
    with places.place_told(path):
        path.write_text(content, encoding="utf-8")
    return path


def render(figures: Figures, language: str = "zh") -> str:
    """The page as text."""
    folder = resources_folder() / "report"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def words(label: Label) -> str:
        return label.in_language(language)

    return environment.get_template("figures.html").render(
        figures=figures,
        language=language,
        words=words,
        label=lambda name, /, **facts: words(labels.label(name, **facts)),
        measure=lambda name: words(labels.measure(name)),
        shown=shown,
        measures=_measures,
        moment=figures.made_at[:16].replace("T", " ") + " UTC",
        codes=lambda township: [village.code for village in township.villages],
        charts=[_chart(figures, table, language) for table in figures.tables],
    )


def _measures(table: Table, group: Group) -> tuple[str, ...]:
    if sum(len(each.measures) for each in table.groups) <= _MOST_COLUMNS:
        return group.measures
    return tuple(each for each in group.measures if each in _FEW_MEASURES)


def _chart(figures: Figures, table: Table, language: str) -> Chart:
    """The summary by village (its first layer), every other table by class."""
    if table is figures.summary:
        group = table.groups[0]
        measure = _charted(group)
        villages = (village for township in figures.townships for village in township.villages)
        pairs = [
            (village.name.in_language(language), group.amount(village.code)) for village in villages
        ]
        title = group.label
    else:
        measure = _charted(table.groups[0]) if table.groups else "count"
        pairs = [(each.label.in_language(language), each.total()) for each in table.groups]
        title = table.label
    name = labels.label("chart", table=title, measure=labels.measure(measure))
    return Chart(name.in_language(language), tuple(_bars(pairs, measure)))


def _charted(group: Group) -> str:
    return next(each for each in _CHARTED if each in group.measures)


def _bars(pairs: list[tuple[str, Amount]], measure: str) -> Iterable[Bar]:
    values = [float(amount.get(measure) or 0) for _, amount in pairs]
    longest = max(values, default=0.0)
    if not longest:
        return
    most = sorted(range(len(pairs)), key=lambda at: -values[at])[:_MOST_BARS]
    for at in sorted(most):
        if values[at]:
            name, amount = pairs[at]
            yield Bar(_shortened(name), shown(amount, measure), values[at] / longest)


def _shortened(name: str) -> str:
    """The name cut to what fits beside a bar: 32 letters or 16 Chinese characters."""
    room = _NAME_LETTERS
    for at, each in enumerate(name):
        room -= 2 if unicodedata.east_asian_width(each) in "WF" else 1
        if room < 0:
            return name[: at - 1] + "…"
    return name
