"""The monitor of a receiver in the terminal: what is on its screen, and that it is live."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from pathlib import Path

import pytest
from xiangtu.cli import receiver_screen
from xiangtu.cli.language import Translation
from xiangtu.cli.terminal import display_width
from xiangtu.gnss.addresses import open_source
from xiangtu.gnss.monitor import Reading, watch

PATIENCE_S = 40.0


def last_reading(path: Path) -> Reading:
    *_, last = watch(open_source(path), every_s=0)
    return last


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_wider_than_the_terminal(shared_data: Path, language: str, width: int) -> None:
    reading = last_reading(shared_data / "nmea" / "gpsd" / "ublox-zed-f9r.log")
    rows = receiver_screen.lines(reading, Translation(language), width)
    assert max(display_width(row) for row in rows) <= width


def test_source_sky_accuracy_and_last_sentences_are_on_the_screen(shared_data: Path) -> None:
    log = shared_data / "nmea" / "gpsd" / "ublox-zed-f9r.log"
    reading = last_reading(log)
    shown = "\n".join(receiver_screen.lines(reading, Translation("en"), 140))
    assert str(log)[:100] in shown
    assert reading.fix is not None
    assert f"{reading.fix.horizontal_accuracy_m:.3f} m (the receiver's GST sentence)" in shown
    assert "RTK float 30" in shown
    assert "BeiDou" in shown and "C09*" in shown and "R16*" in shown
    assert reading.lines[-1] in shown and reading.lines[-1].startswith("$G")
    in_chinese = "\n".join(receiver_screen.lines(reading, Translation("zh"), 140))
    assert "北斗" in in_chinese and "水平精度" in in_chinese and "最近的语句" in in_chinese


def test_a_position_that_was_never_there_leaves_no_empty_rows(shared_data: Path) -> None:
    reading = last_reading(shared_data / "nmea" / "gpsd" / "skytraq.log")
    names = [name for name, _ in receiver_screen.facts(reading, Translation("en"))]
    assert "longitude" not in names and "horizontal accuracy" not in names


def test_it_is_drawn_anew_while_the_receiver_speaks_and_gone_after_ctrl_c(
    shared_data: Path,
) -> None:
    log = shared_data / "nmea" / "gpsd" / "ublox-zed-f9r.log"
    program, terminal = pty.fork()
    if program == 0:
        os.environ["LC_ALL"] = "C.UTF-8"
        os.execv(
            sys.executable,
            [sys.executable, "-c", "import sys; from xiangtu.cli import main; sys.exit(main())",
             "gnss", str(log), "--speed", "2", "--lang", "en"],
        )  # fmt: skip
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
    said = b""
    ends = time.monotonic() + PATIENCE_S
    try:
        while said.count(b"\x1b[H") < 4 and time.monotonic() < ends:
            if select.select([terminal], [], [], 0.2)[0]:
                said += os.read(terminal, 1 << 16)
        os.kill(program, signal.SIGINT)
        while time.monotonic() < ends:
            try:
                said += os.read(terminal, 1 << 16)
            except OSError as error:
                assert error.errno == errno.EIO  # it has ended
                break
    finally:
        _, status = os.waitpid(program, 0)
        os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0, said.decode("utf-8", "replace")
    first, *frames = said.decode("utf-8").split("\x1b[H")
    assert "\x1b[?1049h" in first and len(frames) >= 4
    assert "Receiving positions." in frames[-1]
    times = {row for frame in frames for row in frame.splitlines() if row.startswith("time ")}
    assert len(times) > 2, "the same epoch on every frame"
    # What was on the terminal is there again, and below it the last reading.
    *_, after = frames[-1].partition("\x1b[?1049l")
    assert "horizontal accuracy" in after
