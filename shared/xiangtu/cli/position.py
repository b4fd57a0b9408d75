"""The command gnss: what a receiver says, until Ctrl-C or the end of a file."""

from __future__ import annotations

import math
import sys
from contextlib import suppress

from ..gnss.monitor import Reading, watch
from ..gnss.source import open_source
from ..words import phrase
from .command import Call, Commands, Outcome, whole_number
from .terminal import Terminal

_DEFAULT = "gpsd://localhost:2947"


def add(commands: Commands) -> None:
    """Register the command."""
    _ = commands.translate
    gnss = commands.add("gnss", run_gnss, "show what a GNSS receiver says, until Ctrl-C")
    gnss.add_argument(
        "source", nargs="?", default=_DEFAULT, metavar="SOURCE",
        help=_("gpsd://host:port, tcp://host:port or a file of NMEA (else gpsd on this machine)"),
    )  # fmt: skip
    gnss.add_argument("--epochs", type=whole_number, metavar="N", help=_("stop after so many"))


def run_gnss(call: Call) -> Outcome:
    """xiangtu gnss: a line for each reading meanwhile, the last reading as the outcome."""
    wanted = call.arguments.epochs
    last: Reading | None = None
    with open_source(call.arguments.source) as source, suppress(KeyboardInterrupt):
        for reading in watch(source):
            last = reading
            if sys.stderr.isatty():
                call.note(_line(call, reading))
            if wanted is not None and reading.epochs >= wanted:
                break

    def show(terminal: Terminal) -> None:
        if last is not None:
            _show(terminal, last)

    return Outcome(last.as_dict() if last else {}, show)


def _line(call: Call, reading: Reading) -> str:
    status = phrase(reading.status, call.language)
    fix = reading.fix
    if fix is None or math.isnan(fix.longitude_deg):
        return status
    accuracy = "" if fix.horizontal_accuracy_m is None else f" ±{fix.horizontal_accuracy_m:.2f} m"
    return (
        f"{status}: {fix.longitude_deg:.8f} {fix.latitude_deg:.8f} "
        f"{phrase(f'fix_type.{fix.fix_type}', call.language)}{accuracy}"
    )


def _show(terminal: Terminal, reading: Reading) -> None:
    _ = terminal.translate
    fix = reading.fix
    language = terminal.translate.language
    rows: list[tuple[str, object]] = [
        (_("source"), reading.source),
        (_("state"), phrase(reading.status, language)),
        (_("epochs"), reading.epochs),
    ]
    rows += [
        (f"  {phrase(f'fix_type.{kind}', language)}", count)
        for kind, count in reading.by_fix_type.items()
    ]
    if fix is not None and not math.isnan(fix.longitude_deg):
        rows += [
            (_("longitude"), f"{fix.longitude_deg:.8f}°"),
            (_("latitude"), f"{fix.latitude_deg:.8f}°"),
            (_("height above the ellipsoid"), _metres(fix.height_ellipsoid_m)),
            (_("height above sea level"), _metres(fix.height_sea_level_m)),
            (_("fix"), phrase(f"fix_type.{fix.fix_type}", language)),
            (_("horizontal accuracy"), _metres(fix.horizontal_accuracy_m)),
            (_("satellites"), fix.satellites),
            ("HDOP", fix.hdop),
            (_("time"), fix.time.isoformat() if fix.time else None),
        ]
    terminal.facts(rows)


def _metres(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f} m"
