"""A run over what changed since a batch, over records or over a village writes what a full run
would, whatever was changed."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mistakes import VILLAGE, box, found, parcel, village
from xiangtu import store, validate
from xiangtu.store import SurveyFile
from xiangtu.validate import tiles

VILLAGES = (VILLAGE, "990101101202", "990101101203")
CODES = tuple(f"990101101201010000{number}" for number in range(1, 5))


def batch(file: SurveyFile, number: int) -> str:
    """A merge that happened now; edits after this moment are since it."""
    uuid = f"00000000-0000-7000-8000-{number:012}"
    file.connection.execute(
        "INSERT INTO batch (uuid, number, kind, author, made_at, report) VALUES "
        "(?, ?, 'merge', 'office', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), '{}')",
        (uuid, number),
    )
    return uuid


def settled(file: SurveyFile) -> list[tuple[object, ...]]:
    return file.connection.execute(
        "SELECT id, rule, layer, record, other, x, y, measured, detail, village, state "
        "FROM finding ORDER BY id"
    ).fetchall()


class Edits:
    """Random edits of a small crowded county, of the kinds that make or mend mistakes."""

    def __init__(self, file: SurveyFile, seed: int) -> None:
        self.file = file
        self.random = random.Random(seed)

    def outline(self) -> shapely.Geometry:
        """A square on a coarse grid, so that many touch, overlap or are equal."""
        choose = self.random.choice
        if self.random.random() < 0.1:
            corners = [(0, 0), (10, 10), (10, 0), (0, 10)]
            return shapely.Polygon([(450_000 + x, 3_900_000 + y) for x, y in corners])
        return box(
            choose((0, 5, 10, 10.03, 20, 30)),
            choose((0, 10, 20)),
            choose((10, 10, 10, 20)),
            choose((10, 10, 30)),
        )

    def any_of(self, layer: str) -> str | None:
        rows = self.file.connection.execute(f'SELECT uuid FROM "{layer}" ORDER BY uuid').fetchall()
        return self.random.choice(rows)[0] if rows else None

    def values(self, layer: str) -> dict[str, object]:
        choose = self.random.choice
        values: dict[str, object] = {"village": choose((*VILLAGES, None)), "state": "surveyed"}
        if layer == "farmland":
            values |= {
                "code": choose(CODES),
                "kind": choose(("10", "22")),
                "measured_area_m2": choose((100.0, 300.0)),
                "ended_on": choose((None, None, None, "2020-01-01")),
            }
        elif layer == "homestead":
            values |= {"household_uuid": self.any_of("household")}
        elif layer == "house":
            values |= {"homestead_uuid": self.any_of("homestead"), "storey": choose((1, 2))}
        elif layer == "land_right":
            values = {"farmland_uuid": self.any_of("farmland"), "contract_area_m2": 100.0}
        elif layer == "village":
            values["code"] = values["village"]
        elif layer == "relic_point":
            values = {"relic_uuid": self.any_of("relic"), "kind": choose(("centre", "boundary"))}
        return values

    def geometry(self, layer: str) -> shapely.Geometry | None:
        if layer in ("household", "land_right"):
            return None
        if layer in ("relic", "relic_point"):
            return self.outline().centroid
        return self.outline()

    def one(self) -> None:
        layer = self.random.choice(
            ["farmland"] * 4
            + ["homestead", "house", "village", "household", "land_right", "relic", "relic_point"]
        )
        uuid = self.any_of(layer)
        how = self.random.random()
        if uuid is None or how < 0.55:
            self.file.insert(layer, self.values(layer), self.geometry(layer))
        elif how < 0.67:
            self.file.delete(layer, uuid)
        elif how < 0.83 and layer not in ("household", "land_right"):
            self.file.update(layer, uuid, {}, self.geometry(layer))
        elif how < 0.88 and layer in ("homestead", "relic"):
            data = self.random.randbytes(4)
            self.file.attach(uuid, layer, data, role="overview", media_type="image/jpeg")
        else:
            self.file.update(layer, uuid, self.values(layer))

    def attachments(self) -> None:
        uuid = self.any_of("attachment")
        if uuid is not None and self.random.random() < 0.3:
            self.file.delete("attachment", uuid)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32), edits=st.integers(1, 6))
def test_it_agrees_with_a_full_run(new_county: Callable[[], SurveyFile], seed: int, edits: int):
    file = new_county()
    change = Edits(file, seed)
    for code in VILLAGES[:2]:
        village(file, box(0, 0, 25, 40), code)
    for _ in range(35):
        change.one()
    validate.run(file)
    time.sleep(0.002)
    since = batch(file, 1)
    for _ in range(edits):
        change.one()
        change.attachments()
    full = new_county()
    with sqlite3.connect(full.path) as target:
        file.connection.backup(target)
    target.close()
    validate.run(full)
    validate.run(file, since=since)
    assert settled(file) == settled(full)
    file.close()
    full.close()


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32), edits=st.integers(1, 6))
def test_a_run_over_the_changed_records_agrees_with_a_full_one(
    new_county: Callable[[], SurveyFile], seed: int, edits: int
):
    file = new_county()
    change = Edits(file, seed)
    for code in VILLAGES[:2]:
        village(file, box(0, 0, 25, 40), code)
    for _ in range(35):
        change.one()
    validate.run(file)
    (last,) = file.connection.execute("SELECT max(id) FROM change").fetchone()
    for _ in range(edits):
        change.one()
        change.attachments()
    full = new_county()
    with sqlite3.connect(full.path) as target:
        file.connection.backup(target)
    target.close()
    validate.run(full)
    touched = file.connection.execute("SELECT DISTINCT record FROM change WHERE id > ?", (last,))
    validate.run(file, records=[record for (record,) in touched])
    assert settled(file) == settled(full)
    file.close()
    full.close()


def test_a_run_over_a_village_leaves_the_others_and_forgets_its_deleted_records(county):
    here, beyond = VILLAGE, VILLAGES[1]
    first, second = sorted((parcel(county, box(0, 0)), parcel(county, box(5, 0))))
    for x in (100, 105):
        parcel(county, box(x, 0), village=beyond)
    assert found(county, "topology.overlap", villages=[here]) == [
        ("topology.overlap", first, second)
    ]
    assert len(found(county, "topology.overlap", villages=[here, beyond])) == 2
    county.delete("farmland", first)
    county.delete("farmland", second)
    ((_, left, _),) = found(county, "topology.overlap", villages=[here])
    assert county.get("farmland", left)["village"] == beyond


def test_a_gap_is_found_and_filled_by_a_run_over_its_village(county):
    around = [(0, 0, 30, 10), (0, 20, 30, 10), (0, 10, 10, 10), (20, 10, 10, 10)]
    for each in around:
        parcel(county, box(*each))
    assert len(found(county, "topology.gap", villages=[VILLAGE])) == 1
    filled = parcel(county, box(10, 10))
    assert found(county, "topology.gap", records=[filled]) == []


def test_only_what_changed_and_its_neighbours_is_looked_at(county, monkeypatch):
    for column in range(30):
        parcel(county, box(10 * column, 0))
    validate.run(county, rules=["topology.overlap"])
    since = batch(county, 1)
    moved = parcel(county, box(105, 5))
    seen: list[int] = []
    whole = tiles.named

    def counted(*arguments, **options):
        records = whole(*arguments, **options)
        seen.append(len(records.uuids))
        return records

    monkeypatch.setattr(tiles, "named", counted)
    broken = found(county, "topology.overlap", since=since)
    assert len(broken) == 2
    assert all(moved in each for each in broken)
    assert max(seen) <= 5


def test_a_batch_is_given_by_number_or_uuid_and_counts_by_its_changes(county):
    first = parcel(county, box(0, 0))
    earlier = batch(county, 1)
    batch(county, 2)
    second = parcel(county, box(5, 0))
    # As a merge leaves it: changes made long ago on a tablet belong to the batch.
    county.connection.execute(
        "UPDATE change SET batch = ?, time = '2020-01-01T00:00:00.000Z' WHERE record = ?",
        (earlier, second),
    )
    county.connection.execute(
        "UPDATE change SET time = '2020-01-01T00:00:00.000Z' WHERE record = ?", (first,)
    )
    expected = [("topology.overlap", *sorted((first, second)))]
    assert found(county, "topology.overlap", since=2) == []
    assert found(county, "topology.overlap", since="1") == expected
    county.connection.execute("DELETE FROM finding")
    assert found(county, "topology.overlap", since=earlier) == expected


def test_a_batch_undone_since_is_looked_at_again(county):
    first, second = sorted((parcel(county, box(0, 0)), parcel(county, box(5, 0))))
    undone, later = batch(county, 1), batch(county, 2)
    county.connection.execute(
        "UPDATE change SET batch = ?, time = '2020-01-01T00:00:00.000Z'", (undone,)
    )
    assert found(county, "topology.overlap", since=later) == []
    county.connection.execute(
        "UPDATE batch SET undone_at = '2999-01-01T00:00:00.000Z' WHERE uuid = ?", (undone,)
    )
    assert found(county, "topology.overlap", since=later) == [("topology.overlap", first, second)]


@pytest.mark.parametrize("most", [3, 7])
def test_portions_make_no_difference(county, monkeypatch, most):
    change = Edits(county, 11)
    for code in VILLAGES[:2]:
        village(county, box(0, 0, 25, 40), code)
    for _ in range(80):
        change.one()
    validate.run(county)
    before = settled(county)
    assert len({rule for _, rule, *_ in before}) > 12
    monkeypatch.setattr(tiles, "_MOST", most)
    summary = validate.run(county)
    assert (summary.new, summary.fixed) == (0, 0)
    assert settled(county) == before


def test_a_tablet_without_r_tree_finds_the_same(county, monkeypatch):
    parcel(county, box(0, 0))
    since = batch(county, 1)
    parcel(county, box(5, 0))
    monkeypatch.setattr(store.records.spatial_tables, "is_indexed", lambda *_: False)
    assert len(found(county, "topology.overlap", since=since)) == 1


def test_of_equal_outlines_another_repeats_when_the_earliest_goes(county):
    first, second, third = sorted(parcel(county, box(0, 0)) for _ in range(3))
    assert len(found(county, "geometry.repeated")) == 2
    since = batch(county, 1)
    county.update("farmland", first, {}, box(50, 0))
    repeated = [("geometry.repeated", third, second)]
    assert found(county, "geometry.repeated", since=since) == repeated
    later = batch(county, 2)
    county.delete("farmland", second)
    assert found(county, "geometry.repeated", since=later) == []


def test_a_child_is_looked_at_when_its_parent_changed(county):
    household = county.insert("household", {"village": VILLAGE})
    values = {"village": VILLAGE, "household_uuid": household}
    homestead = county.insert("homestead", values, box(0, 0))
    house = county.insert("house", {"village": VILLAGE, "homestead_uuid": homestead}, box(1, 1, 8))
    rules = ("relations.house_outside_homestead", "relations.no_parent")
    assert found(county, *rules) == [("relations.house_outside_homestead", house, homestead)]
    since = batch(county, 1)
    county.update("homestead", homestead, {}, box(0, 0, 20, 20))
    county.delete("household", household)
    assert found(county, *rules, since=since) == [("relations.no_parent", homestead, household)]


def test_a_record_is_looked_at_when_its_photo_came_or_went(county):
    homestead = county.insert("homestead", {"village": VILLAGE, "state": "surveyed"}, box(0, 0))
    missing = [("relations.photo_missing", homestead, None)]
    assert found(county, "relations.photo_missing") == missing
    since = batch(county, 1)
    photo = county.attach(
        homestead, "homestead", b"a photo", role="overview", media_type="image/jpeg"
    )
    assert found(county, "relations.photo_missing", since=since) == []
    since = batch(county, 2)
    county.delete("attachment", photo)
    assert found(county, "relations.photo_missing", since=since) == missing
