"""Answers not yet confirmed, saved at every answer, so that a flat battery loses none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import BadInput
from ..geo import blobs
from . import secrets
from .system_tables import NOW
from .values import check_uuid

if TYPE_CHECKING:
    from .survey_file import SurveyFile


@dataclass(frozen=True)
class Draft:
    """The answers of one form. `record` is the uuid that the record has or will have."""

    record: str
    layer: str
    answers: Mapping[str, Any]
    geometry: Any
    saved_at: str


def save(
    file: SurveyFile, record: str, layer_name: str, answers: Mapping[str, Any], geometry: Any
) -> dict[str, Any]:
    """Keep the answers of a form; see `SurveyFile.save_draft`."""
    layer = file.catalogue.layer(layer_name)
    check_uuid(record)
    if geometry is not None and layer.geometry is None:
        raise BadInput("geometry.not_expected", layer=layer.name)
    blob = blobs.encode_one(geometry, file.srid)
    with file.atomic():
        kept = _sealed(file, record, layer_name, answers)
        file.connection.execute(
            "INSERT OR REPLACE INTO draft (record, layer, answers, geometry, saved_at) "
            f"VALUES (?, ?, ?, ?, {NOW})",
            (record, layer.name, json.dumps(kept, ensure_ascii=False), blob),
        )
    return kept


def _sealed(
    file: SurveyFile, record: str, layer_name: str, answers: Mapping[str, Any]
) -> dict[str, Any]:
    """The answers with the full text of sensitive ones sealed: a draft shows no more than a
    record does."""
    layer = file.catalogue.layer(layer_name)
    before = one(file, record)
    shown = before.answers if before else {}
    kept = dict(answers)
    for name, value in answers.items():
        field = layer.fields.get(name)
        if field is None or not field.sensitive or not isinstance(value, str):
            continue
        known = answers.get(field.secret_column) or shown.get(field.secret_column)
        if known and value == shown.get(name):
            kept[field.secret_column] = known
        else:
            kept[name], kept[field.secret_column] = secrets.seal_value(file, record, field, value)
    return kept


def one(file: SurveyFile, record: str) -> Draft | None:
    """The draft of one record, if there is one."""
    found = _read(file, "WHERE record = ?", (record,))
    return found[0] if found else None


def all_of(file: SurveyFile) -> list[Draft]:
    """All drafts, the latest first."""
    return _read(file, "ORDER BY saved_at DESC, record", ())


def drop(file: SurveyFile, record: str) -> None:
    """Forget the draft of a record, with sealed values that no record or change names."""
    with file.atomic():
        draft = one(file, record)
        if draft is None:
            return
        file.connection.execute("DELETE FROM draft WHERE record = ?", (record,))
        file.connection.execute(
            "DELETE FROM secret WHERE record = ? AND NOT EXISTS (SELECT 1 FROM change c "
            "JOIN change_value v ON v.change = c.id WHERE c.record = secret.record "
            "AND v.new = secret.uuid)",
            (record,),
        )


def _read(file: SurveyFile, where: str, parameters: tuple[Any, ...]) -> list[Draft]:
    return [
        Draft(record, layer, json.loads(answers), blobs.decode_one(blob), saved_at)
        for record, layer, answers, blob, saved_at in file.connection.execute(
            f"SELECT record, layer, answers, geometry, saved_at FROM draft {where}", parameters
        )
    ]
