"""The tablet that `make app` starts: it has work, and its receiver is where the work is."""

from __future__ import annotations

from pathlib import Path

import pytest
from shapely.geometry import Point
from xiangtu import catalogue, store
from xiangtu.geo import gauss_kruger
from xiangtu.gnss.nmea_file import NmeaFile
from xiangtu.sealing import keys

from demo import tablet
from field_app.controllers.start import Fieldwork


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """A county of one parcel, as the demonstration leaves its own in a folder."""
    path = tmp_path / "demo" / "county.sqlite"
    path.parent.mkdir()
    with store.create(
        path, catalogue.load(), 4548, role="county", county="990101", name="青石县",
        recipient=keys.make_county_key(path),
    ) as file:  # fmt: skip
        outline = Point(454_500, 3_919_500)
        file.insert("village", {"code": "990101101201", "name": "上河村"}, outline.buffer(400))
        parcel = {"name": "西地", "village": "990101101201", "state": "accepted"}
        file.insert("farmland", parcel, outline.buffer(30, quad_segs=2))
    return path.parent


def test_the_tablet_has_work_and_keeps_what_was_done_at_the_next_start(
    county: Path, tmp_path: Path
) -> None:
    folder = tablet.make_tablet(county, tmp_path / "app")
    with Fieldwork(folder) as work:
        assert {each.layer: each.total for each in work.to_do()} == {"village": 1, "farmland": 1}
        (parcel,) = work.survey.select("farmland")
        work.survey.update("farmland", parcel["uuid"], {"remark": "再看"})
    assert tablet.make_tablet(county, tmp_path / "app") == folder
    with Fieldwork(folder) as work:
        (parcel,) = work.survey.select("farmland")
        assert parcel["remark"] == "再看"
    with store.open(county / "county.sqlite") as file:
        assert list(file.connection.execute("SELECT * FROM assignment")) == []


def test_the_receiver_walks_around_the_parcel(county: Path, tmp_path: Path) -> None:
    folder = tablet.make_tablet(county, tmp_path / "app")
    with NmeaFile(tablet.walk_around(folder, tmp_path / "receiver.nmea")) as receiver:
        fixes = list(receiver)
    assert len(fixes) > 100 and {fix.fix_type for fix in fixes} == {"rtk_fixed"}
    with Fieldwork(folder) as work:
        (parcel,) = work.survey.select("farmland")
        for fix in fixes:
            place = gauss_kruger.forward(fix.longitude_deg, fix.latitude_deg, work.survey.srid)
            assert parcel["geometry"].boundary.distance(Point(*map(float, place))) < 0.2
