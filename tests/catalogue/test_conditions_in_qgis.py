"""Every condition of the catalogue says the same in SQLite, in QGIS and on a form."""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xiangtu.catalogue import expression, grammar
from xiangtu.catalogue.checking import condition_columns
from xiangtu.catalogue.model import Catalogue, Layer

#: The day that conditions are asked on.
TODAY = date(2026, 3, 14)
AskQgis = Callable[[str, Mapping[str, str], Sequence[Mapping[str, Any]]], list[bool | None]]
_ROWS_A_CONDITION = 120
_SQL = {"text": "TEXT", "integer": "INTEGER", "real": "REAL"}


@pytest.fixture(scope="session")
def ask_qgis(qgis_app) -> AskQgis:
    """What QGIS makes of an expression: (text, column → kind, rows) -> a result a row.

    Kinds are text, integer and real, as the columns of a survey file are.
    """
    from qgis.core import (
        QgsExpression,
        QgsExpressionContext,
        QgsExpressionContextScope,
        QgsFeature,
        QgsField,
        QgsFields,
    )
    from qgis.PyQt.QtCore import QVariant

    types = {"text": QVariant.String, "integer": QVariant.LongLong, "real": QVariant.Double}

    def ask(
        text: str, kinds: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
    ) -> list[bool | None]:
        fields = QgsFields()
        for name, kind in kinds.items():
            fields.append(QgsField(name, types[kind]))
        context = QgsExpressionContext()
        scope = QgsExpressionContextScope()
        scope.setVariable("today", TODAY.isoformat())
        context.appendScope(scope)
        context.setFields(fields)
        expression = QgsExpression(text)
        assert not expression.hasParserError(), (text, expression.parserErrorString())
        assert expression.prepare(context), (text, expression.evalErrorString())
        results: list[bool | None] = []
        for row in rows:
            feature = QgsFeature(fields)
            feature.setAttributes(
                [
                    QVariant(types[kind]) if row[name] is None else row[name]
                    for name, kind in kinds.items()
                ]
            )
            context.setFeature(feature)
            value = expression.evaluate(context)
            assert not expression.hasEvalError(), (text, row, expression.evalErrorString())
            absent = value is None or (isinstance(value, QVariant) and value.isNull())
            results.append(None if absent else bool(value))
        return results

    return ask


def conditions(catalogue: Catalogue, layer: Layer) -> set[str]:
    own = {
        each
        for field in layer.fields.values()
        for each in (field.required, field.shown_when, field.identifier_when)
    }
    own |= {
        each
        for name in condition_columns(layer, catalogue.common)
        if name in catalogue.common
        for each in (catalogue.common[name].required, catalogue.common[name].shown_when)
    }
    own |= {photo.when for photo in layer.photos} | {rule.condition for rule in layer.rules}
    return {each for each in own if each is not None}


def kind_of(field_type: str) -> str:
    numbers = {"integer": "integer", "boolean": "integer", "real": "real"}
    return numbers.get(field_type, "text")


def values_for(catalogue: Catalogue, layer: Layer, column: str, condition: str) -> list[Any]:
    """Values that lie on both sides of what the condition asks, and NULL."""
    field = catalogue.field_of(layer.name, column)
    assert field is not None
    kind = kind_of(field.type)
    literals = [
        part.value
        for part in expression._parts(grammar.parse(condition))
        if isinstance(part, grammar.Literal) and part.value is not None
    ]
    if kind == "text":
        found: list[Any] = [each for each in literals if isinstance(each, str)]
        found += ["", " ", "　", "A", "990101101201", "990101101201010001", "9901011012010190011x"]
        found += ["X123990101", "010", "0103", "村·名", "116°30′00.0000″", "35°24′00.0000″", "Shí"]
        found += ["2026-03-13", "2026-03-14", "2026-03-15", "9999-01-01"]
        if field.code_list:
            found += list(catalogue.code_lists[field.code_list].codes)[:20]
    else:
        numbers = [each for each in literals if isinstance(each, int | float)]
        found = [0, 1, 2, 100, 667, *numbers, *(each + 1 for each in numbers)]
        found += [-each for each in numbers]
        if kind == "real":
            found = [float(each) for each in found] + [0.01, 0.25, 100.15, 123456.78]
        else:
            found = [int(each) for each in found]
    return [None, *dict.fromkeys(found)]


def rows_for(catalogue: Catalogue, layer: Layer, condition: str) -> list[dict[str, Any]]:
    columns = sorted(expression.names(condition))
    choices = [values_for(catalogue, layer, column, condition) for column in columns]
    chance = random.Random(condition)
    rows = [dict.fromkeys(columns)]
    if len(columns) == 1:
        return rows + [{columns[0]: value} for value in choices[0]]
    if len(columns) == 2 and len(choices[0]) * len(choices[1]) <= _ROWS_A_CONDITION:
        return [dict(zip(columns, each, strict=True)) for each in itertools.product(*choices)]
    # Half the rows keep to literals and NULL, where conditions turn.
    for number in range(_ROWS_A_CONDITION):
        rows.append(
            {
                column: chance.choice(values[: 6 if number % 2 else None])
                for column, values in zip(columns, choices, strict=True)
            }
        )
    return rows


def in_sqlite(sql: str, kinds: dict[str, str], rows: list[dict[str, Any]]) -> list[bool | None]:
    """The condition as it stands, asked of a table with the columns of a survey file."""
    connection = sqlite3.connect(":memory:")
    expression.register(connection)
    columns = ", ".join(f"{name} {_SQL[kind]}" for name, kind in kinds.items())
    connection.execute(f"CREATE TABLE asked (fid INTEGER PRIMARY KEY{columns and ', '}{columns})")
    for row in rows:
        marks = "".join(f", :{name}" for name in kinds)
        connection.execute(f"INSERT INTO asked VALUES (NULL{marks})", row)
    query = f"SELECT {sql} FROM asked ORDER BY fid"
    found = connection.execute(query, {"today": TODAY.isoformat()}).fetchall()
    connection.close()
    return [None if value is None else bool(value) for (value,) in found]


def compare(
    sql: str, kinds: dict[str, str], rows: list[dict[str, Any]], ask_qgis: AskQgis
) -> list[bool | None]:
    expected = in_sqlite(sql, kinds, rows)
    on_a_form = [expression.evaluate(sql, row, TODAY) for row in rows]
    there = ask_qgis(expression.to_qgis(sql), kinds, rows)
    for row, here, form, qgis in zip(rows, expected, on_a_form, there, strict=True):
        assert (here, form, qgis) == (here, here, here), (sql, expression.to_qgis(sql), row)
    return expected


@pytest.mark.parametrize(
    "name",
    [
        "village",
        "issuing_party",
        "household",
        "member",
        "homestead",
        "house",
        "farmland",
        "land_right",
        "boundary_point",
        "boundary_line",
        "route",
        "facility",
        "works",
        "relic",
        "relic_extent",
        "relic_point",
        "place_name",
        "campaign",
        "attachment",
        "track",
    ],
)
def test_every_condition_says_the_same_in_sqlite_and_qgis(
    catalogue: Catalogue, name: str, ask_qgis: AskQgis
):
    layer = catalogue.layer(name)
    types = condition_columns(layer, catalogue.common)
    asked = conditions(catalogue, layer)
    assert asked
    for sql in sorted(asked):
        kinds = {column: kind_of(types[column]) for column in sorted(expression.names(sql))}
        rows = rows_for(catalogue, layer, sql)
        results = compare(sql, kinds, rows, ask_qgis)
        if kinds:
            # Rows that leave a condition always the same would prove nothing.
            assert len(set(results)) > 1, f"{name}: the rows never turn {sql}"


def test_no_layer_is_left_out_above(catalogue: Catalogue):
    test = test_every_condition_says_the_same_in_sqlite_and_qgis
    (mark,) = [each for each in test.pytestmark if each.name == "parametrize"]
    assert set(mark.args[1]) == set(catalogue.layers)


def test_what_is_required_is_shown(catalogue: Catalogue):
    """A field that must be filled in but is hidden would hold a form up for ever."""
    for layer in catalogue.layers.values():
        for field in layer.fields.values():
            if field.required is None or field.shown_when is None:
                continue
            both = f"({field.required}) OR ({field.shown_when})"
            rows = rows_for(catalogue, layer, both)
            required = [row for row in rows if expression.evaluate(field.required, row, TODAY)]
            assert required, f"{layer.name}.{field.name} is never required"
            for row in required:
                assert expression.evaluate(field.shown_when, row, TODAY), (field.name, row)


_COLUMNS = {
    "name": "text",
    "code": "code",
    "born": "date",
    "count": "integer",
    "flag": "boolean",
    "size": "real",
    "rest": "real",
}
_KINDS = {name: kind_of(kind) for name, kind in _COLUMNS.items()}
_TEXTS = ["", " ", "a", "A", "ab c", "10", "9", "01", "村", "乡 图", "it's", "　x　", "2026-03-14"]
_quoted = st.sampled_from(_TEXTS).map(lambda text: "'" + text.replace("'", "''") + "'")
_whole = st.integers(-12, 12)
_quarters = st.integers(-40, 40).map(lambda number: number / 4)
_equality = st.sampled_from(["=", "<>"])
_order = st.sampled_from(["<", "<=", ">", ">="])


def _texts(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    places = st.integers(1, 4)
    return st.one_of(
        st.tuples(part, part).map(lambda two: f"({two[0]} || {two[1]})"),
        st.tuples(part, _whole_part).map(lambda two: f"({two[0]} || {two[1]})"),
        st.tuples(part, part).map(lambda two: f"coalesce({two[0]}, {two[1]})"),
        st.tuples(part, part).map(lambda two: f"nullif({two[0]}, {two[1]})"),
        part.map(lambda one: f"trim({one})"),
        st.tuples(part, places, places).map(lambda three: "substr({}, {}, {})".format(*three)),
        st.tuples(part, _quoted.filter(lambda text: text != "''"), part).map(
            lambda three: "replace({}, {}, {})".format(*three)
        ),
    )


_whole_part = st.one_of(st.sampled_from(["count", "flag"]), _whole.map(str))
_text = st.recursive(
    st.one_of(st.sampled_from(["name", "code", "born", "@today"]), _quoted), _texts, max_leaves=5
)
_integer = st.recursive(
    st.one_of(_whole_part, _text.map(lambda text: f"length({text})")),
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from("+-*%"), part).map(
            lambda three: "({} {} {})".format(*three)
        ),
        st.tuples(part, part).map(lambda two: f"coalesce({two[0]}, {two[1]})"),
        st.tuples(part, part, part).map(
            lambda three: "CASE WHEN {} > 1 THEN {} ELSE {} END".format(*three)
        ),
    ),
    max_leaves=5,
)
_real = st.recursive(
    st.one_of(st.sampled_from(["size", "rest", "round(size, 1)", "abs(rest)"]), _quarters.map(str)),
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from("+-*"), part).map(
            lambda three: "({} {} {})".format(*three)
        ),
        st.tuples(_integer, part).map(lambda two: f"({two[0]} * 1.0 / {two[1]})"),
        st.tuples(part, part).map(lambda two: f"coalesce({two[0]}, {two[1]})"),
    ),
    max_leaves=4,
)
_comparison = st.one_of(
    st.tuples(_text, _equality | _order, _text).map(" ".join),
    st.tuples(_integer, _equality | _order, _integer).map(" ".join),
    st.tuples(_real, _order, _real | _integer).map(" ".join),
    st.tuples(
        _text, st.sampled_from(["IN", "NOT IN"]), st.lists(_quoted, min_size=1, max_size=3)
    ).map(lambda three: f"{three[0]} {three[1]} ({', '.join(three[2])})"),
    st.tuples(_integer, st.lists(_whole.map(str), min_size=1, max_size=3)).map(
        lambda two: f"{two[0]} IN ({', '.join(two[1])})"
    ),
    st.tuples(_text | _integer | _real, st.sampled_from(["IS NULL", "IS NOT NULL"])).map(" ".join),
    _text.map(lambda text: f"regexp_match({text}, '^[0-9]+$|村')"),
)
_condition = st.recursive(
    _comparison,
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from(["AND", "OR"]), part).map(" ".join),
        part.map(lambda one: f"NOT {one}"),
        part.map(lambda one: f"({one})"),
        st.tuples(part, part).map(lambda two: f"({two[0]}) = ({two[1]})"),
    ),
    max_leaves=5,
)
_row = st.fixed_dictionaries(
    {
        "name": st.none() | st.sampled_from(_TEXTS),
        "code": st.none() | st.sampled_from(_TEXTS),
        "born": st.none() | st.sampled_from(["2026-03-13", "2026-03-14", "2026-03-15"]),
        "count": st.none() | _whole,
        "flag": st.none() | st.integers(0, 1),
        "size": st.none() | _quarters,
        "rest": st.none() | _quarters,
    }
)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sql=_condition, rows=st.lists(_row, min_size=1, max_size=4))
def test_any_condition_of_the_subset_says_the_same(sql: str, rows: list, ask_qgis: AskQgis):
    try:
        expression.check(sql, _COLUMNS)
    except expression.BadInput:
        # Refused is safe; what is not refused must agree.
        return
    compare(sql, _KINDS, rows, ask_qgis)
