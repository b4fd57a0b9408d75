"""`python -m demo.qgis_desk`: QGIS with the plugin as a county would install it, and the made-up
county open.

The plugin is put into a profile of its own, so that a person's QGIS stays as it is; the county is
a copy of the demonstration's, kept from one start to the next. What the demonstration merged and
decided is undone in it and the packages lie in its inbox, so that there is a day's work to do.
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

from xiangtu import store, validate
from xiangtu.cli import language as languages
from xiangtu.errors import SurveyError
from xiangtu.merge import batches, undo

from .office import OFFICER
from .words import Words, refusal_of_a_copy

_ROOT = Path(__file__).resolve().parents[1]
_FOLDER = _ROOT / ".cache" / "qgis"
_DEBIANS = Path("/usr/lib/python3/dist-packages")
_PROFILE = "xiangtu"
_PLUGIN = "xiangtu_qgis"
#: The folder beside the county in which the demonstration's packages wait.
INBOX = "inbox"


def make_profile(
    zip_path: Path, folder: Path, county: Path, locale: str | None = None, inbox: Path | None = None
) -> Path:
    """A QGIS profile with the plugin installed, switched on, and a county at work; its folder.

    The inbox is watched unless the person has chosen a folder since.
    """
    profile = folder / "profiles" / _PROFILE
    plugins = profile / "python" / "plugins"
    shutil.rmtree(plugins / _PLUGIN, ignore_errors=True)
    plugins.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(zip_path) as archive:
        archive.extractall(plugins)
    settings = profile / "QGIS" / "QGIS3.ini"
    settings.parent.mkdir(parents=True, exist_ok=True)
    ini = configparser.RawConfigParser()
    ini.optionxform = str  # type: ignore[assignment, method-assign]
    ini.read(settings, encoding="utf-8")
    wanted = [("PythonPlugins", _PLUGIN, "true"), ("xiangtu", "county", str(county))]
    if locale is not None:
        wanted += [("locale", "overrideFlag", "true"), ("locale", "userLocale", locale)]
    for section, name, value in wanted:
        if not ini.has_section(section):
            ini.add_section(section)
        ini.set(section, name, value)
    if inbox is not None and not ini.has_option("xiangtu", "inboxes"):
        watched = json.dumps({str(county): str(inbox)}, ensure_ascii=False)
        # As QSettings writes text: quoted, since a comma would make a list of it.
        quoted = watched.replace("\\", r"\\").replace('"', r"\"")
        ini.set("xiangtu", "inboxes", f'"{quoted}"')
    with settings.open("w", encoding="utf-8") as out:
        ini.write(out, space_around_delimiters=False)
    return folder


def copy_county(demo: Path, folder: Path) -> Path:
    """The demonstration's county as it was before its packages came, with its key, to work on;
    made once. The packages lie in the folder `inbox` beside it."""
    county = folder / "county.sqlite"
    if county.is_file():
        return county
    fresh = folder.with_name(f"{folder.name}.new")
    for each in (folder, fresh):
        shutil.rmtree(each, ignore_errors=True)  # what a run that was stopped left
    (fresh / INBOX).mkdir(parents=True)
    for package in sorted((demo / "packages").glob("*.xtp")):
        shutil.copy2(package, fresh / INBOX)
    shutil.copy2(demo / "county.key", fresh / "county.key")
    _undo_all(store.copy(demo / "county.sqlite", fresh / county.name))
    fresh.rename(folder)
    return county


def _undo_all(county: Path) -> None:
    """Take back what the demonstration merged and decided, and check what is left."""
    with store.open(county) as file:
        file.sign_in(author=OFFICER, utc_offset_min=480)
        for batch in batches.list_batches(file):  # the newest first, as each builds on those before
            if batch.undone_at is None and batch.kind != batches.UNDO:
                undo.undo(file, batch.uuid, author=OFFICER)
        validate.run(file)


def packages_for_qgis(folder: Path) -> Path:
    """A folder of links to the project's packages, made anew, to stand before Debian's own in
    QGIS, which brings shapely 1.8.

    Not pyproj, where Debian has its own: that of PyPI has a second PROJ in it, and QGIS with two
    of them crashes now and then as it ends. Nor the project itself: its core is in the plugin.
    """
    site = folder / "site"
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    has_pyproj = (_DEBIANS / "pyproj").is_dir()
    for each in Path(sysconfig.get_paths()["purelib"]).iterdir():
        ours = "xiangtu" in each.name or each.name.endswith(".pth")
        if not ours and not (has_pyproj and each.name.startswith("pyproj")):
            (site / each.name).symlink_to(each)
    return site


def main() -> int:
    """Prepare profile and county, then become QGIS."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--locale", metavar="zh-Hans", help="QGIS's language (else the system's)")
    options = parser.parse_args()
    demo, work = _ROOT / "demo_output", _FOLDER / "county"
    try:
        county = copy_county(demo, work)
        store.open(county, readonly=True).close()
    except SurveyError as refusal:
        words = Words(languages.choose([], os.environ))
        print(refusal_of_a_copy(refusal, words, work), file=sys.stderr)
        return 2
    profiles = make_profile(
        _ROOT / "build" / "xiangtu_qgis.zip", _FOLDER, county, options.locale, work / INBOX
    )
    environment = dict(os.environ, PYTHONPATH=str(packages_for_qgis(_FOLDER)))
    qgis = shutil.which("qgis")
    if qgis is None:
        print("QGIS is not on the PATH", file=sys.stderr)
        return 2
    return subprocess.run(
        [qgis, "--profiles-path", str(profiles), "--profile", _PROFILE, "--nologo"],
        env=environment, check=False,
    ).returncode  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
