"""Receipts, refused packages and clearing, as they are typed."""

from __future__ import annotations

import re
from pathlib import Path

from command_line import Place, done, survey_a_parcel, xiangtu


def receive(place: Place, name: str, code: int = 0):
    out = place.folder / name
    done("receipt", place.county, out, "--device", place.device)
    return done("receive", place.tablet, out, code=code)


def test_a_refused_package_is_listed_with_its_reason_and_told_to_the_tablet(place: Place):
    bad = place.folder / "bad.xtp"
    bad.write_bytes(place.package.read_bytes()[:-2000])
    refusal = xiangtu("merge", place.county, bad).refusal
    held = done("held", place.county, code=1).out
    assert "number 1 of team 1" in held
    assert "no signature vouches for it" in held
    assert refusal.removeprefix(str(place.folder)).lstrip("/") in held
    told = receive(place, "one.xtr", code=1)
    assert re.search(r"packages refused +1\b", told.out)
    assert "package 1 refused: bad.xtp" in told.out
    said = done("clear", place.tablet, "--dry-run", code=1)
    assert "hand the package over again" in said.out
    assert "Farmland parcel" in said.out
    done("merge", place.county, place.package)
    assert done("held", place.county).out == "Nothing is held back.\n"
    receive(place, "two.xtr")


def test_clearing_says_what_goes_and_what_stays(place: Place):
    photos = list((place.tablet / "attachments").iterdir())
    nothing = done("clear", place.tablet)
    assert "packed, no word of it yet" in nothing.out
    assert all(path.exists() for path in photos)
    done("merge", place.county, place.package)
    receive(place, "one.xtr")
    place.survey(lambda file: survey_a_parcel(file, east=500.0))
    size = sum(path.stat().st_size for path in photos)
    preview = done("clear", place.tablet, "--dry-run")
    assert "Nothing was cleared" in preview.err
    assert all(path.exists() for path in photos)
    cleared = done("clear", place.tablet, "--json").json["clearing"]
    assert (cleared["photos"], cleared["photo_bytes"]) == (1, size)
    assert cleared["by_state"] == {
        "unpacked": {"records": 1, "safe": 0},
        "taken": {"records": 2, "safe": 2},
    }
    assert cleared["waiting"] == []
    assert not any(path.exists() for path in photos)


def test_a_receipt_read_twice_says_so(place: Place):
    done("merge", place.county, place.package)
    receive(place, "one.xtr")
    again = done("receive", place.tablet, place.folder / "one.xtr")
    assert "read before" in again.err


def test_what_waits_for_a_person_is_exit_code_1(place: Place):
    batch = done("merge", place.county, place.package, "--json").json["merges"][0]["batch"]
    done("undo", place.county, batch)
    told = receive(place, "one.xtr", code=1)
    assert "package 1: undone" in told.out
    said = done("clear", place.tablet, code=1)
    assert "package 1 was undone at the county" in said.out
    assert xiangtu("clear", place.tablet, lang="zh").code == 1


def test_what_is_no_tablet_is_refused(tmp_path: Path):
    assert "tablet" in xiangtu("clear", tmp_path / "none").refusal


def test_a_note_that_nothing_will_replace_can_be_dismissed(place: Place):
    bad = place.folder / "bad.xtp"
    bad.write_bytes(place.package.read_bytes()[:-2000])
    assert xiangtu("merge", place.county, bad).code == 2
    (noted,) = done("held", place.county, "--json", code=1).json["refused"]
    assert "0000" in xiangtu("held", place.county, "dismiss", "0000").refusal
    done("held", place.county, "dismiss", noted["package"])
    assert done("held", place.county, "--json").json["refused"] == []


def test_a_package_is_made_again_by_its_number(place: Place):
    again = place.folder / "again.xtp"
    assert done("pack", place.tablet, again, "--again", 1, "--json").json["package"]["number"] == 1
    assert done("merge", place.county, again).out.startswith(f"{again}: merged")
    assert "2" in xiangtu("pack", place.tablet, place.folder / "x.xtp", "--again", 2).refusal
