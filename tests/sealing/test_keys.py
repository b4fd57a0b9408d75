"""Key files of tablets and counties."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from xiangtu.errors import BadFile
from xiangtu.sealing import age, keys


def test_device_key_comes_back_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / keys.DEVICE_KEY_FILE
    made = keys.make_device_key(path)
    read = keys.read_device_key(path)
    assert read.public == made.public
    assert keys.verify(made.public.signing_key, read.sign(b"text"), b"text")
    assert not keys.verify(made.public.signing_key, read.sign(b"text"), b"other")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(tmp_path.iterdir()) == [path]


def test_device_id_follows_from_the_signing_key(tmp_path: Path) -> None:
    one = keys.make_device_key(tmp_path / "one").public
    other = keys.make_device_key(tmp_path / "other").public
    assert one.device_id == keys.device_id(one.signing_key) != other.device_id
    assert len(one.device_id) == 16
    assert one.device_id.isalnum()


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    county = tmp_path / "county.sqlite"
    keys.make_county_key(county)
    before = keys.county_key_path(county).read_bytes()
    for make in (
        lambda: keys.make_county_key(county),
        lambda: keys.make_device_key(keys.county_key_path(county)),
    ):
        with pytest.raises(BadFile) as refusal:
            make()
        assert refusal.value.code == "key.exists"
    assert keys.county_key_path(county).read_bytes() == before


def test_age_program_reads_the_county_key(tmp_path: Path) -> None:
    program = shutil.which("age")
    if program is None:
        pytest.skip("the age program is not installed")
    county = tmp_path / "county.sqlite"
    recipient = keys.make_county_key(county)
    path = keys.county_key_path(county)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    sealed = age.encrypt(b"990101199001010019", [recipient])
    command = [program, "-d", "-i", path]
    opened = subprocess.run(command, input=sealed, capture_output=True, check=True)
    assert opened.stdout == b"990101199001010019"
    assert age.recipient_of(keys.county_identity(county)) == recipient


def test_county_signs_with_a_key_that_follows_from_its_identity(tmp_path: Path) -> None:
    keys.make_county_key(tmp_path / "county.sqlite")
    identity = keys.county_identity(tmp_path / "county.sqlite")
    signature = keys.county_keys(identity).sign(b"assignment")
    assert keys.verify(keys.county_keys(identity).public.signing_key, signature, b"assignment")


@pytest.mark.parametrize(
    "text", ["", "AGE-SECRET-KEY-1QQ", "x\ny\nz", "\x00" * 20_000, "# only a comment\n"]
)
def test_damaged_key_file_is_named_and_not_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "county.key"
    path.write_text(text)
    for read in (lambda: keys.read_device_key(path), lambda: keys.county_identity(path, path)):
        with pytest.raises(BadFile) as refusal:
            read()
        assert refusal.value.code == "key.damaged"
        assert refusal.value.facts == {"path": path}


def test_missing_county_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile) as refusal:
        keys.county_identity(tmp_path / "county.sqlite")
    assert refusal.value.code == "county_key.missing"
    assert refusal.value.facts["path"] == tmp_path / "county.key"


def test_secret_is_not_in_repr(tmp_path: Path) -> None:
    made = keys.make_device_key(tmp_path / "key")
    assert made.identity not in repr(made)
