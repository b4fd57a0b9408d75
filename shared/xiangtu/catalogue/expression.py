"""Conditions: one SQL boolean expression in the subset where SQLite and QGIS agree.

= <> < <= > >=, AND OR NOT, IS (NOT) NULL, IN, + − *, % of whole numbers, x*1.0/y, || of text and
whole numbers, CASE WHEN, coalesce, nullif, length, trim, replace, abs, round, substr, ISO dates
as text, @today (the day, a QGIS variable and an SQLite parameter), and regexp_match, which
`register` gives to SQLite. What one of the two does not know or reads otherwise is refused with
the reason. `to_qgis` writes the same condition for QGIS, which makes NULL of a part beyond the
end of a text, trims more than spaces, takes nullif(x, NULL) for NULL and whose AND and OR give
now a number, now a truth.

Characters beyond the basic plane count as two in QGIS and as one in SQLite: do not measure text
that may hold them.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import NoReturn

from . import grammar
from .grammar import Binary, Call, Case, Column, IsIn, IsNull, Literal, Node, Not, Today, refuse

#: What the value of a part is: "number" may be whole or not, "masked" tells only whether it is
#: there.
TEXT, INTEGER, REAL, NUMBER, NULL, MASKED = "text", "integer", "real", "number", "null", "masked"
_NUMBERS = (INTEGER, REAL, NUMBER)
_OF_FIELD_TYPE = {"integer": INTEGER, "boolean": INTEGER, "real": REAL, "masked": MASKED}
#: Beginnings of regular-expression constructs that Python and QGIS may read differently.
_ODD_PATTERN = re.compile(r"\(\?|\[\[|\{,|\[:|&&|~~|\|\||--")
_local = threading.local()


def check(sql: str, columns: Mapping[str, str]) -> None:
    """Refuse a condition outside the subset, or one that names what is not there.

    Parameters
    ----------
    sql : str
    columns : mapping
        Column → field type of the catalogue; "masked" for one whose stored value is masked, which
        may only be asked for IS (NOT) NULL.

    Raises
    ------
    BadInput
        "expression.…" with facts sql, word, position.
    """
    kind = _Types(sql, columns).of(grammar.parse(sql))
    if kind != INTEGER:
        raise refuse("not_a_condition", sql, sql)


def names(sql: str) -> frozenset[str]:
    """The columns that a condition reads."""
    return frozenset(part.name for part in _parts(grammar.parse(sql)) if isinstance(part, Column))


def compared_texts(sql: str) -> list[tuple[str, str]]:
    """Each column with each text it is compared to by =, <> or IN."""
    found: list[tuple[str, str]] = []
    for part in _parts(grammar.parse(sql)):
        match part:
            case Binary("=" | "<>", Column(name), Literal(str(value))):
                found.append((name, value))
            case Binary("=" | "<>", Literal(str(value)), Column(name)):
                found.append((name, value))
            case IsIn(Column(name), values, _):
                found += [(name, each.value) for each in values if isinstance(each.value, str)]
    return found


def uses_today(sql: str) -> bool:
    """Whether a condition depends on the day it is asked."""
    return any(isinstance(part, Today) for part in _parts(grammar.parse(sql)))


def evaluate(sql: str, values: Mapping[str, object], today: date | None = None) -> bool | None:
    """What a condition says of one record, by SQLite; None is neither true nor false.

    `values` are the record's columns as stored (dates as ISO text, booleans 0 or 1); a column that
    is not among them is NULL. `today` is the present day unless given.

    Raises BadInput for what the grammar refuses.
    """
    text, columns = _bound(sql)
    parameters = {f"v{number}": values.get(name) for number, name in enumerate(columns)}
    parameters["today"] = (today or date.today()).isoformat()
    (found,) = _connection().execute(text, parameters).fetchone()
    return None if found is None else bool(found)


def register(connection: sqlite3.Connection) -> None:
    """Give a connection the one function that conditions need beside SQLite's own."""
    connection.create_function("regexp_match", 2, _regexp_match, deterministic=True)


def to_qgis(sql: str, today: str = "@today") -> str:
    """The condition as a QGIS expression; columns are quoted, the present day is the expression
    `today`, by default a variable, which gives ISO text."""
    return _written(grammar.parse(sql), replace(_QGIS, today=today), asked=True)


def _regexp_match(text: str | None, pattern: str | None) -> int | None:
    """Where a pattern first matches, counted as QGIS does from 1 in UTF-16 units; 0 if nowhere."""
    if text is None or pattern is None:
        return None
    match = re.search(pattern, text)
    return 0 if match is None else len(text[: match.start()].encode("utf-16-le")) // 2 + 1


def _connection() -> sqlite3.Connection:
    """One in-memory database a thread, for evaluating."""
    if not hasattr(_local, "connection"):
        _local.connection = sqlite3.connect(":memory:")
        register(_local.connection)
    connection: sqlite3.Connection = _local.connection
    return connection


@lru_cache(maxsize=4096)
def _bound(sql: str) -> tuple[str, tuple[str, ...]]:
    """A SELECT with parameters v0, v1… in place of columns, and the columns in that order."""
    columns = tuple(sorted(names(sql)))
    dialect = _Dialect(lambda name: f":v{columns.index(name)}", _call, str)
    return f"SELECT {_written(grammar.parse(sql), dialect)}", columns


def _parts(node: Node) -> list[Node]:
    """The node and all below it."""
    found = [node]
    for part in _children(node):
        found += _parts(part)
    return found


def _children(node: Node) -> tuple[Node, ...]:
    match node:
        case Not(operand) | IsNull(operand, _):
            return (operand,)
        case IsIn(operand, values, _):
            return (operand, *values)
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
        case Case(branches, otherwise):
            inner = tuple(part for branch in branches for part in branch)
            return inner if otherwise is None else (*inner, otherwise)
    return ()


@dataclass(frozen=True)
class _Dialect:
    """How a column, a call and a truth that is used as a number are written."""

    column: Callable[[str], str]
    call: Callable[[str, list[str]], str]
    truth_as_number: Callable[[str], str]
    today: str = "@today"


def _call(function: str, arguments: list[str]) -> str:
    return f"{function}({', '.join(arguments)})"


def _call_in_qgis(function: str, arguments: list[str]) -> str:
    """A call that gives in QGIS what it gives in SQLite."""
    text = arguments[0]
    if function == "substr":
        return f"coalesce({_call(function, arguments)}, CASE WHEN {text} IS NOT NULL THEN '' END)"
    if function == "trim":
        return f"regexp_replace({text}, '^ +| +$', '')"
    if function == "nullif":
        return f"(CASE WHEN {text} = {arguments[1]} THEN NULL ELSE {text} END)"
    return _call(function, arguments)


_PLAIN = _Dialect(str, _call, str)
# AND and OR of QGIS give 0 or 1, but false or true where the left side decides: no numbers.
_QGIS = _Dialect(
    lambda name: f'"{name}"',
    _call_in_qgis,
    lambda truth: f"(CASE WHEN {truth} THEN 1 WHEN NOT {truth} THEN 0 END)",
)


def _written(node: Node, dialect: _Dialect, *, asked: bool = False) -> str:
    """The tree as text, each operation in parentheses of its own.

    `asked` says that only the truth of the part matters (it stands alone, or under AND, OR, NOT
    or WHEN), not its value.
    """

    def write(part: Node) -> str:
        return _written(part, dialect)

    def ask(part: Node) -> str:
        return _written(part, dialect, asked=True)

    match node:
        case Literal(None):
            return "NULL"
        case Literal(str(value)):
            return "'" + value.replace("'", "''") + "'"
        case Literal(value):
            return f"({value!r})" if isinstance(value, int | float) and value < 0 else repr(value)
        case Column(name):
            return dialect.column(name)
        case Today():
            return dialect.today
        case Not(operand):
            return f"(NOT {ask(operand)})"
        case Binary("and" | "or" as operator, left, right):
            truth = f"({ask(left)} {operator.upper()} {ask(right)})"
            return truth if asked else dialect.truth_as_number(truth)
        case Binary("/", left, right):
            # A whole number in a column of reals must not be divided as a whole number.
            return f"({write(left)} * 1.0 / {write(right)})"
        case Binary(operator, left, right):
            return f"({write(left)} {operator} {write(right)})"
        case IsNull(operand, negated):
            return f"({write(operand)} IS {'NOT ' if negated else ''}NULL)"
        case IsIn(operand, values, negated):
            listed = ", ".join(write(each) for each in values)
            return f"({write(operand)} {'NOT ' if negated else ''}IN ({listed}))"
        case Call(function, arguments):
            return dialect.call(function, [write(each) for each in arguments])
        case Case(branches, otherwise):
            whens = "".join(f"WHEN {ask(when)} THEN {write(then)} " for when, then in branches)
            last = "" if otherwise is None else f"ELSE {write(otherwise)} "
            return f"(CASE {whens}{last}END)"
    raise AssertionError(node)


class _Types:
    """What kind of value each part has; refuses what SQLite and QGIS would compute differently."""

    def __init__(self, sql: str, columns: Mapping[str, str]) -> None:
        self.sql, self.columns = sql, columns

    def of(self, node: Node) -> str:
        match node:
            case Literal(value):
                return _kind_of_value(value)
            case Today():
                return TEXT
            case Column(name):
                return self.column(name)
            case Not(operand):
                self.truth(operand)
                return INTEGER
            case IsNull(operand, _):
                if not isinstance(operand, Column):
                    self.of(operand)
                elif operand.name not in self.columns:
                    self.fail("unknown_column", operand.name)
                return INTEGER
            case IsIn(operand, values, _):
                for each in values:
                    self.comparable(operand, each, equality=True)
                return INTEGER
            case Binary():
                return self.binary(node)
            case Call():
                return self.call(node)
            case Case(branches, otherwise):
                for condition, _ in branches:
                    self.truth(condition)
                results = [then for _, then in branches]
                return self.alike([*results, otherwise] if otherwise else results)
        raise AssertionError(node)

    def fail(self, code: str, word: str) -> NoReturn:
        raise refuse(code, self.sql, word, self.sql.find(word) + 1)

    def column(self, name: str) -> str:
        if name not in self.columns:
            self.fail("unknown_column", name)
        kind = _OF_FIELD_TYPE.get(self.columns[name], TEXT)
        if kind == MASKED:
            self.fail("masked", name)
        return kind

    def truth(self, node: Node) -> None:
        """A part of AND, OR, NOT or WHEN: a comparison or a whole number."""
        if self.of(node) != INTEGER:
            self.fail("not_a_condition", _shown(node))

    def comparable(self, left: Node, right: Node, equality: bool) -> None:
        kinds = {self.of(left), self.of(right)}
        if NULL in kinds:
            self.fail("null", "NULL")
        if TEXT in kinds and len(kinds) > 1:
            self.fail("text_with_number", f"{_shown(left)} / {_shown(right)}")
        if equality and kinds & {REAL, NUMBER}:
            self.fail("equal_reals", f"{_shown(left)} / {_shown(right)}")

    def binary(self, node: Binary) -> str:
        operator, left, right = node.operator, node.left, node.right
        if operator in ("and", "or"):
            self.truth(left)
            self.truth(right)
            return INTEGER
        if operator in ("=", "<>", "<", "<=", ">", ">="):
            self.comparable(left, right, operator in ("=", "<>"))
            return INTEGER
        kinds = (self.of(left), self.of(right))
        if operator == "||":
            if not set(kinds) <= {TEXT, INTEGER}:
                self.fail("joined", f"{_shown(left)} || {_shown(right)}")
            return TEXT
        if not set(kinds) <= set(_NUMBERS):
            self.fail("not_a_number", f"{_shown(left)} {operator} {_shown(right)}")
        if operator == "%":
            if kinds != (INTEGER, INTEGER):
                self.fail("remainder", f"{_shown(left)} % {_shown(right)}")
            return INTEGER
        if operator == "/":
            if REAL not in kinds:
                self.fail("division", f"{_shown(left)} / {_shown(right)}")
            return REAL
        if REAL in kinds:
            return REAL
        return NUMBER if NUMBER in kinds else INTEGER

    def call(self, node: Call) -> str:
        function, arguments = node.function, node.arguments
        if function == "coalesce":
            return self.alike(list(arguments))
        if function == "nullif":
            self.comparable(arguments[0], arguments[1], equality=True)
            return self.of(arguments[0])
        if function == "abs":
            self.need(arguments[0], _NUMBERS)
            # Whole numbers come back as reals from QGIS.
            return REAL if self.of(arguments[0]) == REAL else NUMBER
        if function == "round":
            self.need(arguments[0], _NUMBERS)
            self.whole_literals(arguments[1:], 0)
            return NUMBER
        self.need(arguments[0], (TEXT,))
        if function == "length":
            return INTEGER
        if function == "substr":
            self.whole_literals(arguments[1:], 1)
        elif function == "replace":
            # Of an empty text to look for the two make different things.
            if not (isinstance(arguments[1], Literal) and arguments[1].value):
                self.fail("replace", _shown(arguments[1]))
            self.need(arguments[1], (TEXT,))
            self.need(arguments[2], (TEXT,))
        elif function == "regexp_match":
            self.pattern(arguments[1])
            return INTEGER
        return TEXT

    def need(self, node: Node, kinds: tuple[str, ...]) -> None:
        if self.of(node) not in kinds:
            self.fail("not_a_number" if kinds == _NUMBERS else "not_text", _shown(node))

    def whole_literals(self, nodes: tuple[Node, ...], least: int) -> None:
        for node in nodes:
            if not (isinstance(node, Literal) and isinstance(node.value, int)):
                self.fail("place", _shown(node))
            elif node.value < least:
                self.fail("place", str(node.value))

    def pattern(self, node: Node) -> None:
        if not (isinstance(node, Literal) and isinstance(node.value, str)):
            self.fail("bad_pattern", _shown(node))
        if odd := _ODD_PATTERN.search(node.value):
            self.fail("bad_pattern", odd.group())
        try:
            re.compile(node.value)
        except re.error as error:
            raise refuse("bad_pattern", self.sql, str(error)) from error

    def alike(self, nodes: list[Node]) -> str:
        """The one kind of value of branches or of coalesce; NULL goes with each."""
        kinds = {self.of(each) for each in nodes} - {NULL}
        if not kinds:
            self.fail("null", "NULL")
        if len(kinds) == 1:
            return kinds.pop()
        if TEXT in kinds:
            self.fail("text_with_number", ", ".join(_shown(each) for each in nodes))
        return NUMBER


def _kind_of_value(value: grammar.Scalar) -> str:
    if value is None:
        return NULL
    if isinstance(value, str):
        return TEXT
    return INTEGER if isinstance(value, int) else REAL


def _shown(node: Node) -> str:
    """A part as text, for saying what is refused."""
    return _written(node, _PLAIN)
