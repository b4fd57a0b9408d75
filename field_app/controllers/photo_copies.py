"""Copies of photos: one that says itself where it was taken, one with something drawn on it.

The original stays as the camera made it. A copy is no larger than what is printed on a page, names
its original by the hash, in the attachment's row and in its own EXIF, and carries what is known of
the original: position, time, direction of view.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from PIL import ExifTags, Image, ImageOps
from xiangtu.errors import BadInput
from xiangtu.store import SurveyFile

from . import pen
from .photos import DAMAGED, read_photo

#: The longer side of a copy in pixels: about 220 to the inch on a page of A4.
SIDE_PX = 2560
_QUALITY = 88
_GPS = ExifTags.GPS
_ENTRY = "attachment"


def keep_copy(survey: SurveyFile, photo: str) -> str | None:
    """Keep a copy of a photo that says in its EXIF what the attachment's row says: where, when and
    in which direction it was taken. One that was kept before is replaced.

    Returns the copy's uuid; None where there is nothing that the original does not say itself.

    Raises
    ------
    BadInput
        "record.missing"; "photo.not_a_photo" for a photo that can no longer be read.
    BadFile
        What the store refuses, a full card among it; the earlier copy then stays.
    """
    row = _row(survey, photo)
    facts = read_photo(survey.attachment_path(row["sha256"]))
    said_itself = (
        row["longitude_deg"] is None or facts.has_position,
        row["bearing_deg"] is None or _alike(row["bearing_deg"], facts.bearing_deg),
        row["taken_at"] is None or facts.taken_at is not None,
    )
    jpeg = None
    if not all(said_itself):
        jpeg = _jpeg(upright(survey, row["sha256"], SIDE_PX), row)
    with survey.atomic():
        for each in copies_of(survey, photo, "copy"):
            survey.delete(_ENTRY, each)
        if jpeg is None:
            return None
        return survey.attach(
            row["record"], row["layer"], jpeg, role=None, kind="copy", media_type="image/jpeg",
            original_name=row["original_name"], author=row["author"], copy_of=row["sha256"],
        )  # fmt: skip


def keep_drawing(survey: SurveyFile, photo: str, strokes: Sequence[pen.Stroke]) -> str:
    """Keep what was drawn on a photo, or on a drawing, as a picture of its own; its uuid.

    Raises as `keep_copy`.
    """
    row = _row(survey, photo)
    picture = upright(survey, row["sha256"], SIDE_PX)
    pen.draw(picture, strokes)
    original = _original(survey, row)
    return survey.attach(
        row["record"], row["layer"], _jpeg(picture, original), role=None, kind="drawing",
        media_type="image/jpeg", original_name=row["original_name"], caption=row["caption"],
        author=survey.author or None, taken_at=datetime.now(UTC), copy_of=original["sha256"],
    )  # fmt: skip


def remove_photo(survey: SurveyFile, photo: str) -> None:
    """Take a photo from its record, with its copy and what was drawn on it; BadInput
    ("record.missing")."""
    with survey.atomic():
        for each in copies_of(survey, photo):
            survey.delete(_ENTRY, each)
        survey.delete(_ENTRY, photo)


def copies_of(survey: SurveyFile, photo: str, kind: str | None = None) -> list[str]:
    """The copies that were made from a photo, or those of one kind."""
    row = _row(survey, photo)
    several = survey.attachments_of(row["record"])
    if any(each["sha256"] == row["sha256"] and each["uuid"] != photo for each in several):
        return []  # the record has this very photo once more, to which they belong too
    return [
        each["uuid"]
        for each in several
        if each["copy_of"] == row["sha256"] and kind in (None, each["kind"])
    ]


def upright(survey: SurveyFile, sha256: str, side_px: int) -> Image.Image:
    """A picture as the camera was held, so small that neither side is longer.

    BadInput("photo.not_a_photo") for one that cannot be read.
    """
    path = survey.attachment_path(sha256)
    try:
        with Image.open(path) as image:
            image.draft("RGB", (side_px, side_px))
            found = ImageOps.exif_transpose(image).convert("RGB")
            found.thumbnail((side_px, side_px))
    except (*DAMAGED, Image.DecompressionBombError) as fault:
        reason = type(fault).__name__
        raise BadInput("photo.not_a_photo", path=str(path), reason=reason) from fault
    return found


def _jpeg(picture: Image.Image, row: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, exif=_exif(row))
    return out.getvalue()


def _exif(row: dict[str, Any]) -> Image.Exif:
    """What a photo's row says, as EXIF 2.32 writes it down (CIPA DC-008, 4.6.5 and 4.6.6)."""
    exif = Image.Exif()
    detail, gps = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    detail[ExifTags.Base.UserComment] = b"ASCII\0\0\0" + f"sha256:{row['sha256']}".encode()
    if row["taken_at"]:
        utc = datetime.fromisoformat(row["taken_at"]).astimezone(UTC)
        local = utc.astimezone()
        detail[ExifTags.Base.DateTimeOriginal] = local.strftime("%Y:%m:%d %H:%M:%S")
        detail[ExifTags.Base.OffsetTimeOriginal] = local.isoformat()[-6:]
        gps[_GPS.GPSDateStamp] = utc.strftime("%Y:%m:%d")
        gps[_GPS.GPSTimeStamp] = (
            float(utc.hour), float(utc.minute), utc.second + utc.microsecond / 1e6,
        )  # fmt: skip
    longitude, latitude = row["longitude_deg"], row["latitude_deg"]
    if longitude is not None and latitude is not None:
        gps[_GPS.GPSVersionID] = b"\x02\x03\x00\x00"
        gps[_GPS.GPSLatitudeRef] = "N" if latitude >= 0 else "S"
        gps[_GPS.GPSLatitude] = _to_dms(abs(latitude))
        gps[_GPS.GPSLongitudeRef] = "E" if longitude >= 0 else "W"
        gps[_GPS.GPSLongitude] = _to_dms(abs(longitude))
        gps[_GPS.GPSMapDatum] = "WGS-84"
    if row["bearing_deg"] is not None:
        gps[_GPS.GPSImgDirectionRef] = "T"
        gps[_GPS.GPSImgDirection] = float(row["bearing_deg"])
    return exif


def _original(survey: SurveyFile, row: dict[str, Any]) -> dict[str, Any]:
    """The photo that a drawing was made from; a photo itself."""
    photos = (
        each
        for each in survey.attachments_of(row["record"])
        if each["kind"] == "photo" and each["sha256"] == row["copy_of"]
    )
    return next(photos, row)


def _to_dms(value: float) -> tuple[float, float, float]:
    """Degrees, minutes and seconds; Pillow writes floats as fractions."""
    degrees, rest = divmod(value * 3600, 3600)
    minutes, seconds = divmod(rest, 60)
    return degrees, minutes, round(seconds, 5)


def _alike(bearing_deg: float, other_deg: float | None) -> bool:
    return other_deg is not None and abs(bearing_deg - other_deg) < 0.1


def _row(survey: SurveyFile, attachment: str) -> dict[str, Any]:
    row = survey.get(_ENTRY, attachment)
    if row is None:
        raise BadInput("record.missing", layer=_ENTRY, uuid=attachment)
    return row
