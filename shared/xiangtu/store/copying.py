"""Copies of survey files, also of one in use; bringing an older one forward; looking it through."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from . import attachments, opening, places
from .faults import told


def copy(path: Path | str, out: Path | str) -> Path:
    """Copy a survey file as it is at this moment, in use or not, with its attachments.

    BadInput("file.exists") rather than overwriting; what `store.open` refuses is refused.
    """
    path, out = Path(path), Path(out)
    with opening.reading(path) as source:
        with (
            places.new_file(out) as temporary,
            told(out),
            closing(sqlite3.connect(temporary)) as target,
        ):
            source.backup(target)
        if path.parent.resolve() != out.parent.resolve():
            for (sha256,) in source.execute("SELECT DISTINCT sha256 FROM attachment").fetchall():
                held = attachments.path_of(path.parent / "attachments", sha256)
                if held.exists():
                    attachments.keep(out.parent / "attachments", sha256, held)
    return out
