"""Copies of photos: what they say of themselves, and what was drawn on them."""

from __future__ import annotations

import hashlib
import io
import json
import math
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from PIL import ExifTags, Image
from small_village import World, fix_at
from xiangtu.errors import BadInput

from field_app.controllers.pen import Stroke, curve, draw
from field_app.controllers.photo_copies import (
    SIDE_PX,
    copies_of,
    keep_copy,
    keep_drawing,
    remove_photo,
)
from field_app.controllers.photos import attach_photo, read_photo
from field_app.controllers.record_photos import say_bearing
from field_app.controllers.start import Fieldwork


def jpeg(size: tuple[int, int] = (640, 480), orientation: int | None = None) -> bytes:
    exif = Image.Exif()
    if orientation is not None:
        exif[ExifTags.Base.Orientation] = orientation
    out = io.BytesIO()
    Image.new("RGB", size, (90, 140, 90)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def attach(work: Fieldwork, world: World, photo: Path | bytes, **known) -> str:
    west = world.parcels["west"]
    return attach_photo(work.survey, west, "farmland", photo, role="overview", **known).uuid


def kept(work: Fieldwork, uuid: str | None) -> tuple[dict, Path]:
    assert uuid is not None
    row = work.survey.get("attachment", uuid)
    assert row is not None
    return row, work.survey.attachment_path(row["sha256"])


def test_a_copy_says_where_when_and_which_way_and_names_its_original(
    work: Fieldwork, world: World
) -> None:
    original, fix = jpeg(), fix_at(110, 120)
    photo = attach(work, world, original, position=fix, bearing_deg=271.5)
    row, path = kept(work, keep_copy(work.survey, photo))
    sha256 = hashlib.sha256(original).hexdigest()
    assert (row["kind"], row["role"], row["copy_of"]) == ("copy", None, sha256)
    assert work.survey.attachment_path(sha256).read_bytes() == original
    facts = read_photo(path)
    assert facts.longitude_deg == pytest.approx(fix.longitude_deg, abs=1e-8)
    assert facts.latitude_deg == pytest.approx(fix.latitude_deg, abs=1e-8)
    assert (facts.bearing_deg, facts.bearing_is_magnetic) == (271.5, False)
    assert facts.taken_at == fix.time
    with Image.open(path) as image:
        detail = image.getexif().get_ifd(ExifTags.IFD.Exif)
    assert detail[ExifTags.Base.UserComment] == b"ASCII\0\0\0sha256:" + sha256.encode()
    clock = detail[ExifTags.Base.DateTimeOriginal] + detail[ExifTags.Base.OffsetTimeOriginal]
    assert datetime.strptime(clock, "%Y:%m:%d %H:%M:%S%z") == fix.time


@pytest.mark.skipif(shutil.which("gdalinfo") is None, reason="gdalinfo is not installed")
def test_another_program_reads_what_a_copy_says(work: Fieldwork, world: World) -> None:
    fix = fix_at(110, 120)
    photo = attach(work, world, jpeg(), position=fix, bearing_deg=12.0)
    _row, path = kept(work, keep_copy(work.survey, photo))
    told = subprocess.run(
        ["gdalinfo", "-json", str(path)], capture_output=True, text=True, check=True
    )
    said = json.loads(told.stdout)["metadata"][""]
    degrees, minutes, seconds = (
        float(each.strip("()")) for each in said["EXIF_GPSLongitude"].split()
    )
    assert degrees + minutes / 60 + seconds / 3600 == pytest.approx(fix.longitude_deg, abs=1e-6)
    assert said["EXIF_GPSLongitudeRef"] == "E" and said["EXIF_GPSImgDirectionRef"] == "T"
    assert float(said["EXIF_GPSImgDirection"].strip("()")) == 12.0
    assert said["EXIF_GPSDateStamp"] == "2025:06:05"


def test_a_photo_that_says_all_itself_has_no_copy(
    work: Fieldwork, world: World, shared_data: Path
) -> None:
    source = shared_data / "exif" / "exif-samples" / "jpg" / "gps" / "DSCN0012.jpg"
    photo = attach(work, world, source)
    assert keep_copy(work.survey, photo) is None
    # What the camera did not know is known now.
    say_bearing(work.survey, photo, 90.0)
    (copy,) = copies_of(work.survey, photo)
    facts = read_photo(kept(work, copy)[1])
    assert facts.bearing_deg == 90.0
    assert facts.longitude_deg == pytest.approx(11.885394, abs=2e-6)


def test_another_direction_replaces_the_copy(work: Fieldwork, world: World) -> None:
    photo = attach(work, world, jpeg(), bearing_deg=10.0)
    for bearing in (180.0, 225.0):
        say_bearing(work.survey, photo, bearing)
        (copy,) = copies_of(work.survey, photo)
        assert read_photo(kept(work, copy)[1]).bearing_deg == bearing
    say_bearing(work.survey, photo, None)
    assert copies_of(work.survey, photo) == []
    with pytest.raises(BadInput, match=r"photo\.bearing"):
        say_bearing(work.survey, photo, 361.0)


def test_a_large_photo_held_upright_is_copied_small_and_upright(
    work: Fieldwork, world: World
) -> None:
    photo = attach(work, world, jpeg((4000, 3000), orientation=6), position=fix_at(1, 1))
    with Image.open(kept(work, keep_copy(work.survey, photo))[1]) as copy:
        assert copy.size == (SIDE_PX * 3 // 4, SIDE_PX)
        assert ExifTags.Base.Orientation not in copy.getexif()


def test_what_is_drawn_is_a_copy_and_the_original_stays(work: Fieldwork, world: World) -> None:
    original = jpeg()
    photo = attach(work, world, original, position=fix_at(110, 120), caption="界标")
    red = Stroke(((0.25, 0.5), (0.75, 0.5)), 0.01, (214, 20, 20))
    row, path = kept(work, keep_drawing(work.survey, photo, [red]))
    sha256 = hashlib.sha256(original).hexdigest()
    assert (row["kind"], row["copy_of"], row["caption"]) == ("drawing", sha256, "界标")
    assert row["author"] == "王芳"
    assert work.survey.attachment_path(sha256).read_bytes() == original
    with Image.open(path) as drawn:
        middle, beside = drawn.getpixel((320, 240)), drawn.getpixel((320, 100))
    assert middle[0] > 180 > 80 > middle[1] and beside[1] > 120
    assert read_photo(path).has_position
    # Drawn on further, it still is of the photo, and says where that was taken.
    again, path = kept(work, keep_drawing(work.survey, row["uuid"], [red]))
    assert again["copy_of"] == sha256 and read_photo(path).has_position


def test_a_photo_goes_with_its_copies_but_not_with_anothers(work: Fieldwork, world: World) -> None:
    photo = attach(work, world, jpeg(), position=fix_at(1, 1))
    keep_copy(work.survey, photo)
    keep_drawing(work.survey, photo, [Stroke(((0.5, 0.5),), 0.1)])
    twin = attach(work, world, jpeg())
    remove_photo(work.survey, twin)
    west = world.parcels["west"]
    assert len(work.survey.attachments_of(west)) == 3
    remove_photo(work.survey, photo)
    assert work.survey.attachments_of(west) == []


def test_a_curve_goes_through_every_place_and_turns_smoothly() -> None:
    places = [(0.1, 0.1), (0.5, 0.2), (0.5, 0.2), (0.6, 0.8), (0.9, 0.4)]
    line = curve(places)
    assert all(any(math.dist(place, each) < 1e-9 for each in line) for place in places)
    assert len(line) > 3 * len(places)
    assert curve([(0.3, 0.3)]) == [(0.3, 0.3)]


def test_a_touch_is_a_dot_and_later_ink_lies_above() -> None:
    picture = Image.new("RGB", (100, 100), "white")
    dot = Stroke(((0.5, 0.5),), 0.2, (0, 0, 255))
    draw(picture, [dot, Stroke(((0.5, 0.5),), 0.1, (255, 0, 0))])
    assert picture.getpixel((50, 50)) == (255, 0, 0)
    assert picture.getpixel((58, 50)) == (0, 0, 255)
    assert picture.getpixel((70, 50)) == (255, 255, 255)
