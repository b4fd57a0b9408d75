"""Attachments beside the database, under their SHA-256; original bytes are never rewritten."""

from __future__ import annotations

import hashlib
import mimetypes
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import BadFile, BadInput
from . import places

if TYPE_CHECKING:
    from .survey_file import SurveyFile

_NAME = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20
_BEGINNINGS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n": "image/png",
    b"%PDF": "application/pdf",
}


def path_of(folder: Path, sha256: str) -> Path:
    """Where the bytes of that hash lie; BadInput("attachment.name") for what is no hash."""
    if not _NAME.fullmatch(sha256):
        raise BadInput("attachment.name", sha256=sha256)
    return folder / sha256


def attach(
    file: SurveyFile,
    record: str,
    layer_name: str,
    source: Path | str | bytes,
    *,
    role: str | None,
    kind: str,
    media_type: str | None = None,
    original_name: str | None = None,
    **more: Any,
) -> str:
    """Keep the bytes and write the row; see `SurveyFile.attach`."""
    file.catalogue.layer(layer_name)
    if isinstance(source, bytes):
        data, sha256 = source, hashlib.sha256(source).hexdigest()
        size, head = len(data), data[:16]
        keep_bytes(file.attachments, sha256, data)
    else:
        path = Path(source)
        original_name = original_name or path.name
        with places.place_told(path), path.open("rb") as stream:
            head = stream.read(16)
            stream.seek(0)
            sha256, size = _hash(stream)
        keep(file.attachments, sha256, path)
    return file.insert(
        "attachment",
        {
            "record": record,
            "layer": layer_name,
            "sha256": sha256,
            "media_type": media_type or _media_type(head, original_name),
            "size_bytes": size,
            "kind": kind,
            "role": role,
            "original_name": original_name,
            **more,
        },
    )


def _media_type(head: bytes, name: str | None) -> str:
    for beginning, media_type in _BEGINNINGS.items():
        if head.startswith(beginning):
            return media_type
    guessed, _ = mimetypes.guess_type(name or "")
    return guessed or "application/octet-stream"


def _hash(stream: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def keep(folder: Path, sha256: str, source: Path) -> Path:
    """Copy a file in under its hash, synced; BadFile("attachment.changed") if it has another."""

    def write(target: BinaryIO) -> None:
        with places.place_told(Path(source)):
            stream = Path(source).open("rb")  # noqa: SIM115
        with stream:
            shutil.copyfileobj(stream, target, _CHUNK)

    return _keep(folder, sha256, write, Path(source))


def keep_bytes(folder: Path, sha256: str, data: bytes) -> Path:
    """Write bytes under their hash, synced."""
    return _keep(folder, sha256, lambda target: target.write(data), path_of(folder, sha256))


def _keep(folder: Path, sha256: str, write: Any, source: Path) -> Path:
    target = path_of(folder, sha256)
    with places.place_told(target):
        if _is_whole(target, sha256):
            return target
        folder.mkdir(exist_ok=True)
        temporary = places.temporary_beside(target)
        try:
            with temporary.open("wb") as stream:
                write(stream)
            with temporary.open("rb") as stream:
                found, _ = _hash(stream)
            if found != sha256:
                raise BadFile("attachment.changed", path=str(source), expected=sha256, found=found)
            places.sync(temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        places.sync(folder)
    return target


def _is_whole(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return _hash(stream)[0] == sha256
