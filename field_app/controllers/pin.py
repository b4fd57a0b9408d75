"""The PIN of a tablet: keeps whoever finds it from working on it, and nothing more.

It locks the screen and seals nothing: the survey file lies beside it in the clear, but for the
private fields, which are sealed to the county's key. So a short one will do; wrong ones make the
next wait longer. A surveyor who forgot it says so, and the county's next assignment for this very
tablet, which nobody else can make, takes it away.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xiangtu.errors import BadInput
from xiangtu.store import places

PIN_FILE = "pin.json"
FEWEST, MOST = 4, 12
#: scrypt with 16 MB: some 50 ms here, so that guessing costs a tablet's time (RFC 7914, §2).
_COST = {"n": 1 << 14, "r": 8, "p": 1}
#: So many may be mistyped; then 5 s are waited after each, twice as long each time, up to 5 min.
_FREE, _FIRST_WAIT_S, _LONGEST_WAIT_S = 3, 5.0, 300.0


class Pin:
    """The PIN in a tablet's folder, if one is set.

    What is waited is counted by a clock that cannot be set; the number of wrong ones outlives the
    process, and whoever begins it anew waits from then on.
    """

    def __init__(self, folder: Path | str, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = Path(folder) / PIN_FILE
        self._clock = clock
        self._last_wrong_at = clock()

    @property
    def is_set(self) -> bool:
        return self._read() is not None

    def choose(self, digits: str) -> None:
        """Set it, in place of another.

        BadInput("field.pin.digits") unless it is 4 to 12 digits; BadFile ("file.…").
        """
        if not (FEWEST <= len(digits) <= MOST and digits.isascii() and digits.isdigit()):
            raise BadInput("field.pin.digits", fewest=FEWEST, most=MOST)
        salt = os.urandom(16)
        self._write({"salt": salt.hex(), "hash": _hash(digits, salt), "wrong": 0})

    def remove(self) -> None:
        """Have none from now on."""
        with places.place_told(self._path):
            self._path.unlink(missing_ok=True)
            places.sync(self._path.parent)

    def check(self, digits: str) -> None:
        """Pass if the PIN is right, or none is set.

        BadInput: "field.pin.wait" (seconds) too soon after a wrong one, which is not even looked
        at; "field.pin.wrong".
        """
        kept = self._read()
        if kept is None:
            return
        left_s = self._wait_s(kept["wrong"]) - (self._clock() - self._last_wrong_at)
        if left_s > 0:
            raise BadInput("field.pin.wait", seconds=round(left_s + 0.5))
        typed = _hash(digits, bytes.fromhex(kept["salt"]))
        if not hmac.compare_digest(typed.encode(), kept["hash"].encode()):
            self._last_wrong_at = self._clock()
            self._write(kept | {"wrong": kept["wrong"] + 1})
            raise BadInput("field.pin.wrong")
        self._write({"salt": kept["salt"], "hash": kept["hash"], "wrong": 0})

    def forgotten(self) -> None:
        """It was forgotten: the next assignment takes it away, unless it comes back to mind."""
        kept = self._read()
        if kept is not None:
            self._write(kept | {"forgotten": True})

    def assignment_taken(self) -> bool:
        """A new assignment of the county was taken in; whether that took the PIN away."""
        kept = self._read()
        if kept is None or not kept.get("forgotten"):
            return False
        self.remove()
        return True

    def _wait_s(self, wrong: int) -> float:
        if wrong < _FREE:
            return 0.0
        return min(_FIRST_WAIT_S * 2.0 ** min(wrong - _FREE, 20), _LONGEST_WAIT_S)

    def _read(self) -> dict[str, Any] | None:
        """What is kept, None where nothing is. A damaged file is a PIN that nobody knows: it can
        be forgotten like any other."""
        with places.place_told(self._path):
            try:
                text = self._path.read_bytes()
            except FileNotFoundError:
                return None
        try:
            kept = json.loads(text)
            sound = (
                isinstance(kept["hash"], str)
                and bytes.fromhex(kept["salt"])
                and isinstance(kept["wrong"], int)
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            sound = False
        return dict(kept) if sound else {"salt": "00", "hash": "", "wrong": 0}

    def _write(self, kept: dict[str, Any]) -> None:
        places.replace_text(self._path, json.dumps(kept))


def _hash(digits: str, salt: bytes) -> str:
    return hashlib.scrypt(digits.encode(), salt=salt, dklen=32, **_COST).hex()
