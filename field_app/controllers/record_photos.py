"""The photos of a record: which there are, which are missing, and small pictures of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xiangtu.catalogue import Layer
from xiangtu.catalogue.model import Code
from xiangtu.store import SurveyFile

from .photo_copies import keep_copy, upright
from .photos import check_bearing, check_role
from .questions import Problem


@dataclass(frozen=True)
class RecordPhoto:
    """One photo, or what was drawn on one: `is_drawing`, with no role of its own. `role` is None
    where it is not said yet or not known."""

    uuid: str
    sha256: str
    is_drawing: bool
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

    @property
    def without_role(self) -> int:
        """Photos of which it is still to be said what they show."""
        return sum(each.role is None and not each.is_drawing for each in self.photos)


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
            if each["kind"] == "photo" or (each["kind"] == "drawing" and each["copy_of"])
        ),
        tuple(codes[name] for name in dict.fromkeys([*asked, *codes])),
        missing,
    )


def picture(survey: SurveyFile, sha256: str, side_px: int) -> Picture:
    """A photo made so small that neither side is longer, upright as the camera was held.

    BadInput("photo.not_a_photo") for one that cannot be read.
    """
    found = upright(survey, sha256, side_px)
    return Picture(found.width, found.height, found.tobytes())


def caption_photo(survey: SurveyFile, photo: str, caption: str) -> None:
    """Write down what a photo shows; BadInput("record.missing")."""
    survey.update("attachment", photo, {"caption": caption.strip() or None})


def say_role(survey: SurveyFile, photo: str, role: str) -> None:
    """Say in which role a photo counts; BadInput: "photo.role", "record.missing"."""
    check_role(survey, role)
    survey.update("attachment", photo, {"role": role})


def say_bearing(survey: SurveyFile, photo: str, bearing_deg: float | None) -> None:
    """Say in which direction from true north a photo looks, in its copy too.

    BadInput: "photo.bearing", "record.missing"; and what `keep_copy` raises: the row then says it
    all the same.
    """
    check_bearing(bearing_deg)
    survey.update("attachment", photo, {"bearing_deg": bearing_deg})
    keep_copy(survey, photo)


def _photo(survey: SurveyFile, row: dict[str, Any]) -> RecordPhoto:
    return RecordPhoto(
        row["uuid"],
        row["sha256"],
        row["kind"] == "drawing",
        survey.catalogue.code_lists["photo_role"].codes.get(row["role"] or ""),
        row["caption"] or "",
        row["taken_at"] or "",
        row["bearing_deg"],
        row["longitude_deg"] is not None,
        row["device"] == survey.device_id,
    )
