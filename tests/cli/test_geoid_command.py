"""The command geoid, as an officer uses it, in both languages."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import shapely
from command_line import VILLAGES, Place, done, survey_a_parcel, xiangtu
from xiangtu import store


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A grid in the way of an office, as Esri ASCII."""
    y, x = np.mgrid[0:100, 0:100]
    values = -18.5 + 0.01 * x - 0.02 * y
    rows = "\n".join(" ".join(f"{value:.4f}" for value in row) for row in values[::-1])
    path = tmp_path / "青石县.asc"
    head = f"ncols 100\nnrows 100\nxllcenter 116\nyllcenter 35\ncellsize {1 / 60!r}\n"
    path.write_text(f"{head}nodata_value -9999\n{rows}\n", encoding="utf-8")
    return path


def test_a_county_supplies_a_grid_and_sees_which_one_holds(place: Place, given: Path) -> None:
    none = done("geoid", place.county)
    assert "no geoid grid" in none.out and "no 1985 height" in none.err
    assert done("geoid", place.county, "--json").json == {"geoid": None}
    supplied = done("geoid", place.county, given, "--name", "青石县似大地水准面", "--json").json
    assert supplied["villages_without"] == []
    shown = done("geoid", place.county, "--json").json
    assert shown == supplied
    assert shown["geoid"]["supplied_by"] == "Li Wei" and shown["geoid"]["source"] == given.name
    assert -20.5 < shown["grid"]["middle_m"] < -17.5
    assert (place.folder / shown["geoid"]["file"]).is_file()
    for lang, words in (("en", ("geoid grid", "value in the middle")),
                        ("zh", ("大地水准面格网", "中心处格网值"))):  # fmt: skip
        ran = xiangtu("geoid", place.county, lang=lang)
        assert ran.code == 0 and all(each in ran.out for each in words)
        assert shown["geoid"]["label"] in ran.out
        assert "1985" in ran.err

    second = place.folder / "second.xta"
    assigned = done("assign", place.county, second, "--device", place.device, "--surveyor", "王芳",
                    "--village", *VILLAGES, "--json").json  # fmt: skip
    assert assigned["assignment"]["geoid_grid"] == shown["geoid"]["label"]
    adopted = done("start", place.tablet, second)
    assert shown["geoid"]["label"] in adopted.out

    gone = done("geoid", place.county, "--remove", "--json").json
    assert gone["removed"]["name"] == "青石县似大地水准面"
    assert done("geoid", place.county, "--json").json == {"geoid": None}
    assert done("geoid", place.county, "--remove", "--json").json == {"removed": None}


def test_villages_outside_the_grid_wait_for_a_person(place: Place, given: Path) -> None:
    done("geoid", place.county, given, "--name", "青石县")
    with store.open(place.county) as file:
        outline = shapely.box(530_000, 3_919_000, 530_500, 3_919_500)
        file.insert("village", {"code": "990101101299", "name": "飞地村"}, outline)
    ran = done("geoid", place.county, code=1)
    assert "飞地村" in ran.out


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["{grid}"], "--name"),
        (["--name", "x"], "--name"),
        (["{grid}", "--name", "x", "--remove"], "--remove"),
        (["{photo}", "--name", "x"], "photo.jpg"),
        (["{half}", "--name", "x"], "half.asc"),
        (["{none}", "--name", "x"], "none.gtx"),
    ],
)
def test_what_is_no_grid_is_one_line(
    place: Place, given: Path, words: list[str], named: str
) -> None:
    half = place.folder / "half.asc"
    half.write_bytes(given.read_bytes()[: given.stat().st_size // 2])
    known = {"grid": given, "photo": place.folder / "photo.jpg", "half": half,
             "none": place.folder / "none.gtx"}  # fmt: skip
    for lang in ("en", "zh"):
        ran = xiangtu("geoid", place.county, *(each.format(**known) for each in words), lang=lang)
        assert named in ran.refusal
    assert done("geoid", place.county, "--json").json == {"geoid": None}


def test_a_1985_height_comes_from_the_tablet_into_tables_with_its_grid(
    place: Place, given: Path
) -> None:
    label = done("geoid", place.county, given, "--name", "青石县", "--json").json["geoid"]["label"]
    village = next(iter(VILLAGES))

    def corner(file: store.SurveyFile) -> None:
        parcel = survey_a_parcel(file, east=200.0)
        values = {
            "number": "J1", "farmland_uuid": parcel, "village": village, "kind": "1", "mark": "6",
            "state": "surveyed", "measured_how": "gnss_average", "fix_type": "rtk_fixed",
            "horizontal_accuracy_m": 0.02, "epochs": 12, "height_ellipsoid_m": 384.0,
            "height_1985_m": 402.513, "height_how": "geoid", "height_by": label,
        }  # fmt: skip
        file.insert("boundary_point", values, shapely.Point(455_200.0, 3_919_100.0))

    place.survey(corner)
    later = place.folder / "later.xtp"
    done("pack", place.tablet, later)
    done("merge", place.county, place.package, later)
    xiangtu("validate", place.county, "--layer", "boundary_point")
    rules = {each["rule"] for each in xiangtu("findings", place.county, "--json").json["findings"]}
    assert not {each for each in rules if "height" in each or "geoid" in each}
    out = place.folder / "shp"
    done("export", place.county, out, "--format", "shp", "--layer", "boundary_point")
    (shp,) = out.rglob("*.shp")
    shown = subprocess.run(
        ["ogrinfo", "-ro", "-al", shp], capture_output=True, text=True, check=True
    ).stdout
    # dBase has ten letters for a name; each still says which height it is.
    assert "height_ell (Real) = 384.000" in shown and "height_198 (Real) = 402.513" in shown
    assert "height_how (String) = geoid" in shown and f"height_by (String) = {label}" in shown
