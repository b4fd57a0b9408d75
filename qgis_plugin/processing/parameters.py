"""From an argument of the command line to a parameter of Processing, and back into words."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)
from qgis.PyQt.QtCore import QCoreApplication
from xiangtu.cli.command import number, whole_number
from xiangtu.report.finding_list import FORMATS

translate = QCoreApplication.translate

#: Arguments that the whole of the command line shares and that mean nothing in QGIS.
_NOT_HERE = ("help", "version", "json", "quiet", "lang")
_FOR_EXPERTS = ("author", "key")
_COUNTY = "COUNTY.sqlite"


@dataclass(frozen=True)
class Argument:
    """One argument of a command as argparse describes it; `is_new`: it names what is to be made."""

    action: argparse.Action
    is_new: bool

    @property
    def name(self) -> str:
        """The parameter's name in models and scripts."""
        return self.action.dest.upper()

    @property
    def positional(self) -> bool:
        return not self.action.option_strings

    @property
    def optional(self) -> bool:
        return not self.action.required or self.action.nargs == "?"

    @property
    def several(self) -> bool:
        return self.action.nargs == "+" or type(self.action).__name__ == "_AppendAction"

    def words(self, value: Any) -> list[str]:
        """What stands on the command line for a value of the parameter; nothing for none."""
        if value is None or value == "" or value is False or value == []:
            return []
        if value is True:
            return [self.action.option_strings[-1]]
        values = [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
        if self.positional:
            return values
        option = self.action.option_strings[-1]
        if type(self.action).__name__ == "_AppendAction":
            # An option that may be given again takes one value a time.
            return [word for each in values for word in (f"{option}={each}",)]
        return [option, *values] if self.several else [f"{option}={values[0]}"]


def arguments_of(parser: argparse.ArgumentParser) -> Iterator[Argument]:
    """The arguments of a command that its algorithm asks for, in order; experts' ones last."""
    makes_county = parser.prog.endswith(" new")
    actions = [
        each
        for each in parser._actions
        if each.dest not in _NOT_HERE and not isinstance(each, argparse._SubParsersAction)
    ]
    for each in sorted(actions, key=lambda action: action.dest in _FOR_EXPERTS):
        metavar = str(each.metavar or "")
        yield Argument(each, metavar.startswith("OUT") or (makes_county and metavar == _COUNTY))


def parameter(
    argument: Argument, layers: Sequence[str], county: str | None
) -> QgsProcessingParameterDefinition:
    """The parameter that asks for an argument.

    Parameters
    ----------
    layers : Sequence[str]
        Names of the catalogue's layers, to pick from.
    county : str, optional
        The county file at work, offered where one is asked for.
    """
    action = argument.action
    metavar = str(action.metavar or "")
    label = _label(action, metavar)
    name, optional = argument.name, argument.optional
    made: QgsProcessingParameterDefinition
    if isinstance(action, argparse._StoreTrueAction):
        made = QgsProcessingParameterBoolean(name, label, False)
    elif metavar == "OUT_DIR":
        made = QgsProcessingParameterFolderDestination(name, label)
    elif argument.is_new:
        # What may be left out is made only where a name is given.
        made = QgsProcessingParameterFileDestination(
            name, label, _filter(metavar), None, optional, not optional
        )
    elif action.choices is not None or action.dest in ("layer", "layers"):
        options = list(action.choices or layers)
        made = QgsProcessingParameterEnum(
            name, label, options, argument.several, None, optional, usesStaticStrings=True
        )
    elif metavar == "TABLET_DIR":
        made = QgsProcessingParameterFile(
            name, label, QgsProcessingParameterFile.Behavior.Folder, optional=optional
        )
    elif argument.several and action.type is Path:
        made = QgsProcessingParameterMultipleLayers(
            name, label, QgsProcessing.SourceType.TypeFile, optional=optional
        )
    elif action.type is Path or metavar.startswith(("COUNTY", "DEVICE_CARD")):
        made = QgsProcessingParameterFile(
            name, label, defaultValue=county if metavar == _COUNTY else None,
            optional=optional, fileFilter=_filter(metavar),
        )  # fmt: skip
    else:
        made = _plain(argument, name, label, optional)
    if action.dest in _FOR_EXPERTS:
        made.setFlags(made.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
    return made


def _plain(
    argument: Argument, name: str, label: str, optional: bool
) -> QgsProcessingParameterDefinition:
    kinds: dict[Callable[[str], Any], Any] = {
        whole_number: QgsProcessingParameterNumber.Type.Integer,
        number: QgsProcessingParameterNumber.Type.Double,
    }
    kind = kinds.get(argument.action.type) if callable(argument.action.type) else None
    if kind is not None:
        return QgsProcessingParameterNumber(name, label, kind, None, optional)
    default = argument.action.default if isinstance(argument.action.default, str) else None
    return QgsProcessingParameterString(name, label, default or None, False, optional)


def _filter(metavar: str) -> str:
    """The file dialog's filter for COUNTY.sqlite, OUT.xta and the like."""
    extension = Path(metavar).suffix
    if extension in FORMATS:
        return ";;".join(f"*{each} (*{each})" for each in FORMATS)
    if extension in ("", ".key"):
        return ""
    return f"*{extension} (*{extension})"


def _label(action: argparse.Action, metavar: str) -> str:
    named = {
        _COUNTY: translate("Xiangtu", "County file"),
        "TABLET_DIR": translate("Xiangtu", "Folder of the tablet"),
        "OUT_DIR": translate("Xiangtu", "Folder to write into"),
        "OUT": translate("Xiangtu", "File to write"),
        "OUT.xta": translate("Xiangtu", "Assignment to write"),
        "OUT.xtp": translate("Xiangtu", "Survey package to write"),
        "ASSIGNMENT.xta": translate("Xiangtu", "Assignment"),
        "RECEIPT.xtr": translate("Xiangtu", "Receipt"),
        "PACKAGE": translate("Xiangtu", "Survey package"),
        "DEVICE_CARD": translate("Xiangtu", "Device card of the tablet"),
        "LAYER": translate("Xiangtu", "Layer"),
        "FILE": translate("Xiangtu", "File"),
        "BATCH": translate("Xiangtu", "Batch"),
        "UUID": translate("Xiangtu", "Record (uuid)"),
        "NAME": translate("Xiangtu", "Name"),
    }  # fmt: skip
    if metavar == "ID" and action.dest == "device":
        return translate("Xiangtu", "Tablet (its id or name)")
    if action.help:
        return action.help[:1].upper() + action.help[1:]
    others = {
        "state": translate("Xiangtu", "State"),
        "format": translate("Xiangtu", "Format"),
        "id": translate("Xiangtu", "ID in the list"),
    }
    return named.get(metavar) or others.get(action.dest) or action.dest
