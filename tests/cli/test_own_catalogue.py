"""A county that adds a layer, a field and a code list of its own, from the tablet to the tables."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import shapely
from command_line import VILLAGES, Place, done, hand_out, make_county, square, xiangtu
from xiangtu import store
from xiangtu.catalogue.loader import resources_folder
from xiangtu.package import tablet

VILLAGE = next(iter(VILLAGES))
OLD_TREE = """
layer = "old_tree"
label = { zh = "古树", en = "Old tree" }
geometry = "POINT"
title_field = "name"
group = "relics"
order = 155
public = true

[fields.name]
label = { zh = "名称", en = "Name" }
type = "text"
length = 50

[fields.species]
label = { zh = "树种", en = "Species" }
type = "code"
code_list = "tree_species"
required = "state <> 'draft'"

[fields.girth_m]
label = { zh = "胸围", en = "Girth" }
type = "real"
decimals = 2
unit = "m"
minimum = 0

[rules.girth_of_an_old_tree]
severity = "warning"
condition = "girth_m IS NULL OR girth_m <= 20"
title = { zh = "胸围过大", en = "Very thick tree" }
explanation = { zh = "胸围超过 20 米", en = "The girth is more than 20 m" }
remedy = { zh = "核对胸围", en = "Measure again" }
fields = ["girth_m"]
"""
FARMLAND = """
extends = "farmland"

[fields.tea_age]
label = { zh = "茶龄", en = "Age of the tea" }
type = "integer"
minimum = 0

[fields.tea_kind]
label = { zh = "茶类", en = "Kind of tea" }
type = "code"
code_list = "tea_kind"
"""
LISTS = """
[lists.tree_species]
label = { zh = "树种", en = "Species" }
source = "青石县"
checked = true

[lists.tree_species.codes]
ginkgo = { zh = "银杏", en = "Ginkgo" }
camphor = { zh = "樟树", en = "Camphor tree" }

[lists.tea_kind]
label = { zh = "茶类", en = "Kind of tea" }
source = "青石县"
checked = true

[lists.tea_kind.codes]
green = { zh = "绿茶", en = "Green tea" }
"""


def write_catalogue(folder: Path, **more: str) -> Path:
    """A county's own catalogue in `folder`."""
    own = folder / "catalogue"
    own.mkdir(exist_ok=True)
    files = {"old_tree": OLD_TREE, "farmland": FARMLAND, "codes_own": LISTS, **more}
    for name, content in files.items():
        (own / f"{name}.toml").write_text(content, encoding="utf-8")
    return own


def survey_tree_and_tea(file: store.SurveyFile) -> None:
    file.insert(
        "old_tree",
        {"name": "村口银杏", "species": "ginkgo", "girth_m": 25.5, "village": VILLAGE},
        shapely.centroid(square(50.0, 50.0)),
    )
    file.insert(
        "farmland",
        {"name": "茶园", "kind": "10", "village": VILLAGE, "tea_age": 40, "tea_kind": "green"},
        square(300.0, 100.0),
    )


def ogrinfo(path: Path, layer: str) -> str:
    return subprocess.run(
        ["ogrinfo", "-ro", "-al", path, layer], capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture(scope="session")
def own_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county with a catalogue of its own from the first day, and what its tablet packed."""
    folder = tmp_path_factory.mktemp("own")
    write_catalogue(folder)
    place = make_county(folder)
    hand_out(place)
    place.survey(survey_tree_and_tea)
    done("pack", place.tablet, place.package)
    return folder


@pytest.fixture
def own(own_once: Path, tmp_path: Path) -> Place:
    folder = tmp_path / "county"
    shutil.copytree(own_once, folder)
    return Place(folder)


def test_what_a_county_adds_comes_from_the_tablet_into_tables(own: Place) -> None:
    for name in ("old_tree.toml", "farmland.toml", "codes_own.toml"):
        here, there = own.folder / "catalogue" / name, own.tablet / "catalogue" / name
        assert there.read_bytes() == here.read_bytes()
    (merged,) = done("merge", own.county, own.package, "--json").json["merges"]
    assert (merged["unknown_fields"], merged["catalogue"], merged["held"]) == ({}, None, [])
    text = ogrinfo(own.county, "old_tree")
    assert "species (String) = ginkgo" in text
    assert "girth_m (Real) = 25.5" in text
    assert "tea_age (Integer) = 40" in ogrinfo(own.county, "farmland")

    xiangtu("validate", own.county)
    found = xiangtu("findings", own.county, "--json").json["findings"]
    assert "girth_of_an_old_tree" in {each["rule"].rpartition(".")[2] for each in found}

    out = own.folder / "out.gpkg"
    done("export", own.county, out, "--format", "gpkg")
    assert "ginkgo" in ogrinfo(out, "old_tree")
    assert "tea_kind (String) = green" in ogrinfo(out, "farmland")
    done("report", own.county, own.folder / "report")


def test_a_mistake_of_the_survey_is_found_by_the_countys_own_list(own: Place) -> None:
    with store.open(own.county) as file:
        file.insert("old_tree", {"village": VILLAGE}, shapely.Point(455_050, 3_919_050))
    xiangtu("validate", own.county, "--layer", "old_tree")
    found = xiangtu("findings", own.county, "--json").json["findings"]
    assert ("fields.required", "old_tree") in {(each["rule"], each["layer"]) for each in found}


def test_a_catalogue_added_later_reaches_tablet_and_file(place: Place) -> None:
    write_catalogue(place.folder)
    refusal = xiangtu("report", place.county, place.folder / "early").refusal
    assert "old_tree" in refusal and "xiangtu upgrade" in refusal
    done("upgrade", place.county)
    done("report", place.county, place.folder / "report")
    # The package was made with the catalogue before, and is as good as ever.
    (merged,) = done("merge", place.county, place.package, "--json").json["merges"]
    assert merged["state"] == "merged"
    assert merged["catalogue"] is not None

    second = place.folder / "second.xta"
    done("assign", place.county, second, "--device", place.device, "--surveyor", "王芳",
         "--village", *VILLAGES)  # fmt: skip
    adopted = done("start", place.tablet, second, "--json").json["adopted"]
    assert not adopted["catalogue_differs"]
    place.survey(survey_tree_and_tea)
    later = place.folder / "later.xtp"
    done("pack", place.tablet, later)
    (merged,) = done("merge", place.county, later, "--json").json["merges"]
    assert (merged["catalogue"], merged["unknown_fields"]) == (None, {})
    assert "ginkgo" in ogrinfo(place.county, "old_tree")


def test_a_tablet_that_knows_more_than_the_county_still_merges(own: Place) -> None:
    (own.folder / "catalogue" / "farmland.toml").unlink()
    (merged,) = xiangtu("merge", own.county, own.package, "--json").json["merges"]
    assert merged["state"] == "merged"
    assert merged["catalogue"] is not None
    assert merged["unknown_fields"] == {"farmland.tea_age": 1, "farmland.tea_kind": 1}
    with store.open(own.county) as file:
        carried = file.connection.execute(
            "SELECT field, new FROM change_value WHERE field LIKE 'tea%' ORDER BY field"
        ).fetchall()
    assert carried == [("tea_age", 40), ("tea_kind", "green")]


def test_a_copy_takes_the_catalogue_along(own: Place, tmp_path: Path) -> None:
    (tmp_path / "aside").mkdir()
    out = tmp_path / "aside" / "copy.sqlite"
    done("copy", own.county, out)
    with store.open(out, readonly=True) as file, store.open(own.county, readonly=True) as county:
        assert file.catalogue.version == county.catalogue.version
        assert "old_tree" in file.catalogue.layers


def test_a_mistake_in_the_folder_is_one_line_and_changes_nothing(own: Place) -> None:
    before = own.county.read_bytes()
    (own.folder / "catalogue" / "farmland.toml").write_text('extends = "farmlnd"\n', "utf-8")
    for command in (("validate",), ("merge", own.package), ("upgrade",)):
        refusal = xiangtu(command[0], own.county, *command[1:]).refusal
        assert "farmland.toml" in refusal and "farmlnd" in refusal
    assert own.county.read_bytes() == before
    fresh = own.folder / "fresh.sqlite"
    assert "farmland.toml" in xiangtu(
        "new", fresh, "--county", "990101", "--name", "青石县", "--longitude", "116.5"
    ).refusal  # fmt: skip
    assert not fresh.exists() and not fresh.with_suffix(".key").exists()


def test_the_map_draws_what_the_county_added(own: Place, qgis_app: object) -> None:
    done("merge", own.county, own.package)
    from qgis_plugin.map.project import build_project

    with store.open(own.county, readonly=True) as file:
        srid, known = file.srid, file.catalogue
    built = build_project(own.county, srid, known, resources_folder(), title="县", language="zh")
    tree = built.layers["old_tree"]
    species = tree.editorWidgetSetup(tree.fields().indexOf("species"))
    assert (tree.isValid(), tree.name(), tree.featureCount()) == (True, "古树", 1)
    assert "ginkgo" in str(species.config())
    built.project.clear()


def test_assign_and_receipt_take_the_key_that_is_named(own: Place, tmp_path: Path) -> None:
    done("merge", own.county, own.package)
    key = own.county.with_suffix(".key")
    apart = tmp_path / "safe" / "our.key"
    apart.parent.mkdir()
    key.rename(apart)
    words = ("--device", own.device, "--surveyor", "王芳", "--village", VILLAGE)
    out, receipt = own.folder / "again.xta", own.folder / "r.xtr"
    assert str(key) in xiangtu("assign", own.county, out, *words).refusal
    assert str(key) in xiangtu("receipt", own.county, receipt, "--device", own.device).refusal
    done("assign", own.county, out, *words, "--key", apart)
    done("receipt", own.county, receipt, "--device", own.device, "--key", apart)
    done("start", own.tablet, out)
    done("receive", own.tablet, receipt)

    foreign = make_county(tmp_path / "foreign").county.with_suffix(".key")
    for command in (
        ("assign", own.county, own.folder / "x.xta", *words),
        ("receipt", own.county, own.folder / "x.xtr", "--device", own.device),
    ):
        assert "key" in xiangtu(*command, "--key", foreign).refusal
    assert not (own.folder / "x.xta").exists() and not (own.folder / "x.xtr").exists()


def test_a_campaign_is_named_by_name_or_uuid(own: Place) -> None:
    with store.open(own.county) as file:
        uuids = [
            file.insert("campaign", {"name": name, "reference_date": date})
            for name, date in (("旧调查", "2019-12-31"), ("新调查", "2025-12-31"))
        ]
    words = ("--device", own.device, "--surveyor", "王芳", "--village", VILLAGE)
    for number, (given, expected) in enumerate(
        [((), uuids[1]), (("--campaign", "旧调查"), uuids[0]), (("--campaign", uuids[0]), uuids[0])]
    ):
        out = own.folder / f"{number}.xta"
        done("assign", own.county, out, *words, *given)
        done("start", own.tablet, out)
        with tablet.load(own.tablet).survey() as survey:
            assert survey.meta["campaign"] == expected
    shown = " ".join(xiangtu("assign", "--help").out.split())
    assert "by name or uuid (else the newest)" in shown
