"""The way to a record's corners, while one walks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivymd.uix.label import MDLabel
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.stakeout import Guidance

from ... import look
from ...controllers.go_to import GoTo, Place
from ...controllers.map_content import Found, to_map
from ..buttons import action
from ..panel import Sheet
from ..within_reach import hand_row

if TYPE_CHECKING:
    from ...app import XiangtuApp


class Guide(Sheet):
    """How far and where to turn, to which corner; on to the next one, or the end of it.

    `show_target` is told where the way leads to in Web Mercator, None once it has ended.
    """

    def __init__(
        self, app: XiangtuApp, *, show_target: Callable[[tuple[float, float] | None], Any]
    ) -> None:
        super().__init__(app)
        self._app, self._show_target = app, show_target
        self._fix: Fix | None = None
        self._asked = False
        self.says = MDLabel(
            adaptive_height=True, font_style="Title", role="large", theme_text_color="Custom"
        )
        self.target = MDLabel(adaptive_height=True, font_style="Body", role="large")
        row = hand_row(
            app,
            action(app, "app.map.end_going", "close", self.end, quiet=True),
            action(app, "app.map.next_corner", "skip-next", self._next),
        )
        for each in (self.says, self.target, row):
            self.add_widget(each)

    def begin(self, found: Found) -> None:
        """Go to a record: to its corner nearest to here, else to its first."""
        app, fix = self._app, self._fix

        def task() -> tuple[GoTo, Place]:
            going = GoTo(app.fieldwork.survey, found.layer, found.record, app.settings.stakeout)
            return going, going.place if fix is None else going.nearest(fix)

        app.desk.ask(task, lambda begun: self._begun(*begun))

    def resume(self) -> None:
        """Go on to where one was going, if anywhere."""
        going = self._app.map.going_to
        if going is not None:
            self._app.desk.ask(lambda: (going, going.place), lambda begun: self._begun(*begun))

    def end(self) -> None:
        """Go nowhere any more."""
        self._app.map.going_to = None
        self._show_target(None)

    def stand(self, fix: Fix | None) -> None:
        """Where one is now."""
        self._fix = fix
        going = self._app.map.going_to
        if going is None or self._asked:
            return
        if fix is None:
            self._say(self._app.say("app.map.no_position"), reached=False)
            return
        self._asked = True
        facing_deg = self._app.compass.bearing_deg(fix)
        self._app.desk.ask(lambda: going.update(fix, facing_deg), self._guided)

    def _begun(self, going: GoTo, place: Place) -> None:
        self._app.map.going_to = going
        self._show_place(going, place)

    def _next(self) -> None:
        going = self._app.map.going_to
        if going is not None:
            self._app.desk.ask(going.next, lambda place: self._show_place(going, place))

    def _show_place(self, going: GoTo, place: Place) -> None:
        self.target.text = self._app.say(
            f"app.map.place.{place.kind}", name=place.name, count=len(going.places)
        )
        self._show_target(to_map(place.longitude_deg, place.latitude_deg))
        self.stand(self._fix)

    def _guided(self, guidance: Guidance | None) -> None:
        self._asked = False
        if guidance is None:
            self._say(self._app.say("app.map.no_position"), reached=False)
            return
        say = self._app.say
        text = say("app.map.distance", distance=_metres(guidance.distance_m))
        text += f"  {say(guidance.says)}"
        if guidance.turn is None:
            north = "app.map.north" if guidance.north_m >= 0 else "app.map.south"
            east = "app.map.east" if guidance.east_m >= 0 else "app.map.west"
            text += f"\n{say(north, distance=_metres(abs(guidance.north_m)))}"
            text += f"  {say(east, distance=_metres(abs(guidance.east_m)))}"
        self._say(text, reached=guidance.reached == "arrived")

    def _say(self, text: str, *, reached: bool) -> None:
        own = look.colours(self._app.settings.theme)
        self.says.text = text
        self.says.text_color = own.good if reached else self._app.theme_cls.onSurfaceColor


def _metres(distance_m: float) -> str:
    """As many digits as one can walk by."""
    if distance_m >= 1000:
        return f"{distance_m / 1000:.2f} km"
    return f"{distance_m:.0f} m" if distance_m >= 100 else f"{distance_m:.2f} m"
