"""The command conflicts: what it shows of outlines, and deciding many at once."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import many_conflicts
import pytest
import shapely
from command_line import done, xiangtu
from xiangtu import store
from xiangtu.store import SurveyFile


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return many_conflicts.make(tmp_path_factory.mktemp("made"), 30)


@pytest.fixture
def county(made, tmp_path) -> Path:
    store.copy(made, tmp_path / "county.sqlite")
    return tmp_path / "county.sqlite"


def opened(county: Path) -> closing[SurveyFile]:
    return closing(store.open(county))


def test_a_combined_outline_and_the_neighbours_are_shown_and_it_can_be_taken(county: Path):
    shown = done("conflicts", county, "--field", "geometry", "--limit", 1, code=1)
    (row,) = [line for line in shown.out.splitlines() if line.startswith("combined")]
    assert "(5)" in row and "380.00 m²" in row
    assert "Neighbours at moved edges: 东1 (head 1)" in shown.out
    assert "take ID combined" in shown.err

    document = done("conflicts", county, "--json", code=1).json
    assert document["total"] == len(document["conflicts"]) == 30
    first = next(each for each in document["conflicts"] if each["combined"])
    outline = shapely.geometry.shape(first["combined"]["geometry"])
    assert outline.area == 380.0
    assert {each["heads"][0] for each in first["neighbours"]} <= {1, 2}

    done("conflicts", county, "take", first["id"], "combined", "--reason", "both were right")
    with opened(county) as file:
        assert shapely.equals(file.get("farmland", first["record"])["geometry"], outline)


def test_a_terminal_is_not_flooded(county: Path):
    shown = done("conflicts", county, code=1).out
    assert shown.count("surveyor t1") == 20
    assert "10 more; go on with --after 20" in shown
    rest = done("conflicts", county, "--after", 20, code=1).out
    assert rest.count("surveyor t1") == 10 and "more" not in rest
    some = done("conflicts", county, "--field", "name", "--device", "t1", "--json", code=1).json
    assert some["total"] == 15


def test_many_are_previewed_with_counts_and_written_when_repeated_with_the_number(county: Path):
    words = ("conflicts", county, "--village", many_conflicts.VILLAGES[0], "decide", "--prefer")
    shown = done(*words, "accuracy", code=1)
    assert "--apply 8" in shown.err
    assert "no outline, so no accuracy to compare" in shown.out
    assert done("conflicts", county, "--json", code=1).json["total"] == 30

    assert (
        "8 conflicts would be decided now, not 7"
        in xiangtu(*words, "accuracy", "--apply", 7, "--reason", "so").refusal
    )
    assert "reason" in xiangtu(*words, "accuracy", "--apply", 8).refusal
    ran = done(*words, "accuracy", "--apply", 8, "--reason", "better", "--json", code=1).json
    assert ran["preview"]["undecided"] == {"undecided.not_measured": 8}
    with opened(county) as file:
        logged = file.connection.execute("SELECT author, reason FROM decision").fetchall()
    assert logged == [("Li Wei", "better")] * 8

    done("undo", county, ran["batch"])
    assert done("conflicts", county, "--json", code=1).json["total"] == 30


def test_one_tablet_is_preferred_by_its_id_or_name(county: Path):
    words = ("conflicts", county, "decide", "--prefer", "device")
    assert "which device" in xiangtu(*words).refusal
    assert "nobody" in xiangtu(*words, "--device", "nobody").refusal
    found = done(*words, "--device", "t2", "--apply", 30, "--reason", "so", "--json").json
    assert found["preview"]["by_layer"] == {"farmland": 30}
    assert done("conflicts", county).out == "No open conflicts.\n"
