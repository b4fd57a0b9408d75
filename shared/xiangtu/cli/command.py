"""What a command is: arguments in, an outcome out; nothing is printed on the way."""

from __future__ import annotations

import argparse
import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from .. import store
from ..errors import BadInput
from .language import Translation
from .terminal import Terminal

DONE, WAITS, REFUSED = 0, 1, 2

Progress = Callable[[float, str], bool]


@dataclass(frozen=True)
class Call:
    """One call of a command: its arguments, who calls, how to report progress and notes."""

    arguments: argparse.Namespace
    translate: Translation
    progress: Progress
    author: str
    key: Path | None
    note: Callable[[str], None]

    @property
    def language(self) -> str:
        return self.translate.language

    @property
    def county(self) -> Path:
        return Path(self.arguments.county)


@dataclass(frozen=True)
class Outcome:
    """What a command did.

    `document` is the content of --json; `show` writes the same for people; `waits` says that
    something waits for a person (exit code 1).
    """

    document: Mapping[str, object]
    show: Callable[[Terminal], None]
    waits: bool = False

    @property
    def exit_code(self) -> int:
        return WAITS if self.waits else DONE


class Parser(argparse.ArgumentParser):
    """argparse, but a refusal is an error with a code rather than a usage and an exit."""

    def error(self, message: str) -> NoReturn:
        raise BadInput("arguments.refused", command=self.prog, reason=message)

    def _get_value(self, action: argparse.Action, text: str) -> Any:
        """As argparse, but a type's own BadInput gets out, with the argument's name."""
        try:
            return super()._get_value(action, text)
        except argparse.ArgumentError as fault:
            refusal = fault.__context__
            if not isinstance(refusal, BadInput):
                raise
            name = "/".join(action.option_strings) or action.metavar or action.dest
            raise BadInput(refusal.code, argument=name, **refusal.facts) from None


@dataclass(frozen=True)
class Commands:
    """Where each module registers its commands."""

    subparsers: Any
    common: Parser
    translate: Translation
    parsers: dict[str, Parser] = field(default_factory=dict)

    def add(self, name: str, run: Callable[[Call], Outcome], summary: str) -> Parser:
        """A new command; `summary` is its line in the help, translated here."""
        text = self.translate(summary)
        parser: Parser = self.subparsers.add_parser(
            name, help=text, description=text, parents=[self.common], allow_abbrev=False
        )
        parser.set_defaults(run=run)
        self.parsers[name] = parser
        return parser

    def actions(self, parser: Parser) -> Any:
        """Room for words after a command's own arguments (conflicts COUNTY take …)."""
        return parser.add_subparsers(
            dest="action",
            required=False,
            metavar=self.translate("ACTION"),
            title=self.translate("what to do"),
        )

    def add_action(
        self, actions: Any, name: str, run: Callable[[Call], Outcome], summary: str
    ) -> Parser:
        """One such word, with arguments of its own."""
        text = self.translate(summary)
        parser: Parser = actions.add_parser(
            name, help=text, description=text, parents=[self.common], allow_abbrev=False
        )
        parser.set_defaults(run=run)
        return parser


def number(text: str) -> float:
    """An argument that is a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadInput("arguments.not_a_number", value=text)
    return value


def whole_number(text: str) -> int:
    """An argument that is a whole number from 1."""
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < 1:
        raise BadInput("arguments.not_a_whole_number", value=text)
    return int(text)


def existing(path: Path) -> Path:
    """The path if something readable is there; the core checks what kind of file it is.

    Raises BadInput("file.missing"), or ("file.is_directory").
    """
    if path.is_dir():
        raise BadInput("file.is_directory", path=path)
    if not path.exists():
        raise BadInput("file.missing", path=path)
    return path


@contextlib.contextmanager
def county_for_writing(call: Call, doing: str = "") -> Iterator[store.SurveyFile]:
    """The county file, written to by the caller in one transaction: a refusal leaves no trace.

    `doing` says what lasts, to whoever is kept waiting (see `SurveyFile.atomic`).
    """
    with store.open(call.county) as file, file.atomic(doing=doing, author=call.author):
        file.sign_in(author=call.author)
        yield file
