"""Reading the catalogue's folders into one checked Catalogue."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import BadCatalogue
from .building import build
from .checking import check
from .model import Catalogue
from .source import Source, read_folder, refuse

_PACKAGE = Path(__file__).resolve().parents[1]
#: The folder beside a survey file that holds a county's own catalogue.
OWN_FOLDER = "catalogue"


def resources_folder() -> Path:
    """Where catalogue, templates, styles and fonts lie.

    The folder that XIANGTU_RESOURCES names; else `resources` beside the core's modules (as in the
    plugin's zip and on the tablet); else `resources` of the checkout.

    Raises
    ------
    BadCatalogue
        "catalogue.folder_missing" if none of them is a folder.
    """
    named = os.environ.get("XIANGTU_RESOURCES")
    places = [Path(named)] if named else [_PACKAGE / "resources", _PACKAGE.parents[1] / "resources"]
    for place in places:
        if place.is_dir():
            return place
    raise refuse("folder_missing", str(places[-1]), reason=" · ".join(map(str, places)))


def load(*extra_folders: Path) -> Catalogue:
    """The product's catalogue with a county's own folders laid over it, in order.

    Unchanged files give the same object again.

    Raises
    ------
    BadCatalogue
        Facts: file, layer, field, reason.
    """
    folders = (resources_folder() / "catalogue", *map(Path, extra_folders))
    return _load(tuple((folder, _state(folder)) for folder in folders))


def own_files(survey_path: Path) -> list[Path]:
    """The files of a county's own catalogue beside its survey file, in order; often none."""
    return sorted((Path(survey_path).parent / OWN_FOLDER).glob("*.toml"))


def beside(survey_path: Path) -> Catalogue:
    """The catalogue that holds for a survey file: the product's, and what its county adds.

    BadCatalogue as `load`.
    """
    files = own_files(survey_path)
    return load(files[0].parent) if files else load()


def _state(folder: Path) -> str:
    """A hash of the folder's catalogue files."""
    digest = hashlib.sha256()
    try:
        for path in sorted(folder.glob("*.toml")):
            content = path.read_bytes()
            digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
    except OSError as error:
        raise refuse("not_readable", str(error.filename), reason=str(error.strerror)) from error
    return digest.hexdigest()


@lru_cache(maxsize=8)
def _load(folders: tuple[tuple[Path, str], ...]) -> Catalogue:
    source = Source()
    for number, (folder, _) in enumerate(folders):
        if not folder.is_dir():
            raise refuse("folder_missing", str(folder), reason=str(folder))
        read_folder(folder, source, own=number == 0)
    catalogue = build(source)
    check(catalogue, source)
    return _with_version(catalogue)


def _with_version(catalogue: Catalogue) -> Catalogue:
    content = json.dumps(plain(catalogue), ensure_ascii=False, separators=(",", ":"))
    version = hashlib.sha256(content.encode()).hexdigest()
    return Catalogue(
        version=version,
        layers=catalogue.layers,
        code_lists=catalogue.code_lists,
        common=catalogue.common,
        crosswalks=catalogue.crosswalks,
    )


def plain(value: Any) -> Any:
    """A catalogue value as lists, dicts and scalars: what the version is a hash of."""
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return value


__all__ = ["BadCatalogue", "beside", "load", "own_files", "plain", "resources_folder"]
