"""A picture that two fingers move and stretch, and that a pen may draw on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture

from ..controllers.photo_copies import SIDE_PX
from ..controllers.record_photos import Picture, picture
from .map.fingers import Fingers
from .pen_surface import Frame, PenSurface

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: So many times larger than the whole of it at the most.
_NEAREST = 10.0


@dataclass(frozen=True)
class Placing:
    """Where a picture is seen in its widget: its lower left in pixels, and how many times larger
    it is than the whole of it would be seen. `whole` is that size, `around` the widget's."""

    whole: tuple[float, float]
    around: tuple[float, float]
    x: float = 0.0
    y: float = 0.0
    times: float = 1.0

    @classmethod
    def fitted(cls, picture_size: tuple[float, float], around: tuple[float, float]) -> Placing:
        """All of it, as large as it can be, in the middle."""
        scale = min(there / side for side, there in zip(picture_size, around, strict=True))
        whole = picture_size[0] * scale, picture_size[1] * scale
        return cls(whole, around).moved(0, 0)

    @property
    def size(self) -> tuple[float, float]:
        return self.whole[0] * self.times, self.whole[1] * self.times

    def moved(self, x: float, y: float) -> Placing:
        """Never out of sight: at the widget's edges, or in its middle while it is smaller."""
        at = (
            min(max(corner + by, there - side), 0.0) if side > there else (there - side) / 2
            for corner, by, side, there in zip(
                (self.x, self.y), (x, y), self.size, self.around, strict=True
            )
        )
        left, bottom = at
        return replace(self, x=left, y=bottom)

    def zoomed(self, times: float, x: float, y: float) -> Placing:
        """What is under x, y stays there, as far as it can."""
        wanted = min(max(self.times * times, 1.0), _NEAREST)
        by = wanted / self.times
        larger = replace(self, times=wanted, x=x - (x - self.x) * by, y=y - (y - self.y) * by)
        return larger.moved(0, 0)


class PictureStage(PenSurface):
    """Shows a picture of the survey. `pen_down` says whether a finger draws on it or moves it."""

    def __init__(
        self, app: XiangtuApp, sha256: str, *, changed: Callable[[], Any] = lambda: None
    ) -> None:
        super().__init__(0.0, (0, 0, 0), changed)
        self.pen_down = False
        self.placing: Placing | None = None
        self._texture: Texture | None = None
        self._fingers = Fingers()
        self._drawing_finger: Any = None
        self.bind(size=lambda *_: self._fit())
        fieldwork = app.fieldwork
        app.desk.ask(lambda: picture(fieldwork.survey, sha256, SIDE_PX), self._show)

    def frame(self) -> Frame:
        placing = self.placing
        if placing is None:
            return super().frame()
        return (self.x + placing.x, self.y + placing.y, *placing.size)

    def draw_paper(self) -> None:
        Color(0, 0, 0, 1)
        Rectangle(pos=self.pos, size=self.size)
        if self._texture is not None and self.placing is not None:
            left, bottom, width, height = self.frame()
            Color(1, 1, 1, 1)
            Rectangle(pos=(left, bottom), size=(width, height), texture=self._texture)

    def _show(self, found: Picture) -> None:
        self._texture = texture_of(found)
        self._fit()

    def _fit(self) -> None:
        if self._texture is not None and min(self.size) > 1:
            self.placing = Placing.fitted(self._texture.size, tuple(self.size))
            self._draw()

    # -- fingers ------------------------------------------------------------------------------

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos) or self.placing is None:
            return False
        if touch.is_mouse_scrolling:
            self._lies(Fingers.wheel(touch.button, *self._local(touch), self.placing))
            return True
        touch.grab(self)
        first = self._drawing_finger
        if self.pen_down and first is None and not self._fingers.any_down:
            self._drawing_finger = touch
            self._places = [self._place(touch)]
            return True
        if first is not None:
            # A second finger: both move the picture, and what the first drew was not meant.
            self._drawing_finger, self._places = None, []
            self._fingers.down(first.uid, *self._local(first))
        self._fingers.down(touch.uid, *self._local(touch))
        self._draw()
        return True

    def on_touch_move(self, touch: Any) -> bool:
        if touch.grab_current is not self or self.placing is None:
            return False
        if touch is self._drawing_finger:
            return super().on_touch_move(touch)
        self._lies(self._fingers.moved(touch.uid, *self._local(touch), self.placing))
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self or self.placing is None:
            return False
        touch.ungrab(self)
        if touch is self._drawing_finger:
            self._drawing_finger = None
            self._end_stroke()
            return True
        placing, _pointed = self._fingers.up(touch.uid, *self._local(touch), self.placing)
        self._lies(placing)
        return True

    def _lies(self, placing: Placing) -> None:
        self.placing = placing
        self._draw()

    def _local(self, touch: Any) -> tuple[float, float]:
        return touch.x - self.x, touch.y - self.y


def texture_of(found: Picture) -> Texture:
    """A picture as the screen shows it."""
    texture = Texture.create(size=(found.width, found.height), colorfmt="rgb")
    texture.blit_buffer(found.pixels, colorfmt="rgb", bufferfmt="ubyte")
    texture.flip_vertical()
    return texture
