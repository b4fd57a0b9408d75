"""Packages that the county would not take: noted beside the chain, so that none is lost sight of.

Noted is what names this county and a tablet of it, however it was refused, for then there is
somebody who waits to hear of it. What is no package, another county's or of an unknown tablet is
told to whoever brought it and not noted: there is nobody to answer, and what it claims proves
nothing.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadInput, BadPackage, SurveyError
from ..sealing import keys
from ..store import SurveyFile
from ..store.system_tables import NOW
from . import container
from .description import Fact, Header, PackageDescription, facts_to_travel, from_json
from .given_file import sha256_of
from .package_table import REFUSED

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_LONGEST_HEADER_BYTES = 1 << 16


@dataclass(frozen=True)
class RefusedPackage:
    """A package that was refused the last time it was tried, and has not been taken since.

    `package`, `device`, `number` and `made_at` are what its header claims; `verified` if the
    tablet's signature says the same. `code` and `facts` are for the words; `file` is its name.
    """

    package: str
    device: str
    number: int
    made_at: str
    refused_at: str
    code: str
    facts: Mapping[str, Fact]
    author: str
    file: str
    verified: bool


@contextlib.contextmanager
def noting(
    file: SurveyFile, path: Path, identity: str, author: str, *, keep: bool = True
) -> Iterator[None]:
    """Note a refusal that comes out of the block, and let it go on its way.

    The block's own transaction is over by then, so the note outlives it. That a note could not be
    kept (a full disk, a file that can only be read) never hides the refusal.
    """
    try:
        yield
    except BadPackage as refusal:
        if keep:
            with contextlib.suppress(SurveyError, sqlite3.Error, OSError):
                _note(file, path, identity, refusal, author)
        raise


def list_refused(file: SurveyFile, device: str | None = None) -> list[RefusedPackage]:
    """The packages that were refused and have not been taken since, of all tablets or of one."""
    where, parameters = ("AND device = ?", (device,)) if device is not None else ("", ())
    found = []
    for uuid, tablet, number, made_at, refused_at, text in file.connection.execute(
        "SELECT uuid, device, number, made_at, arrived_at, description FROM package "
        f"WHERE state = '{REFUSED}' {where} ORDER BY device, number, uuid",
        parameters,
    ):
        why = json.loads(text)
        found.append(
            RefusedPackage(
                uuid,
                tablet,
                number,
                made_at,
                refused_at,
                why["code"],
                why["facts"],
                why["author"],
                why["file"],
                why["verified"],
            )
        )
    return found


def dismiss(file: SurveyFile, name: str, author: str) -> RefusedPackage:
    """Take a note off the list that nothing will ever replace: of a copied tablet, of a file that
    only claimed to be a package. The tablet is no longer told of it.

    `name` is the package's uuid or its beginning; BadInput("refused.unknown") if none is noted.
    """
    found = [each for each in list_refused(file) if each.package.startswith(name)]
    if len(name) < 4 or len(found) != 1:
        raise BadInput("refused.unknown", package=name)
    with file.atomic():
        file.connection.execute(
            f"DELETE FROM package WHERE uuid = ? AND state = '{REFUSED}'", (found[0].package,)
        )
        detail = f"{found[0].device} {found[0].number} {found[0].code}"
        file.log("dismiss", record=found[0].package, detail=detail, author=author)
    return found[0]


def _note(file: SurveyFile, path: Path, identity: str, refusal: BadPackage, author: str) -> None:
    claim = claimed_header(path)
    if claim is None or claim.kind != "survey" or claim.county != file.meta["county"]:
        return
    if keys.county_keys(identity).public.recipient != file.meta.get("recipient"):
        return  # opened with a key that is not this county's: nothing is wrong with the package
    row = file.connection.execute(
        "SELECT signing_key FROM device WHERE id = ?", (claim.device,)
    ).fetchone()
    if row is None:
        return
    sha256 = sha256_of(path)
    verified = _is_signed(path, claim, identity, bytes(row[0]))
    why: dict[str, Any] = {
        "code": refusal.code,
        "facts": facts_to_travel(refusal.facts),
        "author": author,
        "file": path.name,
        "verified": verified,
    }
    with file.atomic():
        # What the county has of that package stays, unless these very bytes waited for their
        # turn and now failed.
        file.connection.execute(
            "INSERT INTO package (uuid, device, number, assignment, first_change, last_change, "
            "state, made_at, arrived_at, sha256, description) "
            f"VALUES (?, ?, ?, '', 0, 0, '{REFUSED}', ?, {NOW}, ?, ?) ON CONFLICT (uuid) DO "
            "UPDATE SET device = excluded.device, number = excluded.number, previous = NULL, "
            "assignment = '', first_change = 0, last_change = 0, state = excluded.state, "
            "made_at = excluded.made_at, arrived_at = excluded.arrived_at, "
            "sha256 = excluded.sha256, description = excluded.description "
            f"WHERE package.state = '{REFUSED}' "
            "OR (package.state = 'waiting' AND package.sha256 = excluded.sha256)",
            (
                claim.uuid,
                claim.device,
                claim.number,
                claim.made_at,
                sha256,
                json.dumps(why, ensure_ascii=False, sort_keys=True),
            ),
        )


def claimed_header(path: Path) -> Header | None:
    """What the first bytes of a container claim, even of one cut short or of a later format;
    None if they are no header."""
    with path.open("rb") as stream:
        start = stream.read(_LOCAL_HEADER.size + _LONGEST_HEADER_BYTES)
    if len(start) < _LOCAL_HEADER.size:
        return None
    # A zip keeps its table of contents at the end, which a cut loses; each entry also stands by
    # itself (APPNOTE.TXT 4.3.7), and the header is the first, not compressed.
    mark, _, _, method, _, _, _, size, _, name_length, extra_length = _LOCAL_HEADER.unpack_from(
        start
    )
    name = start[_LOCAL_HEADER.size : _LOCAL_HEADER.size + name_length]
    first = _LOCAL_HEADER.size + name_length + extra_length
    if mark != b"PK\x03\x04" or method != 0 or name != container.HEADER.encode():
        return None
    try:
        return from_json(Header, start[first : first + size], path)
    except BadPackage:
        return None


def _is_signed(path: Path, claim: Header, identity: str, signing_key: bytes) -> bool:
    """Whether the tablet that the header names signed just what the header claims."""
    try:
        with container.unsealed(path, "survey", identity) as (bag, folder):
            bag.verify(signing_key)
            bag.extract(folder)
            text = (folder / container.DESCRIPTION).read_bytes()
        container.check_inside(claim, from_json(PackageDescription, text, path), path)
    except (SurveyError, OSError):
        return False
    return True
