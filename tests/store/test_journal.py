"""Every edit, by whomever, stands in the journal; merge alone is quiet."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from survey_files import SRID, operations, outline
from xiangtu import store
from xiangtu.geo import blobs
from xiangtu.store import spatial_functions
from xiangtu.store.identity import is_uuid, new_uuid


def blob(x: float = 0.0) -> bytes:
    made = blobs.encode_one(shapely.multipolygons([outline(x)]), SRID)
    assert made is not None
    return made


@pytest.fixture(params=[False, True], ids=["", "recursive"])
def other(request, county):
    """Plain SQL in a program of its own, recursive triggers on or off."""
    with closing(sqlite3.connect(county.path, isolation_level=None)) as connection:
        spatial_functions.register(connection)
        connection.execute(f"PRAGMA recursive_triggers = {int(request.param)}")
        yield connection


def changes(county) -> list[tuple[str, str]]:
    return county.connection.execute("SELECT operation, layer FROM change ORDER BY id").fetchall()


def test_an_insert_journals_each_value_that_is_not_null(county, other):
    other.execute(
        "INSERT INTO farmland (name, horizontal_accuracy_m, geometry) VALUES ('坡地', 0.1, ?)",
        (blob(),),
    )
    (record,) = county.select("farmland")
    (entry,) = county.history(record["uuid"])
    assert entry.operation == "insert"
    assert entry.layer == "farmland"
    assert entry.author == "王芳"
    assert entry.device == county.device_id
    assert entry.utc_offset_min == 480
    assert entry.number == 1
    assert entry.live
    assert {each.field: (each.old, each.new) for each in entry.values} == {
        "name": (None, "坡地"),
        "horizontal_accuracy_m": (None, 0.1),
        "geometry": (None, blob()),
    }
    assert is_uuid(entry.uuid)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry.time)
    assert record["surveyor"] == "王芳"
    assert record["device"] == county.device_id
    assert record["created_at"] == record["updated_at"] == entry.time
    assert record["utc_offset_min"] == 480


def test_an_update_journals_every_column_of_each_unit_that_changed(county, other):
    uuid = county.insert("farmland", {"name": "a", "remark": "r", "fix_type": "single"}, outline(0))
    other.execute("UPDATE farmland SET name = 'b', remark = 'r', fix_type = 'rtk_fixed'")
    entry = county.history(uuid)[-1]
    assert entry.operation == "update"
    values = {each.field: (each.old, each.new) for each in entry.values}
    assert values.pop("name") == ("a", "b")
    assert values["fix_type"] == ("single", "rtk_fixed")
    assert values["geometry"] == (blob(), blob())
    assert set(values) == set(county.catalogue.layers["farmland"].units["geometry"])
    record = county.get("farmland", uuid)
    assert record["updated_at"] == entry.time
    # Measuring anew how it was measured does not touch the shape.
    assert record["area_m2"] == 400.0


def test_an_update_that_changes_nothing_journals_nothing(county, other):
    uuid = county.insert("farmland", {"name": "a"}, outline(0))
    before = county.get("farmland", uuid)
    other.execute("UPDATE farmland SET name = 'a', remark = NULL, geometry = ?", (blob(),))
    assert operations(county, uuid) == ["insert"]
    assert county.get("farmland", uuid)["updated_at"] == before["updated_at"]


def test_values_are_told_apart_by_is_not(county, other):
    uuid = county.insert("farmland", {"name": None, "remark": ""})
    other.execute("UPDATE farmland SET name = '', remark = NULL")
    values = {each.field: (each.old, each.new) for each in county.history(uuid)[-1].values}
    assert values == {"name": (None, ""), "remark": ("", None)}


def test_a_delete_journals_the_last_values(county, other):
    uuid = county.insert("farmland", {"name": "a"}, outline(0))
    other.execute("DELETE FROM farmland")
    entry = county.history(uuid)[-1]
    assert entry.operation == "delete"
    assert {each.field: (each.old, each.new) for each in entry.values} == {
        "name": ("a", None),
        "geometry": (blob(), None),
    }


def test_deleting_a_parent_deletes_its_parts_each_journalled(county, other):
    homestead = county.insert("homestead", {}, outline(0))
    house = county.insert("house", {"homestead_uuid": homestead}, outline(2))
    point = county.insert("boundary_point", {"homestead_uuid": homestead})
    photo = county.attach(house, "house", b"\xff\xd8\xff picture", role="overview")
    others = county.insert("house", {"homestead_uuid": new_uuid()})
    household = county.insert("household", {})
    other.execute("DELETE FROM homestead")
    for layer, uuid in (
        ("homestead", homestead),
        ("house", house),
        ("boundary_point", point),
        ("attachment", photo),
    ):
        assert county.get(layer, uuid) is None
        assert operations(county, uuid) == ["insert", "delete"]
    assert county.get("house", others)
    assert county.get("household", household)


def test_a_quiet_delete_deletes_no_parts(county):
    homestead = county.insert("homestead", {}, outline(0))
    house = county.insert("house", {"homestead_uuid": homestead})
    with county.atomic(quiet=True):
        county.delete("homestead", homestead)
    assert county.get("house", house)


def test_a_changed_shape_empties_what_is_derived_from_it(county, other):
    uuid = county.insert("farmland", {}, outline(0))
    other.execute("UPDATE farmland SET geometry = ?", (blob(50),))
    assert county.get("farmland", uuid)["area_m2"] is None
    assert county.refresh_derived("farmland") == 1
    assert county.get("farmland", uuid)["area_m2"] == 400.0
    assert operations(county, uuid) == ["insert", "update"]
    assert "area_m2" not in {each.field for each in county.history(uuid)[-1].values}


def test_numbers_run_per_device(county, other):
    first = county.insert("farmland", {})
    county.sign_in(device="another")
    second = county.insert("farmland", {})
    county.sign_in()
    other.execute("UPDATE farmland SET name = 'x'")
    numbers = county.connection.execute("SELECT device, number FROM change ORDER BY id").fetchall()
    own = county.device_id
    assert numbers == [(own, 1), ("another", 1), (own, 2), (own, 3)]
    assert county.get("farmland", first)["device"] == own
    assert county.get("farmland", second)["device"] == own


@pytest.mark.parametrize("given", [None, "", "7", "x" * 36, b"blob"])
def test_a_missing_or_malformed_uuid_is_replaced(county, other, given):
    other.execute("INSERT INTO farmland (uuid, name) VALUES (?, 'n')", (given,))
    (record,) = county.select("farmland")
    assert is_uuid(record["uuid"])
    assert operations(county, record["uuid"]) == ["insert"]
    assert county.connection.execute("SELECT count(*) FROM lineage").fetchone() == (0,)


def test_uuids_made_by_the_table_are_of_version_7_and_of_now(county, other):
    other.execute("INSERT INTO farmland DEFAULT VALUES")
    other.execute("INSERT INTO farmland (name) VALUES ('n')")
    first, second = (record["uuid"] for record in county.select("farmland"))
    assert first != second
    assert first[14] == second[14] == "7"
    made = int(first.replace("-", "")[:12], 16)
    now = int(new_uuid().replace("-", "")[:12], 16)
    assert 0 <= now - made < 60_000


@pytest.mark.parametrize("version", "12345678")
def test_any_sound_uuid_is_kept(county, other, version):
    uuid = f"01900000-0000-{version}000-8000-000000000001"
    other.execute("INSERT INTO farmland (uuid) VALUES (?)", (uuid,))
    assert operations(county, uuid) == ["insert"]


def test_the_second_part_of_a_split_says_where_it_came_from(county, other):
    uuid = county.insert("farmland", {"name": "a"}, outline(0))
    other.execute("INSERT INTO farmland (uuid, name) VALUES (?, 'b')", (f"{uuid}_1",))
    (record,) = county.select("farmland", "name = 'b'")
    assert is_uuid(record["uuid"])
    assert record["uuid"] != uuid
    assert county.connection.execute(
        "SELECT layer, parent, child, kind, author, device FROM lineage"
    ).fetchall() == [("farmland", uuid, record["uuid"], "split", "王芳", county.device_id)]


def test_a_merge_too_gets_only_sound_uuids(county):
    with county.atomic(quiet=True):
        county.connection.execute("INSERT INTO farmland (uuid) VALUES ('malformed')")
    (record,) = county.select("farmland")
    assert is_uuid(record["uuid"])
    assert county.history(record["uuid"]) == []


@pytest.mark.parametrize("key", ["uuid", "fid"])
@pytest.mark.parametrize("way", ["INSERT OR REPLACE", "REPLACE"])
def test_replacing_a_record_is_refused(county, other, key, way):
    uuid = county.insert("farmland", {"name": "a"})
    value = uuid if key == "uuid" else 1
    with pytest.raises(sqlite3.IntegrityError, match="exists"):
        other.execute(f"{way} INTO farmland ({key}, name) VALUES (?, 'b')", (value,))
    with pytest.raises(sqlite3.IntegrityError, match="never change"):
        county.insert("farmland", {})
        other.execute(f"UPDATE OR REPLACE farmland SET {key} = ? WHERE name IS NULL", (value,))
    assert county.get("farmland", uuid)["name"] == "a"
    assert operations(county, uuid) == ["insert"]


def test_a_uuid_never_changes(county, other):
    uuid = county.insert("farmland", {})
    for new in (new_uuid(), None, "x"):
        with pytest.raises(sqlite3.IntegrityError):
            other.execute("UPDATE farmland SET uuid = ?", (new,))
    assert county.get("farmland", uuid)


def test_what_is_pasted_does_not_keep_the_bookkeeping_of_its_source(county, other):
    other.execute(
        "INSERT INTO farmland (name, surveyor, device, created_at, updated_at, utc_offset_min) "
        "VALUES ('p', 'somebody', 'elsewhere', '2001-01-01', '2001-01-01', 5)"
    )
    (record,) = county.select("farmland")
    (entry,) = county.history(record["uuid"])
    assert record["surveyor"] == "王芳"
    assert record["device"] == county.device_id
    assert record["created_at"] == record["updated_at"] == entry.time
    assert record["utc_offset_min"] == 480
    assert [each.field for each in entry.values] == ["name"]


def test_a_column_somebody_added_is_left_alone_and_journalled(county_path):
    with closing(sqlite3.connect(county_path)) as connection, connection:
        connection.execute("ALTER TABLE farmland ADD COLUMN soil TEXT")
    with store.open(county_path) as file:
        uuid = file.insert("farmland", {})
        file.connection.execute("UPDATE farmland SET soil = 'loess'")
        assert [(each.field, each.new) for each in file.history(uuid)[-1].values] == [
            ("soil", "loess")
        ]
    with store.open(county_path) as file:
        assert file.missing_triggers() == []
        assert file.repaired == ()
        assert file.connection.execute("SELECT soil FROM farmland").fetchone() == ("loess",)


def test_the_journal_needs_built_in_functions_only(county):
    """A program that knows nothing of ours or of SpatiaLite edits what has no geometry."""
    with closing(sqlite3.connect(county.path, isolation_level=None)) as bare:
        bare.execute("INSERT INTO household (address) VALUES ('a')")
        bare.execute("UPDATE household SET address = 'b'")
        (uuid,) = bare.execute("SELECT uuid FROM household").fetchone()
        bare.execute("DELETE FROM household")
    assert operations(county, uuid) == ["insert", "update", "delete"]


_TEXT = st.none() | st.sampled_from(["", "a", "b", "坡"])
_STEP = st.one_of(
    st.tuples(st.just("insert"), _TEXT, _TEXT),
    st.tuples(st.just("update"), _TEXT, _TEXT),
    st.tuples(st.just("shape"), st.integers(0, 3), st.none()),
    st.tuples(st.just("delete"), st.none(), st.none()),
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 2), _STEP), max_size=12))
def test_the_journal_replayed_gives_the_table(county, steps):
    with county.atomic():
        for row in list(county.select("farmland", columns=("uuid",))):
            county.delete("farmland", row["uuid"])
        (start,) = county.connection.execute("SELECT coalesce(max(id), 0) FROM change").fetchone()
        known: dict[int, str] = {}
        for place, (what, one, two) in steps:
            if what == "insert" and place not in known:
                known[place] = county.insert("farmland", {"name": one, "remark": two})
            elif place not in known:
                continue
            elif what == "update":
                county.update("farmland", known[place], {"name": one, "remark": two})
            elif what == "shape":
                shape = None if one == 0 else outline(one)
                county.update("farmland", known[place], {"fix_type": str(one)}, shape)
            elif what == "delete":
                county.delete("farmland", known.pop(place))
        replayed: dict[str, dict[str, object]] = {}
        for change, operation, record in county.connection.execute(
            "SELECT id, operation, record FROM change WHERE id > ? ORDER BY id", (start,)
        ).fetchall():
            if operation == "delete":
                del replayed[record]
                continue
            values = replayed.setdefault(record, {})
            for field, old, new in county.connection.execute(
                "SELECT field, old, new FROM change_value WHERE change = ?", (change,)
            ):
                assert values.get(field) == old
                values[field] = new
        columns = county.catalogue.layers["farmland"].columns
        listed = ", ".join(f'"{column}"' for column in columns)
        stored = {
            uuid: dict(zip(columns, values, strict=True))
            for uuid, *values in county.connection.execute(f"SELECT uuid, {listed} FROM farmland")
        }
        assert stored == {
            uuid: {column: values.get(column) for column in columns}
            for uuid, values in replayed.items()
        }
