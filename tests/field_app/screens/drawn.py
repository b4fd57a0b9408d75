"""A map that is drawn on, touched at places of the land."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from small_village import SRID, X0, Y0
from xiangtu.geo import gauss_kruger

from field_app.controllers import map_content

if TYPE_CHECKING:  # it is the first to import Kivy, once there is a display
    from driver import Driver


class Drawn:
    """The screen that is drawn on, in metres from a corner of the county."""

    def __init__(
        self, app: Driver, corner: tuple[float, float] = (X0, Y0), srid: int = SRID
    ) -> None:
        self.app, self._corner, self._srid = app, corner, srid

    @property
    def screen(self) -> Any:
        return self.app.app.shell.screen

    def look_at(self, x: float, y: float, pixel_m: float = 0.25) -> None:
        view = self.screen.map
        viewport = replace(view.viewport, pixel_m=pixel_m)
        view.look(viewport.centred(*self._on_map(x, y)))
        self.app.wait(0.4)
        self.app.settle()

    def seen_at(self, x: float, y: float) -> tuple[float, float]:
        """Where in the window a place is seen."""
        view = self.screen.map
        px, py = view.viewport.to_pixels(*self._on_map(x, y))
        return view.to_window(view.x + px, view.y + py)

    def _on_map(self, x: float, y: float) -> tuple[float, float]:
        place = self._corner[0] + x, self._corner[1] + y
        return map_content.to_map(*map(float, gauss_kruger.inverse(*place, self._srid)))

    def tap(self, *places: tuple[float, float]) -> None:
        for place in places:
            self.app.touch_at(*self.seen_at(*place))
            self.app.wait(0.4)  # two touches at once would be one that brings the map nearer
            self.app.settle()

    def handle(self, pixel: tuple[float, float]) -> tuple[float, float]:
        """A pixel of the handles in the window."""
        return self.screen.handles.to_window(
            self.screen.handles.x + pixel[0], self.screen.handles.y + pixel[1]
        )

    def drag(self, start: tuple[float, float], x: float, y: float) -> None:
        """From a pixel of the window by as much as one place is from another."""
        steps = [(start[0] + x * n / 8, start[1] + y * n / 8) for n in range(9)]
        self.app.drag(steps)

    @property
    def corners(self) -> list[tuple[float, float]]:
        """What is drawn, as the controller has it."""
        outline = self.screen._work.outline
        return [
            tuple(each)
            for n in range(len(outline.rings))
            for each in (outline.places(n) - self._corner).round(2).tolist()
        ]
