"""The command line in tests: calling it, and a small county with one tablet to call it on."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import shapely
from PIL import Image
from xiangtu.cli import main
from xiangtu.geo import gauss_kruger
from xiangtu.package.tablet import load

#: The zone of the small county: central meridian 117° E, no zone number before the easting.
SRID = 4548
VILLAGES = {"990101101201": "上湾村", "990101101202": "下湾村"}
#: South-west corner of the first village; each is a square of 1 km, side by side.
_CORNER = (455_000.0, 3_919_000.0)


@dataclass(frozen=True)
class Ran:
    """What one call did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one document of --json; fails if there is anything else on standard output."""
        return json.loads(self.out)

    @property
    def refusal(self) -> str:
        """The one line of a refusal."""
        assert self.code == 2, (self.code, self.out, self.err)
        assert "Traceback" not in self.err + self.out
        assert self.err.endswith("\n")
        (line,) = self.err.splitlines()
        return line


def xiangtu(*words: object, lang: str = "en") -> Ran:
    """Call the command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*map(str, words), "--lang", lang, "--author", "Li Wei"])
    return Ran(code, out.getvalue(), err.getvalue())


def done(*words: object, code: int = 0) -> Ran:
    """Call the command, which must end with `code`."""
    ran = xiangtu(*words)
    assert ran.code == code, (words, ran)
    return ran


def square(east: float, north: float, side_m: float = 40.0) -> shapely.Polygon:
    """A parcel with its corner so far east and north of the first village's corner."""
    x, y = _CORNER[0] + east, _CORNER[1] + north
    return shapely.box(x, y, x + side_m, y + side_m)


def write_villages(path: Path) -> Path:
    """The villages' outlines as GeoJSON in degrees, as an office would hand them over."""
    features = []
    for index, (code, name) in enumerate(VILLAGES.items()):
        outline = square(index * 1000.0, 0.0, 1000.0)
        x, y = shapely.get_coordinates(outline).T
        longitude, latitude = gauss_kruger.inverse(x, y, SRID)
        ring = [[float(lon), float(lat)] for lon, lat in zip(longitude, latitude, strict=True)]
        features.append(
            {
                "type": "Feature",
                "properties": {"code": code, "name": name},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


@dataclass(frozen=True)
class Place:
    """A folder with a county, and what its tablet has so far."""

    folder: Path

    @property
    def county(self) -> Path:
        return self.folder / "county.sqlite"

    @property
    def tablet(self) -> Path:
        return self.folder / "tablet"

    @property
    def assignment(self) -> Path:
        return self.folder / "assignment.xta"

    @property
    def package(self) -> Path:
        return self.folder / "package.xtp"

    @property
    def device(self) -> str:
        return load(self.tablet).device_id

    def survey(self, work: Callable[[Any], object]) -> None:
        """Let the tablet's survey file be worked on."""
        with load(self.tablet).survey() as file:
            work(file)


def make_county(folder: Path, *, number: str = "990101") -> Place:
    """A county with two villages."""
    folder.mkdir(parents=True, exist_ok=True)
    place = Place(folder)
    villages = write_villages(folder / "villages.geojson")
    done("new", place.county, "--county", number, "--name", "青石县",
         "--longitude", "116.5", "--villages", villages)  # fmt: skip
    return place


def hand_out(place: Place) -> None:
    """A tablet started, enrolled, and given both villages."""
    done("start", place.tablet, "--name", "team 1")
    done("enrol", place.county, place.tablet / "device.xtd")
    done("assign", place.county, place.assignment, "--device", place.device,
         "--surveyor", "王芳", "--village", *VILLAGES)  # fmt: skip
    done("start", place.tablet, place.assignment)


def survey_a_parcel(file: Any, east: float = 100.0, **values: object) -> str:
    """One new parcel on the tablet."""
    return file.insert(
        "farmland",
        {"name": "坝上田", "kind": "10", "village": next(iter(VILLAGES)), **values},
        geometry=square(east, 100.0),
    )


@pytest.fixture(scope="session")
def packed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """County, tablet and a package with one parcel and one photo; not to be written to."""
    place = make_county(tmp_path_factory.mktemp("county"))
    hand_out(place)
    photo = place.folder / "photo.jpg"
    Image.effect_noise((64, 64), 80).convert("RGB").save(photo)

    def work(file: Any) -> None:
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
