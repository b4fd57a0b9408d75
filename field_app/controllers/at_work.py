"""Where a surveyor was when the program ended, so that the next start goes on there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from xiangtu.store import SurveyFile

#: In table meta: the open forms, the outermost first.
_OPEN = "open_forms"


@dataclass(frozen=True)
class OpenForm:
    """A form on the screen, and the section of it that is shown."""

    layer: str
    record: str
    section: str = ""


def keep_open(survey: SurveyFile, forms: Sequence[OpenForm]) -> None:
    """Remember which forms are open, a record's before its part's; BadFile or FileBusy."""
    said = json.dumps([[each.layer, each.record, each.section] for each in forms])
    with survey.atomic():
        survey.meta[_OPEN] = said


def still_open(survey: SurveyFile) -> list[OpenForm]:
    """The forms that were open, up to the first that is neither a draft nor a record any more."""
    drafts = {each.record for each in survey.drafts()}
    found: list[OpenForm] = []
    for layer, record, section in json.loads(survey.meta.get(_OPEN) or "[]"):
        known = layer in survey.catalogue.layers
        if not known or (record not in drafts and survey.get(layer, record) is None):
            break
        found.append(OpenForm(layer, record, section))
    return found
