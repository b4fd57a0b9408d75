"""Receivers over TCP from outside, UDP and serial ports; and ports that are something else."""

from __future__ import annotations

import errno
import itertools
import os
import re
import socket
import threading
import tty
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sources import free_port, until
from xiangtu.errors import BadFile, BadInput
from xiangtu.gnss import live
from xiangtu.gnss.addresses import open_source
from xiangtu.gnss.condition import (
    CONNECTING,
    LISTENING,
    LOST,
    NO_EPOCHS,
    NO_POSITION,
    NOT_NMEA,
    RECEIVING,
    SILENT,
    Condition,
    notes_on,
)
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.live import reason_of
from xiangtu.gnss.nmea_file import NmeaFile
from xiangtu.gnss.nmea_live import NmeaSerial
from xiangtu.gnss.serial_port import SerialPort
from xiangtu.gnss.source import Source
from xiangtu.words import phrase


def positions(fixes: list[Fix]) -> list[tuple[float, str]]:
    return [(fix.longitude_deg, fix.fix_type) for fix in fixes]


def words_of(source: Source) -> str:
    return " ".join(phrase(each.code, "en", each.facts) for each in source.conditions())


def test_whoever_connects_to_our_port_is_heard_and_the_next_one_too(rtk_file: Path) -> None:
    port, expected = free_port(), positions(list(NmeaFile(rtk_file)))
    with open_source(f"tcp-listen://127.0.0.1:{port}") as source:
        steps = source.steps()
        for _ in range(2):
            until(source, lambda _: source.status == LISTENING, steps)
            with socket.create_connection(("127.0.0.1", port)) as sender:
                sender.sendall(rtk_file.read_bytes())
            fixes, states = until(source, lambda fixes: len(fixes) == len(expected), steps)
            assert positions(fixes) == expected and RECEIVING in states
    assert list(steps) == []
    with socket.create_server(("127.0.0.1", port)):
        pass  # the port is free again


@pytest.mark.parametrize("scheme", ["gpsd", "tcp"])
def test_a_port_where_nobody_answers_is_named(scheme: str) -> None:
    with open_source(f"{scheme}://127.0.0.1:{free_port()}") as source:
        until(source, lambda _: bool(source.reason))
        assert "nobody answers at that port" in words_of(source)


def test_a_port_that_another_program_has_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"tcp-listen://127.0.0.1:{taken.getsockname()[1]}"
        with open_source(address) as source:
            until(source, lambda _: source.status == CONNECTING)
            assert "another program has that port" in words_of(source)


def test_datagrams_give_what_the_file_gives(rtk_file: Path, shared_data: Path) -> None:
    elsewhere = (shared_data / "nmea" / "gpsd" / "unicore-um621.log").read_bytes()
    others = itertools.cycle(re.findall(rb"\$GNGGA.*\r\n", elsewhere))
    port, expected = free_port(), list(NmeaFile(rtk_file))
    with (
        open_source(f"udp://127.0.0.1:{port}") as source,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        steps = source.steps()
        assert next(steps) is None
        found = []
        for line in rtk_file.read_bytes().splitlines(keepends=True):
            # A second receiver on the same port must not become one position with the first, nor
            # part the sentences of one.
            if found:
                other.sendto(next(others), ("127.0.0.1", port))
            sender.sendto(line, ("127.0.0.1", port))
            found += [fix for fix in (next(steps),) if fix is not None]
        found += [fix for fix in (next(steps), next(steps)) if fix is not None]
    assert positions(found) == positions(expected)
    assert [fix.time for fix in found] == [fix.time for fix in expected]


@pytest.fixture
def cable() -> Iterator[tuple[int, str]]:
    """A serial cable: our end's descriptor, and the device at the other."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    device = os.ttyname(theirs)
    os.close(theirs)
    yield ours, device
    try:
        os.close(ours)
    except OSError as error:
        assert error.errno == errno.EBADF  # pulled out by the test


def plugged(cable: tuple[int, str], data: bytes) -> threading.Thread:
    def say() -> None:
        for at in range(0, len(data), 700):
            os.write(cable[0], data[at : at + 700])

    thread = threading.Thread(target=say)
    thread.start()
    return thread


def test_a_serial_receiver_gives_what_the_file_gives(
    rtk_file: Path, cable: tuple[int, str]
) -> None:
    expected = positions(list(NmeaFile(rtk_file)))
    with open_source(f"serial://{cable[1]}?rate=115200") as source:
        steps = source.steps()
        assert next(steps) is None
        saying = plugged(cable, rtk_file.read_bytes())
        found: list[Fix] = []
        while len(found) < len(expected):
            fix = next(steps)
            found += [] if fix is None else [fix]
        saying.join()
    assert positions(found) == expected


def test_a_serial_device_that_is_pulled_out_is_named_and_waited_for(
    rtk_file: Path, cable: tuple[int, str]
) -> None:
    source = open_source(f"serial://{cable[1]}?rate=115200")
    steps = source.steps()
    assert next(steps) is None
    saying = plugged(cable, rtk_file.read_bytes()[:2000])
    until(source, lambda fixes: len(fixes) > 3, steps)
    saying.join()
    os.close(cable[0])
    until(source, lambda _: source.status == LOST, steps)
    assert "was pulled out" in words_of(source) or "the other side ended it" in words_of(source)
    until(source, lambda _: "no such device" in words_of(source), steps)
    source.close()


def test_the_rate_of_a_serial_receiver_is_found_out(
    monkeypatch: pytest.MonkeyPatch, rtk_file: Path
) -> None:
    tried: list[int] = []

    class Line:
        def __init__(self, rate: int) -> None:
            # At a wrong rate bytes come that are no text.
            self._pieces = iter(
                [rtk_file.read_bytes()] if rate == 38400 else [bytes([0xF8, 0x80]) * 400] * 9
            )

        def read(self) -> bytes | None:
            return next(self._pieces, None)

        def close(self) -> None:
            pass

    def opened(port: SerialPort) -> Line:
        tried.append(port.rate)
        return Line(port.rate)

    monkeypatch.setattr(SerialPort, "open", opened)
    with NmeaSerial("serial:///dev/x", SerialPort("/dev/x"), first_wait_s=0.01) as source:
        until(source, lambda fixes: len(fixes) > 10)
    assert tried == [115200, 9600, 38400]


def test_a_serial_device_that_is_none_is_named() -> None:
    with open_source("serial:///dev/null?rate=9600") as source:
        until(source, lambda _: source.status == CONNECTING)
        assert "/dev/null" in words_of(source)
    with open_source("serial:///dev/ttyNONE") as source:
        until(source, lambda _: source.status == CONNECTING)
        assert "there is no such device" in words_of(source)


def test_a_port_that_is_something_else_is_named() -> None:
    page = b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n" + b"<html>$19.99*50</html>\r\n" * 40
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                client.sendall(page)
                client.recv(1)

        serving = threading.Thread(target=serve)
        serving.start()
        with open_source(f"tcp://127.0.0.1:{server.getsockname()[1]}") as source:
            until(source, lambda _: source.status == NOT_NMEA)
            assert "not one NMEA sentence" in words_of(source)
        list(source)
        serving.join()


def test_a_replay_that_is_a_photo_is_named(tmp_path: Path, shared_data: Path) -> None:
    photo = next((shared_data / "exif").rglob("*.jpg"))
    with pytest.raises(BadFile, match=r"gnss\.file\.no_sentences"):
        list(open_source(photo))


def test_a_recording_that_can_be_read_no_further_is_named() -> None:
    # Opened it can be, read it cannot: as on a stick that was pulled out.
    with pytest.raises(BadFile, match=r"gnss\.file\.unreadable"):
        list(open_source(Path("/proc/self/mem")))


def test_a_replay_may_have_its_speed_in_the_address(rtk_file: Path) -> None:
    source = open_source(f"file://{rtk_file}?speed=1000")
    pauses: list[float] = []
    source._rest = lambda seconds: iter(pauses.append(seconds) or ())  # type: ignore
    assert len(list(source)) == 122
    assert pauses[1] == pytest.approx(0.0001)


@pytest.mark.parametrize(
    "wrong",
    ["udp://", "udp://:0", "tcp-listen://host", "serial://", "serial:///dev/x?rate=fast",
     "serial:///dev/x?rate=9600.5", "file:///x?speed=0", "tcp://[::1", "udp://:70000"],
)  # fmt: skip
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(BadInput, match=r"gnss\.address"):
        open_source(wrong)


def test_a_machine_without_pyserial_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "xiangtu.gnss.serial_port", None)
    with pytest.raises(BadInput, match=r"gnss\.serial\.not_here"):
        open_source("serial:///dev/ttyUSB0")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConnectionRefusedError(), "gnss.reason.refused"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "gnss.reason.ended"),
        (socket.gaierror(-2, "Name or service not known"), "gnss.reason.unknown_host"),
        (TimeoutError(), "gnss.reason.no_answer"),
        (OSError(errno.EIO, "x"), "gnss.reason.pulled_out"),
        (OSError(errno.EBUSY, "x"), "gnss.reason.taken"),
        (OSError(errno.EPROTO, "Protocol error"), "Protocol error"),
    ],
)
def test_why_there_is_no_link_has_words(error: OSError, code: str) -> None:
    assert reason_of(error) == code


def test_silence_is_said_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SILENT_AFTER_S", 0.3)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        open_source(f"tcp://127.0.0.1:{server.getsockname()[1]}") as source,
    ):
        until(source, lambda _: source.status == SILENT)
        source._heard_at -= 12
        assert "no data for 12 s" in words_of(source)


@pytest.mark.parametrize("what", ["noise", "the sky"])
def test_a_receiver_that_says_no_position_any_more_is_named(
    monkeypatch: pytest.MonkeyPatch, rtk_file: Path, what: str
) -> None:
    monkeypatch.setattr(live, "SILENT_AFTER_S", 0.5)
    then = bytes([0xF8, 0x80]) * 40 if what == "noise" else b"$GPGSV,1,1,01,05,40,120,40*4E\r\n"
    ending = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                client.sendall(rtk_file.read_bytes())
                while not ending.wait(0.3):
                    client.sendall(then)
                client.sendall(rtk_file.read_bytes())

        serving = threading.Thread(target=serve)
        serving.start()
        with open_source(f"tcp://127.0.0.1:{server.getsockname()[1]}") as source:
            steps = source.steps()
            until(source, lambda _: source.status == RECEIVING, steps)
            until(source, lambda _: source.status == NO_EPOCHS, steps)
            assert "no sentence that says where" in words_of(source)
            ending.set()
            until(source, lambda _: source.status == RECEIVING, steps)
        serving.join()


def test_the_rate_is_looked_for_again_when_a_receiver_was_set_to_another(
    monkeypatch: pytest.MonkeyPatch, rtk_file: Path
) -> None:
    monkeypatch.setattr(live, "DEAD_AFTER_S", 0.2)
    said = rtk_file.read_bytes()
    tried: list[int] = []

    class Line:
        """Speaks at the first rate, and after a while at the second alone."""

        def __init__(self) -> None:
            first = tried == [115200]
            self._pieces = iter([said] if first or tried[-1] == 9600 else [])

        def read(self) -> bytes | None:
            return next(self._pieces, bytes([0xF8, 0x80]) * 40)

        def close(self) -> None:
            pass

    def opened(port: SerialPort) -> Line:
        tried.append(port.rate)
        return Line()

    monkeypatch.setattr(SerialPort, "open", opened)
    with NmeaSerial("serial:///dev/x", SerialPort("/dev/x"), first_wait_s=0.01) as source:
        until(source, lambda fixes: len(fixes) > 200)
    assert tried == [115200, 9600]


def test_data_without_a_position_says_how_many_satellites(shared_data: Path) -> None:
    source = open_source(shared_data / "nmea" / "gpsd" / "unicore-um621.log")
    for fix in source:
        if fix.fix_type == "none":
            break
    assert source.status == NO_POSITION
    assert words_of(source).startswith("Data but no position: 0 satellites used, 43 in view")


def test_what_is_worth_knowing_of_a_fix() -> None:
    sound = Fix(None, 116.5, 35.4, "rtk_fixed", correction_age_s=1.0, accuracy_from="gst")
    assert notes_on(sound, 0) == []
    now = datetime(2026, 5, 6, 7, 8, tzinfo=UTC)
    odd = replace(
        sound, correction_age_s=40.4, mock=True, accuracy_from="dop", horizontal_accuracy_m=0.02,
        time=now, tablet_time=now - timedelta(hours=8),
    )  # fmt: skip
    assert notes_on(odd, 2) == [
        Condition("gnss.note.mock"),
        Condition("gnss.note.corrections_old", {"seconds": 40}),
        Condition("gnss.note.accuracy_estimated"),
        Condition("gnss.note.tablet_clock", {"seconds": -28800}),
        Condition("gnss.note.receiver_clock", {"times": 2}),
    ]
    assert phrase("gnss.note.corrections_old", "en", {"seconds": 40}).startswith(
        "Corrections are 40 s old"
    )
