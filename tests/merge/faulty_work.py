"""One piece of work in a process of its own, that is killed at a chosen point of it.

Points are counted, not timed, so that a case can be repeated: steps of SQLite's virtual machine;
writes of SQLite (its own hook for tests, xSetSystemCall, tells of each before it is done), which
lie inside COMMIT, inside the checkpoint of close and wherever the cache spills; and what is done
to files beside the database (opened for writing, renamed, removed, synced).
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from xiangtu import store, words
from xiangtu.errors import SurveyError
from xiangtu.merge.conflicts import take
from xiangtu.merge.joining import join
from xiangtu.merge.plan import merge
from xiangtu.merge.undo import undo
from xiangtu.package.receipt import read_receipt, write_receipt
from xiangtu.sealing.keys import county_identity
from xiangtu.store import opening

KINDS = ("steps", "writes", "files")
_STEPS_A_POINT = 100
_AUTHOR = "officer"


@dataclass(frozen=True)
class Work:
    """What is done in a folder: `name` of a kind, on what; with a cache so small that pages reach
    the WAL long before COMMIT, if `spilling`."""

    name: str
    subject: str
    choice: str = ""
    spilling: bool = False


def do(work: Work, folder: Path) -> None:
    """Do it as the command line and the plugin do."""
    if work.name == "receive":
        read_receipt(folder, folder.parent / work.subject)
        return
    county = folder / "county.sqlite"
    identity = county_identity(county)
    with store.open(county) as file:
        if work.name == "merge":
            merge(file, folder.parent / work.subject, identity, author=_AUTHOR)
        elif work.name == "undo":
            undo(file, work.subject, author=_AUTHOR)
        elif work.name == "take":
            take(file, work.subject, work.choice, author=_AUTHOR)
        elif work.name == "join":
            join(file, work.subject, author=_AUTHOR)
        else:
            write_receipt(file, folder / "receipt.xtr", work.subject, identity)


class Points:
    """Counts the points that are passed; at the chosen one the process is killed."""

    def __init__(self, kind: str, number: int, torn: bool, disk: Path | None) -> None:
        self.passed = dict.fromkeys(KINDS, 0)
        self.peak_bytes = 0
        self._kind, self._number, self._torn, self._disk = kind, number, torn, disk
        self._kept: list[object] = []
        self.counting = False

    def reached(self, kind: str) -> bool:
        """Whether this is the point; counts it."""
        if not self.counting:
            return False
        self.passed[kind] += 1
        if self._disk is not None and kind != "steps":
            state = os.statvfs(self._disk)
            self.peak_bytes = max(
                self.peak_bytes, (state.f_blocks - state.f_bavail) * state.f_frsize
            )
        return kind == self._kind and self.passed[kind] == self._number + 1

    def at(self, kind: str) -> None:
        if self.reached(kind):
            die()

    # -- steps of the virtual machine ---------------------------------------------------------

    def watch_steps(self) -> None:
        connect = sqlite3.connect

        def connected(*words: object, **more: object) -> sqlite3.Connection:
            made = connect(*words, **more)  # type: ignore[arg-type]
            made.set_progress_handler(lambda: self.at("steps"), _STEPS_A_POINT)
            return made

        sqlite3.connect = connected  # type: ignore[assignment]

    # -- files beside the database ------------------------------------------------------------

    def watch_files(self) -> None:
        changing = os.O_WRONLY | os.O_RDWR | os.O_CREAT
        names = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}

        def heard(event: str, facts: tuple) -> None:
            if event in names or (event == "open" and int(facts[2] or 0) & changing):
                self.at("files")

        sys.addaudithook(heard)
        fsync = os.fsync

        def synced(handle: int) -> None:
            self.at("files")
            fsync(handle)

        os.fsync = synced

    # -- writes of SQLite ---------------------------------------------------------------------

    def watch_writes(self) -> None:
        """Put ourselves before what SQLite calls of the system (sqlite3_vfs.xSetSystemCall)."""
        library = ctypes.CDLL("libsqlite3.so.0")
        library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        vfs = library.sqlite3_vfs_find(None)
        place, size = ctypes.c_void_p, ctypes.c_size_t
        for name, kinds in {
            "pwrite": (ctypes.c_int, place, size, ctypes.c_int64),
            "pwrite64": (ctypes.c_int, place, size, ctypes.c_int64),
            "write": (ctypes.c_int, place, size),
            "ftruncate": (ctypes.c_int, ctypes.c_int64),
            "unlink": (ctypes.c_char_p,),
        }.items():
            address = vfs.contents.xGetSystemCall(vfs, name.encode())
            if not address:
                continue
            shape = ctypes.CFUNCTYPE(ctypes.c_ssize_t, *kinds, use_errno=True)
            hook = shape(self._before(shape(address), len(kinds) > 2))
            self._kept.append(hook)
            vfs.contents.xSetSystemCall(vfs, name.encode(), ctypes.cast(hook, place))

    def _before(self, call: Callable[..., int], writes: bool) -> Callable[..., int]:
        def hook(*facts: int) -> int:
            if self.reached("writes"):
                if writes and self._torn:
                    call(facts[0], facts[1], facts[2] // 2, *facts[3:])
                die()
            return call(*facts)

        return hook


class _Vfs(ctypes.Structure):
    """sqlite3_vfs, version 3 (https://sqlite.org/c3ref/vfs.html)."""

    _fields_ = (
        ("iVersion", ctypes.c_int),
        ("szOsFile", ctypes.c_int),
        ("mxPathname", ctypes.c_int),
        ("pNext", ctypes.c_void_p),
        ("zName", ctypes.c_char_p),
        ("pAppData", ctypes.c_void_p),
        *((f"x{place}", ctypes.c_void_p) for place in range(13)),
        (
            "xSetSystemCall",
            ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p),
        ),
        (
            "xGetSystemCall",
            ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p),
        ),
        ("xNextSystemCall", ctypes.c_void_p),
    )


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> int:
    """Do the work; one line of JSON says how far it came, for a refusal what a person reads."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("work", type=json.loads)
    parser.add_argument("--kind", choices=KINDS, default="steps")
    parser.add_argument("--point", type=int, default=-2)
    parser.add_argument("--torn", action="store_true")
    parser.add_argument("--disk", type=Path)
    said = parser.parse_args()
    work = Work(**said.work)
    if work.spilling:
        opening._CACHE_KIB = 100
    points = Points(said.kind, said.point, said.torn, said.disk)
    points.watch_steps()
    points.watch_files()
    points.watch_writes()
    points.counting = True
    refused = None
    try:
        do(work, said.folder)
    except SurveyError as error:
        refused = {
            "code": error.code,
            "lines": [words.explain(error, language) for language in ("en", "zh")],
        }
    points.counting = False
    print(json.dumps({"passed": points.passed, "peak": points.peak_bytes, "refused": refused}))
    return 2 if refused else 0


def command(folder: Path, work: Work, *options: object) -> list[str]:
    """The words that start this as a process."""
    return [sys.executable, __file__, str(folder), json.dumps(asdict(work)), *map(str, options)]


if __name__ == "__main__":
    sys.exit(main())
