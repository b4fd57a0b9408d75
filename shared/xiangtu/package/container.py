"""The common outside of assignments, packages and receipts: a header, and a sealed, signed bag.

A container is a zip with two entries, neither compressed: `header.json`, which anyone can read,
and `sealed.age`, an age file that holds a zip with the bag. What the header says is checked
against the signed description inside.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadFile, BadPackage
from ..sealing import age, keys
from ..store import processes
from ..store.places import new_file
from . import county_catalogue, county_geoid
from .bag import LIMITS, BagReader, BagWriter, Limits
from .description import FORMAT, Header, Kind, from_json, to_json
from .given_file import readable, sha256_of

SOFTWARE = "xiangtu"
HEADER = "header.json"
_SEALED = "sealed.age"
_HEADER_LIMIT_BYTES = 1 << 16
DESCRIPTION = "description.json"
#: Names a bag of each kind may have beside its tag files.
_PAYLOAD: Mapping[str, re.Pattern[str]] = {
    "survey": re.compile(
        r"data/(description\.json|survey\.sqlite|attachments/[0-9a-f]{64})", re.ASCII
    ),
    "assignment": re.compile(
        r"data/(description\.json|records\.sqlite|basemap\.mbtiles|"
        rf"{re.escape(county_geoid.FILE_NAME)}|catalogue/{county_catalogue.FILE_NAME})",
        re.ASCII,
    ),
    "receipt": re.compile(r"data/description\.json"),
}


@dataclass(frozen=True)
class Written:
    """A container that is safely in its place."""

    path: Path
    sha256: str
    size_bytes: int


def write(
    path: Path,
    kind: Kind,
    description: object,
    fill: Callable[[BagWriter], None],
    signer: keys.SecretKeys,
    recipients: Sequence[str],
) -> Written:
    """Write a container to `path` (refused as by store.places.new_file) and read it back.

    `description` is one of the description classes; `fill` adds the other payload files.
    """
    header = Header(
        kind=kind,
        format=FORMAT,
        **{
            name: getattr(description, name)
            for name in ("county", "device", "uuid", "number", "made_at")
        },
    )
    info = {
        "Source-Organization": header.county,
        "External-Identifier": header.uuid,
        "Bagging-Date": header.made_at[:10],
        "Bag-Software-Agent": SOFTWARE,
    }
    with new_file(path) as temporary:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED, allowZip64=True) as outer:
            outer.writestr(HEADER, to_json(header))
            with (
                outer.open(_SEALED, "w", force_zip64=True) as target,
                age.SealingWriter(target, recipients) as sealing,
                BagWriter(sealing) as bag,
            ):
                bag.add_bytes(DESCRIPTION, to_json(description))
                fill(bag)
                bag.finish(info, signer)
        before = sha256_of(temporary)
    # What the disk gives back, not what memory still holds, is what was handed out.
    after = sha256_of(path)
    if after != before or read_header(path, kind) != header:
        raise BadFile("package.read_back", path=path)
    return Written(path, after, path.stat().st_size)


def read_header(path: Path, kind: Kind | None = None) -> Header:
    """The unsealed header of a container; nothing it says has been proved.

    Raises
    ------
    BadPackage
        "package.missing", "package.not_a_file", "package.empty", "package.unreadable",
        "package.truncated", "package.not_a_container", "package.description",
        "package.newer_format", "package.kind".
    """
    with _outer(readable(path)) as outer:
        header = from_json(Header, outer.read(HEADER), path)
    if header.format > FORMAT:
        raise BadPackage("package.newer_format", path=path, found=header.format, known=FORMAT)
    if kind is not None and header.kind != kind:
        raise BadPackage("package.kind", path=path, found=header.kind, expected=kind)
    return header


@contextlib.contextmanager
def _outer(path: Path) -> Iterator[zipfile.ZipFile]:
    """The outer zip, once its two entries are what they must be."""
    try:
        with path.open("rb") as file:
            starts_like_zip = file.read(2) == b"PK"
        with zipfile.ZipFile(path) as outer:
            entries = outer.infolist()
            sizes = {entry.filename: entry.file_size for entry in entries}
            stored = all(
                entry.compress_type == zipfile.ZIP_STORED
                and not entry.flag_bits & 1
                and entry.file_size == entry.compress_size
                for entry in entries
            )
            if [entry.filename for entry in entries] != [HEADER, _SEALED] or not stored:
                raise BadPackage("package.not_a_container", path=path)
            if sizes[HEADER] > _HEADER_LIMIT_BYTES or sum(sizes.values()) > path.stat().st_size:
                raise BadPackage("package.not_a_container", path=path)
            yield outer
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as fault:
        code = "package.truncated" if starts_like_zip else "package.not_a_container"
        raise BadPackage(code, path=path) from fault


@contextlib.contextmanager
def unsealed(
    path: Path, kind: Kind, identity: str, limits: Limits = LIMITS
) -> Iterator[tuple[BagReader, Path]]:
    """The bag of a container, not yet verified, and a private folder that ends with the block.

    Raises
    ------
    BadPackage
        As read_header; "package.other_key", "package.damaged" (reason); what BagReader refuses.
    """
    with private_folder() as folder:
        archive = folder / "bag.zip"
        try:
            with (
                _outer(readable(path)) as outer,
                outer.open(_SEALED) as source,
                archive.open("xb") as target,
            ):
                age.decrypt_stream(source, target, [identity])  # type: ignore[arg-type]
        except BadPackage as fault:
            if fault.code == "seal.other_key":
                raise BadPackage("package.other_key", path=path) from fault
            if fault.code == "seal.damaged":
                reason = fault.facts["reason"]
                raise BadPackage("package.damaged", path=path, reason=reason) from fault
            raise
        bag = BagReader(archive, path, _PAYLOAD[kind], limits)
        try:
            yield bag, folder / "data"
        finally:
            bag.close()


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A temporary folder that only this user can enter; a full disk is said in words.

    What a process that was killed left of one, unsealed, is taken away first.
    """
    _sweep_private_folders()
    prefix = f"xiangtu-{os.getpid()}-"
    try:
        with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name:
            yield Path(name)
    except OSError as fault:
        if fault.errno != errno.ENOSPC:
            raise
        raise BadFile(
            "file.disk_full", path=tempfile.gettempdir(), reason=str(fault.strerror)
        ) from fault


def _sweep_private_folders() -> None:
    for folder in Path(tempfile.gettempdir()).glob("xiangtu-*-*"):
        process = folder.name.split("-")[1]
        if process.isascii() and process.isdigit() and not processes.runs(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def check_inside(header: Header, description: object, path: Path) -> None:
    """BadPackage("package.header") unless the header says what the signed inside says."""
    for name in ("county", "device", "uuid", "number", "made_at"):
        if getattr(header, name) != getattr(description, name):
            raise BadPackage("package.header", path=path, field=name)
