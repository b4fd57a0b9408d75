"""Measurements that go on, step by step, so that whoever is started next can take them up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import BadInput
from .system_tables import NOW
from .values import check_uuid

if TYPE_CHECKING:
    from .survey_file import SurveyFile


@dataclass(frozen=True)
class Begun:
    """A measurement that goes on. `record` is the uuid that the record has or will have; `kind`
    (walk or stand) and `settings` are whatever its beginner said; `begun_at` is UTC."""

    record: str
    layer: str
    kind: str
    settings: Mapping[str, Any]
    begun_at: str


def begin(
    file: SurveyFile, record: str, layer_name: str, kind: str, settings: Mapping[str, Any]
) -> None:
    """Note that a record is being measured from now on.

    BadInput("measuring.begun") if it is being measured already.
    """
    layer = file.catalogue.layer(layer_name)
    check_uuid(record)
    with file.atomic():
        before = one(file, record)
        if before is not None:
            raise BadInput(
                "measuring.begun", layer=before.layer, record=record, begun_at=before.begun_at
            )
        file.connection.execute(
            "INSERT INTO measuring (record, layer, kind, settings, begun_at) "
            f"VALUES (?, ?, ?, ?, {NOW})",
            (record, layer.name, kind, json.dumps(settings)),
        )


def add(file: SurveyFile, record: str, steps: Iterable[tuple[str, Any]]) -> None:
    """Keep further steps, each (kind, detail that JSON can hold), in one transaction.

    BadInput("measuring.none") if the record is not being measured (any more).
    """
    with file.atomic():
        if one(file, record) is None:
            raise BadInput("measuring.none", record=record)
        (last,) = file.connection.execute(
            "SELECT coalesce(max(number), 0) FROM measuring_step WHERE record = ?", (record,)
        ).fetchone()
        file.connection.executemany(
            "INSERT INTO measuring_step (record, number, kind, detail) VALUES (?, ?, ?, ?)",
            (
                (record, number, kind, json.dumps(detail))
                for number, (kind, detail) in enumerate(steps, last + 1)
            ),
        )


def steps_of(file: SurveyFile, record: str) -> Iterator[tuple[str, Any]]:
    """(kind, detail) of all steps kept of a measurement, in order."""
    for kind, detail in file.connection.execute(
        "SELECT kind, detail FROM measuring_step WHERE record = ? ORDER BY number", (record,)
    ):
        yield kind, json.loads(detail)


def one(file: SurveyFile, record: str) -> Begun | None:
    """The measurement of one record, if it goes on."""
    return next(iter(_read(file, "WHERE record = ?", (record,))), None)


def all_of(file: SurveyFile) -> list[Begun]:
    """All measurements that go on, the latest first."""
    return _read(file, "ORDER BY begun_at DESC, record", ())


def drop(file: SurveyFile, record: str) -> None:
    """Forget the measurement of a record, once it is in a form or thrown away."""
    with file.atomic():
        for table in ("measuring_step", "measuring"):
            file.connection.execute(f"DELETE FROM {table} WHERE record = ?", (record,))


def _read(file: SurveyFile, where: str, parameters: tuple[Any, ...]) -> list[Begun]:
    return [
        Begun(record, layer, kind, json.loads(settings), begun_at)
        for record, layer, kind, settings, begun_at in file.connection.execute(
            f"SELECT record, layer, kind, settings, begun_at FROM measuring {where}", parameters
        )
    ]
