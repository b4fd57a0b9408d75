"""Photos with and without GPS, broken ones, and files that are none."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from small_village import World, fix_at, nowhere
from xiangtu.errors import BadFile, BadInput

from field_app.controllers import photos
from field_app.controllers.start import Fieldwork


def plain_jpeg(exif: Image.Exif | None = None, size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 40).convert("RGB").save(out, "JPEG", exif=exif or Image.Exif())
    return out.getvalue()


@pytest.fixture
def real(shared_data: Path) -> Path:
    return shared_data / "exif" / "exif-samples" / "jpg"


@pytest.mark.parametrize(
    ("name", "longitude", "latitude"),
    [
        ("DSCN0010.jpg", 11.885126, 43.467448),
        ("DSCN0012.jpg", 11.885394, 43.467157),
        ("DSCN0021.jpg", 11.884538, 43.467082),
        ("DSCN0029.jpg", 11.880172, 43.468243),
    ],
)
def test_where_and_when_real_photos_were_taken(
    real: Path, name: str, longitude: float, latitude: float
) -> None:
    facts = photos.read_photo(real / "gps" / name)
    assert facts.longitude_deg == pytest.approx(longitude, abs=2e-6)
    assert facts.latitude_deg == pytest.approx(latitude, abs=2e-6)
    assert facts.taken_at is not None and facts.taken_at.year == 2008


def test_the_clock_of_gps_is_utc(real: Path) -> None:
    # The camera said 16:28 local time without an offset; GPS said 14:27 UTC.
    facts = photos.read_photo(real / "gps" / "DSCN0010.jpg", utc_offset_min=480)
    assert facts.taken_at == datetime(2008, 10, 23, 14, 27, 7, 240000, UTC)


@pytest.mark.parametrize("name", ["image00971.jpg", "image01551.jpg"])
def test_broken_exif_does_not_lose_the_photo(real: Path, name: str) -> None:
    facts = photos.read_photo(real / "invalid" / name)
    assert facts.width > 0 and facts.media_type == "image/jpeg"


def test_the_original_is_kept_byte_for_byte(work: Fieldwork, world: World, real: Path) -> None:
    source = real / "gps" / "DSCN0010.jpg"
    west = world.parcels["west"]
    kept = photos.attach_photo(
        work.survey, west, "farmland", source, role="overview", caption="全貌", author="王芳"
    )
    row = work.survey.get("attachment", kept.uuid)
    assert row is not None
    assert kept.sha256 == row["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert work.survey.attachment_path(row["sha256"]).read_bytes() == source.read_bytes()
    assert (row["record"], row["role"], row["caption"]) == (west, "overview", "全貌")
    assert row["longitude_deg"] == pytest.approx(11.885126, abs=2e-6)
    assert row["taken_at"] == "2008-10-23T14:27:07.240000Z"
    assert row["original_name"] == "DSCN0010.jpg"
    assert [each["uuid"] for each in work.survey.attachments_of(west)] == [kept.uuid]


def test_a_photo_without_gps_gets_the_receivers_position(work: Fieldwork, world: World) -> None:
    original = plain_jpeg()
    fix = fix_at(110, 120)
    kept = photos.attach_photo(
        work.survey, world.parcels["west"], "farmland", original, role="direction",
        bearing_deg=271.5, position=fix,
    )  # fmt: skip
    row = work.survey.get("attachment", kept.uuid)
    assert row is not None and row["bearing_deg"] == 271.5
    assert row["longitude_deg"] == pytest.approx(fix.longitude_deg, abs=1e-8)
    assert row["latitude_deg"] == pytest.approx(fix.latitude_deg, abs=1e-8)
    assert datetime.fromisoformat(row["taken_at"]) == fix.time
    assert work.survey.attachment_path(row["sha256"]).read_bytes() == original


def test_a_photo_that_says_its_position_is_believed_before_the_tablet(
    work: Fieldwork, world: World, real: Path
) -> None:
    kept = photos.attach_photo(
        work.survey, world.parcels["west"], "farmland", real / "gps" / "DSCN0012.jpg",
        role="overview", position=fix_at(0, 0),
    )  # fmt: skip
    assert kept.facts.longitude_deg == pytest.approx(11.885394, abs=2e-6)


def test_no_position_is_no_position(work: Fieldwork, world: World) -> None:
    kept = photos.attach_photo(
        work.survey, world.parcels["west"], "farmland", plain_jpeg(), role="detail",
        position=nowhere(0),
    )  # fmt: skip
    assert not kept.facts.has_position


@pytest.mark.parametrize(
    "content",
    [b"", b"not a photo at all", b"\xff\xd8\xff\xe0\x00\x10JFIF", b"GIF89a" + b"\x00" * 40],
)
def test_what_is_no_photo_is_refused(
    work: Fieldwork, world: World, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        photos.attach_photo(work.survey, world.parcels["west"], "farmland", path, role="overview")
    assert refused.value.code == "photo.not_a_photo"
    assert refused.value.facts["path"] == str(path)
    assert work.survey.attachments_of(world.parcels["west"]) == []


def test_a_truncated_photo_is_refused(work: Fieldwork, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"photo\.not_a_photo"):
        photos.read_photo(plain_jpeg(size=(640, 480))[:9000])
    with pytest.raises(BadFile, match=r"photo\.missing"):
        photos.read_photo(tmp_path / "nothing.jpg")
    with pytest.raises(BadInput, match=r"photo\.not_a_photo"):
        photos.read_photo(tmp_path)


def test_a_role_or_bearing_that_is_none_is_refused(work: Fieldwork, world: World) -> None:
    west = world.parcels["west"]
    with pytest.raises(BadInput, match=r"photo\.role"):
        photos.attach_photo(work.survey, west, "farmland", plain_jpeg(), role="nice")
    with pytest.raises(BadInput, match=r"photo\.bearing"):
        photos.attach_photo(
            work.survey, west, "farmland", plain_jpeg(), role="detail", bearing_deg=400
        )
