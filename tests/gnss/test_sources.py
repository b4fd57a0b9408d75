"""Sources against servers that come and go, and files."""

from __future__ import annotations

import functools
import json
import operator
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nmea_logs import sentence
from sources import free_port, until
from xiangtu.errors import BadFile, BadInput
from xiangtu.gnss import live, monitor
from xiangtu.gnss.addresses import open_source
from xiangtu.gnss.condition import (
    CLOSED,
    CONNECTING,
    ENDED,
    LOST,
    RECEIVING,
    SILENT,
    WAITING,
)
from xiangtu.gnss.gpsd import GpsdSource, fix_from_reports, satellites_of
from xiangtu.gnss.links import TcpClient
from xiangtu.gnss.nmea_file import NmeaFile
from xiangtu.gnss.nmea_live import NmeaLive
from xiangtu.gnss.satellites import Satellite


def tcp(port: int, **waits: float) -> NmeaLive:
    return NmeaLive(f"tcp://127.0.0.1:{port}", TcpClient("127.0.0.1", port), **waits)


class Server:
    """Serves bytes on a port, once for each client, and can be ended and begun again."""

    def __init__(self, port: int, data: bytes, *, then_hold: bool = False) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        self._socket.settimeout(0.1)
        self._data, self._hold = data, then_hold
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self._ending.is_set():
            try:
                client, _ = self._socket.accept()
            except TimeoutError:
                continue
            with client:
                client.sendall(self._data)
                if self._hold:
                    self._ending.wait()

    def end(self) -> None:
        self._ending.set()
        self._thread.join()
        self._socket.close()


@pytest.fixture
def quick_server() -> Iterator[Callable[..., Server]]:
    begun: list[Server] = []

    def begin(port: int, data: bytes, **options: bool) -> Server:
        begun.append(Server(port, data, **options))
        return begun[-1]

    yield begin
    for server in begun:
        server.end()


def test_tcp_gives_what_the_file_gives(rtk_file: Path, quick_server: Callable) -> None:
    port = free_port()
    quick_server(port, rtk_file.read_bytes(), then_hold=True)
    expected = [(fix.time, fix.longitude_deg, fix.fix_type) for fix in NmeaFile(rtk_file)]
    with tcp(port) as source:
        # The last epoch is given when the server falls silent, without another one after it.
        fixes, _ = until(source, lambda fixes: len(fixes) == len(expected))
        assert source.status == RECEIVING
    assert [(fix.time, fix.longitude_deg, fix.fix_type) for fix in fixes] == expected


def test_a_tcp_server_that_goes_and_comes_back_is_survived(
    rtk_file: Path, quick_server: Callable
) -> None:
    port = free_port()
    epochs = b"\r\n".join(rtk_file.read_bytes().splitlines()[:21])
    source = tcp(port, first_wait_s=0.05)
    server = quick_server(port, epochs + b"\r\n$GNGGA,1328")
    fixes, _ = until(source, lambda fixes: len(fixes) >= 11)
    server.end()
    until(source, lambda _: source.status == LOST)
    quick_server(port, epochs)
    fixes, _ = until(source, lambda fixes: len(fixes) >= 11)
    # What was cut off before is not glued to what comes now.
    assert source.counts.bad_checksum == 0
    assert all(fix.fix_type == "differential" for fix in fixes)
    source.close()
    assert source.connections >= 2


def test_back_off_doubles_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    source = tcp(free_port(), first_wait_s=0.5, longest_wait_s=4.0)
    waited: list[float] = []

    def no_wait(seconds: float) -> Iterator[None]:
        waited.append(seconds)
        if len(waited) == 6:
            source.close()
        yield None

    monkeypatch.setattr(source, "_rest", no_wait)
    list(source)
    assert waited == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_silence_is_said_and_a_dead_connection_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, rtk_file: Path, quick_server: Callable
) -> None:
    monkeypatch.setattr(live, "SILENT_AFTER_S", 0.3)
    monkeypatch.setattr(live, "DEAD_AFTER_S", 0.8)
    port = free_port()
    quick_server(port, b"", then_hold=True)
    with tcp(port, first_wait_s=0.05) as source:
        _, states = until(source, lambda _: source.status == LOST)
    assert states == [WAITING, SILENT, LOST]


def test_closing_from_another_thread_ends_the_iteration() -> None:
    source = tcp(free_port())
    threading.Timer(0.3, source.close).start()
    assert list(source) == []
    assert source.status == CLOSED


@pytest.mark.parametrize(
    "said",
    [b'{"class":"HELLO"}\n', b'{"name":"x"}\n', b"[1]\n", b"5\n", b"SSH-2.0-OpenSSH_9\r\n",
     b"$GNGGA,1*5A\r\n", bytes(range(256)) * 64 + b"\n"],
)  # fmt: skip
def test_something_that_is_no_gpsd_is_named(quick_server: Callable, said: bytes) -> None:
    port = free_port()
    quick_server(port, said, then_hold=True)
    source = open_source(f"gpsd://127.0.0.1:{port}")
    with source, pytest.raises(BadInput, match=r"gnss\.not_gpsd"):
        list(source)


def test_a_gpsd_that_dies_while_it_greets_is_tried_again(quick_server: Callable) -> None:
    port = free_port()
    quick_server(port, b'{"class":"VERSION","release":"3.')
    with open_source(f"gpsd://127.0.0.1:{port}") as source:
        steps = source.steps()
        assert next(steps) is None
        assert source.status == CONNECTING


def test_something_that_never_greets_is_given_up_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, quick_server: Callable
) -> None:
    monkeypatch.setattr("xiangtu.gnss.gpsd.CONNECT_TIMEOUT_S", 0.3)
    port = free_port()
    quick_server(port, b"", then_hold=True)
    with open_source(f"gpsd://127.0.0.1:{port}") as source:
        steps = source.steps()
        assert next(steps) is None
        assert source.status == CONNECTING


def test_a_file_replays_at_its_own_pace(rtk_file: Path) -> None:
    source = NmeaFile(rtk_file, speed=2.0)
    pauses: list[float] = []
    source._rest = lambda seconds: iter(pauses.append(seconds) or ())  # type: ignore
    fixes = list(source)
    assert source.status == ENDED
    assert pauses[1] == pytest.approx(0.05)
    # Ten minutes without a sentence between two parts of the recording are not waited out.
    assert max(pauses) <= 30
    assert len(pauses) == len(fixes)


def test_sources_from_what_a_person_types(rtk_file: Path, tmp_path: Path) -> None:
    assert open_source(rtk_file).name == str(rtk_file)
    assert open_source("tcp://receiver.local:9001").name == "tcp://receiver.local:9001"
    assert open_source("gpsd://localhost").name == "gpsd://localhost:2947"
    for wrong in ("tcp://", "tcp://host", "gpsd://host:abc", "http://host:80", "tcp://h:99999"):
        with pytest.raises(BadInput, match=r"gnss\.address"):
            open_source(wrong)
    with pytest.raises(BadFile, match=r"gnss\.file\.missing"):
        open_source(tmp_path / "nothing.nmea")
    with pytest.raises(BadFile, match=r"gnss\.file\.unreadable"):
        open_source(tmp_path)


def test_the_monitor_counts_what_goes_by(shared_data: Path) -> None:
    source = open_source(shared_data / "nmea" / "gpsd" / "unicore-um621.log")
    readings = list(monitor.watch(source, every_s=0))
    last = readings[-1]
    assert last.status == ENDED
    assert last.by_fix_type == {"single": 16, "none": 4}
    assert (last.epochs, last.rate_hz) == (20, 1.0)
    assert last.counts["sentences"] == 882
    dropped = next(each for each in readings if each.fix and each.fix.fix_type == "none")
    assert dropped.status == "gnss.status.no_position"
    plain = dropped.as_dict()
    assert plain["fix"]["longitude_deg"] is None
    assert plain["fix"]["time"] == "2024-06-09T00:07:06Z"
    assert datetime.fromisoformat(plain["fix"]["time"]).astimezone(UTC) == dropped.fix.time  # type: ignore[union-attr]


def test_the_rate_is_that_of_now_whatever_was_before(tmp_path: Path) -> None:
    said = b""
    for hour in ("01", "03", "02"):  # silent for an hour, then the clock goes back
        for second in range(30):
            body = f"GNRMC,{hour}00{second:02d}.00,A,3000.0,N,10000.0,E,0.0,,050625,,,A".encode()
            said += b"$%s*%02X\r\n" % (body, functools.reduce(operator.xor, body))
        path = tmp_path / f"{hour}.nmea"
        path.write_bytes(said)
        *_, last = monitor.watch(open_source(path))
        assert last.rate_hz == 1.0


def test_gpsds_positions_before_it_has_the_date_are_epochs_of_their_own() -> None:
    source = GpsdSource()
    reports = [
        {"class": "TPV", "mode": 2, "lat": 35.0, "lon": longitude}
        for longitude in (116.0, 116.0, 116.1, 116.2)
    ]
    said = b"".join(json.dumps(each).encode() + b"\n" for each in reports)
    fixes = [*source._take(said), source._pause()]
    assert [fix.longitude_deg for fix in fixes if fix] == [116.0, 116.1, 116.2]


@pytest.mark.parametrize(
    "odd", [{"mode": "3"}, {"status": [1], "mode": None}, {"mode": 3, "lat": 91.0}, {"lon": "E"}]
)
def test_a_report_of_gpsd_that_makes_no_sense_is_no_position(odd: dict) -> None:
    fix = fix_from_reports({"lat": 35.0, "lon": 116.0, **odd})
    assert fix.fix_type == "none"


def test_gpsd_counts_a_satellite_once_whatever_its_signals() -> None:
    several = [
        {"gnssid": 0, "svid": 5, "el": 40.0, "az": 10.0, "ss": 44.0, "used": True},
        {"gnssid": 0, "svid": 5, "ss": 31.0, "used": False},
        {"gnssid": 3, "svid": 5, "el": 20.0, "az": 10.0, "used": False},
    ]
    tpv = {"mode": 3, "lat": 35.0, "lon": 116.0, "epv": 1.96, "eph": 4.0}
    fix = fix_from_reports(tpv, {"satellites": several, "nSat": 3, "uSat": 1, "hdop": 1.0})
    assert (fix.satellites, fix.satellites_in_view) == (1, 2)
    assert satellites_of({"satellites": several})[1] == Satellite("G05", 40.0, 10.0, 44.0, True)
    assert (fix.accuracy_from, fix.vertical_accuracy_m) == ("receiver", 1.0)


def test_a_slow_receiver_that_pauses_within_an_epoch_says_one_epoch() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                for second in range(3):
                    hour = f"01020{second}.00"
                    client.sendall(
                        sentence(f"GNGGA,{hour},3000.0,N,10000.0,E,4,18,0.7,10.0,M,5.0,M,1.0,0001")
                    )
                    time.sleep(0.35)  # Bluetooth
                    client.sendall(sentence(f"GNGST,{hour},1.0,0.02,0.01,10,0.012,0.009,0.02"))
                    time.sleep(0.65)

        serving = threading.Thread(target=serve)
        serving.start()
        with tcp(server.getsockname()[1]) as source:
            fixes, _ = until(source, lambda found: len(found) == 3)
        serving.join()
    assert [fix.accuracy_from for fix in fixes] == ["gst"] * 3
    assert source.counts.late == 0
