"""Records go in checked and come out as they were."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from survey_files import SRID, VILLAGE, operations, outline
from xiangtu import store
from xiangtu.errors import BadFile, BadInput
from xiangtu.geo import blobs
from xiangtu.store.identity import is_uuid, new_uuid


def test_a_record_comes_back_as_it_went_in(county):
    uuid = county.insert(
        "farmland",
        {"village": VILLAGE, "name": "坡地", "horizontal_accuracy_m": 0.013, "satellites": 21},
        outline(0),
    )
    record = county.get("farmland", uuid)
    assert record["uuid"] == uuid
    assert is_uuid(uuid)
    assert record["name"] == "坡地"
    assert record["horizontal_accuracy_m"] == 0.013
    assert record["satellites"] == 21
    assert record["geometry"].equals(outline(0))
    assert record["geometry"].geom_type == "MultiPolygon"
    assert record["surveyor"] == "王芳"
    assert record["device"] == county.device_id
    assert record["utc_offset_min"] == 480
    assert record["created_at"] == record["updated_at"]
    assert record["created_at"].endswith("Z")


def test_what_is_not_there_is_none(county):
    assert county.get("farmland", new_uuid()) is None


def test_areas_are_computed_when_a_record_is_written_and_follow_its_shape(county):
    uuid = county.insert("farmland", {}, outline(0, 0, 40, 50))
    record = county.get("farmland", uuid)
    assert record["area_m2"] == 2000.0
    assert record["area_mu"] == 3.0
    assert record["area_ellipsoid_m2"] == pytest.approx(2000, rel=1e-3)
    county.update("farmland", uuid, {}, outline(0, 0, 40, 25))
    assert county.get("farmland", uuid)["area_m2"] == 1000.0
    assert county.get("farmland", uuid)["area_mu"] == 1.5
    county.update("farmland", uuid, {"name": "x"})
    assert county.get("farmland", uuid)["area_m2"] == 1000.0
    county.update("farmland", uuid, {}, None)
    record = county.get("farmland", uuid)
    assert record["geometry"] is None
    assert record["area_m2"] is None


def test_areas_follow_in_a_quiet_update_too(county):
    uuid = county.insert("farmland", {}, outline(0, 0, 40, 50))
    with county.atomic(quiet=True):
        county.update("farmland", uuid, {}, outline(0, 0, 10, 10))
    assert county.get("farmland", uuid)["area_m2"] == 100.0


def test_areas_left_empty_by_others_are_computed_at_opening(county_path):
    with store.open(county_path) as file:
        uuid = file.insert("farmland", {}, outline(0, 0, 40, 50))
        blob = blobs.encode_one(shapely.multipolygons([outline(0, 0, 10, 10)]), SRID)
        file.connection.execute("UPDATE farmland SET geometry = ?", (blob,))
        assert file.get("farmland", uuid)["area_m2"] is None
    with store.open(county_path) as file:
        assert file.get("farmland", uuid)["area_m2"] == 100.0
        assert file.refresh_derived() == 0
        assert operations(file, uuid) == ["insert", "update"]


def test_lengths_are_computed(county):
    uuid = county.insert("route", {}, shapely.LineString([(450000, 4e6), (450003, 4e6 + 4)]))
    assert county.get("route", uuid)["length_m"] == 5.0


def test_a_damaged_outline_does_not_hide_those_around_it(county):
    sound = county.insert("farmland", {"name": "a"}, shapely.box(0, 0, 10, 10))
    with county.atomic(quiet=True):
        broken = county.insert("farmland", {"name": "b"}, shapely.box(2, 2, 8, 8))
        county.connection.execute("DROP TRIGGER ggu_farmland_geometry")
        county.connection.execute(
            "UPDATE farmland SET geometry = substr(geometry, 1, 20) WHERE uuid = ?", (broken,)
        )
    with county.atomic():
        county.connection.execute("DELETE FROM idx_farmland_geometry")
        county.connection.execute(
            "INSERT INTO idx_farmland_geometry SELECT fid, 0, 10, 0, 10 FROM farmland"
        )
    assert county.within("farmland", (0, 0, 10, 10)) == [sound]


@pytest.mark.parametrize(
    ("layer", "field", "value", "expected"),
    [
        ("farmland", "horizontal_accuracy_m", "wide", "type.real"),
        ("farmland", "horizontal_accuracy_m", "1.5", "type.real"),
        ("farmland", "horizontal_accuracy_m", math.nan, "type.real"),
        ("farmland", "satellites", 1.5, "type.integer"),
        ("farmland", "satellites", "7", "type.integer"),
        ("farmland", "satellites", 2**63, "type.integer"),
        ("farmland", "name", 5, "type.text"),
        ("farmland", "began_on", "2026-13-01", "type.date"),
        ("farmland", "began_on", "1.5.2026", "type.date"),
        ("farmland", "measured_at", "yesterday", "type.datetime"),
        ("house", "homestead_uuid", "not-a-uuid", "type.reference"),
        ("attachment", "record", "../../etc/passwd", "type.reference"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(county, layer, field, value, expected):
    with pytest.raises(BadInput, match=r"value\.type") as told:
        county.insert(layer, {field: value})
    assert told.value.facts["field"] == field
    assert told.value.facts["layer"] == layer
    assert told.value.facts["expected"] == expected
    assert county.connection.execute(f"SELECT count(*) FROM {layer}").fetchone() == (0,)


def test_values_of_the_right_type_are_taken(county):
    when = datetime(2026, 5, 1, 8, 30, tzinfo=UTC)
    uuid = county.insert(
        "farmland",
        {"began_on": date(2026, 5, 1), "measured_at": when, "satellites": np.int64(12)},
    )
    record = county.get("farmland", uuid)
    assert record["began_on"] == "2026-05-01"
    assert record["measured_at"] == "2026-05-01T08:30:00Z"
    assert record["satellites"] == 12


@pytest.mark.parametrize("field", ["nonsense", "area_m2", "created_at", "fid", "uuid", "geometry"])
def test_a_field_that_is_not_the_callers_to_write_is_refused(county, field):
    with pytest.raises(BadInput, match=r"field\.unknown"):
        county.insert("farmland", {field: None})


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        (shapely.Point(450000, 3900000), "geometry.kind"),
        (shapely.Polygon(), "geometry.empty"),
        (shapely.Polygon([(0, 0), (1, math.inf), (1, 1)]), "geometry.not_finite"),
    ],
)
def test_a_geometry_that_cannot_stand_is_refused_before_a_trigger_ends_the_transaction(
    county, geometry, code
):
    with county.atomic():
        first = county.insert("farmland", {}, outline(0))
        with pytest.raises(BadInput) as told:
            county.insert("farmland", {}, geometry)
        assert told.value.code == code
        second = county.insert("farmland", {}, outline(50))
    assert county.get("farmland", first)
    assert county.get("farmland", second)


def test_a_geometry_for_a_layer_without_is_refused(county):
    with pytest.raises(BadInput, match=r"geometry\.not_expected"):
        county.insert("household", {}, outline(0))


def test_an_invalid_outline_is_stored_as_it_was_measured(county):
    """It is a finding, not a lost record."""
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    uuid = county.insert("farmland", {}, bow)
    stored = county.get("farmland", uuid)["geometry"]
    assert shapely.get_coordinates(stored).tolist() == shapely.get_coordinates(bow).tolist()


def test_two_records_with_one_code_both_stay(county):
    code = "9901011012010100001"
    county.insert_many("farmland", [{"code": code}, {"code": code}])
    assert len(list(county.select("farmland", "code = ?", (code,)))) == 2


def test_a_given_uuid_is_kept_and_never_given_twice(county):
    uuid = new_uuid()
    assert county.insert("farmland", {"name": "a"}, uuid=uuid) == uuid
    with pytest.raises(BadInput, match=r"record\.exists") as told:
        county.insert_many("farmland", [{}, {}], uuids=[None, uuid])
    assert told.value.facts["uuid"] == uuid
    assert [each["name"] for each in county.select("farmland")] == ["a"]


_SOUND = "01a21568-b606-7c13-80de-7586618620c3"


@pytest.mark.parametrize("uuid", ["", "x", _SOUND.upper(), f"{_SOUND}_1", "0" * 36])
def test_a_malformed_uuid_is_refused(county, uuid):
    with pytest.raises(BadInput, match=r"uuid\.malformed"):
        county.insert("farmland", {}, uuid=uuid)


def test_changing_or_deleting_what_is_not_there_is_told(county):
    with pytest.raises(BadInput, match=r"record\.missing"):
        county.update("farmland", new_uuid(), {"name": "x"})
    with pytest.raises(BadInput, match=r"record\.missing"):
        county.delete("farmland", new_uuid())


def test_select_reads_the_columns_asked_for(county):
    county.insert_many("farmland", [{"name": "a"}, {"name": "b"}], [outline(0), None])
    rows = list(county.select("farmland", "name > ? ORDER BY name", ("",), ("name", "geometry")))
    assert [set(row) for row in rows] == [{"name", "geometry"}] * 2
    assert rows[0]["geometry"].equals(outline(0))
    assert rows[1]["geometry"] is None
    with pytest.raises(BadInput, match=r"field\.unknown"):
        list(county.select("farmland", columns=("nonsense",)))


def test_arrays_hold_columns_and_geometries_in_the_same_order(county):
    uuids = county.insert_many(
        "farmland",
        [{"name": str(number), "satellites": number or None} for number in range(3)],
        [outline(0), None, outline(50)],
    )
    columns, shapes = county.arrays("farmland", ("uuid", "name", "satellites"))
    assert columns["uuid"].tolist() == uuids
    assert columns["name"].dtype == object
    assert columns["satellites"].dtype == float
    assert math.isnan(columns["satellites"][0])
    assert columns["satellites"][1:].tolist() == [1.0, 2.0]
    assert [shape is None for shape in shapes] == [False, True, False]
    columns, shapes = county.arrays("farmland", where="name = '7'")
    assert len(columns["uuid"]) == len(shapes) == 0
    columns, shapes = county.arrays("household")
    assert len(shapes) == 0


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.integers(-500, 500), st.integers(-500, 500)), max_size=30),
    st.tuples(st.integers(-500, 500), st.integers(-500, 500)),
)
def test_what_is_found_within_bounds_is_what_meets_them(county, places, corner):
    """The index's 32-bit floats (half a metre in a northing) show nowhere."""
    with county.atomic():
        for uuid in [row["uuid"] for row in county.select("farmland", columns=("uuid",))]:
            county.delete("farmland", uuid)
        county.insert_many(
            "farmland", ({} for _ in places), [outline(x * 0.1, y * 0.1, 3, 3) for x, y in places]
        )
        window = outline(corner[0] * 0.1, corner[1] * 0.1, 3, 3)
        expected = {
            row["uuid"]
            for row in county.select("farmland", columns=("uuid", "geometry"))
            if shapely.box(*row["geometry"].bounds).intersects(window)
        }
        assert set(county.within("farmland", window.bounds)) == expected


def test_many_are_inserted_in_one_transaction_or_none(county):
    rows = [{"name": str(number)} for number in range(5000)]
    rows.append({"name": 7})
    with pytest.raises(BadInput):
        county.insert_many("farmland", rows)
    assert list(county.select("farmland")) == []
    assert len(county.insert_many("farmland", rows[:-1])) == 5000


class TestTransactions:
    def test_blocks_nest_and_an_inner_one_can_fail_alone(self, county):
        with county.atomic():
            kept = county.insert("farmland", {})
            with pytest.raises(RuntimeError), county.atomic():
                lost = county.insert("farmland", {})
                raise RuntimeError
            assert county.get("farmland", lost) is None
        assert county.get("farmland", kept)

    def test_an_outer_block_takes_everything_back(self, county):
        with pytest.raises(RuntimeError), county.atomic():
            with county.atomic():
                lost = county.insert("farmland", {})
            raise RuntimeError
        assert county.get("farmland", lost) is None
        assert county.history(lost) == []

    def test_nothing_is_half_written_after_a_trigger_rolled_back(self, county):
        """SpatiaLite's constraint triggers end the whole transaction; who goes on regardless
        must not write half of what was meant."""
        with pytest.raises(BadFile, match=r"file\.rolled_back"), county.atomic():
            before = county.insert("farmland", {})
            with pytest.raises(Exception, match="violates Geometry constraint"), county.atomic():
                county.connection.execute("INSERT INTO farmland (geometry) VALUES (x'00')")
            county.connection.execute("INSERT INTO farmland (name) VALUES ('after')")
        assert county.get("farmland", before) is None
        assert list(county.select("farmland")) == []
        assert not county.connection.in_transaction
        assert county.get("farmland", county.insert("farmland", {}))

    def test_quiet_writes_leave_no_journal(self, county):
        with county.atomic(quiet=True):
            uuid = county.insert("farmland", {}, outline(0))
            county.update("farmland", uuid, {"name": "x"})
        assert county.history(uuid) == []
        county.update("farmland", uuid, {"name": "y"})
        assert operations(county, uuid) == ["update"]

    def test_quiet_ends_with_its_block_even_when_it_fails(self, county):
        with county.atomic():
            with pytest.raises(RuntimeError), county.atomic(quiet=True):
                raise RuntimeError
            heard = county.insert("farmland", {})
            with county.atomic(quiet=True):
                with county.atomic(quiet=True):
                    pass
                unheard = county.insert("farmland", {})
        assert operations(county, heard) == ["insert"]
        assert county.history(unheard) == []

    def test_no_other_connection_ever_sees_the_quiet_mark(self, county):
        with county.atomic(quiet=True):
            county.insert("farmland", {})
            with store.open(county.path, readonly=True) as other:
                assert other.connection.execute("SELECT quiet FROM session").fetchone() == (0,)
        assert county.connection.execute("SELECT quiet FROM session").fetchone() == (0,)
