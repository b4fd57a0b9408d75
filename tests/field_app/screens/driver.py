"""A person at the app: looks at what is on the screen, touches it, types, waits."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kivy.base import EventLoop, stopTouchApp
from kivy.core.window import Window
from kivy.input.motionevent import MotionEvent
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.modalview import ModalView
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

from field_app.app import XiangtuApp
from field_app.widgets.answers import AnswerBox
from field_app.widgets.text_input import TextInput

#: A machine that is busy may need so long; nothing waits it out when all is well.
PATIENCE_S = 40.0
#: So many until what a touch set going (a window that closes) can be seen to go on.
_FRAMES = 4


class Finger(MotionEvent):
    """A touch at a place of the window, in pixels from the lower left."""

    def __init__(self, x: float, y: float) -> None:
        super().__init__("test", id(self), {"x": x / Window.width, "y": y / Window.height},
                         is_touch=True, type_id="touch")  # fmt: skip

    def depack(self, args: Any) -> None:
        self.sx, self.sy = args["x"], args["y"]
        self.profile = ["pos"]
        super().depack(args)


class Watchdog:
    """Hears what the main thread opens while it draws: neither a database nor a file of the
    tablet's is its business (photos, packages, settings), those are the desk's.

    Python's audit hooks stay for the life of the process, so that there is one.
    """

    def __init__(self) -> None:
        self._folder: str | None = None
        self.opened: list[str] = []
        sys.addaudithook(self._hear)

    @contextmanager
    def watching(self, folder: Path) -> Iterator[None]:
        before, self._folder = self._folder, str(folder)
        try:
            yield
        finally:
            self._folder = before

    def _hear(self, event: str, facts: tuple[Any, ...]) -> None:
        if self._folder is None or event not in ("open", "sqlite3.connect"):
            return
        if threading.current_thread() is not threading.main_thread():
            return
        if event == "sqlite3.connect" or str(facts[0]).startswith(self._folder):
            self.opened.append(f"{event} {facts[0]}")


_WATCHDOG = Watchdog()


class Driver:
    """The app, driven by touches and text as a person would."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.app = XiangtuApp(folder, **options)
        _WATCHDOG.opened.clear()
        EventLoop.ensure_window()
        Window.size = (800, 1280)
        self.app._run_prepare()
        self.settle()

    def turn(self, width: int, height: int) -> None:
        """Hold the tablet otherwise, or take one of another size."""
        Window.size = width, height
        self.wait(0.2)
        self.settle()

    def stop(self) -> None:
        """End the app; its window stays for the next."""
        if self.app.root is None:
            return
        assert self.opened_by_the_screen() == [], "the main thread waited for a disk"
        self.app.dispatch("on_stop")
        Window.allow_screensaver = True
        for child in Window.children[:]:
            Window.remove_widget(child)
        self.app.root = None
        stopTouchApp()

    def frame(self) -> None:
        """Let the app do what is due, and draw."""
        with _WATCHDOG.watching(self.app.folder):
            EventLoop.idle()

    def opened_by_the_screen(self) -> list[str]:
        """What the main thread opened of the tablet's since the app began."""
        return list(_WATCHDOG.opened)

    def forgive(self) -> None:
        """Forget what the main thread opened: the test meant it."""
        _WATCHDOG.opened.clear()

    # -- looking ------------------------------------------------------------------------------

    def widgets(self) -> Iterator[Widget]:
        """Everything from the top down to the uppermost window that may be touched."""
        for root in Window.children[:]:
            yield from root.walk()
            if isinstance(root, ModalView):
                return

    def texts(self) -> list[str]:
        """Every text on the screen."""
        return [said(each) for each in self.widgets() if said(each) and seen(each)]

    def sees(self, text: str) -> bool:
        return any(text in each for each in self.texts())

    def find(self, text: str) -> Widget:
        """The widget with a text, wholly or in part; AssertionError with all texts if none."""
        for exact in (True, False):
            for each in self.widgets():
                if seen(each) and (said(each) == text if exact else text in said(each)):
                    return each
        raise AssertionError(f"{text!r} is not on the screen: {self.texts()}")

    def asked(self, question: str) -> Any:
        """The box of a form's question, by its words; where it stands further down, scrolled to."""
        self.until(lambda: self._box(question) is not None)
        box = self._box(question)
        scrolled = box
        while not isinstance(scrolled, ScrollView):
            scrolled = scrolled.parent
        scrolled.scroll_to(box, animate=False)
        self.wait(0.1)
        return box

    def _box(self, question: str) -> AnswerBox | None:
        for each in self.widgets():
            if isinstance(each, AnswerBox) and each.title == question:
                return each
        return None

    @property
    def kept_awake(self) -> bool:
        """The tablet does not go to sleep by itself."""
        return not Window.allow_screensaver

    # -- doing --------------------------------------------------------------------------------

    def touch(self, what: str | Widget, hold_s: float = 0.0) -> None:
        """Touch a text or a widget in its middle."""
        widget = self.find(what) if isinstance(what, str) else what
        self.touch_at(*widget.to_window(*widget.center), hold_s=hold_s)

    def touch_at(self, x: float, y: float, hold_s: float = 0.0) -> None:
        """Touch a place of the window."""
        self.drag([(x, y)], hold_s=hold_s)

    def scroll_to(self, text: str) -> Widget:
        """Push the screen up, as a finger does, until a text is seen."""
        for _ in range(20):
            for each in self.widgets():
                shown = each.hint if isinstance(each, TextInput) else said(each)
                if text in shown and seen(each):
                    return each
            self.drag([(400, y) for y in range(400, 800, 20)])
            self.wait(0.5)
        raise AssertionError(f"{text!r} is nowhere on the screen: {self.texts()}")

    def drag(self, way: list[tuple[float, float]], hold_s: float = 0.0) -> None:
        """Put a finger down, move it along places of the window, and lift it."""
        finger = Finger(*way[0])
        self._finger("begin", finger)
        self.wait(hold_s)
        for x, y in way[1:]:
            finger.move({"x": x / Window.width, "y": y / Window.height})
            self._finger("update", finger)
            self.frame()
        self._finger("end", finger)
        self.settle()

    def pinch(self, one: list[tuple[float, float]], other: list[tuple[float, float]]) -> None:
        """Put two fingers down, move each along as many places of the window, and lift them."""
        fingers = Finger(*one[0]), Finger(*other[0])
        for finger in fingers:
            self._finger("begin", finger)
        for places in zip(one[1:], other[1:], strict=True):
            for finger, (x, y) in zip(fingers, places, strict=True):
                finger.move({"x": x / Window.width, "y": y / Window.height})
                self._finger("update", finger)
            self.frame()
        for finger in fingers:
            self._finger("end", finger)
        self.settle()

    def _finger(self, what: str, finger: Finger) -> None:
        with _WATCHDOG.watching(self.app.folder):
            EventLoop.post_dispatch_input(what, finger)

    def type(self, widget: Widget, text: str) -> None:
        """Touch a line, type into it in place of what is there, and leave it."""
        self.touch(widget)
        widget.focus = True
        widget.text = ""
        for letter in text:
            Window.dispatch("on_textinput", letter)
        self.frame()
        widget.focus = False
        self.settle()

    def step(self, name: str) -> None:
        """Touch a step of a form, having moved the line of steps to it."""
        bar = self.app.shell.screen.steps
        label = next(each for each in bar.walk() if getattr(each, "text", "").startswith(name))
        bar.scroll_to(label, animate=False)
        self.wait(0.1)
        self.touch(label)

    def back(self) -> None:
        """Android's back button."""
        Window.dispatch("on_keyboard", 27, 0, None, [])
        self.settle()

    # -- waiting ------------------------------------------------------------------------------

    def settle(self) -> None:
        """Until the desk has nothing to do and the screen has shown it; windows over it are wholly
        there, or gone."""
        self.until(self._at_rest)
        self.wait(0.1)
        for _ in range(_FRAMES):
            self.frame()
        self.until(self._at_rest)

    def _at_rest(self) -> bool:
        windows = (each for each in Window.children if isinstance(each, ModalView))
        busy = self.app.desk.busy or self.app.tiles.busy or self.app.shell.screen.building
        return not busy and all(each._anim_alpha in (0, 1) for each in windows)

    def wait(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.frame()

    def until(self, true: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        ends = time.monotonic() + patience_s
        while not true():
            assert time.monotonic() < ends, f"never came: {self.texts()}"
            self.frame()

    def screenshot(self, path: Path) -> Path:
        """What the window shows, as a PNG of this very name."""
        self.wait(0.3)
        made = Path(Window.screenshot(str(path)))
        made.replace(path)
        return path


def touchable(widget: Widget) -> bool:
    """Whether it does something when it is touched."""
    return isinstance(widget, ButtonBehavior | TextInput) and not widget.disabled


def said(widget: Widget) -> str:
    """The text of a widget, as one would type it."""
    return (getattr(widget, "text", "") or "").replace("\N{NO-BREAK SPACE}", " ")


def seen(widget: Widget) -> bool:
    """In the window, in no closed part of it, not scrolled away, and not fully transparent."""
    x, y = widget.to_window(*widget.center)
    each: Any = widget
    while each is not None and each is not Window:
        if each.opacity == 0 or (each.parent is None):
            return False
        each = each.parent
        if isinstance(each, ScrollView):
            left, bottom = each.to_window(*each.pos)
            if not (left <= x <= left + each.width and bottom <= y <= bottom + each.height):
                return False
    return (
        widget.width > 1
        and widget.height > 1
        and 0 <= x <= Window.width
        and 0 <= y <= Window.height
    )
