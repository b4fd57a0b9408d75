"""From the county to the tablet and back: what is handed out, surveyed, packed and opened."""

from __future__ import annotations

import errno
import shutil
import subprocess
import zipfile

import pytest
from field_work import COUNTY, VILLAGES, Field, as_version_1_left_it, square
from xiangtu.errors import BadFile, BadInput, Cancelled, SurveyError
from xiangtu.gnss.fix import Fix
from xiangtu.merge.plan import merge
from xiangtu.package import container, survey_package
from xiangtu.package.survey_package import open_package
from xiangtu.sealing import age, keys
from xiangtu.store import opening
from xiangtu.store.system_tables import FIX_SINCE_2, MEASURING_TABLES, SYSTEM_TABLES


def test_first_assignment_makes_the_survey_file(field_: Field) -> None:
    uuids = field_.county.uuids
    with field_.survey() as survey, field_.county.open() as county:
        for layer, name in (
            ("farmland", "parcel0"), ("farmland", "parcel1"), ("household", "household"),
            ("member", "member"), ("homestead", "homestead"), ("house", "house"),
            ("village", "village0"),
        ):  # fmt: skip
            theirs = county.get(layer, uuids[name])
            assert theirs is not None
            assert survey.get(layer, uuids[name]) == theirs
        assert survey.get("farmland", uuids["parcel2"]) is None, "another village"
        assert survey.meta["role"] == "tablet"
        assert survey.device_id == field_.tablet.device_id
        assert survey.meta["recipient"] == county.meta["recipient"]
        assert survey.connection.execute("SELECT count(*) FROM change").fetchone() == (0,)
        assert survey.connection.execute("SELECT count(*) FROM secret").fetchone() == (0,)
        author, basis = survey.connection.execute("SELECT author, basis FROM session").fetchone()
        assert author == "王芳"
        assert county.connection.execute(
            "SELECT device FROM assignment WHERE uuid = ?", (basis,)
        ).fetchone() == (survey.device_id,)


def test_neighbours_outline_comes_to_be_looked_at(field_: Field) -> None:
    with field_.survey() as survey:
        assert survey.get("village", field_.county.uuids["village1"]) is not None


def test_what_was_surveyed_comes_back(field_: Field) -> None:
    uuids = field_.county.uuids
    with field_.survey() as survey:
        survey.update("farmland", uuids["parcel0"], {"name": "改名"}, square(0, 0, 90))
        new = survey.insert(
            "farmland", {"name": "新地块", "village": VILLAGES[0]}, square(200, 200)
        )
        survey.delete("house", uuids["house"])
        photo = survey.attach(new, "farmland", b"\xff\xd8\xff photo", role="overview")
        survey.insert(
            "household",
            {"head_name": "王五", "id_number": "990101199001010019", "village": VILLAGES[0]},
        )
        survey.connection.execute("INSERT INTO fix (record, longitude_deg) VALUES (?, 1)", (new,))
    packed = field_.pack()
    assert packed.attachments == 1
    assert packed.missing_attachments == ()
    assert packed.left == 0
    with (
        field_.county.open() as county,
        open_package(packed.path, identity=field_.county.identity, file=county) as opened,
    ):
        about = opened.description
        assert (about.device, about.number, about.previous) == (
            field_.tablet.device_id, 1, None,
        )  # fmt: skip
        assert (about.first_change, about.last_change) == (1, packed.last_change)
        assert about.county == COUNTY
        rows = opened.connection.execute(
            "SELECT number, layer, record, operation, device, basis FROM change ORDER BY number"
        ).fetchall()
        assert [row[0] for row in rows] == list(range(1, packed.last_change + 1))
        assert {row[4] for row in rows} == {field_.tablet.device_id}
        assert {row[5] for row in rows} == {about.assignment}
        assert (rows[1][2], rows[1][3]) == (new, "insert")
        names = opened.connection.execute("SELECT name FROM farmland ORDER BY name").fetchall()
        assert sorted(names) == [("改名",), ("新地块",)]
        (sha256,) = opened.connection.execute(
            "SELECT sha256 FROM attachment WHERE uuid = ?", (photo,)
        ).fetchone()
        assert opened.attachments[sha256].read_bytes() == b"\xff\xd8\xff photo"
        assert opened.connection.execute("SELECT record FROM fix").fetchall() == [(new,)]
        assert opened.connection.execute("SELECT count(*) FROM secret").fetchone() == (1,)
        assert opened.connection.execute("SELECT uuid FROM basis").fetchall() == [
            (about.assignment,)
        ]


def test_nothing_private_is_readable_in_a_package(field_: Field) -> None:
    with field_.survey() as survey:
        survey.insert("household", {"head_name": "王五", "id_number": "990101199001010019"})
    packed = field_.pack()
    assert b"990101199001010019" not in packed.path.read_bytes()
    with (
        field_.county.open() as county,
        open_package(packed.path, identity=field_.county.identity, file=county) as opened,
    ):
        (masked,) = opened.connection.execute("SELECT id_number FROM household").fetchone()
        assert masked == "990101********0019"


def test_database_of_a_package_is_a_spatialite_file(field_: Field) -> None:
    program = shutil.which("ogrinfo")
    if program is None:
        pytest.skip("ogrinfo is not installed")
    with field_.survey() as survey:
        survey.update("farmland", field_.county.uuids["parcel0"], {}, square(0, 0, 80))
    packed = field_.pack()
    with zipfile.ZipFile(packed.path) as outer:
        outer.extract("sealed.age", field_.folder)
    key = keys.county_key_path(field_.county.path)
    bag = field_.folder / "bag.zip"
    age = shutil.which("age")
    if age is None:
        pytest.skip("the age program is not installed")
    subprocess.run([age, "-d", "-i", key, "-o", bag, field_.folder / "sealed.age"], check=True)
    with zipfile.ZipFile(bag) as inner:
        inner.extractall(field_.folder / "opened")
    database = field_.folder / "opened" / "bag" / "data" / "survey.sqlite"
    told = subprocess.run(
        [program, "-ro", "-al", database, "farmland"], capture_output=True, text=True, check=True
    )
    assert "using driver `SQLite' successful" in told.stdout
    assert "Feature Count: 1" in told.stdout
    assert "MULTIPOLYGON (((454080" in told.stdout
    assert sorted(database.parent.glob("survey.sqlite*")) == [database]


def test_chain_of_packages(field_: Field) -> None:
    parcel = field_.county.uuids["parcel0"]
    packed = []
    for number in range(1, 4):
        with field_.survey() as survey:
            survey.update("farmland", parcel, {"name": f"name {number}"})
        packed.append(field_.pack(f"{number}.xtp"))
    assert [each.number for each in packed] == [1, 2, 3]
    assert [(each.first_change, each.last_change) for each in packed] == [(1, 1), (2, 2), (3, 3)]
    with field_.county.open() as county:
        previous = None
        for each in packed:
            with open_package(each.path, identity=field_.county.identity, file=county) as opened:
                assert opened.description.previous == previous
                previous = opened.description.uuid
    with field_.survey() as survey:
        states = survey.connection.execute("SELECT number, state FROM package").fetchall()
        assert sorted(states) == [(1, "packed"), (2, "packed"), (3, "packed")]


def test_fix_goes_into_one_package_only(field_: Field) -> None:
    parcel = field_.county.uuids["parcel0"]
    counts = []
    for number in range(2):
        with field_.survey() as survey:
            survey.update("farmland", parcel, {"name": f"name {number}"})
            survey.connection.execute("INSERT INTO fix (record) VALUES (?)", (parcel,))
        counts.append(field_.pack(f"{number}.xtp").counts["fix"])
    assert counts == [1, 1]


def test_lost_package_is_made_again(field_: Field) -> None:
    parcel = field_.county.uuids["parcel0"]
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "one"})
        survey.attach(parcel, "farmland", b"photo", role="overview")
    first = field_.pack()
    first.path.unlink()
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "two"})
    again = survey_package.pack(field_.tablet.folder, field_.folder / "again.xtp", again=1)
    assert (again.uuid, again.number, again.last_change, again.attachments) == (
        first.uuid, 1, first.last_change, 1,
    )  # fmt: skip
    second = field_.pack("two.xtp")
    assert (second.number, second.first_change) == (2, first.last_change + 1)


def test_lost_photo_does_not_keep_the_rest_back(field_: Field) -> None:
    parcel = field_.county.uuids["parcel0"]
    with field_.survey() as survey:
        uuid = survey.attach(parcel, "farmland", b"photo", role="overview")
        record = survey.get("attachment", uuid)
        assert record is not None
        survey.attachment_path(record["sha256"]).unlink()
    packed = field_.pack()
    assert packed.missing_attachments == (record["sha256"],)
    with (
        field_.county.open() as county,
        open_package(packed.path, identity=field_.county.identity, file=county) as opened,
    ):
        assert opened.description.missing_attachments == (record["sha256"],)


def test_tablet_may_write_while_packing(field_: Field) -> None:
    parcel = field_.county.uuids["parcel0"]
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "one"})

        def writes(fraction: float, code: str) -> None:
            if code == "pack.attachments":
                survey.update("farmland", parcel, {"name": "two"})

        path = field_.folder / "one.xtp"
        packed = survey_package.pack(field_.tablet.folder, path, progress=writes)
    assert packed.last_change == 1
    assert packed.left == 1
    assert field_.pack("two.xtp").first_change == 2


@pytest.mark.parametrize("step", ["pack.reading", "pack.attachments", "pack.sealing"])
def test_cancelled_packing_leaves_nothing_and_forgets_nothing(field_: Field, step: str) -> None:
    parcel = field_.county.uuids["parcel0"]
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "one"})
    path = field_.folder / "one.xtp"
    with pytest.raises(Cancelled):
        survey_package.pack(
            field_.tablet.folder, path, progress=lambda fraction, code: code != step
        )
    assert not list(field_.folder.glob("*one.xtp*"))
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "two"})
    packed = field_.pack()
    assert (packed.number, packed.first_change, packed.last_change) == (1, 1, 2)


@pytest.mark.parametrize("name", ["again.xtp", "lost.xtp"])
def test_packing_cut_off_by_a_power_loss_is_made_again_as_it_was(
    field_: Field, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The container may have got out before the tablet could note it: same uuid, same changes."""
    parcel = field_.county.uuids["parcel0"]
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "one"})

    class PowerLoss(BaseException):
        pass

    def lost(*_: object) -> None:
        raise PowerLoss

    with monkeypatch.context() as patched:
        patched.setattr(survey_package, "_note", lost)
        with pytest.raises(PowerLoss):
            field_.pack("lost.xtp")
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "two"})
    lost_uuid = survey_package.inspect(field_.folder / "lost.xtp")["uuid"]
    again = field_.pack(name)
    assert (again.number, again.first_change, again.last_change, again.left) == (1, 1, 1, 1)
    assert survey_package.inspect(field_.folder / name)["uuid"] == lost_uuid
    assert field_.pack("next.xtp").first_change == 2


def test_nothing_to_pack_is_said(field_: Field) -> None:
    with pytest.raises(BadInput) as refusal:
        field_.pack()
    assert refusal.value.code == "pack.nothing"
    with field_.survey() as survey:
        survey.update("farmland", field_.county.uuids["parcel0"], {"name": "x"})
    field_.pack()
    with pytest.raises(BadInput):
        field_.pack("two.xtp")
    assert not (field_.folder / "two.xtp").exists()


def test_existing_file_is_never_written_over(field_: Field) -> None:
    with field_.survey() as survey:
        survey.update("farmland", field_.county.uuids["parcel0"], {"name": "x"})
    (field_.folder / "one.xtp").write_bytes(b"precious")
    with pytest.raises(SurveyError) as refusal:
        field_.pack()
    assert refusal.value.code == "file.exists"
    assert (field_.folder / "one.xtp").read_bytes() == b"precious"
    assert field_.pack("two.xtp").number == 1


def test_disk_that_gives_back_something_else_is_noticed(
    field_: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    with field_.survey() as survey:
        survey.update("farmland", field_.county.uuids["parcel0"], {"name": "x"})
    digests = iter(["written", "read back"])
    with monkeypatch.context() as patched:
        patched.setattr(container, "sha256_of", lambda path: next(digests))
        with pytest.raises(BadFile) as refusal:
            field_.pack()
    assert refusal.value.code == "package.read_back"
    with field_.survey() as survey:
        assert survey.connection.execute("SELECT count(*) FROM package").fetchone() == (0,)


@pytest.mark.parametrize("where", ["sealing", "unsealed"])
def test_full_disk_is_said_and_harms_nothing(
    field_: Field, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with field_.survey() as survey:
        survey.update("farmland", field_.county.uuids["parcel0"], {"name": "x"})
    with monkeypatch.context() as patched:
        if where == "sealing":
            patched.setattr(age.SealingWriter, "_seal", full)
        else:
            patched.setattr(survey_package._Content, "write", full)
        with pytest.raises(BadFile) as refusal:
            field_.pack()
    assert refusal.value.code == "file.disk_full"
    assert not list(field_.folder.glob("*one.xtp*"))
    assert field_.pack().number == 1


def test_a_tablet_of_the_version_before_goes_on_with_its_work(field_: Field) -> None:
    parcel = field_.county.uuids["parcel0"]
    with field_.survey() as survey:
        survey.keep_fixes(parcel, [Fix(None, 116.5, 35.4)])
    as_version_1_left_it(field_.tablet.survey_path)
    with field_.survey() as survey:
        survey.keep_fixes(parcel, [Fix(None, 116.5, 35.4, pdop=1.2)])
        assert [each["pdop"] for each in survey.fixes_of(parcel)] == [None, 1.2]
    assert (field_.tablet.folder / "survey.v1.sqlite").exists()


def test_a_package_of_the_version_before_is_taken(
    field_: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel = field_.county.uuids["parcel0"]
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "改名"})
        survey.keep_fixes(parcel, [Fix(None, 116.5, 35.4)])
    as_version_1_left_it(field_.tablet.survey_path)
    with monkeypatch.context() as before:
        before.setattr(opening, "SCHEMA_VERSION", 1)
        older = "".join(f", {name} {kind}" for name, kind in FIX_SINCE_2.items())
        tables = SYSTEM_TABLES.replace(older, "").replace(MEASURING_TABLES, "")
        before.setattr(opening, "SYSTEM_TABLES", tables)
        before.setattr(opening, "_NEEDED_TABLES", {"meta", "change", "fix"})
        summary = field_.pack()
    with field_.county.open() as county:
        with open_package(summary.path, identity=field_.county.identity, file=county) as opened:
            columns = {row[1] for row in opened.connection.execute("PRAGMA table_info(fix)")}
            assert "pdop" not in columns
        merge(county, summary.path, identity=field_.county.identity)
        assert [each["longitude_deg"] for each in county.fixes_of(parcel)] == [116.5]
