"""An open survey file: what can be done with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from numpy.typing import NDArray

from ..catalogue.model import Catalogue, Layer
from ..errors import BadFile, SurveyError
from . import (
    attachments,
    drafts,
    history,
    layer_tables,
    lineage,
    number_ranges,
    past,
    raw_fixes,
    records,
    restoring,
    secrets,
    spatial_statistics,
    spatial_tables,
)
from .faults import told
from .meta import Meta
from .records import UNCHANGED
from .transactions import Transactions
from .values import ValueCheck


class SurveyFile:
    """One survey file, open; made by `store.create` and `store.open`, closed by `close`.

    Attributes
    ----------
    connection : sqlite3.Connection
        In autocommit mode, with the functions that SpatiaLite's triggers call.
    catalogue : Catalogue
    path, attachments : Path
        The file, and the folder of its attachments beside it.
    meta : Meta
        Table meta as a mapping: role, county, name, srid, device, catalogue, recipient…
    repaired : tuple of str
        Tables, columns and triggers that were missing and were made at opening, to be told.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        catalogue: Catalogue,
        *,
        readonly: bool = False,
        repaired: Iterable[str] = (),
    ) -> None:
        self.connection = connection
        self.path = Path(path)
        self.catalogue = catalogue
        self.readonly = readonly
        self.repaired = tuple(repaired)
        self.meta = Meta(connection)
        self.attachments = self.path.parent / "attachments"
        self.srid = int(self.meta["srid"])
        self._transactions = Transactions(connection, self.path)
        self._value_checks: dict[str, ValueCheck] = {}

    def __enter__(self) -> SurveyFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except SurveyError:
            if error is None:
                raise  # else what ended the block is what is to be told

    def close(self) -> None:
        """Take everything from the WAL into the file, so that the file alone is whole, and close.

        While another program reads, its WAL stays until whoever closes last. On a full disk it
        stays too, with all that was saved: BadFile("file.left_beside").
        """
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if not self.readonly:
                with told(self.path):
                    # Without waiting for readers: whoever closes last takes the WAL in.
                    self.connection.execute("PRAGMA busy_timeout = 0").fetchone()
                    if self.meta.get("role") == "county":  # which QGIS opens
                        self._settle_statistics()
                    self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.ProgrammingError:
            return  # closed before
        except BadFile as error:
            if error.code != "file.disk_full":
                raise
            wal = f"{self.path.name}-wal"
            raise BadFile("file.left_beside", path=str(self.path), wal=wal) from error
        finally:
            self.connection.close()

    def _settle_statistics(self) -> None:
        """Spare QGIS the counting; it counts itself where this could not."""
        with suppress(sqlite3.DatabaseError):
            spatial_statistics.settle(self.connection)

    @property
    def device_id(self) -> str:
        """This file's own device."""
        return str(self.meta["device"])

    @property
    def author(self) -> str:
        """Who is signed in, and will stand as surveyor in what is written; "" for nobody."""
        return str(self.connection.execute("SELECT author FROM session").fetchone()[0])

    # -- transactions and who writes ----------------------------------------------------------

    def atomic(
        self, *, quiet: bool = False, doing: str = "", author: str = ""
    ) -> AbstractContextManager[None]:
        """All of the block or nothing; blocks nest. With `quiet` the journal writes nothing.

        Work that may last says what it is by `doing`, the end of a code ("merge": doing.merge in
        i18n/codes), and who does it, by default who is signed in: whoever is kept waiting is told.

        FileBusy if another program keeps writing for more than five seconds, with who it is (see
        holders.facts); BadFile for a full disk and the like, BadFile("file.rolled_back") if an
        inner block lost the transaction.
        """
        return self._transactions.atomic(quiet=quiet, doing=doing, author=author)

    def sign_in(
        self,
        author: str | None = None,
        device: str | None = None,
        basis: str | None = None,
        utc_offset_min: int | None = None,
    ) -> None:
        """Say who writes from now on; what is not given stays, but for the device, which is this
        file's own, and the offset from UTC, which is this machine's now."""
        if utc_offset_min is None:
            offset = datetime.now().astimezone().utcoffset()
            utc_offset_min = round(offset.total_seconds() / 60) if offset else 0
        with self.atomic():
            self.connection.execute(
                "UPDATE session SET author = coalesce(?, author), device = ?, "
                "basis = coalesce(?, basis), utc_offset_min = ?",
                (author, device or self.device_id, basis, utc_offset_min),
            )

    def log(
        self,
        action: str,
        record: str | None = None,
        field: str | None = None,
        detail: str | None = None,
        author: str | None = None,
    ) -> None:
        """Write a line into access_log, by `author` or whoever is signed in."""
        with self.atomic():
            self.connection.execute(
                "INSERT INTO access_log (author, action, record, field, detail) "
                "SELECT coalesce(?, author), ?, ?, ?, ? FROM session",
                (author, action, record, field, detail),
            )

    # -- records ------------------------------------------------------------------------------

    def insert(
        self,
        layer: str,
        values: Mapping[str, Any],
        geometry: Any = None,
        uuid: str | None = None,
    ) -> str:
        """Insert a record; its uuid.

        `geometry` is a shapely geometry in this file's CRS; single ones are promoted to multi.
        Sensitive values are masked and sealed. BadInput: "layer.unknown", "field.unknown",
        "value.type", "record.exists", "uuid.malformed", "geometry.kind" and others.
        """
        geometries = None if geometry is None else [geometry]
        return records.insert_many(self, layer, [values], geometries, [uuid])[0]

    def insert_many(
        self,
        layer: str,
        rows: Iterable[Mapping[str, Any]],
        geometries: Iterable[Any] | None = None,
        uuids: Iterable[str | None] | None = None,
    ) -> list[str]:
        """Insert records in one transaction; their uuids. As many geometries as rows, if any."""
        return records.insert_many(self, layer, rows, geometries, uuids)

    def update(
        self, layer: str, uuid: str, values: Mapping[str, Any], geometry: Any = UNCHANGED
    ) -> None:
        """Change the given values of a record, and its geometry (None takes it away).

        BadInput("record.missing") and those of `insert`.
        """
        records.update(self, layer, uuid, values, geometry)

    def delete(self, layer: str, uuid: str) -> None:
        """Delete a record with its parts; BadInput("record.missing")."""
        records.delete(self, layer, uuid)

    def get(self, layer: str, uuid: str) -> dict[str, Any] | None:
        """All columns of a record, its geometry as shapely; None if there is none."""
        return next(self.select(layer, "uuid = ?", (uuid,)), None)

    def select(
        self,
        layer: str,
        where: str = "",
        parameters: Sequence[Any] = (),
        columns: Sequence[str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Records that meet a SQL condition; geometries as shapely, if among `columns`.

        Without `columns` all but fid. BadInput("field.unknown") for a column the layer has not.
        """
        return records.select(self, layer, where, parameters, columns)

    def arrays(
        self,
        layer: str,
        columns: Sequence[str] = ("uuid",),
        where: str = "",
        parameters: Sequence[Any] = (),
    ) -> tuple[dict[str, NDArray[Any]], NDArray[Any]]:
        """Column → array, and the array of geometries (None where there is none).

        Numbers are float arrays with NaN for what is empty, all else object arrays.
        """
        return records.arrays(self, layer, columns, where, parameters)

    def within(self, layer: str, bounds: tuple[float, float, float, float]) -> list[str]:
        """Uuids of records whose bounds meet (min x, min y, max x, max y)."""
        return records.within(self, layer, bounds)

    def refresh_derived(self, layer: str | None = None, uuids: Iterable[str] | None = None) -> int:
        """Compute derived columns that are empty beside a geometry, or, with `uuids`, those of
        these records anew; how many records."""
        return records.refresh_derived(self, layer, uuids)

    # -- around the records -------------------------------------------------------------------

    def attach(
        self,
        record: str,
        layer: str,
        source: Path | str | bytes,
        *,
        role: str | None = None,
        kind: str = "photo",
        media_type: str | None = None,
        original_name: str | None = None,
        **more: Any,
    ) -> str:
        """Keep a file or bytes as an attachment of a record; the attachment's uuid.

        `more` are further fields of layer attachment: caption, author, taken_at, longitude_deg,
        latitude_deg, bearing_deg.
        """
        return attachments.attach(
            self,
            record,
            layer,
            source,
            role=role,
            kind=kind,
            media_type=media_type,
            original_name=original_name,
            **more,
        )

    def attachments_of(self, record: str) -> list[dict[str, Any]]:
        """The rows of a record's attachments, the earliest first."""
        found = self.select("attachment", "record = ?", (record,))
        return sorted(found, key=lambda each: str(each["created_at"]))

    def attachment_path(self, sha256: str) -> Path:
        """Where an attachment lies, whether or not it is there."""
        return attachments.path_of(self.attachments, sha256)

    def keep_attachment(self, sha256: str, source: Path) -> Path:
        """Copy a file in under its hash; BadFile("attachment.changed") if it has another."""
        return attachments.keep(self.attachments, sha256, source)

    def seal(self, layer: str, uuid: str, field: str, full_value: str) -> None:
        """Give a record a new full value in a sensitive field: masked in its column, sealed."""
        secrets.seal(self, layer, uuid, field, full_value)

    def reveal(self, layer: str, uuid: str, field: str, identity: str, author: str) -> str | None:
        """The full value of a sensitive field, by the county's key; writes a line into the log.

        None if the field is empty. BadPackage("seal.other_key") with a key it was not sealed to.
        """
        return secrets.reveal(self, layer, uuid, field, identity, author)

    def history(self, uuid: str) -> list[history.HistoryEntry]:
        """All changes of a record with their values, live or not, of this file's journal."""
        return history.history(self, uuid)

    def restore(self, change: str, field: str, *, before: bool, reason: str) -> str:
        """Give a record back what it had in a field before a change, or by it, as a new change;
        its uuid. See `restoring.restore`."""
        return restoring.restore(self, change, field, before=before, reason=reason)

    def keep_fixes(
        self,
        record: str,
        fixes: Iterable[Any],
        part: str | None = None,
    ) -> int:
        """Keep the raw epochs (gnss.fix.Fix) that a record was measured with; how many.

        `part` says of which measurement of the record they are. Their sequence goes on after
        the last epoch of the record that is kept already.
        """
        return raw_fixes.keep(self, record, fixes, part)

    def fixes_of(self, record: str) -> list[dict[str, Any]]:
        """The raw epochs of a record, in the order they came, by column of table fix."""
        return raw_fixes.of_record(self, record)

    def descend(self, layer: str, parent: str, child: str, kind: str) -> None:
        """Note that `child` came from `parent` by split, join or adjustment.

        BadInput("lineage.kind") for another kind.
        """
        lineage.descend(self, layer, parent, child, kind)

    def descendants(self, parent: str) -> list[tuple[str, str]]:
        """(uuid, kind) of the records that came from a record."""
        return lineage.children_of(self, parent)

    def as_of(self, layer: str, time: datetime) -> Iterator[dict[str, Any]]:
        """The records of a layer as they stood at a time (with its zone), say the close of a
        campaign: uuid, the journalled and the derived columns, geometries as shapely.

        Read from the journal: edits made here by then, and those of packages merged by then.
        Where teams contradicted each other and nobody had decided yet, the value that arrived
        last. The cost is that of reading the layer's journal. BadInput("time.no_zone").
        """
        return past.as_of(self, layer, time)

    def save_draft(
        self, record: str, layer: str, answers: Mapping[str, Any], geometry: Any = None
    ) -> dict[str, Any]:
        """Keep the answers of a form that is not confirmed yet; the answers as kept, in which
        sensitive ones are masked, their full text sealed."""
        return drafts.save(self, record, layer, answers, geometry)

    def drafts(self) -> list[drafts.Draft]:
        """All drafts, the latest first."""
        return drafts.all_of(self)

    def drop_draft(self, record: str) -> None:
        """Forget the draft of a record, once its answers are confirmed or thrown away."""
        drafts.drop(self, record)

    def next_code(self, layer: str, prefix: str) -> str:
        """The next official code of a layer that begins with `prefix`, after those in use.

        On a tablet out of the ranges of its assignments: BadInput("number_range.missing"),
        ("number_range.used_up").
        """
        return number_ranges.next_code(self, layer, prefix)

    # -- the file itself ----------------------------------------------------------------------

    def follow(self, catalogue: Catalogue) -> list[str]:
        """Go on with this catalogue: what the file lacks of it is made; the names of that.

        After an error the file is as it was, but this object is to be closed.
        """
        with self.atomic():
            self.catalogue = catalogue
            self._value_checks.clear()
            made = layer_tables.align(self.connection, catalogue, self.srid)
            self.meta["catalogue"] = catalogue.version
        return made

    def missing_triggers(self) -> list[str]:
        """Names of triggers that another program dropped or altered."""
        return layer_tables.missing_triggers(self.connection, self.catalogue)

    def repair_triggers(self) -> list[str]:
        """Make missing triggers anew; their names."""
        with self.atomic():
            return layer_tables.repair_triggers(self.connection, self.catalogue)

    def ensure_spatial_index(self) -> bool:
        """Make the spatial indexes that a SQLite without R*Tree could not; False if this one
        cannot either."""
        with self.atomic():
            return all(
                spatial_tables.ensure_spatial_index(self.connection, layer)
                for layer in layer_tables.journalled_layers(self.catalogue)
                if layer.geometry
            )

    def value_check(self, layer: Layer) -> ValueCheck:
        """What the columns of a layer take."""
        if layer.name not in self._value_checks:
            self._value_checks[layer.name] = ValueCheck(self.catalogue, layer)
        return self._value_checks[layer.name]
