"""Bad input, for every command it applies to.

Each gives one clear line that names the thing, exit code 2, no traceback, and leaves everything
that was there as it was, byte for byte, with nothing beside it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from command_line import VILLAGES, Place, Ran, done, hand_out, make_county, survey_a_parcel, xiangtu
from xiangtu.sealing import age, keys

VILLAGE = next(iter(VILLAGES))
UUID = "01912345-6789-7abc-8def-0123456789ab"

#: Every command that opens a county file; {county} is replaced by the bad one.
COUNTY_COMMANDS = {
    "import": ["import", "{county}", "village", "{villages}"],
    "import preview": ["import", "{county}", "village", "{villages}", "--preview"],
    "enrol": ["enrol", "{county}", "{card}"],
    "assign": ["assign", "{county}", "{out}", "--device", "{device}", "--surveyor", "Wang",
               "--village", VILLAGE],
    "inspect": ["inspect", "{package}", "--county", "{county}"],
    "merge": ["merge", "{county}", "{package}"],
    "merge dry run": ["merge", "{county}", "{package}", "--dry-run"],
    "held": ["held", "{county}"],
    "conflicts": ["conflicts", "{county}"],
    "conflicts take": ["conflicts", "{county}", "take", "abc", "1"],
    "duplicates": ["duplicates", "{county}"],
    "duplicates join": ["duplicates", "{county}", "join", "abc"],
    "duplicates apart": ["duplicates", "{county}", "apart", "abc"],
    "batches": ["batches", "{county}"],
    "undo": ["undo", "{county}", "1"],
    "history": ["history", "{county}", UUID],
    "validate": ["validate", "{county}"],
    "findings": ["findings", "{county}"],
    "findings accept": ["findings", "{county}", "accept", "abc", "--reason", "so"],
    "report": ["report", "{county}", "{out}"],
    "export": ["export", "{county}", "{out}", "--format", "gpkg"],
    "receipt": ["receipt", "{county}", "{out}", "--device", "{device}"],
    "copy": ["copy", "{county}", "{out}"],
    "upgrade": ["upgrade", "{county}"],
}  # fmt: skip

#: Commands that read a file beside the county: {file} is replaced by the bad one.
FILE_COMMANDS = {
    "import": ["import", "{county}", "farmland", "{file}"],
    "import mapping": ["import", "{county}", "village", "{villages}", "--map", "{file}"],
    "new with villages": ["new", "{new}", "--county", "990102", "--name", "x",
                          "--longitude", "116.5", "--villages", "{file}"],
    "enrol": ["enrol", "{county}", "{file}"],
    "assign with basemap": ["assign", "{county}", "{out}", "--device", "{device}", "--surveyor",
                            "Wang", "--village", VILLAGE, "--basemap", "{file}"],
    "start": ["start", "{tablet}", "{file}"],
    "inspect": ["inspect", "{file}"],
    "merge": ["merge", "{county}", "{file}"],
    "receive": ["receive", "{tablet}", "{file}"],
}  # fmt: skip

#: Commands that write to a new place.
OUT_COMMANDS = {
    "assign": COUNTY_COMMANDS["assign"],
    "export": COUNTY_COMMANDS["export"],
    "receipt": COUNTY_COMMANDS["receipt"],
    "copy": COUNTY_COMMANDS["copy"],
    "pack": ["pack", "{tablet}", "{out}"],
    "new": ["new", "{out}", "--county", "990102", "--name", "x", "--longitude", "116.5"],
}
#: Commands that write into the county file.
WRITING_COMMANDS = ("import", "enrol", "assign", "merge", "validate", "receipt")


def snapshot(folder: Path) -> dict[str, str | None]:
    """Every name in a folder with the hash of what it holds.

    SQLite cannot always take its own two empty companions away again (on a full disk).
    """
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        )
        for path in sorted(folder.rglob("*"))
        if not path.name.endswith("-shm")
        and not (path.name.endswith("-wal") and path.stat().st_size == 0)
    }


#: A fault of the program, or a code without words, is no clear line.
FAULT_OR_WORDLESS = re.compile(r"fault of the program|程序出现内部错误|^\w+(\.\w+)+( \(|$)")


def ready(command: str, place: Place) -> None:
    """What must have happened for a command to have something to write."""
    if command == "pack":
        place.survey(lambda file: survey_a_parcel(file, east=300.0))
    elif command == "receipt":
        done("merge", place.county, place.package)


def filled(words: list[str], place: Place, **replaced: object) -> list[str]:
    """A command's words for this place."""
    known: dict[str, object] = {
        "county": place.county,
        "villages": place.folder / "villages.geojson",
        "card": place.tablet / "device.xtd",
        "package": place.package,
        "tablet": place.tablet,
        "device": place.device,
        "out": place.folder / "out",
        "new": place.folder / "new.sqlite",
        **replaced,
    }
    return [word.format_map(known) for word in words]


@contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """All in the folder is afterwards as it was before, and nothing is new."""
    before = snapshot(folder)
    yield
    assert snapshot(folder) == before


def refused(folder: Path, words: list[str], *names: str) -> Ran:
    """The command is refused in both languages, in one line with these names, changing nothing."""
    for language in ("zh", "en"):
        with unchanged(folder):
            ran = xiangtu(*words, lang=language)
        line = ran.refusal
        for name in names:
            assert name in line, (name, line)
        assert not FAULT_OR_WORDLESS.search(line), line
    return ran


# -- the county file ---------------------------------------------------------------------------


def _missing(path: Path, good: Path) -> None:
    pass


def _directory(path: Path, good: Path) -> None:
    path.mkdir()


def _empty(path: Path, good: Path) -> None:
    path.touch()


def _text(path: Path, good: Path) -> None:
    path.write_text("这不是数据库\n" * 500, encoding="utf-8")


def _other_sqlite(path: Path, good: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE note (text)")
        connection.commit()


def _newer(path: Path, good: Path) -> None:
    shutil.copy(good, path)
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {version + 1}")
        connection.commit()


def _cut_short(path: Path, good: Path) -> None:
    content = good.read_bytes()
    path.write_bytes(content[: len(content) // 2])


BAD_COUNTIES = (_missing, _directory, _empty, _text, _other_sqlite, _newer, _cut_short)


@pytest.mark.parametrize("command", COUNTY_COMMANDS)
@pytest.mark.parametrize("spoil", BAD_COUNTIES, ids=lambda spoil: spoil.__name__.strip("_"))
def test_a_county_file_that_is_none(
    place: Place, command: str, spoil: Callable[[Path, Path], None]
):
    bad = place.folder / "spoilt.sqlite"
    spoil(bad, place.county)
    shutil.copy(place.folder / "county.key", place.folder / "spoilt.key")
    refused(place.folder, filled(COUNTY_COMMANDS[command], place, county=bad), "spoilt.sqlite")


@pytest.mark.parametrize("spoil", BAD_COUNTIES[1:], ids=lambda spoil: spoil.__name__.strip("_"))
def test_new_never_overwrites(place: Place, spoil: Callable[[Path, Path], None]):
    there = place.folder / "there.sqlite"
    spoil(there, place.county)
    words = ["new", str(there), "--county", "990101", "--name", "x", "--longitude", "116.5"]
    refused(place.folder, words, "there.sqlite")


def test_new_never_overwrites_a_key(place: Place):
    place.county.unlink()
    words = ["new", str(place.county), "--county", "990101", "--name", "x", "--longitude", "116.5"]
    refused(place.folder, words, "county.key")


@pytest.mark.parametrize("spoil", BAD_COUNTIES[1:], ids=lambda spoil: spoil.__name__.strip("_"))
@pytest.mark.parametrize("command", ["pack", "start"])
def test_a_tablets_survey_file_that_is_none(
    place: Place, command: str, spoil: Callable[[Path, Path], None]
):
    survey = place.tablet / "survey.sqlite"
    good = place.folder / "good.sqlite"
    survey.rename(good)
    spoil(survey, good)
    last = place.folder / "out.xtp" if command == "pack" else place.assignment
    refused(place.folder, [command, str(place.tablet), str(last)], "survey.sqlite")


def test_a_tablets_file_is_no_county(place: Place):
    survey = place.tablet / "survey.sqlite"
    for command in ("enrol", "assign", "merge", "receipt"):
        refused(place.folder, filled(COUNTY_COMMANDS[command], place, county=survey), "survey")


@pytest.mark.parametrize("command", ["pack", "receive"])
def test_a_tablets_folder_that_is_none(place: Place, command: str):
    empty = place.folder / "empty"
    empty.mkdir()
    for folder in (place.folder / "nowhere", place.county, empty):
        refused(place.folder, [command, str(folder), str(place.package)], folder.name)
    refused(place.folder, ["start", str(place.county)], "county.sqlite")


def test_pack_before_the_first_assignment(place: Place):
    fresh = place.folder / "fresh"
    done("start", fresh)
    refused(place.folder, ["pack", str(fresh), str(place.folder / "x.xtp")], "fresh")


def test_a_county_without_its_key(place: Place):
    (place.folder / "county.key").unlink()
    for command in ("merge", "assign", "receipt", "inspect"):
        refused(place.folder, filled(COUNTY_COMMANDS[command], place), "county.key")


def test_a_key_that_is_none_or_another_countys(place: Place):
    bad = place.folder / "bad.key"
    bad.write_text("hello\n")
    other = make_county(place.folder / "other")
    merge = filled(COUNTY_COMMANDS["merge"], place)
    refused(place.folder, [*merge, "--key", str(bad)], "bad.key")
    refused(place.folder, [*merge, "--key", str(place.folder / "absent.key")], "absent.key")
    refused(place.folder, [*merge, "--key", str(other.folder / "county.key")])


# -- files beside it ---------------------------------------------------------------------------


@pytest.mark.parametrize("command", FILE_COMMANDS)
@pytest.mark.parametrize(
    "spoil", (_missing, _directory, _empty, _text), ids=lambda spoil: spoil.__name__.strip("_")
)
def test_a_file_that_is_none(place: Place, command: str, spoil: Callable[[Path, Path], None]):
    if command == "import mapping" and spoil is _empty:
        pytest.skip("a mapping that says nothing leaves all to the names, as none does")
    bad = place.folder / "spoilt.dat"
    spoil(bad, place.package)
    refused(place.folder, filled(FILE_COMMANDS[command], place, file=bad), "spoilt.dat")


@pytest.mark.parametrize("command", ["import", "enrol", "start", "merge", "receive", "inspect"])
def test_a_sound_file_of_another_kind(place: Place, command: str):
    wrong = {
        "import": place.package,
        "enrol": place.package,
        "start": place.package,
        "merge": place.assignment,
        "receive": place.assignment,
        "inspect": place.county,
    }[command]
    refused(place.folder, filled(FILE_COMMANDS[command], place, file=wrong), wrong.name)


@pytest.mark.parametrize("command", OUT_COMMANDS)
def test_nothing_is_written_over(place: Place, command: str):
    ready(command, place)
    (place.folder / "out").write_text("mine")
    refused(place.folder, filled(OUT_COMMANDS[command], place), "out")


@pytest.mark.parametrize("command", OUT_COMMANDS)
def test_a_place_that_is_not_there(place: Place, command: str):
    ready(command, place)
    out = place.folder / "nowhere" / "out"
    refused(place.folder, filled(OUT_COMMANDS[command], place, out=out), "nowhere")


def test_a_report_never_overwrites(place: Place):
    out = place.folder / "report"
    out.mkdir()
    (out / "index.html").write_text("mine")
    refused(place.folder, ["report", str(place.county), str(out)], "index.html")
    refused(place.folder, ["report", str(place.county), str(place.county)], "county.sqlite")


# -- what is typed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--longitude", "east"], "east"),
        (["--longitude", "nan"], "--longitude"),
        (["--longitude", "1e999"], "--longitude"),
        (["--longitude", "10"], "10"),
        (["--srid", "zone 39"], "zone 39"),
        (["--srid", "-4548"], "-4548"),
        (["--srid", "4326"], "4326"),
        (["--srid", "4490"], "4490"),
        (["--srid", "999999"], "999999"),
        (["--srid", "99999999999999999999"], "--srid"),
        ([], "--longitude"),
    ],
)
def test_new_with_a_number_or_crs_that_is_none(tmp_path: Path, words: list[str], named: str):
    new = ["new", str(tmp_path / "x.sqlite"), "--county", "990101", "--name", "x", *words]
    refused(tmp_path, new, named)


@pytest.mark.parametrize("code", ["9901", "99010a", "９９０１０１", "-99010"])
def test_new_with_a_county_code_that_is_none(tmp_path: Path, code: str):
    new = ["new", str(tmp_path / "x.sqlite"), f"--county={code}", "--name", "x", "--srid", "4548"]
    refused(tmp_path, new, code)


@pytest.mark.parametrize(
    "words",
    [
        ["import", "{county}", "farmlnd", "{villages}"],
        ["import", "{county}", "meta", "{villages}"],
        ["import", "{county}", "village; DROP TABLE village", "{villages}"],
        ["validate", "{county}", "--layer", "farmlnd"],
        ["export", "{county}", "{out}", "--format", "gpkg", "--layer", "farmlnd"],
        ["assign", "{county}", "{out}", "--device", "{device}", "--surveyor", "W", "--village",
         VILLAGE, "--layer", "farmlnd"],
    ],
)  # fmt: skip
def test_a_layer_that_does_not_exist(place: Place, words: list[str]):
    named = next(
        word for word in ("farmlnd", "meta", "DROP") if any(word in each for each in words)
    )
    refused(place.folder, filled(words, place), named)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["assign", "{county}", "{out}", "--device", "nobody", "--surveyor", "W", "--village",
          VILLAGE], "nobody"),
        (["assign", "{county}", "{out}", "--device", "{device}", "--surveyor", "W", "--village",
          "990101101999"], "990101101999"),
        (["assign", "{county}", "{out}", "--device", "{device}", "--surveyor", " ", "--village",
          VILLAGE], ""),
        (["assign", "{county}", "{out}", "--device", "{device}", "--surveyor", "W", "--village",
          VILLAGE, "--campaign", "never held"], "never held"),
        (["receipt", "{county}", "{out}", "--device", "nobody"], "nobody"),
        (["conflicts", "{county}", "take", "nothing", "1"], "nothing"),
        (["duplicates", "{county}", "join", "nothing"], "nothing"),
        (["duplicates", "{county}", "apart", "nothing"], "nothing"),
        (["findings", "{county}", "accept", "nothing", "--reason", "so"], "nothing"),
        (["undo", "{county}", "77"], "77"),
        (["validate", "{county}", "--since", "77"], "77"),
        (["history", "{county}", UUID], UUID),
        (["history", "{county}", "nothing"], "nothing"),
        (["export", "{county}", "{out}", "--format", "dwg"], "dwg"),
        (["gnss", "--epochs", "many"], "many"),
        (["gnss", "ftp://here"], "ftp://here"),
        (["gnss", "tcp://here:port"], "tcp://here:port"),
        (["gnss", "{out}"], "out"),
        (["gnss", "{tablet}"], "tablet"),
        (["marge", "{county}", "{package}"], "marge"),
        (["merge", "{county}", "{package}", "--dryrun"], "--dryrun"),
        (["merge", "{county}"], "PACKAGE"),
    ],
)  # fmt: skip
def test_what_is_typed_wrong(place: Place, words: list[str], named: str):
    refused(place.folder, filled(words, place), named)


# -- import ------------------------------------------------------------------------------------


def test_text_where_a_number_belongs_is_a_refused_row(place: Place):
    table = place.folder / "facilities.csv"
    table.write_text("name,x,y\nwell,455100,3919100\npump,here,3919100\n", encoding="utf-8")
    mapping = place.folder / "map.toml"
    mapping.write_text('crs = "EPSG:4548"\n[position]\nx = "x"\ny = "y"\n')
    ran = xiangtu("import", place.county, "facility", table, "--map", mapping, "--json")
    assert ran.code == 1
    assert ran.json["import"]["taken"] == 1
    (row,) = ran.json["import"]["refused"]
    assert (row["row"], row["reason"]) == (2, "position_not_a_number")


@pytest.mark.parametrize("crs", ["EPSG:999999", "somewhere", "EPSG:"])
def test_a_wrong_crs_in_a_mapping(place: Place, crs: str):
    mapping = place.folder / "map.toml"
    mapping.write_text(f'crs = "{crs}"\n')
    words = filled(FILE_COMMANDS["import"], place, file=place.folder / "villages.geojson")
    refused(place.folder, [*words, "--map", str(mapping)], crs)


def test_a_shapefile_without_its_parts(place: Place, shared_data: Path):
    source = next((shared_data / "parcels").rglob("*.shp"))
    for lacking in (".prj", ".dbf", ".shx"):
        folder = place.folder / f"without{lacking}"
        folder.mkdir()
        for part in source.parent.glob(f"{source.stem}.*"):
            if part.suffix.lower() != lacking:
                shutil.copy(part, folder)
        words = ["import", str(place.county), "farmland", str(folder / source.name)]
        refused(place.folder, words, lacking)


def test_assign_in_a_crs_that_tablets_do_not_know(tmp_path: Path):
    county = tmp_path / "county.sqlite"
    done("new", county, "--county", "990101", "--name", "x", "--srid", 32733)
    done("start", tmp_path / "tablet")
    device = done("enrol", county, tmp_path / "tablet" / "device.xtd", "--json").json["device"]
    words = ["assign", str(county), str(tmp_path / "out.xta"), "--device", device,
             "--surveyor", "W", "--village", VILLAGE]  # fmt: skip
    refused(tmp_path, words, "32733")


# -- packages ----------------------------------------------------------------------------------


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


def refused_package(place: Place, package: Path, *names: str) -> None:
    """Neither merged nor found sound, with the package's name in the line."""
    for command in ("merge", "merge dry run", "inspect"):
        words = filled(COUNTY_COMMANDS[command], place, package=package)
        refused(place.folder, words, package.name, *names)


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
    refused_package(place, other.package)


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
    refused_package(place, other.package, "990102")


@pytest.mark.parametrize("how", ["DELETE FROM device", "UPDATE device SET retired_at = '2026'"])
def test_a_package_of_a_device_that_is_not_enrolled(place: Place, how: str):
    with closing(sqlite3.connect(place.county)) as connection, connection:
        connection.execute(how)
    refused_package(place, place.package, place.device)


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


# -- the disk ----------------------------------------------------------------------------------


def fill(folder: Path, leave_bytes: int) -> None:
    """Fill a disk up to a rest."""
    state = os.statvfs(folder)
    size = state.f_bavail * state.f_frsize - leave_bytes
    with (folder / "filler").open("wb") as file:
        file.write(bytes(max(size, 0)))


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


def _read_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)


@pytest.mark.parametrize("command", WRITING_COMMANDS)
def test_a_county_in_a_place_that_can_only_be_read(place: Place, own_disk: Path, command: str):
    for name in ("county.sqlite", "county.key"):
        shutil.copy(place.folder / name, own_disk)
    _read_only(own_disk)
    county = own_disk / "county.sqlite"
    with unchanged(place.folder):
        refused(own_disk, filled(COUNTY_COMMANDS[command], place, county=county), "county.sqlite")


@pytest.mark.parametrize("command", [*OUT_COMMANDS, "report"])
def test_writing_to_a_place_that_can_only_be_read(place: Place, own_disk: Path, command: str):
    ready(command, place)
    _read_only(own_disk)
    refused_out(place, command, own_disk)


def test_a_tablet_in_a_place_that_can_only_be_read(place: Place, own_disk: Path):
    ready("pack", place)
    shutil.copytree(place.tablet, own_disk / "tablet")
    _read_only(own_disk)
    refused(own_disk, ["pack", str(own_disk / "tablet"), str(place.folder / "x.xtp")], "tablet")
    refused(own_disk, ["start", str(own_disk / "new")], "new")


def test_a_county_that_another_program_is_writing_to(place: Place):
    with closing(sqlite3.connect(place.county, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ran = xiangtu(*filled(COUNTY_COMMANDS["enrol"], place))
    assert "county.sqlite" in ran.refusal
