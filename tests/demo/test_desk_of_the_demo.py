"""The county that `make qgis` opens: there is a day's work to do in it."""

from __future__ import annotations

import configparser
import json
import zipfile
from pathlib import Path

import pytest
from xiangtu import catalogue, store
from xiangtu.errors import BadFile
from xiangtu.merge import batches, plan
from xiangtu.package import assignment, enrolment
from xiangtu.report.overview import overview
from xiangtu.sealing import keys

from demo import qgis_desk
from demo.words import Words, refusal_of_a_copy
from field_app.controllers import hand_over
from field_app.controllers.start import Fieldwork

VILLAGE = "990101101201"


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A county that has merged one tablet's package, as the demonstration leaves it."""
    county = tmp_path / "demo" / "county.sqlite"
    packages = county.parent / "packages"
    packages.mkdir(parents=True)
    identity = keys.make_county_key(county)
    with (
        store.create(
            county, catalogue.load(), 4548, role="county", county="990101", name="青石县",
            recipient=identity,
        ) as file,
        Fieldwork(tmp_path / "tablet", "平板一号") as fieldwork,
    ):  # fmt: skip
        file.sign_in(author="陈科")
        file.insert("village", {"code": VILLAGE, "name": "上河村"})
        device = enrolment.enrol(file, fieldwork.card)
        own = keys.county_identity(county)
        out = packages / "assignment-1.xta"
        assignment.assign(file, out, device, "周敏", [VILLAGE], identity=own)
        fieldwork.take_assignment(out)
        fieldwork.sign_in("周敏")
        fieldwork.survey.insert("facility", {"name": "古井", "village": VILLAGE})
    packed = hand_over.pack_to(tmp_path / "tablet", packages).path
    with store.open(county) as file:
        file.sign_in(author="陈科")
        assert plan.merge(file, packed, own, author="陈科").state == "merged"
    return county.parent


def test_the_packages_wait_and_can_be_merged_again(demo: Path, tmp_path: Path) -> None:
    county = qgis_desk.copy_county(demo, tmp_path / "desk")
    (package,) = (tmp_path / "desk" / qgis_desk.INBOX).iterdir()
    with store.open(county) as file:
        assert overview(file).records == {"village": 1}
        own = keys.county_identity(county)
        assert plan.merge(file, package, own, author="陈科").state == "merged"
        assert overview(file).records == {"village": 1, "facility": 1}
        count = len(batches.list_batches(file))
    assert qgis_desk.copy_county(demo, tmp_path / "desk") == county
    with store.open(county) as file:
        assert len(batches.list_batches(file)) == count, "what was done is kept"


def test_the_inbox_is_watched_until_another_is_chosen(tmp_path: Path) -> None:
    packed = tmp_path / "plugin.zip"
    with zipfile.ZipFile(packed, "w"):
        pass
    county, inbox = tmp_path / "县, 一" / "county.sqlite", tmp_path / "县, 一" / "inbox"
    settings = tmp_path / "qgis" / "profiles" / "xiangtu" / "QGIS" / "QGIS3.ini"
    qgis_desk.make_profile(packed, tmp_path / "qgis", county, None, inbox)
    said = _inboxes(settings)
    assert json.loads(json.loads(said)) == {str(county): str(inbox)}
    settings.write_text(settings.read_text("utf-8").replace(said, "chosen"), "utf-8")
    qgis_desk.make_profile(packed, tmp_path / "qgis", county, None, inbox)
    assert _inboxes(settings) == "chosen"


def _inboxes(settings: Path) -> str:
    ini = configparser.RawConfigParser()
    ini.read(settings, encoding="utf-8")
    return ini.get("xiangtu", "inboxes")


@pytest.mark.parametrize(
    ("kept", "said"), [(False, "run make demo"), (True, "delete {folder}, run make demo")]
)
def test_an_older_demonstration_says_what_to_run(tmp_path: Path, kept: bool, said: str) -> None:
    folder = tmp_path / "desk"
    if kept:
        folder.mkdir()
    refusal = BadFile("file.older", path="county.sqlite", found=1, known=2)
    assert said.format(folder=folder) in refusal_of_a_copy(refusal, Words("en"), folder)
    other = BadFile("file.missing", path="county.sqlite")
    assert "make demo" not in refusal_of_a_copy(other, Words("en"), folder)
