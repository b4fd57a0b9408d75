"""A tablet with much work on it, made once and kept in .cache."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from xiangtu import store
from xiangtu.package import assignment, enrolment

from field_app.controllers.start import Fieldwork

from . import county_files, terraces
from .county_files import Say

_SURVEYOR = "王芳"


def prepare(cache: Path, parcels: int, say: Say) -> Path:
    """The folder of a tablet that was handed a county of so many parcels, signed in; from the
    cache or made now."""
    folder = cache / f"tablet-{parcels}-{county_files.tablet_made_by()}"
    if folder.is_dir():
        return folder / "tablet"
    for stale in cache.glob(f"tablet-{parcels}-*"):
        shutil.rmtree(stale)
    cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=cache, prefix=".building-") as building:
        made = Path(building) / "made"
        made.mkdir()
        county = Path(building) / "county.sqlite"
        county_files.make_county(county, parcels, say)
        with Fieldwork(made / "tablet", "bench") as work:
            say(f"{parcels:,} parcels: assignment")
            with store.open(county) as file:
                file.sign_in(author="bench")
                device = enrolment.enrol(file, work.card)
                villages = terraces.make(parcels).village_codes
                out = Path(building) / "out.xta"
                assignment.assign(file, out, device, _SURVEYOR, villages)
            work.take_assignment(out)
            work.sign_in(_SURVEYOR)
        made.rename(folder)
    return folder / "tablet"


@contextmanager
def copied(tablet: Path) -> Iterator[Path]:
    """A copy that a measurement may change."""
    with TemporaryDirectory(dir=tablet.parents[1], prefix=".measured-") as folder:
        copy = Path(shutil.copytree(tablet, Path(folder) / "tablet"))
        os.sync()  # else what is measured waits for the copy to reach the disk
        yield copy
