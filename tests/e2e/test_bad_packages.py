"""Packages and assignments that were cut, changed, or made by the wrong ones; see refusing.py."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from command_line import Place, done, hand_out, make_county, survey_a_parcel
from refusing import (
    COUNTY_COMMANDS,
    VILLAGE,
    filled,
    refused,
)
from xiangtu.sealing import age, keys


def resealed(place: Place, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The package opened with the county's key, its inside changed, and sealed again."""
    identity = keys.county_identity(place.county)
    with zipfile.ZipFile(place.package) as outer:
        header = outer.read("header.json")
        inside = age.decrypt(outer.read("sealed.age"), [identity])
    with zipfile.ZipFile(io.BytesIO(inside)) as bag:
        entries = {entry.filename: bag.read(entry) for entry in bag.infolist()}
    change(entries)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bag:
        for name, content in entries.items():
            bag.writestr(name, content)
    out = place.folder / "changed.xtp"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as outer:
        outer.writestr("header.json", header)
        outer.writestr("sealed.age", age.encrypt(buffer.getvalue(), [age.recipient_of(identity)]))
    return out


def refused_package(place: Place, package: Path, *names: str, noted: bool = True) -> None:
    """Neither merged nor found sound, with the package's name in the line; the county notes it
    once it was really tried, if it claims to be of one of its tablets."""
    for command in ("merge dry run", "inspect", "merge"):
        words = filled(COUNTY_COMMANDS[command], place, package=package)
        noted_in = place.county if noted and command == "merge" else None
        refused(place.folder, words, package.name, *names, noted_in=noted_in)
    found = done("held", place.county, "--json", code=int(noted)).json["refused"]
    said = [(each["device"], each["file"]) for each in found]
    assert said == ([(place.device, package.name)] if noted else [])


def _one(entries: dict[str, bytes], part: str) -> str:
    (name,) = (each for each in entries if part in each)
    return name


def test_resealed_unchanged_it_is_sound(place: Place):
    """What makes the cases below fail is the change, not the sealing."""
    package = resealed(place, lambda entries: None)
    assert done("inspect", package, "--county", place.county, "--json").json["verified"] is True


@pytest.mark.parametrize("kept", [0.99, 0.5, 0.02])
def test_a_truncated_package(place: Place, kept: float):
    content = place.package.read_bytes()
    package = place.folder / "truncated.xtp"
    package.write_bytes(content[: int(len(content) * kept)])
    refused_package(place, package)


def test_a_package_with_one_byte_changed(place: Place):
    content = bytearray(place.package.read_bytes())
    content[len(content) // 2] ^= 1
    package = place.folder / "damaged.xtp"
    package.write_bytes(content)
    refused_package(place, package)


def test_a_package_with_a_changed_photo(place: Place):
    def change(entries: dict[str, bytes]) -> None:
        name = _one(entries, "/attachments/")
        entries[name] = entries[name][:-1] + b"\x00"

    refused_package(place, resealed(place, change))


def test_a_package_with_a_photo_and_its_hash_changed(place: Place):
    def change(entries: dict[str, bytes]) -> None:
        name = _one(entries, "/attachments/")
        before = hashlib.sha256(entries[name]).hexdigest()
        entries[name] += b"\x00"
        after = hashlib.sha256(entries[name]).hexdigest()
        manifest = _one(entries, "/manifest-sha256.txt")
        lines = entries[manifest].decode().splitlines()
        entries[manifest] = "".join(
            (line.replace(before, after, 1) if line.startswith(before) else line) + "\n"
            for line in lines
        ).encode()

    refused_package(place, resealed(place, change))


def test_a_package_without_its_photo(place: Place):
    def change(entries: dict[str, bytes]) -> None:
        del entries[_one(entries, "/attachments/")]

    refused_package(place, resealed(place, change))


@pytest.mark.parametrize("how", ["another", "none", "garbage"])
def test_a_wrong_signature(place: Place, how: str):
    def change(entries: dict[str, bytes]) -> None:
        name = _one(entries, "/signature.json")
        if how == "none":
            del entries[name]
        elif how == "garbage":
            entries[name] = b"{}"
        else:
            signed = json.loads(entries[name])
            signed["signature"] = keys.to_text(bytes(64))
            entries[name] = json.dumps(signed).encode()

    refused_package(place, resealed(place, change))


def test_a_package_of_another_county(place: Place):
    other = make_county(place.folder / "other", number="990102")
    hand_out(other)
    other.survey(survey_a_parcel)
    done("pack", other.tablet, other.package)
    refused_package(place, other.package, noted=False)


def test_a_package_of_another_county_sealed_to_this_one(place: Place):
    """The other county's key was copied: what the package says of itself still counts."""
    other = make_county(place.folder / "other", number="990102")
    shutil.copy(place.folder / "county.key", other.folder / "county.key")
    with closing(sqlite3.connect(other.county)) as connection, connection:
        connection.execute(
            "UPDATE meta SET value = ? WHERE key = 'recipient'",
            (age.recipient_of(keys.county_identity(place.county)),),
        )
    hand_out(other)
    other.survey(survey_a_parcel)
    done("pack", other.tablet, other.package)
    done("enrol", place.county, other.tablet / "device.xtd")
    refused_package(place, other.package, "990102", noted=False)


@pytest.mark.parametrize("how", ["DELETE FROM device", "UPDATE device SET retired_at = '2026'"])
def test_a_package_of_a_device_that_is_not_enrolled(place: Place, how: str):
    with closing(sqlite3.connect(place.county)) as connection, connection:
        connection.execute(how)
    refused_package(place, place.package, place.device, noted="UPDATE" in how)


def test_an_assignment_for_another_tablet(place: Place):
    second = place.folder / "second"
    done("start", second)
    refused(place.folder, ["start", str(second), str(place.assignment)], "assignment.xta")


def test_an_assignment_of_another_county(place: Place):
    other = make_county(place.folder / "other", number="990102")
    done("enrol", other.county, place.tablet / "device.xtd")
    done("assign", other.county, other.assignment, "--device", place.device,
         "--surveyor", "W", "--village", VILLAGE)  # fmt: skip
    refused(place.folder, ["start", str(place.tablet), str(other.assignment)], "assignment.xta")
