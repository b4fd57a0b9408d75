"""Drawing on the map: the shape of a record, the line that divides one, or a measuring tape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.metrics import dp
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from xiangtu.errors import SurveyError
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.receiver import Listener
from xiangtu.words import explain

from ..controllers import basemap, map_content
from ..controllers.drawing_at_work import DrawingState, Touch
from ..controllers.map_content import Bounds
from ..controllers.measured_drawing import MeasuredDrawing
from ..controllers.measuring_at_work import Review, form_of
from ..controllers.shape_at_work import ShapeAtWork
from ..controllers.split_at_work import SplitAtWork
from ..controllers.tape import Tape
from ..widgets.buttons import round_button
from ..widgets.map.handles import Handles
from ..widgets.map.map_view import MapView
from ..widgets.map.scale_bar import ScaleBar
from ..widgets.pick_list import Pick, pick_one
from ..widgets.question import ask
from ..widgets.within_reach import WithinReach
from .capture_review import ReviewWindow
from .draw_tools import DrawingFigures, Note, Tool, ToolRows
from .screen import AppScreen

if TYPE_CHECKING:
    from ..app import XiangtuApp

_EVERY_S = 0.1
_ZOOM = 1.6

_Work = ShapeAtWork | SplitAtWork | Tape


class DrawScreen(AppScreen):
    """Enter it with the `purpose` ("shape", "split" or "tape") and, but for a tape, with the
    `layer` and the `record`. What was drawn and left goes on."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        super().__init__(app, **properties)
        self._purpose = ""
        self._work: _Work | None = None
        self.state: DrawingState | None = None
        #: Why the last step was not taken; "" if it was.
        self._refusal = ""
        self._listener: Listener | None = None
        self._ticking: Any = None
        #: The desk has a question of the receiver's or of a finger's on its way.
        self._asked = self._snap_asked = False
        self.bind(on_pre_leave=lambda *_: self._end())

    def title(self) -> str:
        return self.app.say(f"app.draw.title.{self._purpose}") if self._purpose else ""

    def enter(self, **what: Any) -> None:
        self._purpose = what["purpose"]
        self._end()
        self.clear_widgets()
        self.state = None
        Window.allow_screensaver = False
        app, settings = self.app, self.app.settings
        self.app.shell.top_bar.show(self.title(), may_go_back=True)
        here, looked_at = self.app.receiver.here, self.app.map.viewport is not None

        def task() -> tuple[_Work, DrawingState, Path | None, Bounds | None]:
            survey = app.fieldwork.survey
            work: _Work
            if self._purpose == "tape":
                work = app.map.tape or Tape(survey)
                app.map.tape = work
                work.snaps = settings.snaps
            else:
                made = ShapeAtWork if self._purpose == "shape" else SplitAtWork
                work = made(survey, what["layer"], what["record"], settings)
            state = work.state()
            bounds = self._wanted(work, state, here)
            if bounds is None and not looked_at:
                bounds = map_content.home(survey)
            return work, state, basemap.basemap_of(survey), bounds

        app.desk.ask(task, lambda opened: self._opened(*opened), self._refused)

    @staticmethod
    def _wanted(work: _Work, state: DrawingState, here: Fix | None) -> Bounds | None:
        """What is to be seen first: an outline that was begun, the record, or what it is a part
        of, as far as they lie anywhere, else where one stands; None leaves the map as it was."""
        if isinstance(work, Tape):
            return None
        if isinstance(work, ShapeAtWork) and state.corners:
            corners = np.concatenate(state.rings)
            west, south, east, north = *corners.min(axis=0), *corners.max(axis=0)
            return float(west), float(south), float(east), float(north)
        form = form_of(work.survey, work.layer.name, work.record)
        wholes = [(each.parent, form.values.get(each.field)) for each in work.layer.compositions]
        for layer, record in [(work.layer.name, work.record), *wholes]:
            found = map_content.record(work.survey, layer, record) if record else None
            if found is not None:
                return found.shape.bounds
        if isinstance(work, ShapeAtWork) and here is not None and here.fix_type != "none":
            place = map_content.to_map(here.longitude_deg, here.latitude_deg)
            return *place, *place
        return None

    # -- its parts ----------------------------------------------------------------------------

    def _opened(
        self, work: _Work, state: DrawingState, path: Path | None, bounds: Bounds | None
    ) -> None:
        if self.app.shell.screen is self:
            self._work = work
            self.build(self._make(work, state, path, bounds))

    def _make(
        self, work: _Work, state: DrawingState, path: Path | None, bounds: Bounds | None
    ) -> Iterator[None]:
        self.figures = DrawingFigures(self.app, closes=state.closes)
        self.tools, self.note = ToolRows(self.app), Note(self.app)
        self.scale_bar = ScaleBar(self.app)
        self.handles = Handles(
            self.app, selected=self._show_tools, inserted=self._insert, moving=self._look_for_snap,
            moved=self._move,
        )  # fmt: skip
        self.map = MapView(
            self.app, pointed_at=self._pointed_at, moved=lambda _by_hand: self._map_moved(),
            shown=lambda _content: None,
        )  # fmt: skip
        yield
        between = FloatLayout()
        above = AnchorLayout(anchor_y="top", padding=dp(8))
        above.add_widget(self.note)
        for each in (self.map, self.handles, self._beside(), self._below(), above):
            each.pos_hint = {"x": 0, "y": 0}
            between.add_widget(each)
        yield
        rows = self._rows(state)
        for count in range(len(rows)):
            self.tools.show(rows[: count + 1])
            yield
        self.add_widget(WithinReach(self.app, between, self.tools, self.figures))
        if path is not None:
            self.map.open_basemap(path)
        if bounds is not None:
            self.map.frame(bounds)
        else:
            self.map.reload()
        if isinstance(work, MeasuredDrawing):
            self._listener = self.app.receiver.listen()
        self._ticking = Clock.schedule_interval(lambda _dt: self._tick(), _EVERY_S)
        self._show(state)

    def _beside(self) -> AnchorLayout:
        column = BoxLayout(orientation="vertical", size_hint=(None, None), spacing=dp(10))
        column.bind(minimum_size=column.setter("size"))
        for icon, times in (("plus", _ZOOM), ("minus", 1 / _ZOOM)):
            column.add_widget(
                round_button(self.app, icon, lambda times=times: self.map.zoom(times))
            )
        side = "left" if self.app.settings.left_handed else "right"
        beside = AnchorLayout(anchor_x=side, anchor_y="center", padding=dp(8))
        beside.add_widget(column)
        return beside

    def _below(self) -> AnchorLayout:
        corner = AnchorLayout(anchor_x="left", anchor_y="bottom", padding=dp(8))
        corner.add_widget(self.scale_bar)
        return corner

    # -- fingers ------------------------------------------------------------------------------

    def _touch(self, x_m: float, y_m: float) -> Touch:
        return Touch(x_m, y_m, self.map.reach_m)

    def _pointed_at(self, x_m: float, y_m: float, _reach_m: float) -> None:
        work, state, touch = self._work, self.state, self._touch(x_m, y_m)
        if work is None or state is None:
            return
        self.handles.choose(None)
        if isinstance(work, ShapeAtWork) and state.following in ("start", "end"):
            self._do(lambda: work.point_at(touch))
        elif state.active is not None:
            self._do(lambda: work.add(touch))
        else:
            self._show_tools()

    def _add_here(self) -> None:
        viewport = self.map.viewport
        self._pointed_at(viewport.x_m, viewport.y_m, 0.0)

    def _insert(self, ring: int, after: int) -> None:
        work = self._work
        assert work is not None

        def inserted(state: DrawingState) -> None:
            self._show(state)
            self.handles.choose((ring, after + 1))
            self._show_tools()

        self.app.desk.ask(lambda: work.insert(ring, after), inserted, self._not_done)

    def _move(self, ring: int, number: int, x_m: float, y_m: float) -> None:
        work, touch = self._work, self._touch(x_m, y_m)
        assert work is not None
        self._do(lambda: work.move(ring, number, touch))

    def _map_moved(self) -> None:
        self.scale_bar.look(self.map.viewport)
        self.handles.look(self.map.viewport)
        if self.state is not None and self.state.active is not None:
            self._look_for_snap(self.map.viewport.x_m, self.map.viewport.y_m)

    def _look_for_snap(self, x_m: float, y_m: float) -> None:
        """Show what a corner at this place would be put onto; the latest place alone counts."""
        work, touch = self._work, self._touch(x_m, y_m)
        self._sought = touch
        if work is None or self._snap_asked:
            return
        self._snap_asked = True

        def found(place: tuple[float, float] | None) -> None:
            self._snap_asked = False
            self.handles.ring(place)
            if self._sought != touch:
                self._look_for_snap(self._sought.x_m, self._sought.y_m)

        def refused(error: SurveyError) -> None:
            self._snap_asked = False
            self.app.tell_refusal(error)

        self.app.desk.ask(lambda: work.snap(touch), found, refused)

    # -- steps --------------------------------------------------------------------------------

    def _do(self, step: Callable[[], DrawingState]) -> None:
        """Have the desk take a step, and show how it stands then, also if it was refused."""
        self.app.desk.ask(step, self._show, self._not_done)

    def _not_done(self, error: SurveyError) -> None:
        """Say why above the map: a message at the bottom would lie over the buttons."""
        work, refusal = self._work, explain(error, self.app.language)
        if work is not None:
            self.app.desk.ask(work.state, lambda state: self._show(state, refusal))

    def _show(self, state: DrawingState, refusal: str = "") -> None:
        before, self.state, self._refusal = self.state, state, refusal
        if self._work is None:
            return
        if before is not None and state.laid > before.laid:
            self.app.device.taken()
        self.handles.show(state)
        if before is not None and before.active != state.active:
            self.handles.choose(None)
        self._show_tools()
        if state.active is not None:
            self._look_for_snap(self.map.viewport.x_m, self.map.viewport.y_m)

    def _show_tools(self) -> None:
        state = self.state
        assert state is not None
        self.tools.show(self._rows(state))
        self.figures.show(state)
        self.note.show(state, self._hint(state), self._refusal)

    def _hint(self, state: DrawingState) -> str:
        say = self.app.say
        if state.following in ("start", "end"):
            return say(f"app.draw.hint.{state.following}")
        if state.standing is not None:
            return say(
                "app.draw.hint.stand", good=state.standing.good, needed=state.standing.needed
            )
        if state.walking:
            return say("app.draw.hint.walk")
        if self._purpose == "split" and state.parts_m2:
            areas = " + ".join(f"{each:.2f} m²" for each in state.parts_m2)
            return say("app.draw.hint.parts", areas=areas)
        if self._purpose == "split":
            return say("app.draw.hint.split")
        if self.handles.chosen is not None:
            return say("app.draw.hint.chosen")
        return say("app.draw.hint.add" if state.active is not None else "app.draw.hint.shape")

    def _rows(self, state: DrawingState) -> list[list[Tool]]:
        """What can be done now, then back and forth, then the end of it, what is wanted most last;
        always as many rows, so that the map stays where it is under the fingers."""
        work = self._work
        assert work is not None
        history = [
            Tool("app.draw.undo", "undo", lambda: self._do(work.undo)),
            Tool("app.draw.redo", "redo", lambda: self._do(work.redo)),
        ]
        if isinstance(work, Tape):
            history.append(Tool("app.draw.clear", "eraser", lambda: self._do(work.clear)))
            return [self._chosen_tools(work) or [self._add_tool()], history]
        history.append(Tool("app.draw.more", "dots-horizontal", self._more))
        code = "app.draw.divide" if self._purpose == "split" else "app.draw.finish"
        end = [Tool(code, "check", self.review, main=state.active is None)]
        if isinstance(work, ShapeAtWork) and state.active is not None:
            end.insert(0, Tool("app.draw.end_ring", "check", lambda: self._do(work.end_ring)))
        return [self._tools_now(work, state), history, end]

    def _tools_now(self, work: ShapeAtWork | SplitAtWork, state: DrawingState) -> list[Tool]:
        if isinstance(work, ShapeAtWork) and state.following in ("start", "end"):
            return [Tool("app.draw.stop", "close", lambda: self._do(work.stop_following))]
        if state.standing is not None:
            return [
                Tool("app.draw.stop", "close", lambda: self._do(work.leave_corner)),
                Tool("app.draw.lay", "check", lambda: self._do(work.stand), main=True),
            ]
        if state.walking:
            return [Tool("app.draw.end_walk", "flag", lambda: self._do(work.walk), main=True)]
        if isinstance(work, ShapeAtWork) and state.following == "done":
            other = Tool("app.draw.other_way", "swap-horizontal", lambda: self._do(work.other_way))
            return [other, *([self._add_tool()] if state.active is not None else [])]
        chosen = self._chosen_tools(work)
        if chosen:
            return chosen
        if isinstance(work, ShapeAtWork) and state.active is None:
            return [Tool("app.draw.add_more", "plus", lambda: self._do(work.add_more))]
        return [
            Tool("app.draw.walk", "walk", lambda: self._do(work.walk)),
            Tool("app.draw.stand", "map-marker-plus", lambda: self._do(work.stand)),
            self._add_tool(),
        ]

    def _add_tool(self) -> Tool:
        return Tool("app.draw.add_here", "plus", self._add_here, main=True)

    def _chosen_tools(self, work: _Work) -> list[Tool]:
        if self.handles.chosen is None:
            return []
        ring, number = self.handles.chosen

        def remove() -> None:
            self.handles.choose(None)
            self._do(lambda: work.remove(ring, number))

        return [Tool("app.draw.remove", "delete-outline", remove)]

    def _more(self) -> None:
        """What is done more seldom."""
        work, state, chosen = self._work, self.state, self.handles.chosen
        assert state is not None and isinstance(work, ShapeAtWork | SplitAtWork)
        wanted: dict[str, Callable[[], Any]] = {}
        if isinstance(work, ShapeAtWork):
            if state.closes and len(state.rings[0]) > 2:
                wanted["hole"] = lambda: self._do(work.begin_hole)
            wanted["follow"] = lambda: self._do(lambda: work.follow(chosen))
        wanted["snap_off" if work.snaps else "snap_on"] = self._switch_snapping
        wanted["throw_away"] = self._throw_away
        say = self.app.say
        picks = [Pick(each, say(f"app.draw.{each}")) for each in wanted]
        pick_one(self.app, say("app.draw.more"), picks, lambda name: wanted[name]())

    def _switch_snapping(self) -> None:
        work = self._work
        assert work is not None
        settings = self.app.settings
        self.app.change_settings(replace(settings, snaps=not settings.snaps))
        snaps = self.app.settings.snaps

        def switch() -> DrawingState:
            work.snaps = snaps
            return work.state()

        self._do(switch)

    def _throw_away(self) -> None:
        work = self._work
        assert isinstance(work, MeasuredDrawing)

        def away() -> None:
            self.app.desk.ask(work.throw_away, lambda _none: self._go_back())

        ask(self.app, self.app.say("app.draw.throw_away_question"), "app.draw.throw_away", away)

    # -- into the file ------------------------------------------------------------------------

    def review(self) -> None:
        """Show what would go into the file."""
        work = self._work
        assert isinstance(work, MeasuredDrawing)
        self.app.desk.ask(work.review, self._reviewed, self._not_done)

    def _reviewed(self, review: Review) -> None:
        keep = "app.draw.divide" if self._purpose == "split" else "app.capture.keep"
        ReviewWindow(self.app, review, kept=self._keep, keep=keep).open()

    def _keep(self, reason: str | None) -> None:
        work = self._work
        if isinstance(work, SplitAtWork):
            self.app.desk.ask(lambda: work.hand_over(reason), self._divided, self._not_done)
        elif isinstance(work, ShapeAtWork):
            self.app.desk.ask(
                lambda: work.hand_over(reason), lambda _none: self._kept(work), self._not_done
            )

    def _divided(self, parts: list[str]) -> None:
        self.app.device.taken()
        self.app.tell(self.app.say("app.draw.divided", count=len(parts)))
        self.app.map.selected = None
        self._go_back()

    def _kept(self, work: ShapeAtWork) -> None:
        """Into the form, where it is confirmed."""
        layer, record, shell = work.layer.name, work.record, self.app.shell
        self.app.device.taken()
        self.app.tell(self.app.say("app.capture.kept"))
        self._go_back()
        if shell.screen.name != "form":
            shell.show("form", layer=layer, record=record)

    # -- inside -------------------------------------------------------------------------------

    def _tick(self) -> None:
        if self.get_root_window() is None:
            self._end()  # made anew in another language or size, or the app has ended
            return
        work, state, listener = self._work, self.state, self._listener
        here = self.app.receiver.here
        if here is not self.map.own.fix:
            self.map.own.fix = here
            self.map.own.look(self.map.viewport)
        if not isinstance(work, MeasuredDrawing) or state is None or listener is None:
            return
        if self._asked:
            return
        fixes = listener.take()
        if not fixes or (state.standing is None and not state.walking):
            return
        self._asked = True

        def task() -> DrawingState:
            try:
                return work.take(fixes)
            finally:
                self._asked = False

        self._do(task)

    def _refused(self, error: SurveyError) -> None:
        self.app.tell_refusal(error)
        self._go_back()

    def _go_back(self) -> None:
        if self.app.shell.screen is self and not self.app.shell.back():
            self.app.shell.show("today")

    def _end(self) -> None:
        """Listen no more; what was drawn is in the file."""
        if self._ticking is not None:
            self._ticking.cancel()
        if self._listener is not None:
            self._listener.close()
        self._ticking = self._listener = self._work = None
        self.build(None)
        self._asked = self._snap_asked = False
        Window.allow_screensaver = True
