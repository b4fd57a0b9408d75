"""Uuids: what one looks like, and new ones, as the tables' own default makes them."""

from __future__ import annotations

import os
import re
import time

#: Lower-case uuid of RFC 9562, version 1 to 8, variant 10.
UUID_PATTERN = r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_UUID = re.compile(UUID_PATTERN)


def is_uuid(value: object) -> bool:
    """Whether a value is the text of a well-formed lower-case uuid."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def new_uuid() -> str:
    """A version 7 uuid: milliseconds since 1970, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & ((1 << 48) - 1)) << 80 | random
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
