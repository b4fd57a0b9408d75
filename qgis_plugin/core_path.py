"""Where the plugin finds the core library, and whether what the core stands on is there."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

#: The core as the plugin's zip carries it; a checkout has it installed beside QGIS's Python.
OWN_CORE = Path(__file__).resolve().parent / "core"
_CORE = "xiangtu"


@dataclass(frozen=True)
class Lacking:
    """A Python package that QGIS's Python lacks, or has too old (`found` is its version then)."""

    name: str
    needed: str
    found: str | None


def use_own_core() -> None:
    """Let `import xiangtu` find the core inside the plugin, where there is one."""
    if OWN_CORE.is_dir() and str(OWN_CORE) not in sys.path:
        sys.path.insert(0, str(OWN_CORE))


def leave_own_core() -> None:
    """Take the plugin's core off the path and out of memory, so that a newer plugin brings its own.

    QGIS forgets the modules of a plugin it unloads only if they bear the plugin's name.
    """
    if str(OWN_CORE) not in sys.path:
        return
    sys.path.remove(str(OWN_CORE))
    for name in [each for each in sys.modules if each.split(".")[0] == _CORE]:
        del sys.modules[name]


def lacking() -> list[Lacking]:
    """What QGIS's Python must get before the whole plugin works: shapely 2, cryptography."""
    found = []
    for name, needed in (("shapely", "2"), ("cryptography", "41")):
        try:
            version = str(import_module(name).__version__)
        except ImportError:
            found.append(Lacking(name, needed, None))
            continue
        if int(version.split(".")[0]) < int(needed):
            found.append(Lacking(name, needed, version))
    return found
