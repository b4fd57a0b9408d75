"""A layer as it stood at the close of an earlier campaign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from survey_files import outline
from xiangtu import store
from xiangtu.errors import BadInput


def set_time(county: store.SurveyFile, time: str) -> None:
    """Let all changes since the last call have been made at a time."""
    county.connection.execute("UPDATE change SET time = ? WHERE time NOT LIKE '2020-%'", (time,))


def at(county: store.SurveyFile, month: int) -> dict[str, tuple]:
    time = datetime(2020, month, 15, tzinfo=UTC)
    return {
        row["uuid"]: (row["name"], row["area_m2"], row["geometry"] is not None)
        for row in county.as_of("farmland", time)
    }


def test_records_are_as_they_were(county):
    kept = county.insert("farmland", {"name": "a"}, outline(0))
    gone = county.insert("farmland", {"name": "b"})
    set_time(county, "2020-01-01T00:00:00.000Z")
    county.update("farmland", kept, {"name": "c"}, outline(0, 0, 10, 10))
    county.delete("farmland", gone)
    set_time(county, "2020-03-01T00:00:00.000Z")
    county.update("farmland", kept, {"name": None}, None)
    new = county.insert("farmland", {"name": "d"})
    county.insert("household", {})
    set_time(county, "2020-05-01T00:00:00.000Z")

    before = datetime(2019, 1, 1, tzinfo=UTC)
    assert list(county.as_of("farmland", before)) == []
    assert at(county, 2) == {kept: ("a", 400.0, True), gone: ("b", None, False)}
    assert at(county, 4) == {kept: ("c", 100.0, True)}
    assert at(county, 6) == {kept: (None, None, False), new: ("d", None, False)}
    now = {
        row["uuid"]: (row["name"], row["area_m2"], row["geometry"] is not None)
        for row in county.select("farmland")
    }
    assert at(county, 6) == now


def test_a_package_counts_from_when_it_was_merged_until_it_was_undone(county):
    uuid = county.insert("farmland", {"name": "a"})
    set_time(county, "2020-01-01T00:00:00.000Z")
    county.connection.execute(
        "INSERT INTO batch (uuid, number, kind, author, made_at, undone_at, report) "
        "VALUES ('b1', 1, 'merge', 'o', '2020-03-01T00:00:00.000Z', "
        "'2020-05-01T00:00:00.000Z', '')"
    )
    for number, live in ((1, 0), (2, 0)):
        county.connection.execute(
            "INSERT INTO change (id, layer, record, operation, author, device, number, basis, "
            "time, utc_offset_min, batch, live) VALUES (?, 'farmland', ?, 'update', 't', 'd', ?, "
            "'', '2020-01-02T00:00:00.000Z', 0, 'b1', ?)",
            (100 + number, uuid if number == 1 else "held", number, live),
        )
        county.connection.execute(
            "INSERT INTO change_value (change, field, old, new) VALUES (?, 'name', 'a', 'b')",
            (100 + number,),
        )
    county.connection.execute(
        "INSERT INTO held (batch, layer, record, code, facts) "
        "VALUES ('b1', 'farmland', 'held', 'x', '{}')"
    )
    assert at(county, 2)[uuid][0] == "a"
    assert at(county, 4)[uuid][0] == "b"
    assert at(county, 6)[uuid][0] == "a"
    assert "held" not in at(county, 4)


def test_the_zone_of_the_time_is_heeded(county):
    uuid = county.insert("farmland", {})
    set_time(county, "2020-01-01T00:00:00.000Z")
    beijing = timezone(timedelta(hours=8))
    assert list(county.as_of("farmland", datetime(2020, 1, 1, 7, 59, tzinfo=beijing))) == []
    (row,) = county.as_of("farmland", datetime(2020, 1, 1, 8, 0, tzinfo=beijing))
    assert row["uuid"] == uuid
    with pytest.raises(BadInput, match=r"time\.no_zone"):
        list(county.as_of("farmland", datetime(2020, 1, 1)))
