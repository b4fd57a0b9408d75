"""What a receiver says, drawn on a terminal: source, sky, accuracy, last sentences."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from typing import TextIO

from ..gnss.fix import Fix
from ..gnss.monitor import Reading
from ..gnss.satellites import Satellite
from ..words import phrase
from .language import Translation
from .terminal import display_width, one_line

_CLEAR_LINE, _HOME, _CLEAR_BELOW = "\x1b[K", "\x1b[H", "\x1b[J"
_OTHER_SCREEN, _SAME_SCREEN = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
#: Bars by carrier to noise density: 0 to 50 dB-Hz.
_BARS = " ▁▂▃▄▅▆▇█"
_STRONGEST_DBHZ = 50.0
_INDENT = 2


class Screen:
    """Draws readings one over the other, if `stream` is a terminal; else does nothing.

    What was on the terminal is there again when the `with` block ends.
    """

    def __init__(self, stream: TextIO, translate: Translation) -> None:
        self._stream = stream
        self._translate = translate
        #: Whether there is a terminal to draw on.
        self.draws = stream.isatty()

    def __enter__(self) -> Screen:
        if self.draws:
            self._stream.write(_OTHER_SCREEN)
        return self

    def __exit__(self, *exception: object) -> None:
        if self.draws:
            self._stream.write(_SAME_SCREEN)
            self._stream.flush()

    def draw(self, reading: Reading, size: os.terminal_size) -> None:
        """Show a reading in place of the one before."""
        if not self.draws:
            return
        rows = lines(reading, self._translate, size.columns)[: max(size.lines - 1, 1)]
        body = "".join(f"{row}{_CLEAR_LINE}\r\n" for row in rows)
        self._stream.write(f"{_HOME}{body}{_CLEAR_BELOW}")
        self._stream.flush()


def lines(reading: Reading, translate: Translation, width: int) -> list[str]:
    """A reading as lines of at most `width` columns: state, position, sky, last sentences."""
    language = translate.language
    state, *notes = [phrase(each.code, language, each.facts) for each in reading.conditions]
    names_and_values = [(name, str(value)) for name, value in facts(reading, translate)[1:]]
    widest = max(display_width(name) for name, _ in names_and_values)
    found = [f"Xiangtu 乡图 · {reading.source}", "", state, *(f"! {note}" for note in notes), ""]
    found += [
        f"{name}{' ' * (widest - display_width(name))}  {value}"
        for name, value in names_and_values[1:]
    ]
    found += ["", *_sky(reading.sky, translate, width)]
    if reading.lines:
        found += ["", translate("last sentences"), *(" " * _INDENT + row for row in reading.lines)]
    found += ["", translate("Ctrl-C ends it")]
    return [_cut(one_line(row), width) for row in found]


def facts(reading: Reading, translate: Translation) -> list[tuple[str, object]]:
    """A reading as names and values; the first two are the source and its state."""
    language = translate.language
    state, *notes = [phrase(each.code, language, each.facts) for each in reading.conditions]
    rows: list[tuple[str, object]] = [
        (translate("source"), reading.source),
        (translate("state"), state),
        (translate("epochs"), _epochs(reading, translate)),
    ]
    rows += [(translate("note"), note) for note in notes]
    if reading.fix is not None:
        rows += _fix(reading.fix, translate)
    dropped = {
        name: count
        for name, count in reading.counts.items()
        if count and name not in ("bytes", "sentences", "unused")
    }
    rows.append((translate("sentences"), reading.counts["sentences"]))
    rows += [(phrase(f"gnss.count.{name}", language), count) for name, count in dropped.items()]
    return rows


def _epochs(reading: Reading, translate: Translation) -> str:
    kinds = ", ".join(
        f"{phrase(f'fix_type.{kind}', translate.language)} {count}"
        for kind, count in reading.by_fix_type.items()
    )
    rate = "" if reading.rate_hz is None else f" · {reading.rate_hz:g} Hz"
    return f"{reading.epochs}{rate}{f' · {kinds}' if kinds else ''}"


def _fix(fix: Fix, translate: Translation) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    if fix.time is not None:
        rows.append((translate("time"), fix.time.isoformat(timespec="milliseconds")))
    rows.append((translate("satellites"), _satellites(fix, translate)))
    dops = [f"{name} {value:g}" for name, value in (("HDOP", fix.hdop), ("PDOP", fix.pdop))
            if value is not None]  # fmt: skip
    if dops:
        rows.append((translate("dilution of precision"), ", ".join(dops)))
    if math.isnan(fix.longitude_deg):
        return rows
    accuracy = _metres(fix.horizontal_accuracy_m)
    if fix.accuracy_from is not None:
        accuracy += f" ({phrase(f'gnss.accuracy_from.{fix.accuracy_from}', translate.language)})"
    age = "" if fix.correction_age_s is None else f"{fix.correction_age_s:g} s"
    rows += [
        (translate("longitude"), f"{fix.longitude_deg:.9f}°"),
        (translate("latitude"), f"{fix.latitude_deg:.9f}°"),
        (translate("fix"), phrase(f"fix_type.{fix.fix_type}", translate.language)),
        (translate("horizontal accuracy"), accuracy),
        (translate("vertical accuracy"), _metres(fix.vertical_accuracy_m)),
        (translate("age of corrections"), age),
        (translate("height above the ellipsoid"), _metres(fix.height_ellipsoid_m)),
        (translate("height above sea level, by the receiver's own geoid"),
         _metres(fix.height_sea_level_m)),
    ]  # fmt: skip
    return [(name, value) for name, value in rows if value]


def _satellites(fix: Fix, translate: Translation) -> str:
    used = "?" if fix.satellites is None else str(fix.satellites)
    if fix.satellites_in_view is None:
        return translate("{used} used").format(used=used)
    return translate("{used} used of {seen} in view").format(used=used, seen=fix.satellites_in_view)


def _sky(sky: Iterable[Satellite], translate: Translation, width: int) -> list[str]:
    """A line for each constellation, with a bar for each satellite; those used are named."""
    groups: dict[str, list[Satellite]] = {}
    for each in sky:
        groups.setdefault(each.name[0], []).append(each)
    names = {letter: phrase(f"gnss.constellation.{letter}", translate.language)
             for letter in groups}  # fmt: skip
    widest = max((display_width(name) for name in names.values()), default=0)
    rows = []
    for letter, several in groups.items():
        used = sum(each.used for each in several)
        title = names[letter] + " " * (widest - display_width(names[letter]))
        cells = [f"{each.name}{'*' if each.used else ' '}{_bar(each)}" for each in several]
        rows.append(f"{title}  {used:>2}/{len(several):<2}  {' '.join(cells)}")
    if rows:
        rows.insert(0, translate("satellites: used/in view, * = used, bar = signal"))
    return rows


def _bar(satellite: Satellite) -> str:
    strength = min((satellite.snr_dbhz or 0.0) / _STRONGEST_DBHZ, 1.0)
    return _BARS[math.ceil(strength * (len(_BARS) - 1))]


def _metres(value: float | None) -> str:
    return "" if value is None else f"{value:.3f} m"


def _cut(text: str, width: int) -> str:
    while display_width(text) > width:
        text = text[:-1]
    return text
