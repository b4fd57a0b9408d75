"""The age file format, version 1, with X25519 recipients (https://c2sp.org/age).

Written on `cryptography` alone, because the tablet has nothing else; what is sealed here opens
with the `age` program and the other way round. Keys are strings: a recipient is "age1…", an
identity "AGE-SECRET-KEY-1…".
"""

from __future__ import annotations

import base64
import binascii
import hmac
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..errors import BadInput, BadPackage
from . import bech32

VERSION_LINE = b"age-encryption.org/v1\n"
CHUNK_BYTES = 64 * 1024
_TAG_BYTES = 16
_FILE_KEY_BYTES = 16
_NONCE_BYTES = 16
_BODY_LINE = 64
#: A header longer than this is hostile: a county has a handful of recipients of 110 bytes each.
HEADER_LIMIT_BYTES = 256 * 1024
_RECIPIENT_PREFIX = "age"
_IDENTITY_PREFIX = "age-secret-key-"
_X25519_INFO = b"age-encryption.org/v1/X25519"
_ZERO_NONCE = bytes(12)


class Target(Protocol):
    """Where plain or sealed bytes go."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True)
class Stanza:
    """One recipient's share of a header: how the file key was wrapped, and the wrapped key."""

    kind: str
    arguments: tuple[str, ...]
    body: bytes


def generate_identity() -> str:
    """A new secret identity, "AGE-SECRET-KEY-1…"."""
    return identity_from(X25519PrivateKey.generate().private_bytes_raw())


def identity_from(secret: bytes) -> str:
    """The identity string of 32 secret bytes."""
    return bech32.encode(_IDENTITY_PREFIX, secret).upper()


def secret_of(identity: str) -> bytes:
    """The 32 secret bytes of an identity; BadInput("key.identity") if it is none."""
    return _key_bytes(identity.strip(), _IDENTITY_PREFIX, "key.identity", upper=True)


def recipient_of(identity: str) -> str:
    """The public recipient "age1…" that belongs to a secret identity."""
    public = X25519PrivateKey.from_private_bytes(secret_of(identity)).public_key()
    return bech32.encode(_RECIPIENT_PREFIX, public.public_bytes_raw())


def check_recipient(recipient: str) -> None:
    """BadInput("key.recipient") unless the text is a sound X25519 recipient."""
    _recipient_bytes(recipient)


def hmac_key(identity: str) -> bytes:
    """32 bytes for keyed equality of sealed values, derived from an identity.

    Whoever can unseal can compare, and nobody else (design: private fields).
    """
    return _hkdf(secret_of(identity), salt=b"", info=b"xiangtu/secret-equality/v1")


def encrypt(data: bytes, recipients: Sequence[str]) -> bytes:
    """`data` sealed to every recipient."""
    target = io.BytesIO()
    encrypt_stream(io.BytesIO(data), target, recipients)
    return target.getvalue()


def decrypt(data: bytes, identities: Iterable[str]) -> bytes:
    """What `data` holds, opened with the first identity that fits.

    Raises
    ------
    BadPackage
        "seal.damaged" (reason) for anything but a sound age file, "seal.other_key" if it was
        sealed to none of the identities.
    """
    target = io.BytesIO()
    decrypt_stream(io.BytesIO(data), target, identities)
    return target.getvalue()


def encrypt_stream(source: BinaryIO, target: Target, recipients: Sequence[str]) -> None:
    """Seal everything that `source` still holds into `target`, 64 KiB at a time."""
    with SealingWriter(target, recipients) as writer:
        while chunk := source.read(CHUNK_BYTES):
            writer.write(chunk)


class SealingWriter(io.RawIOBase):
    """A file to write to whose bytes reach `target` sealed; closing it ends the sealed file."""

    def __init__(self, target: Target, recipients: Sequence[str]) -> None:
        super().__init__()
        if not recipients:
            raise BadInput("key.no_recipient")
        file_key = os.urandom(_FILE_KEY_BYTES)
        stanzas = [_wrap(file_key, _recipient_bytes(recipient)) for recipient in recipients]
        nonce = os.urandom(_NONCE_BYTES)
        self._target = target
        self._cipher = _payload_cipher(file_key, nonce)
        self._held = bytearray()
        self._counter = 0
        target.write(write_header(file_key, stanzas))
        target.write(nonce)

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        """Take all of `data`; what fills no chunk yet is kept until the next call."""
        view = memoryview(data).cast("B")
        self._held += view
        # A full chunk goes out only once more is known to follow: the last one is marked.
        while len(self._held) > CHUNK_BYTES:
            self._seal(bytes(self._held[:CHUNK_BYTES]), last=False)
            del self._held[:CHUNK_BYTES]
        return len(view)

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._held), last=True)
            self._held.clear()
        super().close()

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Close; after an error without ending the sealed file, so that it cannot be opened."""
        if kind is not None:
            super().close()
        else:
            self.close()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._target.write(
            self._cipher.encrypt(_chunk_nonce(self._counter, last=last), chunk, None)
        )
        self._counter += 1


def decrypt_stream(source: BinaryIO, target: Target, identities: Iterable[str]) -> None:
    """Open `source` into `target`, 64 KiB at a time; errors as in `decrypt`.

    Each chunk is authenticated before it is written, but whether the file is whole is known
    only at its end: on an error, throw away what was written.
    """
    secrets = [secret_of(identity) for identity in identities]
    header, mac, stanzas = read_header(source)
    file_key = _unwrap_any(stanzas, secrets)
    if not hmac.compare_digest(mac, _header_mac(file_key, header)):
        raise BadPackage("seal.damaged", reason="reason.changed")
    nonce = _read_exactly(source, _NONCE_BYTES)
    if len(nonce) < _NONCE_BYTES:
        raise BadPackage("seal.damaged", reason="reason.truncated")
    cipher = _payload_cipher(file_key, nonce)
    sealed_bytes = CHUNK_BYTES + _TAG_BYTES
    counter = 0
    chunk = _read_exactly(source, sealed_bytes)
    while True:
        following = _read_exactly(source, sealed_bytes) if len(chunk) == sealed_bytes else b""
        last = not following
        if len(chunk) < _TAG_BYTES or (last and counter and len(chunk) == _TAG_BYTES):
            raise BadPackage("seal.damaged", reason="reason.truncated")
        try:
            plain = cipher.decrypt(_chunk_nonce(counter, last=last), chunk, None)
        except InvalidTag:
            raise BadPackage("seal.damaged", reason="reason.changed_or_cut") from None
        target.write(plain)
        if last:
            return
        chunk = following
        counter += 1


def write_header(file_key: bytes, stanzas: Sequence[Stanza]) -> bytes:
    """The textual header with its MAC, ending in a newline."""
    lines = [VERSION_LINE]
    for stanza in stanzas:
        lines.append(" ".join(("->", stanza.kind, *stanza.arguments)).encode() + b"\n")
        body = _to_base64(stanza.body)
        # The last line is always shorter than 64 columns, so it may have to be empty.
        for start in range(0, len(body) + 1, _BODY_LINE):
            lines.append(body[start : start + _BODY_LINE].encode() + b"\n")
    lines.append(b"---")
    header = b"".join(lines)
    return header + b" " + _to_base64(_header_mac(file_key, header)).encode() + b"\n"


def read_header(source: BinaryIO) -> tuple[bytes, bytes, list[Stanza]]:
    """The header's bytes that the MAC covers, the MAC, and the stanzas.

    Leaves `source` at the payload. BadPackage("seal.damaged") for any departure from the
    grammar: there is one way only to write a header.
    """
    reader = _HeaderLines(source)
    if reader.line() != VERSION_LINE[:-1]:
        raise BadPackage("seal.damaged", reason="reason.no_age_file")
    stanzas: list[Stanza] = []
    while True:
        before = bytes(reader.raw)
        line = reader.line()
        if line.startswith(b"---"):
            if not line.startswith(b"--- "):
                raise BadPackage("seal.damaged", reason="reason.header")
            mac = _from_base64(line[4:])
            if len(mac) != 32:
                raise BadPackage("seal.damaged", reason="reason.header")
            if not stanzas:
                raise BadPackage("seal.damaged", reason="reason.header")
            return before + b"---", mac, stanzas
        if not line.startswith(b"-> "):
            raise BadPackage("seal.damaged", reason="reason.header")
        words = line[3:].split(b" ")
        if any(not word or any(not 33 <= code <= 126 for code in word) for word in words):
            raise BadPackage("seal.damaged", reason="reason.header")
        kind, *arguments = (word.decode("ascii") for word in words)
        stanzas.append(Stanza(kind, tuple(arguments), reader.body()))


class _HeaderLines:
    """Lines of a header, read byte-exactly so that the payload behind them stays unread."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.raw = bytearray()

    def line(self) -> bytes:
        """The next line without its newline."""
        line = self._source.readline(HEADER_LIMIT_BYTES)
        self.raw += line
        if len(self.raw) > HEADER_LIMIT_BYTES or not line.endswith(b"\n"):
            raise BadPackage("seal.damaged", reason="reason.header")
        return line[:-1]

    def body(self) -> bytes:
        """A stanza's body: full lines of 64 columns and one shorter."""
        parts = []
        while True:
            line = self.line()
            if len(line) > _BODY_LINE:
                raise BadPackage("seal.damaged", reason="reason.header")
            parts.append(_from_base64(line))
            if len(line) < _BODY_LINE:
                return b"".join(parts)


def _wrap(file_key: bytes, recipient: bytes) -> Stanza:
    ephemeral = X25519PrivateKey.generate()
    share = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient))
    key = _hkdf(shared, salt=share + recipient, info=_X25519_INFO)
    body = ChaCha20Poly1305(key).encrypt(_ZERO_NONCE, file_key, None)
    return Stanza("X25519", (_to_base64(share),), body)


def _unwrap_any(stanzas: Sequence[Stanza], secrets: Sequence[bytes]) -> bytes:
    """The file key, from the first stanza that one of the secrets opens."""
    if len(stanzas) > 1 and any(stanza.kind == "scrypt" for stanza in stanzas):
        raise BadPackage("seal.damaged", reason="reason.header")
    found = None
    for stanza in stanzas:
        if stanza.kind != "X25519":
            continue
        share = _from_base64(stanza.arguments[0].encode()) if len(stanza.arguments) == 1 else b""
        # A body of any other length would allow an attack that tries several keys at once.
        if len(share) != 32 or len(stanza.body) != _FILE_KEY_BYTES + _TAG_BYTES:
            raise BadPackage("seal.damaged", reason="reason.header")
        for secret in secrets:
            found = found or _unwrap(stanza.body, share, secret)
    if found is None:
        raise BadPackage("seal.other_key")
    return found


def _unwrap(body: bytes, share: bytes, secret: bytes) -> bytes | None:
    private = X25519PrivateKey.from_private_bytes(secret)
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(share))
    except ValueError:  # a point of low order: the shared secret would be known to everybody
        raise BadPackage("seal.damaged", reason="reason.header") from None
    recipient = private.public_key().public_bytes_raw()
    key = _hkdf(shared, salt=share + recipient, info=_X25519_INFO)
    try:
        return ChaCha20Poly1305(key).decrypt(_ZERO_NONCE, body, None)
    except InvalidTag:
        return None


def _header_mac(file_key: bytes, header: bytes) -> bytes:
    return hmac.digest(_hkdf(file_key, salt=b"", info=b"header"), header, "sha256")


def _payload_cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(_hkdf(file_key, salt=nonce, info=b"payload"))


def _chunk_nonce(counter: int, *, last: bool) -> bytes:
    return counter.to_bytes(11, "big") + bytes([last])


def _hkdf(secret: bytes, *, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


def _read_exactly(source: BinaryIO, count: int) -> bytes:
    """`count` bytes, or fewer at the end; a pipe may hand out less than it was asked for."""
    data = source.read(count)
    while len(data) < count:
        more = source.read(count - len(data))
        if not more:
            break
        data += more
    return data


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii").rstrip("=")


def _from_base64(text: bytes) -> bytes:
    """Unpadded, canonical base64 only: every other spelling of the same bytes is refused."""
    if text.endswith(b"="):
        raise BadPackage("seal.damaged", reason="reason.header")
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise BadPackage("seal.damaged", reason="reason.header") from None
    if _to_base64(data).encode() != text:
        raise BadPackage("seal.damaged", reason="reason.header")
    return data


def _recipient_bytes(recipient: str) -> bytes:
    return _key_bytes(recipient.strip(), _RECIPIENT_PREFIX, "key.recipient", upper=False)


def _key_bytes(text: str, prefix: str, code: str, *, upper: bool) -> bytes:
    """The 32 bytes of a key; the text itself is never a fact, as it may be a secret."""
    if text != (text.upper() if upper else text.lower()):
        raise BadInput(code, reason="reason.key_case")
    try:
        found, data = bech32.decode(text)
    except BadInput as fault:
        raise BadInput(code, reason=fault.facts["reason"]) from None
    if found != prefix or len(data) != 32:
        raise BadInput(code, reason="reason.key_kind")
    return data
