"""A BagIt bag (RFC 8493, SHA-256 manifests) in a zip, written and checked entry by entry.

The signature covers the tag manifest, which covers the manifest, which covers every payload
file. Nothing of a bag is used before its names, sizes, hashes and signature have been checked.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

from ..errors import BadPackage, RefusedSignature
from ..sealing import keys

ROOT = "bag/"
_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_MANIFEST = "manifest-sha256.txt"
_TAG_MANIFEST = "tagmanifest-sha256.txt"
_SIGNATURE = "signature.json"
_TAG_FILES = ("bag-info.txt", "bagit.txt", _MANIFEST)
_MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
_PIECE_BYTES = 1 << 20
_BESIDE_A_DATABASE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Limits:
    """What a bag may hold at most; a zip bomb is stopped by what it declares, before a byte."""

    files: int = 50_000
    file_bytes: int = 8 << 30
    total_bytes: int = 32 << 30
    tag_bytes: int = 16 << 20
    #: Nothing we pack shrinks more than this (empty database pages do by about 60).
    ratio: int = 200
    name_length: int = 200


LIMITS = Limits()


class BagWriter:
    """Writes a bag into a stream that need not seek (it may be one that seals).

    Use it in a `with` block; without `finish` what was written is no bag.
    """

    def __init__(self, target: IO[bytes] | io.RawIOBase) -> None:
        self._zip = zipfile.ZipFile(
            cast(IO[bytes], target), "w", zipfile.ZIP_DEFLATED, allowZip64=True
        )
        self._manifest: dict[str, str] = {}
        self._payload_bytes = 0

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        # The error that ended the block is the one to tell, not that the end cannot be written.
        with contextlib.suppress(OSError, ValueError) if kind else contextlib.nullcontext():
            self._zip.close()

    def add_file(self, name: str, path: Path, *, compress: bool) -> str:
        """Put the file at data/`name`; returns its SHA-256. Photos do not shrink: no compress."""
        digest = hashlib.sha256()
        kind = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        with (
            path.open("rb") as source,
            self._zip.open(_entry("data/" + name, kind), "w", force_zip64=True) as target,
        ):
            while piece := source.read(_PIECE_BYTES):
                digest.update(piece)
                self._payload_bytes += len(piece)
                target.write(piece)
        return self._listed("data/" + name, digest.hexdigest())

    def add_bytes(self, name: str, data: bytes) -> str:
        """Put `data` at data/`name`; returns its SHA-256."""
        self._zip.writestr(_entry("data/" + name, zipfile.ZIP_DEFLATED), data)
        self._payload_bytes += len(data)
        return self._listed("data/" + name, hashlib.sha256(data).hexdigest())

    def finish(self, info: Mapping[str, str], signer: keys.SecretKeys) -> None:
        """Write the manifests and the signature."""
        oxum = f"{self._payload_bytes}.{len(self._manifest)}"
        lines = {**info, "Payload-Oxum": oxum}
        tags = {
            "bag-info.txt": "".join(f"{name}: {text}\n" for name, text in lines.items()).encode(),
            "bagit.txt": _DECLARATION,
            _MANIFEST: _manifest_text(self._manifest),
        }
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in tags.items()}
        tag_manifest = _manifest_text(digests)
        signature = {
            "algorithm": "Ed25519",
            "over": _TAG_MANIFEST,
            "signing_key": keys.to_text(signer.public.signing_key),
            "signature": keys.to_text(signer.sign(tag_manifest)),
        }
        tags[_TAG_MANIFEST] = tag_manifest
        tags[_SIGNATURE] = json.dumps(signature, indent=1).encode() + b"\n"
        for name, data in tags.items():
            self._zip.writestr(_entry(name, zipfile.ZIP_DEFLATED), data)

    def _listed(self, name: str, digest: str) -> str:
        self._manifest[name] = digest
        return digest


def _entry(name: str, kind: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(ROOT + name, datetime.now(UTC).timetuple()[:6])
    entry.compress_type = kind
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    return entry


def _manifest_text(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()


class BagReader:
    """A bag from outside; every method refuses with BadPackage, facts `path` (the container).

    Order of use: construct (names, sizes), `verify` (tag manifest, signature), `extract`
    (hashes of the payload).
    """

    def __init__(
        self,
        archive: Path,
        shown: Path,
        allowed: re.Pattern[str],
        limits: Limits = LIMITS,
    ) -> None:
        self.path = shown
        self._limits = limits
        try:
            self._zip = zipfile.ZipFile(archive)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as fault:
            raise BadPackage("package.truncated", path=shown) from fault
        try:
            self._entries = self._checked_entries(archive.stat().st_size, allowed)
        except BaseException:
            self._zip.close()
            raise
        self._digests: dict[str, str] = {}

    def close(self) -> None:
        self._zip.close()

    def _checked_entries(
        self, archive_bytes: int, allowed: re.Pattern[str]
    ) -> dict[str, zipfile.ZipInfo]:
        """Entries by name inside the bag, once names, kinds and sizes are all acceptable."""
        entries = self._zip.infolist()
        if len(entries) > self._limits.files:
            raise BadPackage(
                "package.too_large",
                path=self.path,
                what="files",
                found=len(entries),
                limit=self._limits.files,
            )
        found: dict[str, zipfile.ZipInfo] = {}
        seen: set[str] = set()
        for entry in entries:
            reason = _name_fault(entry, self._limits)
            name = entry.filename.removeprefix(ROOT)
            if reason is None and name.lower() in seen:
                reason = "reason.name_twice"
            if reason is None and name not in (*_TAG_FILES, _TAG_MANIFEST, _SIGNATURE):
                reason = None if allowed.fullmatch(name) else "reason.name_unexpected"
            if reason is not None:
                shown = entry.filename[:80].encode("unicode_escape").decode("ascii")
                raise BadPackage("package.name", path=self.path, name=shown, reason=reason)
            seen.add(name.lower())
            found[name] = entry
        self._check_sizes(entries, archive_bytes)
        for name in (*_TAG_FILES, _TAG_MANIFEST):
            if name not in found:
                raise BadPackage("package.incomplete", path=self.path, name=name)
        return found

    def _check_sizes(self, entries: list[zipfile.ZipInfo], archive_bytes: int) -> None:
        limits = self._limits
        for entry in entries:
            bound = limits.file_bytes if "/data/" in entry.filename else limits.tag_bytes
            # Small files may shrink by any ratio; they cannot hurt.
            bound = min(bound, max(entry.compress_size * limits.ratio, 1 << 20))
            if entry.file_size > bound:
                raise BadPackage(
                    "package.too_large",
                    path=self.path,
                    what=entry.filename,
                    found=entry.file_size,
                    limit=bound,
                )
        total = sum(entry.file_size for entry in entries)
        if total > limits.total_bytes:
            raise BadPackage(
                "package.too_large",
                path=self.path,
                what="bytes",
                found=total,
                limit=limits.total_bytes,
            )
        # Entries that share bytes are how a small zip unpacks to anything.
        offsets = {entry.header_offset for entry in entries}
        overlapping = sum(entry.compress_size for entry in entries) > archive_bytes
        if overlapping or len(offsets) < len(entries):
            raise BadPackage("package.overlapping", path=self.path)
        if min(offsets, default=0) < 0 or max(offsets, default=0) >= archive_bytes:
            raise BadPackage("package.truncated", path=self.path)

    def verify(self, signing_key: bytes) -> None:
        """Check tag manifest, signature, and that the manifest lists just what is there.

        Raises
        ------
        RefusedSignature
            "package.unsigned", "package.wrong_signature".
        BadPackage
            "package.changed" (name), "package.incomplete" (name).
        """
        tag_manifest = self._read_tag(_TAG_MANIFEST)
        self._check_signature(signing_key, tag_manifest)
        digests = self._manifest(tag_manifest, _TAG_MANIFEST)
        if set(digests) != set(_TAG_FILES):
            raise BadPackage("package.incomplete", path=self.path, name=_TAG_MANIFEST)
        for name, digest in digests.items():
            if hashlib.sha256(self._read_tag(name)).hexdigest() != digest:
                raise BadPackage("package.changed", path=self.path, name=name)
        if self._read_tag("bagit.txt") != _DECLARATION:
            raise BadPackage("package.incomplete", path=self.path, name="bagit.txt")
        self._digests = self._manifest(self._read_tag(_MANIFEST), _MANIFEST)
        payload = {name for name in self._entries if name.startswith("data/")}
        for name in sorted(payload ^ set(self._digests)):
            raise BadPackage("package.incomplete", path=self.path, name=name)

    def claimed_key(self) -> bytes | None:
        """The public signing key that the bag names as its signer's; proves nothing by itself."""
        return self._signature_part("signing_key", 32)

    def _signature_part(self, name: str, length: int) -> bytes | None:
        if _SIGNATURE not in self._entries:
            raise RefusedSignature("package.unsigned", path=self.path)
        try:
            return keys.from_text(json.loads(self._read_tag(_SIGNATURE))[name], length)
        except (ValueError, TypeError, KeyError, IndexError, RecursionError):
            return None

    def _check_signature(self, signing_key: bytes, tag_manifest: bytes) -> None:
        signature = self._signature_part("signature", 64)
        if signature is None or not keys.verify(signing_key, signature, tag_manifest):
            raise RefusedSignature("package.wrong_signature", path=self.path)

    def _manifest(self, text: bytes, name: str) -> dict[str, str]:
        digests: dict[str, str] = {}
        for line in text.decode("utf-8", "replace").splitlines():
            parts = _MANIFEST_LINE.fullmatch(line)
            if parts is None or parts[2] in digests:
                raise BadPackage("package.incomplete", path=self.path, name=name)
            digests[parts[2]] = parts[1]
        return digests

    def extract(
        self, folder: Path, step: Callable[[float], None] = lambda fraction: None
    ) -> dict[str, str]:
        """Write the payload below `folder`, hashing as it goes; name in data/ → SHA-256.

        Call `verify` first. `step` is told the fraction done before each file. Raises
        BadPackage("package.changed", name) for the first file whose hash is not the listed one.
        """
        digests = {}
        for place, (name, expected) in enumerate(self._digests.items()):
            step(place / len(self._digests))
            inside = name.removeprefix("data/")
            target = folder / inside
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            digest = hashlib.sha256()
            try:
                with self._zip.open(self._entries[name]) as source, target.open("xb") as file:
                    while piece := source.read(_PIECE_BYTES):
                        digest.update(piece)
                        file.write(piece)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as fault:
                raise BadPackage("package.changed", path=self.path, name=inside) from fault
            if digest.hexdigest() != expected:
                raise BadPackage("package.changed", path=self.path, name=inside)
            digests[inside] = expected
        return digests

    def _read_tag(self, name: str) -> bytes:
        try:
            return self._zip.read(self._entries[name])
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as fault:
            raise BadPackage("package.changed", path=self.path, name=name) from fault


def _name_fault(entry: zipfile.ZipInfo, limits: Limits) -> str | None:
    """Why an entry's name or kind is refused; None if it is harmless."""
    name = entry.filename
    if entry.orig_filename != name or "\\" in name or not name.isprintable():
        return "reason.name_characters"
    if len(name) > limits.name_length:
        return "reason.name_length"
    if name.startswith("/") or ":" in name:
        return "reason.name_absolute"
    if any(part in ("", ".", "..") for part in name.split("/")):
        return "reason.name_dots"
    if not name.startswith(ROOT):
        return "reason.name_outside"
    if name.endswith(_BESIDE_A_DATABASE):
        return "reason.name_side_file"
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "reason.name_link"
    if entry.flag_bits & 0x1:
        return "reason.name_encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "reason.name_compression"
    return None
