"""Sentences of real receivers against what gpsd makes of them, and what a stream may hold."""

from __future__ import annotations

import functools
import math
import operator
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pynmea2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nmea_logs import ALL_LOGS, BINARY_LOGS, data_of, reports_of, sentence, stamp_of
from xiangtu.gnss.epochs import EpochJoiner
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.framing import SentenceFramer, StreamCounts, checksum
from xiangtu.gnss.gpsd import fix_from_reports


def fixes_of(data: bytes, *, piece: int = 1 << 20, on: date | None = None):
    counts = StreamCounts()
    framer, joiner = SentenceFramer(counts), EpochJoiner(counts=counts, on=on)
    found = []
    for at in range(0, len(data), piece):
        for each in framer.feed(data[at : at + piece]):
            found.append(joiner.feed(each))
    framer.finish()
    found.append(joiner.flush())
    return [fix for fix in found if fix is not None], counts


def stream(*bodies: str) -> bytes:
    return b"".join(sentence(each) for each in bodies)


@pytest.mark.parametrize("log", ALL_LOGS)
def test_positions_modes_and_times_are_those_of_gpsd(shared_data: Path, log: str) -> None:
    fixes, _ = fixes_of(data_of(shared_data, log))
    reports = reports_of(shared_data, log)
    by_time: dict[str, list[dict]] = {}
    for report in reports:
        by_time.setdefault(report.get("time", ""), []).append(report)

    # gpsd rounds to nine decimals; of a binary log the sentences are rounded too, to 1e-7 minutes.
    rounding_deg = 1.4e-9 if log in BINARY_LOGS else 6e-10
    assert fixes
    compared = 0
    for fix in fixes:
        if fix.time is None:
            assert fix.fix_type == "none"
            continue
        stamp = stamp_of(fix.time)
        same = by_time.get(stamp, [])
        if fix.fix_type == "none":
            # gpsd may not say the time of an epoch without a position.
            assert not same or any(report["mode"] < 2 for report in same), stamp
            continue
        if not same:
            continue
        assert any(
            report["mode"] >= 2
            and abs(report.get("lat", 99) - fix.latitude_deg) <= rounding_deg
            and abs(report.get("lon", 999) - fix.longitude_deg) <= rounding_deg
            for report in same
        ), (stamp, fix)
        compared += 1
        if fix.height_sea_level_m is not None:
            assert any(
                report.get("altMSL") == pytest.approx(fix.height_sea_level_m, abs=5.1e-3)
                for report in same
            )
        if fix.height_ellipsoid_m is not None:
            assert any(
                report.get("altHAE") == pytest.approx(fix.height_ellipsoid_m, abs=0.051)
                for report in same
            )
    with_position = {
        stamp for stamp, same in by_time.items() if stamp and any(r["mode"] >= 2 for r in same)
    }
    if log == "ublox-zed-f9r":
        assert compared == 29  # gpsd has 23:14:08 from a binary message, without its time yet
    else:
        assert compared == len(with_position)


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("nmea-rtk", {"differential": 104, "rtk_fixed": 18}),
        ("ublox-zed-f9r", {"rtk_float": 30}),
        ("unicore-um621", {"single": 16, "none": 4}),
        ("beidou-bd", {"none": 5, "single": 5}),
        ("skytraq", {"none": 17}),
    ],
)
def test_fix_types_come_from_the_quality_in_gga(
    shared_data: Path, log: str, expected: dict[str, int]
) -> None:
    fixes, _ = fixes_of(data_of(shared_data, log))
    kinds = [fix.fix_type for fix in fixes]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == expected


def test_a_dropout_is_seen_and_its_stale_position_is_not_used(shared_data: Path) -> None:
    fixes, _ = fixes_of(data_of(shared_data, "unicore-um621"))
    dropped = [fix for fix in fixes if fix.fix_type == "none"]
    assert [fix.time.second for fix in dropped if fix.time] == [6, 7, 8, 9]
    assert all(math.isnan(fix.longitude_deg) for fix in dropped)


def test_accuracy_is_from_gst_else_the_receiver_else_the_dop(shared_data: Path) -> None:
    first = fixes_of(data_of(shared_data, "ublox-zed-f9r"))[0][0]
    assert first.accuracy_from == "gst"
    assert first.horizontal_accuracy_m == pytest.approx(math.hypot(0.049, 0.078))
    assert first.vertical_accuracy_m == 0.088
    last = fixes_of(data_of(shared_data, "beidou-bd"))[0][-1]
    assert (last.accuracy_from, last.horizontal_accuracy_m) == ("receiver", 14.86)
    rtk = fixes_of(data_of(shared_data, "nmea-rtk"))[0][-1]
    assert rtk.accuracy_from == "dop"
    assert rtk.horizontal_accuracy_m is not None and rtk.horizontal_accuracy_m < 0.05


def test_heights_are_kept_apart_and_none_without_a_separation(shared_data: Path) -> None:
    rtk = fixes_of(data_of(shared_data, "nmea-rtk"))[0][0]
    assert rtk.height_sea_level_m == 278.161
    assert rtk.geoid_separation_m == -31.442
    assert rtk.height_ellipsoid_m == pytest.approx(246.719)
    unicore = fixes_of(data_of(shared_data, "unicore-um621"))[0][0]
    assert unicore.height_sea_level_m == 1109.2
    assert unicore.height_ellipsoid_m is None


def test_reports_of_gpsd_become_the_same_fixes(shared_data: Path) -> None:
    fixes, _ = fixes_of(data_of(shared_data, "nmea-rtk"))
    reports = [each for each in reports_of(shared_data, "nmea-rtk") if "time" in each]
    last = fix_from_reports(reports[-1], {"hdop": 0.7, "uSat": 19})
    ours = fixes[-1]
    assert last.fix_type == ours.fix_type == "rtk_fixed"
    assert last.longitude_deg == pytest.approx(ours.longitude_deg, abs=1e-9)
    assert last.height_ellipsoid_m == pytest.approx(ours.height_ellipsoid_m or 0)
    assert last.satellites == ours.satellites == 19
    # gpsd's eph is HDOP times a constant here: RTK fixed is not 3 m.
    assert (last.accuracy_from, last.horizontal_accuracy_m) == ("dop", pytest.approx(0.014))


@pytest.mark.parametrize("piece", [1, 7, 64, 4096])
@pytest.mark.parametrize("log", ["ublox-zed-f9r", "beidou-bd"])
def test_how_the_stream_is_cut_makes_no_difference(shared_data: Path, log: str, piece: int) -> None:
    data = data_of(shared_data, log)[:60_000]
    whole, cut = fixes_of(data), fixes_of(data, piece=piece)
    assert [_comparable(fix) for fix in whole[0]] == [_comparable(fix) for fix in cut[0]]
    assert whole[1].sentences == cut[1].sentences


def test_bad_checksums_are_counted_and_dropped(shared_data: Path) -> None:
    log = shared_data / "nmea" / "pynmeagps" / "pygpsdata-nmeabadck.log"
    fixes, counts = fixes_of(log.read_bytes())
    assert counts.bad_checksum == 2
    assert [fix.longitude_deg for fix in fixes] == [pytest.approx(-102.2404103)]


def test_a_truncated_end_still_gives_the_epoch(shared_data: Path) -> None:
    log = shared_data / "nmea" / "pynmeagps" / "pygpsdata-badeof.log"
    fixes, counts = fixes_of(log.read_bytes())
    assert [fix.latitude_deg for fix in fixes] == [pytest.approx(53.450657)]
    assert fixes[0].hdop == 5.88 and counts.sentences == 4


def test_binary_in_between_loses_no_sentence(shared_data: Path) -> None:
    log = shared_data / "nmea" / "pynmeagps" / "pygpsdata-mixed.log"
    fixes, counts = fixes_of(log.read_bytes())
    assert [fix.satellites for fix in fixes] == [5, 5]
    assert counts.other_bytes > 500 and counts.bad_checksum == 0
    # Neither GGA nor the rest says the date.
    assert [fix.time for fix in fixes] == [None, None]
    dated, _ = fixes_of(log.read_bytes(), on=date(2021, 3, 6))
    assert dated[0].time == datetime(2021, 3, 6, 10, 41, 13, tzinfo=UTC)


def test_a_flipped_bit_in_a_header_is_found_and_the_rest_is_taken(shared_data: Path) -> None:
    log = shared_data / "nmea" / "pynmeagps" / "pygpsdata-BADHDR.log"
    fixes, counts = fixes_of(log.read_bytes())
    assert counts.bad_checksum == 1
    assert fixes[0].satellites_in_view == 15 and fixes[0].pdop == 2.36


def test_sentences_of_a_maker_without_a_position_are_unused(shared_data: Path) -> None:
    log = shared_data / "nmea" / "pynmeagps" / "trimble_nmea.log"
    fixes, counts = fixes_of(log.read_bytes())
    assert fixes == []
    assert counts.unused == counts.sentences == 21


@pytest.mark.parametrize(
    "gga",
    [
        "GNGGA,010203.00,0000.0000,N,00000.0000,E,1,08,1.0,10.0,M,5.0,M,,",
        "GNGGA,010203.00,9100.0000,N,10000.0000,E,1,08,1.0,10.0,M,5.0,M,,",
        "GNGGA,010203.00,3000.0000,N,18100.0000,E,1,08,1.0,10.0,M,5.0,M,,",
    ],
)
def test_impossible_positions_are_refused(gga: str) -> None:
    fixes, counts = fixes_of(stream(gga))
    assert [fix.fix_type for fix in fixes] == ["none"]
    assert math.isnan(fixes[0].latitude_deg)
    assert counts.refused_positions == 1


@pytest.mark.parametrize(
    "gga",
    [
        "GNGGA,010203.00,nan,N,10000.0000,E,1,08,1.0,10.0,M,5.0,M,,",
        "GNGGA,010203.00,3070.0000,N,10000.0000,E,1,08,1.0,10.0,M,5.0,M,,",
        "GNGGA,010203.00,3000.0000,N,10000.0000,E,x,08,1.0,10.0,M,5.0,M,,",
    ],
)
def test_senseless_contents_are_unreadable(gga: str) -> None:
    fixes, counts = fixes_of(stream(gga))
    assert all(fix.fix_type == "none" for fix in fixes)
    assert counts.unreadable == 1


def test_an_empty_hemisphere_is_no_position() -> None:
    fixes, _ = fixes_of(stream("GNGGA,010203.00,3000.0000,,10000.0000,,1,08,1.0,10.0,M,5.0,M,,"))
    assert [fix.fix_type for fix in fixes] == ["none"]


@pytest.mark.parametrize(
    ("quality", "expected"),
    [("0", "none"), ("1", "single"), ("2", "differential"), ("4", "rtk_fixed"),
     ("5", "rtk_float"), ("6", "none"), ("7", "none")],
)  # fmt: skip
@pytest.mark.parametrize("talker", ["GP", "GN", "BD", "GB", "GA", "GL", "IN"])
def test_every_talker_and_quality(talker: str, quality: str, expected: str) -> None:
    body = f"{talker}GGA,010203.00,3000.0000,N,10000.0000,E,{quality},08,1.0,10.0,M,5.0,M,,"
    fixes, _ = fixes_of(stream(body))
    assert [fix.fix_type for fix in fixes] == [expected]


def test_a_simulated_position_says_so() -> None:
    body = "GNGGA,010203.00,3000.0000,N,10000.0000,E,8,08,1.0,10.0,M,5.0,M,,"
    assert fixes_of(stream(body))[0][0].mock


def test_one_epoch_is_joined_whatever_the_order() -> None:
    gga = "GNGGA,010203.00,3000.0000,N,10000.0000,E,4,18,0.7,10.0,M,5.0,M,1.0,0001"
    rmc = "GNRMC,010203.00,A,3000.0000,N,10000.0000,E,1.0,90.0,050625,,,R"
    gst = "GNGST,010203.00,1.0,0.02,0.01,10,0.012,0.009,0.02"
    gsa = "GNGSA,A,3,01,02,03,,,,,,,,,,1.3,0.7,1.1,1"
    for order in ((gga, rmc, gst, gsa), (rmc, gsa, gga, gst), (gst, gga, gsa, rmc)):
        after = "GNRMC,010204.00,A,3000.0000,N,10000.0000,E,1.0,90.0,050625,,,R"
        first = fixes_of(stream(*order, after))[0][0]
        assert first.time == datetime(2025, 6, 5, 1, 2, 3, tzinfo=UTC)
        assert (first.fix_type, first.satellites, first.pdop) == ("rtk_fixed", 18, 1.3)
        assert first.horizontal_accuracy_m == pytest.approx(0.015)
        assert first.speed_mps == pytest.approx(0.514444)


def test_speed_and_course_are_from_vtg_where_rmc_is_not() -> None:
    gga = "GNGGA,010203.00,3000.0000,N,10000.0000,E,4,18,0.7,10.0,M,5.0,M,1.0,0001"
    fixes, _ = fixes_of(stream(gga, "GNVTG,270.5,T,,M,1.94,N,3.6,K,A"))
    assert (fixes[0].speed_mps, fixes[0].track_deg) == (pytest.approx(1.0), 270.5)


def test_satellites_used_are_counted_in_gsa_where_gga_counts_gps_alone() -> None:
    gga = "GPGGA,010203.00,3000.0000,N,10000.0000,E,1,03,1.5,10.0,M,5.0,M,,"
    gps = "GNGSA,A,3,14,17,19,,,,,,,,,,3.2,1.5,2.8,1"
    glonass = "GNGSA,A,3,78,79,88,87,81,68,,,,,,,3.2,1.5,2.8,2"
    fixes, _ = fixes_of(stream(gga, gps, glonass))
    assert fixes[0].satellites == 9


@pytest.mark.parametrize("first", ["GGA", "GNS"])
def test_gga_is_believed_before_gns_whichever_comes_first(first: str) -> None:
    gga = "GNGGA,010203.00,3000.0000,N,10000.0000,E,4,12,0.7,10.0,M,5.0,M,1.0,0001"
    gns = "GNGNS,010203.00,3001.0000,N,10000.0000,E,RR,31,0.6,11.0,5.1,2.0,0001,V"
    fixes, _ = fixes_of(stream(*(gga, gns) if first == "GGA" else (gns, gga)))
    assert (fixes[0].latitude_deg, fixes[0].height_sea_level_m, fixes[0].hdop) == (30.0, 10.0, 0.7)
    assert fixes[0].satellites == 31, "GGA stops at twelve"


@pytest.mark.parametrize(
    "body",
    [
        "GNRMC,010203.00,A,3000.0000,N,10000.0000,E,1.0,90.0,050625,,,S",
        "GNGNS,010203.00,3000.0000,N,10000.0000,E,SN,08,1.0,10.0,5.0,,,V",
        "GNGLL,3000.0000,N,10000.0000,E,010203.00,A,S",
    ],
)
def test_a_simulator_is_told_by_its_mode_too(body: str) -> None:
    (fix,) = fixes_of(stream(body))[0]
    assert fix.mock and fix.fix_type == "single"


def test_a_date_that_comes_late_is_that_of_what_follows() -> None:
    gga = "GNGGA,01020{}.00,3000.0000,N,10000.0000,E,4,18,0.7,10.0,M,5.0,M,1.0,0001"
    rmc = "GNRMC,01020{}.00,A,3000.0000,N,10000.0000,E,1.0,90.0,050625,,,R"
    joiner, given = EpochJoiner(), []
    for body in (gga.format(1), rmc.format(1), gga.format(2), rmc.format(2)):
        assert joiner.feed(sentence(body).decode().strip()) is None
        given.append(joiner.flush())  # the receiver makes a pause
    first, _, second, _ = given
    assert first.time is None
    assert second.time == datetime(2025, 6, 5, 1, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        "GNZDA,010203.00,05,06,99999999999999999999,00,00",
        f"GNGGA,010203.00,{'1' * 320}.0,N,10000.0000,E,4,18,0.7,10.0,M,5.0,M,1.0,0001",
        f"GNGGA,010203.00,3000.0000,N,10000.0000,E,4,{'9' * 30},0.7,10.0,M,5.0,M,1.0,0001",
    ],
)
def test_numbers_of_many_digits_are_survived(body: str) -> None:
    _, counts = fixes_of(stream(body))
    assert counts.unreadable == 1


def test_a_year_that_cannot_be_is_no_date() -> None:
    zda = "GNZDA,235959.00,31,12,9999,00,00"
    gga = "GNGGA,{},3000.0000,N,10000.0000,E,4,12,0.7,10.0,M,5.0,M,1.0,0001"
    fixes, counts = fixes_of(stream(zda, gga.format("235959.00"), gga.format("000000.00")))
    assert [fix.time for fix in fixes] == [None, None] and counts.unreadable == 1


def test_a_leap_second_and_a_clock_that_goes_back_are_survived() -> None:
    at = "GNRMC,{},A,3000.0000,N,10000.0000,E,0.0,,{},,,A"
    fixes, counts = fixes_of(
        stream(
            at.format("235960.00", "311216"), at.format("000000.00", "010117"),
            at.format("120000.00", "010117"), at.format("110000.00", "010117"),
            at.format("110001.00", "010117"),
        )
    )  # fmt: skip
    assert [fix.time.isoformat()[:19] for fix in fixes if fix.time] == [
        "2016-12-31T23:59:59", "2017-01-01T00:00:00", "2017-01-01T12:00:00", "2017-01-01T11:00:00",
        "2017-01-01T11:00:01",
    ]  # fmt: skip
    assert counts.clock_jumps == 1


def test_the_date_moves_on_at_midnight_when_only_gga_follows() -> None:
    fixes, _ = fixes_of(
        stream(
            "GNRMC,235959.00,A,3000.0000,N,10000.0000,E,0.0,,311225,,,A",
            "GNGGA,235959.00,3000.0000,N,10000.0000,E,1,08,1.0,10.0,M,5.0,M,,",
            "GNGGA,000000.00,3000.0000,N,10000.0000,E,1,08,1.0,10.0,M,5.0,M,,",
        )
    )
    assert fixes[1].time == datetime(2026, 1, 1, tzinfo=UTC)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(range(3))), max_size=12))
def test_noise_around_sentences_is_survived(pieces: list) -> None:
    known = [
        sentence(f"GNGGA,01020{n}.00,3000.0000,N,10000.0000,E,4,18,0.7,10.0,M,5.0,M,1.0,0001")
        for n in range(3)
    ]
    data = b"\r\n".join(known[each] if isinstance(each, int) else each for each in pieces)
    fixes, counts = fixes_of(data, piece=11)
    assert all(fix.fix_type in ("rtk_fixed", "none") for fix in fixes)
    # A "$" of the noise can never swallow a sentence after it.
    assert counts.sentences >= sum(isinstance(each, int) for each in pieces)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["GGA", "GNS", "RMC", "GLL", "GST", "ZDA", "GSA", "GSV", "VTG", "TXT"]),
    st.lists(st.text("0123456789.NSEWAV-xN", max_size=9), max_size=20),
    st.sampled_from(["GN", "GP", "PUBX,00,", "PGRME,", "PSRFEPE,", "PTNL,GGK,"]),
)
def test_no_sound_sentence_with_senseless_fields_is_a_fault(
    kind: str, contents: list[str], start: str
) -> None:
    body = start + (kind if len(start) == 2 else "") + "," + ",".join(contents)
    fixes, _ = fixes_of(stream(body))
    for fix in fixes:
        assert fix.fix_type == "none" or abs(fix.latitude_deg) <= 90


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=512))
def test_the_checksum_is_the_exclusive_or_of_all_characters(body: str) -> None:
    assert checksum(body) == functools.reduce(operator.xor, body.encode(), 0)


@pytest.mark.parametrize("log", ALL_LOGS)
def test_each_sentence_says_what_pynmea2_reads_in_it(shared_data: Path, log: str) -> None:
    compared = 0
    for said in SentenceFramer().feed(data_of(shared_data, log)):
        kind = said[3:6]
        if kind not in ("GGA", "RMC", "GLL", "GNS", "GST"):
            continue
        message = pynmea2.parse(said, check=True)
        alone = EpochJoiner(on=date(2020, 1, 1))
        assert alone.feed(said) is None
        fix = alone.flush()
        if kind == "GST":
            continue
        assert fix is not None
        assert (fix.time is None) == (message.timestamp is None)
        if fix.time is not None:
            seconds = abs(
                timedelta(hours=message.timestamp.hour, minutes=message.timestamp.minute,
                          seconds=message.timestamp.second,
                          microseconds=message.timestamp.microsecond)
                - timedelta(hours=fix.time.hour, minutes=fix.time.minute, seconds=fix.time.second,
                            microseconds=fix.time.microsecond)
            )  # fmt: skip
            assert seconds <= timedelta(microseconds=1)
        if fix.fix_type == "none":
            continue
        compared += 1
        assert fix.longitude_deg == pytest.approx(message.longitude, abs=1e-13)
        assert fix.latitude_deg == pytest.approx(message.latitude, abs=1e-13)
        if kind == "GGA":
            assert fix.height_sea_level_m == message.altitude
            assert fix.satellites == int(message.num_sats)
            assert fix.hdop == float(message.horizontal_dil)
            said_separation = message.geo_sep
            assert fix.geoid_separation_m == (float(said_separation) if said_separation else None)
        if kind == "RMC":
            assert fix.time is not None and fix.time.date() == message.datestamp
            assert fix.speed_mps == pytest.approx(message.spd_over_grnd * 1852 / 3600)
    assert compared or log in ("bu303-nofix", "skytraq")


def _comparable(fix: Fix) -> str:
    return re.sub(r"tablet_time=[^)]*\)", "", repr(fix))
