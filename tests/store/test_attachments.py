"""Attachments lie beside the database under their SHA-256, their bytes as they came."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image
from survey_files import operations
from xiangtu.errors import BadFile, BadInput


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "IMG_0001.jpg"
    Image.new("RGB", (32, 24), "green").save(path)
    return path


def test_a_photo_is_kept_byte_for_byte(county, photo):
    relic = county.insert("relic", {})
    uuid = county.attach(
        relic,
        "relic",
        photo,
        role="overview",
        caption="全景",
        author="王芳",
        taken_at="2026-05-01T08:30:00Z",
        longitude_deg=116.5,
        latitude_deg=35.4,
        bearing_deg=270.0,
    )
    row = county.get("attachment", uuid)
    sha256 = hashlib.sha256(photo.read_bytes()).hexdigest()
    assert row["sha256"] == sha256
    assert row["record"] == relic
    assert row["layer"] == "relic"
    assert row["media_type"] == "image/jpeg"
    assert row["size_bytes"] == photo.stat().st_size
    assert row["kind"] == "photo"
    assert row["role"] == "overview"
    assert row["caption"] == "全景"
    assert row["bearing_deg"] == 270.0
    assert row["original_name"] == "IMG_0001.jpg"
    kept = county.attachment_path(sha256)
    assert kept == county.path.parent / "attachments" / sha256
    assert kept.read_bytes() == photo.read_bytes()
    assert operations(county, uuid) == ["insert"]


def test_the_same_bytes_are_kept_once_and_never_rewritten(county, photo):
    relic = county.insert("relic", {})
    first = county.attach(relic, "relic", photo)
    kept = county.attachment_path(county.get("attachment", first)["sha256"])
    written = kept.stat().st_mtime_ns
    second = county.attach(relic, "relic", photo.read_bytes(), original_name="b.jpg")
    assert first != second
    assert kept.stat().st_mtime_ns == written
    assert [path.name for path in county.attachments.iterdir()] == [kept.name]


def test_a_damaged_copy_is_replaced_by_the_original(county, photo):
    relic = county.insert("relic", {})
    uuid = county.attach(relic, "relic", photo)
    kept = county.attachment_path(county.get("attachment", uuid)["sha256"])
    kept.write_bytes(b"half")
    county.attach(relic, "relic", photo)
    assert kept.read_bytes() == photo.read_bytes()


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n....", "x", "image/png"),
        (b"%PDF-1.7", "plan", "application/pdf"),
        (b"RIFF", "a.wav", "audio/x-wav"),
        (b"?", "a.unknown", "application/octet-stream"),
        (b"?", None, "application/octet-stream"),
    ],
)
def test_what_it_is_is_told_by_its_bytes_then_its_name(county, content, name, media_type):
    uuid = county.attach(county.insert("relic", {}), "relic", content, original_name=name)
    assert county.get("attachment", uuid)["media_type"] == media_type


def test_bytes_that_are_not_those_promised_are_refused(county, photo):
    with pytest.raises(BadFile, match=r"attachment\.changed"):
        county.keep_attachment("0" * 64, photo)
    assert list(county.attachments.iterdir()) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_a_name_that_is_no_hash_leads_nowhere(county, name):
    with pytest.raises(BadInput, match=r"attachment\.name"):
        county.attachment_path(name)


def test_a_missing_source_is_told_and_leaves_no_row(county, tmp_path):
    with pytest.raises(BadFile, match=r"place\.missing|file\.missing"):
        county.attach(county.insert("relic", {}), "relic", tmp_path / "absent.jpg")
    assert list(county.select("attachment")) == []


def test_a_mistaken_field_leaves_no_row(county, photo):
    with pytest.raises(BadInput, match=r"field\.unknown"):
        county.attach(county.insert("relic", {}), "relic", photo, shutter="1/60")
    assert list(county.select("attachment")) == []
