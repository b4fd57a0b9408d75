"""Reading files that somebody gave: their digests, and whether they can be read at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..errors import BadPackage

_PIECE_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def readable(path: Path) -> Path:
    """`path` if it is a file with something in it.

    Raises BadPackage: "package.missing", "package.not_a_file", "package.empty",
    "package.unreadable" (reason).
    """
    try:
        if not path.exists():
            raise BadPackage("package.missing", path=path)
        if not path.is_file():
            raise BadPackage("package.not_a_file", path=path)
        if path.stat().st_size == 0:
            raise BadPackage("package.empty", path=path)
        with path.open("rb"):
            return path
    except OSError as fault:
        raise BadPackage("package.unreadable", path=path, reason=fault.strerror) from fault
