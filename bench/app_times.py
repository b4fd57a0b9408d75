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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import own_process, tablet_files
from .county_files import Say

_OUTLINES = 5_000
#: From all villages to some more than the map shows, then by so little that none is left out.
_FIRST_ZOOM, _ZOOM = 12.0, 1.04
_SAVES = 200
_SECONDS_OF_FRAMES = 5.0


@dataclass(frozen=True)
class AppTimes:
    """What was measured: seconds (by the clock, and of a core) from the start of the process to
    the first screen and to the map, of a plain window of Kivy beside it; frames a second of a map
    that moves, empty and with `outlines`, and the longest of these frames; the save of an answer,
    with its sync, and a plain synced write of as many bytes beside it; resident bytes."""

    records: int
    first_screen_s: float
    map_s: float
    map_cpu_s: float
    plain_window_s: float
    outlines: int
    frames_a_second: float
    empty_frames_a_second: float
    longest_frame_s: float
    save_p95_s: float
    plain_write_p95_s: float
    map_bytes: int
    outlines_bytes: int


def measure(cache: Path, parcels: int, say: Say) -> AppTimes:
    """All of it, each in a process of its own on a copy of one tablet."""
    tablet = tablet_files.prepare(cache, parcels, say)
    found: dict[str, Any] = {}
    with tablet_files.copied(tablet) as copy:
        for what in ("window", "start", "frames", "saves"):
            say(f"app: {what}")
            found |= own_process.run_on_a_screen("app_times", what, copy, time.time())
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

    while not true():
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
    """A map that moves a little with every frame, so that each is drawn anew."""
    app = _begun(folder)
    _until(lambda: _is_idle(app))
    shown = _map_of(app)
    count = 0
    zoomed, times = shown.viewport, _FIRST_ZOOM
    # Nearer and nearer, until there are no more in view than the map shows.
    while count < _OUTLINES:
        zoomed = zoomed.zoomed(times, zoomed.width / 2, zoomed.height / 2)
        times = _ZOOM
        shown.look(zoomed)
        time.sleep(0.4)
        _until(lambda: _is_idle(app))
        records = {each.layer.name: len(each.records) for each in shown.drawn.content.layers}
        count = records.get("farmland", 0)
    with_outlines, longest = _moved(shown)
    found = {
        "outlines": count,
        "frames_a_second": with_outlines,
        "longest_frame_s": longest,
        "outlines_bytes": own_process.peak_bytes(),
    }
    app.map.hidden.update(each.layer.name for each in shown.drawn.content.layers)
    shown.reload()
    _until(lambda: _is_idle(app))
    found["empty_frames_a_second"] = _moved(shown)[0]
    app.dispatch("on_stop")
    return found


def _moved(shown: Any) -> tuple[float, float]:
    """Frames a second, and the longest of them in seconds."""
    from kivy.base import EventLoop
    from kivy.clock import Clock

    Clock._max_fps = 0  # as many as there can be
    taken: list[float] = []
    ends = time.perf_counter() + _SECONDS_OF_FRAMES
    while (now := time.perf_counter()) < ends:
        sideways = 1.0 if len(taken) % 2 else -1.0
        shown.look(shown.viewport.moved(sideways, 0.0))
        EventLoop.idle()
        taken.append(time.perf_counter() - now)
    return len(taken) / sum(taken), max(taken)


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
    return {"save_p95_s": _p95(ours), "plain_write_p95_s": _p95(plain)}


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
    else:
        found = _saves(Path(folder))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
