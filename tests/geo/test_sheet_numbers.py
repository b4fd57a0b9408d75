"""Sheet numbers of GB/T 13989: the domain's computed examples, and what must hold everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xiangtu.errors import BadInput
from xiangtu.geo.sheet_numbers import SCALES, sheet_number

#: Rows and columns of a sheet of 1:1 000 000 by scale, as the standard counts them.
_DIVISIONS = {500_000: 2, 250_000: 4, 100_000: 12, 50_000: 24, 25_000: 48, 10_000: 96,
              5_000: 192, 2_000: 576}  # fmt: skip


@pytest.mark.parametrize(
    ("scale", "number"),
    [
        (1_000_000, "I50"),
        (50_000, "I50E004011"),
        (10_000, "I50G015041"),
        (5_000, "I50H029081"),
        (2_000, "I50I087241"),
    ],
)
def test_sheets_of_a_place(scale: int, number: str) -> None:
    assert sheet_number(116.5, 35.4, scale) == number


@given(
    st.floats(72, 138, exclude_max=True),
    st.floats(0, 56, exclude_max=True),
    st.sampled_from(sorted(_DIVISIONS)),
)
def test_a_place_lies_on_the_sheet_that_its_number_says(
    longitude: float, latitude: float, scale: int
) -> None:
    number = sheet_number(longitude, latitude, scale)
    division = _DIVISIONS[scale]
    row, column = int(number[4:7]), int(number[7:])
    assert 1 <= row <= division and 1 <= column <= division
    south = (ord(number[0]) - ord("A")) * 4 + (division - row) * 4 / division
    west = (int(number[1:3]) - 31) * 6 + (column - 1) * 6 / division
    assert south - 1e-9 <= latitude <= south + 4 / division + 1e-9
    assert west - 1e-9 <= longitude <= west + 6 / division + 1e-9


def test_the_south_western_corner_begins_the_last_row_and_first_column() -> None:
    assert sheet_number(114, 32, 500_000) == "I50B002001"
    assert sheet_number(119.999, 35.999, 500_000) == "I50B001002"


def test_what_has_no_sheet_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        sheet_number(116.5, 35.4, 3_000)
    assert refused.value.code == "sheet.scale" and str(SCALES[-1]) in refused.value.facts["known"]
    for place in ((181, 30), (116, 88), (float("nan"), 30)):
        with pytest.raises(BadInput) as refused:
            sheet_number(*place, 10_000)
        assert refused.value.code == "sheet.place"
