"""The command gnss: what a receiver says, until Ctrl-C or the end of a file."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress

from ..errors import BadInput
from ..gnss.addresses import open_source
from ..gnss.condition import ENDED, RECEIVING, WAITING
from ..gnss.monitor import Reading, watch
from ..words import phrase
from . import receiver_screen
from .command import Call, Commands, Outcome, number, whole_number
from .terminal import Terminal

_DEFAULT = "gpsd://localhost:2947"


def add(commands: Commands) -> None:
    """Register the command."""
    _ = commands.translate
    gnss = commands.add("gnss", run_gnss, "show what a GNSS receiver says, until Ctrl-C")
    gnss.add_argument(
        "source", nargs="?", default=_DEFAULT, metavar="SOURCE",
        help=_(
            "gpsd://host:port, tcp://host:port, tcp-listen://:port, udp://:port, "
            "serial:///dev/ttyUSB0 or a file of NMEA (else gpsd on this machine)"
        ),
    )  # fmt: skip
    gnss.add_argument("--epochs", type=whole_number, metavar="N", help=_("stop after so many"))
    gnss.add_argument(
        "--speed", type=number, metavar="X",
        help=_("replay a file X times as fast as it was recorded (else as fast as can be)"),
    )  # fmt: skip


def run_gnss(call: Call) -> Outcome:
    """xiangtu gnss: a screen that is drawn anew each second meanwhile, the last reading as the
    outcome."""
    wanted = call.arguments.epochs
    last: Reading | None = None
    speed = call.arguments.speed
    if speed is not None and speed <= 0:
        raise BadInput("arguments.speed", speed=speed)
    said: str | None = None
    # A replay with a pace of its own is looked at while it goes; else the end is all there is.
    with (
        open_source(call.arguments.source, speed=speed) as source,
        receiver_screen.Screen(sys.stderr, call.translate) as screen,
        suppress(KeyboardInterrupt),
    ):
        for reading in watch(source):
            last = reading
            screen.draw(reading, shutil.get_terminal_size())
            if not screen.draws and reading.status != said:
                # Who waits for epochs without a screen is told why none come.
                said = reading.status
                if said not in (WAITING, RECEIVING, ENDED):
                    state = reading.conditions[0]
                    call.note(phrase(state.code, call.language, state.facts))
            if wanted is not None and reading.epochs >= wanted:
                break

    def show(terminal: Terminal) -> None:
        if last is not None:
            terminal.facts(receiver_screen.facts(last, terminal.translate))

    return Outcome(last.as_dict() if last else {}, show)
