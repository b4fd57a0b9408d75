"""Clearing a tablet: what the county has safely goes, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from county import SRID, VILLAGE, County, known, outline, state
from test_receipts import received, states
from xiangtu import store
from xiangtu.errors import Cancelled
from xiangtu.merge import conflicts
from xiangtu.package import clearing, survey_package
from xiangtu.package.clearing import clear

PARCEL, HOMESTEAD, HOUSE = known("farmland", 0), known("homestead", 0), known("house", 0)


@pytest.fixture
def county(world: County) -> County:
    return world


def photo(file: store.SurveyFile, record: str, layer: str, text: str) -> Path:
    """A photo of a record; the file it lies in."""
    uuid = file.attach(record, layer, b"\xff\xd8\xff" + text.encode(), role="overview")
    return file.attachment_path(file.get("attachment", uuid)["sha256"])


def epochs(file: store.SurveyFile, record: str, count: int) -> None:
    with file.atomic():
        file.connection.executemany(
            "INSERT INTO fix (record, sequence, longitude_deg) VALUES (?, ?, 117)",
            [(record, each) for each in range(count)],
        )


def epochs_left(county: County, name: str = "a") -> int:
    with county.survey(name) as file:
        return file.connection.execute("SELECT count(*) FROM fix").fetchone()[0]


def taken(county: County, name: str = "a") -> int | None:
    """All that the tablet has done is packed, merged and acknowledged; the batch."""
    batch = county.merge(county.pack(name)).batch
    received(county, name)
    return batch


def folder(county: County, name: str = "a") -> Path:
    return county.tablets[name].folder


def test_photos_and_epochs_of_what_was_taken_go_and_the_rest_stays(county: County):
    with county.survey("a") as file:
        file.update("farmland", PARCEL, {"name": "x"})
        first = photo(file, PARCEL, "farmland", "first")
        epochs(file, PARCEL, 5)
    assert clear(folder(county)).photos == 0  # no receipt yet
    taken(county)
    with county.survey("a") as file:
        file.update("house", HOUSE, {"storeys": 2})
        later = photo(file, HOUSE, "house", "later")
        epochs(file, HOUSE, 3)
        before = file.connection.execute("SELECT * FROM change ORDER BY id").fetchall()
    said = clear(folder(county), dry_run=True)
    assert first.exists()
    assert epochs_left(county) == 8
    done = clear(folder(county))
    assert (done.photos, done.epochs, done.rows) == (said.photos, said.epochs, said.rows)
    assert (done.photos, done.photo_bytes, done.epochs, done.rows) == (1, 8, 5, 0)
    assert not first.exists()
    assert later.exists()
    assert epochs_left(county) == 3
    with county.survey("a") as file:
        after = file.connection.execute("SELECT * FROM change ORDER BY id").fetchall()
        assert file.get("farmland", PARCEL)["name"] == "x"
        assert len(file.attachments_of(PARCEL)) == 1
    assert after == before
    assert {name: each.records for name, each in done.by_state.items()} == {
        "unpacked": 2,
        "taken": 2,
    }
    assert not done.needs_person
    again = clear(folder(county))
    assert (again.photos, again.epochs) == (0, 0)


def test_only_the_records_asked_for(county: County):
    with county.survey("a") as file:
        one = photo(file, PARCEL, "farmland", "one")
        two = photo(file, HOUSE, "house", "two")
        file.update("farmland", PARCEL, {"name": "x"})
        epochs(file, PARCEL, 2)
        epochs(file, HOUSE, 2)
    taken(county)
    assert clear(folder(county), [PARCEL]).photos == 1
    assert not one.exists()
    assert two.exists()
    assert epochs_left(county) == 2


def test_a_photo_that_another_record_has_too_stays(county: County):
    with county.survey("a") as file:
        shared = photo(file, PARCEL, "farmland", "same")
    taken(county)
    with county.survey("a") as file:
        photo(file, HOUSE, "house", "same")
    assert clear(folder(county)).photos == 0
    assert shared.exists()
    taken(county)
    assert clear(folder(county)).photos == 1


def test_photos_of_a_record_whose_part_waits_stay(county: County):
    with county.survey("a") as file:
        file.update("homestead", HOMESTEAD, {"remark": "x"})
        file.update("house", HOUSE, {"storeys": 2})
        kept = photo(file, HOMESTEAD, "homestead", "gate")
    taken(county)
    with county.survey("b") as file:
        file.update("house", HOUSE, {"storeys": 3})
    county.merge(county.pack("b"))
    received(county, "a")
    done = clear(folder(county))
    assert (done.photos, done.needs_person) == (0, True)
    assert [each.record for each in done.waiting] == [HOUSE]
    assert kept.exists()
    with county.open() as file:
        (conflict,) = conflicts.list_conflicts(file)
        conflicts.take(file, conflict.id, "1", author="officer")
    received(county, "a")
    assert clear(folder(county)).photos == 1


def test_a_deleted_photo_goes_once_the_county_knows_of_it(county: County):
    with county.survey("a") as file:
        gone = photo(file, PARCEL, "farmland", "blurred")
        (row,) = file.attachments_of(PARCEL)
        file.delete("attachment", row["uuid"])
    assert clear(folder(county)).photos == 0
    taken(county)
    assert clear(folder(county)).photos == 1
    assert not gone.exists()


def test_a_draft_keeps_all_that_its_record_has(county: County):
    with county.survey("a") as file:
        file.update("homestead", HOMESTEAD, {"remark": "x"})
        kept = photo(file, HOMESTEAD, "homestead", "gate")
    taken(county)
    with county.survey("a") as file:
        file.save_draft(
            "01900000-0000-7000-8000-00000000dddd", "house", {"homestead_uuid": HOMESTEAD}
        )
    assert clear(folder(county)).photos == 0
    assert kept.exists()
    assert states(county, "a")[HOMESTEAD].part_waits


def test_epochs_that_are_in_no_package_stay(county: County):
    with county.survey("a") as file:
        file.update("farmland", PARCEL, {"name": "x"})
        epochs(file, PARCEL, 2)
    taken(county)
    with county.survey("a") as file:
        epochs(file, PARCEL, 1)
    assert clear(folder(county)).epochs == 2
    assert epochs_left(county) == 1


def test_rows_that_ended_or_moved_away_go_quietly(county: County):
    away, ended, stays = known("farmland", 1), known("farmland", 2), known("farmland", 3)
    with county.survey("a") as file:
        file.update("farmland", away, {"village": "990101100299"})
        file.update("farmland", ended, {"ended_on": "2026-01-01"})
        file.update("farmland", stays, {"name": "x"})
        changes = file.connection.execute("SELECT count(*) FROM change").fetchone()
    taken(county)
    done = clear(folder(county))
    assert (done.rows, done.by_state["taken"].records) == (2, 3)
    with county.survey("a") as file:
        left = {row["uuid"] for row in file.select("farmland", columns=("uuid",))}
        assert file.connection.execute("SELECT count(*) FROM change").fetchone() == changes
    assert left == {PARCEL, stays}
    # Whoever hands work out again sees no deletion, and the county stays as it is.
    before = state(county)
    county.assign("a")
    assert state(county) == before
    with county.survey("a") as file:
        assert file.get("farmland", ended)["ended_on"] == "2026-01-01"
        assert file.get("farmland", away) is None
        file.update("farmland", ended, {"remark": "y"})
    county.merge(county.pack("a"))
    with county.open() as file:
        assert file.get("farmland", away) is not None
        assert file.get("farmland", ended)["remark"] == "y"
        assert conflicts.list_conflicts(file) == []


def test_a_row_that_something_here_refers_to_stays(county: County):
    with county.survey("a") as file:
        file.update("homestead", HOMESTEAD, {"village": "990101100299"})
    taken(county)
    # Its house was never touched here, so it is not cleared either.
    assert clear(folder(county)).rows == 0
    with county.survey("a") as file:
        file.update("house", HOUSE, {"storeys": 2})
    taken(county)
    assert clear(folder(county)).rows == 2


def test_a_code_of_this_tablets_range_is_never_given_out_again(county: County):
    with county.survey("a") as file:
        ranges = file.connection.execute(
            "SELECT layer, prefix FROM number_range ORDER BY layer"
        ).fetchall()
        layer, prefix = next(each for each in ranges if each[0] == "homestead")
        code = file.next_code(layer, prefix)
        new = file.insert(
            layer, {"code": code, "village": VILLAGE, "ended_on": "2026-01-01"}, outline(2000)
        )
    taken(county)
    clear(folder(county))
    with county.survey("a") as file:
        assert file.get(layer, new) is not None
        assert file.next_code(layer, prefix) != code


def test_a_package_made_again_after_clearing_has_the_same_changes_and_names_lost_photos(
    county: County,
):
    with county.survey("a") as file:
        file.update("farmland", PARCEL, {"name": "x", "ended_on": "2026-01-01"})
        path = photo(file, PARCEL, "farmland", "first")
    package = county.pack("a")
    batch = county.merge(package).batch
    received(county, "a")
    before = state(county)
    assert clear(folder(county)).rows == 1
    county.undo(batch)
    received(county, "a")
    assert states(county, "a")[PARCEL].state == "undone"
    again = county.folder / "again.xtp"
    made = survey_package.pack(folder(county), again, again=1)
    assert made.missing_attachments == (path.name,)
    county.merge(again)
    assert state(county) == before
    with county.open() as file:
        assert file.attachment_path(path.name).exists()


def test_work_cleared_and_then_undone_comes_back_with_the_next_assignment(county: County):
    ended = known("farmland", 2)
    with county.survey("a") as file:
        file.update("farmland", ended, {"name": "mine", "ended_on": "2026-01-01"})
    batch = taken(county)
    clear(folder(county))
    county.undo(batch)
    with county.open() as file:
        file.update("farmland", ended, {"remark": "the office's"})
    county.assign("a")
    with county.survey("a") as file:
        row = file.get("farmland", ended)
        assert (row["name"], row["ended_on"]) == ("mine", "2026-01-01")
        assert row["remark"] == "the office's"
        assert file.connection.execute("SELECT count(*) FROM conflict").fetchone() == (0,)
    again = county.folder / "again.xtp"
    survey_package.pack(folder(county), again, again=1)
    county.merge(again)
    with county.open() as file:
        assert file.get("farmland", ended)["name"] == "mine"


class _PowerFailure(BaseException):
    pass


@pytest.mark.parametrize("after", [0, 1])
def test_what_a_power_failure_leaves_is_cleared_the_next_time(county: County, monkeypatch, after):
    with county.survey("a") as file:
        paths = [photo(file, PARCEL, "farmland", str(each)) for each in range(3)]
        file.update("farmland", PARCEL, {"name": "x", "ended_on": "2026-01-01"})
        epochs(file, PARCEL, 2)
    taken(county)
    removed = []

    def unlink(self: Path, missing_ok: bool = False) -> None:
        if self.parent.name != "attachments":
            real(self, missing_ok)
            return
        if len(removed) == after:
            raise _PowerFailure
        removed.append(self)
        real(self, missing_ok)

    real = Path.unlink
    monkeypatch.setattr(clearing.Path, "unlink", unlink)
    with pytest.raises(_PowerFailure):
        clear(folder(county))
    monkeypatch.undo()
    assert epochs_left(county) == 0
    assert sum(path.exists() for path in paths) == 3 - after
    assert clear(folder(county)).photos == 3 - after
    assert not any(path.exists() for path in paths)


def test_a_failure_before_the_rows_are_written_leaves_everything(county: County, monkeypatch):
    with county.survey("a") as file:
        path = photo(file, PARCEL, "farmland", "first")
        epochs(file, PARCEL, 2)
        file.update("farmland", PARCEL, {"name": "x"})
    taken(county)

    def fail(*arguments):
        raise _PowerFailure

    monkeypatch.setattr(clearing, "_clear_rows", fail)
    with pytest.raises(_PowerFailure):
        clear(folder(county))
    assert path.exists()
    assert epochs_left(county) == 2


def test_it_can_be_stopped_between_two_files(county: County):
    with county.survey("a") as file:
        paths = [photo(file, PARCEL, "farmland", str(each)) for each in range(3)]
    taken(county)
    steps = []

    def progress(fraction: float, step: str) -> bool:
        steps.append(step)
        return steps.count("clear.files") < 3

    with pytest.raises(Cancelled):
        clear(folder(county), progress=progress)
    assert sum(path.exists() for path in paths) == 1


def test_a_copied_tablet_clears_nothing(county: County):
    with county.survey("a") as file:
        path = photo(file, PARCEL, "farmland", "first")
    taken(county)
    with county.survey("a") as file:
        file.meta["other_chain"] = json.dumps(
            {"made_at": "2026-01-01T00:00:00.000Z", "first_change": 9, "missing": []}
        )
    done = clear(folder(county))
    assert (done.photos, done.other_chain, done.needs_person) == (0, True, True)
    assert path.exists()


def test_a_cleared_tablet_is_still_a_genuine_survey_file(county: County):
    with county.survey("a") as file:
        file.update("farmland", PARCEL, {"ended_on": "2026-01-01"})
    taken(county)
    assert clear(folder(county)).rows == 1
    with store.open(folder(county) / "survey.sqlite") as file:
        assert file.srid == SRID
        assert file.missing_triggers() == []
        assert PARCEL not in file.within("farmland", outline(0, 100).bounds)
