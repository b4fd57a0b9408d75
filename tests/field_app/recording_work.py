"""A track and a walk recorded in a process of its own, to be killed at a chosen point of it.

After each step it says what is in the file by now: [epochs of the track, steps of the walk].
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "merge")]

from faulty_work import Points  # noqa: E402
from scripted_walk import Walker, steps_of  # noqa: E402
from small_village import fix_at  # noqa: E402
from xiangtu.package import tablet  # noqa: E402

from field_app.controllers.measuring import KeptWalk  # noqa: E402
from field_app.controllers.recording import TrackRecording  # noqa: E402

#: The record that is walked, of layer farmland; it is in no file.
RECORD = "01900000-0000-7000-8000-00000000000a"
EPOCHS = 150


class TenHertz:
    """A clock that goes on a tenth of a second with each epoch."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def record(folder: Path, seed: int) -> None:
    """Record the steps of a seed, as the app does."""
    clock = TenHertz()
    with (
        tablet.load(folder).survey() as survey,
        TrackRecording.begin(survey, "boundary_walk", clock=clock) as track,
    ):
        walk = KeptWalk.begin(survey, "farmland", RECORD, clock=clock)
        walker = Walker(walk, None)
        epochs = steps = 0
        for step in steps_of(seed, EPOCHS):
            if step[0] == "fix":
                clock.now_s += 0.1
                track.add(step[1])
                epochs += 1
            steps += walker.take(step)
            print(json.dumps([epochs - track.waiting, steps - walk.waiting]), flush=True)
        walk.flush()
        track.end()
        print(json.dumps([epochs, steps]), flush=True)


def record_on(folder: Path) -> None:
    """Record at 50 Hz of real time until the input ends; says how many epochs there were."""
    epochs = 0
    with (
        tablet.load(folder).survey() as survey,
        TrackRecording.begin(survey) as track,
    ):
        print(track.uuid, flush=True)
        ended = False

        def wait_for_the_end() -> None:
            nonlocal ended
            sys.stdin.read()
            ended = True

        threading.Thread(target=wait_for_the_end, daemon=True).start()
        while not ended:
            track.add(fix_at(100 + epochs * 0.1, 100, epochs / 50))
            epochs += 1
            time.sleep(0.02)
        track.end()
    print(epochs, flush=True)


def main() -> None:
    folder = Path(sys.argv[1])
    if sys.argv[2] == "on":
        record_on(folder)
        return
    seed, kind, point, torn = int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5] == "torn"
    points = Points(kind, point, torn, None)
    points.watch_steps()
    points.watch_files()
    points.watch_writes()
    points.counting = True
    record(folder, seed)
    points.counting = False
    print(json.dumps(points.passed))


if __name__ == "__main__":
    main()
