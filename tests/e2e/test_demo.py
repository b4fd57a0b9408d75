"""`python -m demo` in a small county: the whole journey, looked at by programs not ours too."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from PIL import Image
from xiangtu import catalogue, store
from xiangtu.catalogue.model import BOOKKEEPING
from xiangtu.merge import conflicts, duplicates
from xiangtu.validate.findings import list_findings

ROOT = Path(__file__).resolve().parents[2]
SMALL_TIMEOUT_S = 900


def demo(out: Path, *options: str, language: str = "zh_CN.UTF-8") -> subprocess.CompletedProcess:
    environment = {**os.environ, "LC_ALL": language, "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-m", "demo", "--small", "--out", str(out), *options],
        cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8",
        timeout=SMALL_TIMEOUT_S, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess]:
    out = tmp_path_factory.mktemp("demo") / "out"
    done = demo(out)
    assert done.returncode == 0, done.stderr[-3000:]
    return out, done


@pytest.fixture(scope="module")
def made(ran: tuple[Path, subprocess.CompletedProcess]) -> Path:
    return ran[0]


@pytest.fixture
def county(made: Path) -> Iterator[store.SurveyFile]:
    with store.open(made / "county.sqlite", readonly=True) as file:
        yield file


def test_says_what_was_made_and_what_to_try_next(
    ran: tuple[Path, subprocess.CompletedProcess],
) -> None:
    out, done = ran
    assert "接下来可以试" in done.stdout
    for line in ("index.html", "county.qgz", "xiangtu conflicts", "xiangtu duplicates"):
        assert line in done.stdout
    # Progress goes to standard error, a line a step where that is no terminal.
    assert len(re.findall(r"^\[ *\d+%\]", done.stderr, re.MULTILINE)) == 12
    assert "Traceback" not in done.stderr
    assert not out.with_name("out.new").exists()


def test_everything_that_was_promised_is_there(made: Path) -> None:
    for name in (
        "county.sqlite", "county.key", "county.qgz", "county.gpkg", "one_map.png", "one_map.pdf",
        "statistics.xlsx", "statistics.html", "index.html", "terrain.tif",
    ):  # fmt: skip
        assert (made / name).stat().st_size > 100, name
    packages = sorted(each.suffix for each in (made / "packages").iterdir())
    assert packages == [".xta"] * 3 + [".xtp"] * 3 + [".xtr"] * 3
    assert not (made / "county.sqlite-wal").exists()


def test_the_county_holds_all_layers_and_both_campaigns(county: store.SurveyFile) -> None:
    counts = {
        name: county.connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
        for name in county.catalogue.layers
    }
    assert counts["village"] == 12 and counts["campaign"] == 2
    assert counts["farmland"] > 600 and counts["homestead"] >= 60 and counts["relic"] == 12
    for name in ("household", "member", "house", "route", "facility", "works", "attachment"):
        assert counts[name] > 0, name
    ended = list(county.select("farmland", "ended_on IS NOT NULL"))
    assert ended, "subdivided parcels end, they are not deleted"
    for record in ended:
        parts = county.descendants(record["uuid"])
        assert len(parts) == 2 and {kind for _, kind in parts} == {"split"}


def test_built_over_land_was_cultivated_before(county: store.SurveyFile) -> None:
    built = list(county.select("farmland", "land_use = '0702' AND ended_on IS NULL"))
    assert len(built) == 6
    for record in built:
        uses = [
            (each.old, each.new)
            for entry in county.history(record["uuid"])
            for each in entry.values
            if each.field == "land_use"
        ]
        assert uses[0][1].startswith("01") and uses[-1] == (uses[0][1], "0702")


def test_raw_epochs_of_all_kinds_came_along(county: store.SurveyFile) -> None:
    kinds = dict(
        county.connection.execute("SELECT fix_type, count(*) FROM fix GROUP BY 1").fetchall()
    )
    assert {"rtk_fixed", "rtk_float", "single", "none"} <= set(kinds)
    assert kinds["rtk_fixed"] > 1000


def test_photos_of_the_teams_say_where_and_when(made: Path, county: store.SurveyFile) -> None:
    photos = list(county.select("attachment", "kind = 'photo' AND taken_at >= '2025'"))
    assert len(photos) > 40
    for row in photos:
        assert row["longitude_deg"] == pytest.approx(111.0, abs=0.05)
        assert row["latitude_deg"] == pytest.approx(27.3, abs=0.05)
        assert (made / "attachments" / row["sha256"]).is_file()
    assert {row["role"] for row in photos} >= {"overview", "direction", "front"}


def test_private_values_are_masked_and_sealed(county: store.SurveyFile) -> None:
    shown = [row[0] for row in county.connection.execute("SELECT id_number FROM member")]
    assert shown and all("********" in each for each in shown)


def test_conflicts_were_settled_but_one(county: store.SurveyFile) -> None:
    decided = county.connection.execute(
        "SELECT kind, count(*) FROM decision WHERE undone_at IS NULL GROUP BY kind"
    ).fetchall()
    assert dict(decided) == {"take": 3, "join": 1}


def test_one_of_each_waits_for_a_person(made: Path, tmp_path: Path) -> None:
    copied = tmp_path / "county.sqlite"
    shutil.copy(made / "county.sqlite", copied)
    with store.open(copied) as file:
        assert len(conflicts.list_conflicts(file)) == 1
        assert len(duplicates.list_pairs(file, "open")) == 1


def test_the_check_finds_what_went_wrong_in_the_field(county: store.SurveyFile) -> None:
    found = {each.rule for each in list_findings(county)}
    assert found >= {
        "topology.overlap", "geometry.several_parts", "measures.outline_area",
        "relations.house_outside_homestead", "relations.photo_missing", "fields.identifier",
        "farmland.three_neighbours",
    }  # fmt: skip


def test_the_check_finds_little_else(county: store.SurveyFile) -> None:
    """The register that the teams began with is clean."""
    assert len([each for each in list_findings(county) if each.severity == "error"]) < 15


def test_tablets_know_what_the_county_has(made: Path) -> None:
    for tablet in sorted((made / "tablets").iterdir()):
        connection = sqlite3.connect(tablet / "survey.sqlite")
        states = [row[0] for row in connection.execute("SELECT state FROM package")]
        connection.close()
        assert states == ["received"]
        assert list((tablet / "receiver").glob("*.nmea"))


_OPEN_PROJECT = """
import json, sys
from qgis.core import QgsApplication, QgsProject
application = QgsApplication([], False)
application.initQgis()
project = QgsProject.instance()
read = project.read(sys.argv[1])
layers = project.mapLayers().values()
print(json.dumps({
    "read": read,
    "invalid": [each.name() for each in layers if not each.isValid()],
    "counts": {each.name(): each.featureCount() for each in layers if each.type() == 0},
    "groups": [each.name() for each in project.layerTreeRoot().findGroups()],
    "layouts": [each.name() for each in project.layoutManager().layouts()],
    "crs": project.crs().authid(),
    "labelled": [each.name() for each in layers if each.type() == 0 and each.labelsEnabled()],
    "categories": {each.name(): each.renderer().type() for each in layers
                   if each.type() == 0 and each.renderer()},
    "relations": len(project.relationManager().relations()),
}, ensure_ascii=False))
project.clear()
application.exitQgis()
"""


def test_qgis_opens_the_project_wherever_the_folder_lies(made: Path, tmp_path: Path) -> None:
    moved = tmp_path / "搬到 别处"
    shutil.copytree(made, moved, ignore=shutil.ignore_patterns("attachments", "tablets"))
    done = subprocess.run(
        [sys.executable, "-c", _OPEN_PROJECT, str(moved / "county.qgz")],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True,
        encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    project = json.loads(done.stdout.strip().splitlines()[-1])
    known = catalogue.load()
    assert project["read"] and project["invalid"] == []
    for layer in known.layers.values():
        if not layer.append_only:
            assert layer.label.zh in project["counts"], layer.name
    assert project["counts"]["问题"] > 5
    assert project["crs"] == "EPSG:4546"
    assert project["groups"][:3] == ["质量检查", "文物", "地名与设施"]
    assert project["layouts"] == ["乡村资源一张图"]
    assert "行政村" in project["labelled"] and "农用地地块" in project["labelled"]
    assert project["categories"]["农用地地块"] == "categorizedSymbol"
    assert project["relations"] > 5


def test_the_project_names_nothing_of_this_machine(made: Path) -> None:
    with zipfile.ZipFile(made / "county.qgz") as archive:
        text = archive.read("county.qgs").decode("utf-8")
    assert str(made) not in text and str(ROOT) not in text
    assert "dbname='./county.sqlite'" in text


def test_the_one_map_is_an_a3_sheet_with_colours(made: Path) -> None:
    with Image.open(made / "one_map.png") as image:
        width, height = image.size
        assert width / height == pytest.approx(420 / 297, rel=0.01) and width > 3000
        small = image.convert("RGB").resize((420, 297))
    pixels = list(small.getdata())

    def share(colour: tuple[int, int, int]) -> float:
        near = sum(max(abs(a - b) for a, b in zip(each, colour, strict=True)) < 40
                   for each in pixels)  # fmt: skip
        return near / len(pixels)

    assert share((243, 225, 126)) > 0.005, "cultivated land yellow"
    assert share((169, 211, 242)) > 0.003, "water blue"
    assert share((205, 215, 195)) > 0.2, "hills green"


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
def test_the_pdf_carries_its_chinese_as_text(made: Path) -> None:
    said = subprocess.run(
        ["pdftotext", str(made / "one_map.pdf"), "-"], capture_output=True, text=True, check=True,
        encoding="utf-8",
    ).stdout  # fmt: skip
    for words in ("青石县乡村资源一张图", "比例尺", "不可移动文物", "青石村", "EPSG:4546"):
        assert words in said, words


def test_the_workbook_has_every_village_and_every_parcel(
    made: Path, county: store.SurveyFile
) -> None:
    book = openpyxl.load_workbook(made / "statistics.xlsx", read_only=True)
    rows = [row for row in book.worksheets[0].iter_rows(values_only=True) if row[0]]
    book.close()
    villages = {row[1]: row[2] for row in rows if len(str(row[0])) == 12}
    assert len(villages) == 12 and {"青石村", "大坪村"} <= set(villages)
    (standing,) = county.connection.execute(
        "SELECT count(*) FROM farmland WHERE ended_on IS NULL"
    ).fetchone()
    assert sum(villages.values()) == standing


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.languages: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value and not value.startswith("data:"):
                self.found.add(value)
            if name == "class" and value in ("zh", "en"):
                self.languages.add(value)


def test_the_page_leads_only_to_what_is_there(made: Path) -> None:
    links = _Links()
    links.feed((made / "index.html").read_text(encoding="utf-8"))
    assert links.languages == {"zh", "en"}
    assert {"one_map.png", "county.qgz", "statistics.xlsx", "county.gpkg"} <= links.found
    for link in links.found:
        assert "://" not in link and (made / link).exists(), link


def test_pictures_on_the_page_carry_no_position(made: Path) -> None:
    pictures = sorted((made / "pictures").glob("*.jpg"))
    assert len(pictures) > 6
    for path in pictures:
        with Image.open(path) as image:
            assert not image.getexif()


def _values(path: Path) -> dict[str, list[tuple[str, ...]]]:
    """What the county says, without keys and times; records that follow a tablet's random key
    (the one in open conflict) are left out."""
    with store.open(path, readonly=True) as file:
        doubtful = {row[0] for row in file.connection.execute("SELECT record FROM conflict")}
        found = {}
        for layer in file.catalogue.layers.values():
            columns = [
                name
                for name in (*layer.columns, *layer.derived_columns)
                if name not in BOOKKEEPING and not name.endswith(("_uuid", "_secret"))
                and name not in ("record", "uuid")
            ]  # fmt: skip
            rows = file.select(layer.name, columns=["uuid", *columns])
            found[layer.name] = sorted(
                tuple(str(each[name]) for name in columns)
                for each in rows
                if each["uuid"] not in doubtful
            )
        return found


def test_a_second_run_gives_the_same_county(made: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    done = demo(again, "--no-map", language="en_US.UTF-8")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "What to try next" in done.stdout
    first, second = _values(made / "county.sqlite"), _values(again / "county.sqlite")
    for layer, rows in first.items():
        assert rows == second[layer], layer


def test_never_overwrites_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work", encoding="utf-8")
    done = demo(out, "--no-map", language="C")
    assert done.returncode == 2
    assert str(out) in done.stderr and "Traceback" not in done.stderr
    assert (out / "thesis.txt").read_text(encoding="utf-8") == "years of work"
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]
