"""Disks that are full, can only be read, or are in use by another; see refusing.py."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from command_line import Place, done, xiangtu
from refusing import (
    COUNTY_COMMANDS,
    OUT_COMMANDS,
    WRITING_COMMANDS,
    Lockable,
    filled,
    ready,
    refused,
    snapshot,
    unchanged,
)
from small_disk import fill


def many_parcels(place: Place) -> Path:
    """A CSV that takes more room than is left."""
    table = place.folder / "many.csv"
    rows = "".join(f"{'田' * 40}{n},455100,3919100\n" for n in range(20_000))
    table.write_text("name,x,y\n" + rows, encoding="utf-8")
    return table


@pytest.mark.parametrize("command", ["import", "merge", "enrol", "assign", "receipt", "validate"])
def test_a_full_disk_under_the_county(place: Place, own_disk: Path, command: str):
    table = many_parcels(place)
    if command == "receipt":
        ready(command, place)
    for name in ("county.sqlite", "county.key"):
        shutil.copy(place.folder / name, own_disk)
    county = own_disk / "county.sqlite"
    words = filled(COUNTY_COMMANDS[command], place, county=county)
    if command == "import":
        words = ["import", str(county), "facility", str(table)]
    fill(own_disk, 8 * 1024)
    refused(own_disk, words, "county.sqlite")


def refused_out(place: Place, command: str, disk: Path) -> None:
    """Nothing can be written on the disk, and what is elsewhere stays as it is.

    But packing notes on the tablet which package is being made before it begins, so that the next
    attempt makes the same one: there the note may be new, and the next attempt must succeed.
    """
    words = {**OUT_COMMANDS, "report": COUNTY_COMMANDS["report"]}[command]
    before = snapshot(place.folder)
    refused(disk, filled(words, place, out=disk / "out"), str(disk))
    after = snapshot(place.folder)
    if command == "pack":
        assert before.pop("tablet/survey.sqlite") and after.pop("tablet/survey.sqlite")
        made = done("pack", place.tablet, place.folder / "again.xtp", "--json").json
        assert (made["package"]["number"], made["package"]["left"]) == (2, 0)
    assert after == before


@pytest.mark.parametrize("command", [*OUT_COMMANDS, "report"])
def test_a_full_disk_under_what_is_written(place: Place, own_disk: Path, command: str):
    ready(command, place)
    fill(own_disk, 0)
    refused_out(place, command, own_disk)


def test_a_full_disk_under_the_tablet(place: Place, own_disk: Path):
    ready("pack", place)
    shutil.copytree(place.tablet, own_disk / "tablet")
    fill(own_disk, 4 * 1024)
    refused(own_disk, ["pack", str(own_disk / "tablet"), str(place.folder / "x.xtp")])
    assert not (place.folder / "x.xtp").exists()


@pytest.mark.parametrize("command", WRITING_COMMANDS)
def test_a_county_in_a_place_that_can_only_be_read(place: Place, lockable: Lockable, command: str):
    for name in ("county.sqlite", "county.key"):
        shutil.copy(place.folder / name, lockable.folder)
    lockable.lock()
    county = lockable.folder / "county.sqlite"
    with unchanged(place.folder):
        refused(
            lockable.folder, filled(COUNTY_COMMANDS[command], place, county=county), "county.sqlite"
        )


@pytest.mark.parametrize("command", [*OUT_COMMANDS, "report"])
def test_writing_to_a_place_that_can_only_be_read(place: Place, lockable: Lockable, command: str):
    ready(command, place)
    lockable.lock()
    refused_out(place, command, lockable.folder)


def test_a_tablet_in_a_place_that_can_only_be_read(place: Place, lockable: Lockable):
    ready("pack", place)
    shutil.copytree(place.tablet, lockable.folder / "tablet")
    lockable.lock()
    refused(
        lockable.folder,
        ["pack", str(lockable.folder / "tablet"), str(place.folder / "x.xtp")],
        "tablet",
    )
    refused(lockable.folder, ["start", str(lockable.folder / "new")], "new")


def test_a_county_that_another_program_is_writing_to(place: Place):
    with closing(sqlite3.connect(place.county, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ran = xiangtu(*filled(COUNTY_COMMANDS["enrol"], place))
    assert "county.sqlite" in ran.refusal
