"""Copies of survey files, also of one in use, and bringing an older one forward."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from ..catalogue.loader import OWN_FOLDER, own_files
from ..catalogue.model import Catalogue
from ..errors import BadFile
from . import attachments, geoid_grids, opening, places
from .faults import told
from .meta import Meta
from .system_tables import FIX_BY_RECORD, FIX_SINCE_2, MEASURING_TABLES, SCHEMA_VERSION


def _say_more_of_measuring(connection: sqlite3.Connection) -> None:
    """More of each fix, and every step of a measurement that goes on."""
    for name, kind in FIX_SINCE_2.items():
        connection.execute(f"ALTER TABLE fix ADD COLUMN {name} {kind}")
    connection.execute("DROP INDEX IF EXISTS fix_by_record")
    for statement in (FIX_BY_RECORD, *opening.statements(MEASURING_TABLES)):
        connection.execute(statement)


#: Schema version → what makes a file of it one of the next; each runs in the upgrade's one
#: transaction. There is no schema before 1.
STEPS: Mapping[int, Callable[[sqlite3.Connection], None]] = {1: _say_more_of_measuring}


def copy(path: Path | str, out: Path | str) -> Path:
    """Copy a survey file as it is at this moment, in use or not, with its attachments, the
    county's geoid grid and, where there is none yet, the county's own catalogue.

    BadInput("file.exists") rather than overwriting; what `store.open` refuses is refused.
    """
    path, out = Path(path), Path(out)
    with opening.reading(path) as source:
        _back_up(source, path, out)
        if path.parent.resolve() != out.parent.resolve():
            for (sha256,) in source.execute("SELECT DISTINCT sha256 FROM attachment").fetchall():
                held = attachments.path_of(path.parent / "attachments", sha256)
                if held.exists():
                    attachments.keep(out.parent / "attachments", sha256, held)
            geoid_grids.copy(Meta(source), path.parent, out.parent)
            if not own_files(out):
                _copy_catalogue(own_files(path), out.parent / OWN_FOLDER)
    return out


def _copy_catalogue(files: list[Path], folder: Path) -> None:
    for path in files:
        folder.mkdir(exist_ok=True)
        with places.new_file(folder / path.name) as temporary:
            temporary.write_bytes(path.read_bytes())


def _back_up(source: sqlite3.Connection, path: Path, out: Path) -> None:
    """A copy that is known to be whole: BadFile("file.damaged") rather than keeping damage."""
    with (
        places.new_file(out) as temporary,
        told(out),
        closing(sqlite3.connect(temporary)) as target,
    ):
        source.backup(target)
        (found,) = target.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise BadFile("file.damaged", path=str(path), reason=found)


def upgrade(path: Path | str, catalogue: Catalogue) -> Path | None:
    """Bring a file of an older version forward, after copying it aside; where the copy lies.

    None if it is of this version already; what it lacks of the catalogue it gets either way.
    Nothing is changed if a step fails. Refuses what `store.open` refuses.
    """
    path = Path(path)
    version = opening.look(path, older=True)
    aside = None
    if version < SCHEMA_VERSION:
        aside = path.with_name(f"{path.stem}.v{version}{path.suffix}")
        with opening.reading(path, older=True) as source:
            _back_up(source, path, aside)
        with opening.migrating(path) as connection:
            for number in range(version, SCHEMA_VERSION):
                STEPS[number](connection)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    opening.open(path, catalogue).close()
    return aside
