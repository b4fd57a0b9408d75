"""A small county for the command line's tests, made once and copied for each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import Place, done, hand_out, make_county, survey_a_parcel
from PIL import Image


@pytest.fixture(scope="session")
def packed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """County, tablet and a package with one parcel and one photo; not to be written to."""
    place = make_county(tmp_path_factory.mktemp("county"))
    hand_out(place)
    photo = place.folder / "photo.jpg"
    Image.effect_noise((64, 64), 80).convert("RGB").save(photo)

    def work(file) -> None:
        parcel = survey_a_parcel(file)
        file.attach(parcel, "farmland", photo, role="overview")

    place.survey(work)
    done("pack", place.tablet, place.package)
    return place.folder


@pytest.fixture
def place(packed_once: Path, tmp_path: Path) -> Place:
    """A copy of it to do anything with."""
    folder = tmp_path / "county"
    shutil.copytree(packed_once, folder)
    return Place(folder)
