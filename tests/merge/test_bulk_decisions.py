"""Deciding many conflicts at once: previewed, logged, refused when it would be a guess."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import many_conflicts
import pytest
from county import known, make_county, orphans
from many_conflicts import VILLAGES, parcel
from xiangtu import store
from xiangtu.errors import BadInput, MergeRefused
from xiangtu.merge import bulk, conflicts
from xiangtu.merge.batches import find_batch
from xiangtu.merge.conflicts import Which
from xiangtu.merge.undo import undo

EVERY = Which()


def copied(made: Path, folder: Path) -> Iterator[store.SurveyFile]:
    shutil.copytree(made.parent, folder)
    with store.open(folder / made.name) as file:
        file.sign_in(author="officer")
        yield file


@pytest.fixture(scope="module")
def eight(tmp_path_factory) -> Path:
    return many_conflicts.make(tmp_path_factory.mktemp("eight"), 8)


@pytest.fixture(scope="module")
def eight_deleted(tmp_path_factory) -> Path:
    return many_conflicts.make(tmp_path_factory.mktemp("deleted"), 8, deleted=True)


@pytest.fixture
def county(eight, tmp_path):
    """Eight parcels, alternately with another outline and another name; t1 then t2."""
    yield from copied(eight, tmp_path / "county")


@pytest.fixture
def deleted(eight_deleted, tmp_path):
    """Eight parcels that t1 edited and t2 deleted."""
    yield from copied(eight_deleted, tmp_path / "county")


def decided(file: store.SurveyFile, which: Which, prefer: str):
    previewed = bulk.preview(file, which, prefer)
    return bulk.decide(file, previewed, author="officer", reason="as agreed")


def test_a_preview_counts_and_writes_nothing(county):
    found = bulk.preview(county, EVERY, bulk.ACCURACY)
    assert found.matching == 8
    assert len(found.choices) == 4
    assert found.by_layer == {"farmland": 4}
    assert found.by_unit == {"farmland.geometry": 4}
    assert found.by_village == {VILLAGES[0]: 2, VILLAGES[1]: 2}
    assert found.undecided == {bulk.NOT_MEASURED: 4}
    assert conflicts.count_conflicts(county) == 8
    assert county.connection.execute("SELECT count(*) FROM decision").fetchone() == (0,)


def test_every_decision_is_logged_with_who_and_why_in_one_batch(county):
    which = Which(layer="farmland", village=VILLAGES[0])
    batch = decided(county, which, bulk.NEWER)
    logged = county.connection.execute("SELECT author, reason, batch FROM decision").fetchall()
    assert logged == [("officer", "as agreed", batch.uuid)] * 4
    report = find_batch(county, str(batch.number)).report
    assert report["which"] == {"layer": "farmland", "village": VILLAGES[0]}
    assert (report["prefer"], report["matching"], report["decided"]) == ("newer", 4, 4)
    assert report["reason"] == "as agreed"
    assert conflicts.count_conflicts(county) == 4


def test_undoing_the_batch_opens_all_of_them_again(county):
    before = [(each.id, each.shown) for each in conflicts.list_conflicts(county)]
    batch = decided(county, EVERY, bulk.NEWER)
    assert conflicts.count_conflicts(county) == 0
    undo(county, str(batch.number), author="officer")
    assert [(each.id, each.shown) for each in conflicts.list_conflicts(county)] == before


def name_of(file: store.SurveyFile, place: int) -> str:
    return file.get("farmland", parcel(place))["name"]


def test_the_newer_change_is_taken(county):
    decided(county, Which(field="name"), bulk.NEWER)
    assert name_of(county, 1) == "西1"
    assert conflicts.count_conflicts(county) == 4


def test_the_better_accuracy_is_taken(county):
    decided(county, EVERY, bulk.ACCURACY)
    assert county.get("farmland", parcel(0))["horizontal_accuracy_m"] == 0.1


def test_one_devices_side_is_taken_where_it_has_one(county):
    decided(county, Which(field="name", device="t1"), bulk.DEVICE)
    assert name_of(county, 1) == "东1"
    with pytest.raises(BadInput, match=r"bulk\.no_device"):
        bulk.preview(county, EVERY, bulk.DEVICE)


def test_the_countys_own_side_is_taken_where_it_has_one(tmp_path):
    path = many_conflicts.make(tmp_path, 8, office={parcel(3): "县"})
    with store.open(path) as file:
        file.sign_in(author="officer")
        found = bulk.preview(file, EVERY, bulk.COUNTY)
        assert found.undecided == {bulk.NO_SUCH_HEAD: 7}
        bulk.decide(file, found, author="officer", reason="the register says so")
        assert name_of(file, 3) == "县"


def test_what_the_table_shows_is_confirmed(county):
    before = [name_of(county, place) for place in range(8)]
    decided(county, EVERY, bulk.SHOWN)
    assert [name_of(county, place) for place in range(8)] == before
    assert conflicts.count_conflicts(county) == 0


def test_combined_outlines_are_taken_where_there_are_any(county):
    proposed = {
        each.record: each.combined["geometry"]
        for each in conflicts.list_conflicts(county, Which(field="geometry"))
    }
    batch = decided(county, EVERY, bulk.COMBINED)
    assert find_batch(county, str(batch.number)).report["undecided"] == {bulk.NOT_COMBINABLE: 4}
    stored = dict(county.connection.execute("SELECT uuid, geometry FROM farmland"))
    assert len(proposed) == 4
    assert all(stored[record] == outline for record, outline in proposed.items())


def set_times(file: store.SurveyFile, device: str, time: str) -> None:
    with file.atomic(quiet=True):
        file.connection.execute("UPDATE change SET time = ? WHERE device = ?", (time, device))


@pytest.mark.parametrize("time", ["2019-01-01T00:00:00.000Z", "2199-01-01T00:00:00.000Z", "soon"])
def test_a_clock_that_is_plainly_wrong_is_not_trusted(county, time):
    set_times(county, "t2", time)
    assert bulk.preview(county, EVERY, bulk.NEWER).undecided == {bulk.CLOCK: 8}


def test_changes_of_one_moment_are_left_undecided(county):
    for device in ("t1", "t2"):
        set_times(county, device, "2026-05-01T00:00:00.000Z")
    assert bulk.preview(county, EVERY, bulk.NEWER).undecided == {bulk.TIE: 8}


@pytest.mark.parametrize(("accuracy", "reason"), [(None, bulk.NO_ACCURACY), (0.5, bulk.TIE)])
def test_an_accuracy_that_is_unknown_or_the_same_decides_nothing(county, accuracy, reason):
    with county.atomic(quiet=True):
        county.connection.execute(
            "UPDATE change_value SET new = ? WHERE field = 'horizontal_accuracy_m'", (accuracy,)
        )
    found = bulk.preview(county, Which(field="geometry"), bulk.ACCURACY)
    assert found.undecided == {reason: 4}
    with pytest.raises(BadInput, match=r"bulk\.nothing"):
        bulk.decide(county, found, author="officer", reason="as agreed")


@pytest.mark.parametrize(("author", "reason"), [("officer", " \n"), ("", "as agreed")])
def test_nobody_decides_many_without_saying_who_and_why(county, author, reason):
    found = bulk.preview(county, EVERY, bulk.NEWER)
    with pytest.raises(BadInput):
        bulk.decide(county, found, author=author, reason=reason)
    assert conflicts.count_conflicts(county) == 8


def test_a_preview_that_the_conflicts_left_behind_is_refused(county):
    found = bulk.preview(county, EVERY, bulk.NEWER)
    first = conflicts.list_conflicts(county, limit=1)[0]
    conflicts.take(county, first.id, "1", author="officer")
    with pytest.raises(MergeRefused) as refused:
        bulk.decide(county, found, author="officer", reason="as agreed")
    assert refused.value.facts == {"previewed": 8, "now": 7}
    assert conflicts.count_conflicts(county) == 7


def test_a_preview_with_another_choice_is_refused_though_the_count_is_the_same(county):
    found = bulk.preview(county, EVERY, bulk.NEWER)
    forged = replace(found, choices=(replace(found.choices[0], take="1"), *found.choices[1:]))
    with pytest.raises(MergeRefused, match=r"bulk\.changed"):
        bulk.decide(county, forged, author="officer", reason="as agreed")


def test_whether_records_exist_is_only_decided_if_asked_for(deleted):
    asked_of_all = bulk.preview(deleted, EVERY, bulk.NEWER)
    assert asked_of_all.choices == ()
    assert asked_of_all.undecided == {bulk.NO_FIELD: asked_of_all.matching}
    found = bulk.preview(deleted, Which(field="@record", device="t2"), bulk.DEVICE)
    assert found.by_unit == {"farmland.@record": 8}
    bulk.decide(deleted, found, author="officer", reason="built over")
    assert deleted.connection.execute("SELECT count(*) FROM farmland").fetchone() == (0,)
    assert conflicts.count_conflicts(deleted) == 0


def test_confirming_what_is_shown_keeps_records_that_somebody_deleted(deleted):
    decided(deleted, Which(field="@record"), bulk.SHOWN)
    assert deleted.connection.execute("SELECT count(*) FROM farmland").fetchone() == (8,)


def test_a_record_does_not_go_while_a_part_of_it_stays(tmp_path):
    world = make_county(tmp_path / "world", "ab")
    house, homestead = known("house", 0), known("homestead", 0)
    for name in "ab":
        world.assign(name)
    with world.survey("a") as file:
        file.delete("house", house)
        file.delete("homestead", homestead)
    with world.survey("b") as file:
        file.update("house", house, {"storeys": 2})
        file.update("homestead", homestead, {"remark": "b"})
    for name in "ab":
        world.merge(world.pack(name))
    with world.open() as file:
        with file.atomic(quiet=True):  # b's edits came after the house went, before the homestead
            file.connection.execute(
                "UPDATE change SET time = strftime('%Y-%m-%dT%H:%M:%fZ', time, '-1 hour') "
                "WHERE operation = 'delete' AND layer = 'house'"
            )
            file.connection.execute(
                "UPDATE change SET time = strftime('%Y-%m-%dT%H:%M:%fZ', time, '+1 hour') "
                "WHERE operation = 'delete' AND layer = 'homestead'"
            )
        file.sign_in(author="officer")
        found = bulk.preview(file, Which(field="@record"), bulk.NEWER)
        assert found.by_layer == {"house": 1}
        assert found.undecided == {bulk.PART_STAYS: 1}
        bulk.decide(file, found, author="officer", reason="as agreed")
        assert file.get("house", house) and not orphans(file)


def test_an_unknown_preference_is_refused(county):
    with pytest.raises(BadInput, match=r"bulk\.preference"):
        bulk.preview(county, EVERY, "older")


def test_ten_thousand_conflicts_at_once_are_listed_and_decided(tmp_path):
    path = many_conflicts.make(tmp_path, 10_000)
    with store.open(path) as file:
        file.sign_in(author="officer")
        assert conflicts.count_conflicts(file) == 10_000
        found = conflicts.list_conflicts(file)
        assert sum(each.combined is not None for each in found) == 5_000
        assert sum(bool(each.neighbours) for each in found) == 5_000
        assert len(conflicts.list_conflicts(file, limit=20, offset=9_990)) == 10
        batch = decided(file, EVERY, bulk.NEWER)
        assert conflicts.count_conflicts(file) == 0
        undo(file, str(batch.number), author="officer")
        assert conflicts.count_conflicts(file) == 10_000
