"""The whole journey, step by step, into one folder."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from field_app.controllers import hand_over

from . import office
from .county import Registered, make_county, subdivide
from .elevation import write_elevation
from .land import Land, Size, make_land
from .page import write_page
from .progress import ProgressBar
from .tasks import Planner, TeamPlan
from .team import Diary, Team

#: Steps in order with their weights, about their seconds on two cores.
STEPS = (
    ("land", 12), ("county", 9), ("hand_out", 1.5), ("team_1", 3.5), ("team_2", 3), ("team_3", 3),
    ("receive", 1.5), ("settle", 0.3), ("check", 1), ("report", 3), ("draw", 10), ("page", 1),
)  # fmt: skip
#: How many parcels the office has subdivided before the new campaign.
_SUBDIVIDED = 20


class DrawingFailed(Exception):
    """QGIS did not draw; the text is its last line."""


@dataclass(frozen=True)
class Journey:
    """All that was made, for the page and the last words."""

    folder: Path
    land: Land
    registered: Registered
    plans: list[TeamPlan]
    diaries: list[Diary]
    handed_over: list[hand_over.HandedOver]
    desk: office.Desk


def run(
    folder: Path, size: Size, seed: int, bar: ProgressBar, language: str, *, draw: bool = True
) -> Journey:
    """Everything from bare land to the page, in an empty folder.

    Raises DrawingFailed if QGIS cannot draw the map. Without `draw` there is no map.
    """
    bar.begin()
    land = make_land(size, seed, bar.tell)
    bar.begin()
    county = folder / "county.sqlite"
    registered = make_county(county, land, seed, bar.tell)
    split = subdivide(registered, min(_SUBDIVIDED, size.parcels // 100))
    write_elevation(land.terrain, registered.srid, folder / "terrain.tif")

    bar.begin()
    desk = office.Desk()
    amount = max(6, size.parcels // 80)
    plans = Planner(land, registered, {parent for parent, *_ in split}, seed).plans(amount)
    stick = folder / "packages"
    stick.mkdir()
    teams = [
        Team(folder / "tablets" / str(number), plan, land.terrain, registered.srid, seed)
        for number, plan in enumerate(plans, 1)
    ]
    assignments = office.hand_out(county, [each.card for each in teams], plans, stick, desk)

    handed_over, diaries = [], []
    for team, assignment in zip(teams, assignments, strict=True):
        bar.begin()
        diaries.append(team.work(assignment, bar.tell))
        handed_over.append(hand_over.pack_to(team.fieldwork.tablet.folder, stick))

    bar.begin()
    office.receive(county, [each.path for each in handed_over], desk, bar.tell)
    bar.begin()
    office.settle(county, desk)
    bar.begin()
    office.check(county, desk, bar.tell)

    # QGIS draws in a process of its own while the tables are written here.
    drawing = _start_drawing(folder, language) if draw else None
    bar.begin()
    office.report(county, folder, desk, language)
    devices = [each.fieldwork.tablet.device_id for each in teams]
    receipts = office.answer(county, devices, stick, desk)
    for team, receipt in zip(teams, receipts, strict=True):
        hand_over.take_receipt(team.fieldwork.tablet.folder, receipt)
    bar.begin()
    if drawing is not None:
        _finish_drawing(drawing)
    bar.begin()
    made = Journey(folder, land, registered, plans, diaries, handed_over, desk)
    write_page(made, language)
    bar.end()
    return made


def _start_drawing(folder: Path, language: str) -> subprocess.Popen[str]:
    environment = dict(os.environ)
    environment["QT_QPA_PLATFORM"] = "offscreen"
    # GDAL would leave statistics beside the terrain.
    environment["GDAL_PAM_ENABLED"] = "NO"
    command = [
        sys.executable, "-m", "demo.draw_map", str(folder / "county.sqlite"),
        str(folder / "terrain.tif"), str(folder), "--language", language,
    ]  # fmt: skip
    return subprocess.Popen(
        command, cwd=Path(__file__).resolve().parents[1], env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip


def _finish_drawing(drawing: subprocess.Popen[str]) -> None:
    _, said = drawing.communicate()
    if drawing.returncode:
        lines = [line for line in said.splitlines() if line.strip()]
        raise DrawingFailed(lines[-1] if lines else f"exit code {drawing.returncode}")
