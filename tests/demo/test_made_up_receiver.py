"""The receiver's sentences, read by the NMEA source that real ones are read by."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from xiangtu.geo import gauss_kruger
from xiangtu.gnss.nmea_file import NmeaFile

from demo.nmea_stream import Receiver, Stretch, sentence

SRID = 4546
START = datetime(2025, 4, 10, 1, 0, tzinfo=UTC)
WAY = np.array([[501_000.0, 3_022_000.0], [501_060.0, 3_022_000.0], [501_060.0, 3_022_030.0]])


def receiver(seed: int = 1) -> Receiver:
    return Receiver(SRID, START, [seed], lambda x, _: np.full(np.shape(x), 402.5))


def read(tmp_path: Path, said: str) -> list:
    path = tmp_path / "said.nmea"
    path.write_text(said, encoding="ascii", newline="")
    source = NmeaFile(path)
    fixes = list(source)
    assert source.counts.bad_checksum == 0
    return fixes


def test_a_sentence_ends_with_its_checksum() -> None:
    # The example of the NMEA 0183 standard's own literature.
    body = "GPGLL,5057.970,N,00146.110,E,142451,A"
    assert sentence(body) == f"${body}*27\r\n"


def test_an_rtk_walk_is_read_back_within_centimetres(tmp_path: Path) -> None:
    fixes = read(tmp_path, receiver().walk(WAY))
    assert {each.fix_type for each in fixes} == {"rtk_fixed"}
    x, y = gauss_kruger.forward(
        [each.longitude_deg for each in fixes], [each.latitude_deg for each in fixes], SRID
    )
    for corner in WAY:
        assert np.hypot(x - corner[0], y - corner[1]).min() < 0.06
    assert fixes[0].time == START
    assert fixes[0].height_sea_level_m == pytest.approx(402.5, abs=0.1)
    assert fixes[0].height_ellipsoid_m == pytest.approx(384.0, abs=0.1)
    assert fixes[0].accuracy_from == "gst"


def test_a_dropout_and_a_worse_stretch_are_heard(tmp_path: Path) -> None:
    stretches = (
        Stretch(0.0, "rtk_fixed"),
        Stretch(0.4, "none"),
        Stretch(0.5, "rtk_float"),
        Stretch(0.8, "single"),
    )
    kinds = [each.fix_type for each in read(tmp_path, receiver().walk(WAY, stretches))]
    assert list(dict.fromkeys(kinds)) == ["rtk_fixed", "none", "rtk_float", "single"]


def test_a_stand_gives_one_epoch_a_second(tmp_path: Path) -> None:
    fixes = read(tmp_path, receiver().stand(*WAY[0], 12, (Stretch(0.0, "single"),)))
    assert len(fixes) == 12
    assert (fixes[-1].time - fixes[0].time).total_seconds() == 11
    spread = np.ptp([each.latitude_deg for each in fixes]) * 111_000
    assert 0 < spread < 10


def test_says_the_same_for_the_same_seed() -> None:
    assert receiver().walk(WAY) == receiver().walk(WAY)
    assert receiver().walk(WAY) != receiver(2).walk(WAY)


def test_corners_near_a_full_minute_are_written_well() -> None:
    said = receiver().stand(*_place(111 + 1 / 60 - 1e-12, 27.5), 1)
    assert ",60.0" not in said and "60.000" not in said.split(",")[4]


def _place(longitude: float, latitude: float) -> tuple[float, float]:
    x, y = gauss_kruger.forward(longitude, latitude, SRID)
    return float(x), float(y)
