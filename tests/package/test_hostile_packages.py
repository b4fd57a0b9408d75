"""Packages that are not what they claim: each is refused whole, with one clear reason."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from field_work import County, Field, field_from
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xiangtu import words
from xiangtu.errors import BadPackage, RefusedSignature
from xiangtu.package import container, doubtful_database, survey_package
from xiangtu.package.bag import ROOT, BagWriter
from xiangtu.package.description import PackageDescription, from_json, to_json
from xiangtu.package.survey_package import open_package
from xiangtu.sealing import age, keys


@pytest.fixture(scope="module")
def packed_template(
    field_template: tuple[Path, County], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, County]:
    folder = tmp_path_factory.mktemp("packed")
    field = field_from(field_template, folder)
    parcel = field.county.uuids["parcel0"]
    with field.survey() as survey:
        survey.update("farmland", parcel, {"name": "a"})
        survey.attach(parcel, "farmland", b"\xff\xd8\xff photo", role="overview")
    field.pack()
    return folder, field.county


@pytest.fixture
def packed(packed_template: tuple[Path, County], tmp_path: Path) -> Field:
    """A package of one changed parcel with a photo, at one.xtp."""
    return field_from(packed_template, tmp_path)


def package(field: Field) -> Path:
    return field.folder / "one.xtp"


def refused(field: Field, path: Path | None = None) -> BadPackage:
    """The refusal, after seeing that neither county nor package was touched."""
    path = path or package(field)
    county = field.county.path.read_bytes()
    before = path.read_bytes() if path.is_file() else None
    with field.county.look() as file, pytest.raises(BadPackage) as refusal:  # noqa: SIM117
        with open_package(path, identity=field.county.identity, file=file):
            pass
    assert refusal.value.facts["path"] == path
    assert field.county.path.read_bytes() == county
    assert (path.read_bytes() if path.is_file() else None) == before
    for language in ("en", "zh"):
        assert words.known(refusal.value.code), refusal.value.code
        text = words.explain(refusal.value, language)
        assert "\n" not in text
        assert "?" not in text
        assert "reason." not in text
    return refusal.value


def unpacked(field: Field) -> dict[str, bytes]:
    """Names inside the bag → bytes, as only the county can see them."""
    with zipfile.ZipFile(package(field)) as outer:
        bag = age.decrypt(outer.read("sealed.age"), [field.county.identity])
    with zipfile.ZipFile(io.BytesIO(bag)) as inner:
        return {name: inner.read(name) for name in inner.namelist()}


def sealed_again(field: Field, content: dict[str, bytes], header: bytes | None = None) -> Path:
    """The package with another bag in it, sealed to the county by whoever knows its public key."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as inner:
        for name, data in content.items():
            inner.writestr(name, data)
    recipient = age.recipient_of(field.county.identity)
    path = field.folder / "other.xtp"
    with zipfile.ZipFile(package(field)) as source, zipfile.ZipFile(path, "w") as outer:
        outer.writestr("header.json", header or source.read("header.json"))
        outer.writestr("sealed.age", age.encrypt(buffer.getvalue(), [recipient]))
    return path


def signed_again(
    field: Field,
    change: Callable[[dict[str, bytes]], object],
    description: dict[str, object] | None = None,
) -> Path:
    """A package made by the tablet's own key whose payload `change` altered: a hostile tablet."""
    content = unpacked(field)
    payload = {
        name.removeprefix(ROOT + "data/"): data
        for name, data in content.items()
        if name.startswith(ROOT + "data/")
    }
    about = from_json(PackageDescription, payload.pop("description.json"), Path())
    about = dataclasses.replace(about, **(description or {}))  # type: ignore[arg-type]
    change(payload)
    path = field.folder / "other.xtp"

    def fill(bag: BagWriter) -> None:
        for name, data in payload.items():
            bag.add_bytes(name, data)

    recipients = [age.recipient_of(field.county.identity)]
    container.write(path, "survey", about, fill, field.tablet.secret, recipients)
    return path


def with_database(
    field: Field, *statements: str, description: dict[str, object] | None = None
) -> Path:
    """A hostile tablet's package: statements were run in its database before signing."""

    def change(payload: dict[str, bytes]) -> None:
        place = field.folder / "changed.sqlite"
        place.write_bytes(payload["survey.sqlite"])
        with closing(sqlite3.connect(place, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in triggers.fetchall():
                connection.execute(f'DROP TRIGGER "{name}"')
            for statement in statements:
                connection.execute(statement)
        payload["survey.sqlite"] = place.read_bytes()

    return signed_again(field, change, description)


def test_untouched_package_made_again_is_taken(packed: Field) -> None:
    """So that the refusals below are not for some other reason."""
    path = with_database(packed)
    with packed.county.look() as file, open_package(
        path, identity=packed.county.identity, file=file
    ) as opened:  # fmt: skip
        assert opened.description.number == 1


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda path: path.unlink(), "package.missing"),
        (lambda path: path.write_bytes(b""), "package.empty"),
        (lambda path: path.write_bytes(b"no package"), "package.not_a_container"),
        (lambda path: path.write_bytes(path.read_bytes()[:-100]), "package.truncated"),
        (lambda path: path.write_bytes(path.read_bytes()[:500]), "package.truncated"),
        (lambda path: path.write_bytes(path.read_bytes()[500:]), "package.not_a_container"),
    ],
)
def test_file_that_is_no_package(packed: Field, spoil: Callable[[Path], object], code: str) -> None:
    spoil(package(packed))
    assert refused(packed).code == code


def test_folder_is_no_package(packed: Field) -> None:
    assert refused(packed, packed.folder).code == "package.not_a_file"


def test_other_zip_is_no_package(packed: Field) -> None:
    path = packed.folder / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refused(packed, path).code == "package.not_a_container"


def test_assignment_is_no_package(packed: Field) -> None:
    assert refused(packed, packed.folder / "assignment1.xta").code == "package.kind"


def test_flipped_byte_in_the_seal(packed: Field) -> None:
    data = bytearray(package(packed).read_bytes())
    data[len(data) // 2] ^= 1
    package(packed).write_bytes(data)
    assert refused(packed).code in ("package.damaged", "package.truncated")


@given(st.data())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_byte_can_be_changed_unnoticed(packed: Field, data: st.DataObject) -> None:
    """Whatever byte is wrong: refused, or (in the zip's own bookkeeping) without effect."""
    whole = package(packed).read_bytes()
    changed = bytearray(whole)
    place = data.draw(st.integers(0, len(whole) - 1) | st.integers(0, 600))
    changed[place] ^= data.draw(st.integers(1, 255))
    path = packed.folder / "flipped.xtp"
    path.write_bytes(changed)
    with packed.county.look() as file:
        try:
            with open_package(path, identity=packed.county.identity, file=file) as opened:
                assert opened.description.number == 1
                photo = hashlib.sha256(b"\xff\xd8\xff photo").hexdigest()
                assert opened.attachments[photo].read_bytes() == b"\xff\xd8\xff photo"
        except BadPackage:
            pass


def test_package_of_another_county(packed: Field) -> None:
    with packed.county.open() as file:
        file.meta["county"] = "990102"
    error = refused(packed)
    assert error.code == "package.other_county"
    assert (error.facts["found"], error.facts["expected"]) == ("990101", "990102")


def test_package_sealed_to_another_key(packed: Field) -> None:
    packed.county.identity = age.generate_identity()
    assert refused(packed).code == "package.other_key"


def test_device_never_enrolled(packed: Field) -> None:
    with packed.county.open() as file:
        file.connection.execute("DELETE FROM device")
    error = refused(packed)
    assert isinstance(error, RefusedSignature)
    assert error.code == "package.unknown_device"


def test_device_retired(packed: Field) -> None:
    with packed.county.open() as file:
        file.connection.execute("UPDATE device SET retired_at = '2025-01-01T00:00:00Z'")
    assert refused(packed).code == "package.retired_device"


def test_wrong_signature(packed: Field, tmp_path: Path) -> None:
    """Enrolled under that id, but with the key of another."""
    other = keys.make_device_key(tmp_path / "other.key")
    with packed.county.open() as file:
        file.connection.execute("UPDATE device SET signing_key = ?", (other.public.signing_key,))
    assert refused(packed).code == "package.wrong_signature"


def test_stranger_cannot_make_a_package(packed: Field, tmp_path: Path) -> None:
    stranger = keys.make_device_key(tmp_path / "other.key")
    about = from_json(PackageDescription, unpacked(packed)["bag/data/description.json"], Path())
    path = packed.folder / "other.xtp"
    recipients = [age.recipient_of(packed.county.identity)]
    container.write(path, "survey", about, lambda bag: None, stranger, recipients)
    assert refused(packed, path).code == "package.wrong_signature"


def test_changed_photo(packed: Field) -> None:
    content = unpacked(packed)
    (photo,) = (name for name in content if "/attachments/" in name)
    content[photo] = b"\xff\xd8\xff other"
    error = refused(packed, sealed_again(packed, content))
    assert error.code == "package.changed"
    assert error.facts["name"] == photo.removeprefix("bag/data/")


def test_photo_under_a_hash_that_is_not_its_own(packed: Field) -> None:
    """Hashes and signature are right, but the name promises another photo."""

    def change(payload: dict[str, bytes]) -> None:
        payload["attachments/" + "0" * 64] = b"x"

    assert refused(packed, signed_again(packed, change)).code == "package.changed"


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "/etc/evil", "a/../../evil", "survey.sqlite-wal", "survey.sqlite-shm",
        "survey.sqlite-journal", "attachments/../survey.sqlite", "attachments/notahash", "more.txt",
    ],
)  # fmt: skip
def test_hostile_name(packed: Field, name: str) -> None:
    path = signed_again(packed, lambda payload: payload.update({name: b"x"}))
    assert refused(packed, path).code == "package.name"
    assert not (packed.folder / "evil").exists()


def test_header_that_lies_about_the_inside(packed: Field) -> None:
    with zipfile.ZipFile(package(packed)) as outer:
        header = json.loads(outer.read("header.json"))
    header["number"] = 2
    path = sealed_again(packed, unpacked(packed), json.dumps(header).encode())
    error = refused(packed, path)
    assert (error.code, error.facts["field"]) == ("package.header", "number")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("format", 99, "package.newer_format"),
        ("format", "1", "package.description"),
        ("kind", "receipt", "package.kind"),
        ("kind", "virus", "package.description"),
        ("county", "../../x", "package.description"),
        ("device", "x" * 16 + "\n", "package.description"),
        ("uuid", "not a uuid", "package.description"),
        ("number", 0, "package.description"),
        ("number", True, "package.description"),
        ("number", 2**80, "package.description"),
        ("made_at", None, "package.description"),
    ],
)
def test_header_with_an_impossible_value(
    packed: Field, field: str, value: object, code: str
) -> None:
    with zipfile.ZipFile(package(packed)) as outer:
        header = json.loads(outer.read("header.json"))
    header[field] = value
    path = sealed_again(packed, unpacked(packed), json.dumps(header).encode())
    assert refused(packed, path).code == code


@pytest.mark.parametrize(
    "header", [b"", b"[]", b"null", b"[" * 60_000, b"\xff\xfe", b'{"kind": 1}']
)
def test_header_that_is_no_header(packed: Field, header: bytes) -> None:
    path = sealed_again(packed, unpacked(packed), header or b" ")
    assert refused(packed, path).code == "package.description"


def test_enormous_header(packed: Field) -> None:
    path = sealed_again(packed, unpacked(packed), b" " * 100_000)
    assert refused(packed, path).code == "package.not_a_container"


def test_description_is_missing(packed: Field) -> None:
    content = unpacked(packed)
    del content["bag/data/description.json"]
    assert refused(packed, sealed_again(packed, content)).code == "package.incomplete"


def test_database_is_missing(packed: Field) -> None:
    path = signed_again(packed, lambda payload: payload.pop("survey.sqlite"))
    assert refused(packed, path).code == "package.incomplete"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"srid": 4549}, "package.other_crs"),
        ({"last_change": 3}, "package.description"),
        ({"first_change": 2}, "package.description"),
        ({"previous": "01890000-0000-7000-8000-000000000001"}, "package.description"),
        ({"counts": {"change": 2, "farmland": 5}}, "package.counts"),
        ({"counts": {"change": 2, "nothing": 0}}, "package.database_table"),
        ({"counts": {}}, "package.description"),
    ],
)
def test_description_that_does_not_fit_the_content(
    packed: Field, wrong: dict[str, object], code: str
) -> None:
    path = signed_again(packed, lambda payload: None, wrong)
    assert refused(packed, path).code == code


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (
            ["ALTER TABLE farmland RENAME TO other", "CREATE VIEW farmland AS SELECT * FROM other"],
            "reason.view",
        ),
        (
            ["ALTER TABLE change RENAME TO other", "CREATE VIEW change AS SELECT * FROM other"],
            "reason.view",
        ),
        (["DROP TABLE secret", "CREATE VIRTUAL TABLE secret USING fts5(uuid)"], "reason.virtual"),
        (["ALTER TABLE farmland ADD COLUMN evil AS (uuid)"], "reason.generated"),
        (["DROP TABLE lineage"], "reason.missing"),
        (["DROP INDEX fix_by_record", "ALTER TABLE fix DROP COLUMN record"], "reason.missing"),
    ],
)
def test_table_that_is_not_what_it_must_be(
    packed: Field, statements: list[str], reason: str
) -> None:
    error = refused(packed, with_database(packed, *statements))
    assert (error.code, error.facts["reason"]) == ("package.database_table", reason)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: b"no database at all" * 100,
        lambda data: data[: len(data) // 2],
        lambda data: data[:4096] + b"\xff" * 4096 + data[8192:],
        lambda data: data[:68] + b"\0\0\0\0" + data[72:],
    ],
)
def test_database_that_is_none(packed: Field, spoil: Callable[[bytes], bytes]) -> None:
    def change(payload: dict[str, bytes]) -> None:
        payload["survey.sqlite"] = spoil(payload["survey.sqlite"])

    assert refused(packed, signed_again(packed, change)).code == "package.database"


def test_value_of_enormous_length_is_refused_when_it_is_read(
    packed: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(doubtful_database._LIMITS, sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000)
    path = with_database(packed, "UPDATE farmland SET name = randomblob(1100000)")
    with packed.county.look() as file, pytest.raises(BadPackage) as refusal:  # noqa: SIM117
        with open_package(path, identity=packed.county.identity, file=file) as opened:
            opened.connection.execute("SELECT name FROM farmland").fetchall()
    assert refusal.value.code == "package.database"


def test_zip_bomb(packed: Field) -> None:
    photo = hashlib.sha256(bytes(100_000_000)).hexdigest()

    def change(payload: dict[str, bytes]) -> None:
        payload[f"attachments/{photo}"] = bytes(100_000_000)

    assert refused(packed, signed_again(packed, change)).code == "package.too_large"


def test_inspect_tells_whose_it_is_without_the_key(packed: Field) -> None:
    told = survey_package.inspect(package(packed))
    assert (told["kind"], told["county"], told["device"], told["number"], told["verified"]) == (
        "survey", "990101", packed.tablet.device_id, 1, False,
    )  # fmt: skip
    assert told["sha256"] == hashlib.sha256(package(packed).read_bytes()).hexdigest()


def test_inspect_verifies_with_the_key(packed: Field) -> None:
    identity = packed.county.identity
    told = survey_package.inspect(package(packed), identity=identity)
    assert (told["verified"], told["attachments"], told["last_change"]) == (True, 1, 2)
    with packed.county.open() as file:
        assert survey_package.inspect(package(packed), identity=identity, file=file) == told
    handed_out = survey_package.inspect(packed.folder / "assignment1.xta", identity=identity)
    assert (handed_out["verified"], handed_out["surveyor"]) == (True, "王芳")
    with pytest.raises(BadPackage):
        survey_package.inspect(package(packed), identity=age.generate_identity())


def test_inspect_refuses_a_signature_that_is_not_the_devices(packed: Field, tmp_path: Path) -> None:
    stranger = keys.make_device_key(tmp_path / "other.key")
    about = from_json(PackageDescription, unpacked(packed)["bag/data/description.json"], Path())
    path = packed.folder / "other.xtp"
    recipients = [age.recipient_of(packed.county.identity)]
    container.write(path, "survey", about, lambda bag: None, stranger, recipients)
    with pytest.raises(RefusedSignature):
        survey_package.inspect(path, identity=packed.county.identity)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_no_json_upsets_the_reading_of_a_description(value: object) -> None:
    with pytest.raises(BadPackage) as refusal:
        from_json(PackageDescription, json.dumps(value).encode(), Path("x"))
    assert refusal.value.code == "package.description"


def test_description_comes_back_as_it_was(packed: Field) -> None:
    about = from_json(PackageDescription, unpacked(packed)["bag/data/description.json"], Path())
    assert from_json(PackageDescription, to_json(about), Path()) == about
