"""The bench runs from end to end on a tiny county, so that it cannot rot. No time is asserted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from xiangtu.store import layer_tables

from bench import __main__ as bench
from bench import county_files, plot, tables, terraces
from bench.changes import ATTRIBUTES, KINDS, MIXED, Plan
from bench.merging import MergeTimes
from bench.overlaps import OverlapTimes, Search


def test_terraces_share_their_edges_but_for_the_pushed_ones():
    land = terraces.make(terraces.PER_VILLAGE)
    parcels = land.parcels(0, land.count)
    assert shapely.is_valid(parcels).all()
    assert shapely.contains(land.villages()[0], parcels).all()
    tree = shapely.STRtree(parcels)
    first, second = tree.query(parcels, predicate="overlaps")
    pushed = set(range(0, terraces.PER_VILLAGE, 500))
    assert len(first) and {int(each) for each in np.minimum(first, second)} <= pushed | {
        each - terraces.PER_ROW for each in pushed
    } | {each - 1 for each in pushed} | {each - terraces.PER_ROW + 1 for each in pushed}


def test_a_county_is_a_multiple_of_a_village():
    with pytest.raises(ValueError, match="multiple"):
        terraces.make(terraces.PER_VILLAGE + 1)


def test_parcels_made_piece_by_piece_are_those_made_at_once():
    land = terraces.make(2 * terraces.PER_VILLAGE)
    pieces = [land.parcels(start, start + 1500) for start in (0, 1500)]
    assert shapely.equals_exact(np.concatenate(pieces), land.parcels(0, 3000)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_teams_change_one_parcel(kind: str):
    plan = Plan(kind, 20_000, 10, 1500)
    changed = [(plan.village(team), place) for team in range(10) for place in plan._places(team)]
    records = sum(plan.records(team) for team in range(10))
    assert len(changed) == 15_000 and len(set(changed)) == records
    assert max(place for _, place in changed) < terraces.PER_VILLAGE


def test_a_small_county_has_parcels_enough_for_mixed_work_alone():
    fitting = [kind for kind in KINDS if Plan(kind, 10_000, 10, 1500).fits]
    assert fitting == [MIXED]
    assert not Plan(MIXED, 8_000, 10, 1500).fits
    assert all(Plan(kind, 20_000, 10, 1500).fits for kind in KINDS)


def test_kept_counties_are_made_again_when_their_tables_change(monkeypatch: pytest.MonkeyPatch):
    before = county_files.county_made_by()
    assert county_files.county_made_by() == before
    tables_of = layer_tables.column_definitions
    monkeypatch.setattr(
        layer_tables, "column_definitions", lambda layer: tables_of(layer) | {"more": "TEXT"}
    )
    assert county_files.county_made_by() != before


def test_both_measurements_run_and_keep_their_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    # The sources may be edited while this runs; the kept files are then rightly made again.
    monkeypatch.setattr(county_files, "county_made_by", lambda: "same")
    monkeypatch.setattr(county_files, "packages_made_by", lambda: "same")
    size = 2 * terraces.PER_VILLAGE
    arguments = ["--sizes", str(size), "--teams", "2", "--changes", "9", "--repeats", "1"]
    cache, results = tmp_path / "cache", tmp_path / "results"
    for one in ("merging", "overlaps"):
        bench.main([*arguments, "--only", one, "--cache", str(cache), "--results", str(results)])
    printed = capsys.readouterr().out
    assert "Merging 2 packages of 9 changes" in printed
    assert "18 changes of one kind into 4,000 parcels" in printed
    assert f"Overlaps among {size:,} parcels" in printed
    for name in ("merging.md", "overlaps.md"):
        table, _, shown = (results / name).read_text(encoding="utf-8").partition("\n![")
        assert table.strip() in printed
        assert bool(shown) == (name == "merging.md")
    assert "parcels in the county" in (results / "merging.svg").read_text(encoding="utf-8")
    (kept,) = cache.iterdir()
    before = kept.stat().st_mtime_ns
    county_files.prepare(cache, size, 2, 9, lambda text: pytest.fail(f"made again: {text}"))
    assert kept.stat().st_mtime_ns == before


def test_tables_show_ratios_growth_and_memory():
    times = [
        MergeTimes(MIXED, 10_000, 2.0, 1.0, 150_000_000, 90_000_000, 4.0),
        MergeTimes(MIXED, 3_000_000, 3.0, 1.5, 160_000_000, 91_000_000, 40.0),
    ]
    text = tables.merging(times, 10, 1500)
    assert "| 10,000 | 2.00 | 1.00 | 2.00 | 4.00 | 0.50 | 150 |" in text
    assert "less than 300 MB, of which Python with its imports takes 91 alone" in text
    assert "3,000,000 parcels take 1.50 times as long as 10,000" in text
    of_kinds = [MergeTimes(ATTRIBUTES, 100_000, 1.0, 0.5, 150_000_000, 90_000_000)]
    text = tables.merging_kinds(of_kinds, 10, 1500)
    assert "| attributes | 1.00 | 0.50 | 2.00 | 150 |" in text
    found = OverlapTimes(1000, Search(1.0, 100_000_000, 5), Search(2.0, 400_000_000, 5))
    assert "| ratio | 0.50 | 0.25 |" in tables.overlaps(found)


def test_the_same_figures_give_the_same_plot(tmp_path: Path):
    times = [
        MergeTimes(MIXED, 10_000, 1.5, 0.8, 1, 1, 0.6),
        MergeTimes(MIXED, 3_000_000, 2.0, 1.0, 1, 1, 140.0),
    ]
    paths = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for path in paths:
        plot.merging(times, 10, 1500, path)
    one, two = (path.read_bytes() for path in paths)
    assert one == two


def test_positions_are_measured_from_end_to_end(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    bench.main(["--only", "positions", "--small", "--repeats", "1", "--results", str(tmp_path)])
    printed = capsys.readouterr().out
    for log in ("nmea-rtk", "all"):
        assert f"| {log} | " in printed
    assert "1,800 epochs" in printed and "20 epochs" in printed
    assert (tmp_path / "positions.md").read_text(encoding="utf-8").strip() in printed
