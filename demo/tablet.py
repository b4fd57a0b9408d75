"""`python -m demo.tablet`: the app on a tablet that the made-up county handed work to.

The county is a copy of the demonstration's, so that work can be handed over to it without
changing what `make demo` shows. The tablet is kept from one start to the next; its receiver walks
around parcels of the first village, and says so anew at each start, by this machine's clock.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import shapely
from xiangtu import store
from xiangtu.cli import language as languages
from xiangtu.errors import SurveyError
from xiangtu.package import assignment, enrolment
from xiangtu.sealing import keys

from field_app.__main__ import main as run_app
from field_app.controllers.start import Fieldwork

from .basemap import write_basemap
from .land import SEED
from .nmea_stream import Receiver
from .office import OFFICER
from .terrain import make_terrain
from .words import Words, refusal_of_a_copy

_ROOT = Path(__file__).resolve().parents[1]
_FOLDER = _ROOT / ".cache" / "app"
SURVEYOR = "周敏"
_VILLAGES = 2
#: Parcels that the receiver walks around, and the seconds it stands before each: half an hour.
_PARCELS, _STANDS = 12, 30
_HEIGHT_M = 420.0


def make_tablet(demo: Path, folder: Path) -> Path:
    """A tablet with an assignment and a basemap, its county beside it, in a folder; the tablet's
    folder.

    One that is there already is left as it is. BadFile ("file.missing") without the
    demonstration's county.
    """
    tablet = folder / "tablet"
    if tablet.is_dir():
        return tablet
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)  # what a run that was stopped left
    county = fresh / "county" / "county.sqlite"
    county.parent.mkdir(parents=True)
    store.copy(demo / "county.sqlite", county)
    shutil.copy2(demo / "county.key", county.with_name("county.key"))
    with Fieldwork(fresh / "tablet", "演示平板") as fieldwork:
        with store.open(county) as file:
            file.sign_in(author=OFFICER, utc_offset_min=480)
            basemap = write_basemap(make_terrain(SEED), file.srid, county.with_name("land.mbtiles"))
            device = enrolment.enrol(file, fieldwork.card)
            assignment.assign(
                file, fresh / "assignment.xta", device, SURVEYOR, villages(file)[:_VILLAGES],
                basemap=basemap, identity=keys.county_identity(county),
            )  # fmt: skip
        fieldwork.take_assignment(fresh / "assignment.xta")
        fieldwork.sign_in(SURVEYOR)
    fresh.rename(folder)
    return tablet


def villages(file: store.SurveyFile) -> list[str]:
    """Codes of the villages that have parcels, in order."""
    rows = file.connection.execute("SELECT DISTINCT village FROM farmland ORDER BY village")
    return [code for (code,) in rows if code]


def walk_around(tablet: Path, out: Path) -> Path:
    """What a receiver says, from now on, on the way around parcels of the tablet's first village:
    a stand, then the outline, one parcel after its nearest neighbour."""
    with Fieldwork(tablet) as fieldwork:
        file = fieldwork.survey
        _, found = file.arrays("farmland", where="village = ?", parameters=(villages(file)[0],))
        srid = file.srid
    outlines = shapely.get_geometry(found[~shapely.is_missing(found)], 0)
    first = outlines[0]
    near = outlines[np.argsort(shapely.distance(outlines, first.centroid), kind="stable")]
    receiver = Receiver(
        srid, datetime.now(UTC), [30], lambda x, y: np.full(np.shape(x), _HEIGHT_M)
    )  # fmt: skip
    said = []
    for outline in near[:_PARCELS]:
        ring = np.asarray(outline.exterior.coords)[:, :2]
        said.append(receiver.stand(*ring[0], _STANDS))
        said.append(receiver.walk(ring))
    out.write_text("".join(said), encoding="ascii", newline="")
    return out


def main(arguments: list[str]) -> int:
    """0 once the app is closed, 2 if it could not begin."""
    language = languages.choose(arguments, os.environ)
    parser = argparse.ArgumentParser(prog="python -m demo.tablet", description=__doc__)
    parser.add_argument("--demo", type=Path, default=_ROOT / "demo_output")
    parser.add_argument("--lang", choices=("zh", "en"))
    options = parser.parse_args(arguments)
    words = Words(language)
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        print(words("refused", "no_display"), file=sys.stderr)
        return 2
    try:
        tablet = make_tablet(options.demo, _FOLDER)
        receiver = walk_around(tablet, tablet.parent / "receiver.nmea")
    except SurveyError as error:
        print(refusal_of_a_copy(error, words, _FOLDER), file=sys.stderr)
        return 2
    shown = _FOLDER.relative_to(Path.cwd()) if _FOLDER.is_relative_to(Path.cwd()) else _FOLDER
    print(words("last", "app", folder=shown))
    return run_app([str(tablet), "--receiver", str(receiver)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
