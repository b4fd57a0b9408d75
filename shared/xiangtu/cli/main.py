"""From the words typed to an exit code: 0 done, 1 something waits for a person, 2 refused."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..errors import BadInput, Cancelled, SurveyError
from ..words import explain
from . import checks, conflicts, county, geoid, handing_out, merging, position, results
from .command import REFUSED, Call, Commands, Outcome, Parser
from .interruption import Interruption
from .language import Translation, choose
from .refusals import as_refusal, written_down
from .terminal import Terminal

_GROUPS = (county, geoid, handing_out, merging, conflicts, checks, results, position)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; never raises for what a person did, never shows a traceback."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    translation = Translation(choose(words, os.environ))
    terminal = Terminal(translation, as_json="--json" in words, quiet="--quiet" in words)
    try:
        return _run(words, translation, terminal)
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python would complain again while closing.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        return 0
    except KeyboardInterrupt:
        return _refuse(terminal, Cancelled("cancelled"))
    except SurveyError as refusal:
        return _refuse(terminal, refusal)
    except Exception as fault:  # the last line of defence: a report, not a traceback
        doing = " ".join(["xiangtu", *words])
        found = as_refusal(fault, _about(words)) or written_down(fault, doing, program_version())
        return _refuse(terminal, found)


def _run(words: list[str], translation: Translation, terminal: Terminal) -> int:
    with translation.for_argparse():
        parser = build_parser(translation)
        try:
            arguments = parser.parse_args(words)
        except SystemExit as asked_for_help:
            return int(asked_for_help.code or 0)
    if getattr(arguments, "run", None) is None:
        parser.print_help()
        return REFUSED if words else 0
    with Interruption() as interruption:
        outcome: Outcome = arguments.run(
            Call(
                arguments,
                translation,
                interruption.watched(terminal.progress),
                arguments.author if arguments.author is not None else login_name(),
                arguments.key,
                terminal.note,
            )
        )
    terminal.clear()
    if terminal.as_json:
        terminal.document(outcome.document)
    else:
        outcome.show(terminal)
    sys.stdout.flush()
    return outcome.exit_code


def build_parser(translation: Translation) -> Parser:
    """The whole command line, in one language."""
    _ = translation
    parser = Parser(
        prog="xiangtu",
        description=_("Surveys the countryside without a network and merges what comes back."),
        epilog=_("Exit code: 0 done, 1 something waits for a person, 2 refused."),
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"xiangtu {program_version()}")
    _add_common(parser, _, first=True)
    common = Parser(add_help=False)
    _add_common(common, _, first=False)
    commands = Commands(
        parser.add_subparsers(title=_("commands"), metavar=_("COMMAND")), common, translation
    )
    for group in _GROUPS:
        group.add(commands)
    return parser


def _add_common(parser: Parser, _: Translation, *, first: bool) -> None:
    """Options of every command, before or after its name; `first` sets the defaults."""

    def default(value: object) -> object:
        return value if first else argparse.SUPPRESS

    group = parser.add_argument_group(_("common options"))
    group.add_argument(
        "--author", metavar="NAME", default=default(None), help=_("who does this (else the login)")
    )
    group.add_argument(
        "--key", type=Path, metavar="FILE", default=default(None),
        help=_("the county's secret key (else COUNTY.key beside COUNTY.sqlite)"),
    )  # fmt: skip
    group.add_argument(
        "--lang", choices=("zh", "en"), default=default(None), help=_("language (else the locale)")
    )
    group.add_argument(
        "--json", action="store_true", default=default(False),
        help=_("one JSON document on standard output"),
    )  # fmt: skip
    group.add_argument(
        "--quiet", action="store_true", default=default(False),
        help=_("no progress, messages or tables"),
    )  # fmt: skip


def _refuse(terminal: Terminal, refusal: SurveyError) -> int:
    text = explain(refusal, terminal.translate.language)
    terminal.refusal(text)
    if terminal.as_json:
        terminal.document(
            {"refused": {"code": refusal.code, "message": text, "facts": refusal.facts}}
        )
    return REFUSED


def _about(words: Sequence[str]) -> str:
    """The file a command was about: its first argument that is no option."""
    plain = [each for each in words if not each.startswith("-")]
    return plain[1] if len(plain) > 1 else ""


def login_name() -> str:
    """Who is logged in on this machine; BadInput("author.unknown") if nobody can say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise BadInput("author.unknown") from None


def program_version() -> str:
    """The installed version; "?" where the core was not installed as a package."""
    try:
        return version("xiangtu")
    except PackageNotFoundError:
        return "?"
