"""A county's geoid grid: supplied, cut to its villages, in assignments, in copies; or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest
from field_work import Field, square
from xiangtu import store
from xiangtu.errors import BadFile, BadInput, BadPackage, Cancelled
from xiangtu.geo import gauss_kruger
from xiangtu.geo.geoid import GeoidGrid
from xiangtu.package import adoption, assignment, county_geoid
from xiangtu.package.bag import BagWriter
from xiangtu.store import geoid_grids
from xiangtu.words import explain


def province(**changed: float) -> GeoidGrid:
    """A made-up geoid of 6° by 6°, far more than the county needs."""
    y, x = np.mgrid[0:361, 0:361]
    values = -18.5 + 0.01 * x + 3 * np.sin(y / 40.0) + changed.get("offset_m", 0.0)
    return GeoidGrid(32.0, 113.0, 1 / 60, 1 / 60, values)


def write(field: Field, grid: GeoidGrid, name: str = "province.gtx") -> Path:
    path = field.folder / name
    path.write_bytes(grid.to_gtx())
    return path


def supply(field: Field, grid: GeoidGrid, name: str = "省似大地水准面") -> geoid_grids.CountyGeoid:
    with field.county.open() as file:
        return county_geoid.supply(file, write(field, grid), name, "李伟")


def held_by(file: store.SurveyFile) -> tuple[geoid_grids.CountyGeoid, GeoidGrid]:
    found = geoid_grids.grid(file)
    assert found is not None
    return found


def spots() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(6)
    x, y = random.uniform(454_000, 456_000, 500), random.uniform(3_919_000, 3_920_000, 500)
    return gauss_kruger.inverse(x, y, 4548)


def test_what_the_county_keeps_is_small_and_gives_what_proj_has_from_the_whole(
    field_: Field,
) -> None:
    about = supply(field_, province())
    whole = field_.folder / "province.gtx"
    with field_.county.look() as file:
        kept, window = held_by(file)
        assert kept == about
        path = file.path.parent / about.file_name
    assert path.stat().st_size < whole.stat().st_size / 500
    longitude, latitude = spots()
    for grid in (whole, path):
        proj = pyproj.Transformer.from_pipeline(
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
            f"+step +proj=vgridshift +grids={grid}"
        )
        heights = proj.transform(longitude, latitude, np.full(500, 384.0))[2]
        assert np.abs(384.0 - window.at(longitude, latitude) - heights).max() < 1e-3
    assert about.label.startswith("省似大地水准面 · ")


def test_it_reaches_the_tablet_and_a_newer_one_takes_its_place(field_: Field) -> None:
    first = supply(field_, province())
    assert field_.assign_again().geoid_grid == first.label
    longitude, latitude = spots()
    with field_.survey() as survey:
        kept, grid = held_by(survey)
        assert kept == first
        before = grid.at(longitude, latitude)
    second = supply(field_, province(offset_m=0.4), "新格网")
    assert field_.assign_again().geoid_grid == second.label
    with field_.survey() as survey:
        assert held_by(survey)[0] == second
        assert np.allclose(held_by(survey)[1].at(longitude, latitude) - before, 0.4, atol=1e-4)
        logged = survey.connection.execute(
            "SELECT detail FROM access_log WHERE action = ? ORDER BY id", (geoid_grids.ACTION,)
        ).fetchall()
        assert logged == [(first.label,), (second.label,)]
    with field_.county.open() as file:
        assert geoid_grids.forget(file) == second
        assert geoid_grids.grid(file) is None
    assert field_.assign_again().geoid_grid == second.label, "the tablet's own stays"


def test_a_first_assignment_brings_it_too(field_: Field, tmp_path: Path) -> None:
    from xiangtu.package import tablet

    about = supply(field_, province())
    other = tablet.start(tmp_path / "other", name="平板二")
    field_.county.enrol(other)
    out = tmp_path / "other.xta"
    assert field_.county.assign(out, other.device_id).geoid_grid == about.label
    assert adoption.adopt(other.folder, out).geoid_grid == about.label
    with other.survey() as survey:
        assert held_by(survey)[0] == about


def test_an_assignment_taken_in_again_brings_a_lost_grid_back(field_: Field) -> None:
    about = supply(field_, province())
    field_.assign_again()
    (field_.tablet.folder / about.file_name).unlink()
    again = assignment.adopt(field_.tablet.folder, field_.folder / "assignment2.xta")
    assert again.already and again.geoid_grid == about.label
    with field_.survey() as survey:
        assert held_by(survey)[0] == about


def test_a_copy_takes_the_grid_along(field_: Field, tmp_path: Path) -> None:
    about = supply(field_, province())
    (tmp_path / "aside").mkdir()
    out = store.copy(field_.county.path, tmp_path / "aside" / "copy.sqlite")
    with store.open(out, readonly=True) as file:
        assert held_by(file)[0] == about
    beside = store.copy(field_.county.path, field_.county.path.with_name("beside.sqlite"))
    supply(field_, province(offset_m=1.0), "新格网")
    with store.open(beside, readonly=True) as file:
        assert held_by(file)[0] == about, "a copy goes on with the grid it had"


def test_a_grid_that_does_not_cover_the_villages_is_refused_by_their_names(
    field_: Field,
) -> None:
    longitude, latitude = gauss_kruger.inverse(455_500.0, 3_919_500.0, 4548)
    whole = province()
    gap = whole.values.copy()
    row = round((float(latitude) - whole.south_deg) * 60)
    column = round((float(longitude) - whole.west_deg) * 60)
    gap[row, column] = np.nan
    half = GeoidGrid(32.0, 113.0, 1 / 60, 1 / 60, whole.values[: row + 1])
    for grid, code in (
        (GeoidGrid(32.0, 113.0, 1 / 60, 1 / 60, gap), "geoid.not_covering"),
        (half, "geoid.not_covering"),
        (GeoidGrid(12.0, 13.0, 1 / 60, 1 / 60, whole.values), "geoid.elsewhere"),
        (GeoidGrid(32.0, 113.0, 1 / 60, 1 / 60, whole.values * np.nan), "geoid.empty"),
        (GeoidGrid(32.0, 113.0, 1 / 60, 1 / 60, whole.values * -10), "geoid.heights"),
        (GeoidGrid(32.0, 113.0, 1 / 60, 1 / 60,
                   whole.values + np.random.default_rng(1).uniform(0, 9, whole.values.shape)),
         "geoid.steep"),
    ):  # fmt: skip
        with pytest.raises(BadInput) as told:
            supply(field_, grid)
        assert told.value.code == code
        for language in ("zh", "en"):
            line = explain(told.value, language)
            assert "province.gtx" in line and "?" not in line
            assert ("村1" in line) == (code == "geoid.not_covering")
        with field_.county.look() as file:
            assert geoid_grids.grid(file) is None
    assert not (field_.county.path.parent / "geoid").exists()


def test_a_gap_inside_a_village_is_found_where_no_corner_of_it_lies(field_: Field) -> None:
    fine = GeoidGrid(35.3, 116.4, 1e-3, 1e-3, np.full((200, 250), -18.5))
    longitude, latitude = gauss_kruger.inverse(454_500.0, 3_919_500.0, 4548)
    fine.values[
        round((float(latitude) - 35.3) * 1000), round((float(longitude) - 116.4) * 1000)
    ] = np.nan
    with pytest.raises(BadInput) as told:
        supply(field_, fine)
    assert (told.value.code, told.value.facts["villages"]) == ("geoid.not_covering", ["村0"])


def test_villages_that_grow_out_of_the_grid_are_named(field_: Field) -> None:
    supply(field_, province())
    far = square(60_000, 0)
    with field_.county.open() as file:
        _, window = held_by(file)
        assert county_geoid.villages_without(file, window) == []
        file.insert("village", {"code": "990101101203", "name": "飞地村"}, far)
        assert county_geoid.villages_without(file, window) == ["飞地村"]


def test_a_county_without_villages_cannot_tell(field_: Field) -> None:
    with field_.county.open() as file:
        for uuid in [each["uuid"] for each in file.select("village", columns=("uuid",))]:
            file.update("village", uuid, {}, None)
    with pytest.raises(BadInput) as told:
        supply(field_, province())
    assert told.value.code == "geoid.no_villages"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "很" * 61])
def test_a_grid_has_a_name_that_fits_a_record(field_: Field, name: str) -> None:
    with pytest.raises(BadInput) as told:
        supply(field_, province(), name)
    assert told.value.code == "geoid.name"


def test_tablets_are_given_grids_and_give_none(field_: Field) -> None:
    with field_.survey() as survey, pytest.raises(BadInput) as told:
        county_geoid.supply(survey, write(field_, province()), "省", "王芳")
    assert told.value.code == "geoid.not_county"


def test_a_grid_lost_or_changed_beside_the_county_file_is_not_handed_out(field_: Field) -> None:
    about = supply(field_, province())
    path = field_.county.path.parent / about.file_name
    whole = path.read_bytes()
    out = field_.folder / "x.xta"
    for content, code in ((None, "geoid.missing"), (whole[:-4] + b"\0\0\0\0", "geoid.changed")):
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(BadFile) as told:
            field_.county.assign(out, field_.tablet.device_id)
        assert told.value.code == code
        assert "省似大地水准面" in explain(told.value, "zh")
        assert not out.exists()
    # Supplying it again puts it right.
    supply(field_, province())
    assert path.read_bytes() == whole


@pytest.mark.parametrize("lie", ["other", "no grid", "ground", "absent"])
def test_an_assignment_with_another_grid_than_it_says_is_refused_whole(
    field_: Field, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    about = supply(field_, province())
    kept = field_.county.path.parent / about.file_name
    source = field_.folder / "source"
    grid = province()
    if lie == "other":
        source.write_bytes(province(offset_m=2.0).to_gtx())
    elif lie == "no grid":
        source.write_bytes(b"\x89PNG" * 100)
    else:
        grid.values[100, 100] += 90
        source.write_bytes(grid.to_gtx())
    if lie in ("no grid", "ground"):
        # Signed by a county whose program does not look: its hash is right.
        told = geoid_grids.CountyGeoid(
            about.name, about.source, about.source_sha256,
            geoid_grids.digest(source.read_bytes()), about.supplied_at, about.supplied_by,
        )  # fmt: skip
        monkeypatch.setattr(county_geoid, "to_hand_out", lambda file: (told, source))
    else:
        real = BagWriter.add_file

        def swapped(bag: BagWriter, name: str, path: Path, *, compress: bool) -> None:
            if path == kept and lie == "absent":
                return
            real(bag, name, source if path == kept else path, compress=compress)

        monkeypatch.setattr(BagWriter, "add_file", swapped)
    out = field_.folder / "lie.xta"
    field_.county.assign(out, field_.tablet.device_id)
    monkeypatch.undo()
    with pytest.raises(BadPackage) as refused:
        assignment.adopt(field_.tablet.folder, out)
    expected = "assignment.geoid" if lie in ("no grid", "ground") else "package.incomplete"
    assert refused.value.code == expected
    for language in ("zh", "en"):
        line = explain(refused.value, language)
        assert "lie.xta" in line and "?" not in line
    assert not (field_.tablet.folder / "geoid").exists()
    with field_.survey() as survey:
        assert geoid_grids.grid(survey) is None


def test_an_assignment_that_was_cancelled_leaves_the_grid_before(field_: Field) -> None:
    first = supply(field_, province())
    field_.assign_again()
    supply(field_, province(offset_m=0.4), "新格网")
    out = field_.folder / "next.xta"
    field_.county.assign(out, field_.tablet.device_id)
    with pytest.raises(Cancelled):
        adoption.adopt(field_.tablet.folder, out, lambda _, code: code != "adopt.writing")
    with field_.survey() as survey:
        assert held_by(survey)[0] == first
