"""The sky as sentences draw it, against what gpsd makes of the same logs."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest
from nmea_logs import data_of, reports_of, stamp_of
from xiangtu.gnss.epochs import EpochJoiner
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.framing import SentenceFramer
from xiangtu.gnss.gpsd import satellites_of
from xiangtu.gnss.satellites import Satellite, satellite_name

Sky = dict[str, Satellite]


def skies_of(data: bytes) -> dict[str, tuple[Fix, Sky]]:
    """Each epoch's fix and sky, by its time as gpsd writes it."""
    joiner = EpochJoiner()
    found = {}
    for sentence in SentenceFramer().feed(data):
        fix = joiner.feed(sentence)
        if fix is not None and fix.time is not None:
            found[stamp_of(fix.time)] = fix, {each.name: each for each in joiner.sky()}
    return found


def skies_of_gpsd(shared_data: Path, log: str) -> dict[str, Sky]:
    """The same of gpsd, which may say the sky of an epoch piece by piece, and a satellite again
    for each of its signals."""
    found: dict[str, Sky] = defaultdict(dict)
    at = ""
    for report in reports_of(shared_data, log, "TPV", "SKY"):
        if report["class"] == "TPV":
            at = report.get("time", at)
            continue
        for each in satellites_of(report):
            before = found[at].get(each.name)
            if before is None or each.used or not before.used:
                found[at][each.name] = each
    return {at: sky for at, sky in found.items() if sky}


@pytest.mark.parametrize(
    ("log", "epochs", "alike"),
    [
        ("bu303-climbing", 7, 7),
        # gpsd still shows a satellite of the epoch before in one of these.
        ("quectel-eg25-g", 24, 23),
        ("ublox-zed-f9r", 28, 28),
        ("unicore-um621", 19, 19),
    ],
)
def test_satellites_in_view_and_used_are_those_of_gpsd(
    shared_data: Path, log: str, epochs: int, alike: int
) -> None:
    ours, theirs = skies_of(data_of(shared_data, log)), skies_of_gpsd(shared_data, log)
    compared = same = 0
    binary = log == "ublox-zed-f9r"
    for at in ours.keys() & theirs.keys():
        sky, expected = ours[at][1], theirs[at]
        if binary:
            # gpsd has these from a binary message; no sentence names them.
            expected = {name: each for name, each in expected.items() if name[0] != "S"}
        compared += 1
        if sky.keys() != expected.keys():
            continue
        same += 1
        for name, each in sky.items():
            if each.elevation_deg is not None and not binary:
                assert each.elevation_deg == pytest.approx(expected[name].elevation_deg, abs=0.51)
                assert each.azimuth_deg == pytest.approx(expected[name].azimuth_deg, abs=0.51)
    assert (compared, same) == (epochs, alike)


@pytest.mark.parametrize(
    ("log", "alike"),
    [("beidou-bd", 4), ("bu303-climbing", 7), ("nmea-rtk", 122), ("quectel-eg25-g", 24),
     ("unicore-um621", 20)],
)  # fmt: skip
def test_the_number_of_satellites_used_is_that_of_gpsd(
    shared_data: Path, log: str, alike: int
) -> None:
    joiner, at = EpochJoiner(), ""
    said: dict[str, set[int]] = defaultdict(set)
    for report in reports_of(shared_data, log, "TPV", "SKY"):
        if report["class"] == "TPV":
            at = report.get("time", at)
        elif "uSat" in report:
            said[at].add(report["uSat"])
    fixes = [joiner.feed(each) for each in SentenceFramer().feed(data_of(shared_data, log))]
    fixes.append(joiner.flush())
    agree = sum(
        fix is not None and fix.time is not None and fix.satellites in said[stamp_of(fix.time)]
        for fix in fixes
    )
    assert agree == alike


def test_satellites_used_are_all_that_any_sentence_names(shared_data: Path) -> None:
    # GGA counts the three of GPS; GSA lists six of GLONASS too.
    fix, sky = skies_of(data_of(shared_data, "quectel-eg25-g"))["2022-09-11T19:15:32.980Z"]
    assert fix.satellites == 9 == sum(each.used for each in sky.values())


@pytest.mark.parametrize(
    ("number", "talker", "system", "name"),
    [
        (10, "GP", "", "G10"), (46, "GP", "", "S33"), (133, "GP", "", "S33"),
        (195, "GP", "", "J03"), (75, "GL", "", "R11"), (21, "GA", "", "E21"),
        (321, "GA", "", "E21"), (19, "GB", "", "C19"), (19, "BD", "", "C19"),
        (419, "BD", "", "C19"), (219, "BD", "", "C19"), (2, "GQ", "", "J02"),
        (194, "GQ", "", "J02"), (9, "PQ", "", "C09"), (4, "GI", "", "I04"),
        (12, "GN", "4", "C12"), (12, "GN", "3", "E12"), (70, "GN", "", "R06"),
        (5, "GN", "", "G05"), (193, "GN", "5", "J01"), (99, "GN", "", None),
        (0, "GP", "", None), (500, "GB", "", None),
    ],
)  # fmt: skip
def test_numbers_of_all_talkers_are_named_as_in_rinex(
    number: int, talker: str, system: str, name: str | None
) -> None:
    assert satellite_name(number, talker, system) == name


def test_the_strongest_signal_of_a_satellite_counts(shared_data: Path) -> None:
    data = data_of(shared_data, "unicore-um621")
    sky = skies_of(data)["2024-06-09T00:06:53.000Z"][1]
    # L1 47 dB-Hz and L5 37 dB-Hz in the log.
    assert sky["G08"] == Satellite("G08", 38.0, 280.0, 47.0, True)
    assert sky["G02"].snr_dbhz is None and not sky["G02"].used


def test_gpsds_systems_have_the_same_names() -> None:
    report = json.loads(
        '{"satellites":[{"gnssid":0,"svid":3},{"gnssid":1,"svid":133},{"gnssid":6,"svid":4},'
        '{"gnssid":3,"svid":7,"used":true,"el":10,"az":20,"ss":30},{"gnssid":4,"svid":1},{}]}'
    )
    assert [each.name for each in satellites_of(report)] == ["C07", "G03", "R04", "S33"]
    assert satellites_of(report)[0] == Satellite("C07", 10.0, 20.0, 30.0, True)
    assert satellites_of({}) == ()
