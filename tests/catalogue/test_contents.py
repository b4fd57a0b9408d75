"""What the catalogue holds: the layers, official fields, code lists and rules of the domain."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from xiangtu.catalogue import expression
from xiangtu.catalogue.checking import DERIVED, STRUCTURES
from xiangtu.catalogue.model import COMMON_FIELDS, MEASUREMENT_FIELDS, Catalogue
from xiangtu.geo import identifiers

GEOMETRY = {
    "village": "MULTIPOLYGON",
    "issuing_party": None,
    "household": None,
    "member": None,
    "homestead": "MULTIPOLYGON",
    "house": "MULTIPOLYGON",
    "farmland": "MULTIPOLYGON",
    "land_right": None,
    "boundary_point": "POINT",
    "boundary_line": "MULTILINESTRING",
    "route": "MULTILINESTRING",
    "facility": "POINT",
    "works": "MULTIPOLYGON",
    "relic": "POINT",
    "relic_extent": "MULTIPOLYGON",
    "relic_point": "POINT",
    "place_name": "POINT",
}
AROUND = {"campaign": None, "attachment": None, "track": "MULTILINESTRING"}
PARTS = {
    ("member", "household"),
    ("house", "homestead"),
    ("land_right", "farmland"),
    ("boundary_point", "farmland"),
    ("boundary_point", "homestead"),
    ("boundary_line", "farmland"),
    ("boundary_line", "homestead"),
    ("relic_extent", "relic"),
    ("relic_point", "relic"),
}
REFERENCES = {
    ("homestead", "household"),
    ("household", "issuing_party"),
    ("land_right", "household"),
    ("land_right", "issuing_party"),
    ("campaign", "campaign"),
}
#: Official field names (domain.md §4); what an export computes from the geometry or counts (BSM,
#: KJZB, XZBZ, YZBZ) or holds constant (YSDM) has no field of its own.
OFFICIAL = {
    ("nyt2539", "DK"): "DKBM DKMC SYQXZ DKLB TDLYLX DLDJ TDYT SFJBNT SCMJ DKDZ DKXZ DKNZ DKBZ"
    " DKBZXX ZJRXM SCMJM",
    ("nyt2539", "JZD"): "JZDH JZDLX JBLX DKBM",
    ("nyt2539", "JZX"): "JXXZ JZXLB JZXWZ JZXSM PLDWQLR PLDWZJR DKBM JZXH QJZDH ZJZDH",
    ("nyt2539", "CBDKXX"): "DKBM FBFBM CBFBM CBJYQQDFS HTMJ CBHTBM CBJYQZBM LZHTBM HTMJM SFQQQG",
    ("nyt2539", "CBF"): "CBFBM CBFLX CBFMC CBFZJLX CBFZJHM CBFDZ YZBM CBFCYSL CBFDCRQ CBFDCY",
    ("nyt2539", "CBF_JTCY"): "CBFBM CYXM CYXB CYZJLX CYZJHM YHZGX CYBZ",
    ("nyt2539", "FBF"): "FBFBM FBFMC",
    ("zjd", "ZJDZDXX"): "ZJDDM ZJDPZMJ SFCZ CZMJ ZJDQDFS ZJDQDSJ SFFZ ZSH ZSMJ FZDW WBZYY SJLY BZ",
    ("zjd", "NMFW"): "ZJDDM NMFWDM BDCDYH FWBM ZRZH CH SJCS FWJG FWYT FJZDMJ JZMJ JZND FWLX FWXZ"
    " SFJF SFCF ZSH DJJG DJSJ",
    ("yjjbnt", "YJJBNTTB"): "YJJBNTTBBH YJJBNTTBMJ YJJBNTMJ BHKSSJ BHJSSJ WDGD",
}
#: Table of NY/T 2539 → our list.
NYT2539 = {
    "SYQXZ": "land_ownership",
    "DKLB": "parcel_kind",
    "DLDJ": "land_grade",
    "TDYT": "land_purpose",
    "CBJYQQDFS": "right_obtained",
    "JZDLX": "boundary_point_kind",
    "JBLX": "boundary_mark",
    "JZXLB": "boundary_line_kind",
    "JZXWZ": "boundary_line_position",
    "JXXZ": "boundary_nature",
    "ZJLX": "id_kind",
    "CBFLX": "contractor_kind",
    "XB": "sex",
    "CYBZ": "member_note",
    "SF": "yes_no",
}


def test_every_table_of_the_design_is_a_layer(catalogue: Catalogue):
    assert {name: each.geometry for name, each in catalogue.layers.items()} == GEOMETRY | AROUND
    assert {name for name, each in catalogue.layers.items() if each.surveyed} == set(GEOMETRY)


def test_surveyed_layers_carry_village_campaign_state_and_how_they_were_measured(
    catalogue: Catalogue,
):
    for name, geometry in GEOMETRY.items():
        columns = catalogue.layer(name).columns
        assert set(COMMON_FIELDS) <= set(columns)
        assert bool(geometry) == (set(MEASUREMENT_FIELDS) <= set(columns))
        assert all(catalogue.field_of(name, each) for each in COMMON_FIELDS)
    assert not set(COMMON_FIELDS) & set(catalogue.layer("attachment").columns)


def test_parts_go_with_their_parent_and_others_refer_to_it(catalogue: Catalogue):
    found = {
        (layer.name, relation.parent): relation
        for layer in catalogue.layers.values()
        for relation in layer.relations
    }
    assert {pair for pair, relation in found.items() if relation.composition} == PARTS
    assert set(found) == PARTS | REFERENCES
    for (_, parent), relation in found.items():
        assert relation.field.endswith(f"{parent}_uuid")


@pytest.mark.parametrize(("form", "table"), OFFICIAL)
def test_official_fields_are_mapped(catalogue: Catalogue, form: str, table: str):
    (layer,) = [each for each in catalogue.layers.values() if each.exchange.get(form) == table]
    mapped = {each.official[form] for each in layer.fields.values() if form in each.official}
    assert set(OFFICIAL[form, table].split()) <= mapped


def test_official_lengths_hold(catalogue: Catalogue):
    lengths = {
        "farmland": {"code": 19, "name": 50, "neighbour_east": 50, "delegate_name": 100,
                     "note": 254},
        "land_right": {"contract_code": 19, "certificate_code": 19, "transfer_contract_code": 18},
        "household": {"code": 18, "head_name": 50, "id_number": 20, "address": 100, "postcode": 6},
        "boundary_point": {"number": 10},
        "issuing_party": {"code": 14},
        "village": {"code": 12},
    }  # fmt: skip
    for layer, fields in lengths.items():
        for name, length in fields.items():
            assert catalogue.layer(layer).fields[name].length == length


def test_land_use_is_that_of_the_standard(catalogue: Catalogue, shared_data: Path):
    text = (shared_data / "codes" / "gbt21010_2017.json").read_text(encoding="utf-8")
    standard = json.loads(text)
    codes = catalogue.code_lists["land_use"].codes
    assert catalogue.code_lists["land_use"].checked
    for entry in (*standard["first"], *standard["second"]):
        code = codes[entry["code"]]
        assert (code.label.zh, code.label.en) == (entry["name_zh"], entry["name_en"])
        assert code.parent == entry.get("parent")
    assert len(codes) == len(standard["first"]) + len(standard["second"]) == 12 + 73


@pytest.mark.parametrize("table", NYT2539)
def test_code_tables_are_those_of_the_standard(catalogue: Catalogue, shared_data: Path, table: str):
    text = (shared_data / "codes" / "nyt2539_codes.json").read_text(encoding="utf-8")
    standard = json.loads(text)["tables"]
    assert set(standard) == set(NYT2539)
    codes = catalogue.code_lists[NYT2539[table]].codes
    assert {code: each.label.zh for code, each in codes.items()} == standard[table]
    assert catalogue.code_lists[NYT2539[table]].checked


def test_relics_have_six_classes_with_63_sub_classes(catalogue: Catalogue):
    codes = catalogue.code_lists["relic_class"].codes.values()
    counts: dict[str, int] = {}
    for each in codes:
        if each.parent:
            counts[each.parent] = counts.get(each.parent, 0) + 1
    assert counts == {"0100": 17, "0200": 4, "0300": 16, "0400": 6, "0500": 17, "0600": 3}
    assert len(catalogue.code_lists["damage_natural"].codes) == 12
    assert len(catalogue.code_lists["damage_human"].codes) == 7


def test_what_was_not_checked_against_a_text_says_so(catalogue: Catalogue):
    lists = catalogue.code_lists
    for name in ("danger_grade", "place_name_kind", "land_use_2007", "land_use_2023", "kinship"):
        assert not lists[name].checked
    for name in ("planting", "slope_class", "structure", "relic_condition", "damage_human"):
        assert lists[name].checked
    assert all(each.source.strip() for each in lists.values())


def test_land_use_reads_in_its_other_editions(catalogue: Catalogue):
    to_2007 = catalogue.crosswalks["land_use_2017_to_2007"]
    assert [to_2007.targets(code) for code in ("0101", "0102", "0103")] == [
        ("011",), ("012",), ("013",)]  # fmt: skip
    assert {pair.source for pair in to_2007.pairs if pair.checked} == {"0101", "0102", "0103"}
    # NY/T 2539 needs a three-digit code for each parcel.
    second = {code for code, each in catalogue.code_lists["land_use"].codes.items() if each.parent}
    assert {code for code in second if len(to_2007.targets(code)) == 1} == second
    to_2023 = catalogue.crosswalks["land_use_2017_to_2023"]
    assert to_2023.targets("0702") == ("0703",)
    assert not any(pair.checked for pair in to_2023.pairs)


def test_fixes_are_told_apart_as_receivers_do(catalogue: Catalogue):
    assert tuple(catalogue.code_lists["fix_type"].codes) == (
        "none", "single", "differential", "rtk_float", "rtk_fixed")  # fmt: skip


def test_no_height_is_called_1985_but_the_one_that_says_how_it_was_got(catalogue: Catalogue):
    """Of a receiver there are ellipsoidal heights and, of its own geoid, heights above sea level;
    neither is a 国家高程 (domain.md §1)."""
    called = re.compile("1985|高程|海拔|sea level", re.IGNORECASE)
    found = {
        (layer.name, field.name)
        for layer in catalogue.layers.values()
        for field in layer.fields.values()
        if called.search(field.label.zh + field.label.en)
    }
    heights = ("height_how", "height_1985_m", "height_by")
    assert found == {(layer, name) for layer in ("boundary_point", "relic_point")
                     for name in heights}  # fmt: skip
    for layer in catalogue.layers.values():
        if "height_1985_m" in layer.fields:
            fields = layer.fields
            assert not called.search(fields["height_ellipsoid_m"].label.zh)
            assert {f"{layer.name}.height_1985_says_how",
                    f"{layer.name}.height_by_geoid_is_measured"} <= {
                rule.code for rule in layer.rules if rule.severity == "error"}  # fmt: skip
            # They are one thing in a merge: a 1985 height belongs to its ellipsoidal height.
            assert {layer.unit_of(name) for name in (*heights, "height_ellipsoid_m")} == {
                "height_ellipsoid_m"}  # fmt: skip


def test_every_code_list_is_used(catalogue: Catalogue):
    used = {
        field.code_list
        for fields in (catalogue.common, *(each.fields for each in catalogue.layers.values()))
        for field in fields.values()
    }
    for crosswalk in catalogue.crosswalks.values():
        used |= {crosswalk.from_list, crosswalk.to_list}
    assert set(catalogue.code_lists) - used == set()


def test_labels_are_chinese_and_english(catalogue: Catalogue):
    chinese = re.compile(r"[一-鿿]")
    labels = [
        field.label
        for fields in (catalogue.common, *(each.fields for each in catalogue.layers.values()))
        for field in fields.values()
    ]
    labels += [each.label for each in catalogue.layers.values()]
    labels += [label for each in catalogue.layers.values() for label in each.sections.values()]
    labels += [each.label for each in catalogue.code_lists.values()]
    for layer in catalogue.layers.values():
        for rule in layer.rules:
            labels += [rule.title, rule.explanation, rule.remedy]
    for label in labels:
        assert not chinese.search(label.en), label
        assert chinese.search(label.zh) or label.zh in ("SHA-256",), label


def test_identity_numbers_and_telephones_are_sensitive_and_names_personal(catalogue: Catalogue):
    for layer in catalogue.layers.values():
        for field in layer.fields.values():
            if field.name in ("id_number", "telephone", "monitoring"):
                assert field.sensitive, (layer.name, field.name)
            if re.search(r"(^|_)(head_name|delegate_name|surveyed_by|reviewed_by)$", field.name):
                assert field.personal, (layer.name, field.name)
            if layer.public:
                assert not field.sensitive and not field.personal, (layer.name, field.name)
    assert catalogue.layer("member").fields["name"].personal
    assert catalogue.layer("relic").fields["owner"].personal


def test_identifiers_are_those_that_geo_checks(catalogue: Catalogue):
    assert set(identifiers.STRUCTURES) == STRUCTURES


def test_areas_and_lengths_are_derived_and_no_part_of_the_journal(catalogue: Catalogue):
    for layer in catalogue.layers.values():
        derived = {each.name: each.derived for each in layer.fields.values() if each.derived}
        if layer.geometry == "MULTIPOLYGON":
            assert derived == {"area_m2": "plane_area", "area_ellipsoid_m2": "ellipsoidal_area",
                               "area_mu": "mu"}  # fmt: skip
        elif layer.geometry == "MULTILINESTRING":
            assert derived == {"length_m": "length"}
        else:
            assert not derived
        assert set(derived.values()) <= set(DERIVED)
        assert not set(derived) & set(layer.columns)


def test_every_measured_layer_says_how_accurate_it_must_be(catalogue: Catalogue):
    for name, geometry in GEOMETRY.items():
        assert (catalogue.layer(name).accuracy is not None) == (geometry is not None)


def test_colours_are_those_by_convention(catalogue: Catalogue):
    def family(colour: str) -> str:
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        if red > 200 and green > 200 and blue < 190:
            return "yellow"
        if blue == max(red, green, blue) and blue > red + 50:
            return "blue"
        if green == max(red, green, blue) and green > red + 50:
            return "green"
        return "pink" if red > 230 and blue > 150 and green < blue else "red"

    farmland = catalogue.layer("farmland").style.categories
    assert [family(farmland[code]) for code in ("01", "03", "11")] == ["yellow", "green", "blue"]
    homestead = catalogue.layer("homestead").style.fill
    assert homestead and family(homestead) == "pink"
    assert family(catalogue.layer("boundary_line").style.stroke) == "red"
    assert family(catalogue.layer("village").style.stroke) == "red"
    assert family(catalogue.layer("works").style.categories["water"]) == "blue"


#: rule → (a record it finds, one it lets pass)
RULES = {
    "record.ends_after_it_began": (
        {"began_on": "2025-02-01", "ended_on": "2025-01-31"},
        {"began_on": "2025-01-31", "ended_on": "2025-01-31"}),
    "record.not_in_the_future": ({"began_on": "2026-03-15"}, {"began_on": "2026-03-14"}),
    "record.signed": ({"state": "surveyed", "surveyor": ""}, {"state": "draft"}),
    "record.rtk_is_accurate": (
        {"fix_type": "rtk_fixed", "horizontal_accuracy_m": 1.2},
        {"fix_type": "rtk_fixed", "horizontal_accuracy_m": 0.02}),
    "record.gnss_says_how_good": (
        {"measured_how": "gnss_walk", "fix_type": "single"}, {"measured_how": "tape"}),
    "homestead.over_limit_has_area": (
        {"over_limit": "1", "over_limit_area_m2": 0}, {"over_limit": "2"}),
    "homestead.certificate_has_number": (
        {"certified": "1", "certificate_number": ""}, {"certified": "2"}),
    "homestead.uncertified_has_reason": (
        {"certified": "2"}, {"certified": "2", "uncertified_reason": "3"}),
    "homestead.several_is_reported": ({"several_homesteads": 1}, {"several_homesteads": 0}),
    "homestead.certificate_area_is_near": (
        {"certificate_area_m2": 120.0, "area_m2": 100.0},
        {"certificate_area_m2": 104.0, "area_m2": 100.0}),
    "homestead.within_the_approval": (
        {"over_limit": "2", "approved_area_m2": 100.0, "area_m2": 130.0},
        {"over_limit": "1", "approved_area_m2": 100.0, "area_m2": 130.0}),
    "house.floor_area_is_possible": (
        {"floor_area_m2": 900.0, "area_m2": 100.0, "storeys": 2},
        {"floor_area_m2": 190.0, "area_m2": 100.0, "storeys": 2}),
    "house.built_by_now": ({"built_year": 2027}, {"built_year": 2026}),
    "farmland.three_neighbours": (
        {"state": "surveyed", "kind": "10", "neighbour_east": "路", "neighbour_south": "",
         "neighbour_west": "渠"},
        {"state": "surveyed", "kind": "10", "neighbour_east": "路", "neighbour_south": "李",
         "neighbour_west": "渠"}),
    "farmland.code_begins_with_village": (
        {"code": "9901011012020100001", "village": "990101101201"},
        {"code": "9901011012010100001", "village": "990101101201"}),
    "farmland.planting_on_cultivated_land": (
        {"planting": "LS", "land_use": "0301"}, {"planting": "LS", "land_use": "0101"}),
    "farmland.recovery_off_cultivated_land": (
        {"recovery": "JKHF", "land_use": "0101"}, {"recovery": "JKHF", "land_use": "0201"}),
    "farmland.black_soil_has_thickness": (
        {"black_soil": 1}, {"black_soil": 1, "black_soil_cm": 30}),
    "household.code_fits_kind": (
        {"code": "990101101201018001", "kind": "1"}, {"code": "990101101201018000", "kind": "1"}),
    "land_right.mu_fits_square_metres": (
        {"contract_area_m2": 1000.0, "contract_area_mu": 1.0},
        {"contract_area_m2": 1000.0, "contract_area_mu": 1.5}),
    "land_right.contract_has_an_end": (
        {"contract_from": "1998-01-01", "contract_until": "1997-12-31"},
        {"contract_from": "1998-01-01", "contract_until": "9999-01-01"}),
    "boundary_point.height_1985_says_how": (
        {"height_1985_m": 402.5, "height_how": "levelling", "height_by": ""},
        {"height_1985_m": 402.5, "height_how": "levelling", "height_by": "BM7"}),
    "boundary_point.height_by_geoid_is_measured": (
        {"height_1985_m": 402.5, "height_how": "geoid", "height_by": "g",
         "measured_how": "gnss_average"},
        {"height_1985_m": 402.5, "height_how": "geoid", "height_by": "g",
         "measured_how": "gnss_average", "height_ellipsoid_m": 384.0}),
    "relic_point.height_1985_says_how": (
        {"height_1985_m": 402.5}, {"height_ellipsoid_m": 384.0}),
    "relic_point.height_by_geoid_is_measured": (
        {"height_1985_m": 402.5, "height_how": "geoid", "height_by": "g",
         "measured_how": "total_station", "height_ellipsoid_m": 384.0},
        {"height_1985_m": 402.5, "height_how": "document", "height_by": "g"}),
    "boundary_point.belongs_to_a_parcel": ({}, {"homestead_uuid": "u"}),
    "route.code_is_a_rural_road": (
        {"kind": "village_road", "code": "C12990101"},
        {"kind": "village_road", "code": "C123990101"}),
    "route.letter_fits_the_road": (
        {"kind": "village_road", "code": "X123990101"},
        {"kind": "canal", "code": "东一渠"}),
    "facility.signal_is_measured": (
        {"kind": "signal", "generation": "4g"},
        {"kind": "signal", "generation": "none"}),
    "relic.class_is_a_sub_class": ({"class": "0300"}, {"class": "0303"}),
    "relic.era_fits_class": (
        {"class": "0501", "era_code": "ming"}, {"class": "0501", "era_code": "republic"}),
    "relic_point.longitude_is_written_well": (
        {"longitude_dms": "116°30'00\""}, {"longitude_dms": "116°30′00.0000″"}),
    "attachment.direction_is_known": (
        {"role": "direction"}, {"role": "direction", "bearing_deg": 12.0}),
    "place_name.pinyin_is_latin": ({"pinyin": "青石"}, {"pinyin": "Qīngshí Xiàn"}),
}  # fmt: skip


@pytest.mark.parametrize("code", RULES)
def test_a_rule_finds_the_mistake_and_nothing_else(catalogue: Catalogue, code: str):
    prefix = code.partition(".")[0]
    layer = catalogue.layer("farmland" if prefix == "record" else prefix)
    (rule,) = [each for each in layer.rules if each.code == code]
    wrong, right = RULES[code]
    today = date(2026, 3, 14)
    assert expression.evaluate(rule.condition, wrong, today) is False
    assert expression.evaluate(rule.condition, right, today) in (True, None)


def test_common_rules_about_measuring_are_left_out_where_nothing_is_measured(
    catalogue: Catalogue,
):
    codes = {rule.code for rule in catalogue.layer("household").rules}
    assert "record.signed" in codes and "record.rtk_is_accurate" not in codes
    assert "record.signed" not in {rule.code for rule in catalogue.layer("track").rules}


def test_answers_open_the_questions_that_follow_from_them(catalogue: Catalogue):
    homestead = catalogue.layer("homestead").fields
    shown = homestead["over_limit_area_m2"].shown_when
    assert shown and expression.evaluate(shown, {"over_limit": "1"}) is True
    assert expression.evaluate(shown, {"over_limit": "2"}) is False
    planting = catalogue.layer("farmland").fields["planting"].shown_when
    assert planting and expression.evaluate(planting, {"land_use": "0103"}) is True
    assert expression.evaluate(planting, {"land_use": None}) is None
    toilet = catalogue.layer("facility").fields["toilet_kind"].required
    assert toilet and expression.evaluate(toilet, {"kind": "toilet"}) is True


def test_required_fields_are_shown_when_they_are_required(catalogue: Catalogue):
    """A field that must be filled in but is hidden would hold a form up for ever."""
    for layer in catalogue.layers.values():
        for field in layer.fields.values():
            if field.required == "1":
                assert field.shown_when is None, (layer.name, field.name)
