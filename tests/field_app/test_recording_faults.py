"""The process killed at random points of a recording with a walk: what was said to be kept is
there at the next start, and both go on.

A case is all in its number: `pytest tests/field_app/test_recording_faults.py -k "[17]"`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import recording_work
from scripted_walk import Walker, steps_of
from small_village import World
from xiangtu.package import tablet
from xiangtu.store import measuring
from xiangtu.store.values import stamp

from field_app.controllers import recording
from field_app.controllers.capture import BoundaryCapture
from field_app.controllers.measuring import KeptWalk

#: `make soak` tries more.
FAULTS = int(os.environ.get("XIANGTU_FAULTS", "20"))
KINDS = ("steps", "writes", "files")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills as Linux does")


@dataclass
class Cases:
    """A tablet to copy, the points that are passed without a fault, and how the cases ended."""

    tablet: Path
    passed: dict[str, int]
    tally: dict[str, int] = field(default_factory=dict)


def command(folder: Path, *words: object) -> list[str]:
    return [sys.executable, recording_work.__file__, str(folder), *map(str, words)]


@pytest.fixture(scope="module")
def cases(template: tuple[Path, World], tmp_path_factory, request) -> Iterator[Cases]:
    folder = tmp_path_factory.mktemp("undisturbed") / "tablet"
    shutil.copytree(template[0] / "tablet", folder)
    ran = subprocess.run(
        command(folder, 0, "steps", -2, ""), capture_output=True, text=True, check=True
    )
    found = Cases(template[0] / "tablet", json.loads(ran.stdout.splitlines()[-1]))
    yield found
    counts = ", ".join(f"{number} {word}" for word, number in sorted(found.tally.items()))
    with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
        print(f"\nfaults: {counts}")


@pytest.mark.parametrize("seed", range(FAULTS))
def test_killed_while_recording(cases: Cases, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    folder = tmp_path / "tablet"
    shutil.copytree(cases.tablet, folder)
    kind = chance.choices(KINDS, (2, 3, 1))[0]
    point = chance.randrange(cases.passed[kind])
    torn = "torn" if chance.random() < 0.3 else ""
    print(f"killed at {kind} {point} of {cases.passed[kind]} {torn}")
    ran = subprocess.run(command(folder, seed, kind, point, torn), capture_output=True, text=True)
    assert ran.returncode in (0, -9), ran.stderr
    said = [
        json.loads(line) for line in ran.stdout.splitlines()[: -1 if not ran.returncode else None]
    ]
    epochs, steps = said[-1] if said else (0, 0)
    with tablet.load(folder).survey() as survey:
        assert survey.connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        assert survey.missing_triggers() == [] and survey.repaired == ()
        ended = look_at_the_track(survey, seed, epochs)
        look_at_the_walk(survey, seed, steps)
        assert survey.connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    for word in ("not reached" if ran.returncode == 0 else "kills", ended):
        cases.tally[word] = cases.tally.get(word, 0) + 1


def look_at_the_track(survey, seed: int, said: int) -> str:
    """All that was said is there as it was received, and the track goes on and ends."""
    waiting = recording.unfinished(survey)
    tracks = list(survey.select("track"))
    received = [detail for kind, detail in steps_of(seed, recording_work.EPOCHS) if kind == "fix"]
    if not tracks:
        assert said == 0
        return "killed before it began"
    (track,) = tracks
    kept = survey.fixes_of(track["uuid"])
    assert said <= len(kept) <= said + 12
    assert [each["sequence"] for each in kept] == list(range(1, len(kept) + 1))
    assert [each["receiver_time"] for each in kept] == [
        stamp(fix.time) for fix in received[: len(kept)]
    ]
    assert [each["longitude_deg"] for each in kept] == [
        None if fix.fix_type == "none" else fix.longitude_deg for fix in received[: len(kept)]
    ]
    if not waiting:
        assert track["ended_at"] and track["geometry"] is not None and len(kept) == len(received)
        return "ended"
    assert (waiting[0].epochs, waiting[0].running) == (len(kept), False)
    with recording.TrackRecording.resume(survey, track["uuid"]) as track_again:
        for fix in received[len(kept) :]:
            track_again.add(fix)
        track_again.end()
    track = survey.get("track", track["uuid"])
    assert track["ended_at"] and track["length_m"] > 10
    assert len(survey.fixes_of(track["uuid"])) == len(received)
    return "taken up again"


def look_at_the_walk(survey, seed: int, said: int) -> None:
    """The walk is that of the steps that were kept, and these are all that were said."""
    if measuring.one(survey, recording_work.RECORD) is None:
        assert said == 0
        return
    walk = KeptWalk.resume(survey, recording_work.RECORD)
    kept = sum(
        len(detail) if kind == "fixes" else 1
        for kind, detail in measuring.steps_of(survey, recording_work.RECORD)
    )
    assert said <= kept <= said + 13
    first = Walker(BoundaryCapture(survey, "farmland", record=recording_work.RECORD), None)
    again = Walker(walk, None, first.fed)
    for step in steps_of(seed, recording_work.EPOCHS):
        if kept:
            kept -= first.take(step)
            if not kept:
                assert walk.capture.vertices == first.walk.vertices
                again.fed = list(first.fed)
        else:
            first.take(step)
            again.take(step)
    # And it went on as the first would have.
    assert walk.capture.vertices == first.walk.vertices
