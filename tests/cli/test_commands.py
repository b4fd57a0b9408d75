"""Every command of the design does its work, with the exit code and document it promises."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
from command_line import (
    VILLAGES,
    Place,
    done,
    hand_out,
    make_county,
    square,
    survey_a_parcel,
    xiangtu,
)
from xiangtu import store

VILLAGE = next(iter(VILLAGES))


def test_new_picks_the_zone_and_takes_the_villages_in(tmp_path: Path):
    place = make_county(tmp_path)
    with closing(sqlite3.connect(place.county)) as connection:
        meta = dict(connection.execute("SELECT key, value FROM meta"))
        names = dict(connection.execute("SELECT code, name FROM village"))
    assert (meta["county"], meta["name"], int(meta["srid"])) == ("990101", "青石县", 4548)
    assert names == VILLAGES
    key = tmp_path / "county.key"
    assert key.stat().st_mode & 0o077 == 0
    assert meta["recipient"] in key.read_text()


def test_new_in_any_metric_crs(tmp_path: Path):
    county = tmp_path / "c.sqlite"
    document = done("new", county, "--county", "990101", "--name", "x", "--srid", 32733, "--json")
    assert document.json["srid"] == 32733


def test_import_says_what_was_refused_and_why(place: Place):
    table = place.folder / "wells.csv"
    table.write_text("name,x,y\nA,455100,3919100\nB,NA,NA\n", encoding="utf-8")
    mapping = place.folder / "map.toml"
    mapping.write_text('crs = "EPSG:4548"\n[position]\nx = "x"\ny = "y"\n', encoding="utf-8")
    words = ("import", place.county, "facility", table, "--map", mapping)
    preview = done(*words, "--preview", "--json", code=1).json["preview"]
    assert (preview["rows"], preview["would_take"]) == (2, 1)
    with closing(sqlite3.connect(place.county)) as connection:
        assert connection.execute("SELECT count(*) FROM facility").fetchone() == (0,)
    ran = done(*words, code=1)
    assert "“NA, NA” is no position" in ran.out and "import.reason" not in ran.out
    with closing(sqlite3.connect(place.county)) as connection:
        ((village, author),) = connection.execute(
            "SELECT village, c.author FROM facility f JOIN change c ON c.record = f.uuid"
        ).fetchall()
    assert (village, author) == (VILLAGE, "Li Wei")


def test_the_whole_round_between_county_and_tablet(tmp_path: Path):
    place = make_county(tmp_path)
    hand_out(place)
    made: list[str] = []
    place.survey(lambda file: made.append(survey_a_parcel(file)))
    packed = done("pack", place.tablet, place.package, "--json").json["package"]
    assert (packed["number"], packed["counts"]["farmland"]) == (1, 1)
    seen = done("inspect", place.package, "--json").json
    assert (seen["device"], seen["verified"]) == (place.device, False)
    assert done("inspect", place.package, "--county", place.county, "--json").json["verified"]

    dry = done("merge", place.county, place.package, "--dry-run", "--json").json["merges"][0]
    assert (dry["inserted"], dry["dry_run"]) == (1, True)
    (merged,) = done("merge", place.county, place.package, "--json").json["merges"]
    assert (merged["state"], merged["inserted"]) == ("merged", 1)
    (again,) = done("merge", place.county, place.package, "--json").json["merges"]
    assert (again["state"], again["inserted"]) == ("already", 0)

    (entry,) = done("history", place.county, made[0], "--json").json["history"]
    assert (entry["operation"], entry["author"], entry["device"]) == (
        "insert",
        "王芳",
        place.device,
    )

    receipt = tmp_path / "receipt.xtr"
    done("receipt", place.county, receipt, "--device", place.device)
    done("receive", place.tablet, receipt)
    with closing(sqlite3.connect(place.tablet / "survey.sqlite")) as connection:
        assert connection.execute("SELECT state FROM package").fetchall() == [("received",)]

    batch = merged["batch"]
    done("undo", place.county, batch)
    with closing(sqlite3.connect(place.county)) as connection:
        assert connection.execute("SELECT count(*) FROM farmland").fetchone() == (0,)
    (entry,) = done("history", place.county, made[0], "--json").json["history"]
    assert entry["live"] is False


def second_team(place: Place) -> Place:
    """Another tablet in the same villages, handed out before the first one's work came back."""
    other = Place(place.folder / "second")
    other.folder.mkdir()
    done("start", other.tablet, "--name", "team 2")
    done("enrol", place.county, other.tablet / "device.xtd")
    done("assign", place.county, other.assignment, "--device", other.device,
         "--surveyor", "赵强", "--village", *VILLAGES)  # fmt: skip
    done("start", other.tablet, other.assignment)
    return other


def test_one_parcel_changed_by_two_teams_is_a_conflict_that_is_decided(tmp_path: Path):
    place = make_county(tmp_path)
    hand_out(place)
    parcel: list[str] = []
    place.survey(lambda file: parcel.append(survey_a_parcel(file)))
    done("pack", place.tablet, place.package)
    done("merge", place.county, place.package)
    done("assign", place.county, tmp_path / "two.xta", "--device", place.device,
         "--surveyor", "王芳", "--village", *VILLAGES)  # fmt: skip
    done("start", place.tablet, tmp_path / "two.xta")
    other = second_team(place)
    place.survey(lambda file: file.update("farmland", parcel[0], {"name": "东坡"}))
    other.survey(lambda file: file.update("farmland", parcel[0], {"name": "西坡"}))
    for team in (place, other):
        package = team.folder / "more.xtp"
        done("pack", team.tablet, package)
        code = 1 if team is other else 0
        done("merge", place.county, package, code=code)

    (conflict,) = done("conflicts", place.county, "--json", code=1).json["conflicts"]
    assert (conflict["record"], conflict["unit"]) == (parcel[0], "name")
    assert {head["values"]["name"] for head in conflict["heads"]} == {"东坡", "西坡"}
    shown = done("conflicts", place.county, code=1).out
    assert "东坡" in shown and "西坡" in shown and conflict["id"] in shown

    head = next(each for each in conflict["heads"] if each["values"]["name"] == "西坡")
    done("conflicts", place.county, "take", conflict["id"], head["number"],
         "--reason", "had the certificate in hand")  # fmt: skip
    assert done("conflicts", place.county, "--json").json["conflicts"] == []
    with closing(sqlite3.connect(place.county)) as connection:
        assert connection.execute("SELECT name FROM farmland").fetchall() == [("西坡",)]
        ((reason, author),) = connection.execute("SELECT reason, author FROM decision").fetchall()
    assert (reason, author) == ("had the certificate in hand", "Li Wei")


def test_outlines_in_conflict_are_told_apart_by_their_areas(tmp_path: Path):
    place = make_county(tmp_path)
    with store.open(place.county) as file:
        parcel = file.insert("farmland", {"village": VILLAGE}, geometry=square(100.0, 100.0))
    hand_out(place)
    other = second_team(place)
    for team, side_m in ((place, 30.0), (other, 20.0)):
        outline = square(100.0, 100.0, side_m)
        team.survey(lambda file, it=outline: file.update("farmland", parcel, {}, geometry=it))
        done("pack", team.tablet, team.package)
    done("merge", place.county, place.package, other.package, code=1)
    shown = done("conflicts", place.county, code=1).out
    assert all(area in shown for area in ("900.00 m²", "400.00 m²", "1600.00 m²"))


def test_one_parcel_surveyed_twice_is_a_pair_that_is_joined_or_kept_apart(tmp_path: Path):
    place = make_county(tmp_path)
    hand_out(place)
    other = second_team(place)
    for team in (place, other):
        team.survey(lambda file: survey_a_parcel(file, east=100.0))
        done("pack", team.tablet, team.package)
    done("merge", place.county, place.package)
    done("merge", place.county, other.package, code=1)

    (pair,) = done("duplicates", place.county, "--json", code=1).json["duplicates"]
    assert (pair["layer"], pair["state"]) == ("farmland", "open")
    done("duplicates", place.county, "join", pair["id"])
    with closing(sqlite3.connect(place.county)) as connection:
        assert connection.execute("SELECT count(*) FROM farmland").fetchone() == (1,)
    done("duplicates", place.county, "apart", pair["id"])
    with closing(sqlite3.connect(place.county)) as connection:
        assert connection.execute("SELECT count(*) FROM farmland").fetchone() == (2,)
    (pair,) = done("duplicates", place.county, "--json").json["duplicates"]
    assert pair["state"] == "apart"


def test_batches_are_listed_in_order(place: Place):
    done("merge", place.county, place.package)
    kinds = [each["kind"] for each in done("batches", place.county, "--json").json["batches"]]
    assert sorted(kinds) == ["import", "merge"]


def test_a_package_that_came_too_early_waits(place: Place):
    place.survey(lambda file: survey_a_parcel(file, east=400.0))
    later = place.folder / "later.xtp"
    done("pack", place.tablet, later)
    (report,) = done("merge", place.county, later, "--json", code=1).json["merges"]
    assert report["state"] == "waiting"
    (waiting,) = done("held", place.county, "--json", code=1).json["waiting"]
    assert (waiting["device"], waiting["number"], waiting["missing"]) == (place.device, 2, [1])
    assert place.device in done("held", place.county, code=1).out
    (report,) = done("merge", place.county, place.package, "--json").json["merges"]
    assert [each["state"] for each in report["followed"]] == ["merged"]
    with closing(sqlite3.connect(place.county)) as connection:
        assert connection.execute("SELECT count(*) FROM farmland").fetchone() == (2,)


def test_a_mistake_is_found_and_may_be_accepted_with_a_reason(place: Place):
    with store.open(place.county) as file:
        for east in (500.0, 520.0):
            file.insert("farmland", {"name": "A", "village": VILLAGE}, geometry=square(east, 0.0))
    document = done("validate", place.county, "--layer", "farmland", "--json", code=1).json
    assert sum(each["count"] for each in document["open"]) == sum(
        document["summary"]["open_by_severity"].values()
    )
    found = done("findings", place.county, "--json", code=1).json["findings"]
    overlap = next(each for each in found if each["rule"] == "topology.overlap")
    assert overlap["measured"] == pytest.approx(800.0, abs=0.01)
    done("findings", place.county, "accept", overlap["id"], "--reason", "terrace above another")
    left = done("findings", place.county, "--json", code=1).json["findings"]
    assert overlap["id"] not in {each["id"] for each in left}
    accepted = done("findings", place.county, "--state", "accepted", "--json").json["findings"]
    assert [(each["id"], each["author"]) for each in accepted] == [(overlap["id"], "Li Wei")]
    done("findings", place.county, "reopen", overlap["id"])
    again = done("findings", place.county, "--json", code=1).json["findings"]
    assert overlap["id"] in {each["id"] for each in again}


def test_findings_go_into_a_table_and_records_back_to_the_surveyor(place: Place, tmp_path: Path):
    with store.open(place.county) as file:
        for east in (500.0, 520.0):
            file.insert("farmland", {"name": "A", "village": VILLAGE}, geometry=square(east, 0.0))
    done("validate", place.county, "--rule", "topology", code=1)
    (overlap,) = done("findings", place.county, "--json", code=1).json["findings"]
    sent = done("findings", place.county, "return", overlap["id"], "--reason", "again", "--json")
    assert sent.json["returned"] == {"records": 1, "already": 0, "left": 0}
    with store.open(place.county, readonly=True) as file:
        assert file.get("farmland", overlap["record"])["state"] == "returned"
    out = tmp_path / "list.csv"
    told = done("findings", place.county, "--out", out, code=1).out
    assert str(out) in told
    text = out.read_text(encoding="utf-8-sig")
    assert overlap["id"] in text and "again" in text and "returned" in text
    assert done("findings", place.county, "keep", overlap["id"], "--json").json["kept"] == 1
    with store.open(place.county, readonly=True) as file:
        assert file.get("farmland", overlap["record"])["state"] != "returned"


def test_a_check_may_be_of_one_rule_one_village_or_one_record(place: Place):
    with store.open(place.county) as file:
        for east in (500.0, 520.0):
            record = file.insert(
                "farmland", {"name": "A", "village": VILLAGE}, geometry=square(east, 0.0)
            )
    for chosen, found in (
        (("--village", "999999999999"), 0),
        (("--record", record, "--rule", "geometry"), 0),
        (("--record", record, "--rule", "topology.overlap"), 1),
    ):
        ran = done("validate", place.county, *chosen, "--json", code=min(1, found))
        rules = [each["rule"] for each in ran.json["open"]]
        assert rules == ["topology.overlap"] * found


def test_report_and_export_are_written(place: Place):
    done("merge", place.county, place.package)
    out = place.folder / "report"
    done("report", place.county, out)
    book = openpyxl.load_workbook(out / "report.xlsx")
    texts = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "上湾村" in texts
    assert "上湾村" in (out / "index.html").read_text(encoding="utf-8")
    exported = place.folder / "county.gpkg"
    document = done("export", place.county, exported, "--format", "gpkg", "--json").json
    assert document["export"]["counts"]["village"] == 2
    with closing(sqlite3.connect(exported)) as connection:
        assert connection.execute("SELECT count(*) FROM village").fetchone() == (2,)


def test_copy_and_upgrade(place: Place):
    copied = place.folder / "copies"
    copied.mkdir()
    done("copy", place.county, copied / "county.sqlite")
    shown = done("history", copied / "county.sqlite", _a_record(place), "--json").json
    assert shown["history"]
    done("upgrade", place.county)


def _a_record(place: Place) -> str:
    with closing(sqlite3.connect(place.county)) as connection:
        return connection.execute("SELECT uuid FROM village").fetchone()[0]


def test_gnss_without_a_screen_says_why_nothing_comes(shared_data: Path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; from xiangtu.cli import main; sys.exit(main())",
         "gnss", address, "--lang", "en"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    with process, process.stderr:
        assert "nobody answers at that port" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == ""
    log = shared_data / "nmea" / "gpsd" / "unicore-um621.log"
    assert "above 0" in xiangtu("gnss", log, "--speed", 0).refusal


def test_gnss_reads_a_real_receivers_log(shared_data: Path):
    log = next(iter(sorted((shared_data / "nmea").rglob("*.log"))))
    reading = done("gnss", log, "--json").json
    assert reading["epochs"] > 0 and reading["status"] == "gnss.status.ended"
    few = done("gnss", log, "--epochs", 1, "--json").json
    assert 1 <= few["epochs"] <= reading["epochs"]
    shown = done("gnss", log).out
    assert "gnss.status" not in shown and "fix_type." not in shown


def test_a_mistyped_folder_does_not_become_a_tablet(place: Place):
    folder = place.folder / "tablte"
    ran = xiangtu("start", folder, place.assignment)
    assert "tablte" in ran.refusal
    assert not folder.exists()
