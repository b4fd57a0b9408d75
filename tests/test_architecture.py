"""The rooms' directions, and what the tablet's path may import; see docs/architecture.md."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "shared" / "xiangtu"

#: Each room of the core and the rooms it may import from; no others, in no direction.
ALLOWED = {
    "errors": set(),
    "words": {"errors"},
    "catalogue": {"errors"},
    "geo": {"errors"},
    "sealing": {"errors"},
    "gnss": {"errors", "catalogue", "geo"},
    "store": {"errors", "catalogue", "geo", "sealing"},
}
_BELOW = {"errors", "catalogue", "geo", "sealing", "gnss", "store"}
ALLOWED |= {
    "package": _BELOW,
    "merge": _BELOW | {"package"},
    "validate": _BELOW,
    "importing": _BELOW | {"package", "merge", "validate"},
    "report": _BELOW | {"package", "merge", "validate", "importing"},
}
ALLOWED["cli"] = set(ALLOWED) | {"words"}

FRONT_ENDS = {"field_app", "qgis_plugin", "demo", "bench"}
#: What no core module may import: windows and devices belong to the front ends.
WINDOWS = {"PyQt5", "PyQt6", "qgis", "kivy", "jnius", "android", "plyer", "tkinter"}

#: Modules that run at the county only, so that they may import what a tablet lacks.
COUNTY_ONLY = ("geo/transform.py", "gnss/gpsd.py", "importing/", "report/", "cli/")
TABLET_MAY = {"numpy", "shapely", "cryptography", "PIL", "pynmea2"}


@dataclass(frozen=True)
class Import:
    """One import statement: where it stands and the module it names, in full."""

    path: Path
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {self.module}"


def imports_of(path: Path, root: Path) -> Iterator[Import]:
    """All imports of a module, those inside functions too, relative ones made whole."""
    package = path.relative_to(root).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield Import(path, node.lineno, each.name)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level]
                stem = ".".join((*base, node.module)) if node.module else ".".join(base)
            else:
                stem = node.module or ""
            for each in node.names:
                yield Import(path, node.lineno, f"{stem}.{each.name}")


def core_imports() -> list[Import]:
    found = [each for path in sorted(CORE.rglob("*.py")) for each in imports_of(path, CORE.parent)]
    assert len(found) > 200, "the scan has lost sight of the core"
    return found


def room_of(path: Path) -> str:
    """The room of the core that a file belongs to."""
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def test_the_core_imports_downwards_only():
    wrong = []
    for each in core_imports():
        here = room_of(each.path)
        parts = each.module.split(".")
        if parts[0] != "xiangtu" or here == "__init__" or len(parts) < 2:
            continue
        room = parts[1]
        if room != here and room in ALLOWED and room not in ALLOWED[here]:
            wrong.append(str(each))
        elif room not in ALLOWED and (CORE / room).is_dir():
            wrong.append(f"{each} (a room this test does not know)")
    assert not wrong, "\n".join(wrong)


def test_every_room_of_the_core_is_known_here():
    rooms = {room_of(path) for path in CORE.rglob("*.py")} - {"__init__"}
    assert rooms <= set(ALLOWED)


def test_the_core_knows_no_front_end_and_no_window():
    wrong = [
        str(each) for each in core_imports() if each.module.split(".")[0] in WINDOWS | FRONT_ENDS
    ]
    assert not wrong, "\n".join(wrong)


def test_front_ends_never_meet():
    wrong = []
    for name, others in (
        ("field_app", {"qgis_plugin", "demo", "bench", "qgis"}),
        ("qgis_plugin", {"field_app", "demo", "bench", "kivy"}),
    ):
        for path in (ROOT / name).rglob("*.py"):
            wrong += [
                str(each) for each in imports_of(path, ROOT) if each.module.split(".")[0] in others
            ]
    assert not wrong, "\n".join(wrong)


def test_the_tablets_path_imports_what_a_tablet_has():
    may = TABLET_MAY | set(sys.stdlib_module_names) | {"xiangtu"}
    wrong = [
        str(each)
        for each in core_imports()
        if not str(each.path.relative_to(CORE)).startswith(COUNTY_ONLY)
        and each.module.split(".")[0] not in may
    ]
    assert not wrong, "\n".join(wrong)


def test_county_only_modules_are_not_loaded_with_the_tablets_path():
    """Nobody on the tablet's path imports them while being imported itself."""
    wrong = []
    for each in core_imports():
        inside = str(each.path.relative_to(CORE))
        if inside.startswith(COUNTY_ONLY) or not each.module.startswith("xiangtu."):
            continue
        named = each.module.removeprefix("xiangtu.").replace(".", "/")
        if any(f"{named}/".startswith(only.removesuffix(".py") + "/") for only in
               (name.removesuffix("/") for name in COUNTY_ONLY)):  # fmt: skip
            tree = ast.parse(each.path.read_text(encoding="utf-8"))
            if any(node.lineno == each.line for node in tree.body):
                wrong.append(str(each))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "folder", sorted(CORE.rglob("__init__.py")), ids=lambda path: str(path.parent.name)
)
def test_a_room_says_its_purpose_in_one_line(folder: Path):
    purpose = ast.get_docstring(ast.parse(folder.read_text(encoding="utf-8")))
    assert purpose and len(purpose.splitlines()[0]) > 20
