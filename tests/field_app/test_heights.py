"""Heights of a measured point: never 1985 but by the county's geoid grid, or by who levelled it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_village import SRID, VILLAGE, X0, Y0, World, fix_at
from xiangtu import store
from xiangtu.errors import BadInput, SurveyError
from xiangtu.geo import gauss_kruger
from xiangtu.geo.geoid import GeoidGrid
from xiangtu.gnss.fix import Fix
from xiangtu.package import county_geoid
from xiangtu.store import geoid_grids
from xiangtu.words import explain

from field_app.controllers import capture
from field_app.controllers.form import Form
from field_app.controllers.start import Fieldwork

Stand = Callable[..., list[Fix]]
NAME = "青石县似大地水准面"


def grid(offset_m: float = 0.0) -> GeoidGrid:
    """A made-up geoid around the village, about −18.5 m."""
    y, x = np.mgrid[0:60, 0:60]
    return GeoidGrid(35.0, 116.0, 1 / 60, 1 / 60, -18.5 + offset_m + 0.01 * x - 0.004 * y)


def give(work: Fieldwork, world: World, folder: Path, made: GeoidGrid, name: str = NAME) -> str:
    """The county supplies a grid and hands out anew; the label of the grid."""
    path = folder / f"{name}.gtx"
    path.write_bytes(made.to_gtx())
    with store.open(world.county) as file:
        label = county_geoid.supply(file, path, name, "李伟").label
    out = folder / f"{name}.xta"
    assert work.take_assignment(world.assignment_for(work, out)).geoid_grid == label
    work.sign_in("王芳")
    return label


def corner(work: Fieldwork, world: World, measured: capture.Measured | None = None) -> Form:
    form = Form.new(
        work.survey, "boundary_point", number="J1", farmland_uuid=world.parcels["west"], mark="6"
    )
    if measured is not None:
        form.measure(measured)
    return form


def measured(work: Fieldwork, fixes: list[Fix], reason: str | None = None) -> capture.Measured:
    return capture.average_point(work.survey, "boundary_point", fixes, override_reason=reason)


def codes(form: Form) -> set[str]:
    return {each.code for each in form.problems()}


def record(work: Fieldwork, uuid: str) -> dict:
    found = work.survey.get("boundary_point", uuid)
    assert found is not None
    return found


def test_the_countys_grid_makes_the_ellipsoidal_height_a_1985_height(
    work: Fieldwork, world: World, stand: Stand, tmp_path: Path
) -> None:
    label = give(work, world, tmp_path, grid())
    # What the receiver calls sea level is of its own geoid, 3 m off here: it must not matter.
    fixes = stand(300, 300, height_ellipsoid_m=384.0, height_sea_level_m=405.5,
                  geoid_separation_m=-21.5)  # fmt: skip
    form = corner(work, world, measured(work, fixes))
    assert form.problems() == []
    found = record(work, form.confirm())
    longitude, latitude = gauss_kruger.inverse(X0 + 300, Y0 + 300, SRID)
    expected = 384.0 - float(grid().at(longitude, latitude))
    assert found["height_ellipsoid_m"] == 384.0
    assert found["height_1985_m"] == pytest.approx(expected, abs=1e-3)
    assert abs(found["height_1985_m"] - 405.5) > 2
    assert (found["height_how"], found["height_by"]) == ("geoid", label)
    assert label.startswith(NAME)


def test_without_a_grid_there_is_no_1985_height_and_it_says_why(
    work: Fieldwork, world: World, stand: Stand
) -> None:
    fixes = stand(300, 300, height_ellipsoid_m=384.0, height_sea_level_m=405.5)
    form = corner(work, world, measured(work, fixes))
    (note,) = [each for each in form.problems() if each.field == "height_how"]
    assert (note.severity, note.code) == ("note", "field.height.no_grid")
    again = Form.resume(work.survey, form.record)
    assert codes(again) == {"field.height.no_grid"}
    shown = {each.field.name for each in again.questions()}
    assert "height_1985_m" not in shown
    found = record(work, again.confirm())
    assert found["height_ellipsoid_m"] == 384.0
    assert (found["height_1985_m"], found["height_how"], found["height_by"]) == (None, None, None)


def test_a_height_is_not_typed_in_as_1985_before_it_is_said_how_it_was_got(
    work: Fieldwork, world: World, stand: Stand, tmp_path: Path
) -> None:
    form = corner(work, world, measured(work, stand(300, 300, height_ellipsoid_m=384.0)))
    for name, value, code in (
        ("height_1985_m", "402.5", "field.height.say_how"),
        ("height_by", "水准点 BM7", "field.height.say_how"),
        ("height_how", "geoid", "field.height.measured_only"),
    ):
        with pytest.raises(BadInput) as told:
            form.answer(name, value)
        assert told.value.code == code
        assert name in explain(told.value, "zh")
    give(work, world, tmp_path, grid())
    form = corner(work, world, measured(work, stand(300, 300, height_ellipsoid_m=384.0)))
    for name, value in (("height_1985_m", "384"), ("height_by", "我")):
        with pytest.raises(BadInput) as told:
            form.answer(name, value)
        assert told.value.code == "field.height.measured_only"


def test_a_levelled_height_is_1985_and_measuring_leaves_it(
    work: Fieldwork, world: World, stand: Stand, tmp_path: Path
) -> None:
    give(work, world, tmp_path, grid())
    form = corner(work, world, measured(work, stand(300, 300, height_ellipsoid_m=384.0)))
    form.answer("height_how", "levelling")
    assert form.values["height_1985_m"] is None, "the grid's height is none of levelling"
    required = {each.field for each in form.problems() if each.code == "field.problem.required"}
    assert required == {"height_1985_m"}
    form.answer("height_1985_m", "402.513")
    assert "boundary_point.height_1985_says_how" in codes(form)
    form.answer("height_by", "水准点 BM7")
    form.measure(measured(work, stand(300.02, 300, height_ellipsoid_m=384.4)))
    assert form.problems() == []
    found = record(work, form.confirm())
    assert (found["height_1985_m"], found["height_by"]) == (402.513, "水准点 BM7")
    assert found["height_ellipsoid_m"] == 384.4


def test_a_1985_height_goes_with_the_measurement_that_it_came_from(
    work: Fieldwork, world: World, stand: Stand, tmp_path: Path
) -> None:
    give(work, world, tmp_path, grid())
    form = corner(work, world, measured(work, stand(300, 300, height_ellipsoid_m=384.0)))
    form.confirm()
    again = Form.open_record(work.survey, "boundary_point", form.record)
    again.measure(measured(work, stand(300, 300)))
    assert again.values["height_1985_m"] is None and again.values["height_ellipsoid_m"] is None
    assert codes(again) == {"field.height.not_received"}
    again.measure(measured(work, stand(300, 300, height_ellipsoid_m=385.0)))
    assert codes(again) == set()
    again.answer("height_ellipsoid_m", "386")
    assert again.values["height_1985_m"] is None and again.values["height_how"] is None


@pytest.mark.parametrize("lack", ["sea level only", "single", "outside", "gone", "changed"])
def test_why_there_is_no_1985_height(
    work: Fieldwork, world: World, stand: Stand, tmp_path: Path, lack: str
) -> None:
    give(work, world, tmp_path, grid())
    kept = next((work.tablet.folder / "geoid").iterdir())
    heights = {"height_ellipsoid_m": 384.0, "height_sea_level_m": 405.5}
    fixes, reason = stand(300, 300, **heights), None
    code = f"field.height.{lack}"
    if lack == "sea level only":
        fixes, code = stand(300, 300, height_sea_level_m=405.5), "field.height.not_received"
    elif lack == "single":
        fixes = stand(300, 300, fix_type="single", horizontal_accuracy_m=2.5, **heights)
        reason, code = "信号太差", "field.height.not_good_enough"
    elif lack == "outside":
        fixes = [replace(fix_at(300, 300, n, **heights), longitude_deg=117.9) for n in range(12)]
        code = "field.height.outside_grid"
    elif lack == "gone":
        kept.unlink()
        code = "geoid.missing"
    else:
        kept.write_bytes(kept.read_bytes()[:-4] + bytes(4))
        code = "geoid.changed"
    form = corner(work, world, measured(work, fixes, reason))
    (note,) = [each for each in form.problems() if each.field == "height_how"]
    assert note.code == code
    for language in ("zh", "en"):
        line = explain(SurveyError(note.code, **note.facts), language)
        assert "1985" in line and "?" not in line
    form.answer("village", VILLAGE)
    found = record(work, form.confirm(despite="只为试验"))
    assert (found["height_1985_m"], found["height_how"], found["height_by"]) == (None, None, None)


def test_a_newer_grid_takes_the_place_of_the_one_before_and_old_heights_say_which_was_theirs(
    work: Fieldwork, world: World, stand: Stand, tmp_path: Path
) -> None:
    labels = []
    uuids = []
    for number, offset_m in enumerate((0.0, 0.25)):
        labels.append(give(work, world, tmp_path, grid(offset_m), f"格网 {number}"))
        form = corner(work, world, measured(work, stand(300, 300, height_ellipsoid_m=384.0)))
        uuids.append(form.confirm())
    heights = [record(work, uuid)["height_1985_m"] for uuid in uuids]
    assert heights[1] - heights[0] == pytest.approx(-0.25, abs=2e-3)
    assert [record(work, uuid)["height_by"] for uuid in uuids] == labels
    # An assignment of a county that has none any more leaves the tablet's.
    with store.open(world.county) as file:
        geoid_grids.forget(file)
    out = tmp_path / "none.xta"
    assert work.take_assignment(world.assignment_for(work, out)).geoid_grid == labels[1]


def test_a_relics_point_has_its_heights_the_same_way(
    work: Fieldwork, world: World, stand: Stand, tmp_path: Path
) -> None:
    label = give(work, world, tmp_path, grid())
    fixes = stand(300, 300, height_ellipsoid_m=384.0)
    form = Form.new(work.survey, "relic_point", number="1")
    form.measure(capture.average_point(work.survey, "relic_point", fixes))
    assert form.values["height_1985_m"] == pytest.approx(402.5, abs=0.6)
    assert (form.values["height_how"], form.values["height_by"]) == ("geoid", label)
