"""Handing a file out: complete under its name or not there at all, and never over another."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import BadFile, BadPackage

_PIECE_BYTES = 1 << 20


@contextlib.contextmanager
def written(path: Path) -> Iterator[Path]:
    """A temporary path to write to; synced and moved to `path` when the block ends well.

    Raises
    ------
    BadFile
        "output.exists" if there is something at `path`, "output.no_folder",
        "output.no_space", "output.unwritable" (reason).
    """
    if path.exists() or path.is_symlink():
        raise BadFile("output.exists", path=path)
    if not path.parent.is_dir():
        raise BadFile("output.no_folder", path=path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.rename(path)
        sync_folder(path.parent)
    except OSError as fault:
        code = "output.no_space" if fault.errno == errno.ENOSPC else "output.unwritable"
        raise BadFile(code, path=path, reason=fault.strerror or str(fault)) from fault
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def sync_folder(folder: Path) -> None:
    """Make a move in `folder` last through a power loss; Windows has no such call."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
