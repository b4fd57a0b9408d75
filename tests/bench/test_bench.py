"""The bench runs from end to end on a tiny county, so that it cannot rot. No time is asserted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from bench import __main__ as bench
from bench import county_files, tables, terraces
from bench.merging import MergeTimes
from bench.overlaps import OverlapTimes, Search


def test_terraces_share_their_edges_but_for_the_pushed_ones():
    land = terraces.make(terraces.PER_VILLAGE)
    assert shapely.is_valid(land.parcels).all()
    assert shapely.contains(land.villages[0], land.parcels).all()
    tree = shapely.STRtree(land.parcels)
    first, second = tree.query(land.parcels, predicate="overlaps")
    pushed = set(range(0, terraces.PER_VILLAGE, 500))
    assert len(first) and {int(each) for each in np.minimum(first, second)} <= pushed | {
        each - terraces.PER_ROW for each in pushed
    } | {each - 1 for each in pushed} | {each - terraces.PER_ROW + 1 for each in pushed}


def test_a_county_is_a_multiple_of_a_village():
    with pytest.raises(ValueError, match="multiple"):
        terraces.make(terraces.PER_VILLAGE + 1)


def test_both_measurements_run_and_keep_their_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    # The sources may be edited while this runs; the kept files are then rightly made again.
    monkeypatch.setattr(county_files, "_state", lambda: "same")
    size = 2 * terraces.PER_VILLAGE
    arguments = ["--sizes", str(size), "--teams", "2", "--changes", "9"]
    cache, results = tmp_path / "cache", tmp_path / "results"
    bench.main([*arguments, "--cache", str(cache), "--results", str(results)])
    printed = capsys.readouterr().out
    assert "Merging 2 packages of 9 changes" in printed
    assert f"Overlaps among {size:,} parcels" in printed
    for name in ("merging.md", "overlaps.md"):
        assert (results / name).read_text(encoding="utf-8").strip() in printed
    (kept,) = cache.iterdir()
    before = kept.stat().st_mtime_ns
    county_files.prepare(cache, size, 2, 9, lambda text: pytest.fail(f"made again: {text}"))
    assert kept.stat().st_mtime_ns == before


def test_tables_show_ratios_and_growth():
    times = [MergeTimes(100_000, 2.0, 1.0, 4.0), MergeTimes(1_000_000, 3.0, 1.5, 40.0)]
    text = tables.merging(times, 10, 1500)
    assert "| 100,000 | 2.00 | 1.00 | 2.00 | 4.00 | 0.50 |" in text
    assert "1,000,000 parcels take 1.50 times as long as 100,000" in text
    found = OverlapTimes(1000, Search(1.0, 100_000_000, 5), Search(2.0, 400_000_000, 5))
    assert "| ratio | 0.50 | 0.25 |" in tables.overlaps(found)
