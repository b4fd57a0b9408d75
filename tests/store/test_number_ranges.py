"""New codes come out of the ranges that were reserved for the device, after those in use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from survey_files import SRID
from xiangtu import catalogue, store
from xiangtu.errors import BadInput

PREFIX = "99010110120101"


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[store.SurveyFile]:
    with store.create(
        tmp_path / "survey.sqlite", catalogue.load(), SRID, role="tablet", county="990101"
    ) as file:
        file.connection.executemany(
            "INSERT INTO number_range (device, layer, prefix, first, last) VALUES (?, ?, ?, ?, ?)",
            [
                (file.device_id, "farmland", PREFIX, 101, 103),
                (file.device_id, "farmland", PREFIX, 301, 302),
                ("another", "farmland", PREFIX, 1, 99),
                (file.device_id, "relic", "990101-", 7, 8),
            ],
        )
        yield file


def test_codes_run_through_the_ranges_and_end(tablet):
    codes = []
    for _ in range(5):
        code = tablet.next_code("farmland", PREFIX)
        tablet.insert("farmland", {"code": code})
        codes.append(code)
    assert codes == [f"{PREFIX}{number:05d}" for number in (101, 102, 103, 301, 302)]
    with pytest.raises(BadInput, match=r"number_range\.used_up"):
        tablet.next_code("farmland", PREFIX)


def test_a_code_in_use_elsewhere_in_the_range_is_passed_over(tablet):
    tablet.insert("farmland", {"code": f"{PREFIX}00102"})
    tablet.insert("farmland", {"code": f"{PREFIX}00050"})
    tablet.insert("farmland", {"code": f"{PREFIX}xxxxx"})
    assert tablet.next_code("farmland", PREFIX) == f"{PREFIX}00103"


def test_a_code_in_a_draft_is_in_use(tablet):
    record = "01900000-0000-7000-8000-00000000000a"
    tablet.save_draft(record, "farmland", {"code": f"{PREFIX}00101"})
    assert tablet.next_code("farmland", PREFIX) == f"{PREFIX}00102"


def test_a_relic_has_four_digits(tablet):
    assert tablet.next_code("relic", "990101-") == "990101-0007"


def test_without_a_range_a_tablet_makes_no_codes(tablet):
    with pytest.raises(BadInput, match=r"number_range\.missing"):
        tablet.next_code("farmland", "99010110120102")
    with pytest.raises(BadInput, match=r"layer\.no_key"):
        tablet.next_code("member", "x")


def test_the_county_counts_on(county):
    assert county.next_code("farmland", PREFIX) == f"{PREFIX}00001"
    county.insert("farmland", {"code": f"{PREFIX}00041"})
    assert county.next_code("farmland", PREFIX) == f"{PREFIX}00042"
