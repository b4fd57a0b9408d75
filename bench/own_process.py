"""Measuring in a process of its own, so that its time and its peak of memory are its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def run(module: str, *arguments: object) -> dict[str, Any]:
    """Start a module of the bench with these arguments; the JSON document that it prints."""
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{module}", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


def peak_bytes() -> int:
    """The largest resident size of this process so far.

    From /proc, since getrusage's ru_maxrss is carried over exec: it would be the parent's.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
