"""Conditions: what they say, and what is refused with a reason."""

from __future__ import annotations

import ast
import sqlite3
from datetime import date
from pathlib import Path

import pytest
from xiangtu import words
from xiangtu.catalogue import expression
from xiangtu.errors import BadInput

COLUMNS = {
    "name": "text",
    "kind": "code",
    "born": "date",
    "count": "integer",
    "flag": "boolean",
    "size": "real",
    "id_number": "masked",
}


@pytest.mark.parametrize(
    ("sql", "values", "expected"),
    [
        ("kind = '1'", {"kind": "1"}, True),
        ("kind = '1'", {"kind": None}, None),
        ("kind = '1'", {}, None),
        ("flag", {"flag": 1}, True),
        ("NOT kind = '1'", {"kind": "2"}, True),
        ("kind IN ('1', '2')", {"kind": "3"}, False),
        ("born <= @today", {"born": "2026-03-14"}, True),
        ("born <= @today", {"born": "2026-03-15"}, False),
        ("(kind = '1') = (coalesce(size, 0) > 0)", {"kind": "1", "size": None}, False),
        ("(kind = '1') = (coalesce(size, 0) > 0)", {"kind": "2", "size": None}, True),
        ("size / 2 > 2.4", {"size": 5}, True),
        ("substr(name, 1, 2) = '99'", {"name": "9901"}, True),
        ("regexp_match(name, '^[0-9]{2}$')", {"name": "12"}, True),
        ("regexp_match(name, '^[0-9]{2}$')", {"name": "123"}, False),
        ("regexp_match(name, '^[0-9]{2}$')", {"name": None}, None),
        ("name || count = 'a1'", {"name": "a", "count": 1}, True),
        ("CASE WHEN count > 1 THEN kind = '1' ELSE 1 END", {"count": 0}, True),
        ("1", {}, True),
    ],
)
def test_a_condition_says(sql: str, values: dict, expected: bool | None):
    expression.check(sql, COLUMNS)
    assert expression.evaluate(sql, values, date(2026, 3, 14)) is expected


REFUSED = [
    ("name LIKE 'a%'", "pattern"),
    ("name REGEXP 'a'", "pattern"),
    ("name GLOB 'a'", "pattern"),
    ("count BETWEEN 1 AND 2", "word"),
    ("CAST(count AS TEXT) = '1'", "function"),
    ("count == 1", "sign"),
    ("count != 1", "sign"),
    ("count = 1; DROP TABLE x", "sign"),
    ("count = 1 -- and so on", "minus"),
    ('name = "a"', "sign"),
    ("ifnull(count, 1) = 1", "function"),
    ("iif(flag, 1, 0)", "function"),
    ("instr(name, 'a') > 0", "function"),
    ("date('now') > born", "function"),
    ("max(count, 1) > 0", "function"),
    ("load_extension('x')", "function"),
    ("flag = true", "truth"),
    ("flag IS 1", "is"),
    ("count IN (1, NULL)", "in"),
    ("count IN (SELECT 1)", "word"),
    ("count IN ()", "unexpected"),
    ("- count > 1", "minus"),
    ("count = 1 = 1", "chained"),
    ("count < 3 = flag", "chained"),
    ("name = NULL", "null"),
    ("name = 1", "text_with_number"),
    ("kind = 1", "text_with_number"),
    ("count = '1'", "text_with_number"),
    ("kind IN (1, 2)", "text_with_number"),
    ("coalesce(name, 0) = 'a'", "text_with_number"),
    ("size = 1.5", "equal_reals"),
    ("size IN (1.5)", "equal_reals"),
    ("round(count) = 1", "equal_reals"),
    ("coalesce(size, 0) = 0", "equal_reals"),
    ("nullif(size, 0) > 1", "equal_reals"),
    ("count / 2 > 1", "division"),
    ("size % 2 > 1", "remainder"),
    ("size || 'a' = 'b'", "joined"),
    ("name + 1 > 2", "not_a_number"),
    ("abs(name) > 1", "not_a_number"),
    ("length(count) > 1", "not_text"),
    ("substr(name, 0, 2) = 'a'", "place"),
    ("substr(name, count, 2) = 'a'", "place"),
    ("replace(name, '', 'x') = 'a'", "replace"),
    ("regexp_match(name, kind)", "bad_pattern"),
    ("regexp_match(name, '(')", "bad_pattern"),
    ("regexp_match(name, '(?i)a')", "bad_pattern"),
    ("regexp_match(name, '[[:alpha:]]')", "bad_pattern"),
    (r"regexp_match(name, '\d')", "backslash"),
    ("length(name, 1) > 1", "arguments"),
    ("CASE kind WHEN '1' THEN 1 END", "case"),
    ("no_such = 1", "unknown_column"),
    ("no_such IS NULL", "unknown_column"),
    ("id_number = '1'", "masked"),
    ("length(id_number) = 18", "masked"),
    ("name", "not_a_condition"),
    ("size", "not_a_condition"),
    ("size AND flag", "not_a_condition"),
    ("'a'", "not_a_condition"),
    ("count >", "unfinished"),
    ("", "unfinished"),
    ("(count = 1", "unfinished"),
    ("count = 1)", "unexpected"),
    ("count 1", "unexpected"),
    ("count = 99999999999999999999", "number"),
    ("(" * 60 + "1" + ")" * 60, "too_deep"),
    ("NOT " * 20000 + "flag", "too_long"),
    ("1" + " + 1" * 200 + " > 1", "too_long"),
    ("name = 'open", "sign"),
]


@pytest.mark.parametrize(("sql", "reason"), REFUSED, ids=[sql[:40] for sql, _ in REFUSED])
def test_what_sqlite_and_qgis_read_differently_is_refused(sql: str, reason: str):
    with pytest.raises(BadInput) as caught:
        expression.check(sql, COLUMNS)
    assert caught.value.code == f"expression.{reason}"
    for language in ("en", "zh"):
        line = words.explain(caught.value, language)
        assert line.isprintable() and "expression." not in line
        assert "?" not in line or "?" in sql


def test_whether_a_masked_value_is_there_may_be_asked():
    expression.check("id_number IS NOT NULL", COLUMNS)
    assert expression.evaluate("id_number IS NOT NULL", {"id_number": "9901****"}) is True


def test_a_condition_runs_as_it_stands_on_a_connection_that_knows_the_function():
    connection = sqlite3.connect(":memory:")
    expression.register(connection)
    connection.execute("CREATE TABLE t (name TEXT, born TEXT)")
    connection.execute("INSERT INTO t VALUES ('X12', '2026-01-01')")
    sql = "regexp_match(name, '[0-9]') = 2 AND born <= @today"
    (found,) = connection.execute(f"SELECT {sql} FROM t", {"today": "2026-01-01"}).fetchone()
    connection.close()
    assert found == 1


def test_names_are_the_columns_a_condition_reads():
    sql = "kind = '1' OR CASE WHEN count > 1 THEN born <= @today ELSE flag END"
    assert expression.names(sql) == {"kind", "count", "born", "flag"}
    assert expression.uses_today(sql) and not expression.uses_today("kind = '1'")


def test_every_reason_for_refusal_has_words_and_is_tried_here():
    folder = Path(expression.__file__).parent
    reasons: set[str] = set()
    for name in ("grammar.py", "expression.py"):
        for node in ast.walk(ast.parse((folder / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                first = node.args[0]
                branches = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                if called in ("refuse", "fail"):
                    reasons.update(
                        each.value for each in branches if isinstance(each, ast.Constant)
                    )
    assert len(reasons) > 15
    assert {each for each in reasons if not words.known(f"expression.{each}")} == set()
    assert reasons <= {reason for _, reason in REFUSED}
