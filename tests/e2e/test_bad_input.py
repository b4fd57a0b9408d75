"""Bad input, for every command it applies to.

Each gives one clear line that names the thing, exit code 2, no traceback, and leaves everything
that was there as it was, byte for byte, with nothing beside it.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from command_line import Place, done, make_county, xiangtu
from refusing import (
    COUNTY_COMMANDS,
    FILE_COMMANDS,
    OUT_COMMANDS,
    UUID,
    VILLAGE,
    filled,
    ready,
    refused,
)

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
