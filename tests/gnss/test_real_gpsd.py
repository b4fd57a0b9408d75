"""A real gpsd that gpsfake feeds with each log: killed in the middle, come back, nothing missed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import groupby
from pathlib import Path

import pytest
from nmea_logs import ALL_LOGS
from sources import free_port, until
from xiangtu.gnss.addresses import open_source
from xiangtu.gnss.condition import CLOSED, CONNECTING, LOST
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.gpsd import GpsdSource
from xiangtu.gnss.nmea_file import NmeaFile

pytestmark = pytest.mark.skipif(
    not shutil.which("gpsfake"), reason="gpsd and gpsfake are not installed"
)


@contextmanager
def fed_gpsd(file: Path, port: int, folder: Path) -> Iterator[None]:
    """A real gpsd that gpsfake feeds from a file, over and over; both are killed at the end."""
    with (folder / f"gpsfake-{time.monotonic_ns()}.txt").open("wb") as output:
        process = subprocess.Popen(
            ["gpsfake", "-q", "-n", "-c", "0.005", "-P", str(port), str(file)],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            pid = process.pid
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            for each in (*map(int, children), pid):
                with suppress(ProcessLookupError):  # it went with the other
                    os.kill(each, signal.SIGKILL)
            process.wait(timeout=10)


class Tap:
    """Stands between a source and gpsd, and keeps what gpsd said on each connection."""

    def __init__(self, gpsd_port: int) -> None:
        self._gpsd_port = gpsd_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.1)
        self.port = self._listening.getsockname()[1]
        self.said: list[bytes] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while not self._ending.is_set():
            with suppress(TimeoutError):
                client, _ = self._listening.accept()
                with client, suppress(OSError):
                    self._hand_on(client)

    def _hand_on(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._gpsd_port)) as gpsd:
            gpsd.settimeout(0.05)
            client.setblocking(False)
            at = len(self.said)
            self.said.append(b"")
            while not self._ending.is_set():
                with suppress(BlockingIOError):
                    gpsd.sendall(client.recv(4096))
                with suppress(TimeoutError):
                    data = gpsd.recv(1 << 16)
                    if not data:
                        return
                    self.said[at] += data
                    client.setblocking(True)
                    client.sendall(data)
                    client.setblocking(False)


def epochs_of(said: bytes) -> list[tuple[str, float, float]]:
    """Time and position of each epoch in what gpsd said on one connection: the last report of
    each time. A line that was cut off by its death is none."""
    reports = []
    for line in said.split(b"\n")[:-1]:
        report = json.loads(line)
        if report["class"] == "TPV" and "time" in report:
            reports.append(report)
    last = [list(same)[-1] for _, same in groupby(reports, key=lambda each: each["time"])]
    return [
        (each["time"], each["lon"], each["lat"])
        for each in last
        if each["mode"] >= 2 and "lat" in each
    ]


def given(fixes: list[Fix]) -> list[tuple[str, float, float]]:
    return [
        (fix.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
         fix.longitude_deg, fix.latitude_deg)
        for fix in fixes
        if fix.time is not None and fix.fix_type != "none"
    ]  # fmt: skip


@pytest.mark.parametrize("log", ALL_LOGS)
def test_every_epoch_of_a_gpsd_that_is_killed_and_comes_back(
    shared_data: Path, tmp_path: Path, log: str
) -> None:
    file = shared_data / "nmea" / "gpsd" / f"{log}.log"
    gpsd_port = free_port()
    fixes: list[Fix] = []
    with closing(Tap(gpsd_port)) as tap:
        source = GpsdSource("127.0.0.1", tap.port, first_wait_s=0.1, longest_wait_s=0.3)
        steps = source.steps()
        until(source, lambda _: source.status == CONNECTING, steps)
        for _ in range(2):
            with fed_gpsd(file, gpsd_port, tmp_path):
                got, _ = until(source, lambda found: len(found) >= 8, steps)
            fixes += got
            got, _ = until(source, lambda _: source.status == LOST, steps)
            fixes += got
        source.close()
        assert list(steps) == [] and source.status == CLOSED
    connections = [said for said in tap.said if b'"TPV"' in said]
    assert len(connections) == 2
    expected = [epoch for said in connections for epoch in epochs_of(said)]
    assert given(fixes) == expected
    assert expected or log in ("bu303-nofix", "skytraq")
    assert all(fix.source == "gpsd" and fix.tablet_time is not None for fix in fixes)


def test_positions_are_those_of_the_recording(rtk_file: Path, tmp_path: Path) -> None:
    port = free_port()
    expected = {fix.time: fix for fix in NmeaFile(rtk_file)}
    with fed_gpsd(rtk_file, port, tmp_path), open_source(f"gpsd://127.0.0.1:{port}") as source:
        fixes, _ = until(source, lambda found: len(found) >= 30)
    known = [fix for fix in fixes if fix.time is not None]
    assert len(known) > 20
    for fix in known:
        said = expected[fix.time]
        assert fix.longitude_deg == pytest.approx(said.longitude_deg, abs=6e-10)
        assert fix.latitude_deg == pytest.approx(said.latitude_deg, abs=6e-10)


def test_gpsd_says_rtk_fixed_and_both_heights(rtk_file: Path, tmp_path: Path) -> None:
    recording = rtk_file.read_bytes().splitlines()
    fixed = next(line for line in recording if re.match(rb"\$GNGGA(,[^,]*){5},4,", line))
    rtk_file.write_bytes(b"\r\n".join(recording[recording.index(fixed) :]) + b"\r\n")
    port = free_port()
    with fed_gpsd(rtk_file, port, tmp_path), open_source(f"gpsd://127.0.0.1:{port}") as source:
        fixes, _ = until(
            source,
            lambda found: any(
                fix.fix_type == "rtk_fixed" and fix.height_ellipsoid_m for fix in found
            ),
        )
    last = fixes[-1]
    assert last.height_ellipsoid_m is not None and last.height_sea_level_m is not None
    assert last.height_ellipsoid_m - last.height_sea_level_m == pytest.approx(-31.442, abs=2e-3)
