"""What is packed for Android: whole by itself, and as its spec says."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from field_app.android import stage

#: Modules by the package that brings them, where that has another name; Kivy brings its recipe's
#: own, and python-for-android what is Android's.
BROUGHT_BY = {"PIL": "pillow", "jnius": "kivy", "android": "kivy", "kivy": "kivy"}
OWN = {"field_app", "xiangtu"}
#: Asked for only where a receiver's address does, which says then what is missing; and by the port
#: to a desktop's camera.
ABSENT = {"gpsd", "serial", "av"}


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("android")
    stage.stage(folder)
    stage.stage(folder)  # once more, over what is there
    return folder


@pytest.fixture(scope="module")
def app(staged: Path) -> configparser.SectionProxy:
    """The spec's section, by buildozer's own reader where that is installed."""
    try:
        from buildozer.specparser import SpecParser as Reader
    except ImportError:
        Reader = configparser.ConfigParser
    reader = Reader()
    reader.optionxform = str
    reader.read(staged / "buildozer.spec", encoding="utf-8")
    return reader["app"]


def listed(app: configparser.SectionProxy, name: str) -> list[str]:
    return [each.strip() for each in app[name].split(",")]


def imported(folder: Path) -> Iterator[tuple[str, str]]:
    """Each module from elsewhere that is imported, inside functions too, and where."""
    for path in sorted(folder.rglob("*.py")):
        if "recipes" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [each.name for each in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names = [node.module]
            for name in names:
                top = name.partition(".")[0]
                if top not in OWN | set(sys.stdlib_module_names):
                    yield top, f"{path.relative_to(folder)}:{node.lineno}"


def test_everything_that_is_imported_is_required(
    staged: Path, app: configparser.SectionProxy
) -> None:
    required = {each.partition("==")[0].lower() for each in listed(app, "requirements")}
    found = list(imported(staged))
    assert len(found) > 100, "the scan has lost sight of the app"
    wrong = [
        f"{where} imports {module}"
        for module, where in found
        if BROUGHT_BY.get(module, module).lower() not in required and module not in ABSENT
    ]
    assert not wrong, "\n".join(wrong)


def test_versions_are_those_of_setup_cfg(app: configparser.SectionProxy) -> None:
    setup = (stage.ROOT / "setup.cfg").read_text(encoding="utf-8")
    pins = (stage.ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8")
    versions = [each for each in listed(app, "requirements") if "==" in each]
    assert {"shapely", "cryptography", "Pillow", "Kivy", "kivymd", "asynckivy"} <= {
        each.partition("==")[0] for each in versions
    }
    assert all(re.search(rf"(?m)^\s*{re.escape(each)}$", setup + pins) for each in versions)
    assert app["version"] in setup


def test_permissions_that_are_asked_for_are_in_the_manifest(
    staged: Path, app: configparser.SectionProxy
) -> None:
    said = "".join(
        path.read_text(encoding="utf-8")
        for path in (staged / "field_app" / "platform" / "android").glob("*.py")
    )
    asked = set(re.findall(r"android\.permission\.(\w+)", said))
    # The docstrings name those that nobody is asked for.
    asked |= set(re.findall(r"permission\s+([A-Z_]{6,})", said))
    assert {"ACCESS_FINE_LOCATION", "POST_NOTIFICATIONS", "VIBRATE", "WAKE_LOCK"} <= asked
    granted = re.findall(r"(?:^|name=|, )(?:android\.permission\.)?([A-Z_]+)",
                         app["android.permissions"])  # fmt: skip
    assert asked <= set(granted)
    assert "CAMERA" not in granted, "the camera's own app would then refuse without it"


def test_the_service_is_the_one_that_the_app_starts(
    staged: Path, app: configparser.SectionProxy
) -> None:
    (service,) = listed(app, "services")
    name, script, *options = service.split(":")
    assert options == ["foreground", "foregroundServiceType=location"]
    assert {"FOREGROUND_SERVICE", "FOREGROUND_SERVICE_LOCATION"} <= set(
        listed(app, "android.permissions")
    )
    port = staged / "field_app" / "platform" / "android" / "track_service.py"
    assert f".Service{name}" in port.read_text(encoding="utf-8")
    assert (staged / script).is_file() and (staged / "main.py").is_file()
    assert app["android.allow_backup"] == "False", "id numbers and keys are in nobody's backup"


def test_it_is_whole_by_itself(staged: Path) -> None:
    """The core, its resources and words and the font are found beside the modules."""
    code = f"""
import sys
sys.path.insert(0, {str(staged)!r})
import field_app.track_service, field_app.fonts, xiangtu
from xiangtu import catalogue, store, words, validate, merge, package
from xiangtu.catalogue.loader import resources_folder
from xiangtu.gnss import addresses
catalogue.load()
store.create({str(staged / "new.sqlite")!r}, catalogue.load(), 4547, role="tablet",
             county="990101", name="x").close()
font = next(path for path in field_app.fonts._PLACES if path.is_file())
print(*map(str, (xiangtu.__file__, field_app.__file__, resources_folder(), words.i18n_folder(),
                 font)), sep="\\n")
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd="/", check=False,
        env={"PATH": "/usr/bin:/bin", "KIVY_NO_ARGS": "1", "KIVY_NO_FILELOG": "1",
             "KIVY_NO_CONSOLELOG": "1", "KIVY_HOME": str(staged)},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    places = ran.stdout.splitlines()
    assert len(places) == 5 and all(each.startswith(str(staged)) for each in places), places


def test_the_recipes_are_read_by_python_for_android(
    staged: Path, app: configparser.SectionProxy
) -> None:
    recipe = pytest.importorskip("pythonforandroid.recipe", reason="python-for-android is not here")
    build = pytest.importorskip("pythonforandroid.build")
    context = build.Context()
    context.local_recipes = str(staged / "recipes")
    found = {
        name: recipe.Recipe.get_recipe(name, context) for name in ("libgeos", "shapely", "sqlite3")
    }
    geos = tuple(map(int, found["libgeos"].version.split(".")))
    assert geos >= (3, 11)
    assert f"shapely=={found['shapely'].version}" in listed(app, "requirements")
    assert {"libgeos", "numpy"} <= set(found["shapely"].depends)
    base = type(found["sqlite3"]).__mro__[1]
    base.get_recipe_env = lambda *_: {"CFLAGS": "-O2"}
    assert "-DSQLITE_ENABLE_RTREE" in found["sqlite3"].get_recipe_env(SimpleNamespace())["CFLAGS"]
