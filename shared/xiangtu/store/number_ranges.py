"""New official codes out of the ranges that an assignment reserved for this device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..catalogue.model import Field
from ..errors import BadInput
from ..geo import identifiers

if TYPE_CHECKING:
    from .survey_file import SurveyFile


def next_code(file: SurveyFile, layer_name: str, prefix: str) -> str:
    """The next code that begins with `prefix`; see `SurveyFile.next_code`."""
    layer = file.catalogue.layer(layer_name)
    if layer.key is None:
        raise BadInput("layer.no_key", layer=layer.name)
    field = layer.fields[layer.key]
    ranges = file.connection.execute(
        "SELECT first, last FROM number_range WHERE device = ? AND layer = ? AND prefix = ? "
        "ORDER BY first",
        (file.device_id, layer.name, prefix),
    ).fetchall()
    if not ranges and file.meta["role"] == "county":
        ranges = [(1, 10 ** _digits(field, prefix, 0) - 1)]
    if not ranges:
        raise BadInput("number_range.missing", layer=layer.name, prefix=prefix)
    used = _used(file, layer.name, layer.key, prefix)
    for first, last in ranges:
        number = max((each for each in used if first <= each <= last), default=first - 1) + 1
        if number <= last:
            return f"{prefix}{number:0{_digits(field, prefix, last)}d}"
    raise BadInput("number_range.used_up", layer=layer.name, prefix=prefix)


def _digits(field: Field, prefix: str, last: int) -> int:
    """How many digits follow the prefix: what the code's structure leaves, else as many as the
    range needs, and four (as in 990101-0001). A field's length is only the most it may have."""
    structure = identifiers.STRUCTURES.get(field.identifier or "")
    left = [each - len(prefix) for each in (structure.lengths if structure else ())]
    return next((each for each in left if each > 0), max(4, len(str(last))))


def _used(file: SurveyFile, layer: str, key: str, prefix: str) -> set[int]:
    """Numbers after the prefix in records and in drafts."""
    after = prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else "\U0010ffff"
    codes = [
        code
        for (code,) in file.connection.execute(
            f'SELECT "{key}" FROM "{layer}" WHERE "{key}" >= ? AND "{key}" < ?', (prefix, after)
        )
    ]
    codes += [
        draft.answers[key]
        for draft in file.drafts()
        if draft.layer == layer and isinstance(draft.answers.get(key), str)
    ]
    rests = (code[len(prefix) :] for code in codes if code.startswith(prefix))
    return {int(rest) for rest in rests if rest.isascii() and rest.isdigit()}
