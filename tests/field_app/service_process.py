"""The track's service as a system runs it: one process at most, ended by a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

_WORK = Path(__file__).parent / "track_service_work.py"


class ServiceProcess:
    """Of one tablet's folder; counts how often it was really started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        if not self.runs:
            command = [sys.executable, str(_WORK), str(self._folder)]
            environment = {**os.environ, "ANDROID_ARGUMENT": ""}
            self.process = subprocess.Popen(command, env=environment)
            self.started += 1

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
