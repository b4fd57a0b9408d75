"""Making survey files, and opening them only after a look that changes nothing."""

from __future__ import annotations

import gzip
import re
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from .. import catalogue as catalogues
from ..catalogue.loader import resources_folder
from ..catalogue.model import Catalogue
from ..errors import BadFile, FileBusy
from . import holders, layer_tables, places, processes, spatial_functions, spatial_tables
from .faults import told
from .identity import new_uuid
from .survey_file import SurveyFile
from .system_tables import APPLICATION_ID, NOW, SCHEMA_VERSION, SYSTEM_TABLES

#: QGIS's own commits give up after five seconds; so do we.
BUSY_TIMEOUT_S = 5.0
_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
_NEEDED_TABLES = {"geometry_columns", *re.findall(r"CREATE TABLE (\w+)", SYSTEM_TABLES)}
_NEEDED_KEYS = ("role", "county", "srid", "device")
#: What SQLite keeps in memory of a file; a tablet has less of it, and merges nothing.
_CACHE_KIB, _TABLET_CACHE_KIB = 64_000, 12_000


def create(
    path: Path | str,
    catalogue: Catalogue,
    srid: int,
    *,
    role: str,
    county: str,
    name: str = "",
    recipient: str | None = None,
    device: str | None = None,
) -> SurveyFile:
    """Make a survey file and open it; never overwrites.

    `role` is "county" or "tablet" (or "package"); `recipient` is the county's public age key, to
    which private values are sealed; `device` is this file's own device, by default a new uuid.
    BadInput: "file.exists", "crs.unknown", "crs.not_metric". BadFile: "place.missing",
    "file.readonly_place", "file.disk_full", "file.network_share".
    """
    path = Path(path)
    if role == "county":
        places.refuse_shared(path)
    with places.new_file(path) as temporary:
        temporary.write_bytes(_template())
        with told(path), closing(_connect(temporary, "rw")) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN")
            spatial_tables.require_crs(connection, srid)
            for statement in statements(SYSTEM_TABLES):
                connection.execute(statement)
            device = device or new_uuid()
            entries = {
                "role": role,
                "county": county,
                "name": name,
                "srid": srid,
                "device": device,
                "catalogue": catalogue.version,
                "recipient": recipient,
                "file_uuid": new_uuid(),
            }
            connection.executemany(
                "INSERT INTO meta (key, value) VALUES (?, ?)",
                [(key, value) for key, value in entries.items() if value is not None],
            )
            connection.execute(f"INSERT INTO meta (key, value) VALUES ('created_at', {NOW})")
            connection.execute("UPDATE session SET device = ?", (device,))
            layer_tables.align(connection, catalogue, srid)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode = WAL")
    return open(path, catalogue)


def _template() -> bytes:
    path = resources_folder() / "template" / "survey.sqlite.gz"
    with places.place_told(path):
        return gzip.decompress(path.read_bytes())


def statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: executescript would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def open(
    path: Path | str,
    catalogue: Catalogue | None = None,
    *,
    readonly: bool = False,
) -> SurveyFile:
    """Open a survey file, by default with the catalogue that lies beside it (`catalogue.beside`).

    Everything is looked at before anything is touched, so a file that is refused stays byte for
    byte as it was. For writing, what the file lacks of the catalogue (tables, columns, triggers
    that ogr2ogr -overwrite dropped) is made, and named in `SurveyFile.repaired`. For reading it
    must be there.

    Raises
    ------
    BadFile
        "file.missing", "file.is_directory", "file.empty", "file.not_sqlite", "file.not_survey",
        "file.newer", "file.older" (see `upgrade`), "file.truncated", "file.damaged",
        "file.network_share", "file.readonly_place", "file.needs_rtree", "file.behind_catalogue".
    BadCatalogue
        The county's own catalogue beside the file has a mistake.
    FileBusy
        Another program holds the file ("file.busy").
    """
    path = Path(path)
    look(path)
    with told(path):
        role = _role(path)
        if role == "county":
            places.refuse_shared(path)
        found = catalogue if catalogue is not None else catalogues.beside(path)
        if readonly:
            return _open_to_read(path, found)
        return _open_to_write(path, found)


def open_to_look(path: Path | str) -> SurveyFile:
    """Open a file that is not to be changed by a person, but by what looking notes (such as edits
    made in QGIS). While another program writes it, it is only read. Errors as `open`."""
    try:
        return open(path)
    except FileBusy:
        return open(path, readonly=True)


def _role(path: Path) -> str:
    """What the file is for, once it has all that every survey file has; else
    BadFile("file.damaged") with the name of what is missing."""
    with closing(_connect_to_look(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        lacking = sorted(_NEEDED_TABLES - tables)
        if not lacking:
            meta = dict(connection.execute("SELECT key, value FROM meta"))
            lacking = [f"meta.{key}" for key in _NEEDED_KEYS if meta.get(key) is None]
    if lacking:
        raise BadFile("file.damaged", path=str(path), reason=", ".join(lacking))
    return str(meta["role"])


def _open_to_read(path: Path, catalogue: Catalogue) -> SurveyFile:
    connection = _connect_to_read(path)
    try:
        lacking = layer_tables.lacking(connection, catalogue)
        if lacking:
            raise BadFile("file.behind_catalogue", path=str(path), lacking=", ".join(lacking))
        return SurveyFile(connection, path, catalogue, readonly=True)
    except BaseException:
        connection.close()
        raise


def _open_to_write(path: Path, catalogue: Catalogue) -> SurveyFile:
    # Whoever closes last takes the WAL away, unless it was killed (or is still at work).
    cut_off = Path(f"{path}-wal").exists()
    connection = _connect(path, "rw")
    try:
        connection.execute("BEGIN IMMEDIATE")
        cut_off = holders.clear(path) or cut_off
        connection.execute("ROLLBACK")
        if cut_off:
            places.sweep(path.parent)
            places.sweep(path.parent / "attachments")
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("PRAGMA synchronous = FULL")
        spatial_tables.require_rtree(connection, path)
        file = SurveyFile(connection, path, catalogue)
        on_tablet = file.meta["role"] == "tablet"
        cache_kib = min(_CACHE_KIB, _TABLET_CACHE_KIB) if on_tablet else _CACHE_KIB
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
        file.repaired = tuple(_made_whole(file))
        return file
    except BaseException:
        connection.close()
        raise


def _made_whole(file: SurveyFile) -> list[str]:
    """What the file lacked of the catalogue and now has."""
    made: list[str] = []
    if (
        file.meta.get("catalogue") != file.catalogue.version
        or file.missing_triggers()
        or file.connection.execute("SELECT device FROM session").fetchone()[0] != file.device_id
    ):
        with file.atomic():
            made = file.follow(file.catalogue)
            file.connection.execute("UPDATE session SET device = ?", (file.device_id,))
    if layer_tables.missing_indexes(file.connection, file.catalogue):
        with file.atomic():
            layer_tables.make_missing_indexes(file.connection, file.catalogue)
    file.ensure_spatial_index()
    file.refresh_derived()
    return made


def look(path: Path, *, older: bool = False) -> int:
    """Refuse what is no survey file of this schema, by its first bytes alone; its schema version.

    With `older` a file of an earlier schema passes.
    """
    if processes.open_here(path):
        return _look_again(path, older)
    with places.place_told(path):
        if path.is_dir():
            raise BadFile("file.is_directory", path=str(path))
        if not path.exists():
            raise BadFile("file.missing", path=str(path))
        size = path.stat().st_size
        with path.open("rb") as stream:
            header = stream.read(_HEADER_BYTES)
    if not header:
        raise BadFile("file.empty", path=str(path))
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise BadFile("file.not_sqlite", path=str(path))
    # Offsets from https://sqlite.org/fileformat.html
    (application,) = struct.unpack_from(">I", header, 68)
    (version,) = struct.unpack_from(">I", header, 60)
    _check_kind(path, application, version, older)
    (page_size,) = struct.unpack_from(">H", header, 16)
    (pages,) = struct.unpack_from(">I", header, 28)
    expected = pages * (65536 if page_size == 1 else page_size)
    if size < expected and not has_wal(path):
        raise BadFile("file.truncated", path=str(path), size=size, expected=expected)
    return int(version)


def _look_again(path: Path, older: bool) -> int:
    """`look` at a file that this process has open already, as QGIS has the layers that it shows.

    Through SQLite alone: POSIX ends all locks of a process on a file when any handle to it is
    closed (https://sqlite.org/howtocorrupt.html, 2.2), and whoever closes the file elsewhere would
    take the WAL away under those who still write into it.
    """
    with told(path), closing(_connect_to_look(path)) as connection:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    _check_kind(path, application, version, older)
    return int(version)


def _check_kind(path: Path, application: int, version: int, older: bool) -> None:
    if application != APPLICATION_ID:
        raise BadFile("file.not_survey", path=str(path))
    if version > SCHEMA_VERSION:
        raise BadFile("file.newer", path=str(path), found=version, known=SCHEMA_VERSION)
    if version < SCHEMA_VERSION and not older:
        raise BadFile("file.older", path=str(path), found=version, known=SCHEMA_VERSION)


def has_wal(path: Path) -> bool:
    """Whether a WAL with something in it lies beside a file: it is in use, or was cut off."""
    wal = Path(f"{path}-wal")
    return wal.exists() and wal.stat().st_size > 0


def _connect(path: Path, mode: str, *, immutable: bool = False) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}{'&immutable=1' if immutable else ''}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    spatial_functions.register(connection)
    return connection


def _connect_to_look(path: Path) -> sqlite3.Connection:
    """A connection that leaves no trace: without a WAL the file is complete and can be read as if
    nothing could change it."""
    return _connect(path, "ro", immutable=not has_wal(path))


def _connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. Where nothing can be written beside the file either, WAL
    cannot work, and the file is read as one that does not change."""
    connection = _connect(path, "rw")
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM meta").fetchone()
        return connection
    except sqlite3.OperationalError:
        connection.close()
        if has_wal(path):
            raise
    return _connect(path, "ro", immutable=True)


@contextmanager
def reading(path: Path, *, older: bool = False) -> Iterator[sqlite3.Connection]:
    """A bare connection for reading, after a look; closed at the end."""
    look(path, older=older)
    with told(path), closing(_connect_to_read(path)) as connection:
        yield connection


@contextmanager
def migrating(path: Path) -> Iterator[sqlite3.Connection]:
    """A bare connection in one transaction for steps of an upgrade; closed at the end."""
    with told(path), closing(_connect(path, "rw")) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield connection
        connection.execute("COMMIT")
