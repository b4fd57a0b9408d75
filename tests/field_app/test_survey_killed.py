"""The process killed at random points of a day's survey, several times a day: whatever a person
had been shown as done is there at each next start, and the day goes on to its package.

A case is all in its number: `pytest tests/field_app/test_survey_killed.py -k "[3]"`.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import scripted_survey
from fault_world import check_whole
from scripted_survey import epochs_of
from small_village import World
from xiangtu import store
from xiangtu.merge import plan
from xiangtu.package import tablet
from xiangtu.store import SurveyFile, measuring

#: `make soak` tries more.
FAULTS = int(os.environ.get("XIANGTU_FAULTS", "20"))
_KILLS_A_DAY = 5
KINDS = ("steps", "writes", "files")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills as Linux does")


@dataclass
class Days:
    """A tablet to copy, the points that a day without a fault passes, and how the days went."""

    tablet: Path
    world: World
    passed: dict[str, int]
    tally: dict[str, int] = field(default_factory=dict)

    def count(self, word: str) -> None:
        self.tally[word] = self.tally.get(word, 0) + 1


def play(
    folder: Path, world: World, kind: str = "steps", point: int = -2, torn: str = ""
) -> tuple[int, list[list[Any]]]:
    """The process on a tablet, with a stick beside it: how it ended, and what it said."""
    stick = folder.parent / "stick"
    stick.mkdir(exist_ok=True)
    words = (folder, stick, world.household, world.parcels["east"], kind, point, torn)
    ran = subprocess.run(
        [sys.executable, scripted_survey.__file__, *map(str, words)],
        capture_output=True,
        text=True,
    )
    assert ran.returncode in (0, -9), ran.stderr
    return ran.returncode, [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.fixture(scope="module")
def days(template: tuple[Path, World], tmp_path_factory, request) -> Iterator[Days]:
    folder = tmp_path_factory.mktemp("undisturbed") / "tablet"
    shutil.copytree(template[0] / "tablet", folder)
    *_, passed = play(folder, template[1])[1]
    found = Days(template[0], template[1], passed)
    yield found
    counts = ", ".join(f"{number} {word}" for word, number in sorted(found.tally.items()))
    with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
        print(f"\nfaults: {counts}")


@pytest.mark.parametrize("seed", range(max(1, FAULTS // _KILLS_A_DAY)))
def test_killed_in_a_day_of_survey(days: Days, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    folder = tmp_path / "tablet"
    shutil.copytree(days.tablet / "tablet", folder)
    said: list[list[Any]] = []
    for _ in range(_KILLS_A_DAY):
        kind = chance.choices(KINDS, (2, 3, 1))[0]
        # So far each time that the last of them comes near the day's end.
        point = chance.randrange(2 * days.passed[kind] // _KILLS_A_DAY)
        torn = "torn" if chance.random() < 0.3 else ""
        print(f"killed at {kind} {point} of {days.passed[kind]} {torn}")
        ended, lines = play(folder, days.world, kind, point, torn)
        said += lines[: None if ended else -1]
        days.count("kills" if ended else "not reached")
        look_at(folder, said)
        if ended == 0:
            break
    ended, lines = play(folder, days.world)
    assert ended == 0
    look_at(folder, [*said, *lines[:-1]])
    hand_to_the_county(days, folder, tmp_path)
    days.count("days handed over")


def look_at(folder: Path, said: list[list[Any]]) -> None:
    """The file is sound, and holds all that was said."""
    check_whole(tablet.load(folder).survey_path)
    with tablet.load(folder).survey() as survey:
        drafts = {each.record: each for each in survey.drafts()}
        for what, *facts in said:
            LOOK[what](survey, drafts, *facts)


def _answered(survey: SurveyFile, drafts, layer: str, record: str, name: str, value: str) -> None:
    row = drafts[record].answers if record in drafts else survey.get(layer, record)
    assert str(row[name]) == value


def _corners(survey: SurveyFile, drafts, record: str, number: int) -> None:
    steps = [kind for kind, _ in measuring.steps_of(survey, record)]
    assert (
        steps.count("press") >= number
        or _is_measured(survey, drafts, "homestead", record)
        or (_is_measured(survey, drafts, "house", record))
    )


def _walked(survey: SurveyFile, drafts, record: str, epochs: int) -> None:
    assert epochs_of(survey, record) >= epochs or _is_measured(survey, drafts, "farmland", record)


def _measured(survey: SurveyFile, drafts, layer: str, record: str) -> None:
    assert _is_measured(survey, drafts, layer, record)


def _is_measured(survey: SurveyFile, drafts, layer: str, record: str) -> bool:
    if record in drafts:
        return drafts[record].geometry is not None
    row = survey.get(layer, record)
    return row is not None and row["geometry"] is not None and len(survey.fixes_of(record)) > 0


def _photo(survey: SurveyFile, drafts, record: str, role: str, sha256: str) -> None:
    roles = {each["role"]: each["sha256"] for each in survey.attachments_of(record)}
    assert roles[role] == sha256


def _confirmed(survey: SurveyFile, drafts, layer: str, record: str) -> None:
    assert record not in drafts
    row = survey.get(layer, record)
    assert row is not None and row["state"] == "surveyed" and row["surveyor"] == "王芳"


def _divided(survey: SurveyFile, drafts, parcel: str) -> None:
    before = survey.get("farmland", parcel)
    assert before is not None and before["ended_on"]
    parts = [survey.get("farmland", each) for each, _how in survey.descendants(parcel)]
    areas_m2 = [each["geometry"].area for each in parts if each is not None]
    assert len(areas_m2) == 2 and sum(areas_m2) == pytest.approx(before["geometry"].area)


def _packed(survey: SurveyFile, drafts, number: int, name: str) -> None:
    numbers = [
        each for (each,) in survey.connection.execute("SELECT number FROM package ORDER BY number")
    ]
    assert number in numbers and numbers == list(range(1, len(numbers) + 1))
    path = survey.path.parents[1] / "stick" / name
    (sha256,) = survey.connection.execute(
        "SELECT sha256 FROM package WHERE number = ?", (number,)
    ).fetchone()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256


LOOK = {
    "answered": _answered, "corners": _corners, "walked": _walked, "measured": _measured,
    "photo": _photo, "confirmed": _confirmed, "divided": _divided, "packed": _packed,
}  # fmt: skip


def hand_to_the_county(days: Days, folder: Path, tmp_path: Path) -> None:
    """The county takes both packages, and has then what the tablet has."""
    shutil.copytree(days.tablet / "county", tmp_path / "county")
    world = replace(days.world, county=tmp_path / "county" / "county.sqlite")
    with store.open(world.county) as county, tablet.load(folder).survey() as survey:
        assert survey.drafts() == [] and measuring.all_of(survey) == []
        for package in sorted((tmp_path / "stick").glob("*.xtp")):
            report = plan.merge(county, package, world.identity, author="县里")
            assert report.state == "merged", report
        for layer in ("homestead", "house", "farmland", "relic", "relic_point", "attachment"):
            assert contents(county, layer) == contents(survey, layer), layer
        counts = {layer: len(contents(county, layer)) for layer in ("homestead", "house", "relic")}
        assert counts == {"homestead": 1, "house": 2, "relic": 1}
        assert len(contents(county, "attachment")) == 5 and len(contents(county, "farmland")) == 5
    check_whole(world.county)


def contents(file: SurveyFile, layer: str) -> dict[str, tuple[Any, ...]]:
    columns = ("geometry", "state", "ended_on") if layer != "attachment" else ("sha256", "record")
    return {
        row["uuid"]: tuple(str(row.get(name)) for name in columns) for row in file.select(layer)
    }
