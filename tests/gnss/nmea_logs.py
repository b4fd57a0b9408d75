"""The receivers' logs that the tests read, and what gpsd makes of each."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

ALL_LOGS = (
    "beidou-bd",
    "bu303-climbing",
    "bu303-nofix",
    "nmea-rtk",
    "quectel-eg25-g",
    "skytraq",
    "ublox-zed-f9r",
    "unicore-um621",
)
#: SiRF binary: gpsd writes the sentences it makes of it into the .chk.
BINARY_LOGS = ("bu303-climbing", "bu303-nofix")


def data_of(shared_data: Path, log: str) -> bytes:
    """The sentences of a log, with whatever else is in it."""
    suffix = ".log.chk" if log in BINARY_LOGS else ".log"
    return (shared_data / "nmea" / "gpsd" / f"{log}{suffix}").read_bytes()


def reports_of(shared_data: Path, log: str, *kinds: str) -> list[dict]:
    """gpsd's own reports of some kinds, in order."""
    text = (shared_data / "nmea" / "gpsd" / f"{log}.log.chk").read_text("latin-1")
    starts = tuple(f'{{"class":"{kind}"' for kind in kinds or ("TPV",))
    # Looked at before json sees it: gpsd's own test output holds a few lines with stray bytes.
    return [json.loads(line) for line in text.splitlines() if line.startswith(starts)]


def stamp_of(moment: datetime) -> str:
    """A time as gpsd writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def sentence(body: str) -> bytes:
    """A sentence as a receiver says it, with its checksum and line end."""
    total = 0
    for letter in body.encode():
        total ^= letter
    return f"${body}*{total:02X}\r\n".encode()
