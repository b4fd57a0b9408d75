"""NMEA sentences cut out of a stream of bytes that may hold anything else in between."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

#: The standard allows 82 characters; receivers' own sentences are longer.
LONGEST_SENTENCE = 512
_SENTENCE = re.compile(
    rb"[$!]([\x20\x22\x23\x25-\x29\x2b-\x7e]{3,%d})\*([0-9A-Fa-f]{2})" % LONGEST_SENTENCE
)
_STARTED = re.compile(rb"[$!][A-Z]{2}")
_BETWEEN_LINES = (b"\r\n", b"\n", b"")


@dataclass
class StreamCounts:
    """What went by: a running tally for a person who asks why there is no position.

    `sentences` were sound; `bad_checksum`, `truncated` (begun as a sentence, no checksum at its
    end) and `unreadable` (sound checksum, senseless contents) were dropped; `unused` carry no
    position; `other_bytes` belonged to no sentence (binary protocols, comments, noise);
    `refused_positions` were 0/0, NaN or outside the Earth; `late` came after their epoch was
    given out; `clock_jumps` is how often the receiver's time went back.
    """

    bytes: int = 0
    sentences: int = 0
    bad_checksum: int = 0
    truncated: int = 0
    unreadable: int = 0
    unused: int = 0
    other_bytes: int = 0
    refused_positions: int = 0
    late: int = 0
    clock_jumps: int = 0

    def as_dict(self) -> dict[str, int]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


class SentenceFramer:
    """Feed it bytes as they come, take what looks like sentences; the rest is counted.

    Whether a checksum is right is for the parser to say (see epochs).
    """

    def __init__(self, counts: StreamCounts | None = None) -> None:
        self.counts = counts or StreamCounts()
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Sentences completed by `data`, from "$" to the checksum."""
        self.counts.bytes += len(data)
        buffer = self._rest + data
        found: list[str] = []
        end = 0
        for match in _SENTENCE.finditer(buffer):
            start, after = match.span()
            between = buffer[end:start]
            if between not in _BETWEEN_LINES:
                self._count_between(between)
            end = after
            found.append(match.group().decode("ascii"))
        # What may still become a sentence waits for more: from the last start, if no line ended.
        tail = buffer[end:]
        start = max(tail.rfind(b"$"), tail.rfind(b"!"))
        if start < 0 or len(tail) - start > LONGEST_SENTENCE or _line_ended(tail[start:]):
            start = len(tail)
        self._count_between(tail[:start])
        self._rest = tail[start:]
        return found

    def finish(self) -> None:
        """The stream ended: what is left was cut off."""
        self._count_between(self._rest)
        self._rest = b""

    def _count_between(self, piece: bytes) -> None:
        while piece:
            started = _STARTED.search(piece)
            if started is None:
                self.counts.other_bytes += len(piece.strip())
                return
            self.counts.other_bytes += len(piece[: started.start()].strip())
            self.counts.truncated += 1
            ends = [at for at in (piece.find(mark, started.end()) for mark in b"\r\n$!") if at >= 0]
            piece = piece[min(ends) :] if ends else b""


def checksum(body: str) -> int:
    """The exclusive or of the characters of a sentence between "$" and "*" (ASCII)."""
    # One half upon the other, down to a byte: faster than going through the characters.
    folded = int.from_bytes(body.encode("ascii"), "big")
    if len(body) > 128:
        folded ^= folded >> 2048
        folded ^= folded >> 1024
    folded ^= folded >> 512
    folded ^= folded >> 256
    folded ^= folded >> 128
    folded ^= folded >> 64
    folded ^= folded >> 32
    folded ^= folded >> 16
    return (folded ^ folded >> 8) & 0xFF


def _line_ended(piece: bytes) -> bool:
    return b"\n" in piece or b"\r" in piece
