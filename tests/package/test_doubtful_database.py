"""A database from outside can only be read, and only as plain tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from xiangtu.errors import BadPackage
from xiangtu.package.doubtful_database import open_doubtful
from xiangtu.store.system_tables import APPLICATION_ID

TABLES = ("farmland", "change")


def make(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


def refused(path: Path) -> BadPackage:
    with pytest.raises(BadPackage) as refusal:
        open_doubtful(path, TABLES, path).close()
    return refusal.value


def test_plain_tables_are_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a", "CREATE TABLE farmland (uuid)", "INSERT INTO farmland VALUES (1)")
    with closing(open_doubtful(path, TABLES, path)) as connection:
        assert connection.execute("SELECT uuid FROM farmland").fetchall() == [(1,)]
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("DELETE FROM farmland")
        with pytest.raises(sqlite3.OperationalError):
            connection.execute("ATTACH ':memory:' AS other")


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (["CREATE VIEW farmland AS SELECT 1 AS uuid"], "reason.view"),
        (["CREATE VIEW FarmLand AS SELECT 1 AS uuid"], "reason.view"),
        (["CREATE TABLE FARMLAND (uuid)"], "reason.view"),
        (["CREATE VIRTUAL TABLE farmland USING fts5(uuid)"], "reason.virtual"),
        (["CREATE TABLE farmland (uuid, b AS (uuid || 'x'))"], "reason.generated"),
        (["CREATE TABLE farmland (uuid, b AS (uuid || 'x') STORED)"], "reason.generated"),
    ],
)
def test_known_name_must_be_a_plain_table(
    tmp_path: Path, statements: list[str], reason: str
) -> None:
    error = refused(make(tmp_path / "a", *statements))
    assert error.code == "package.database_table"
    assert error.facts["name"] == "farmland"
    assert error.facts["reason"] == reason


def test_unknown_names_are_left_alone(tmp_path: Path) -> None:
    path = make(tmp_path / "a", "CREATE VIEW other AS SELECT 1", "CREATE TABLE farmland (uuid)")
    open_doubtful(path, TABLES, path).close()


def test_planted_wal_is_not_read(tmp_path: Path) -> None:
    """A WAL beside the file changes what an ordinary opening sees."""
    path = make(
        tmp_path / "a",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE farmland (uuid)",
        "INSERT INTO farmland VALUES (1)",
    )
    writer = sqlite3.connect(path)
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("DELETE FROM farmland")
    writer.commit()
    assert Path(f"{path}-wal").stat().st_size > 0
    with closing(sqlite3.connect(path)) as ordinary:
        assert ordinary.execute("SELECT count(*) FROM farmland").fetchone() == (0,)
    with closing(open_doubtful(path, TABLES, path)) as connection:
        assert connection.execute("SELECT count(*) FROM farmland").fetchone() == (1,)
    writer.close()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def scribbled(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:8192] = b"\xff" * 4096
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.write_bytes(b""), "reason.no_sqlite"),
        (lambda path: path.write_bytes(b"not a database" * 100), "reason.no_sqlite"),
        (cut, "reason.truncated"),
        (scribbled, None),
    ],
)
def test_damaged_file_is_refused(
    tmp_path: Path, spoil: Callable[[Path], object], reason: str | None
) -> None:
    path = make(
        tmp_path / "a",
        "CREATE TABLE farmland (uuid)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
        "INSERT INTO farmland SELECT 'row number ' || i FROM n",
    )
    spoil(path)
    error = refused(path)
    assert error.code == "package.database"
    assert reason is None or error.facts["reason"] == reason


def test_other_application_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE farmland (uuid)")
    assert refused(path).facts["reason"] == "reason.no_survey"


def test_functions_in_the_schema_are_not_trusted(tmp_path: Path) -> None:
    """An index on an expression may call only what cannot do harm."""
    path = make(tmp_path / "a", "CREATE TABLE farmland (uuid)")
    with closing(open_doubtful(path, TABLES, path)) as connection:
        assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)


def test_value_of_enormous_length_is_refused(tmp_path: Path) -> None:
    path = make(
        tmp_path / "a",
        "CREATE TABLE farmland (uuid)",
        "INSERT INTO farmland VALUES (zeroblob(70000000))",
    )
    with closing(open_doubtful(path, TABLES, path)) as connection, pytest.raises(sqlite3.DataError):
        connection.execute("SELECT uuid FROM farmland").fetchone()


def test_endless_query_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xiangtu.package.doubtful_database._BASE_INSTRUCTIONS", 1_000_000)
    path = make(tmp_path / "a", "CREATE TABLE farmland (uuid)")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with (
        closing(open_doubtful(path, TABLES, path)) as connection,
        pytest.raises(sqlite3.OperationalError, match="interrupted"),
    ):
        connection.execute(endless).fetchone()


def test_text_that_is_no_utf8_does_not_fail(tmp_path: Path) -> None:
    path = make(
        tmp_path / "a",
        "CREATE TABLE farmland (uuid)",
        "INSERT INTO farmland VALUES (CAST(X'C3C328' AS TEXT))",
    )
    with closing(open_doubtful(path, TABLES, path)) as connection:
        (text,) = connection.execute("SELECT uuid FROM farmland").fetchone()
    assert text == "\ufffd\ufffd("
