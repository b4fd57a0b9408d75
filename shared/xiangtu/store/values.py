"""Values on their way into a table: what each type of field takes, and private ones masked."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from ..catalogue.model import GEOMETRY_COLUMN, Catalogue, Layer
from ..errors import BadInput
from .identity import is_uuid
from .journal_triggers import OWNER_COLUMN


def check_uuid(value: object) -> str:
    """The value, if it is a well-formed lower-case uuid; else BadInput("uuid.malformed")."""
    if not is_uuid(value):
        raise BadInput("uuid.malformed", value=str(value))
    return str(value)


def stamp(moment: datetime) -> str:
    """A time with its zone as all tables keep it: UTC, ISO 8601 with Z and milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class ValueCheck:
    """What a layer's columns take, made once for many records."""

    def __init__(self, catalogue: Catalogue, layer: Layer) -> None:
        self._layer = layer.name
        self._kinds: dict[str, str] = {}
        for name in layer.columns:
            if name == GEOMETRY_COLUMN:
                continue
            field = catalogue.field_of(layer.name, name)
            self._kinds[name] = "text" if field is None else field.type
            if name == OWNER_COLUMN and not layer.surveyed:
                self._kinds[name] = "reference"
        self._takers = {name: _TAKERS[kind] for name, kind in self._kinds.items()}

    def checked(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values as they are stored, by column.

        Raises
        ------
        BadInput
            "field.unknown" for a column the layer has not (or that is not the caller's to write:
            derived, bookkeeping), "value.type" (layer, field, value, expected) for text where a
            number belongs and the like.
        """
        stored: dict[str, Any] = {}
        for name, value in values.items():
            try:
                take = self._takers[name]
            except KeyError:
                raise BadInput("field.unknown", layer=self._layer, field=name) from None
            if value is None:
                stored[name] = None
                continue
            taken = stored[name] = take(value)
            if taken is None:
                kind = f"type.{self._kinds[name]}"
                raise BadInput(
                    "value.type", layer=self._layer, field=name, value=str(value), expected=kind
                )
        return stored


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        whole = int(value) if not isinstance(value, str) and value == int(value) else None
    except (TypeError, ValueError, OverflowError):
        return None
    return whole if whole is not None and -(2**63) <= whole < 2**63 else None


def _real(value: Any) -> float | None:
    if isinstance(value, bool | str | bytes):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _boolean(value: Any) -> int | None:
    return int(value) if not isinstance(value, str | bytes) and value in (0, 1) else None


def _date(value: Any) -> str | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    try:
        return value if date.fromisoformat(value).isoformat() == value else None
    except (TypeError, ValueError):
        return None


_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?")


def _datetime(value: Any) -> str | None:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if not isinstance(value, str) or not _DATETIME.fullmatch(value):
        return None
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return None
    return value


def _reference(value: Any) -> str | None:
    return str(value) if is_uuid(value) else None


_TAKERS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "real": _real,
    "date": _date,
    "datetime": _datetime,
    "boolean": _boolean,
    "code": _text,
    "codes": _text,
    "reference": _reference,
}
