"""Forms made from the catalogue, opened and filled in in a real QGIS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from county import VILLAGE, known

if TYPE_CHECKING:
    from county import County


@pytest.fixture
def layers(qgis_iface: Any, county: County) -> Iterator[dict[str, Any]]:
    """The layers of the small county's project in English."""
    from qgis.core import QgsProject
    from xiangtu import catalogue
    from xiangtu.catalogue.loader import resources_folder

    from qgis_plugin.map.project import build_project

    project = QgsProject.instance()
    built = build_project(
        county.path, 4546, catalogue.load(), resources_folder(),
        title="county", language="en", project=project,
    )  # fmt: skip
    yield built.layers
    for layer in built.layers.values():
        if layer.isEditable():
            layer.rollBack()
    project.clear()


def open_form(layer: Any, feature: Any, qtbot: Any) -> Any:
    """The form in a window, references as plain text (see open_forms)."""
    from open_forms import LayerTools
    from qgis.core import QgsEditorWidgetSetup, QgsProject
    from qgis.gui import QgsAttributeEditorContext, QgsAttributeForm

    for each in QgsProject.instance().mapLayers().values():
        for at in range(each.fields().count()):
            if each.editorWidgetSetup(at).type() == "RelationReference":
                each.setEditorWidgetSetup(at, QgsEditorWidgetSetup("TextEdit", {}))
    context = QgsAttributeEditorContext()
    tools = LayerTools()
    context.setVectorLayerTools(tools)
    form = QgsAttributeForm(layer, feature, context)
    form.tools = tools  # the form does not keep them
    qtbot.addWidget(form)
    form.show()
    return form


def record(layer: Any, uuid: str) -> Any:
    (found,) = layer.getFeatures(f"\"uuid\" = '{uuid}'")
    return found


def faults(layer: Any, feature: Any, column: str) -> list[str]:
    from qgis.core import QgsVectorLayerUtils

    at = layer.fields().indexOf(column)
    fine, said = QgsVectorLayerUtils.validateAttribute(layer, feature, at)
    assert fine == (not said)
    return [layer.constraintDescription(at)] if said else []


def written(county: County, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with county.open() as file:
        return file.connection.execute(sql, values).fetchall()


def test_every_field_of_the_catalogue_is_in_its_form(layers: dict[str, Any], qtbot: Any) -> None:
    from qgis.core import QgsExpression, QgsFeature
    from xiangtu import catalogue

    for name, layer in layers.items():
        for at in range(layer.fields().count()):
            for text in (
                layer.constraintExpression(at),
                layer.defaultValueDefinition(at).expression(),
            ):
                assert not text or not QgsExpression(text).hasParserError(), (name, text)
        form = open_form(layer, QgsFeature(layer.fields()), qtbot)
        there = {each.objectName() for each in form.findChildren(object)}
        assert set(catalogue.load().layers[name].fields) <= there, name


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_form_opens_with_its_sections_parts_and_references(
    county: County, language: str
) -> None:
    from xiangtu import catalogue

    script = Path(__file__).with_name("open_forms.py")
    ran = subprocess.run(
        [sys.executable, script, county.path, language],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    found = json.loads(ran.stdout)
    assert {"village", "homestead", "house", "farmland", "relic"} <= set(found)
    for name, form in found.items():
        sections = catalogue.load().layers[name].sections.values()
        tabs = [each.in_language(language) for each in sections]
        assert form["tabs"][: len(tabs)] == tabs
    parts = {"zh": ["农房", "界址点", "界址线", "附件"],
             "en": ["House", "Boundary point", "Boundary line", "Attachment"]}  # fmt: skip
    assert set(parts[language]) <= set(found["homestead"]["tabs"])
    assert found["house"]["references"] >= 2  # its homestead and its round


def test_what_is_required_outside_limits_or_against_a_rule_is_marked_in_words(
    layers: dict[str, Any],
) -> None:
    farmland = layers["farmland"]
    feature = record(farmland, known("farmland", 0))
    feature["name"] = None
    assert "must be filled in" in faults(farmland, feature, "name")[0]
    feature["name"] = "x" * 51
    assert "50 characters" in faults(farmland, feature, "name")[0]
    feature["name"] = "弯丘"
    assert not faults(farmland, feature, "name")
    feature["black_soil"], feature["black_soil_cm"] = 1, 500
    assert "at most 300" in faults(farmland, feature, "black_soil_cm")[0]
    feature["black_soil_cm"] = 30
    assert not faults(farmland, feature, "black_soil_cm")
    feature["protected_from"], feature["protected_until"] = "2026-05-01", "2025-05-01"
    assert "ends before it begins" in faults(farmland, feature, "protected_until")[0]
    feature["began_on"] = "2999-01-01"
    assert "future" in faults(farmland, feature, "began_on")[0]
    # A field that is not asked for need not be filled in.
    homestead = layers["homestead"]
    feature = record(homestead, known("homestead", 0))
    feature["over_limit"], feature["over_limit_area_m2"] = "2", None
    assert not faults(homestead, feature, "over_limit_area_m2")
    feature["over_limit"] = "1"
    assert faults(homestead, feature, "over_limit_area_m2")


def test_fields_come_and_go_with_what_they_depend_on(layers: dict[str, Any], qtbot: Any) -> None:
    from qgis.PyQt.QtWidgets import QTabWidget

    homestead = layers["homestead"]
    homestead.startEditing()
    form = open_form(homestead, record(homestead, known("homestead", 0)), qtbot)
    form.findChild(QTabWidget).setCurrentIndex(0)
    number = next(each for each in form.findChildren(object) if each.objectName() == "other_use")
    form.changeAttribute("use", "4")
    qtbot.waitUntil(number.isVisible)
    form.changeAttribute("use", "1")
    qtbot.waitUntil(lambda: not number.isVisible())


def test_an_edit_in_the_form_is_journalled_and_changes_nothing_else(
    layers: dict[str, Any], qtbot: Any, county: County
) -> None:
    farmland, uuid = layers["farmland"], known("farmland", 0)
    farmland.startEditing()
    form = open_form(farmland, record(farmland, uuid), qtbot)
    for column, value in (("land_use", "0101"), ("protected_from", "2025-05-01"),
                          ("measured_area_m2", 12.34)):  # fmt: skip
        form.changeAttribute(column, value)
    assert form.save() and farmland.commitChanges()
    assert written(
        county,
        "SELECT land_use, protected_from, measured_area_m2 FROM farmland WHERE uuid = ?",
        uuid,
    ) == [("0101", "2025-05-01", 12.34)]
    changed = written(
        county,
        "SELECT v.field FROM change c JOIN change_value v ON v.change = c.id "
        "WHERE c.record = ? AND c.operation = 'update'",
        uuid,
    )
    assert {("land_use",), ("protected_from",), ("measured_area_m2",)} == set(changed)


def test_what_is_derived_sensitive_or_kept_by_the_program_cannot_be_typed(
    layers: dict[str, Any],
) -> None:
    household, farmland = layers["household"], layers["farmland"]
    for layer, column in ((household, "id_number"), (household, "uuid"), (farmland, "area_m2"),
                          (farmland, "surveyor")):  # fmt: skip
        assert layer.editFormConfig().readOnly(layer.fields().indexOf(column)), column
    secret = household.fields().indexOf("id_number_secret")
    assert household.editorWidgetSetup(secret).type() == "Hidden"
    assert layers["attachment"].readOnly()


def test_a_new_household_can_get_members_before_it_is_saved(
    layers: dict[str, Any], county: County
) -> None:
    from qgis.core import QgsProject, QgsVectorLayerUtils

    household, member = layers["household"], layers["member"]
    household.startEditing()
    made = QgsVectorLayerUtils.createFeature(household)
    assert len(made["uuid"]) == 36 and household.addFeature(made)
    relation = QgsProject.instance().relationManager().relation("member_household_uuid")
    assert relation.referencedLayer() == household
    member.startEditing()
    one = QgsVectorLayerUtils.createFeature(
        member, attributes={member.fields().indexOf("household_uuid"): made["uuid"]}
    )
    one["name"] = "王芳"
    member.addFeature(one)
    assert household.commitChanges() and member.commitChanges()
    assert written(
        county,
        "SELECT count(*) FROM member JOIN household h ON h.uuid = household_uuid WHERE name = ?",
        "王芳",
    ) == [(1,)]


def test_a_split_parcel_still_says_what_it_comes_from(
    layers: dict[str, Any], county: County
) -> None:
    from qgis.core import QgsLineString

    farmland, uuid = layers["farmland"], known("farmland", 0)
    box = record(farmland, uuid).geometry().boundingBox()
    farmland.startEditing()
    middle = box.center().x()
    farmland.selectByExpression(f"\"uuid\" = '{uuid}'")
    y = (box.yMinimum() - 1, box.yMaximum() + 1)
    farmland.splitFeatures(QgsLineString([middle, middle], list(y)), False, False)
    assert farmland.commitChanges()
    assert written(county, "SELECT parent, kind FROM lineage WHERE layer = 'farmland'") == [
        (uuid, "split")
    ]


def test_a_new_parcel_knows_its_village_and_the_defaults(layers: dict[str, Any]) -> None:
    from qgis.core import QgsGeometry, QgsVectorLayerUtils

    farmland = layers["farmland"]
    shape = QgsGeometry(record(farmland, known("farmland", 0)).geometry())
    made = QgsVectorLayerUtils.createFeature(farmland, shape)
    assert made["village"] == VILLAGE
    assert (made["state"], made["kind"], made["basic_farmland"]) == ("draft", "10", "2")


def test_a_photo_is_shown_from_beside_the_county(
    layers: dict[str, Any], qtbot: Any, county: County
) -> None:
    import io

    from PIL import Image
    from qgis.gui import QgsExternalResourceWidget

    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "#206080").save(picture, "JPEG")
    with county.open() as file:
        file.attach(known("homestead", 0), "homestead", picture.getvalue(), role="overview",
                    kind="photo")  # fmt: skip
    attachment = layers["attachment"]
    (row,) = attachment.getFeatures()
    form = open_form(attachment, row, qtbot)
    (widget,) = form.findChildren(QgsExternalResourceWidget)
    assert widget.defaultRoot() == str(county.folder / "attachments")
    assert (county.folder / "attachments" / row["sha256"]).is_file()
