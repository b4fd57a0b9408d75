"""What a command shows: tables and JSON on standard output, progress and messages beside them."""

from __future__ import annotations

import base64
import dataclasses
import json
import sys
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from ..errors import BadInput
from ..geo import blobs
from ..words import known, phrase
from .language import Translation

_BAR = 30
#: A cell longer than this is cut; --json has it whole.
_WIDEST_CELL = 60
_BETWEEN_DRAWINGS_S = 0.1


class Terminal:
    """Standard output and error, in one language."""

    def __init__(self, translation: Translation, *, as_json: bool, quiet: bool) -> None:
        self.translate = translation
        self.as_json = as_json
        self.quiet = quiet
        self._drawn_at = 0.0
        self._bar_shown = False

    # -- results, on standard output ---------------------------------------------------------

    def document(self, content: Mapping[str, object]) -> None:
        """Print the one JSON document of --json."""
        text = json.dumps(content, ensure_ascii=False, indent=2, default=plain, allow_nan=False)
        print(text, file=sys.stdout, flush=True)

    def line(self, text: str = "") -> None:
        """A line of the result."""
        if not self.quiet:
            print(one_line(text), file=sys.stdout)

    def facts(self, rows: Iterable[tuple[str, object]]) -> None:
        """Names and values, the values under each other; empty values are left out."""
        shown = [(name, self._cell(value)) for name, value in rows if value not in (None, "", ())]
        width = max((display_width(name) for name, _ in shown), default=0)
        for name, value in shown:
            self.line(f"{_padded(name, width)}  {value}")

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Columns under headings, numbers to the right; Chinese characters are two wide."""
        rows = list(rows)
        body = [[_shortened(self._cell(value)) for value in row] for row in rows]
        to_right = [
            bool(rows) and all(_is_number(row[column]) for row in rows)
            for column in range(len(headings))
        ]
        widths = [
            max(display_width(row[column]) for row in [list(headings), *body])
            for column in range(len(headings))
        ]
        for number, row in enumerate([list(headings), ["─" * width for width in widths], *body]):
            cells = (
                _padded(text, width, right and number != 1)
                for text, width, right in zip(row, widths, to_right, strict=True)
            )
            self.line("  ".join(cells).rstrip())

    def _cell(self, value: object) -> str:
        if isinstance(value, bool):
            return self.translate("yes") if value else self.translate("no")
        return text_of(value)

    # -- beside them, on standard error ------------------------------------------------------

    def note(self, text: str) -> None:
        """Something worth knowing that is not the result."""
        if not self.quiet:
            self.clear()
            print(one_line(text), file=sys.stderr, flush=True)

    def refusal(self, text: str) -> None:
        """The one line of a refusal; shown whatever was asked for."""
        self.clear()
        print(one_line(text), file=sys.stderr, flush=True)

    def progress(self, fraction: float, step: str) -> None:
        """Draw the bar, on a terminal only and not more than ten times a second."""
        if self.quiet or not sys.stderr.isatty():
            return
        now = time.monotonic()
        if fraction < 1 and now - self._drawn_at < _BETWEEN_DRAWINGS_S:
            return
        self._drawn_at = now
        fraction = min(max(fraction, 0.0), 1.0)
        full = round(fraction * _BAR)
        name = f"step.{step}"
        words = phrase(name, self.translate.language) if known(name) else ""
        bar = "█" * full + "░" * (_BAR - full)
        print(f"\r\x1b[K{bar} {fraction:4.0%}  {words}", end="", file=sys.stderr, flush=True)
        self._bar_shown = True

    def clear(self) -> None:
        """Take the bar away before anything else is written."""
        if self._bar_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._bar_shown = False


def plain(value: Any) -> Any:
    """A value as JSON has it: geometries as GeoJSON, bytes as base64, dataclasses as objects."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, BaseGeometry):
        return mapping(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Iterable):
        return list(value)
    return str(value)


def text_of(value: object) -> str:
    """A value for people, on one line; a stored geometry by what it is, not its bytes."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return _blob(value)
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Mapping):
        return " · ".join(f"{name}={text_of(each)}" for name, each in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(text_of(each) for each in value)
    return one_line(str(value))


def _blob(value: bytes) -> str:
    try:
        shape = blobs.decode_one(value)
    except BadInput:
        return f"<{len(value)} B>"
    size = f" {shape.area:.2f} m²" if shape.area else ""
    return f"{blobs.kind_of(value)} ({shapely.get_num_coordinates(shape)}){size}"


def one_line(text: str) -> str:
    """Control characters out: what is shown may come from a file of somebody else's."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else " " for each in text)


def display_width(text: str) -> int:
    """Columns a text takes on a terminal."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
        for each in text
    )


def _padded(text: str, width: int, right: bool = False) -> str:
    space = " " * (width - display_width(text))
    return space + text if right else text + space


def _shortened(text: str) -> str:
    if display_width(text) <= _WIDEST_CELL:
        return text
    kept = ""
    for each in text:
        if display_width(kept + each) >= _WIDEST_CELL:
            break
        kept += each
    return kept + "…"


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
