"""Who a tablet and a county are: their secret keys in files, and what they show of them.

A tablet has an Ed25519 key to sign and an age identity (X25519) to be sealed to; its device id
is derived from the signing key, so nobody can take another's. A county has one age identity in
a file beside the county file; its signing key is derived from that identity, so that there is
one secret to keep.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..errors import BadFile, BadInput
from . import age, bech32

#: Files whose names are fixed: on a tablet the key in its folder, at the county beside the file.
DEVICE_KEY_FILE = "device.key"
_SIGNING_PREFIX = "xiangtu-signing-key-"
_ID_BYTES = 10


@dataclass(frozen=True)
class PublicKeys:
    """What others may know: the signing key (32 bytes) and the age recipient."""

    signing_key: bytes
    recipient: str

    @property
    def device_id(self) -> str:
        return device_id(self.signing_key)


@dataclass(frozen=True, repr=False)
class SecretKeys:
    """A signing key and an age identity; never shown by repr."""

    signing: Ed25519PrivateKey
    identity: str

    @property
    def public(self) -> PublicKeys:
        return PublicKeys(
            self.signing.public_key().public_bytes_raw(), age.recipient_of(self.identity)
        )

    def sign(self, data: bytes) -> bytes:
        """The Ed25519 signature (64 bytes) of `data`."""
        return self.signing.sign(data)


def device_id(signing_key: bytes) -> str:
    """16 letters and digits that follow from a public signing key."""
    digest = hashlib.sha256(b"xiangtu/device/v1" + signing_key).digest()[:_ID_BYTES]
    return base64.b32encode(digest).decode("ascii").lower()


def verify(signing_key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is that of `data` by the owner of the public `signing_key`."""
    try:
        Ed25519PublicKey.from_public_bytes(signing_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def make_device_key(path: Path) -> SecretKeys:
    """A tablet's new keys, written to `path` (mode 600); refuses to overwrite."""
    signing = Ed25519PrivateKey.generate()
    keys = SecretKeys(signing, age.generate_identity())
    secret = bech32.encode(_SIGNING_PREFIX, signing.private_bytes_raw()).upper()
    _write_secret(
        path,
        (
            f"# created: {_now()}",
            f"# device: {keys.public.device_id}",
            f"# public key: {keys.public.recipient}",
            f"# signing key: {base64.b64encode(keys.public.signing_key).decode()}",
            secret,
            keys.identity,
        ),
    )
    return keys


def read_device_key(path: Path) -> SecretKeys:
    """The keys that `make_device_key` wrote; BadFile("key.damaged") for anything else."""
    lines = _secret_lines(path)
    try:
        secret, identity = lines
        prefix, raw = bech32.decode(secret)
        age.secret_of(identity)
        if prefix != _SIGNING_PREFIX or len(raw) != 32:
            raise ValueError(prefix)
    except ValueError:
        raise BadFile("key.damaged", path=path) from None
    return SecretKeys(Ed25519PrivateKey.from_private_bytes(raw), identity)


def county_key_path(county_path: Path) -> Path:
    """Where a county file's secret key lies by default: beside it, with the ending .key."""
    return Path(county_path).with_suffix(".key")


def make_county_key(county_path: Path) -> str:
    """A new county identity in `county_key_path` (mode 600); the public recipient.

    The file is one that `age -i` reads. Refuses to overwrite: a lost key is a lost county.
    """
    identity = age.generate_identity()
    recipient = age.recipient_of(identity)
    _write_secret(
        county_key_path(county_path),
        (f"# created: {_now()}", f"# public key: {recipient}", identity),
    )
    return recipient


def county_identity(county_path: Path, key: Path | None = None) -> str:
    """The county's secret identity from its key file (`key`, or the one beside the county file).

    Raises
    ------
    BadFile
        "county_key.missing" (path), or "key.damaged" if it holds no age identity.
    """
    path = key or county_key_path(county_path)
    if not path.is_file():
        raise BadFile("county_key.missing", path=path)
    lines = _secret_lines(path)
    if len(lines) != 1:
        raise BadFile("key.damaged", path=path)
    try:
        age.secret_of(lines[0])
    except BadInput:
        raise BadFile("key.damaged", path=path) from None
    return lines[0]


def county_keys(identity: str) -> SecretKeys:
    """Sealing and signing keys of the county that has this identity."""
    seed = HKDF(hashes.SHA256(), 32, b"", b"xiangtu/county-signing/v1").derive(
        age.secret_of(identity)
    )
    return SecretKeys(Ed25519PrivateKey.from_private_bytes(seed), identity)


def to_text(data: bytes) -> str:
    """Keys and signatures as they stand in JSON: base64."""
    return base64.b64encode(data).decode("ascii")


def from_text(text: object, length: int) -> bytes | None:
    """The `length` bytes that `to_text` wrote; None if the text is not that."""
    if not isinstance(text, str):
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if len(data) == length else None


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _write_secret(path: Path, lines: tuple[str, ...]) -> None:
    """Write under a temporary name, synced, then moved: a key is there whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        if path.exists():
            raise BadFile("key.exists", path=path)
        with os.fdopen(os.open(temporary, flags, 0o600), "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except OSError as fault:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise BadFile("key.unwritable", path=path, reason=fault.strerror) from fault


def _secret_lines(path: Path) -> list[str]:
    """The lines that are no comments; the text itself is never a fact of an error."""
    try:
        if path.stat().st_size > 10_000:
            raise BadFile("key.damaged", path=path)
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise BadFile("key.missing", path=path) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise BadFile("key.damaged", path=path) from fault
    return [line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"]
