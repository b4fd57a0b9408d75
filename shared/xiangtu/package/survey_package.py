"""Packing what a tablet surveyed since its last package into a container for the county.

What was packed is noted only when the container lies safely in its place. A packing that was
interrupted is made again with the same uuid and the same changes, so that the county can never
get two different packages of one number.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from .. import store
from ..errors import BadFile, BadInput, BadPackage, Cancelled
from ..store.faults import told
from ..store.identity import new_uuid
from ..store.places import refuse_existing
from ..store.system_tables import APPEND_ONLY
from . import container, package_table
from .bag import BagWriter
from .description import PackageDescription
from .enrolment import now
from .given_file import sha256_of
from .opened_package import OpenedPackage, inspect, open_package
from .row_copying import copy_rows, name_records, quoted
from .tablet import Tablet, load

__all__ = [
    "OpenedPackage",
    "PackageSummary",
    "inspect",
    "next_number",
    "open_package",
    "pack",
]

Progress = Callable[[float, str], bool | None] | None
#: Row of table meta that says which package is being written.
_PACKING = "packing"


@dataclass(frozen=True)
class PackageSummary:
    """What was packed; `left` changes were made later and wait for the next package."""

    path: Path
    uuid: str
    number: int
    first_change: int
    last_change: int
    counts: dict[str, int]
    attachments: int
    missing_attachments: tuple[str, ...]
    sha256: str
    size_bytes: int
    left: int


@dataclass(frozen=True)
class _Range:
    """Which changes a package holds, and its place in the device's chain."""

    uuid: str
    number: int
    previous: str | None
    first_change: int
    last_change: int


def pack(
    tablet_dir: Path | str,
    out: Path | str,
    *,
    again: int | None = None,
    progress: Progress = None,
) -> PackageSummary:
    """Pack every change since the last package into `out` (.xtp).

    Parameters
    ----------
    again : int
        Make an earlier package of this number once more, because it was lost on its way.

    Raises
    ------
    BadInput
        "pack.nothing" when nothing was changed, "pack.unknown_number".
    BadFile
        "tablet.…", "file.…".
    Cancelled
        Nothing is left at `out`; the next packing makes the same package.
    """
    tablet, out = load(tablet_dir), Path(out)
    if not out.parent.is_dir():
        raise BadFile("place.missing", path=out, folder=out.parent)
    with tablet.survey() as survey:
        _take_away_if_unnoted(survey, out)
        refuse_existing(out)  # before anything is noted on the tablet
        _step(progress, 0.0, "pack.reading")
        extent = _earlier(survey, again) if again is not None else _next(survey)
        with (
            _forgotten_if_nothing_got_out(survey, out),
            container.private_folder() as folder,
            closing(sqlite3.connect(survey.path)) as reading,
        ):
            # One snapshot for all that is read, whatever the tablet writes meanwhile.
            reading.execute("BEGIN")
            database = folder / "survey.sqlite"
            content = _Content(survey, reading, extent)
            counts = content.write(database)
            _step(progress, 0.3, "pack.attachments")
            files, missing = content.files()
            description = PackageDescription(
                uuid=extent.uuid,
                device=tablet.device_id,
                number=extent.number,
                previous=extent.previous,
                county=survey.meta["county"],
                srid=survey.srid,
                assignment=content.assignment,
                catalogue=survey.catalogue.version,
                first_change=extent.first_change,
                last_change=extent.last_change,
                counts=counts,
                missing_attachments=missing,
                made_at=now(),
                software=container.SOFTWARE,
                exact=again is None and content.is_latest(),
            )

            def fill(bag: BagWriter) -> None:
                bag.add_file("survey.sqlite", database, compress=True)
                for place, (sha256, path) in enumerate(files.items()):
                    _step(progress, 0.4 + 0.5 * place / len(files), "pack.attachments")
                    bag.add_file(f"attachments/{sha256}", path, compress=False)
                _step(progress, 0.9, "pack.sealing")

            made = container.write(
                out, "survey", description, fill, tablet.secret, [survey.meta["recipient"]]
            )
            if again is None:
                _note(survey, tablet, description, made.sha256, content.append_only)
        (last,) = survey.connection.execute(
            "SELECT coalesce(max(number), 0) FROM change WHERE device = ?", (tablet.device_id,)
        ).fetchone()
    _step(progress, 1.0, "pack.done")
    return PackageSummary(
        out,
        extent.uuid,
        extent.number,
        extent.first_change,
        extent.last_change,
        counts,
        len(files),
        missing,
        made.sha256,
        made.size_bytes,
        last - extent.last_change if again is None else 0,
    )


def _step(progress: Progress, fraction: float, code: str) -> None:
    if progress is not None and progress(fraction, code) is False:
        raise Cancelled("pack.cancelled")


def next_number(survey: store.SurveyFile) -> int:
    """The running number of the package that the tablet makes next."""
    (last,) = survey.connection.execute(
        "SELECT coalesce(max(number), 0) FROM package WHERE device = ?", (survey.device_id,)
    ).fetchone()
    return int(last) + 1


def _next(survey: store.SurveyFile) -> _Range:
    """The package to be made now, noted before a byte of it is written."""
    device = survey.device_id
    with survey.atomic():
        connection = survey.connection
        before = connection.execute(
            "SELECT uuid, number, last_change FROM package WHERE device = ? "
            "ORDER BY number DESC LIMIT 1",
            (device,),
        ).fetchone()
        previous, number, packed = before or (None, 0, 0)
        begun = _begun(survey)
        if begun is not None and begun.number == number + 1:
            return begun
        (last,) = connection.execute(
            "SELECT coalesce(max(number), 0) FROM change WHERE device = ?", (device,)
        ).fetchone()
        if last <= packed:
            raise BadInput("pack.nothing", path=survey.path.parent)
        extent = _Range(new_uuid(), number + 1, previous, packed + 1, last)
        connection.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
            (_PACKING, json.dumps(asdict(extent))),
        )
    return extent


def _begun(survey: store.SurveyFile) -> _Range | None:
    """The package that was being made, or was made and not noted yet."""
    text = survey.meta.get(_PACKING)
    return _Range(**json.loads(text)) if text else None


def _take_away_if_unnoted(survey: store.SurveyFile, out: Path) -> None:
    """Take away what a packing left that was killed between putting its package in place and
    noting it: the same package is made again, and would find its own name taken."""
    begun = _begun(survey)
    if begun is None or not out.is_file():
        return
    with suppress(BadPackage):  # some other file, which is never written over
        if container.read_header(out, "survey").uuid == begun.uuid:
            out.unlink()


@contextmanager
def _forgotten_if_nothing_got_out(survey: store.SurveyFile, out: Path) -> Iterator[None]:
    """After a failure that left no container, the next one is free to hold newer changes too."""
    try:
        yield
    except BaseException:
        if not out.exists():
            with survey.atomic():
                survey.connection.execute("DELETE FROM meta WHERE key = ?", (_PACKING,))
        raise


def _earlier(survey: store.SurveyFile, number: int) -> _Range:
    row = survey.connection.execute(
        "SELECT uuid, number, previous, first_change, last_change FROM package "
        "WHERE device = ? AND number = ?",
        (survey.device_id, number),
    ).fetchone()
    if row is None:
        raise BadInput("pack.unknown_number", number=number, path=survey.path.parent)
    return _Range(*row)


def _note(
    survey: store.SurveyFile,
    tablet: Tablet,
    about: PackageDescription,
    sha256: str,
    append_only: dict[str, list[str]],
) -> None:
    """The package is in its place: note it, and what went with it."""
    with survey.atomic():
        connection = survey.connection
        package_table.note(connection, about, sha256, "packed")
        for table, rows in append_only.items():
            connection.executemany(
                f"UPDATE {table} SET batch = ? WHERE uuid = ?",
                ((about.uuid, each) for each in rows),
            )
        connection.execute("DELETE FROM meta WHERE key = ?", (_PACKING,))


class _Content:
    """What of a tablet's survey belongs to one package, read from one snapshot."""

    def __init__(
        self, survey: store.SurveyFile, reading: sqlite3.Connection, extent: _Range
    ) -> None:
        self._survey = survey
        self._reading = reading
        self._extent = extent
        self._range = (survey.device_id, extent.first_change, extent.last_change)
        (self.assignment,) = reading.execute("SELECT basis FROM session").fetchone()
        self.append_only: dict[str, list[str]] = {}
        touched: dict[str, list[str]] = {}
        for layer, record in reading.execute(
            "SELECT DISTINCT layer, record FROM change WHERE device = ? AND number BETWEEN ? AND ?",
            self._range,
        ):
            touched.setdefault(layer, []).append(record)
        self._touched = touched

    def is_latest(self) -> bool:
        """Whether the tablet changed nothing after what belongs to this package."""
        (last,) = self._reading.execute(
            "SELECT max(number) FROM change WHERE device = ?", (self._survey.device_id,)
        ).fetchone()
        return bool(last == self._extent.last_change)

    def write(self, path: Path) -> dict[str, int]:
        """The package's survey file at `path`; returns how many rows of each table it has."""
        survey = self._survey
        filling = path.with_name("filling.sqlite")
        with store.create(
            filling,
            survey.catalogue,
            survey.srid,
            role="package",
            county=survey.meta["county"],
            name=survey.meta["name"],
        ) as package:
            with package.atomic(quiet=True):
                counts = self._copy(package.connection)
            # Compact, in one file, without a WAL to be lost.
            with told(path):
                package.connection.execute("VACUUM INTO ?", (str(path),))
        with told(path), closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        filling.unlink()
        return counts

    def _copy(self, target: sqlite3.Connection) -> dict[str, int]:
        reading = self._reading
        counts = {}
        for layer, records in self._touched.items():
            named = name_records(reading, "packed", records)
            where = f"WHERE uuid IN (SELECT uuid FROM {named})"
            counts[layer] = copy_rows(reading, target, layer, where)
        inside = "WHERE device = ? AND number BETWEEN ? AND ?"
        counts["change"] = copy_rows(reading, target, "change", inside, self._range)
        counts["change_value"] = copy_rows(
            reading,
            target,
            "change_value",
            f"WHERE change IN (SELECT id FROM change {inside})",
            self._range,
        )
        counts["basis"] = copy_rows(
            reading,
            target,
            "basis",
            f"WHERE uuid IN (SELECT basis FROM change {inside})",
            self._range,
        )
        for table in APPEND_ONLY:
            unpacked = "WHERE batch IS NULL OR batch = ?"
            mine = (self._extent.uuid,)
            rows = reading.execute(f"SELECT uuid FROM {quoted(table)} {unpacked}", mine)
            self.append_only[table] = [name for (name,) in rows]
            counts[table] = copy_rows(reading, target, table, unpacked, mine)
        return counts

    def files(self) -> tuple[dict[str, Path], tuple[str, ...]]:
        """Files of the attachments that came with these changes, and hashes of those not there.

        A photo lost from the tablet must not keep the rest from the county: it is named instead.
        """
        rows = self._reading.execute(
            "SELECT DISTINCT v.new FROM change c JOIN change_value v ON v.change = c.id "
            "WHERE c.device = ? AND c.number BETWEEN ? AND ? AND c.layer = 'attachment' "
            "AND v.field = 'sha256' AND EXISTS "
            "(SELECT 1 FROM attachment a WHERE a.sha256 = v.new)",
            self._range,
        )
        files: dict[str, Path] = {}
        missing = []
        for (sha256,) in rows:
            path = self._survey.attachment_path(sha256)
            if path.is_file() and sha256_of(path) == sha256:
                files[sha256] = path
            else:
                missing.append(sha256)
        return files, tuple(sorted(missing))
