"""Real parcels in a county of their own CRS: what is wrong with them is known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely
from xiangtu import catalogue, store, validate
from xiangtu.validate import findings


@pytest.fixture(scope="module")
def farms(shared_data: Path, tmp_path_factory: pytest.TempPathFactory):
    ogr = pytest.importorskip("osgeo.ogr")
    ogr.UseExceptions()
    source = ogr.Open(str(next((shared_data / "parcels").rglob("*.shp"))))
    outlines = shapely.from_wkb(
        [bytes(each.GetGeometryRef().ExportToWkb()) for each in source.GetLayer()]
    )
    path = tmp_path_factory.mktemp("farms") / "county.sqlite"
    with store.create(
        path, catalogue.load(), 32733, role="county", county="990101", name="Farms"
    ) as file:
        rows = [{"name": str(number)} for number in range(len(outlines))]
        file.insert_many("farmland", rows, outlines)
        validate.run(file, layers=["farmland"], rules=["geometry", "topology"])
        yield file


def test_the_sixteen_invalid_outlines_are_found_with_place_and_reason(farms):
    found = findings.list_findings(farms, rules=["geometry.invalid"])
    assert len(found) == 16
    assert {each.detail["reason"] for each in found} == {
        "self_intersection",
        "ring_self_intersection",
    }
    assert all(np.isfinite([each.x, each.y]).all() for each in found)


def test_the_68_outlines_that_exactly_repeat_an_earlier_one_are_found(farms):
    found = findings.list_findings(farms, rules=["geometry.repeated"])
    assert len(found) == len({each.record for each in found}) == 68
    for each in found[:5]:
        here = farms.get("farmland", each.record)["geometry"]
        assert here.equals(farms.get("farmland", each.other)["geometry"])
        assert each.other < each.record


def test_the_3471_pairs_that_overlap_by_more_than_1_m2_are_found(farms):
    found = findings.list_findings(farms, rules=["topology.overlap"])
    pairs = {frozenset((each.record, each.other)) for each in found}
    assert len(pairs) == len(found)
    assert sum(each.measured > 1 for each in found) == 3471
    # The official limit is 0.001 m²; 321 pairs share less than a square metre, but more than that.
    assert len(found) == 3792


def test_a_second_run_changes_nothing(farms):
    before = farms.connection.execute("SELECT * FROM finding ORDER BY id").fetchall()
    summary = validate.run(farms, layers=["farmland"], rules=["geometry", "topology"])
    assert (summary.new, summary.fixed) == (0, 0)
    assert summary.records == 2008
    assert farms.connection.execute("SELECT * FROM finding ORDER BY id").fetchall() == before
    assert Counter(summary.open_by_rule) == Counter(each[1] for each in before)


def test_portions_find_what_the_whole_does(farms, monkeypatch):
    before = farms.connection.execute("SELECT * FROM finding ORDER BY id").fetchall()
    monkeypatch.setattr("xiangtu.validate.tiles._MOST", 150)
    summary = validate.run(farms, layers=["farmland"], rules=["geometry", "topology"])
    assert (summary.new, summary.fixed) == (0, 0)
    assert farms.connection.execute("SELECT * FROM finding ORDER BY id").fetchall() == before
