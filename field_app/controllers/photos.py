"""Photos: kept untouched, with where, when and in which direction they were taken."""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, UnidentifiedImageError
from xiangtu.errors import BadFile, BadInput
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.quality import position_problem
from xiangtu.store import SurveyFile

#: A photo is decoded this small to see whether it is whole.
_LOOK = (256, 256)
#: What Pillow raises for a file that is damaged or no picture: it has no error of its own.
_DAMAGED = (
    UnidentifiedImageError,
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
)
#: What reading damaged EXIF raises, all of it harmless: the photo is good without.
_BAD_EXIF = (*_DAMAGED, TypeError, ZeroDivisionError, OverflowError, AttributeError)
_GPS = ExifTags.GPS
_MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "MPO": "image/jpeg"}


@dataclass(frozen=True)
class PhotoFacts:
    """What a photo says of itself; None where it does not. `bearing_deg` is the direction of view
    from true north; `bearing_is_magnetic` where the camera only knew magnetic north. `height_m` is
    above the camera's or the receiver's own sea level, which is no 1985 height."""

    media_type: str
    width: int
    height: int
    taken_at: datetime | None = None
    longitude_deg: float | None = None
    latitude_deg: float | None = None
    height_m: float | None = None
    bearing_deg: float | None = None
    bearing_is_magnetic: bool = False

    @property
    def has_position(self) -> bool:
        return self.longitude_deg is not None and self.latitude_deg is not None


@dataclass(frozen=True)
class AttachedPhoto:
    """A photo of a record; `facts` are what was stored, from the photo or, where it said nothing,
    from the tablet."""

    uuid: str
    sha256: str
    facts: PhotoFacts


def read_photo(source: Path | str | bytes, utc_offset_min: int = 0) -> PhotoFacts:
    """What a photo says of itself.

    `utc_offset_min` is used for a camera that says its local time without the offset.

    Raises
    ------
    BadInput
        "photo.not_a_photo" for a file that is none, or a damaged one: facts path, reason.
    BadFile
        "photo.missing".
    """
    name = "…" if isinstance(source, bytes) else str(source)
    data = _bytes(source)
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.format not in _MEDIA_TYPES:
                raise BadInput("photo.not_a_photo", path=name, reason=str(image.format))
            size = image.size
            media_type = _MEDIA_TYPES[image.format]
            exif = _exif(image)
            image.draft("RGB", _LOOK)
            image.load()
    except (*_DAMAGED, Image.DecompressionBombError) as fault:
        raise BadInput("photo.not_a_photo", path=name, reason=type(fault).__name__) from fault
    return replace(
        _facts(exif, utc_offset_min), media_type=media_type, width=size[0], height=size[1]
    )


def attach_photo(
    survey: SurveyFile,
    record: str,
    layer_name: str,
    source: Path | str | bytes,
    *,
    role: str,
    caption: str | None = None,
    author: str | None = None,
    bearing_deg: float | None = None,
    position: Fix | None = None,
    utc_offset_min: int = 0,
    original_name: str | None = None,
) -> AttachedPhoto:
    """Keep a photo as an attachment of a record, its bytes as they are under their SHA-256.

    Time, position and direction are the photo's own; where it does not say them, `position` (the
    receiver's fix when the shutter was pressed) and `bearing_deg` (the tablet's compass) stand in.

    Raises
    ------
    BadInput
        "photo.not_a_photo", "photo.role" for a role not in the code list, "photo.bearing".
    BadFile
        "photo.missing", and what the store refuses.
    """
    facts = read_photo(source, utc_offset_min)
    if role not in survey.catalogue.code_lists["photo_role"].codes:
        raise BadInput("photo.role", role=role)
    if bearing_deg is not None and not 0 <= bearing_deg <= 360:
        raise BadInput("photo.bearing", value=bearing_deg)
    if position is not None and not facts.has_position and _usable(position):
        facts = replace(
            facts,
            longitude_deg=position.longitude_deg,
            latitude_deg=position.latitude_deg,
            height_m=position.height_sea_level_m,
        )
    if facts.taken_at is None and position is not None:
        facts = replace(facts, taken_at=position.time or position.tablet_time)
    if bearing_deg is not None and (facts.bearing_deg is None or facts.bearing_is_magnetic):
        facts = replace(facts, bearing_deg=bearing_deg, bearing_is_magnetic=False)
    uuid = survey.attach(
        record,
        layer_name,
        source,
        role=role,
        media_type=facts.media_type,
        original_name=original_name,
        caption=caption,
        author=author,
        taken_at=facts.taken_at,
        longitude_deg=_rounded(facts.longitude_deg, 8),
        latitude_deg=_rounded(facts.latitude_deg, 8),
        bearing_deg=_rounded(facts.bearing_deg, 1),
    )
    return AttachedPhoto(uuid, hashlib.sha256(_bytes(source)).hexdigest(), facts)


def copy_with_position(survey: SurveyFile, attachment: str, folder: Path) -> Path:
    """A copy of a JPEG photo whose EXIF says where and in which direction it was taken, for hands
    outside the survey; the kept original stays as it is.

    The picture itself is not compressed anew. A photo that says its position already, or of which
    none is known, is copied unchanged. Returns the copy, named by its hash, in `folder`.

    Raises
    ------
    BadInput
        "record.missing", "photo.not_a_photo".
    """
    row = survey.get("attachment", attachment)
    if row is None:
        raise BadInput("record.missing", layer="attachment", uuid=attachment)
    path = survey.attachment_path(row["sha256"])
    data = _bytes(path)
    facts = read_photo(data)
    if (
        facts.media_type == "image/jpeg"
        and not facts.has_position
        and row["longitude_deg"] is not None
        and row["latitude_deg"] is not None
    ):
        taken_at = datetime.fromisoformat(row["taken_at"]) if row["taken_at"] else None
        data = with_position(
            data, row["longitude_deg"], row["latitude_deg"], row["bearing_deg"], taken_at
        )
    suffix = {"image/jpeg": ".jpg", "image/png": ".png"}.get(facts.media_type, ".webp")
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{row['sha256'][:16]}{suffix}"
    target.write_bytes(data)
    return target


def with_position(
    jpeg: bytes,
    longitude_deg: float,
    latitude_deg: float,
    bearing_deg: float | None = None,
    taken_at: datetime | None = None,
) -> bytes:
    """A JPEG with position, direction and time (UTC) in its EXIF, the picture byte for byte.

    BadInput("photo.not_a_photo") for what is no JPEG.
    """
    if not jpeg.startswith(b"\xff\xd8"):
        raise BadInput("photo.not_a_photo", path="…", reason="JPEG")
    with Image.open(io.BytesIO(jpeg)) as image:
        exif = _exif(image)
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[_GPS.GPSVersionID] = b"\x02\x03\x00\x00"
    gps[_GPS.GPSLatitudeRef] = "N" if latitude_deg >= 0 else "S"
    gps[_GPS.GPSLatitude] = _to_dms(abs(latitude_deg))
    gps[_GPS.GPSLongitudeRef] = "E" if longitude_deg >= 0 else "W"
    gps[_GPS.GPSLongitude] = _to_dms(abs(longitude_deg))
    gps[_GPS.GPSMapDatum] = "WGS-84"
    if bearing_deg is not None:
        gps[_GPS.GPSImgDirectionRef] = "T"
        gps[_GPS.GPSImgDirection] = round(bearing_deg, 2)
    if taken_at is not None:
        at = taken_at.astimezone(UTC)
        gps[_GPS.GPSDateStamp] = at.strftime("%Y:%m:%d")
        gps[_GPS.GPSTimeStamp] = (float(at.hour), float(at.minute), float(at.second))
    body = exif.tobytes()
    if not body.startswith(b"Exif\x00\x00"):
        body = b"Exif\x00\x00" + body
    segment = b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body
    before, after = _around_exif(jpeg)
    return before + segment + after


def _around_exif(jpeg: bytes) -> tuple[bytes, bytes]:
    """The bytes before and after the place of the EXIF segment, without one that is there."""
    at, head = 2, jpeg[:2]
    # JFIF (APP0) stays in front, as its readers expect.
    while jpeg[at : at + 2] == b"\xff\xe0":
        length = 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        head += jpeg[at : at + length]
        at += length
    rest = b""
    while jpeg[at : at + 1] == b"\xff" and 0xE1 <= jpeg[at + 1] <= 0xEF:
        length = 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if jpeg[at + 4 : at + 10] != b"Exif\x00\x00":
            rest += jpeg[at : at + length]
        at += length
    return head, rest + jpeg[at:]


def _bytes(source: Path | str | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        return Path(source).read_bytes()
    except FileNotFoundError:
        raise BadFile("photo.missing", path=str(source)) from None
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise BadInput("photo.not_a_photo", path=str(source), reason=reason) from fault


def _exif(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except _BAD_EXIF:
        return Image.Exif()


def _facts(exif: Image.Exif, utc_offset_min: int) -> PhotoFacts:
    gps = _ifd(exif, ExifTags.IFD.GPSInfo)
    longitude = _degrees(gps.get(_GPS.GPSLongitude), gps.get(_GPS.GPSLongitudeRef), "W")
    latitude = _degrees(gps.get(_GPS.GPSLatitude), gps.get(_GPS.GPSLatitudeRef), "S")
    if longitude is None or latitude is None or position_problem(longitude, latitude):
        longitude = latitude = None
    height = _number(gps.get(_GPS.GPSAltitude))
    below = gps.get(_GPS.GPSAltitudeRef) in (1, b"\x01")
    bearing = _number(gps.get(_GPS.GPSImgDirection))
    return PhotoFacts(
        media_type="",
        width=0,
        height=0,
        taken_at=_taken_at(exif, gps, utc_offset_min),
        longitude_deg=longitude,
        latitude_deg=latitude,
        height_m=-height if height is not None and below else height,
        bearing_deg=bearing if bearing is not None and 0 <= bearing <= 360 else None,
        bearing_is_magnetic=str(gps.get(_GPS.GPSImgDirectionRef, "")).strip("\x00 ") == "M",
    )


def _ifd(exif: Image.Exif, which: int) -> dict[int, Any]:
    try:
        return dict(exif.get_ifd(which))
    except _BAD_EXIF:
        return {}


def _taken_at(exif: Image.Exif, gps: dict[int, Any], utc_offset_min: int) -> datetime | None:
    """When the shutter was pressed, in UTC: by the camera's clock with its offset, else by GPS,
    else by the camera's clock and the tablet's offset."""
    detail = _ifd(exif, ExifTags.IFD.Exif)
    clock = _clock(detail.get(ExifTags.Base.DateTimeOriginal))
    offset = _offset(detail.get(ExifTags.Base.OffsetTimeOriginal))
    if clock is not None and offset is not None:
        return clock.replace(tzinfo=offset).astimezone(UTC)
    by_gps = _gps_time(gps)
    if by_gps is not None:
        return by_gps
    if clock is None:
        return None
    return clock.replace(tzinfo=timezone(timedelta(minutes=utc_offset_min))).astimezone(UTC)


def _clock(text: Any) -> datetime | None:
    try:
        return datetime.strptime(str(text).strip("\x00 "), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None


def _offset(text: Any) -> timezone | None:
    try:
        found = datetime.strptime(str(text).strip("\x00 "), "%z").tzinfo
    except ValueError:
        return None
    return found if isinstance(found, timezone) else None


def _gps_time(gps: dict[int, Any]) -> datetime | None:
    try:
        day = datetime.strptime(str(gps[_GPS.GPSDateStamp]).strip("\x00 "), "%Y:%m:%d")
        hours, minutes, seconds = (float(each) for each in gps[_GPS.GPSTimeStamp])
        return day.replace(tzinfo=UTC) + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except _BAD_EXIF:
        return None


def _degrees(parts: Any, hemisphere: Any, negative: str) -> float | None:
    try:
        degrees, minutes, seconds = (float(each) for each in parts)
        value = degrees + minutes / 60 + seconds / 3600
    except _BAD_EXIF:
        return None
    letter = hemisphere.decode("latin-1") if isinstance(hemisphere, bytes) else str(hemisphere)
    if not math.isfinite(value) or not letter.strip("\x00 "):
        return None
    return -value if letter.strip("\x00 ").upper() == negative else value


def _to_dms(value: float) -> tuple[float, float, float]:
    """Degrees, minutes and seconds; Pillow writes floats as fractions."""
    degrees, rest = divmod(value * 3600, 3600)
    minutes, seconds = divmod(rest, 60)
    return degrees, minutes, round(seconds, 5)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except _BAD_EXIF:
        return None
    return number if math.isfinite(number) else None


def _usable(fix: Fix) -> bool:
    return fix.fix_type != "none" and not position_problem(fix.longitude_deg, fix.latitude_deg)


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals)
