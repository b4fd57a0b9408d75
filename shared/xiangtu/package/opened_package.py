"""Opening a survey package at the county: every check before anything in it is believed."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from ..errors import BadPackage, RefusedSignature
from ..sealing import keys
from ..store import SurveyFile
from ..store.system_tables import APPEND_ONLY, FIX_SINCE_2, SYSTEM_TABLES
from . import container
from .bag import LIMITS, BagReader, Limits
from .description import (
    AssignmentDescription,
    Header,
    Kind,
    PackageDescription,
    ReceiptDescription,
    from_json,
)
from .doubtful_database import open_doubtful
from .given_file import sha256_of
from .row_copying import columns_of, quoted

Value = TypeVar("Value")
_DATABASE = "survey.sqlite"
#: Tables that the county reads out of every package.
_READ = ("change", "change_value", "basis", *APPEND_ONLY)
#: What SQLite says when a limit of open_doubtful is passed.
_OVER_THE_LIMIT = (sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_INTERRUPT)
_DESCRIPTIONS: Mapping[Kind, type] = {
    "survey": PackageDescription,
    "assignment": AssignmentDescription,
    "receipt": ReceiptDescription,
}


@dataclass(frozen=True)
class OpenedPackage:
    """A verified package, unsealed into a private folder that ends with the `with` block.

    `connection` can only read; `attachments` maps SHA-256 to a file whose bytes have it;
    `sha256` is of the container.
    """

    path: Path
    description: PackageDescription
    connection: sqlite3.Connection
    attachments: Mapping[str, Path]
    sha256: str


@contextlib.contextmanager
def open_package(
    path: Path | str, *, identity: str, file: SurveyFile, limits: Limits = LIMITS
) -> Iterator[OpenedPackage]:
    """Open a survey package for the county file `file`.

    Raises
    ------
    BadPackage
        Whatever is wrong with it, facts `path` and more; the package is refused whole.
    RefusedSignature
        "package.unknown_device", "package.retired_device", "package.unsigned",
        "package.wrong_signature".
    """
    path = Path(path)
    header = container.read_header(path, "survey")
    if header.county != file.meta["county"]:
        raise BadPackage(
            "package.other_county", path=path, found=header.county, expected=file.meta["county"]
        )
    signing_key = _enrolled_key(file, header.device, path)
    with container.unsealed(path, "survey", identity, limits) as (bag, folder):
        bag.verify(signing_key)
        digests = bag.extract(folder)
        description = _described(PackageDescription, folder, header, path)
        if description.srid != file.srid:
            raise BadPackage(
                "package.other_crs", path=path, found=description.srid, expected=file.srid
            )
        attachments = _attachments(digests, folder, path)
        if _DATABASE not in digests:
            raise BadPackage("package.incomplete", path=path, name=_DATABASE)
        tables = {*file.catalogue.layers, *_system_columns()}
        connection = open_doubtful(folder / _DATABASE, tables, path)
        try:
            _check_content(connection, description, path)
            yield OpenedPackage(path, description, connection, attachments, sha256_of(path))
        except sqlite3.Error as fault:
            # Only what is read from outside has limits on length and work.
            if getattr(fault, "sqlite_errorcode", None) not in _OVER_THE_LIMIT:
                raise
            raise BadPackage("package.database", path=path, reason=str(fault)) from fault
        finally:
            connection.close()


def inspect(
    path: Path | str, *, identity: str | None = None, file: SurveyFile | None = None
) -> dict[str, object]:
    """What a container is, for a person to read.

    Without `identity` only what its unsealed header says (`verified` is False). With the key all
    hashes and the signature are checked; with `file` too, a survey package is checked just as
    before merging. Errors as in `open_package`.
    """
    path = Path(path)
    header = container.read_header(path)
    found: dict[str, object] = {
        **asdict(header),
        "path": str(path),
        "sha256": sha256_of(path),
        "size_bytes": path.stat().st_size,
        "verified": False,
    }
    if identity is None:
        return found
    if file is not None and header.kind == "survey":
        with open_package(path, identity=identity, file=file) as opened:
            description: Any = opened.description
            attachments = len(opened.attachments)
    else:
        with container.unsealed(path, header.kind, identity) as (bag, folder):
            bag.verify(_claimed_key(bag, header, identity))
            digests = bag.extract(folder)
            description = _described(_DESCRIPTIONS[header.kind], folder, header, path)
            attachments = sum(name.startswith("attachments/") for name in digests)
    return {
        **found,
        **asdict(description),
        "attachments": attachments,
        "verified": True,
    }


def _enrolled_key(file: SurveyFile, device: str, path: Path) -> bytes:
    row = file.connection.execute(
        "SELECT signing_key, retired_at FROM device WHERE id = ?", (device,)
    ).fetchone()
    if row is None:
        raise RefusedSignature("package.unknown_device", path=path, device=device)
    if row[1] is not None:
        raise RefusedSignature(
            "package.retired_device", path=path, device=device, retired_at=row[1]
        )
    return bytes(row[0])


def _claimed_key(bag: BagReader, header: Header, identity: str) -> bytes:
    """The key a container must be signed with: the county's own, or the one the id stands for."""
    if header.kind != "survey":
        return keys.county_keys(identity).public.signing_key
    key = bag.claimed_key()
    if key is None or keys.device_id(key) != header.device:
        raise RefusedSignature("package.wrong_signature", path=bag.path)
    return key


def _described(cls: type[Value], folder: Path, header: Header, path: Path) -> Value:
    place = folder / container.DESCRIPTION
    if not place.exists():
        raise BadPackage("package.incomplete", path=path, name=container.DESCRIPTION)
    description = from_json(cls, place.read_bytes(), path)
    container.check_inside(header, description, path)
    return description


def _attachments(digests: Mapping[str, str], folder: Path, path: Path) -> dict[str, Path]:
    found = {}
    for name, digest in digests.items():
        if name.startswith("attachments/"):
            if name != f"attachments/{digest}":
                raise BadPackage("package.changed", path=path, name=name)
            found[digest] = folder / name
    return found


@lru_cache(maxsize=1)
def _system_columns() -> Mapping[str, tuple[str, ...]]:
    """Tables of every survey file and their columns."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SYSTEM_TABLES)
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = [name for (name,) in rows.fetchall()]
        return {name: columns_of(connection, name) for name in names}


def _check_content(connection: sqlite3.Connection, about: PackageDescription, path: Path) -> None:
    """The database has the tables it must have, and as much in them as the description says."""
    for table in _READ:
        missing = set(_system_columns()[table]) - set(columns_of(connection, table))
        if table == "fix":
            missing -= FIX_SINCE_2.keys()  # made by a tablet that has not been brought forward
        if missing:
            name = f"{table}.{min(missing)}"
            raise BadPackage(
                "package.database_table", path=path, name=name, reason="reason.missing"
            )
    try:
        for table, expected in about.counts.items():
            if not columns_of(connection, table):
                raise BadPackage(
                    "package.database_table", path=path, name=table, reason="reason.missing"
                )
            (found,) = connection.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()
            if found != expected:
                raise BadPackage(
                    "package.counts", path=path, name=table, found=found, expected=expected
                )
    except sqlite3.Error as fault:
        raise BadPackage("package.database", path=path, reason=str(fault)) from fault
    changes = about.last_change - about.first_change + 1
    if about.counts.get("change") != changes or (about.number == 1) != (about.previous is None):
        raise BadPackage("package.description", path=path, field="last_change")
