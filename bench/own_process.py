"""Measuring in a process of its own, so that its time and its peak of memory are its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def run(module: str, *arguments: object, before: Sequence[str] = ()) -> dict[str, Any]:
    """Start a module of the bench with these arguments, by a program `before` it if there is one;
    the JSON document that it prints."""
    done = subprocess.run(
        [*before, sys.executable, "-m", f"bench.{module}", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


def run_on_a_screen(module: str, *arguments: object) -> dict[str, Any]:
    """As `run`, on a screen of its own (Xvfb), drawn by software."""
    return run(module, *arguments, before=("xvfb-run", "-a", "-s", "-screen 0 800x1280x24"))


def peak_bytes() -> int:
    """The largest resident size of this process so far.

    From /proc, since getrusage's ru_maxrss is carried over exec: it would be the parent's.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
