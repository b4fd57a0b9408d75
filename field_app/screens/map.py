"""The map: what is surveyed and what is not, where one is, how to get to a record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.stacklayout import StackLayout
from xiangtu.catalogue import Layer
from xiangtu.gnss.fix import Fix

from ..controllers import basemap, map_content
from ..controllers.map_content import Bounds, Found, MapContent
from ..widgets.buttons import round_button
from ..widgets.map.guide import Guide
from ..widgets.map.map_view import MapView
from ..widgets.map.record_sheet import RecordSheet
from ..widgets.map.scale_bar import ScaleBar
from ..widgets.pick_list import Pick, look_up_one, pick_one
from .screen import AppScreen

if TYPE_CHECKING:
    from ..app import XiangtuApp

_HERE_EVERY_S = 0.25
_ZOOM = 1.6
_EVERYWHERE = {"x": 0, "y": 0}


class MapScreen(AppScreen):
    """The map over all of the screen, what one does with it beside a thumb, above the map the way
    to a target, below it what was pointed at."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        super().__init__(app, **properties)
        self.scale_bar = ScaleBar(app)
        self.map = MapView(
            app, pointed_at=self._pointed_at, moved=self._moved, shown=self._content_shown
        )
        self.guide = Guide(app, show_target=self.map.head_for)
        self.sheet = RecordSheet(app, go_to=self.guide.begin, closed=self.unselect)
        self._fix: Fix | None = None
        # Not KivyMD's, which paints all of itself, be it with nothing.
        self._over = BoxLayout(orientation="vertical", padding=dp(8), spacing=dp(8))
        self._between = FloatLayout()
        self._between.add_widget(self._buttons())
        side = "right" if app.settings.left_handed else "left"
        corner = AnchorLayout(anchor_x=side, anchor_y="bottom", pos_hint=_EVERYWHERE)
        corner.add_widget(self.scale_bar)
        self._between.add_widget(corner)
        self._over.add_widget(self._between)
        everything = FloatLayout()
        everything.add_widget(self.map)
        everything.add_widget(self._over)
        self.add_widget(everything)
        Clock.schedule_interval(self._listen, _HERE_EVERY_S)

    def enter(self, **what: Any) -> None:
        """`layer` and `record`: go there and tell of it."""
        fieldwork, session = self.app.fieldwork, self.app.map
        self.app.desk.ask(lambda: basemap.basemap_of(fieldwork.survey), self._open_basemap)
        if "record" in what:
            layer, uuid = what["layer"], what["record"]
            self.app.desk.ask(
                lambda: map_content.record(fieldwork.survey, layer, uuid), self._go_to_found
            )
        elif session.viewport is None:
            self.app.desk.ask(lambda: map_content.home(fieldwork.survey), self._framed)
        else:
            self.map.reload()
        self._show_selected()
        self._show_track()
        self.guide.resume()
        self._place_sheets()

    # -- the buttons --------------------------------------------------------------------------

    def _buttons(self) -> StackLayout:
        self.follow = round_button(self.app, "crosshairs-gps", self._follow)
        self.nearer = round_button(self.app, "plus", lambda: self.map.zoom(_ZOOM))
        self.farther = round_button(self.app, "minus", lambda: self.map.zoom(1 / _ZOOM))
        self.layers = round_button(self.app, "layers-outline", self._choose_layers)
        self.search = round_button(self.app, "magnify", self._search)
        self.whole = round_button(self.app, "home-map-marker", self._show_all)
        self.track = round_button(self.app, "shoe-print", self._track)
        self.tape = round_button(
            self.app, "ruler", lambda: self.app.shell.show("draw", purpose="tape")
        )
        # From the thumb's corner upwards; where that is too high, a second column beside it.
        columns = StackLayout(
            orientation="bt-lr" if self.app.settings.left_handed else "bt-rl",
            spacing=dp(10), pos_hint=_EVERYWHERE,
        )  # fmt: skip
        for each in (
            self.follow, self.farther, self.nearer, self.whole, self.track, self.tape,
            self.layers, self.search,
        ):  # fmt: skip
            columns.add_widget(each)
        return columns

    def _show_all(self) -> None:
        survey = self.app.fieldwork
        self._set_follow(False)
        self.app.desk.ask(lambda: map_content.home(survey.survey), self._framed)

    def _framed(self, bounds: Bounds | None) -> None:
        if bounds is None:
            self.app.tell(self.app.say("app.map.nothing"))
        else:
            self.map.frame(bounds)

    def _follow(self) -> None:
        if not self.app.map.follows and self.app.receiver.here is None:
            self.app.tell(self.app.say("app.map.no_position"))
            return
        self._set_follow(not self.app.map.follows)

    def _set_follow(self, follows: bool) -> None:
        self.app.map.follows = follows
        self.follow.style = "filled" if follows else "tonal"
        if follows:
            self.map.stand(self._fix)

    def _track(self) -> None:
        """Begin to record where one goes, or end it."""
        tracking = self.app.tracking
        if tracking.runs:
            tracking.end(self._show_track)
        else:
            tracking.begin(self._show_track)

    def _show_track(self) -> None:
        self.track.style = "filled" if self.app.tracking.runs else "tonal"

    # -- layers and search --------------------------------------------------------------------

    def _choose_layers(self) -> None:
        fieldwork = self.app.fieldwork
        self.app.desk.ask(lambda: map_content.map_layers(fieldwork.survey), self._offer_layers)

    def _offer_layers(self, layers: list[Layer]) -> None:
        say, hidden = self.app.say, self.app.map.hidden
        picks = []
        for each in reversed(layers):  # those that lie above first
            standing = say("app.map.hidden" if each.name in hidden else "app.map.shown")
            scale = map_content.seen_from(each)
            if scale is not None:
                standing += " · " + say("app.map.from_scale", scale=scale)
            picks.append(Pick(each.name, each.label.in_language(self.app.language), standing))

        def switch(name: str) -> None:
            hidden.symmetric_difference_update({name})
            self.map.reload()
            self._offer_layers(layers)

        pick_one(self.app, say("app.map.layers"), picks, switch)

    def _search(self) -> None:
        fieldwork = self.app.fieldwork

        def look_up(text: str, tell: Callable[[str, Sequence[Pick]], Any]) -> None:
            self.app.desk.ask(
                lambda: map_content.search(fieldwork.survey, text),
                lambda found: tell(text, [self._pick(each) for each in found]),
            )

        look_up_one(self.app, self.app.say("app.map.search"), look_up, self._go_to_found)

    def _pick(self, found: Found) -> Pick:
        layer = found.layer_label.in_language(self.app.language)
        detail = " · ".join(each for each in (layer, found.village) if each)
        return Pick(found, found.title or layer, detail)

    # -- what was pointed at ------------------------------------------------------------------

    def _pointed_at(self, x_m: float, y_m: float, reach_m: float) -> None:
        fieldwork, scale, hidden = self.app.fieldwork, self.map.scale, set(self.app.map.hidden)
        self.app.desk.ask(
            lambda: map_content.at(fieldwork.survey, x_m, y_m, reach_m, scale, hidden),
            self._select_among,
        )

    def _select_among(self, found: list[Found]) -> None:
        if found:
            self._select(found[0], tuple(found))
        else:
            self.unselect()

    def _select(self, found: Found | None, among: tuple[Found, ...] = ()) -> None:
        self.app.map.selected, self.app.map.among = found, among
        if found is not None:
            self._set_follow(False)  # it is looked at: the map is not to run away from it
        self._show_selected()

    def unselect(self) -> None:
        """Speak of no record any more."""
        self._select(None)

    def _show_selected(self) -> None:
        found, among = self.app.map.selected, self.app.map.among
        self.map.select(found.shape if found else None)
        if found is not None:
            self.sheet.show(found, self._choose_another if len(among) > 1 else None)
        self._place_sheets()

    def _choose_another(self) -> None:
        among = self.app.map.among
        pick_one(
            self.app,
            self.app.say("app.map.others", count=len(among)),
            [self._pick(each) for each in among],
            lambda other: self._select(other, among),
        )

    def _go_to_found(self, found: Found | None) -> None:
        if found is None:
            self.app.tell(self.app.say("app.map.lies_nowhere"))
            return
        self._select(found)
        self.map.frame(found.shape.bounds)

    def _place_sheets(self) -> None:
        """The guide above and the record below, where there is something to say."""
        wanted = [self._between]
        if self.app.map.going_to is not None:
            wanted.insert(0, self.guide)
        if self.app.map.selected is not None:
            wanted.append(self.sheet)
        if wanted != list(reversed(self._over.children)):
            self._over.clear_widgets()
            for each in wanted:
                self._over.add_widget(each)

    # -- the map and the receiver -------------------------------------------------------------

    def _open_basemap(self, path: Path | None) -> None:
        if path is not None:
            self.map.open_basemap(path)

    def _moved(self, by_hand: bool) -> None:
        self.scale_bar.look(self.map.viewport)
        if by_hand and self.app.map.follows:
            self._set_follow(False)

    def _content_shown(self, shown: MapContent) -> None:
        self.scale_bar.tell_more(bool(shown.left_out))

    def _listen(self, _dt: float) -> None:
        if self.app.shell.screen is not self:
            return
        fix = self.app.receiver.here
        if fix is not self._fix:
            self._fix = fix
            self.map.stand(fix)
            self.guide.stand(fix)
        self._place_sheets()
