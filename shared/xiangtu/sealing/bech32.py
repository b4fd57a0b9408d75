"""Bech32 (BIP 173) as age uses it for keys: any length, one case, a checksum of six characters."""

from __future__ import annotations

from ..errors import BadInput

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUE_OF = {character: value for value, character in enumerate(_ALPHABET)}
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def encode(prefix: str, data: bytes) -> str:
    """`data` as lower-case Bech32 under the (lower-case) prefix."""
    values = _regroup(data, 8, 5, pad=True)
    checksum = _polymod([*_expand(prefix), *values, 0, 0, 0, 0, 0, 0]) ^ 1
    values += [(checksum >> shift) & 31 for shift in (25, 20, 15, 10, 5, 0)]
    return prefix + "1" + "".join(_ALPHABET[value] for value in values)


def decode(text: str) -> tuple[str, bytes]:
    """Prefix (lower case) and data; BadInput("key.malformed", reason=…) if it is not sound."""
    if text.lower() != text and text.upper() != text:
        raise BadInput("key.malformed", reason="reason.key_case")
    text = text.lower()
    prefix, separator, tail = text.rpartition("1")
    if not separator or not prefix or len(tail) < 6:
        raise BadInput("key.malformed", reason="reason.key_length")
    if not all(33 <= ord(character) <= 126 for character in prefix):
        raise BadInput("key.malformed", reason="reason.key_characters")
    try:
        values = [_VALUE_OF[character] for character in tail]
    except KeyError:
        raise BadInput("key.malformed", reason="reason.key_characters") from None
    if _polymod([*_expand(prefix), *values]) != 1:
        raise BadInput("key.malformed", reason="reason.key_checksum")
    return prefix, bytes(_regroup(values[:-6], 5, 8, pad=False))


def _expand(prefix: str) -> list[int]:
    codes = [ord(character) for character in prefix]
    return [code >> 5 for code in codes] + [0] + [code & 31 for code in codes]


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            if top >> bit & 1:
                checksum ^= generator
    return checksum


def _regroup(values: bytes | list[int], wide: int, narrow: int, *, pad: bool) -> list[int]:
    """Bits of `values` (each `wide` bits) as numbers of `narrow` bits."""
    out: list[int] = []
    held = bits = 0
    for value in values:
        held = held << wide | value
        bits += wide
        while bits >= narrow:
            bits -= narrow
            out.append(held >> bits & ((1 << narrow) - 1))
        held &= (1 << bits) - 1
    if pad and bits:
        out.append(held << (narrow - bits) & ((1 << narrow) - 1))
    elif not pad and (bits >= wide or held):
        raise BadInput("key.malformed", reason="reason.key_checksum")
    return out
