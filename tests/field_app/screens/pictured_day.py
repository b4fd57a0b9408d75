"""A tablet in the made-up county at work, and the surveyor who shows its screens."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import shapely.ops
from drawn import Drawn
from fed_receiver import FedReceiver
from small_village import fix_at, way
from xiangtu.gnss.fix import Fix
from xiangtu.store import SurveyFile

from demo import pictures
from demo.tablet import villages
from field_app.controllers.form import Form, confirm_unchanged
from field_app.controllers.photos import attach_photo
from field_app.controllers.settings import Settings
from field_app.controllers.start import Fieldwork
from field_app.controllers.unfinished import finish, unfinished

if TYPE_CHECKING:  # it is the first to import Kivy, once there is a display
    from driver import Driver

Place = tuple[float, float]
#: What was done before the pictures: as many parcels are unchanged, so many have faults.
_DONE, _FAULTY = 9, 3


@dataclass(frozen=True)
class Land:
    """What the scenes are about: records, places in metres (easting, northing), names.

    `parcel` has corners that can be told apart; `place` is in its middle, with `room_m` around it;
    two places beyond its long sides are `across`; `shared_edge` are two corners of it."""

    srid: int
    parcel: str
    name: str
    outline: tuple[Place, ...]
    place: Place
    room_m: float
    across: tuple[Place, Place]
    shared_edge: tuple[Place, Place]
    draft_parcel: str
    unchanged_parcel: str
    homestead: str
    head: str
    relic: str
    boundary_point: str


def prepare(tablet: Path) -> Land:
    """Work a morning on a tablet that has its assignment."""
    with Fieldwork(tablet) as fieldwork:
        survey = fieldwork.survey
        village = villages(survey)[0]
        columns, shapes = survey.arrays("farmland", where="village = ?", parameters=(village,))
        ids = columns["uuid"]
        outlines = [shapely.get_geometry(each, 0) for each in shapes]
        number = max(range(len(ids)), key=lambda each: _suits(outlines[each]))
        chosen, uuid = outlines[number], str(ids[number])
        others = [str(each) for each in ids if str(each) != uuid]
        for each in others[:_DONE]:
            confirm_unchanged(survey, "farmland", each)
        for each in others[_DONE : _DONE + _FAULTY]:
            survey.update("farmland", each, {"land_use": None})
        record = survey.get("farmland", uuid)
        assert record is not None
        homestead, head = _homestead(survey, village)
        draft = Form.new(survey, "farmland", village=village)
        draft.answer("name", "新开地")
        point = Form.new(survey, "boundary_point", village=village)
        point.answer("number", "J1")
        (relic, *_) = survey.select("relic", "village = ?", [village])
        corners = [tuple(map(float, each)) for each in chosen.exterior.coords[:-1]]
        return Land(
            survey.srid, uuid, str(record["name"]), tuple(corners), _middle(chosen),
            _room_m(chosen), _across(chosen), (corners[0], corners[len(corners) // 2]),
            draft.record, others[_DONE + _FAULTY], homestead, head, relic["uuid"], point.record,
        )  # fmt: skip


def _homestead(survey: SurveyFile, village: str) -> tuple[str, str]:
    """A homestead in work, with a house and photos; it, and the household's head."""
    (household, *_) = survey.select("household", "village = ?", [village])
    form = Form.new(survey, "homestead", village=village, household_uuid=household["uuid"])
    form.answer("address", "青石镇石桥村三组 5 号")
    form.answer("approved_area_m2", 120.0)
    house = Form.new(survey, "house", village=village, homestead_uuid=form.record)
    house.answer("storeys", 2)
    house.answer("built_year", 1998)
    for number, (scene, role, caption) in enumerate(
        (("house", "overview", "院门"), ("wall", None, None), ("certificate", None, None))
    ):
        attach_photo(
            survey, form.record, "homestead", pictures.take(scene, [7, number]), role=role,
            caption=caption, author=survey.author, bearing_deg=245.0 if role else None,
            utc_offset_min=480,
        )  # fmt: skip
    return form.record, str(household["head_name"])


def _suits(outline: shapely.Polygon) -> float:
    """How well a parcel shows what can be done with one: roomy, of few corners."""
    few = 4 <= len(outline.exterior.coords) - 1 <= 14
    return _room_m(outline) if few and not outline.interiors else 0.0


def _room_m(outline: shapely.Polygon) -> float:
    return float(shapely.maximum_inscribed_circle(outline).length)


def _middle(outline: shapely.Polygon) -> Place:
    middle = shapely.get_coordinates(shapely.maximum_inscribed_circle(outline))[0]
    return float(middle[0]), float(middle[1])


def _across(outline: shapely.Polygon) -> tuple[Place, Place]:
    box = np.asarray(outline.minimum_rotated_rectangle.exterior.coords)
    sides = np.diff(box[:3], axis=0)
    short = sides[np.argmin(np.hypot(*sides.T))]
    reach = short * (0.5 + 3.0 / math.hypot(*short))
    middle = np.asarray(outline.centroid.coords[0])
    one, other = middle - reach, middle + reach
    return (float(one[0]), float(one[1])), (float(other[0]), float(other[1]))


class Day:
    """The surveyor: touches what a code says in the language that is set."""

    def __init__(self, app: Driver, land: Land, county: Path) -> None:
        self.app, self.land, self.county = app, land, county
        self._looks = app.app.settings
        self._receiver = FedReceiver(app, "tcp://192.168.42.1:9001")
        self._said_at = datetime.now(UTC)
        self._last, *_ = self.standing(*land.across[0], 1)

    def begin(self) -> None:
        """At today's list, with nothing open, unfinished or selected."""
        from kivy.core.window import Window
        from kivy.uix.modalview import ModalView

        for each in Window.children[:]:
            if isinstance(each, ModalView):
                each.dismiss(animation=False)
        self.no_message()
        if Window.width > Window.height:
            self.app.turn(800, 1280)
        app = self.app.app
        if app.settings != self._looks:
            app.change_settings(self._looks)
        self.show("today")
        session = app.map
        session.selected, session.among, session.going_to, session.tape = None, (), None, None
        session.viewport = None
        app.records_filter = type(app.records_filter)()

        def clear() -> None:
            for each in unfinished(app.fieldwork.survey):
                finish(app.fieldwork.survey, each)

        self.ask(clear)

    # -- words and screens --------------------------------------------------------------------

    def say(self, code: str, **facts: object) -> str:
        return self.app.app.say(code, **facts)

    def label(self, layer: str) -> str:
        """The name of a layer."""
        words = self.app.app.fieldwork.survey.catalogue.layer(layer).label
        return words.in_language(self.app.app.language)

    def press(self, code: str) -> None:
        self.app.touch(self.say(code))

    def show(self, name: str, **what: Any) -> None:
        self.app.app.shell.show(name, **what)
        self.app.wait(0.3)
        self.app.settle()

    def ask(self, task: Callable[[], Any]) -> None:
        """Have something done by the desk, as screens do."""
        self.app.app.desk.ask(task)
        self.app.settle()

    def no_message(self) -> None:
        self.app.app.shell.messages.take_down()
        self.app.settle()

    def in_front(self, kind: str) -> Any:
        """The first widget of a kind, those in front before others."""
        return next(each for each in self.app.widgets() if type(each).__name__ == kind)

    def looks(self, **how: Any) -> None:
        self.app.app.change_settings(replace(self._looks, **how))
        self.app.settle()

    # -- forms --------------------------------------------------------------------------------

    def form(self, layer: str, record: str) -> None:
        self.show("form", layer=layer, record=record, section="")
        self.app.until(lambda: self.app.app.shell.screen.page is not None)
        self.app.wait(0.5)

    def step(self, code: str) -> None:
        self.app.step(self.say(code))

    def section(self, field: str) -> None:
        """The section of a field's question."""
        section = self.app.app.shell.screen.page.section_of(field)
        self.app.step(section.label.in_language(self.app.app.language))

    def question(self, field: str) -> Any:
        """The box of a field's question."""
        page = self.app.app.shell.screen.page
        (asked,) = (
            each for section in page.sections for each in section.asked if each.field.name == field
        )
        return self.app.asked(asked.field.label.in_language(self.app.app.language))

    # -- the receiver -------------------------------------------------------------------------

    def says(self, fixes: Iterable[Fix]) -> None:
        """What the receiver says from now on, by the clock of this machine as far as it can."""
        later = []
        for each in fixes:
            self._said_at = max(self._said_at + timedelta(seconds=1), datetime.now(UTC))
            later.append(replace(each, time=self._said_at))
        self._last = later[-1]
        self._receiver.says(later)

    def still_there(self) -> None:
        """The receiver goes on where it is; a surveyor's is never silent for long."""
        self.says([self._last])

    def standing(self, x: float, y: float, epochs: int) -> list[Fix]:
        return [
            fix_at(x + 0.004 * math.sin(n), y + 0.004 * math.cos(n), n, (0.0, 0.0), self.land.srid)
            for n in range(epochs)
        ]

    def stands(self) -> None:
        """Some steps beside the parcel."""
        (x, y), _ = self.land.across
        self.says(self.standing(x, y, 3))

    def walking(self, part: float) -> list[Fix]:
        """Around a part (0 to 1) of the parcel, some metres beside where its outline was."""
        ring = shapely.LineString([*self.land.outline, self.land.outline[0]])
        walked = shapely.ops.substring(ring, 0.0, part, normalized=True)
        moved = np.asarray(walked.coords)[:, :2] + (2.0, 1.5)
        return way(moved, corner=(0.0, 0.0), srid=self.land.srid)

    def measure(self, layer: str, record: str) -> None:
        self.show("capture", layer=layer, record=record)

    # -- the map ------------------------------------------------------------------------------

    def drawn(self) -> Drawn:
        """The map that is shown."""
        return Drawn(self.app, (0.0, 0.0), self.land.srid)

    def near(self, pixel_m: float) -> None:
        """The map, close to the parcel."""
        self.show("map")
        self.app.until(lambda: self.app.app.map.viewport is not None)
        self.drawn().look_at(*self.land.place, pixel_m)

    def select(self) -> None:
        self.show("map", layer="farmland", record=self.land.parcel)
        self.app.wait(0.8)
        self.app.settle()

    def drawing(self, purpose: str, record: str) -> Drawn:
        self.show("draw", purpose=purpose, layer="farmland", record=record)
        self.app.until(lambda: self.app.app.shell.screen.state is not None)
        self.app.wait(0.8)
        self.app.settle()
        return self.drawn()

    def corner(self) -> Place:
        """The corner of the parcel that is chosen where one is: the lowest on the map, which
        nothing lies over."""
        return min(self.land.outline, key=lambda each: each[1])

    def choose_corner(self, drawn: Drawn) -> None:
        drawn.tap(self.corner())

    def drag_corner(self, drawn: Drawn, x_m: float, y_m: float) -> None:
        """Choose the corner and draw its grip so many metres on."""
        self.choose_corner(drawn)
        x, y = self.corner()
        at, to = drawn.seen_at(x, y), drawn.seen_at(x + x_m, y + y_m)
        handles = drawn.screen.handles
        drawn.drag(drawn.handle(handles.grip()), to[0] - at[0], to[1] - at[1])


def settings_for(language: str, text_size: str) -> Settings:
    """How the app looks in a set of pictures."""
    return replace(Settings(), language=language, text_size=text_size)
