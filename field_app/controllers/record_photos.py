"""The photos of a record: which there are, which are missing, and small pictures of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps
from xiangtu.catalogue import Layer
from xiangtu.catalogue.model import Code
from xiangtu.errors import BadInput
from xiangtu.store import SurveyFile

from .questions import Problem


@dataclass(frozen=True)
class RecordPhoto:
    """One photo; `code` is its role, None where it has none that is known."""

    uuid: str
    sha256: str
    role: Code | None
    caption: str
    taken_at: str
    bearing_deg: float | None
    has_position: bool
    may_be_removed: bool


@dataclass(frozen=True)
class RecordPhotos:
    """The photos of a record in the order they came, the roles to choose from, those that are
    asked for now first, and of these how many photos are `missing`, by the role's code."""

    photos: tuple[RecordPhoto, ...]
    roles: tuple[Code, ...]
    missing: dict[str, int]


@dataclass(frozen=True)
class Picture:
    """Pixels to show: rows from the top, three bytes (red, green, blue) a pixel."""

    width: int
    height: int
    pixels: bytes


def photos_of(
    survey: SurveyFile, layer: Layer, record: str, problems: Iterable[Problem]
) -> RecordPhotos:
    """A record's photos; `problems` are those of its form, which say what is missing."""
    codes = survey.catalogue.code_lists["photo_role"].codes
    missing = {
        str(each.facts["role"]): int(each.facts["minimum"]) - int(each.facts["found"])
        for each in problems
        if each.code == "field.problem.photo"
    }
    asked = [*missing, *(each.role for each in layer.photos)]
    return RecordPhotos(
        tuple(
            _photo(survey, each)
            for each in survey.attachments_of(record)
            if each["kind"] == "photo"
        ),
        tuple(codes[name] for name in dict.fromkeys([*asked, *codes])),
        missing,
    )


def picture(survey: SurveyFile, sha256: str, side_px: int) -> Picture:
    """A photo made so small that neither side is longer, upright as the camera was held.

    BadInput("photo.not_a_photo") for one that cannot be read.
    """
    path = survey.attachment_path(sha256)
    try:
        with Image.open(path) as image:
            image.draft("RGB", (side_px, side_px))
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((side_px, side_px))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as fault:
        reason = type(fault).__name__
        raise BadInput("photo.not_a_photo", path=str(path), reason=reason) from fault
    return Picture(upright.width, upright.height, upright.tobytes())


def caption_photo(survey: SurveyFile, photo: str, caption: str) -> None:
    """Write down what a photo shows; BadInput("record.missing")."""
    survey.update("attachment", photo, {"caption": caption.strip() or None})


def _photo(survey: SurveyFile, row: dict[str, Any]) -> RecordPhoto:
    return RecordPhoto(
        row["uuid"],
        row["sha256"],
        survey.catalogue.code_lists["photo_role"].codes.get(row["role"] or ""),
        row["caption"] or "",
        row["taken_at"] or "",
        row["bearing_deg"],
        row["longitude_deg"] is not None,
        row["device"] == survey.device_id,
    )
