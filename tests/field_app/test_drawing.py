"""Outlines drawn and changed on the map: corners tapped, stood at and walked, holes, a neighbour's
edge, division; everything undone, kept through a kill, and held against what the layer asks."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon
from small_village import SRID, VILLAGE, X0, Y0, World, square, way
from xiangtu.errors import BadInput
from xiangtu.store import measuring

from field_app.controllers import map_places
from field_app.controllers.drawing_at_work import Drawing, Touch
from field_app.controllers.form import Form
from field_app.controllers.measuring import KeptWalk
from field_app.controllers.outline import Corner, History, Outline, Splice
from field_app.controllers.settings import Settings
from field_app.controllers.shape_at_work import ShapeAtWork
from field_app.controllers.split_at_work import SplitAtWork
from field_app.controllers.start import Fieldwork
from field_app.controllers.tape import Tape


def at(x: float, y: float, trembles_m: float = 0.0) -> Touch:
    """A touch of the map x, y metres from the county's corner."""
    ((x_m, y_m),) = map_places.on_map(np.array([[X0 + x, Y0 + y]]), SRID)
    return Touch(float(x_m), float(y_m), trembles_m)


def places(drawing: Drawing, ring: int = 0) -> list[tuple[float, float]]:
    """The corners in metres from the county's corner, to the millimetre."""
    return [tuple(each) for each in (drawing.outline.places(ring) - (X0, Y0)).round(3).tolist()]


@pytest.fixture
def new_parcel(work: Fieldwork) -> str:
    """A parcel with a form and no outline yet."""
    form = Form.new(work.survey, "farmland", village=VILLAGE)
    form.answer("name", "新地")
    return form.record


def drafted(work: Fieldwork, record: str) -> Form:
    return Form.resume(work.survey, record)


# -- drawing ----------------------------------------------------------------------------------


def test_an_outline_is_drawn_and_says_that_it_was(work: Fieldwork, new_parcel: str) -> None:
    drawing = ShapeAtWork(work.survey, "farmland", new_parcel)
    for corner in ((300, 300), (340, 300), (340, 350)):
        drawing.add(at(*corner))
    state = drawing.add(at(300, 350))
    assert state.area_m2 == pytest.approx(2000, abs=0.1) and state.area_mu == Decimal("3.00")
    assert state.drawn == ((True,) * 4,) and state.fault is None and state.overlaps == ()
    review = drawing.review()
    assert [each.code for each in review.measured.shortfalls] == ["field.accuracy.drawn"]
    with pytest.raises(BadInput, match=r"field\.accuracy"):
        drawing.hand_over()
    drawing.hand_over("无法到达")
    form = drafted(work, new_parcel)
    assert form.geometry is not None
    assert form.geometry.symmetric_difference(square(300, 300, 1).union(form.geometry)).area == 0
    assert form.values["measured_how"] == "image" and form.values["fix_type"] == "none"
    assert form.values["horizontal_accuracy_m"] is None and form.values["village"] == VILLAGE
    assert measuring.one(work.survey, new_parcel) is None
    assert not [each for each in form.problems() if "measured" in each.code]


def test_corners_tapped_stood_at_and_walked_are_one_outline_as_good_as_its_worst(
    work: Fieldwork, new_parcel: str, stand: Callable
) -> None:
    drawing = ShapeAtWork(work.survey, "farmland", new_parcel)
    drawing.add(at(300, 300))
    drawing.stand()
    received = stand(340, 300, 6)
    state = drawing.take(received[:2])
    assert state.standing is not None and (state.standing.good, state.laid) == (2, 0)
    state = drawing.take(received[2:])
    assert state.standing is None and state.laid == 1
    drawing.walk()
    state = drawing.take(way([(340, 320), (340, 350), (300, 350)]))
    assert state.walking and state.laid > 5
    assert not drawing.walk().walking
    hows = [each.how for each in drawing.outline.corners]
    assert hows[:2] == ["image", "gnss_average"] and set(hows[2:]) == {"gnss_walk"}
    assert places(drawing)[1] == pytest.approx((340, 300), abs=0.02)
    measured = drawing.measured()
    assert measured.measured_how == "image" and measured.horizontal_accuracy_m is None
    assert len(measured.fixes) >= 3 + 60
    # Without the tapped one it is measured all around.
    measured = (drawing.remove(0, 0), drawing.measured())[1]
    assert measured.measured_how == "gnss_walk" and measured.fix_type == "rtk_fixed"
    assert measured.horizontal_accuracy_m == pytest.approx(0.02, abs=0.01)
    assert measured.shortfalls == () and measured.geometry.area == pytest.approx(1000, abs=1)


def test_a_stand_that_is_cut_short_or_moved_says_so(
    work: Fieldwork, new_parcel: str, stand: Callable
) -> None:
    drawing = ShapeAtWork(work.survey, "farmland", new_parcel)
    drawing.stand()
    with pytest.raises(BadInput, match=r"gnss\.average\.nothing"):
        drawing.stand()
    drawing.stand()
    drawing.take(stand(300, 300, 1))
    drawing.stand()
    for corner in ((340, 300), (340, 350)):
        drawing.stand()
        drawing.take(stand(*corner, 6))
    assert [each.code for each in drawing.measured().shortfalls] == ["field.accuracy.epochs"]
    drawing.stand()
    assert drawing.leave_corner().standing is None
    assert drawing.take(stand(1, 1, 9)).corners == 3


def test_a_walk_goes_on_as_a_drawing_with_all_its_corners(work: Fieldwork, new_parcel: str) -> None:
    walk = KeptWalk.begin(work.survey, "farmland", new_parcel)
    for fix in way([(300, 300), (340, 300), (340, 350)]):
        walk.add(fix)
    walk.flush()
    drawing = ShapeAtWork(work.survey, "farmland", new_parcel)
    corners, fixes = len(drawing.outline.corners), len(walk.capture.walked()[1])
    assert corners > 2 and drawing.outline.active == 0
    drawing.add(at(300, 350))
    resumed = ShapeAtWork(work.survey, "farmland", new_parcel)
    assert resumed.outline == drawing.outline and len(resumed.outline.corners) == corners + 1
    assert len(resumed.measured().fixes) == fixes
    with pytest.raises(BadInput, match=r"measuring\.none"):
        KeptWalk.resume(work.survey, new_parcel)


# -- snapping ---------------------------------------------------------------------------------


def test_corners_near_a_neighbours_are_its_own_to_the_last_bit(
    work: Fieldwork, new_parcel: str, stand: Callable, world: World
) -> None:
    drawing = ShapeAtWork(work.survey, "farmland", new_parcel)
    # The east parcel ends at 200; the catalogue says 0.5 m.
    assert drawing.snap(at(200.4, 100.2)) == pytest.approx(tuple(vars(at(200, 100)).values())[:2])
    assert drawing.snap(at(201, 125)) is None
    assert drawing.snap(at(201, 125, trembles_m=2)) is not None
    drawing.add(at(200.4, 100.2))
    drawing.add(at(240, 100))
    drawing.stand()
    drawing.take(stand(199.8, 149.7, 6))
    drawing.add(at(200.3, 125))
    assert places(drawing) == [(200, 100), (240, 100), (200, 150), (200, 125)]
    # As good as the neighbour's, drawn, measured, drawn on the edge.
    hows = [each.how for each in drawing.outline.corners]
    assert hows == ["unknown", "image", "gnss_average", "image"]
    east = work.survey.get("farmland", world.parcels["east"])["geometry"]
    assert drawing.outline.corners[0].place in {tuple(x) for x in shapely.get_coordinates(east)}
    assert drawing.state().overlaps == ()
    off = ShapeAtWork(work.survey, "farmland", new_parcel, Settings(snaps=False))
    assert off.snap(at(200.4, 100.2)) is None
    off.add(at(200.4, 100.2))
    assert places(off)[-1] == (200.4, 100.2)


def test_an_overlap_with_a_neighbour_is_told_while_drawing(
    work: Fieldwork, new_parcel: str
) -> None:
    drawing = ShapeAtWork(work.survey, "farmland", new_parcel)
    for corner in ((195, 100), (240, 100), (240, 150)):
        drawing.add(at(*corner))
    (overlap,) = drawing.add(at(195, 150)).overlaps
    assert (overlap.title, round(overlap.area_m2)) == ("东地", 250)
    assert drawing.undo().overlaps != (overlap,)


# -- changing ---------------------------------------------------------------------------------


def test_corners_are_moved_put_in_and_taken_out(work: Fieldwork, world: World) -> None:
    west = world.parcels["west"]
    drawing = ShapeAtWork(work.survey, "farmland", west, Settings(snaps=False))
    before = places(drawing)
    assert len(before) == 4 and drawing.outline.active is None
    number = before.index((100, 100))
    drawing.move(0, number, at(90, 90))
    assert places(drawing)[number] == (90, 90)
    assert drawing.outline.corners[number].how == "image"
    after = (number - 1) % 4
    drawing.insert(0, after)
    assert len(places(drawing)) == 5
    inserted = drawing.outline.rings[0][after + 1]
    assert inserted.how == drawing.outline.rings[0][after].how
    drawing.undo()
    drawing.remove(0, number)
    assert places(drawing) == [each for each in before if each != (100, 100)]
    with pytest.raises(BadInput, match=r"field\.drawing\.least"):
        drawing.remove(0, 0)
    while drawing.state().may_undo:
        state = drawing.undo()
    assert places(drawing) == before and state.may_redo


def test_a_hole_is_cut_and_goes_with_one_of_its_last_corners(work: Fieldwork, world: World) -> None:
    drawing = ShapeAtWork(work.survey, "farmland", world.parcels["west"], Settings(snaps=False))
    drawing.begin_hole()
    for corner in ((110, 110), (120, 110), (120, 120)):
        state = drawing.add(at(*corner))
    assert state.area_m2 == pytest.approx(2450, abs=0.1) and state.active == 1
    assert drawing.end_ring().active is None
    drawing.begin_hole()
    drawing.add(at(130, 130))
    assert len(drawing.end_ring().rings) == 2, "one corner is no hole"
    assert drawing.measured().geometry.area == pytest.approx(2450, abs=0.1)
    assert len(drawing.remove(1, 0).rings) == 1
    assert len(drawing.undo().rings) == 2
    assert len(drawing.add_more().rings) == 2 and drawing.outline.active == 0


def test_an_outline_that_crosses_itself_is_named_and_not_kept(
    work: Fieldwork, world: World
) -> None:
    drawing = ShapeAtWork(work.survey, "farmland", world.parcels["west"], Settings(snaps=False))
    before = places(drawing)
    number = before.index((100, 100))
    state = drawing.move(0, number, at(160, 130))
    assert state.fault is not None and state.fault.code == "field.drawing.crosses"
    assert state.fault.facts["sides"].count("–") == 2
    with pytest.raises(BadInput, match=r"field\.drawing\.crosses"):
        drawing.hand_over("…")
    # Nothing is lost by it.
    assert ShapeAtWork(work.survey, "farmland", world.parcels["west"]).outline == drawing.outline
    assert drawing.undo().fault is None


def test_a_reshaped_parcel_keeps_how_it_was_measured(work: Fieldwork, world: World) -> None:
    west = world.parcels["west"]
    work.survey.update(
        "farmland", west,
        {"measured_how": "gnss_walk", "fix_type": "rtk_float", "horizontal_accuracy_m": 0.3},
    )  # fmt: skip
    drawing = ShapeAtWork(work.survey, "farmland", west)
    drawing.insert(0, 0)
    assert drawing.measured().shortfalls == ()
    drawing.hand_over()
    form = Form.open_record(work.survey, "farmland", west)
    assert form.begun and len(form.geometry.exterior.coords) == 6
    assert form.values["measured_how"] == "gnss_walk" and form.values["fix_type"] == "rtk_float"


def test_several_parts_and_points_are_refused(work: Fieldwork, new_parcel: str) -> None:
    two = work.survey.insert(
        "works", {"village": VILLAGE}, MultiPolygon([square(0, 0, 9), square(20, 0, 9)])
    )
    with pytest.raises(BadInput, match=r"field\.drawing\.several"):
        ShapeAtWork(work.survey, "works", two)
    with pytest.raises(BadInput, match=r"field\.walk\.no_outline"):
        ShapeAtWork(work.survey, "boundary_point", new_parcel)
    drawing = ShapeAtWork(work.survey, "farmland", new_parcel)
    drawing.add(at(1, 1))
    with pytest.raises(BadInput, match=r"field\.drawing\.too_few"):
        drawing.review()
    with pytest.raises(BadInput, match=r"field\.drawing\.same_place"):
        drawing.add(at(1, 1))


def test_a_line_is_drawn_too(work: Fieldwork) -> None:
    road = Form.new(work.survey, "route", village=VILLAGE)
    road.answer("name", "村道")
    drawing = ShapeAtWork(work.survey, "route", road.record)
    drawing.add(at(300, 300))
    state = drawing.add(at(330, 340))
    assert state.length_m == pytest.approx(50, abs=0.01) and state.area_m2 == 0
    drawing.hand_over("…")
    assert drafted(work, road.record).geometry.length == pytest.approx(50, abs=0.01)


# -- following --------------------------------------------------------------------------------


def test_a_neighbours_edge_is_followed_the_shorter_way_and_the_other(
    work: Fieldwork, new_parcel: str, world: World
) -> None:
    drawing = ShapeAtWork(work.survey, "farmland", new_parcel)
    drawing.add(at(250, 100))
    assert drawing.follow().following == "start"
    with pytest.raises(BadInput, match=r"field\.drawing\.no_corner"):
        drawing.point_at(at(250, 125, trembles_m=2))
    state = drawing.point_at(at(200.8, 99.4, trembles_m=2))
    assert state.following == "end" and state.picked == pytest.approx(
        tuple(vars(at(200, 100)).values())[:2]
    )
    with pytest.raises(BadInput, match=r"field\.drawing\.other_edge"):
        drawing.point_at(at(100, 100, trembles_m=2))
    state = drawing.point_at(at(199, 151, trembles_m=2))
    assert state.following == "done"
    assert places(drawing) == [(250, 100), (200, 100), (200, 150)]
    drawing.other_way()
    assert places(drawing) == [(250, 100), (200, 100), (150, 100), (150, 150), (200, 150)]
    drawing.other_way()
    drawing.add(at(250, 150))
    assert drawing.other_way().corners == 4, "something else was done since"
    assert drawing.state().overlaps == () and drawing.state().fault is None
    east = work.survey.get("farmland", world.parcels["east"])["geometry"]
    shared = shapely.intersection(drawing.outline.geometry.exterior, east.boundary)
    assert shared.length == pytest.approx(50)
    # It is one step, whatever it brought.
    drawing.undo()
    drawing.undo()
    assert places(drawing) == [(250, 100)]


def test_an_edge_is_followed_after_a_corner_that_is_there(work: Fieldwork, new_parcel: str) -> None:
    drawing = ShapeAtWork(work.survey, "farmland", new_parcel, Settings(snaps=False))
    for corner in ((250, 150), (250, 100), (202, 101), (202, 149)):
        drawing.add(at(*corner))
    drawing.end_ring()
    drawing.remove(0, 2)
    drawing.follow(after=(0, 1))
    drawing.point_at(at(200, 100, trembles_m=1))
    drawing.point_at(at(200, 150, trembles_m=1))
    assert places(drawing) == [(250, 150), (250, 100), (200, 100), (200, 150), (202, 149)]
    drawing.follow()
    assert drawing.stop_following().following == ""


# -- undo and kill ----------------------------------------------------------------------------

corner = st.builds(
    lambda number, how: Corner(number / 7, number / 11, how),
    st.integers(0, 999),
    st.sampled_from(["image", "gnss_average"]),
)


@st.composite
def steps(draw: st.DrawFn) -> tuple[Outline, list[Splice]]:
    """A drawing and changes that it can take, one after the other."""
    first = now = Outline(True, (tuple(draw(st.lists(corner, max_size=5))),))
    made = []
    for _ in range(draw(st.integers(0, 8))):
        ring = draw(st.integers(0, len(now.rings)))
        there = len(now.rings[ring]) if ring < len(now.rings) else 0
        place = draw(st.integers(0, there))
        gone = draw(st.integers(0, there - place))
        come = tuple(draw(st.lists(corner, max_size=3)))
        rings_left = len(now.spliced(Splice(ring, place, gone, come, None)).rings)
        active = draw(st.sampled_from([None, *range(rings_left)]))
        splice = Splice(ring, place, gone, come, active)
        now = now.spliced(splice)
        made.append(splice)
    return first, made


@given(steps())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_undoing_and_doing_again_restores_every_state_exactly(
    made: tuple[Outline, list[Splice]],
) -> None:
    first, splices = made
    history, states = History(first), [first]
    for splice in splices:
        history.change(splice)
        states.append(history.now)
        assert Splice.from_json(splice.as_json()) == splice
    for state in reversed(states):
        assert history.now == state
        history.undo()
    assert history.now == first and not history.may_undo
    for state in states:
        assert history.now == state
        history.redo()
    assert not history.may_redo


@given(st.lists(st.sampled_from(["add", "move", "insert", "remove", "hole", "undo", "redo"])))
@settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
def test_whatever_was_done_is_there_after_a_kill_with_all_that_can_be_undone(
    work: Fieldwork, world: World, doings: list[str]
) -> None:
    west = world.parcels["west"]
    measuring.drop(work.survey, west)
    drawing = ShapeAtWork(work.survey, "farmland", west)
    for number, doing in enumerate(doings):
        last = len(drawing.outline.rings) - 1
        if doing == "add":
            drawing.add(at(300 + number, 300 + number**2))
        elif doing == "move":
            drawing.move(0, 0, at(50 - number, 50))
        elif doing == "insert":
            drawing.insert(0, number % len(drawing.outline.rings[0]))
        elif doing == "hole":
            drawing.begin_hole()
        elif doing == "remove" and len(drawing.outline.rings[last]) > 3:
            drawing.remove(last, 1)
        elif doing in ("undo", "redo") and getattr(drawing.state(), f"may_{doing}"):
            getattr(drawing, doing)()
    resumed = ShapeAtWork(work.survey, "farmland", west)
    assert resumed.outline == drawing.outline
    while drawing.state().may_undo:
        assert resumed.undo().may_redo
        drawing.undo()
        assert resumed.outline == drawing.outline
    assert not resumed.state().may_undo
    while drawing.state().may_redo:
        resumed.redo()
        drawing.redo()
        assert resumed.outline == drawing.outline


def test_nothing_is_kept_of_a_drawing_that_was_only_looked_at_or_thrown_away(
    work: Fieldwork, world: World
) -> None:
    west = world.parcels["west"]
    drawing = ShapeAtWork(work.survey, "farmland", west)
    drawing.state()
    for step in (drawing.undo, drawing.redo):
        with pytest.raises(BadInput, match=r"field\.drawing\.nothing_to_"):
            step()
    assert measuring.one(work.survey, west) is None
    drawing.insert(0, 0)
    assert measuring.one(work.survey, west) is not None
    drawing.throw_away()
    assert measuring.one(work.survey, west) is None
    assert len(ShapeAtWork(work.survey, "farmland", west).outline.corners) == 4


def test_what_is_measured_otherwise_is_not_drawn(work: Fieldwork, world: World) -> None:
    west = world.parcels["west"]
    KeptWalk.begin(work.survey, "farmland", west)
    with pytest.raises(BadInput, match=r"measuring\.begun"):
        SplitAtWork(work.survey, "farmland", west)


# -- dividing ---------------------------------------------------------------------------------


def test_a_parcel_is_divided_by_a_line_whose_parts_are_told_before(
    work: Fieldwork, world: World, stand: Callable
) -> None:
    west = world.parcels["west"]
    drawing = SplitAtWork(work.survey, "farmland", west)
    assert drawing.add(at(120.3, 100.2)).parts_m2 == ()
    state = drawing.add(at(120, 140))
    assert state.parts_m2 == () and not state.closes
    state = drawing.add(at(120, 150.2))
    assert sum(state.parts_m2) == pytest.approx(2500) and len(state.parts_m2) == 2
    with pytest.raises(BadInput, match=r"field\.accuracy"):
        drawing.hand_over()
    resumed = SplitAtWork(work.survey, "farmland", west)
    parts = resumed.hand_over("树木遮挡")
    assert measuring.one(work.survey, west) is None
    assert work.survey.get("farmland", west)["ended_on"]
    made = [work.survey.get("farmland", each) for each in parts]
    assert [each["name"] for each in made] == ["西地-1", "西地-2"]
    assert {each["measured_how"] for each in made} == {"image"}
    assert {each["remark"] for each in made} == {"树木遮挡"}
    assert sum(each["geometry"].area for each in made) == pytest.approx(2500)
    assert made[0]["geometry"].intersection(made[1]["geometry"]).area == 0


def test_a_line_that_does_not_go_through_divides_nothing(work: Fieldwork, world: World) -> None:
    west = world.parcels["west"]
    drawing = SplitAtWork(work.survey, "farmland", west)
    drawing.add(at(120, 110))
    drawing.add(at(120, 130))
    with pytest.raises(BadInput, match=r"field\.split\.not_through"):
        drawing.hand_over("…")
    assert not work.survey.get("farmland", west)["ended_on"]
    assert len(SplitAtWork(work.survey, "farmland", west).outline.corners) == 2, "nothing lost"


def test_a_record_whose_form_is_open_is_not_divided(work: Fieldwork, world: World) -> None:
    west = world.parcels["west"]
    Form.open_record(work.survey, "farmland", west).answer("remark", "…")
    with pytest.raises(BadInput, match=r"field\.split\.draft"):
        SplitAtWork(work.survey, "farmland", west)
    with pytest.raises(BadInput, match=r"record\.missing"):
        SplitAtWork(work.survey, "farmland", "01900000-0000-7000-8000-00000000000b")


# -- the tape ---------------------------------------------------------------------------------


def test_the_tape_says_length_on_the_ground_and_area_on_the_plane(work: Fieldwork) -> None:
    tape = Tape(work.survey)
    assert tape.state().length_m == 0
    tape.add(at(100, 300))
    state = tape.add(at(1100, 300))
    # 46 km from the central meridian the grid is 26 mm in a kilometre longer than the ground.
    assert state.length_m == pytest.approx(1000 - 0.026, abs=0.002) and state.area_m2 == 0
    state = tape.add(at(1100, 400))
    assert state.area_m2 == pytest.approx(50_000, abs=1)
    assert tape.snap(at(99.9, 100.2)) is None
    assert tape.snap(at(99.9, 100.2, trembles_m=1)) is not None, "any layer's corner"
    assert tape.clear().corners == 0
    assert tape.undo().corners == 3
    assert tape.state().overlaps == ()
