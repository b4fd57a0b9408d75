"""What a legend has to explain: the classes there are in a place."""

from __future__ import annotations

import pytest
from xiangtu import store
from xiangtu.report.classes_within import FINDING, classes_within

FIRST_VILLAGE = (450_000.0, 3_900_000.0, 451_000.0, 3_901_000.0)
FAR_PARCEL = (459_990.0, 3_899_990.0, 460_020.0, 3_900_020.0)
COLUMNS = {"farmland": "land_use", "homestead": None, "relic": "class", "facility": "kind"}


@pytest.mark.parametrize("indexed", [True, False])
def test_values_of_current_records_within_bounds(county: store.SurveyFile, indexed: bool):
    far = {"farmland": {"0101"}}
    if not indexed:
        # Without an index nobody knows where a record lies: each counts.
        county.connection.execute("UPDATE geometry_columns SET spatial_index_enabled = 0")
        far = {"farmland": {"0101", "0103", "0201"}, "homestead": {None}, "relic": {"0313"}}
    found = classes_within(county, COLUMNS, FAR_PARCEL)
    assert found == far
    within = classes_within(county, COLUMNS, FIRST_VILLAGE)
    assert within["farmland"] >= {"0101", "0103"} and within["homestead"] == {None}
    assert ("0201" in within["farmland"]) != indexed
    assert "facility" not in within


def test_a_record_that_has_ended_or_has_no_value(county: store.SurveyFile):
    county.connection.execute("UPDATE farmland SET land_use = NULL WHERE name = '飞地'")
    assert classes_within(county, COLUMNS, FAR_PARCEL) == {"farmland": {None}}
    county.connection.execute("UPDATE farmland SET ended_on = '2025-01-01' WHERE name = '飞地'")
    assert classes_within(county, COLUMNS, FAR_PARCEL) == {}


def test_a_column_that_the_layer_lacks_makes_one_class(county: store.SurveyFile):
    assert classes_within(county, {"farmland": "colour"}, FAR_PARCEL) == {"farmland": {None}}


def test_open_findings_by_severity(county: store.SurveyFile):
    rows = [
        ("1", "error", 5.0, "open"),
        ("2", "note", 5.0, "accepted"),
        ("3", "note", 50.0, "open"),
    ]
    county.connection.executemany(
        "INSERT INTO finding (id, rule, severity, layer, record, x, y, state, found_at) "
        "VALUES (?, 'rule', ?, 'farmland', 'record', ?, 5.0, ?, '')",
        rows,
    )
    here = (0.0, 0.0, 10.0, 10.0)
    assert classes_within(county, {FINDING: "severity"}, here) == {FINDING: {"error"}}
