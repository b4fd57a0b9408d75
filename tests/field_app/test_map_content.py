"""What the map shows of a small village."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest
from shapely import LineString, Point
from small_village import SRID, VILLAGE, X0, Y0, World, square
from xiangtu.geo import web_mercator

from field_app.controllers import map_content
from field_app.controllers.start import Fieldwork

PROJ = pyproj.Transformer.from_crs(SRID, 3857, always_xy=True)


def on_map(x: float, y: float) -> tuple[float, float]:
    """Metres from the county's corner in Web Mercator, by PROJ."""
    return PROJ.transform(X0 + x, Y0 + y)


def around(x: float, y: float, side: float) -> map_content.Bounds:
    return (*on_map(x, y), *on_map(x + side, y + side))


def layer_of(found: map_content.MapContent, name: str) -> map_content.LayerShapes:
    return next(each for each in found.layers if each.layer.name == name)


def test_outlines_lie_on_the_map_where_proj_puts_them(work: Fieldwork, world: World) -> None:
    found = map_content.content(work.survey, around(0, 0, 1000), 2_000)
    parcels = layer_of(found, "farmland")
    assert sorted(parcels.labels) == ["东地", "西地"]
    west = parcels.records.index(world.parcels["west"])
    expected = [on_map(*corner) for corner in ((100, 100), (150, 100), (150, 150), (100, 150))]
    corners = parcels.shapes[west].geoms[0].exterior.coords[:-1]
    assert {tuple(np.round(each, 3)) for each in corners} == {
        tuple(np.round(each, 3)) for each in expected
    }
    assert parcels.shapes[west].contains(Point(parcels.anchors[west]))


def test_only_what_is_in_view_and_wanted_and_large_enough_is_read(work: Fieldwork) -> None:
    survey = work.survey
    names = lambda found: [each.layer.name for each in found.layers]  # noqa: E731
    assert names(map_content.content(survey, around(0, 0, 1000), 2_000)) == ["village", "farmland"]
    assert names(map_content.content(survey, around(500, 500, 100), 2_000)) == ["village"]
    assert names(map_content.content(survey, around(0, 0, 1000), 2_000, {"village"})) == [
        "farmland"
    ]
    afar = map_content.content(survey, around(-9e4, -9e4, 18e4), 1_000_000)
    assert names(afar) == ["village"]
    farmland = survey.catalogue.layers["farmland"]
    assert farmland.label in afar.left_out
    # The whole Earth is farther than the projection reaches, and holds the village all the same.
    half = web_mercator.HALF_M
    assert names(map_content.content(survey, (-half, -half, half, half), 1e8)) == ["village"]


def test_more_records_than_can_be_told_apart_are_left_out(
    work: Fieldwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_content, "MOST_IN_VIEW", 1)
    found = map_content.content(work.survey, around(0, 0, 1000), 2_000)
    assert [each.layer.name for each in found.layers] == ["village"]
    assert work.survey.catalogue.layers["farmland"].label in found.left_out


def test_drafts_and_what_was_done_today_and_came_back_are_marked(
    work: Fieldwork, world: World
) -> None:
    survey = work.survey
    west, east = world.parcels["west"], world.parcels["east"]

    def marks() -> dict[str, str]:
        found = map_content.content(survey, around(0, 0, 1000), 2_000)
        parcels = layer_of(found, "farmland")
        return dict(zip(parcels.records, parcels.marks, strict=True))

    assert marks() == {west: "", east: ""}
    survey.update("farmland", west, {"state": "surveyed"})
    new = "01890000-0000-7000-8000-000000000001"
    survey.save_draft(new, "farmland", {"name": "新地", "land_use": "0301"}, square(300, 300, 20))
    assert marks() == {west: "today", east: "", new: "draft"}
    found = layer_of(map_content.content(survey, around(0, 0, 1000), 2_000), "farmland")
    assert found.fills[found.records.index(new)] == "#66bb6a", "a class lends its colour"
    # Outlined anew, a record lies where its draft says, and once.
    survey.save_draft(east, "farmland", {}, square(400, 400, 20))
    assert marks()[east] == "draft"
    (there,) = map_content.at(survey, *on_map(410, 410), 1.0, 2_000, {"village"})
    assert (there.record, there.mark, there.title) == (east, "draft", there.title)
    assert there.area_m2 == pytest.approx(400)
    old_place = map_content.content(survey, around(160, 110, 10), 2_000, {"village"})
    assert old_place.layers == () or east not in layer_of(old_place, "farmland").records
    survey.update("farmland", west, {"ended_on": "2025-06-01"})
    assert set(marks()) == {east, new}


def test_the_smallest_thing_under_a_finger_comes_first(work: Fieldwork, world: World) -> None:
    survey = work.survey
    at = lambda x, y: [  # noqa: E731
        (each.layer, each.title) for each in map_content.at(survey, *on_map(x, y), 4.0, 2_000)
    ]
    assert [name for name, _ in at(120, 120)] == ["farmland", "village"]
    assert at(120, 120)[0][1].startswith("西地 · ")
    assert [name for name, _ in at(500, 500)] == ["village"]
    assert at(2000, 2000) == []
    # Just outside both parcels, each is near; the village, in which the finger is, before them.
    assert at(150, 98)[0][0] == "village"
    survey.insert(
        "route", {"village": VILLAGE, "kind": "110", "name": "渠"},
        LineString([(X0 + 90, Y0 + 121), (X0 + 200, Y0 + 121)]),
    )  # fmt: skip
    assert [name for name, _ in at(120, 120)] == ["route", "farmland", "village"]


def test_records_are_found_by_a_part_of_their_name_or_code(work: Fieldwork, world: World) -> None:
    survey = work.survey
    found = map_content.search(survey, "地")
    assert {each.record for each in found} == set(world.parcels.values())
    (west,) = map_content.search(survey, "西")
    assert (west.village, west.layer) == ("上河村", "farmland")
    assert [each.record for each in map_content.search(survey, "0100002")] == [
        world.parcels["east"]
    ]
    assert map_content.search(survey, "  ") == map_content.search(survey, "%") == []
    assert map_content.search(survey, "张三") == [], "a household lies nowhere"


def test_a_record_is_told_whole_or_not_at_all(work: Fieldwork, world: World) -> None:
    west = map_content.record(work.survey, "farmland", world.parcels["west"])
    assert west is not None and west.state is not None
    assert (west.state.zh, west.area_m2) == ("验收通过", pytest.approx(2500))
    assert map_content.record(work.survey, "farmland", world.household) is None


def test_the_map_begins_with_the_villages(work: Fieldwork, tmp_path: Path) -> None:
    bounds = map_content.home(work.survey)
    assert bounds == pytest.approx(around(0, 0, 1000), abs=25)
    work.survey.connection.execute("DELETE FROM village")
    assert map_content.home(work.survey) == pytest.approx(
        (*on_map(100, 100), *on_map(200, 150)), abs=3
    )
    work.survey.connection.execute("DELETE FROM farmland")
    assert map_content.home(work.survey) is None
