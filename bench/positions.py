"""Positions: sentences a second beside pynmea2, memory over a day of ten hours, and what a
receiver at 10 Hz takes of a core.

Run as a module, it measures one thing in this process and prints it as JSON.
"""

from __future__ import annotations

import json
import math
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from . import own_process
from .county_files import ROOT, Say

#: Real receivers' logs beside the checkout; nothing of them is kept.
LOGS = ROOT.parent / "shared" / "data" / "nmea" / "gpsd"
#: With sentences alone; the others are mostly binary.
_NAMES = ("nmea-rtk", "unicore-um621", "ublox-zed-f9r", "quectel-eg25-g", "skytraq", "beidou-bd")
_SENTENCES = 60_000
_HERTZ = 10
_PORT_WAITS_S = 0.1


@dataclass(frozen=True)
class ParsingTimes:
    """One log, over and over: sentences, and seconds for pynmea2 alone and for ours to fixes."""

    log: str
    sentences: int
    pynmea2_s: float
    ours_s: float


@dataclass(frozen=True)
class Day:
    """A day at 10 Hz through the live source and a screen that looks once a second: epochs, and
    resident bytes after the first tenth and at the end."""

    hours: float
    epochs: int
    early_bytes: int
    late_bytes: int


@dataclass(frozen=True)
class Load:
    """A receiver at 10 Hz in real time: epochs, seconds it lasted, and seconds of a core."""

    epochs: int
    sentences: int
    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class PositionTimes:
    """What was measured of positions."""

    parsing: tuple[ParsingTimes, ...]
    day: Day
    load: Load


def measure(repeats: int, hours: float, seconds: float, say: Say) -> PositionTimes:
    """Measure all three; FileNotFoundError where the receivers' logs are not there."""
    parsing = []
    for name in (*_NAMES, "all"):
        say(f"positions: {name}")
        found = own_process.run("positions", "parsing", name, repeats)
        parsing.append(ParsingTimes(name, **found))
    say(f"positions: {hours:g} hours at {_HERTZ} Hz")
    day = Day(hours, **own_process.run("positions", "day", hours))
    say(f"positions: {_HERTZ} Hz for {seconds:g} s")
    load = Load(**own_process.run("positions", "load", seconds))
    return PositionTimes(tuple(parsing), day, load)


def day_of_sentences(epochs: int) -> Iterator[bytes]:
    """What an RTK receiver says at 10 Hz: GGA, RMC, GST each time, the sky once a second."""
    sky = [
        *(f"GNGSA,A,3,{','.join(f'{n:02d}' for n in range(1, 13))},1.3,0.7,1.1,{system}"
          for system in range(1, 5)),
        *(f"{talker}GSV,3,{part},12," + ",".join(
            f"{4 * part - 4 + n:02d},{10 + n},{30 * n:03d},{40 + n}" for n in range(1, 5)) + ",1"
          for talker in ("GP", "GL", "GA", "GB") for part in (1, 2, 3)),
    ]  # fmt: skip
    begins = datetime(2026, 5, 6, 0, 0, tzinfo=UTC)
    for number in range(epochs):
        at = begins + timedelta(seconds=number / _HERTZ)
        hour = f"{at:%H%M%S}.{at.microsecond // 10_000:02d}"
        minutes = 24 + 0.001 * math.sin(number / 500)
        bodies = [
            f"GNGGA,{hour},35{minutes:010.7f},N,11630.0000000,E,4,28,0.7,61.3,M,-8.1,M,1.0,0001",
            f"GNRMC,{hour},A,35{minutes:010.7f},N,11630.0000000,E,1.9,87.0,{at:%d%m%y},,,R",
            f"GNGST,{hour},1.0,0.012,0.009,10,0.012,0.009,0.021",
        ]
        if number % _HERTZ == 0:
            bodies += sky
        yield "".join(f"${each}*{_checksum(each):02X}\r\n" for each in bodies).encode()


def _checksum(body: str) -> int:
    value = 0
    for each in body.encode():
        value ^= each
    return value


def _sentences_of(name: str) -> tuple[bytes, list[str]]:
    """A log's bytes, and its lines that begin as sentences do."""
    names = _NAMES if name == "all" else (name,)
    data = b"".join((LOGS / f"{each}.log").read_bytes() for each in names)
    lines = [line for line in data.decode("latin-1").splitlines() if line.startswith("$")]
    return data, lines


def _parsing(name: str, repeats: int) -> dict[str, Any]:
    """Both turn by turn; the median of each."""
    import pynmea2
    from xiangtu.gnss.epochs import EpochJoiner
    from xiangtu.gnss.framing import SentenceFramer

    data, lines = _sentences_of(name)
    times = max(1, _SENTENCES // len(lines))
    theirs, ours = [], []
    for _ in range(repeats):
        began = time.perf_counter()
        for _ in range(times):
            for line in lines:
                try:
                    pynmea2.parse(line, check=True)
                except (ValueError, IndexError):
                    continue
        theirs.append(time.perf_counter() - began)
        framer, joiner = SentenceFramer(), EpochJoiner()
        began = time.perf_counter()
        for _ in range(times):
            for sentence in framer.feed(data):
                joiner.feed(sentence)
        ours.append(time.perf_counter() - began)
    return {
        "sentences": times * len(lines),
        "pynmea2_s": statistics.median(theirs),
        "ours_s": statistics.median(ours),
    }


class _Receiver:
    """Serves a day on a port of this machine, in another thread, as fast as asked for."""

    def __init__(self, epochs: int, pause_s: float) -> None:
        self._epochs, self._pause_s = epochs, pause_s
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.cpu_s = 0.0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        client, _ = self._listening.accept()
        with client:
            for said in day_of_sentences(self._epochs):
                client.sendall(said)
                if self._pause_s:
                    time.sleep(self._pause_s)
            time.sleep(2 * _PORT_WAITS_S)
        self.cpu_s = time.thread_time()


def _through(epochs: int, pause_s: float) -> Iterator[tuple[int, _Receiver]]:
    """The live source with a screen that looks once a second; how many epochs there were."""
    from xiangtu.gnss.addresses import open_source
    from xiangtu.gnss.monitor import watch

    receiver = _Receiver(epochs, pause_s)
    with open_source(f"tcp://127.0.0.1:{receiver.port}") as source:
        for reading in watch(source, every_s=1.0):
            yield reading.epochs, receiver
            if reading.status == "gnss.status.lost":
                break
    receiver.end()


def _day(hours: float) -> dict[str, Any]:
    epochs = round(hours * 3600 * _HERTZ)
    early = seen = 0
    for seen, _ in _through(epochs, 0):
        if not early and seen >= epochs / 10:
            early = _resident_bytes()
    return {"epochs": seen, "early_bytes": early, "late_bytes": _resident_bytes()}


def _load(seconds: float) -> dict[str, Any]:
    epochs = round(seconds * _HERTZ)
    began, before = time.monotonic(), time.process_time()
    *_, (seen, receiver) = _through(epochs, 1 / _HERTZ)
    return {
        "epochs": seen,
        "sentences": sum(each.count(b"$") for each in day_of_sentences(epochs)),
        "wall_s": time.monotonic() - began,
        "cpu_s": time.process_time() - before - receiver.cpu_s,
    }


def _resident_bytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (each for each in status.splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def main(arguments: list[str]) -> None:
    what, *rest = arguments
    if what == "parsing":
        found = _parsing(rest[0], int(rest[1]))
    elif what == "day":
        found = _day(float(rest[0]))
    else:
        found = _load(float(rest[0]))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
