"""Values from outside as fields store them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xiangtu import catalogue
from xiangtu.catalogue.model import Field, Label
from xiangtu.importing.values import Misfit, converter

CATALOGUE = catalogue.load()


def convert(kind: str, value: object, **more: object) -> object:
    field = Field("field", kind, Label("", ""), **more)  # type: ignore[arg-type]
    return converter(field, CATALOGUE, lambda parent, text: f"{parent}:{text}")(value)


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("integer", "12", 12),
        ("integer", 12.0, 12),
        ("real", " 1,234.5 ", 1234.5),
        ("real", "-.5e2", -50.0),
        ("text", 13101.0, "13101"),
        ("text", 0.1, "0.1"),
        ("text", "  两端空格 ", "两端空格"),
        ("boolean", "是", 1),
        ("boolean", "2", 0),
        ("boolean", 0, 0),
        ("date", "2024/3/5", "2024-03-05"),
        ("date", "20240305", "2024-03-05"),
        ("date", "2024年3月5日", "2024-03-05"),
        ("date", "2024/03/05 08:30:00+08", "2024-03-05"),
        ("datetime", "2024/03/05 08:30:00+08", "2024-03-05T00:30:00Z"),
        ("datetime", "2024-03-05", "2024-03-05T00:00:00Z"),
    ],
)
def test_a_value_that_fits(kind: str, value: object, stored: object):
    assert convert(kind, value) == stored


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("integer", "12.5", "type"),
        ("integer", "十二", "type"),
        ("real", "12,5", "type"),
        ("real", "nan", "type"),
        ("real", "1_000", "type"),
        ("boolean", "maybe", "type"),
        ("date", "2024-02-30", "date"),
        ("date", "yesterday", "date"),
        ("datetime", "2024-03-05 25:00", "date"),
        ("text", 1.2345678901234568e18, "digits_lost"),
    ],
)
def test_a_value_that_does_not_fit(kind: str, value: object, reason: str):
    with pytest.raises(Misfit) as refused:
        convert(kind, value)
    assert refused.value.reason == reason


def test_a_text_too_long_for_its_field():
    assert convert("text", "四个汉字", length=4) == "四个汉字"
    with pytest.raises(Misfit, match="length"):
        convert("text", "五个汉字啊", length=4)


def test_a_code_by_itself_or_by_either_label():
    assert convert("code", "0103", code_list="land_use") == "0103"
    assert convert("code", "旱地", code_list="land_use") == "0103"
    with pytest.raises(Misfit, match="code"):
        convert("code", "9999", code_list="land_use")


def test_a_land_use_of_the_2007_edition_is_read_as_that_of_2017():
    assert convert("code", "011", code_list="land_use") == "0101"


def test_a_label_that_two_codes_share_says_nothing():
    with pytest.raises(Misfit, match="code"):
        convert("code", "其他方式", code_list="right_obtained")


def test_several_codes_in_the_order_of_their_list():
    codes = list(CATALOGUE.code_lists["damage_natural"].codes)
    assert convert("codes", f"{codes[3]}、{codes[0]}", code_list="damage_natural") == (
        f"{codes[0]};{codes[3]}"
    )


def test_a_reference_is_looked_up_in_its_parent():
    assert convert("reference", 7.0, references="household") == "household:7"


@settings(max_examples=50)
@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_whole_numbers_survive_a_table_of_reals(number: int):
    assert convert("text", float(number)) == str(number)
    assert convert("integer", str(number)) == number
