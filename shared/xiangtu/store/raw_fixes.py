"""The raw epochs behind a measured geometry, as the receiver gave them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .values import check_uuid, stamp

if TYPE_CHECKING:
    from .survey_file import SurveyFile

#: Columns of table fix that a gnss.fix.Fix has under the same name.
_SAME = (
    "longitude_deg",
    "latitude_deg",
    "height_ellipsoid_m",
    "height_sea_level_m",
    "geoid_separation_m",
    "fix_type",
    "satellites",
    "satellites_in_view",
    "hdop",
    "pdop",
    "horizontal_accuracy_m",
    "vertical_accuracy_m",
    "accuracy_from",
    "correction_age_s",
    "antenna_height_m",
    "datum",
    "coordinate_epoch",
    "source",
    "mock",
)
_AT_ONCE = 10_000
_COLUMNS = (
    "record",
    "part",
    "sequence",
    "receiver_time",
    "tablet_time",
    *_SAME,
)


def keep(
    file: SurveyFile,
    record: str,
    fixes: Iterable[Any],
    part: str | None,
) -> int:
    """Write epochs into table fix; see `SurveyFile.keep_fixes`."""
    check_uuid(record)
    names, marks = ", ".join(_COLUMNS), ", ".join("?" * len(_COLUMNS))
    with file.atomic():
        rows = [
            (
                record,
                part,
                sequence,
                _text(fix.time),
                _text(fix.tablet_time),
                # A dropout is NaN, which SQLite stores as NULL.
                *(getattr(fix, name) for name in _SAME),
            )
            for sequence, fix in enumerate(fixes, highest(file, record) + 1)
        ]
        file.connection.executemany(f"INSERT INTO fix ({names}) VALUES ({marks})", rows)
    return len(rows)


def highest(file: SurveyFile, record: str) -> int:
    """The sequence of the last epoch of a record that is kept here; 0 if there is none."""
    (found,) = file.connection.execute(
        "SELECT coalesce(max(sequence), 0) FROM fix WHERE record = ?", (record,)
    ).fetchone()
    return int(found)


def of_record(file: SurveyFile, record: str) -> list[dict[str, Any]]:
    """The epochs of a record, in the order they came; see `SurveyFile.fixes_of`."""
    rows = file.connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM fix WHERE record = ? ORDER BY part, sequence", (record,)
    )
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]


def course(file: SurveyFile, record: str) -> dict[str, NDArray[Any]]:
    """The epochs of a record that have a position, in the order they came, as arrays.

    `longitude_deg`, `latitude_deg`, `time_s` (the receiver's since 1970, where it gave none the
    tablet's), `horizontal_accuracy_m` (NaN where nobody said) and `part`.
    """
    rows = file.connection.execute(
        "SELECT longitude_deg, latitude_deg, "
        "(julianday(coalesce(receiver_time, tablet_time)) - 2440587.5) * 86400, "
        "horizontal_accuracy_m, part FROM fix WHERE record = ? AND fix_type <> 'none' "
        "AND longitude_deg IS NOT NULL AND latitude_deg IS NOT NULL ORDER BY sequence",
        (record,),
    )
    numbers, parts = [np.empty((0, 4))], []
    while some := rows.fetchmany(_AT_ONCE):
        numbers.append(np.array([row[:4] for row in some], dtype=float))
        parts += [row[4] for row in some]
    longitude, latitude, time, accuracy = np.concatenate(numbers).T
    return {
        "longitude_deg": longitude,
        "latitude_deg": latitude,
        "time_s": time,
        "horizontal_accuracy_m": accuracy,
        "part": np.array(parts, dtype=object),
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else stamp(moment)
