"""The geoid grid that a county supplied, beside its survey file; table meta says which one.

The part of the grid that the county needs lies as GTX under its own hash in the folder `geoid/`,
where QGIS and PROJ can read it too. Which one holds is a row of meta, so that another takes its
place in one transaction, and a copy of the survey file goes on with the one it had.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadFile
from ..geo import geoid_formats
from ..geo.geoid import GeoidGrid
from . import places

if TYPE_CHECKING:
    from .survey_file import SurveyFile

FOLDER = "geoid"
_KEY = "geoid"
#: What access_log calls it when a grid begins to hold; its detail is the grid's label.
ACTION = "geoid"


@dataclass(frozen=True)
class CountyGeoid:
    """Which grid it is: what the county calls it, the file it gave and that file's SHA-256, the
    SHA-256 of the part that was kept, when (UTC) and by whom."""

    name: str
    source: str
    source_sha256: str
    sha256: str
    supplied_at: str
    supplied_by: str

    @property
    def label(self) -> str:
        """What a height that it gave is marked with: the name, and which file of that name."""
        return f"{self.name} · {self.source_sha256[:8]}"

    @property
    def file_name(self) -> str:
        """Its path beside a survey file."""
        return f"{FOLDER}/{self.sha256[:16]}.gtx"


def held(meta: Mapping[str, Any]) -> CountyGeoid | None:
    """Which grid holds, by a survey file's table meta; None if the county supplied none."""
    text = meta.get(_KEY)
    return CountyGeoid(**json.loads(text)) if text else None


def grid(file: SurveyFile) -> tuple[CountyGeoid, GeoidGrid] | None:
    """The grid that holds for a survey file; None if the county supplied none.

    BadFile("geoid.missing") or ("geoid.changed") where it is not beside the file as it was.
    """
    about = held(file.meta)
    if about is None:
        return None
    path = file.path.parent / about.file_name
    if not path.exists():
        raise BadFile("geoid.missing", path=path, name=about.name)
    with places.place_told(path):
        content = path.read_bytes()
    if digest(content) != about.sha256:
        raise BadFile("geoid.changed", path=path, name=about.name)
    return about, geoid_formats.read(path)


def digest(content: bytes) -> str:
    """SHA-256 of a grid's bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def put(folder: Path, about: CountyGeoid, content: bytes) -> None:
    """Have a grid's bytes lie beside the survey files of a folder; they hold from `hold` on."""
    target = folder / about.file_name
    if target.exists() and digest(target.read_bytes()) == about.sha256:
        return
    with places.place_told(target):
        target.parent.mkdir(exist_ok=True)
        target.unlink(missing_ok=True)
    with places.new_file(target) as temporary:
        temporary.write_bytes(content)


def hold(file: SurveyFile, about: CountyGeoid) -> None:
    """Let a grid that lies beside the file hold from now on, and log it."""
    if held(file.meta) != about:
        file.meta[_KEY] = json.dumps(asdict(about), ensure_ascii=False)
        file.log(ACTION, detail=about.label)


def forget(file: SurveyFile) -> CountyGeoid | None:
    """Let no grid hold from now on; the one that did. Heights that it gave stay as they are, and
    so does its file, on which a copy of the survey file may go on."""
    about = held(file.meta)
    if about is not None:
        del file.meta[_KEY]
        file.log("geoid removed", detail=about.label)
    return about


def copy(meta: Mapping[str, Any], folder: Path, out: Path) -> None:
    """Take the grid along to another folder, where it is whole."""
    about = held(meta)
    source = folder / about.file_name if about else None
    if about and source and source.exists():
        with places.place_told(source):
            put(out, about, source.read_bytes())
