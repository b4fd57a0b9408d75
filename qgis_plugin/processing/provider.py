"""The provider "Xiangtu" of the toolbox: an algorithm for each command of the core."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon
from xiangtu import catalogue
from xiangtu.cli.language import Translation
from xiangtu.cli.main import build_parser

from .command_algorithm import CommandAlgorithm, Described

translate = QCoreApplication.translate

#: Which group of the toolbox a command is in; `gnss` is a terminal's screen and no algorithm.
_GROUPS = {
    "new": "county", "import": "county", "geoid": "county", "copy": "county", "upgrade": "county",
    "batches": "county", "undo": "county", "history": "county",
    "enrol": "hand_out", "tablets": "hand_out", "assign": "hand_out", "receipt": "hand_out",
    "start": "tablet", "pack": "tablet", "receive": "tablet", "clear": "tablet",
    "inspect": "come_back", "merge": "come_back", "held": "come_back", "conflicts": "come_back",
    "duplicates": "come_back",
    "validate": "check", "findings": "check",
    "report": "results", "export": "results",
}  # fmt: skip
_NO_ALGORITHM = ("gnss",)


class XiangtuProvider(QgsProcessingProvider):
    """Algorithms named as the commands are; an action of a command is `command_action`.

    `county` says which county file is at work, to be offered where one is asked for.
    """

    def __init__(self, language: str, icon: QIcon, county: Callable[[], str | None]) -> None:
        super().__init__()
        self._language = language
        self._icon = icon
        self._county = county

    def id(self) -> str:
        return "xiangtu"

    def name(self) -> str:
        return translate("Xiangtu", "Xiangtu")

    def longName(self) -> str:
        return translate("Xiangtu", "Xiangtu rural survey")

    def icon(self) -> QIcon:
        return self._icon

    def loadAlgorithms(self) -> None:
        layers = list(catalogue.load().layers)
        for described in described_commands(self._language):
            self.addAlgorithm(CommandAlgorithm(described, self._language, layers, self._county()))


def described_commands(language: str) -> Iterator[Described]:
    """Every command that is an algorithm, and every action of one."""
    for name, parser in _choices(build_parser(Translation(language))):
        if name in _NO_ALGORITHM:
            continue
        group = _GROUPS[name]
        yield Described((name,), group, parser, None)
        for action, inner in _choices(parser):
            yield Described((name, action), group, inner, parser)


def _choices(parser: argparse.ArgumentParser) -> list[tuple[str, argparse.ArgumentParser]]:
    return [
        (name, inner)
        for each in parser._actions
        if isinstance(each, argparse._SubParsersAction)
        for name, inner in each.choices.items()
    ]
