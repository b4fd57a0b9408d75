"""A county's own catalogue in assignments: taken in whole, or refused and nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from field_work import VILLAGES, Field
from xiangtu import store
from xiangtu.errors import BadCatalogue, BadInput, BadPackage, Cancelled
from xiangtu.package import adoption, assignment, container, county_catalogue, tablet
from xiangtu.words import explain

TEA = """
extends = "farmland"

[fields.tea_age]
label = { zh = "茶龄", en = "Age of the tea" }
type = "integer"
"""
SPRING = """
layer = "spring"
label = { zh = "泉", en = "Spring" }
geometry = "POINT"
title_field = "name"
group = "facilities"
order = 300

[fields.name]
label = { zh = "名称", en = "Name" }
type = "text"
length = 50
"""


def write(field: Field, **files: str) -> None:
    """Let the county's own catalogue be these files alone."""
    folder = field.county.path.parent / "catalogue"
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*"):
        path.unlink()
    for name, content in files.items():
        (folder / f"{name}.toml").write_text(content, encoding="utf-8")


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def columns(field: Field) -> set[str]:
    with field.survey() as survey:
        return set(survey.catalogue.layers["farmland"].fields)


def test_a_newer_catalogue_takes_the_place_of_the_one_before(field_: Field) -> None:
    write(field_, farmland=TEA)
    assert not field_.assign_again().catalogue_differs
    parcel = field_.county.uuids["parcel0"]
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"tea_age": 30})
    write(field_, farmland=TEA, spring=SPRING)
    with field_.county.open() as county:
        assert "spring" in county.repaired
        county.update("farmland", parcel, {"tea_age": 20})
    adopted = field_.assign_again()
    assert (adopted.catalogue_differs, adopted.conflicts) == (False, 1)
    assert sorted(files_of(field_.tablet.folder / "catalogue")) == ["farmland.toml", "spring.toml"]
    with field_.survey() as survey:
        assert survey.repaired == ()
        assert survey.get("farmland", parcel)["tea_age"] == 30
        assert "spring" in survey.catalogue.layers
    write(field_)
    assert not field_.assign_again().catalogue_differs
    assert "tea_age" not in columns(field_)
    assert [path.name for path in field_.tablet.folder.glob(".catalogue*")] == []


def test_an_assignment_taken_in_again_brings_a_lost_catalogue_back(field_: Field) -> None:
    write(field_, farmland=TEA)
    field_.assign_again()
    (field_.tablet.folder / "catalogue" / "farmland.toml").unlink()
    assert assignment.adopt(field_.tablet.folder, field_.folder / "assignment2.xta").already
    assert "tea_age" in columns(field_)


def test_a_catalogue_that_does_not_load_here_is_refused_whole(
    field_: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(field_, farmland=TEA)
    field_.assign_again()
    write(field_, farmland=TEA, spring=SPRING)
    bad = field_.folder / "bad.toml"
    bad.write_text('extends = "nothing_of_that_name"\n', encoding="utf-8")
    # A county whose program is newer knows more than this tablet's.
    monkeypatch.setattr(county_catalogue, "add_to", lambda bag, files: bag.add_file(
        "catalogue/newer.toml", bad, compress=True
    ))  # fmt: skip
    out = field_.folder / "newer.xta"
    field_.county.assign(out, field_.tablet.device_id)
    before = files_of(field_.tablet.folder)
    with pytest.raises(BadPackage) as told:
        assignment.adopt(field_.tablet.folder, out)
    assert told.value.code == "assignment.catalogue"
    for language in ("en", "zh"):
        line = explain(told.value, language)
        assert "newer.toml" in line and "nothing_of_that_name" in line and str(out) in line
        assert "?" not in line
    assert files_of(field_.tablet.folder) == before
    new = tablet.start(field_.folder / "second")
    field_.county.enrol(new)
    field_.county.assign(field_.folder / "first.xta", new.device_id)
    with pytest.raises(BadPackage):
        assignment.adopt(new.folder, field_.folder / "first.xta")
    assert not new.survey_path.exists()
    assert not (new.folder / "catalogue").exists()


@pytest.mark.parametrize("first", [True, False])
def test_what_fails_at_the_end_leaves_the_catalogue_before(
    field_: Field, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    write(field_, farmland=TEA)
    field_.assign_again()
    write(field_, spring=SPRING)
    target = tablet.start(field_.folder / "second") if first else field_.tablet
    if first:
        field_.county.enrol(target)
    out = field_.folder / "next.xta"
    field_.county.assign(out, target.device_id)
    before = files_of(target.folder)

    real = county_catalogue.sync

    def fails_once_moved(path: Path) -> None:
        if path == target.folder:
            raise OSError(28, "No space left on device")
        real(path)

    monkeypatch.setattr(county_catalogue, "sync", fails_once_moved)
    with pytest.raises(store.opening.BadFile) as told:
        assignment.adopt(target.folder, out)
    assert told.value.code == "file.disk_full"
    after = files_of(target.folder)
    assert after.keys() == before.keys()
    assert {n: c for n, c in after.items() if "catalogue" in n} == {
        n: c for n, c in before.items() if "catalogue" in n
    }
    monkeypatch.undo()
    assert not assignment.adopt(target.folder, out).already
    with target.survey() as survey:
        assert "spring" in survey.catalogue.layers
        assert "tea_age" not in survey.catalogue.layers["farmland"].fields


def test_an_exchange_that_was_cut_off_is_ended_at_the_next_start(field_: Field) -> None:
    write(field_, farmland=TEA)
    field_.assign_again()
    folder = field_.tablet.folder
    (folder / "catalogue").rename(folder / ".catalogue.before")
    (folder / ".catalogue.new").mkdir()
    started = tablet.load(folder)
    with started.survey() as survey:
        assert "tea_age" in survey.catalogue.layers["farmland"].fields
    assert [path.name for path in folder.glob(".catalogue*")] == []


def test_what_cannot_be_handed_out_is_refused_before_anything_is_written(field_: Field) -> None:
    cases = [("目录", TEA, "assign.catalogue_name"), ("Tea", TEA, "assign.catalogue_name"),
             ("tea", TEA + "# " + "x" * (1 << 20), "assign.catalogue_size")]  # fmt: skip
    out = field_.folder / "x.xta"
    for name, content, code in cases:
        write(field_, **{name: content})
        with pytest.raises(BadInput) as told:
            field_.county.assign(out, field_.tablet.device_id)
        assert told.value.code == code
        assert name in explain(told.value, "zh")
        assert not out.exists()
    write(field_, **{f"tea{number}": f"[lists.l{number}]\n" for number in range(201)})
    with pytest.raises((BadInput, BadCatalogue)):
        field_.county.assign(out, field_.tablet.device_id)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("catalogue/../../evil.toml", TEA, "package.name"),
        ("catalogue/Evil.toml", TEA, "package.name"),
        ("catalogue/evil.py", TEA, "package.name"),
        ("catalogue/deep/evil.toml", TEA, "package.name"),
        ("catalogue/large.toml", "#" * ((1 << 20) + 1), "package.too_large"),
        ("catalogue/nested.toml", "a = " + "[" * 100_000, "assignment.catalogue"),
    ],
)
def test_a_hostile_catalogue_in_an_assignment(
    field_: Field, monkeypatch: pytest.MonkeyPatch, name: str, content: str, code: str
) -> None:
    source = field_.folder / "source"
    source.write_text(content, encoding="utf-8")
    monkeypatch.setattr(
        county_catalogue, "add_to", lambda bag, files: bag.add_file(name, source, compress=False)
    )
    out = field_.folder / "hostile.xta"
    field_.county.assign(out, field_.tablet.device_id)
    before = files_of(field_.tablet.folder)
    with pytest.raises(BadPackage) as told:
        assignment.adopt(field_.tablet.folder, out)
    assert told.value.code == code
    assert files_of(field_.tablet.folder) == before


def test_a_changed_catalogue_breaks_the_signature(field_: Field) -> None:
    """It is listed in the signed manifest, so it is hashed like everything else."""
    write(field_, farmland=TEA)
    out = field_.folder / "a.xta"
    field_.county.assign(out, field_.tablet.device_id)
    with container.unsealed(out, "assignment", field_.tablet.secret.identity) as (bag, folder):
        bag.verify(bag.claimed_key() or b"")
        assert "catalogue/farmland.toml" in bag.extract(folder)


def test_cancelled_before_writing_leaves_no_catalogue(field_: Field) -> None:
    write(field_, farmland=TEA)
    out = field_.folder / "a.xta"
    field_.county.assign(out, field_.tablet.device_id, villages=VILLAGES)
    with pytest.raises(Cancelled):
        adoption.adopt(field_.tablet.folder, out, lambda _, code: code != "adopt.writing")
    assert not (field_.tablet.folder / "catalogue").exists()
