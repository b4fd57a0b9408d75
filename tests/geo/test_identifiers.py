"""Codes of domain.md §2: the examples stand, wrong digits do not."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xiangtu.geo import identifiers

GOOD = {
    "division": "990101",
    "township": "990101101",
    "village": "990101101201",
    "village_group": "99010110120101",
    "issuing_party": "99010110120101",
    "contractor": "990101101201010001",
    "contracted_parcel": "9901011012010100001",
    "contract": "990101101201010001J",
    "certificate": "990101101201018001Q",
    "cadastral_parcel": "990101001002JC00017",
    "homestead": "990101001002JC00017",
    "real_estate_unit": "990101001002JC00017F00010001",
    "citizen_id": "990101199001010019",
    "organisation": "N2990101MF00000055",
    "telephone": "13812345678",
}


def test_there_is_an_example_of_every_structure():
    assert set(GOOD) == set(identifiers.STRUCTURES)


@pytest.mark.parametrize(("structure", "code"), GOOD.items())
def test_the_examples_stand(structure, code):
    assert identifiers.check(structure, code) is None
    assert identifiers.check(structure, None) is None
    assert identifiers.check(structure, code[:-1]) is not None or structure == "telephone"
    assert identifiers.check(structure, code + "0") is not None or structure == "telephone"
    assert identifiers.check(structure, "") == "length"


@pytest.mark.parametrize(
    ("structure", "code", "reason"),
    [
        ("division", "00010l", "characters"),
        ("division", "000101", "division"),
        ("division", "９９０１０１", "characters"),
        ("township", "990101000", "township"),
        ("township", "990101600", "township"),
        ("village", "990101101000", "village"),
        ("village", "990101101777", "village"),
        ("contractor", "990101101201010000", "range"),
        ("contracted_parcel", "9901011012010100000", "number"),
        ("contract", "990101101201010001Q", "range"),
        ("contract", "990101101201019001J", "range"),
        ("contract", "990101101201010001X", "characters"),
        ("cadastral_parcel", "990101001002GC00017", "feature"),
        ("cadastral_parcel", "990101001002GA00017", "feature"),
        ("cadastral_parcel", "990101001002JH00017", "characters"),
        ("cadastral_parcel", "990101001002JC00000", "number"),
        ("homestead", "990101001002JB00017", "characters"),
        ("real_estate_unit", "990101001002JC00017W00010001", "feature"),
        ("real_estate_unit", "990101001002JC00017F00000000", "feature"),
        ("citizen_id", "990101199013010019", "date"),
        ("citizen_id", "990101180001010019", "date"),
        ("citizen_id", "990101199001010018", "check_digit"),
        ("organisation", "N2990101MF00000056", "check_digit"),
        ("organisation", "N2990101MI00000055", "characters"),
        ("^[0-9]{6}-[0-9]{4}$", "990101-00001", "pattern"),
    ],
)
def test_a_wrong_code_says_why(structure, code, reason):
    assert identifiers.check(structure, code) == reason


def test_state_land_may_be_for_building_but_no_homestead():
    assert identifiers.check("cadastral_parcel", "990101001002GB00017") is None
    assert identifiers.check("real_estate_unit", "990101001002GB00017W00000000") is None


def test_a_county_sets_its_own_pattern():
    assert identifiers.check("^[0-9]{6}-[0-9]{4}$", "990101-0001") is None


@given(st.from_regex(r"99010119[0-9]{2}0[1-9][0-2][1-8][0-9]{3}", fullmatch=True), st.data())
def test_one_wrong_digit_of_a_citizen_id_never_passes(first_17, data):
    code = first_17 + identifiers.citizen_id_check_digit(first_17)
    assert identifiers.check("citizen_id", code) is None
    at = data.draw(st.integers(0, 16))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != code[at]]))
    assert identifiers.check("citizen_id", code[:at] + other + code[at + 1 :]) is not None


@given(st.text(max_size=30))
def test_any_text_is_judged_and_masked_without_a_fault(text):
    for structure in identifiers.STRUCTURES:
        identifiers.check(structure, text)
        masked = identifiers.mask(structure, text)
        assert masked == "****" or len(masked) == len(text)


def test_masking_keeps_only_the_harmless_ends():
    assert identifiers.mask("citizen_id", "990101199001010019") == "990101********0019"
    assert identifiers.mask("telephone", "13812345678") == "138****5678"
    assert identifiers.mask("citizen_id", "P1234567") == "****"
    assert identifiers.mask(None, "anything") == "****"


def test_every_published_division_and_township_stands(shared_data: Path):
    folder = shared_data / "placenames" / "modood"
    for structure, name in (("division", "areas.csv"), ("township", "streets.csv")):
        with (folder / name).open(encoding="utf-8") as file:
            codes = [row["code"] for row in csv.DictReader(file)]
        assert len(codes) > 2900
        # 350527000 stands for a county without townships under this administration.
        refused = {code for code in codes if identifiers.check(structure, code)}
        assert refused <= {"350527000"}
