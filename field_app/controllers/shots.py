"""Photos that the camera is asked for: none is lost, even if the app ends while it is away.

Android shows its own camera and may end the app behind it. What a shot is for is therefore written
down before the camera opens; whoever comes back takes in what it made, now or after the restart.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from xiangtu.errors import SurveyError
from xiangtu.gnss import fix_json
from xiangtu.gnss.fix import Fix
from xiangtu.store import SurveyFile

from .photo_copies import keep_copy
from .photos import attach_photo

#: Shots that are not taken in, in table meta of the tablet.
_META = "shots"


@dataclass(frozen=True)
class Shot:
    """What the camera was opened for: `ticket` is the camera's name for the photo; `bearing_deg`
    (from true north) and `fix` are those of the moment, None where nothing is known."""

    ticket: str
    record: str
    layer: str
    bearing_deg: float | None = None
    fix: Fix | None = None


@dataclass(frozen=True)
class TakenIn:
    """The attachments that came of shots, and why others did not, or got no copy."""

    photos: tuple[str, ...]
    refusals: tuple[SurveyError, ...]


def expect(survey: SurveyFile, shot: Shot) -> None:
    """Write down a shot before the camera opens."""
    _keep(survey, [*expected(survey), shot])


def expected(survey: SurveyFile) -> list[Shot]:
    """The shots that are not taken in yet, the oldest first."""
    return [_shot(each) for each in json.loads(survey.meta.get(_META) or "[]")]


def take_in(
    survey: SurveyFile,
    photo_of: Callable[[str], bytes | None],
    forget: Callable[[str], Any],
    *,
    fix: Fix | None = None,
    utc_offset_min: int = 0,
) -> TakenIn:
    """Attach what the camera made of the shots, each without a role until one is said.

    Parameters
    ----------
    photo_of, forget : callable
        The camera port's: the bytes of a ticket (None: given up), and that they are no longer
        needed there. They are until the photo is kept.
    fix : Fix, optional
        Where the tablet is now, if the camera was just closed; else that of the shot stands.

    A file that is no photo is given up; what cannot be kept now (a full card) waits in the camera
    for the next time. Both are told in `refusals`.
    """
    photos: list[str] = []
    refusals: list[SurveyError] = []
    for shot in expected(survey):
        try:
            photo = _attach(survey, shot, photo_of(shot.ticket), fix, utc_offset_min)
        except SurveyError as error:
            refusals.append(error)
            if error.code != "photo.not_a_photo":
                continue
            _done(survey, shot)
            photo = None
        forget(shot.ticket)
        if photo is None:
            continue
        photos.append(photo)
        try:
            keep_copy(survey, photo)
        except SurveyError as error:
            refusals.append(error)
    return TakenIn(tuple(photos), tuple(refusals))


def _attach(
    survey: SurveyFile, shot: Shot, data: bytes | None, fix: Fix | None, utc_offset_min: int
) -> str | None:
    """In one transaction: the photo is attached, and the shot no longer expected."""
    with survey.atomic():
        _done(survey, shot)
        if data is None:
            return None
        return attach_photo(
            survey, shot.record, shot.layer, data, role=None, author=survey.author or None,
            bearing_deg=shot.bearing_deg, position=fix or shot.fix, utc_offset_min=utc_offset_min,
        ).uuid  # fmt: skip


def _done(survey: SurveyFile, shot: Shot) -> None:
    _keep(survey, [each for each in expected(survey) if each.ticket != shot.ticket])


def _keep(survey: SurveyFile, shots: list[Shot]) -> None:
    several = [
        {**asdict(each), "fix": fix_json.to_json(each.fix) if each.fix else None} for each in shots
    ]
    survey.meta[_META] = json.dumps(several, ensure_ascii=False)


def _shot(kept: dict[str, Any]) -> Shot:
    fix = kept.pop("fix")
    return Shot(**kept, fix=fix_json.from_json(fix) if fix else None)
