"""Bags: what we write is a valid bag; what is not one is refused before a byte is unpacked."""

from __future__ import annotations

import hashlib
import io
import re
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from xiangtu.errors import BadPackage, RefusedSignature
from xiangtu.package.bag import ROOT, BagReader, BagWriter, Limits
from xiangtu.sealing import age, keys

ALLOWED = re.compile(r"data/[\w./-]+")


@pytest.fixture
def signer(tmp_path: Path) -> keys.SecretKeys:
    return keys.make_device_key(tmp_path / "device.key")


@pytest.fixture
def bag(tmp_path: Path, signer: keys.SecretKeys) -> Path:
    """A bag with a text and a photo."""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(bytes(range(256)) * 1000)
    path = tmp_path / "bag.zip"
    with path.open("wb") as target, BagWriter(target) as writer:
        writer.add_bytes("description.json", b"{}")
        digest = writer.add_file("photo.jpg", photo, compress=False)
        assert digest == hashlib.sha256(photo.read_bytes()).hexdigest()
        writer.finish({"External-Identifier": "test"}, signer)
    return path


def rewritten(
    bag: Path, change: Callable[[dict[str, bytes]], None], extra: zipfile.ZipInfo | None = None
) -> Path:
    """A copy of the bag whose entries `change` has altered."""
    with zipfile.ZipFile(bag) as source:
        content = {name: source.read(name) for name in source.namelist()}
    change(content)
    path = bag.with_name("other.zip")
    with zipfile.ZipFile(path, "w") as target:
        for name, data in content.items():
            target.writestr(name, data)
        if extra is not None:
            target.writestr(extra, b"x")
    return path


def read(path: Path, signer: keys.SecretKeys, folder: Path, limits: Limits | None = None) -> None:
    reader = BagReader(path, path, ALLOWED, limits or Limits())
    try:
        reader.verify(signer.public.signing_key)
        reader.extract(folder)
    finally:
        reader.close()


def refused(path: Path, signer: keys.SecretKeys, limits: Limits | None = None) -> BadPackage:
    folder = path.parent / "unpacked"
    with pytest.raises(BadPackage) as refusal:
        read(path, signer, folder, limits)
    assert refusal.value.facts["path"] == path
    return refusal.value


def test_payload_comes_back(bag: Path, signer: keys.SecretKeys, tmp_path: Path) -> None:
    read(bag, signer, tmp_path / "out")
    assert (tmp_path / "out" / "photo.jpg").read_bytes() == bytes(range(256)) * 1000


def test_library_bagit_validates_it(bag: Path, tmp_path: Path) -> None:
    pytest.importorskip("bagit")
    with zipfile.ZipFile(bag) as archive:
        archive.extractall(tmp_path / "unzipped")
    # In a Python of its own: the library sets up logging and gettext for the whole process.
    code = "import bagit, sys; sys.exit(not bagit.Bag(sys.argv[1]).is_valid())"
    subprocess.run([sys.executable, "-c", code, tmp_path / "unzipped" / "bag"], check=True)


def test_bagit_sees_a_changed_photo(bag: Path, tmp_path: Path) -> None:
    pytest.importorskip("bagit")
    with zipfile.ZipFile(bag) as archive:
        archive.extractall(tmp_path / "unzipped")
    (tmp_path / "unzipped" / "bag" / "data" / "photo.jpg").write_bytes(b"other")
    code = "import bagit, sys; sys.exit(not bagit.Bag(sys.argv[1]).is_valid())"
    run = [sys.executable, "-c", code, tmp_path / "unzipped" / "bag"]
    assert subprocess.run(run, capture_output=True).returncode == 1


def test_openssl_verifies_the_signature(bag: Path, signer: keys.SecretKeys, tmp_path: Path) -> None:
    with zipfile.ZipFile(bag) as archive:
        over = archive.read(ROOT + "tagmanifest-sha256.txt")
        signature = re.search(rb'"signature": "(.*)"', archive.read(ROOT + "signature.json"))
    assert signature is not None
    raw = keys.from_text(signature[1].decode(), 64)
    assert raw is not None
    # The fixed head of a SubjectPublicKeyInfo for Ed25519 (RFC 8410).
    key = bytes.fromhex("302a300506032b6570032100") + signer.public.signing_key
    for name, data in (("over", over), ("signature", raw), ("key", key)):
        (tmp_path / name).write_bytes(data)
    command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER"]
    for option, name in (("-inkey", "key"), ("-in", "over"), ("-sigfile", "signature")):
        command += [option, str(tmp_path / name)]
    assert subprocess.run(command, capture_output=True).returncode == 0
    (tmp_path / "over").write_bytes(over + b" ")
    assert subprocess.run(command, capture_output=True).returncode == 1


def test_can_be_written_into_a_seal(tmp_path: Path, signer: keys.SecretKeys) -> None:
    identity = age.generate_identity()
    sealed = io.BytesIO()
    recipients = [age.recipient_of(identity)]
    with age.SealingWriter(sealed, recipients) as target, BagWriter(target) as writer:
        writer.add_bytes("description.json", b"x" * 200_000)
        writer.finish({}, signer)
    (tmp_path / "bag.zip").write_bytes(age.decrypt(sealed.getvalue(), [identity]))
    read(tmp_path / "bag.zip", signer, tmp_path / "out")
    assert (tmp_path / "out" / "description.json").stat().st_size == 200_000


def test_changed_photo_is_named(bag: Path, signer: keys.SecretKeys) -> None:
    def change(content: dict[str, bytes]) -> None:
        content["bag/data/photo.jpg"] = b"other"

    error = refused(rewritten(bag, change), signer)
    assert (error.code, error.facts["name"]) == ("package.changed", "photo.jpg")


def test_changed_manifest_is_refused(bag: Path, signer: keys.SecretKeys) -> None:
    def change(content: dict[str, bytes]) -> None:
        content["bag/data/photo.jpg"] = b"other"
        digest = hashlib.sha256(b"other").hexdigest().encode()
        old = hashlib.sha256(bytes(range(256)) * 1000).hexdigest().encode()
        manifest = content["bag/manifest-sha256.txt"].replace(old, digest)
        content["bag/manifest-sha256.txt"] = manifest

    assert refused(rewritten(bag, change), signer).code == "package.changed"


def test_new_hashes_all_the_way_need_a_new_signature(bag: Path, signer: keys.SecretKeys) -> None:
    def change(content: dict[str, bytes]) -> None:
        name = "bag/manifest-sha256.txt"
        old = hashlib.sha256(content[name]).hexdigest().encode()
        content[name] += b"0" * 64 + b"  data/ghost\n"
        new = hashlib.sha256(content[name]).hexdigest().encode()
        tags = "bag/tagmanifest-sha256.txt"
        content[tags] = content[tags].replace(old, new)

    error = refused(rewritten(bag, change), signer)
    assert isinstance(error, RefusedSignature)
    assert error.code == "package.wrong_signature"


def test_signature_of_another_is_refused(bag: Path, tmp_path: Path) -> None:
    other = keys.make_device_key(tmp_path / "other.key")
    assert refused(bag, other).code == "package.wrong_signature"


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"[" * 100_000, b'{"signature": 3}'])
def test_malformed_signature_is_refused(bag: Path, signer: keys.SecretKeys, text: bytes) -> None:
    def change(content: dict[str, bytes]) -> None:
        content["bag/signature.json"] = text

    assert refused(rewritten(bag, change), signer).code == "package.wrong_signature"


def test_without_signature_is_refused(bag: Path, signer: keys.SecretKeys) -> None:
    path = rewritten(bag, lambda content: content.pop("bag/signature.json"))
    assert refused(path, signer).code == "package.unsigned"


@pytest.mark.parametrize(
    "gone", ["data/photo.jpg", "manifest-sha256.txt", "bagit.txt", "tagmanifest-sha256.txt"]
)
def test_missing_file_is_named(bag: Path, signer: keys.SecretKeys, gone: str) -> None:
    path = rewritten(bag, lambda content: content.pop("bag/" + gone))
    error = refused(path, signer)
    assert (error.code, error.facts["name"]) == ("package.incomplete", gone)


def test_file_that_no_manifest_lists_is_refused(bag: Path, signer: keys.SecretKeys) -> None:
    path = rewritten(bag, lambda content: content.update({"bag/data/more.jpg": b"x"}))
    error = refused(path, signer)
    assert (error.code, error.facts["name"]) == ("package.incomplete", "data/more.jpg")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bag/data/../../evil", "reason.name_dots"),
        ("../evil", "reason.name_dots"),
        ("bag/./data/x", "reason.name_dots"),
        ("bag/data//x", "reason.name_dots"),
        ("bag/data/folder/", "reason.name_dots"),
        ("/etc/passwd", "reason.name_absolute"),
        ("C:/evil", "reason.name_absolute"),
        ("bag\\data\\evil", "reason.name_characters"),
        ("bag/data/x\ny", "reason.name_characters"),
        ("bag/data/\u202egpj.exe", "reason.name_characters"),
        ("elsewhere/data/x", "reason.name_outside"),
        ("bag/data/" + "x" * 300, "reason.name_length"),
        ("bag/data/survey.sqlite-wal", "reason.name_side_file"),
        ("bag/data/survey.sqlite-shm", "reason.name_side_file"),
        ("bag/data/survey.sqlite-journal", "reason.name_side_file"),
        ("bag/fetch.txt", "reason.name_unexpected"),
        ("bag/DATA/PHOTO.JPG", "reason.name_twice"),
    ],
)
def test_hostile_name_is_refused(
    bag: Path, signer: keys.SecretKeys, tmp_path: Path, name: str, reason: str
) -> None:
    entry = zipfile.ZipInfo("placeholder")
    entry.filename = name
    path = rewritten(bag, lambda content: None, extra=entry)
    if reason == "reason.name_twice":
        allowed = re.compile(r"data/[\w./-]+", re.IGNORECASE)
        with pytest.raises(BadPackage) as refusal:
            BagReader(path, path, allowed)
        error: BadPackage = refusal.value
    else:
        error = refused(path, signer)
    assert (error.code, error.facts["reason"]) == ("package.name", reason)
    assert not (tmp_path / "unpacked").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_name_twice_is_refused(bag: Path, signer: keys.SecretKeys) -> None:
    path = rewritten(bag, lambda content: None, extra=zipfile.ZipInfo("bag/data/photo.jpg"))
    assert refused(path, signer).facts["reason"] == "reason.name_twice"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFCHR, stat.S_IFIFO])
def test_link_or_device_is_refused(bag: Path, signer: keys.SecretKeys, kind: int) -> None:
    entry = zipfile.ZipInfo("bag/data/link")
    entry.external_attr = (kind | 0o777) << 16
    path = rewritten(bag, lambda content: None, extra=entry)
    assert refused(path, signer).facts["reason"] == "reason.name_link"


def test_zip_bomb_is_refused_by_what_it_declares(
    bag: Path, signer: keys.SecretKeys, tmp_path: Path
) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bag) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
        entry = zipfile.ZipInfo("bag/data/zeros")
        entry.compress_type = zipfile.ZIP_DEFLATED
        target.writestr(entry, bytes(50_000_000))
    error = refused(path, signer)
    assert (error.code, error.facts["what"]) == ("package.too_large", "bag/data/zeros")
    assert not (tmp_path / "unpacked").exists()


@pytest.mark.parametrize(
    "limits", [Limits(files=3), Limits(total_bytes=1000), Limits(file_bytes=1000)]
)
def test_counts_and_sizes_have_limits(bag: Path, signer: keys.SecretKeys, limits: Limits) -> None:
    assert refused(bag, signer, limits).code == "package.too_large"


def test_entries_that_share_bytes_are_refused(
    bag: Path, signer: keys.SecretKeys, tmp_path: Path
) -> None:
    data = bytearray(bag.read_bytes())
    # Each central directory record says where its file begins, 42 bytes in: point all at one.
    place = data.find(b"PK\x01\x02")
    first = bytes(data[place + 42 : place + 46])
    while place >= 0:
        data[place + 42 : place + 46] = first
        place = data.find(b"PK\x01\x02", place + 1)
    path = tmp_path / "overlapping.zip"
    path.write_bytes(data)
    assert refused(path, signer).code == "package.overlapping"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_truncated_is_refused(bag: Path, signer: keys.SecretKeys, kept: float) -> None:
    data = bag.read_bytes()
    path = bag.with_name("cut.zip")
    path.write_bytes(data[: int(len(data) * kept)])
    assert refused(path, signer).code == "package.truncated"


def test_any_flipped_byte_is_refused_or_harmless(
    bag: Path, signer: keys.SecretKeys, tmp_path: Path
) -> None:
    """No traceback, whatever byte of the zip is wrong; what still opens is what was packed."""
    data = bag.read_bytes()
    path = tmp_path / "flipped.zip"
    places = [*range(0, 200, 3), *range(len(data) - 1500, len(data), 7)]
    for number, place in enumerate(places):
        changed = bytearray(data)
        changed[place] ^= 0x55
        path.write_bytes(changed)
        folder = tmp_path / f"flipped{number}"
        try:
            read(path, signer, folder)
        except BadPackage:
            continue
        assert (folder / "photo.jpg").read_bytes() == bytes(range(256)) * 1000
