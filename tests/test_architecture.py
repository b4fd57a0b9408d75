"""The rooms' directions, and what the tablet's path may import; see docs/architecture.md."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import VILLAGES, done, make_county
from PIL import Image
from xiangtu import store

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
COUNTY_ONLY = (
    "geo/transform.py", "gnss/gpsd.py", "gnss/serial_port.py", "importing/", "report/", "cli/",
)  # fmt: skip
TABLET_MAY = {"numpy", "shapely", "cryptography", "PIL"}


@dataclass(frozen=True)
class Import:
    """One import statement: where it stands and the module it names, in full."""

    path: Path
    line: int
    module: str
    guarded: bool = False

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {self.module}"


def imports_of(path: Path, root: Path) -> Iterator[Import]:
    """All imports of a module, those inside functions too, relative ones made whole.

    One is guarded if a function does without it where it is missing (except ImportError).
    """
    package = path.relative_to(root).with_suffix("").parts
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        id(inside)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Try)
        and any(ast.unparse(each.type or node) == "ImportError" for each in node.handlers)
        for inside in node.body
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield Import(path, node.lineno, each.name, id(node) in guarded)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level]
                stem = ".".join((*base, node.module)) if node.module else ".".join(base)
            else:
                stem = node.module or ""
            for each in node.names:
                yield Import(path, node.lineno, f"{stem}.{each.name}", id(node) in guarded)


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
        and not each.guarded
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


def test_wkb_is_told_its_dimension():
    """Inside the program QGIS, shapely calls the GEOS that QGIS was linked with; one before 3.12
    refuses the dimension that a newer shapely asks for by default."""
    untold = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in (CORE, ROOT / "qgis_plugin")
        for path in sorted(folder.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "to_wkb"
        and not any(each.arg == "output_dimension" for each in node.keywords)
    ]
    assert not untold


#: Run in a Python of its own: what the tablet lacks is blocked, then the tablet's day is done.
TABLET_DAY = """
import sqlite3
import sys

LACKING = {"pyproj", "osgeo", "pydantic", "pyrage", "bagit", "gpsd", "serial",
           "xlsxwriter", "jinja2", "qgis", "PyQt5"}

class Lacking:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in LACKING:
            raise ModuleNotFoundError(f"{name} is not on a tablet")

sys.meta_path.insert(0, Lacking())

class Bare(sqlite3.Connection):
    # What a SQLite built without extensions lacks.
    @property
    def load_extension(self):
        raise AttributeError("load_extension")
    enable_load_extension = load_extension

sqlite3.Connection = sqlite3.dbapi2.Connection = Bare
connect = sqlite3.connect
sqlite3.connect = sqlite3.dbapi2.connect = lambda *words, factory=Bare, **more: connect(
    *words, factory=factory, **more)

from pathlib import Path
import shapely
from xiangtu.package import assignment, receipt, survey_package, tablet

folder, what = Path(sys.argv[1]), sys.argv[2]
if what == "start":
    print(tablet.start(folder / "tablet", name="team 1").device_id)
elif what == "survey":
    from xiangtu import merge, validate
    from xiangtu.gnss import averaging, boundary_walk
    from xiangtu.gnss.addresses import open_source
    from xiangtu.merge import plan
    from xiangtu.words import explain
    assignment.adopt(folder / "tablet", folder / "assignment.xta")
    with tablet.load(folder / "tablet").survey() as file:
        outline = shapely.box(455100.0, 3919100.0, 455140.0, 3919140.0)
        values = {"name": "坝上田", "kind": "10", "village": "990101101201"}
        parcel = file.insert("farmland", values, geometry=outline)
        file.attach(parcel, "farmland", folder / "photo.jpg", role="overview")
        assert file.get("farmland", parcel)["area_m2"] is not None
        assert file.within("farmland", outline.bounds) == [parcel]
        validate.run(file)
    survey_package.pack(folder / "tablet", folder / "package.xtp")
    print(parcel)
else:
    receipt.read_receipt(folder / "tablet", folder / "receipt.xtr")
    with tablet.load(folder / "tablet").survey() as file:
        print(file.connection.execute("SELECT state FROM package").fetchone()[0])
loaded = {name.split(".")[0] for name in sys.modules} & LACKING
assert not loaded, loaded
"""


def tablet_day(folder: Path, what: str) -> str:
    """One part of the day, in a Python that has what a tablet has."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", TABLET_DAY, folder, what],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_a_tablets_whole_day_without_what_a_tablet_lacks(tmp_path: Path):
    """Start, adopt, survey, validate, pack, receive: no load_extension, pyproj, GDAL, bagit…"""
    place = make_county(tmp_path)
    Image.new("RGB", (64, 64), "green").save(tmp_path / "photo.jpg")
    device = tablet_day(tmp_path, "start")
    assert done("enrol", place.county, place.tablet / "device.xtd", "--json").json == {
        "device": device
    }
    done("assign", place.county, place.assignment, "--device", device, "--surveyor", "王芳",
         "--village", *VILLAGES)  # fmt: skip
    parcel = tablet_day(tmp_path, "survey")
    done("merge", place.county, place.package)
    done("receipt", place.county, tmp_path / "receipt.xtr", "--device", device)
    assert tablet_day(tmp_path, "receive") == "received"
    with store.open(place.county, readonly=True) as file:
        record = file.get("farmland", parcel)
        (photo,) = file.select("attachment", "record = ?", (parcel,))
        assert (
            file.attachment_path(photo["sha256"]).read_bytes()
            == (tmp_path / "photo.jpg").read_bytes()
        )
    assert record is not None and record["geometry"].area == pytest.approx(1600.0)
