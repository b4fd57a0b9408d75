"""What was going on when the app ended or was killed: measurings and tracks, to be gone on with,
ended or thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xiangtu.catalogue import Label
from xiangtu.store import SurveyFile

from . import measuring, recording
from .form_page import called_record

Kind = Literal["walk", "stand", "shape", "split", "track"]


@dataclass(frozen=True)
class Unfinished:
    """A measurement of a record, or a track (whose own uuid `record` then is): of which layer, what
    it is called, how many positions were kept of it, and since when it goes on (UTC)."""

    kind: Kind
    record: str
    layer: str
    label: Label
    title: Label
    begun_at: str
    epochs: int


def unfinished(survey: SurveyFile) -> list[Unfinished]:
    """Everything of the kind, the latest first; a track that is being recorded now is none."""
    layers = survey.catalogue.layers
    found = [
        Unfinished(
            each.kind,
            each.record,
            each.layer,
            layers[each.layer].label,
            called_record(survey, each.layer, each.record),
            each.begun_at,
            each.epochs,
        )
        for each in measuring.unfinished(survey)
    ]
    found += [
        Unfinished(
            "track",
            each.uuid,
            "track",
            layers["track"].label,
            Label("", ""),
            each.started_at,
            each.epochs,
        )
        for each in recording.unfinished(survey)
        if not each.running
    ]
    return sorted(found, key=lambda each: each.begun_at, reverse=True)


def finish(survey: SurveyFile, what: Unfinished) -> None:
    """Have it behind: a track ends with its last position and stays; a measurement is thrown away.

    Errors as recording.end_unfinished.
    """
    if what.kind == "track":
        recording.end_unfinished(survey, what.record)
    else:
        measuring.throw_away(survey, what.record)
