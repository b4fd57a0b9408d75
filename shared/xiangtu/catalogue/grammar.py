"""The grammar of a condition: text to tree, refusing what SQLite and QGIS do not read alike.

Where the two bind operators differently (NOT, chains of comparisons) the grammar has no such
sentence: a comparison of comparisons needs its parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from ..errors import BadInput

Scalar = str | int | float | None
#: More than any person writes; keeps hostile text from exhausting the stack.
_DEEPEST = 40
_LONGEST = 300  # words and signs
#: QGIS compares whole numbers as doubles, which are exact up to here.
_LARGEST_INTEGER = 2**53

FUNCTIONS = {
    "coalesce": range(2, 9),
    "nullif": range(2, 3),
    "length": range(1, 2),
    "trim": range(1, 2),
    "replace": range(3, 4),
    "abs": range(1, 2),
    "round": range(1, 3),
    "substr": range(2, 4),
    "regexp_match": range(2, 3),
}
_KEYWORDS = frozenset(
    {"and", "or", "not", "is", "null", "in", "case", "when", "then", "else", "end"}
)
#: Words and signs one of the two does not know or reads differently, with what to write instead.
_REFUSED_WORDS = {
    **dict.fromkeys(("like", "ilike", "glob", "regexp", "match", "similar"), "expression.pattern"),
    **dict.fromkeys(
        ("between", "collate", "escape", "exists", "select", "cast"), "expression.word"
    ),
    **dict.fromkeys(("true", "false"), "expression.truth"),
}
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<text>'(?:[^']|'')*')
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<today>@today\b)
    |(?P<sign><>|<=|>=|\|\||[=<>+\-*/%(),])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Literal:
    value: Scalar


@dataclass(frozen=True)
class Column:
    name: str


@dataclass(frozen=True)
class Today:
    pass


@dataclass(frozen=True)
class Not:
    operand: Node


@dataclass(frozen=True)
class Binary:
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class IsNull:
    operand: Node
    negated: bool


@dataclass(frozen=True)
class IsIn:
    operand: Node
    values: tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Case:
    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


Node = Literal | Column | Today | Not | Binary | IsNull | IsIn | Call | Case


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int

    @property
    def word(self) -> str:
        return self.text.lower() if self.kind == "name" else self.text


@lru_cache(maxsize=4096)
def parse(sql: str) -> Node:
    """The tree of a condition.

    Raises
    ------
    BadInput
        "expression.…" with sql, word (what is refused) and position (from 1).
    """
    return _Parser(sql).whole()


def refuse(code: str, sql: str, word: str, position: int = 0) -> BadInput:
    return BadInput(f"expression.{code}", sql=sql, word=word, position=position)


def _tokens(sql: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        if match is None:
            raise refuse("sign", sql, sql[at : at + 2].strip() or sql[at], at + 1)
        kind = match.lastgroup or ""
        if kind != "space":
            tokens.append(_Token(kind, match.group(), at + 1))
        at = match.end()
    tokens.append(_Token("end", "", len(sql) + 1))
    return tokens


class _Parser:
    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = _tokens(sql)
        if len(self.tokens) > _LONGEST:
            raise refuse("too_long", sql, sql[:40], self.tokens[_LONGEST].position)
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def fail(self, code: str, token: _Token | None = None) -> NoReturn:
        token = token or self.next
        raise refuse(code, self.sql, token.text or "…", token.position)

    def accept(self, *words: str) -> _Token | None:
        token = self.next
        if token.kind in ("name", "sign") and token.word in words:
            self.at += 1
            return token
        return None

    def expect(self, word: str) -> None:
        if not self.accept(word):
            self.fail("unfinished" if self.next.kind == "end" else "unexpected")

    def whole(self) -> Node:
        node = self.disjunction()
        if self.next.kind != "end":
            self.fail(_reason_of(self.next))
        return node

    def disjunction(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            self.fail("too_deep")
        node = self.chain(self.conjunction, "or")
        self.depth -= 1
        return node

    def conjunction(self) -> Node:
        return self.chain(self.negation, "and")

    def negation(self) -> Node:
        negations = 0
        while self.accept("not"):
            negations += 1
        node = self.comparison()
        for _ in range(negations):
            node = Not(node)
        return node

    def comparison(self) -> Node:
        node = self.compared(self.sum())
        token = self.next
        if token.word in ("=", "<>", "<", "<=", ">", ">=", "is", "in", "not"):
            self.fail("chained")
        return node

    def compared(self, left: Node) -> Node:
        if token := self.accept("=", "<>", "<", "<=", ">", ">="):
            if self.next.word in ("=", "<", ">"):
                self.fail("sign", token)
            return Binary(token.text, left, self.sum())
        if self.accept("is"):
            negated = self.accept("not") is not None
            if not self.accept("null"):
                self.fail("is")
            return IsNull(left, negated)
        negated = self.next.word == "not" and self.accept("not") is not None
        if self.accept("in"):
            return IsIn(left, self.literals(), negated)
        if negated:
            self.fail(_reason_of(self.next))
        return left

    def literals(self) -> tuple[Literal, ...]:
        self.expect("(")
        values = [self.literal()]
        while self.accept(","):
            values.append(self.literal())
        self.expect(")")
        return tuple(values)

    def literal(self) -> Literal:
        node = self.unary()
        if not isinstance(node, Literal) or node.value is None:
            self.fail("in", self.tokens[self.at - 1])
        return node

    def sum(self) -> Node:
        return self.chain(self.product, "+", "-")

    def product(self) -> Node:
        return self.chain(self.joined, "*", "/", "%")

    def joined(self) -> Node:
        return self.chain(self.unary, "||")

    def chain(self, part: Callable[[], Node], *operators: str) -> Node:
        node = part()
        while token := self.accept(*operators):
            node = Binary(token.word, node, part())
        return node

    def unary(self) -> Node:
        if token := self.accept("-"):
            # Of NULL the two make different things, so a sign belongs to a number only.
            if self.next.kind != "number":
                self.fail("minus", token)
            number = self.primary()
            assert isinstance(number, Literal) and isinstance(number.value, int | float)
            return Literal(-number.value)
        return self.primary()

    def primary(self) -> Node:
        token = self.next
        self.at += 1
        if token.kind == "number":
            return self.number(token)
        if token.kind == "text":
            if "\\" in token.text:
                self.fail("backslash", token)
            return Literal(token.text[1:-1].replace("''", "'"))
        if token.kind == "today":
            return Today()
        if token.word == "(":
            node = self.disjunction()
            self.expect(")")
            return node
        if token.kind == "name":
            return self.named(token)
        return self.fail("unfinished" if token.kind == "end" else _reason_of(token), token)

    def number(self, token: _Token) -> Literal:
        value = float(token.text) if "." in token.text else int(token.text)
        if value > _LARGEST_INTEGER:
            self.fail("number", token)
        return Literal(value)

    def named(self, token: _Token) -> Node:
        word = token.word
        if word == "null":
            return Literal(None)
        if word == "case":
            return self.case()
        if word in _KEYWORDS:
            self.fail("unexpected", token)
        if self.next.text == "(":
            return self.call(token)
        if word in _REFUSED_WORDS:
            self.fail(_REFUSED_WORDS[word].removeprefix("expression."), token)
        return Column(token.text)

    def call(self, token: _Token) -> Node:
        if token.word not in FUNCTIONS:
            self.fail("function", token)
        self.expect("(")
        arguments = [self.disjunction()]
        while self.accept(","):
            arguments.append(self.disjunction())
        self.expect(")")
        if len(arguments) not in FUNCTIONS[token.word]:
            self.fail("arguments", token)
        return Call(token.word, tuple(arguments))

    def case(self) -> Node:
        branches: list[tuple[Node, Node]] = []
        while self.accept("when"):
            condition = self.disjunction()
            self.expect("then")
            branches.append((condition, self.disjunction()))
        if not branches:
            self.fail("case")
        otherwise = self.disjunction() if self.accept("else") else None
        self.expect("end")
        return Case(tuple(branches), otherwise)


def _reason_of(token: _Token) -> str:
    """Why a token cannot stand here: a word of another dialect, or simply out of place."""
    if token.kind == "end":
        return "unfinished"
    return _REFUSED_WORDS.get(token.word, "expression.unexpected").removeprefix("expression.")
