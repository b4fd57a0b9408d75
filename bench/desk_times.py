"""The plugin in a QGIS of its own with a whole county at work: opening the panel, the findings,
building the map, and how long QGIS does not answer while sheets are printed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from xiangtu import store, validate

from demo.qgis_desk import make_profile, packages_for_qgis

from . import county_files, inside_qgis, terraces
from .county_files import ROOT, Say

#: So many villages are checked, of whose parcels each lacks four answers: more than fifty thousand
#: findings.
_CHECKED = 7
_PATIENCE_S = 300
_BEGIN = "from bench import inside_qgis; inside_qgis.begin()"


@dataclass(frozen=True)
class DeskTimes:
    """`seconds` are what `inside_qgis` measured, by name; `findings` how many there were."""

    parcels: int
    findings: int
    seconds: Mapping[str, float]


def measure(cache: Path, parcels: int, say: Say) -> DeskTimes:
    """All of it in one run of QGIS, whose county nothing has read before."""
    kept = _prepare(cache, parcels, say)
    with TemporaryDirectory(dir=cache, prefix=".measured-") as folder:
        county = Path(shutil.copy(kept, folder))
        _forget(county)
        say(f"{parcels:,} parcels: QGIS")
        found = _in_qgis(county, Path(folder))
    return DeskTimes(parcels, int(found.pop("findings")), found)


def _prepare(cache: Path, parcels: int, say: Say) -> Path:
    """A county of that size with findings; from the cache or made now."""
    folder = cache / f"desk-{parcels}-{_CHECKED}-{county_files.county_made_by()}"
    if not folder.is_dir():
        for stale in cache.glob(f"desk-{parcels}-*"):
            shutil.rmtree(stale)
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache, prefix=".building-") as building:
            made = Path(building) / "made"
            made.mkdir()
            county_files.make_county(made / "county.sqlite", parcels, say)
            say(f"{parcels:,} parcels: checking")
            with store.open(made / "county.sqlite") as file:
                validate.run(file, villages=terraces.make(parcels).village_codes[:_CHECKED])
            made.rename(folder)
    return folder / "county.sqlite"


def _forget(path: Path) -> None:
    """Have the system read the file from the disk when it is next asked for."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _in_qgis(county: Path, folder: Path) -> dict[str, float]:
    """What is measured in QGIS, under a screen of its own."""
    packed, answer, script = (folder / each for each in ("plugin.zip", "answer", "begin.py"))
    subprocess.run(
        [sys.executable, "-m", "qgis_plugin.zip_file", str(packed)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    profiles = make_profile(packed, folder / "qgis", county, "en_US")
    _switch_off(profiles)
    script.write_text(_BEGIN, encoding="utf-8")
    environment = dict(
        os.environ,
        QT_QPA_PLATFORM="xcb",
        PYTHONPATH=os.pathsep.join((str(packages_for_qgis(folder)), str(ROOT))),
        **{inside_qgis.ANSWER: str(answer), inside_qgis.OUT: str(folder)},
    )
    ended = subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1920x1200x24", "qgis", "--profiles-path",
         str(profiles), "--profile", "xiangtu", "--nologo", "--code", str(script)],
        env=environment, check=False, timeout=_PATIENCE_S, capture_output=True, text=True,
    )  # fmt: skip
    if not answer.is_file():
        raise RuntimeError(f"QGIS did not come to its end: {ended.stderr[-2000:]}")
    found = json.loads(answer.read_text(encoding="utf-8"))
    if "fault" in found:
        raise RuntimeError(f"in QGIS: {found['fault']}")
    return found


def _switch_off(profiles: Path) -> None:
    """Have QGIS start without the plugin, which is installed."""
    (settings,) = profiles.rglob("QGIS3.ini")
    text = settings.read_text(encoding="utf-8")
    name = inside_qgis.PLUGIN
    settings.write_text(text.replace(f"{name}=true", f"{name}=false"), encoding="utf-8")
