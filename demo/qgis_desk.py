"""`python -m demo.qgis_desk`: QGIS with the plugin as a county would install it, and the made-up
county open.

The plugin is put into a profile of its own, so that a person's QGIS stays as it is; the county is
a copy of the demonstration's, kept from one start to the next.
"""

from __future__ import annotations

import argparse
import configparser
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

from xiangtu import store
from xiangtu.cli import language as languages
from xiangtu.errors import SurveyError
from xiangtu.words import explain

_ROOT = Path(__file__).resolve().parents[1]
_FOLDER = _ROOT / ".cache" / "qgis"
_PROFILE = "xiangtu"
_PLUGIN = "xiangtu_qgis"


def make_profile(zip_path: Path, folder: Path, county: Path, locale: str | None = None) -> Path:
    """A QGIS profile with the plugin installed, switched on, and a county at work; its folder."""
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
    with settings.open("w", encoding="utf-8") as out:
        ini.write(out, space_around_delimiters=False)
    return folder


def copy_county(demo: Path, folder: Path) -> Path:
    """The demonstration's county with its key and packages, to work on; made once."""
    county = folder / "county.sqlite"
    if county.is_file():
        return county
    shutil.rmtree(folder, ignore_errors=True)  # what a run that was stopped left
    folder.mkdir(parents=True)
    shutil.copy2(demo / "county.key", county.with_name("county.key"))
    store.copy(demo / "county.sqlite", county)
    return county


def main() -> int:
    """Prepare profile and county, then become QGIS."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--locale", metavar="zh-Hans", help="QGIS's language (else the system's)")
    options = parser.parse_args()
    demo = _ROOT / "demo_output"
    try:
        county = copy_county(demo, _FOLDER / "county")
    except SurveyError as refusal:
        print(explain(refusal, languages.choose([], os.environ)), file=sys.stderr)
        return 2
    profiles = make_profile(_ROOT / "build" / "xiangtu_qgis.zip", _FOLDER, county, options.locale)
    # Debian's QGIS brings shapely 1.8; the project's own packages come first.
    environment = dict(os.environ, PYTHONPATH=sysconfig.get_paths()["purelib"])
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
