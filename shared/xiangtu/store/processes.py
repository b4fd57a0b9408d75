"""Processes of this machine: whether one still runs, and which ones hold a file.

What Linux tells of others comes from /proc (man 5 proc); elsewhere nothing is known of them.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

_PROC = Path("/proc")
#: In WAL mode whoever writes holds this byte of the file's -shm; in the other modes the reserved
#: byte of the file itself (https://sqlite.org/walformat.html, https://sqlite.org/fileformat.html).
_WAL_WRITE_BYTE = 120
_RESERVED_BYTE = 0x40000001
#: "7: POSIX  ADVISORY  WRITE 4242 fe:00:2146753 120 120"
_LOCK = re.compile(
    r"\d+: (?:POSIX|OFDLCK)\s+\w+\s+WRITE\s+(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) (\d+) (\d+|EOF)"
)
_ACCESS_DENIED, _STILL_ACTIVE, _QUERY_LIMITED = 5, 259, 0x1000


def runs(process: int) -> bool:
    """Whether there is a process of that number."""
    if sys.platform == "win32":
        return _runs_on_windows(process)  # os.kill would end it there
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _runs_on_windows(process: int) -> bool:
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    handle = kernel.OpenProcess(_QUERY_LIMITED, False, process)
    if not handle:
        return bool(kernel.GetLastError() == _ACCESS_DENIED)
    code = ctypes.c_ulong()
    kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return code.value == _STILL_ACTIVE


def name_of(process: int) -> str:
    """What people call the program that a process runs: "QGIS", "spatialite"; "" if unknown."""
    try:
        name = (_PROC / str(process) / "comm").read_text(encoding="utf-8", errors="replace").strip()
        words = (_PROC / str(process) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    if name.lower().startswith("qgis"):
        return "QGIS"
    if name.startswith("python"):
        script = next((each for each in words[1:] if each and not each.startswith(b"-")), b"")
        return f"{name} {Path(os.fsdecode(script)).name}".strip() if b"\n" not in script else name
    return name


def own_name() -> str:
    """What people call this program."""
    words = (sys.argv[0] if sys.argv else "", sys.executable or "", name_of(os.getpid()))
    return "QGIS" if any("qgis" in Path(word).name.lower() for word in words) else "xiangtu"


def user_of(process: int) -> str:
    """The login that a process runs under; "" if unknown."""
    try:
        import pwd

        return pwd.getpwuid((_PROC / str(process)).stat().st_uid).pw_name
    except (ImportError, KeyError, OSError):
        return ""


def writing(path: Path) -> list[int]:
    """Processes that hold SQLite's lock for writing on a database."""
    try:
        locks = (_PROC / "locks").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    found: list[int] = []
    for place, byte in ((Path(f"{path}-shm"), _WAL_WRITE_BYTE), (path, _RESERVED_BYTE)):
        try:
            about = place.stat()
        except OSError:
            continue
        device = (os.major(about.st_dev), os.minor(about.st_dev))
        for process, major, minor, inode, first, last in _LOCK.findall(locks):
            if int(inode) != about.st_ino or not int(first) <= byte:
                continue
            if last != "EOF" and int(last) < byte:
                continue
            # Layered file systems number their devices twice; then it must have the file open.
            same_device = (int(major, 16), int(minor, 16)) == device
            if same_device or _has_open(int(process), place):
                found.append(int(process))
    return found


def having_open(path: Path) -> list[int]:
    """Other processes that have a file open, as far as this user may know."""
    try:
        numbers = [int(each.name) for each in _PROC.iterdir() if each.name.isdigit()]
    except OSError:
        return []
    return [each for each in sorted(numbers) if each != os.getpid() and _has_open(each, path)]


def open_here(path: Path) -> bool:
    """Whether this very process has a file open already."""
    return sys.platform != "win32" and _has_open(os.getpid(), path)


def _has_open(process: int, path: Path) -> bool:
    wanted = str(path.resolve())
    try:
        handles = os.listdir(_PROC / str(process) / "fd")  # noqa: PTH208 (hundreds of them)
    except OSError:
        return False
    for handle in handles:
        try:
            if os.readlink(_PROC / str(process) / "fd" / handle) == wanted:  # noqa: PTH115
                return True
        except OSError:
            continue
    return False
