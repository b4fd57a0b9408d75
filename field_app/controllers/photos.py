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
DAMAGED = (
    UnidentifiedImageError,
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
)
#: What reading damaged EXIF raises, all of it harmless: the photo is good without.
_BAD_EXIF = (*DAMAGED, TypeError, ZeroDivisionError, OverflowError, AttributeError)
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
    except (*DAMAGED, Image.DecompressionBombError) as fault:
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
    role: str | None,
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
    With `role` None it is still to be said what the photo shows.

    Raises
    ------
    BadInput
        "photo.not_a_photo", "photo.role" for a role not in the code list, "photo.bearing".
    BadFile
        "photo.missing", and what the store refuses.
    """
    facts = read_photo(source, utc_offset_min)
    if role is not None:
        check_role(survey, role)
    check_bearing(bearing_deg)
    if position is not None and not facts.has_position and usable(position):
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


def check_role(survey: SurveyFile, role: str) -> None:
    """BadInput("photo.role") for a role not in the code list."""
    if role not in survey.catalogue.code_lists["photo_role"].codes:
        raise BadInput("photo.role", role=role)


def check_bearing(bearing_deg: float | None) -> None:
    """BadInput("photo.bearing") for what is no direction; None is none that is known."""
    if bearing_deg is not None and not 0 <= bearing_deg <= 360:
        raise BadInput("photo.bearing", value=bearing_deg)


def usable(fix: Fix) -> bool:
    """Whether a fix says where it was."""
    return fix.fix_type != "none" and not position_problem(fix.longitude_deg, fix.latitude_deg)


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


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except _BAD_EXIF:
        return None
    return number if math.isfinite(number) else None


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals)
