"""What a tablet's system pushes, sentences and locations, becomes one fix an epoch."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from xiangtu import words
from xiangtu.gnss import pushed
from xiangtu.gnss.addresses import open_source
from xiangtu.gnss.condition import CLOSED, NO_POSITION, RECEIVING, SILENT, WAITING
from xiangtu.gnss.epochs import EpochJoiner
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.framing import SentenceFramer
from xiangtu.gnss.pushed import SWITCHED_OFF, PlainLocation, PushedSource

PATIENCE_S = 30.0
START = datetime(2025, 6, 5, 1, 0, tzinfo=UTC)


class Tablet:
    """A source whose steps run in a thread, as the app's receiver runs it."""

    def __init__(self) -> None:
        self.source = PushedSource("android")
        self.fixes: list[Fix] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.fixes.extend(self.source)

    def until(self, enough: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE_S
        while not enough():
            assert time.monotonic() < ends, (self.source.status, self.fixes)
            time.sleep(0.005)

    def fixes_when(self, count: int) -> list[Fix]:
        """The fixes, of which there are `count` once all that was pushed was taken."""
        self.until(lambda: len(self.fixes) >= count)
        self.source.push_nmea(b"\r\n")
        self.until(lambda: self.source._pushed.empty())
        return list(self.fixes)

    def no_sentences_for_long(self) -> None:
        """Locations are not held back for sentences of their epoch then."""
        self.until(lambda: self.source._sentences_until > 0)
        self.source._sentences_until = 0.0

    def end(self) -> None:
        self.source.close()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


@pytest.fixture
def tablet() -> Iterator[Tablet]:
    made = Tablet()
    yield made
    made.end()
    assert made.source.status == CLOSED


def location_of(fix: Fix, **other) -> PlainLocation:
    """What the system says of the position of a fix."""
    assert fix.time is not None
    values = {"horizontal_accuracy_m": 4.5, "vertical_accuracy_m": 7.0, "satellites": 11} | other
    # The system's times are rounded otherwise than the receiver's.
    at = fix.time + timedelta(milliseconds=3)
    return PlainLocation(at, fix.longitude_deg, fix.latitude_deg, **values)


def sentences_by_epoch(log: Path) -> list[bytes]:
    """The sentences of a log that says GGA first, epoch by epoch."""
    text = b"".join(re.findall(rb"\$G[NPLAB][A-Z]{3},[^$\r\n]*\r?\n", log.read_bytes()))
    return [b"$" + each for each in re.split(rb"\$(?=G[NP]GGA)", text) if b"GGA" in each]


def fixes_in(sentences: bytes) -> list[Fix]:
    joiner = EpochJoiner()
    fixes = [joiner.feed(each) for each in SentenceFramer().feed(sentences)]
    return [fix for fix in (*fixes, joiner.flush()) if fix is not None]


@pytest.fixture
def rtk_log(shared_data: Path) -> Path:
    return shared_data / "nmea" / "gpsd" / "nmea-rtk.log"


def test_sentences_alone_give_what_the_recording_of_them_gives(
    tablet: Tablet, rtk_log: Path
) -> None:
    expected = [(fix.time, fix.longitude_deg, fix.fix_type) for fix in open_source(rtk_log)]
    data = rtk_log.read_bytes()
    for at in range(0, len(data), 97):
        tablet.source.push_nmea(data[at : at + 97])
    fixes = tablet.fixes_when(len(expected))
    assert [(fix.time, fix.longitude_deg, fix.fix_type) for fix in fixes] == expected
    assert {fix.source for fix in fixes} == {"android"}
    assert all(fix.tablet_time is not None and not fix.mock for fix in fixes)
    assert tablet.source.status == RECEIVING


@pytest.mark.parametrize("location_first", [True, False])
def test_a_location_says_what_the_sentences_of_its_epoch_lack(
    tablet: Tablet, rtk_log: Path, location_first: bool
) -> None:
    known = [fix for fix in open_source(rtk_log) if fix.fix_type == "rtk_fixed"]
    by_time = {fix.time: fix for fix in known}
    epochs = [each for each in sentences_by_epoch(rtk_log) if b",4," in each.split(b"\r\n")[0]]
    chosen = epochs[: len(known)][::10]  # one a second, as a tablet's own receiver
    for sentences in chosen:
        (fix,) = fixes_in(sentences)
        location = location_of(by_time[fix.time], height_ellipsoid_m=99.0)
        if location_first:
            tablet.source.push_location(location)
        tablet.source.push_nmea(sentences)
        if not location_first:
            tablet.source.push_location(location)
    fixes = tablet.fixes_when(len(chosen))
    assert len(fixes) == len(chosen) >= 2
    for fix in fixes:
        said = by_time[fix.time]
        # RTK fixed, as the sentences say; how accurate, as the system does: there is no GST.
        assert (fix.fix_type, fix.longitude_deg) == ("rtk_fixed", said.longitude_deg)
        assert (fix.horizontal_accuracy_m, fix.accuracy_from) == (4.5, "receiver")
        assert fix.vertical_accuracy_m == 7.0
        # What the sentences do say stays.
        assert fix.height_ellipsoid_m == said.height_ellipsoid_m
        assert fix.satellites == said.satellites


def test_the_receivers_own_gst_is_believed_before_the_system(tablet: Tablet) -> None:
    tablet.source.push_location(
        PlainLocation(START, 116.5, 35.4, horizontal_accuracy_m=4.5, vertical_accuracy_m=7.0)
    )
    for body in (
        "GNGGA,010000.00,3524.0000,N,11630.0000,E,4,20,0.6,50.0,M,-8.0,M,1.0,0001",
        "GNRMC,010000.00,A,3524.0000,N,11630.0000,E,0.1,0.0,050625,,,R",
        "GNGST,010000.00,1.0,,,,0.010,0.012,0.030",
    ):
        tablet.source.push_nmea(with_checksum(body))
    (fix,) = tablet.fixes_when(1)
    assert fix.accuracy_from == "gst"
    assert fix.horizontal_accuracy_m == pytest.approx(0.0156, abs=1e-4)


def with_checksum(body: str) -> bytes:
    total = 0
    for each in body.encode():
        total ^= each
    return f"${body}*{total:02X}\r\n".encode()


def test_where_no_sentences_come_locations_are_the_fixes(tablet: Tablet) -> None:
    for n in range(3):
        tablet.source.push_location(
            PlainLocation(
                START + timedelta(seconds=n), 116.5, 35.4, 42.0, 50.0, 3.9, 6.1, 1.2, 90.0, 14
            )
        )
    fixes = tablet.fixes_when(3)
    assert [fix.time for fix in fixes] == [START + timedelta(seconds=n) for n in range(3)]
    last = fixes[-1]
    assert (last.fix_type, last.accuracy_from) == ("single", "receiver")
    assert (last.horizontal_accuracy_m, last.vertical_accuracy_m) == (3.9, 6.1)
    assert (last.height_ellipsoid_m, last.height_sea_level_m) == (42.0, 50.0)
    assert last.geoid_separation_m == -8.0
    assert (last.speed_mps, last.track_deg, last.satellites) == (1.2, 90.0, 14)
    assert last.source == "android" and last.tablet_time is not None


def test_sentences_that_know_no_position_do_not_hide_one_that_the_system_has(
    tablet: Tablet, shared_data: Path
) -> None:
    # A telephone's chip whose GGA stays empty.
    data = (shared_data / "nmea" / "gpsd" / "quectel-eg25-g.log").read_bytes()
    at = data.index(b"$GNGNS,191436.96")
    tablet.source.push_location(
        PlainLocation(datetime(2022, 9, 11, 19, 14, 35, 960000, UTC), 31.41, 36.76)
    )
    tablet.source.push_nmea(data[:at])
    tablet.until(lambda: any(fix.fix_type == "single" for fix in tablet.fixes))
    found = next(fix for fix in tablet.fixes if fix.fix_type == "single")
    assert (found.longitude_deg, found.latitude_deg) == (31.41, 36.76)


def test_a_mock_location_is_flagged_and_the_tablets_own_sentences_are_not_mixed_in(
    tablet: Tablet, rtk_log: Path
) -> None:
    data = rtk_log.read_bytes()
    elsewhere = PlainLocation(START, 116.5, 35.4, horizontal_accuracy_m=0.02, mock=True)
    tablet.no_sentences_for_long()
    tablet.source.push_location(elsewhere)
    tablet.source.push_location(PlainLocation(START, 1.0, 1.0))
    tablet.source.push_nmea(data[:4000])
    tablet.source.push_location(elsewhere)
    fixes = tablet.fixes_when(2)
    assert [(fix.mock, fix.longitude_deg) for fix in fixes] == [(True, 116.5)] * 2
    assert [each.code for each in tablet.source.conditions()][:2] == [
        "gnss.status.receiving", "gnss.note.mock",
    ]  # fmt: skip


def test_when_the_mocking_ends_the_tablets_own_positions_come_again(
    tablet: Tablet, rtk_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushed, "_MOCK_HOLDS_S", 0.05)
    tablet.source.push_location(PlainLocation(START, 116.5, 35.4, mock=True))
    tablet.fixes_when(1)
    time.sleep(0.1)
    tablet.source.push_nmea(rtk_log.read_bytes()[:4000])
    fixes = tablet.fixes_when(5)
    assert [fix.mock for fix in fixes[:5]] == [True, False, False, False, False]


def test_one_epoch_is_given_once_however_late_its_other_half_comes(
    tablet: Tablet, rtk_log: Path
) -> None:
    tablet.no_sentences_for_long()
    first, second = sentences_by_epoch(rtk_log)[:20:10]
    (one,), (two,) = fixes_in(first), fixes_in(second)
    # A location is handed on at once then; the sentences of its epoch come late.
    tablet.source.push_location(location_of(one))
    tablet.fixes_when(1)
    tablet.source.push_nmea(first)
    # The sentences of the next are whole before its location comes.
    tablet.source.push_nmea(second)
    tablet.until(lambda: len(tablet.fixes) >= 2)
    tablet.source.push_location(location_of(two))
    time.sleep(1.5)
    fixes = tablet.fixes_when(2)
    assert len(fixes) == 2
    assert (fixes[0].accuracy_from, fixes[1].time) == ("receiver", two.time)


def test_positions_that_are_none_are_counted_and_survived(tablet: Tablet) -> None:
    for longitude, latitude in ((0.0, 0.0), (116.0, 91.0), (float("nan"), 35.0)):
        tablet.source.push_location(PlainLocation(START, longitude, latitude))
    tablet.source.push_location(PlainLocation(START, 116.5, 35.4))
    assert len(tablet.fixes_when(1)) == 1
    assert tablet.source.counts.refused_positions == 3


def test_silence_no_position_and_the_systems_switch_are_said(
    tablet: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tablet.source.status == WAITING
    monkeypatch.setattr(pushed, "_SILENT_AFTER_S", 0.1)
    tablet.until(lambda: tablet.source.status == SILENT)
    tablet.source.push_nmea(with_checksum("GNGGA,010000.00,,,,,0,03,,,M,,M,,"))
    tablet.until(lambda: NO_POSITION in (tablet.source.status, *map(status_of, tablet.fixes)))
    tablet.source.switch(False)
    assert tablet.source.status == SWITCHED_OFF
    (said,) = tablet.source.conditions()
    assert words.known(said.code)
    # Nothing is handed on until it is on again.
    tablet.no_sentences_for_long()
    before = len(tablet.fixes)
    tablet.source.push_location(PlainLocation(START, 116.5, 35.4))
    time.sleep(0.3)
    assert len(tablet.fixes) == before and tablet.source.status == SWITCHED_OFF
    tablet.source.switch(True)
    tablet.source.push_location(PlainLocation(START + timedelta(seconds=9), 116.5, 35.4))
    tablet.until(lambda: len(tablet.fixes) > before)
    assert tablet.source.status in (RECEIVING, SILENT)


def status_of(fix: Fix) -> str:
    return NO_POSITION if fix.fix_type == "none" else RECEIVING
