"""Who is writing a survey file: long work says so beside the file, of other programs the system
knows; both to tell whoever is kept waiting."""

from __future__ import annotations

import getpass
import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from . import processes


@dataclass(frozen=True)
class Announcement:
    """What long work says of itself, in a small file beside the survey file while it lasts.

    `doing` is a code ("doing.merge"), `since` UTC. Only whoever holds the write lock writes one.
    """

    doing: str
    author: str
    since: str
    program: str
    process: int
    computer: str


def place_of(path: Path) -> Path:
    """Where the announcement about a survey file lies."""
    return Path(f"{path}-holder")


def announce(path: Path, doing: str, author: str) -> Announcement:
    """Say beside the file who begins what. Nothing depends on it: where it cannot be written,
    whoever waits is told less."""
    said = Announcement(
        f"doing.{doing}",
        author or _login(),
        datetime.now(UTC).isoformat(timespec="seconds"),
        processes.own_name(),
        os.getpid(),
        platform.node(),
    )
    try:
        place_of(path).write_text(json.dumps(asdict(said), ensure_ascii=False), encoding="utf-8")
    except OSError:
        clear(path)
    return said


def withdraw(path: Path, said: Announcement) -> None:
    """Take the announcement back, once the work has ended; never that of the next one."""
    if _read(path) == said:
        clear(path)


def clear(path: Path) -> bool:
    """Take away what a process left that was killed; whether there was something. Only for
    whoever holds the write lock: then nobody else can be at work."""
    try:
        place_of(path).unlink()
    except OSError:
        return False
    return True


def at_work(path: Path) -> Announcement | None:
    """The long work that goes on in a file just now; QGIS had better wait for its end, since its
    own commits give up after five seconds."""
    return _believed(_read(path), processes.writing(path))


def facts(path: Path) -> dict[str, object]:
    """Who writes the file just now, as facts of FileBusy: `holder` is a code, the others are what
    its words need.

    "holder.work" (doing, author, since, program, process, computer) for long work of ours,
    "holder.program" (program, process, user) for another program, "holder.here" for this very
    one, "holder.open_in" (programs) where it is only known who has the file open, else
    "holder.unknown".
    """
    said = at_work(path)
    if said is not None:
        return _working(said)
    for process in processes.writing(path):
        if process == os.getpid():
            return {"holder": "holder.here"}
        name = processes.name_of(process)
        if name:
            user = processes.user_of(process) or "?"
            return {"holder": "holder.program", "program": name, "process": process, "user": user}
    programs = [
        f"{processes.name_of(process)} ({process})" for process in processes.having_open(path)
    ]
    if programs:
        return {"holder": "holder.open_in", "programs": ", ".join(programs)}
    return {"holder": "holder.unknown"}


def _read(path: Path) -> Announcement | None:
    """The announcement as it stands; None if there is none, or half of one."""
    try:
        told = json.loads(place_of(path).read_text(encoding="utf-8"))
        said = Announcement(**told)
    except (OSError, ValueError, TypeError):
        return None
    kinds = {name: str for name in told} | {"process": int}
    return said if all(isinstance(told[name], kind) for name, kind in kinds.items()) else None


def _believed(said: Announcement | None, locking: list[int]) -> Announcement | None:
    """What is said, unless another process is known to hold the file, or that one has ended."""
    if said is None or (locking and said.process not in locking):
        return None
    if not locking and said.computer == platform.node() and not processes.runs(said.process):
        return None
    return said


def _working(said: Announcement) -> dict[str, object]:
    try:
        since = f"{datetime.fromisoformat(said.since).astimezone():%H:%M:%S}"
    except ValueError:
        since = said.since
    return {"holder": "holder.work", **asdict(said), "since": since}


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "?"
