"""The toolbox: each command is an algorithm, does what the command does, and speaks in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from county import County

VILLAGE = "990101101201"


def run(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    import processing

    return processing.run(f"xiangtu:{name}", parameters)


def document(results: dict[str, Any]) -> dict[str, Any]:
    return json.loads(results["DOCUMENT"])


def test_every_command_of_the_command_line_is_an_algorithm(toolbox: Any) -> None:
    from xiangtu.cli.language import Translation
    from xiangtu.cli.main import build_parser

    typed = build_parser(Translation("en")).format_help()
    names = {each.name() for each in toolbox.algorithms()}
    for command in ("new", "import", "enrol", "assign", "start", "pack", "inspect", "merge",
                    "conflicts", "duplicates", "undo", "history", "validate", "report", "export",
                    "receipt", "copy", "upgrade"):  # fmt: skip
        assert command in names and command in typed
    assert {"conflicts_take", "duplicates_join", "findings_accept"} <= names
    assert "gnss" not in names  # a terminal's screen


def test_every_parameter_is_named_in_both_languages(qgis_app: object) -> None:
    from qgis_plugin.processing.parameters import arguments_of
    from qgis_plugin.processing.provider import described_commands

    for chinese, english in zip(described_commands("zh"), described_commands("en"), strict=True):
        assert chinese.parser.description != english.parser.description, chinese.name
        for one, two in zip(
            arguments_of(chinese.parser), arguments_of(english.parser), strict=True
        ):
            assert one.action.help is None or one.action.help != two.action.help, one.name


def test_from_a_new_county_to_a_merged_package(toolbox: object, tmp_path: Path) -> None:
    villages = tmp_path / "villages.geojson"
    ring = [[116.50, 35.40], [116.51, 35.40], [116.51, 35.41], [116.50, 35.41], [116.50, 35.40]]
    feature = {"type": "Feature", "properties": {"code": VILLAGE, "name": "上湾村"},
               "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    villages.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    county, tablet = tmp_path / "county.sqlite", tmp_path / "tablet"
    made = run("new", {"COUNTY": str(county), "CODE": "990101", "NAME": "青石县",
                       "LONGITUDE": 116.5, "VILLAGES": str(villages)})  # fmt: skip
    assert document(made)["srid"] == 4548 and document(made)["villages"]["taken"] == 1
    assert made["COUNTY"] == str(county) and made["WAITS"] is False

    run("start", {"TABLET": str(tablet), "NAME": "一组"})
    run("enrol", {"COUNTY": str(county), "CARD": str(tablet / "device.xtd")})
    work = run("assign", {"COUNTY": str(county), "OUT": str(tmp_path / "work.xta"),
                          "DEVICE": "一组", "SURVEYOR": "王芳", "VILLAGES": VILLAGE,
                          "LAYERS": ["village", "facility"]})  # fmt: skip
    assert Path(work["OUT"]).is_file()
    run("start", {"TABLET": str(tablet), "ASSIGNMENT": work["OUT"]})

    from shapely import Point
    from xiangtu.package.tablet import load

    with load(tablet).survey() as survey:
        survey.insert("facility", {"name": "古井", "village": VILLAGE}, Point(455300, 3919300))
    packed = run("pack", {"TABLET": str(tablet), "OUT": str(tmp_path / "work.xtp")})
    merged = run("merge", {"COUNTY": str(county), "PACKAGES": [packed["OUT"]]})
    assert document(merged)["merges"][0]["inserted"] == 1

    checked = run("validate", {"COUNTY": str(county), "FINDINGS": "TEMPORARY_OUTPUT"})
    layer = checked["FINDINGS"]
    assert layer.crs().postgisSrid() == 4548
    placed = [each for each in layer.getFeatures() if each.hasGeometry()]
    assert checked["WAITS"] and placed
    assert placed[0].geometry().asPoint().x() == pytest.approx(455300, abs=1000)


def test_conflicts_come_as_a_table_and_are_decided(toolbox: object, county: County) -> None:
    from county import known

    record = known("farmland", 0)
    for name, value in (("a", "one"), ("b", "two")):
        county.assign(name)
        with county.survey(name) as survey:
            survey.update("farmland", record, {"remark": value})
    for name in "ab":
        county.merge(county.pack(name))
    listed = run("conflicts", {"COUNTY": str(county.path), "CONFLICTS": "TEMPORARY_OUTPUT"})
    (row,) = listed["CONFLICTS"].getFeatures()
    assert (row["record"], row["unit"], listed["WAITS"]) == (record, "remark", True)
    run("conflicts_take", {"COUNTY": str(county.path), "ID": row["id"], "HEAD": "1",
                           "REASON": "seen there"})  # fmt: skip
    assert not run("conflicts", {"COUNTY": str(county.path)})["WAITS"]
    history = run(
        "history",
        {"COUNTY": str(county.path), "UUID": record, "HISTORY": "TEMPORARY_OUTPUT"},
    )["HISTORY"]
    assert {"surveyor a", "surveyor b"} <= {each["author"] for each in history.getFeatures()}


def test_findings_are_listed_saved_and_returned(
    toolbox: object, county: County, tmp_path: Path
) -> None:
    from county import known

    run("validate", {"COUNTY": str(county.path)})
    listed = run("findings", {"COUNTY": str(county.path)})
    assert not listed.get("OUT")
    (some, *_) = [
        each for each in document(listed)["findings"] if each["record"] == known("farmland", 0)
    ]
    for name in ("list.csv", "list.xlsx"):
        saved = run("findings", {"COUNTY": str(county.path), "OUT": str(tmp_path / name)})
        assert saved["OUT"] == str(tmp_path / name) and (tmp_path / name).is_file()
    run("findings_return", {"COUNTY": str(county.path), "IDS": some["id"], "REASON": "again"})
    with county.open() as file:
        assert file.get("farmland", known("farmland", 0))["state"] == "returned"


def test_a_refusal_is_one_line_that_names_the_thing(toolbox: object, tmp_path: Path) -> None:
    from qgis.core import QgsProcessingException

    missing = tmp_path / "none.sqlite"
    with pytest.raises(QgsProcessingException) as refused:
        run("validate", {"COUNTY": str(missing)})
    assert str(missing) in str(refused.value) and "\n" not in str(refused.value)


def test_a_cancelled_check_writes_nothing(toolbox: object, county: County) -> None:
    import processing
    from qgis.core import QgsProcessingFeedback

    before = county.path.read_bytes()
    feedback = QgsProcessingFeedback()
    feedback.cancel()
    done = processing.run("xiangtu:validate", {"COUNTY": str(county.path)}, feedback=feedback)
    assert "DOCUMENT" not in done and "nothing was changed" in feedback.textLog()
    assert county.path.read_bytes() == before
