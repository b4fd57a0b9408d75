"""The raw epochs behind a measured geometry, as the receiver gave them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .values import check_uuid

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
        for sequence, fix in enumerate(fixes, 1)
    ]
    names, marks = ", ".join(_COLUMNS), ", ".join("?" * len(_COLUMNS))
    with file.atomic():
        file.connection.executemany(f"INSERT INTO fix ({names}) VALUES ({marks})", rows)
    return len(rows)


def of_record(file: SurveyFile, record: str) -> list[dict[str, Any]]:
    """The epochs of a record, in the order they came; see `SurveyFile.fixes_of`."""
    rows = file.connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM fix WHERE record = ? ORDER BY part, sequence", (record,)
    )
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]


def _text(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
