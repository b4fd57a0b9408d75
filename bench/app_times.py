"""The tablet's app with much work in its file: from its start to the map, the map's frames, a
form's save, and memory.

Run as a module under a display, it measures one thing in this process and prints it as JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import own_process, tablet_files
from .county_files import Say

_OUTLINES = 5_000
_SAVES, _CONFIRMS = 200, 100
_REPEATS = 3
_SECONDS_OF_FRAMES = 4.0
#: The map is moved by so many pixels with every frame, so far and back.
_STEP_PX, _WAY_PX = 4.0, 240.0
#: Something that was asked of the app and has not come by then never comes.
_PATIENCE_S = 300.0
#: Bisecting the size of a pixel so often finds any number of outlines there is.
_MOST_LOOKS = 40


@dataclass(frozen=True)
class AppTimes:
    """What was measured. Seconds by the clock, the least of some runs, and in `_cpu_s` of a core:
    from the start of the process to the first screen and to the map, of a plain window of Kivy
    beside it; frames a second of a map that moves, empty and with `outlines`, and what one of these
    frames takes of the main thread; the longest of them, and of the frames of a walk through all
    screens, with what that takes of the main thread and on the way to which screen it was; an
    answer and a whole record, each saved with its sync, and a plain synced write of as many bytes
    beside it; resident bytes."""

    records: int
    first_screen_s: float
    map_s: float
    map_cpu_s: float
    plain_window_s: float
    outlines: int
    frames_a_second: float
    frame_cpu_s: float
    empty_frames_a_second: float
    longest_frame_s: float
    tour_longest_s: float
    tour_longest_cpu_s: float
    tour_longest_at: str
    save_p95_s: float
    confirm_p95_s: float
    plain_write_p95_s: float
    map_bytes: int
    outlines_bytes: int


def measure(cache: Path, parcels: int, say: Say) -> AppTimes:
    """All of it, each in a process of its own on a copy of one tablet."""
    tablet = tablet_files.prepare(cache, parcels, say)
    found: dict[str, Any] = {}
    with tablet_files.copied(tablet) as copy:
        for what, repeats in (
            ("window", _REPEATS), ("start", _REPEATS), ("frames", 1), ("tour", 1), ("saves", 1),
        ):  # fmt: skip
            say(f"app: {what}")
            runs = [
                own_process.run_on_a_screen("app_times", what, copy, time.time())
                for _ in range(repeats)
            ]
            found |= {name: min(run[name] for run in runs) for name in runs[0]}
    return AppTimes(records=parcels, **found)


# -- in a process of its own -------------------------------------------------------------------


def _window() -> None:
    os.environ.update(KIVY_NO_ARGS="1", KIVY_NO_FILELOG="1", KIVY_NO_CONSOLELOG="1")
    from kivy.config import Config

    for name, value in (("width", "800"), ("height", "1280"), ("multisamples", "0")):
        Config.set("graphics", name, value)
    from kivy.base import EventLoop

    EventLoop.ensure_window()


def _plain_window(began: float) -> dict[str, Any]:
    """What Kivy takes to show a button, so that a slow machine is seen as one."""
    _window()
    from kivy.app import App
    from kivy.base import EventLoop
    from kivy.uix.button import Button

    app = App()
    app.build = lambda: Button(text="plain")
    app._run_prepare()
    EventLoop.idle()
    return {"plain_window_s": time.time() - began}


def _begun(folder: Path) -> Any:
    _window()
    from field_app.app import XiangtuApp

    app = XiangtuApp(folder)
    app._run_prepare()
    return app


def _until(true: Callable[[], bool]) -> None:
    from kivy.base import EventLoop

    ends = time.monotonic() + _PATIENCE_S
    while not true():
        if time.monotonic() > ends:
            raise TimeoutError("the app never came to where it was waited for")
        EventLoop.idle()
    EventLoop.idle()


def _is_idle(app: Any) -> bool:
    return not app.desk.busy and not app.tiles.busy


def _map_of(app: Any) -> Any:
    app.shell.show("map")
    screen = app.shell.screen
    _until(lambda: screen.map.drawn is not None)
    _until(lambda: _is_idle(app))
    return screen.map


def _start(folder: Path, began: float) -> dict[str, Any]:
    app = _begun(folder)
    _until(lambda: _is_idle(app))
    first = time.time() - began
    _map_of(app)
    found = {
        "first_screen_s": first,
        "map_s": time.time() - began,
        "map_cpu_s": time.process_time(),
        "map_bytes": own_process.peak_bytes(),
    }
    app.dispatch("on_stop")
    return found


def _frames(folder: Path) -> dict[str, Any]:
    """A map that moves with every frame, so that each is drawn anew."""
    app = _begun(folder)
    _until(lambda: _is_idle(app))
    shown = _map_of(app)
    count = _look_at_outlines(shown)
    moved = [_moved(shown) for _ in range(_REPEATS)]
    found = {
        "outlines": count,
        "frames_a_second": max(each[0] for each in moved),
        "longest_frame_s": min(each[1] for each in moved),
        "frame_cpu_s": min(each[2] for each in moved),
        "outlines_bytes": own_process.peak_bytes(),
    }
    app.map.hidden.update(each.layer.name for each in shown.drawn.content.layers)
    _drawn_anew(shown)
    found["empty_frames_a_second"] = max(_moved(shown)[0] for _ in range(_REPEATS))
    app.dispatch("on_stop")
    return found


def _drawn_anew(shown: Any) -> None:
    """Until the map shows what there is where it looks now: near by, it is content with what it
    has drawn, and does not read again by itself."""
    before = shown.drawn
    shown.reload()
    _until(lambda: shown.drawn is not before and shown.drawn.pixel_m == shown.viewport.pixel_m)


def _look_at_outlines(shown: Any) -> int:
    """Come so near that no fewer than _OUTLINES are in view, and no more than a map shows; how
    many there are."""
    near, far = 0.01, shown.viewport.pixel_m
    for _ in range(_MOST_LOOKS):
        pixel_m = (near * far) ** 0.5
        shown.look(replace(shown.viewport, pixel_m=pixel_m))
        _drawn_anew(shown)
        layers = {each.layer.name: len(each.records) for each in shown.drawn.content.layers}
        count = layers.get("farmland", 0)
        if count >= _OUTLINES:
            return count
        left_out = len(shown.drawn.content.left_out) > 0
        near, far = (near, pixel_m) if left_out and count == 0 else (pixel_m, far)
    raise AssertionError(f"no view has {_OUTLINES} outlines")


def _moved(shown: Any) -> tuple[float, float, float]:
    """Frames a second, the longest of them, and what one takes of the main thread, in seconds."""
    from kivy.base import EventLoop
    from kivy.clock import Clock

    Clock._max_fps = 0  # as many as there can be
    taken: list[float] = []
    way, side = 0.0, _STEP_PX
    began_cpu = time.thread_time()
    ends = time.perf_counter() + _SECONDS_OF_FRAMES
    while (now := time.perf_counter()) < ends:
        shown.look(shown.viewport.moved(side, 0.0))
        way += side
        if abs(way) >= _WAY_PX:
            side = -side
        EventLoop.idle()
        taken.append(time.perf_counter() - now)
    cpu_s = (time.thread_time() - began_cpu) / len(taken)
    return len(taken) / sum(taken), max(taken), cpu_s


def _tour(folder: Path) -> dict[str, Any]:
    """Through all screens; the frame that kept the main thread longest."""
    from kivy.base import EventLoop
    from kivy.clock import Clock

    app = _begun(folder)
    _until(lambda: _is_idle(app))
    _until(lambda: app.shell.screen.name == "start")
    found: list[dict[str, Any]] = []
    app.desk.ask(
        lambda: next(app.fieldwork.survey.select("farmland", "fid = 331", (), ("uuid",))),
        found.append,
    )
    _until(lambda: bool(found))
    parcel = {"layer": "farmland", "record": found[0]["uuid"]}
    Clock._max_fps = 0
    longest: tuple[float, float, str] = (0.0, 0.0, "")

    def take(step: Callable[[], Any], where: str) -> None:
        nonlocal longest
        began, began_cpu = time.perf_counter(), time.thread_time()
        step()
        took = time.thread_time() - began_cpu, time.perf_counter() - began
        longest = max(longest, (*took, where))

    for name, what in (
        ("today", {}), ("map", {}), ("map", parcel), ("records", {}), ("form", parcel),
        ("draw", {"purpose": "shape", **parcel}), ("capture", parcel), ("hand_over", {}),
        ("settings", {}), ("today", {}), ("map", {}),
    ):  # fmt: skip
        # A touch shows it: what that takes is part of the frame, too.
        take(lambda name=name, what=what: app.shell.show(name, **what), name)
        ends = time.monotonic() + 1.0
        while time.monotonic() < ends or not _is_idle(app):
            take(EventLoop.idle, name)
    app.dispatch("on_stop")
    cpu_s, clock_s, where = longest
    return {
        "tour_longest_cpu_s": cpu_s, "tour_longest_s": clock_s, "tour_longest_at": where,
    }  # fmt: skip


def _saves(folder: Path) -> dict[str, Any]:
    from field_app.controllers.form import Form
    from field_app.controllers.start import Fieldwork

    with Fieldwork(folder) as work:
        rows = work.survey.select("farmland", "fid % 331 = 0 LIMIT ?", (_SAVES,), ("uuid",))
        records = [row["uuid"] for row in rows]
        ours, plain = [], []
        beside = os.open(folder / "plain", os.O_WRONLY | os.O_CREAT)
        for number, record in enumerate(records):
            form = Form.open_record(work.survey, "farmland", record)
            began = time.perf_counter()
            form.answer("remark", f"看过 {number}")
            ours.append(time.perf_counter() - began)
            began = time.perf_counter()
            os.write(beside, os.urandom(8192))
            os.fsync(beside)
            plain.append(time.perf_counter() - began)
        os.close(beside)
        confirmed = []
        for record in records[:_CONFIRMS]:
            form = Form.resume(work.survey, record)
            began = time.perf_counter()
            form.confirm(despite="bench")
            confirmed.append(time.perf_counter() - began)
    return {
        "save_p95_s": _p95(ours), "confirm_p95_s": _p95(confirmed),
        "plain_write_p95_s": _p95(plain),
    }  # fmt: skip


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def main(arguments: list[str]) -> None:
    what, folder, began = arguments
    if what == "window":
        found = _plain_window(float(began))
    elif what == "start":
        found = _start(Path(folder), float(began))
    elif what == "frames":
        found = _frames(Path(folder))
    elif what == "tour":
        found = _tour(Path(folder))
    else:
        found = _saves(Path(folder))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
