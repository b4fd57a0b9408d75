"""A catalogue is read strictly; a county adds its own folder; mistakes are refused with where."""

from __future__ import annotations

import ast
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from xiangtu import words
from xiangtu.catalogue import loader, source
from xiangtu.catalogue.loader import load
from xiangtu.errors import BadCatalogue

County = Callable[..., Path]

TREE = """
layer = "old_tree"
label = { zh = "古树名木", en = "Old tree" }
geometry = "POINT"
kind_field = "kind"
title_field = "name"
key = "code"
group = "village"
order = 175

[fields.code]
label = { zh = "编号", en = "Code" }
type = "text"
length = 20

[fields.name]
label = { zh = "名称", en = "Name" }
type = "text"
length = 50
required = true

[fields.kind]
label = { zh = "树种", en = "Kind" }
type = "code"
code_list = "tree_kind"

[fields.girth_cm]
label = { zh = "胸围", en = "Girth" }
type = "integer"
unit = "cm"
minimum = 1
shown_when = "kind IS NOT NULL"

[fields.village_uuid]
label = { zh = "所在村", en = "Village" }
type = "reference"
references = "village"
"""
KINDS = """
[lists.tree_kind]
label = { zh = "树种", en = "Kind of tree" }
source = "own"
checked = true

[lists.tree_kind.codes]
ginkgo = { zh = "银杏", en = "Ginkgo" }
camphor = { zh = "樟", en = "Camphor" }
"""


def field(name: str = "extra", **attributes: str) -> str:
    lines = [f"[fields.{name}]", 'label = { zh = "甲", en = "A" }']
    return "\n".join([*lines, *(f"{key} = {value}" for key, value in attributes.items()), ""])


def extends(layer: str, content: str) -> str:
    return f'extends = "{layer}"\n{content}'


def test_a_county_adds_a_layer_with_a_file(county: County):
    catalogue = load(county(old_tree=TREE, kinds=KINDS))
    layer = catalogue.layer("old_tree")
    assert layer.columns[:5] == ("code", "name", "kind", "girth_cm", "village_uuid")
    assert layer.fields["name"].required == "1"
    assert catalogue.code_lists["tree_kind"].codes["ginkgo"].label.zh == "银杏"
    assert [each.name for each, _ in catalogue.children_of("village")] == ["old_tree"]
    # The rules of all surveyed layers hold for it too.
    assert "record.ends_after_it_began" in {rule.code for rule in layer.rules}
    assert "old_tree" not in load().layers


def test_a_county_adds_fields_codes_and_rules_to_a_layer(county: County):
    own = county(
        farmland=extends(
            "farmland",
            'label = { zh = "地块", en = "Plot" }\n'
            + '[accuracy]\nhorizontal_m = 0.2\ncorrection_age_s = 5\n[style]\nfill = "#ffee58"\n'
            + '[sections]\nlocal = { zh = "本县", en = "Local" }\n'
            + field("tea_age", type='"integer"', section='"local"')
            + "[fields.grade]\nrequired = \"kind = '10'\"\n"
            + '[rules.grain_on_basic_farmland]\nseverity = "error"\n'
            + "[rules.steep_land_in_crops]\noff = true\n"
            + '[rules.tea]\nseverity = "note"\ncondition = "tea_age IS NULL OR tea_age < 200"\n'
            + 'title = { zh = "甲", en = "A" }\nexplanation = { zh = "甲", en = "A" }\n'
            + 'remedy = { zh = "甲", en = "A" }\nfields = ["tea_age"]\n',
        ),
        lists='[lists.surface.codes]\nbrick = { zh = "砖", en = "Brick" }\n',
    )
    before, after = load().layer("farmland"), load(own).layer("farmland")
    assert after.label.en == "Plot"
    assert after.accuracy and before.accuracy
    assert after.accuracy.horizontal_m == 0.2
    assert after.accuracy.fix_types == before.accuracy.fix_types
    assert (before.accuracy.correction_age_s, after.accuracy.correction_age_s) == (None, 5.0)
    assert (after.style.fill, after.style.stroke) == ("#ffee58", before.style.stroke)
    assert list(after.fields) == [*before.fields, "tea_age"]
    assert after.fields["grade"].required == "kind = '10'"
    assert after.fields["grade"].label == before.fields["grade"].label
    rules = {rule.code: rule for rule in after.rules}
    assert rules["farmland.grain_on_basic_farmland"].severity == "error"
    assert "farmland.steep_land_in_crops" not in rules and "farmland.tea" in rules
    surfaces = load(own).code_lists["surface"].codes
    assert "brick" in surfaces and "concrete" in surfaces


def test_a_relic_number_follows_the_countys_own_pattern(county: County):
    own = county(relic=extends("relic", '[fields.code]\nidentifier = "^QS[0-9]{5}$"\n'))
    assert load(own).layer("relic").fields["code"].identifier == "^QS[0-9]{5}$"


def test_the_version_is_of_the_content_not_of_its_writing(county: County, tmp_path: Path):
    base = load().version
    assert len(base) == 64
    one = load(county(old_tree=TREE, kinds=KINDS))
    again = tmp_path / "again"
    again.mkdir()
    (again / "a.toml").write_text("# a note\n" + KINDS, encoding="utf-8")
    (again / "b.toml").write_text(TREE.replace(" = ", "   =  "), encoding="utf-8")
    assert load(again).version == one.version != base
    (again / "b.toml").write_text(
        TREE.replace("银杏", "白果").replace("胸围", "围径"), encoding="utf-8"
    )
    assert load(again).version != one.version


def test_unchanged_files_are_read_once_and_changed_ones_again(county: County):
    own = county(old_tree=TREE, kinds=KINDS)
    first = load(own)
    assert load(own) is first
    county(old_tree=TREE.replace("Old tree", "Ancient tree"))
    assert load(own).layer("old_tree").label.en == "Ancient tree"


def test_resources_are_found_where_the_variable_says(tmp_path: Path, monkeypatch):
    usual = loader.resources_folder()
    assert (usual / "catalogue" / "farmland.toml").is_file()
    shutil.copytree(usual / "catalogue", tmp_path / "catalogue")
    monkeypatch.setenv("XIANGTU_RESOURCES", str(tmp_path))
    assert loader.resources_folder() == tmp_path
    assert load().version
    monkeypatch.setenv("XIANGTU_RESOURCES", str(tmp_path / "nowhere"))
    with pytest.raises(BadCatalogue) as caught:
        load()
    assert caught.value.code == "catalogue.folder_missing"
    assert "nowhere" in words.explain(caught.value, "en")


def test_resources_beside_the_modules_come_before_the_checkout(tmp_path: Path, monkeypatch):
    monkeypatch.delenv("XIANGTU_RESOURCES", raising=False)
    monkeypatch.setattr(loader, "_PACKAGE", tmp_path / "plugin" / "xiangtu")
    (tmp_path / "resources").mkdir()
    assert loader.resources_folder() == tmp_path / "resources"
    (tmp_path / "plugin" / "xiangtu" / "resources").mkdir(parents=True)
    assert loader.resources_folder() == tmp_path / "plugin" / "xiangtu" / "resources"


#: name of the mistake → (content of own.toml, code, layer, field, part of the reason)
MISTAKES = {
    "no toml": ("layer = ", "not_toml", "", "", "end of document"),
    "nothing in it": ("", "no_kind", "", "", ""),
    "two kinds": ('layer = "a"\nextends = "b"', "two_kinds", "", "", "extends"),
    "a second common": ("common = true", "repeated", "common", "", "common"),
    "a layer twice": (TREE.replace("old_tree", "relic"), "repeated", "relic", "", "relic"),
    "extending nothing": (extends("relics", field(type='"date"')), "unknown_layer", "relics", "",
                          "relics"),
    "a name with a capital": (TREE.replace("[fields.name]", "[fields.Name]"), "bad_name",
                              "old_tree", "", "Name"),
    "a layer named like a table": (TREE.replace("old_tree", "change"), "reserved", "change", "",
                                   "change"),
    "a layer named like SQL": (TREE.replace("old_tree", "select"), "reserved", "select", "",
                               "select"),
    "a field of all layers": (extends("relic", field("state", type='"date"')), "reserved",
                              "relic", "state", "state"),
    "a field named like SQL": (extends("relic", field("order", type='"date"')), "reserved",
                               "relic", "order", "order"),
    "an unknown attribute": (extends("relic", field(type='"date"', requird="true")),
                             "unknown_attribute", "relic", "extra", "requird"),
    "an unknown attribute of a layer": ("colour = 1\n" + TREE, "unknown_attribute", "old_tree",
                                        "", "colour"),
    "no type": (extends("relic", field(required="true")), "missing", "relic", "extra", "type"),
    "no label": (extends("relic", '[fields.extra]\ntype = "date"'), "missing", "relic", "extra",
                 "label"),
    "half a label": (extends("relic", '[fields.extra]\ntype = "date"\nlabel = { zh = "甲" }'),
                     "wrong_type", "relic", "extra", "zh, en"),
    "an empty label": (extends("relic", '[fields.extra]\nlabel = { zh = "", en = "A" }'),
                       "missing", "relic", "extra", "type"),
    "an unknown type": (extends("relic", field(type='"string"')), "unknown_value", "relic",
                        "extra", "string"),
    "a length in words": (extends("relic", field(type='"text"', length='"ten"')), "wrong_type",
                          "relic", "extra", "length"),
    "a length of true": (extends("relic", field(type='"text"', length="true")), "wrong_type",
                         "relic", "extra", "length"),
    "text without length": (extends("relic", field(type='"text"')), "needs", "relic", "extra",
                            "length"),
    "a date with length": (extends("relic", field(type='"date"', length="3")), "impossible",
                           "relic", "extra", "length"),
    "a code without list": (extends("relic", field(type='"code"')), "needs", "relic", "extra",
                            "code_list"),
    "a list that is not there": (extends("relic", field(type='"code"', code_list='"nope"')),
                                 "unknown_list", "relic", "extra", "nope"),
    "a reference to nothing": (extends("relic", field("nope_uuid", type='"reference"',
                                                      references='"nope"')),
                               "unknown_layer", "relic", "nope_uuid", "nope"),
    "a reference by another name": (extends("relic", field("owner_id", type='"reference"',
                                                           references='"household"')),
                                    "reference_name", "relic", "owner_id", "household_uuid"),
    "a part of nothing": (extends("relic", field(type='"date"', composition="true")),
                          "impossible", "relic", "extra", "composition"),
    "limits the wrong way": (extends("relic", field(type='"real"', minimum="2", maximum="1")),
                             "impossible", "relic", "extra", "minimum"),
    "limits of a text": (extends("relic", field(type='"text"', length="3", minimum="2")),
                         "impossible", "relic", "extra", "minimum"),
    "a default of another type": (extends("relic", field(type='"integer"', default='"a"')),
                                  "wrong_type", "relic", "extra", "default"),
    "a default that is no code": (extends("relic", field(type='"code"', code_list='"yes_no"',
                                                         default='"3"')),
                                  "unknown_code", "relic", "extra", "3"),
    "a default that is no date": (extends("relic", field(type='"date"', default='"today"')),
                                  "wrong_type", "relic", "extra", "today"),
    "a section that is not there": (extends("relic", field(type='"date"', section='"nope"')),
                                    "unknown_section", "relic", "extra", "nope"),
    "an identifier nobody knows": (extends("relic", field(type='"text"', length="9",
                                                          identifier='"passport"')),
                                   "unknown_value", "relic", "extra", "passport"),
    "an identifier that is no pattern": (extends("relic", field(type='"text"', length="9",
                                                                identifier='"^("')),
                                         "unknown_value", "relic", "extra", "identifier"),
    "an area of points": (extends("relic", field(type='"real"', derived='"plane_area"')),
                          "impossible", "relic", "extra", "plane_area"),
    "an unknown derivation": (extends("works", field(type='"real"', derived='"volume"')),
                              "impossible", "works", "extra", "volume"),
    "a secret number": (extends("relic", field(type='"integer"', sensitive="true")), "impossible",
                        "relic", "extra", "sensitive"),
    "a secret that is remembered": (extends("relic", field(type='"text"', length="9",
                                                           sensitive="true",
                                                           remember_last="true")),
                                    "impossible", "relic", "extra", "remember_last"),
    "an exchange nobody mapped": (extends("relic", field(type='"date"',
                                                         official='{ nyt2539 = "X" }')),
                                  "unknown_exchange", "relic", "extra", "nyt2539"),
    "one official field twice": (extends("farmland", field(type='"date"',
                                                           official='{ nyt2539 = "DKBM" }')),
                                 "repeated", "farmland", "extra", "DKBM"),
    "a condition in a dialect": (extends("relic", field(type='"date"',
                                                        shown_when='"name LIKE \'a\'"')),
                                 "condition", "relic", "extra", "expression.pattern"),
    "a condition on nothing": (extends("relic", field(type='"date"', required='"nope = 1"')),
                               "condition", "relic", "extra", "expression.unknown_column"),
    "a condition on what is masked": (extends("member", field(type='"date"',
                                                              required='"id_number = \'1\'"')),
                                      "condition", "member", "extra", "expression.masked"),
    "a condition on no code": (extends("relic", field(type='"date"',
                                                      required='"level = \'9\'"')),
                               "condition", "relic", "extra", "expression.unknown_code"),
    "a rule without remedy": (extends("relic", '[rules.extra]\nseverity = "error"\n'
                                      'condition = "1"\ntitle = { zh = "甲", en = "A" }\n'
                                      'explanation = { zh = "甲", en = "A" }\n'),
                              "missing", "relic", "extra", "remedy"),
    "a severity nobody knows": (extends("relic", '[rules.extra]\nseverity = "fatal"\n'),
                                "unknown_value", "relic", "extra", "fatal"),
    "a photo in no role": (extends("relic", 'photos = [{ role = "nope" }]'), "unknown_code",
                           "relic", "photos", "nope"),
    "a signature of nobody": (extends("relic", 'signatures = [{ signed_as = "nope" }]'),
                              "unknown_code", "relic", "signatures", "nope"),
    "fewer signatures than none": (
        extends("relic", 'signatures = [{ signed_as = "holder", minimum = -1 }]'),
        "impossible", "relic", "signatures", "minimum"),
    "an accuracy of no table": (extends("member", "[accuracy]\nhorizontal_m = 1"), "impossible",
                                "member", "accuracy", "geometry"),
    "an accuracy by no fix": (extends("relic", '[accuracy]\nfix_types = ["rtk"]'),
                              "unknown_code", "relic", "accuracy", "rtk"),
    "corrections of no age": (extends("relic", "[accuracy]\ncorrection_age_s = nan"),
                              "unknown_value", "relic", "accuracy", "correction_age_s"),
    "a colour in words": (extends("relic", '[style]\nfill = "red"'), "unknown_value", "relic",
                          "style", "red"),
    "a colour for no code": (extends("works", '[style.categories]\nnope = "#ffffff"'),
                             "unknown_code", "works", "style", "nope"),
    "another type for a field": (extends("relic", '[fields.name]\ntype = "date"'), "locked",
                                 "relic", "name", "type"),
    "what was secret laid open": (extends("member", "[fields.id_number]\nsensitive = false"),
                                  "locked", "member", "id_number", "sensitive"),
    "a name made public": (extends("member", "[fields.name]\npersonal = false"), "locked",
                           "member", "name", "personal"),
    "another geometry": (extends("relic", 'geometry = "MULTIPOLYGON"'), "locked", "relic", "",
                         "geometry"),
    "a code above itself": (KINDS.replace('en = "Ginkgo"', 'en = "Ginkgo", parent = "ginkgo"'),
                            "circle", "list tree_kind", "ginkgo", "ginkgo"),
    "a code below nothing": (KINDS.replace('en = "Ginkgo"', 'en = "Ginkgo", parent = "nope"'),
                             "unknown_code", "list tree_kind", "ginkgo", "nope"),
    "a list without source": (KINDS.replace('source = "own"\n', ""), "missing", "list tree_kind",
                              "", "source"),
    "a list not checked": (KINDS.replace("checked = true\n", ""), "missing", "list tree_kind", "",
                           "checked"),
    "an empty list": (KINDS.split("[lists.tree_kind.codes]")[0], "missing", "list tree_kind", "",
                      "codes"),
    "another source for a list": ('[lists.surface]\nsource = "x"', "locked", "surface", "",
                                  "source"),
    "a crosswalk to nowhere": ('[crosswalks.own]\nlabel = { zh = "甲", en = "A" }\n'
                               'from = "land_use"\nto = "nope"\nsource = "x"\nchecked = false\n',
                               "unknown_list", "crosswalk own", "", "nope"),
    "a crosswalk of no code": ('[crosswalks.own]\nlabel = { zh = "甲", en = "A" }\n'
                               'from = "land_use"\nto = "yes_no"\nsource = "x"\nchecked = false\n'
                               'pairs = [{ from = "9999", to = "1" }]',
                               "unknown_code", "crosswalk own", "land_use", "9999"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_with_file_layer_field_and_reason(mistake: str, county: County):
    content, code, layer, field_name, reason = MISTAKES[mistake]
    kinds = {"kinds": KINDS} if "[fields.kind]" in content else {}
    folder = county(own=content, **kinds)
    with pytest.raises(BadCatalogue) as caught:
        load(folder)
    error = caught.value
    assert error.code == f"catalogue.{code}", error
    assert error.facts["file"] == "own.toml"
    assert (error.facts["layer"], error.facts["field"]) == (layer, field_name)
    assert reason in error.facts["reason"]
    for language in ("en", "zh"):
        line = words.explain(error, language)
        assert line.startswith("own.toml") and line.isprintable() and "catalogue." not in line
        assert "expression." not in line


def test_a_folder_that_is_not_there_or_holds_nothing_is_refused(tmp_path: Path):
    with pytest.raises(BadCatalogue, match="folder_missing"):
        load(tmp_path / "nowhere")
    with pytest.raises(BadCatalogue, match="folder_empty"):
        load(tmp_path)
    with pytest.raises(BadCatalogue, match="folder_missing"):
        load(Path(__file__))


def test_a_file_in_another_encoding_is_refused(tmp_path: Path):
    (tmp_path / "own.toml").write_bytes('layer = "树"'.encode("gbk"))
    with pytest.raises(BadCatalogue, match="not_toml"):
        load(tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_refused(county: County):
    folder = county(own=KINDS)
    (folder / "own.toml").chmod(0)
    with pytest.raises(BadCatalogue, match="not_readable"):
        load(folder)


def test_every_reason_for_refusal_has_words():
    reasons: set[str] = set()
    for path in Path(source.__file__).parent.glob("*.py"):
        if path.name in ("grammar.py", "expression.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                first = node.args[0]
                branches = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                if called == "refuse":
                    reasons.update(
                        each.value for each in branches if isinstance(each, ast.Constant)
                    )
    assert len(reasons) > 20
    assert {each for each in reasons if not words.known(f"catalogue.{each}")} == set()
