"""Where survey files lie: writing them safely, and places where they cannot be."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import BadFile, BadInput
from . import processes

#: File systems that several machines share: WAL needs memory shared by all who write
#: (https://sqlite.org/wal.html), and their locks are not to be trusted.
_SHARED_TYPES = {
    "9p", "afs", "ceph", "cifs", "davfs", "fuse.davfs", "fuse.davfs2", "fuse.rclone",
    "fuse.sshfs", "fuse.glusterfs", "glusterfs", "gfs2", "lustre", "ncpfs", "nfs", "nfs4",
    "ocfs2", "smb3", "smbfs",
}  # fmt: skip
_MOUNTS = Path("/proc/mounts")
_REMOTE_DRIVE = 4  # DRIVE_REMOTE of GetDriveTypeW
_BESIDE_A_DATABASE = ("-journal", "-wal", "-shm")
#: What `temporary_beside` names, and what SQLite puts beside it.
_TEMPORARY = re.compile(r"\..+\.(\d{1,9})\.new(?:-journal|-wal|-shm)?", re.ASCII)
_DAY_S = 86_400


def shared_place(path: Path) -> str | None:
    """The kind of network share a path lies on ("nfs", "cifs", "network drive"), or None."""
    where = Path(path).absolute()
    if sys.platform == "win32":
        return _windows_share(where)
    return _mounted_type(where.resolve())


def _windows_share(where: Path) -> str | None:
    if where.drive.startswith("\\\\"):
        return "UNC"
    import ctypes

    drive_type = ctypes.windll.kernel32.GetDriveTypeW(f"{where.drive}\\")  # type: ignore[attr-defined]
    return "network drive" if drive_type == _REMOTE_DRIVE else None


def _mounted_type(where: Path) -> str | None:
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None  # no Linux: nothing is known
    best, kind = -1, ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_unescaped(fields[1]))
        # A later mount on the same point lies over the earlier one.
        if (where == point or point in where.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind if kind in _SHARED_TYPES else None


def _unescaped(point: str) -> str:
    for octal, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(octal, character)
    return point


def refuse_shared(path: Path) -> None:
    """BadFile("file.network_share") if several machines may write where the path lies."""
    kind = shared_place(path)
    if kind:
        raise BadFile("file.network_share", path=str(path), kind=kind)


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """A temporary path beside `target` that takes its place, synced, when all went well.

    Never overwrites: BadInput("file.exists"). A folder that is missing, cannot be written or is
    full is told as BadFile; nothing is left behind then.
    """
    target = Path(target)
    if not target.parent.is_dir():
        raise BadFile("place.missing", path=str(target), folder=str(target.parent))
    refuse_existing(target)
    temporary = temporary_beside(target)
    with place_told(target):
        sweep(target.parent)
        temporary.unlink(missing_ok=True)
        try:
            yield temporary
            sync(temporary)
            refuse_existing(target)
            temporary.rename(target)
        finally:
            temporary.unlink(missing_ok=True)
            for ending in _BESIDE_A_DATABASE:
                Path(f"{temporary}{ending}").unlink(missing_ok=True)
        sync(target.parent)


def temporary_beside(target: Path) -> Path:
    """The name that a file bears until it is whole; it says whose it is, for `sweep`."""
    return target.with_name(f".{target.name}.{os.getpid()}.new")


def sweep(folder: Path) -> None:
    """Take away what processes that were killed left half written in a folder."""
    try:
        names = [each for each in os.listdir(folder) if _TEMPORARY.fullmatch(each)]  # noqa: PTH208
    except OSError:
        return
    for name in names:
        left = folder / name
        process = int(_TEMPORARY.fullmatch(name)[1])  # type: ignore[index]
        with contextlib.suppress(OSError):
            # Numbers of processes come again; nothing is written for a day without a byte.
            if not processes.runs(process) or time.time() - left.stat().st_mtime > _DAY_S:
                left.unlink()


def refuse_existing(target: Path) -> None:
    """BadInput("file.exists") if anything has that name, or if what an earlier file of that name
    had not yet taken in still lies beside (SQLite would write it into the new one)."""
    for path in (target, *(Path(f"{target}{ending}") for ending in ("-journal", "-wal"))):
        if path.exists() or path.is_symlink():
            raise BadInput("file.exists", path=str(path))


@contextmanager
def place_told(path: Path) -> Iterator[None]:
    """Turn what the system says about a place into BadFile with that path."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BadFile("place.missing", path=str(path), folder=str(path.parent)) from error
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            code = "file.readonly_place"
        elif error.errno in (errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else -1):
            code = "file.disk_full"
        else:
            code = "file.unreadable"
        raise BadFile(code, path=str(path), reason=error.strerror or str(error)) from error


def replace_text(path: Path, text: str) -> None:
    """Write a small text file in place of another: whole on the disk, or as it was before.

    BadFile ("place.missing", "file.readonly_place", "file.disk_full"…).
    """
    temporary = temporary_beside(path)
    with place_told(path):
        try:
            temporary.write_text(text, encoding="utf-8")
            sync(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync(path.parent)


def sync(path: Path) -> None:
    """Have a file, or a folder's list of names, on the disk; Windows syncs files only."""
    if path.is_dir():
        if sys.platform == "win32":
            return
        handle = os.open(path, os.O_RDONLY)
    else:
        handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
