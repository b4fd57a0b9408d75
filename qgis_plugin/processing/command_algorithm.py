"""One command of the core as an algorithm of QGIS's toolbox."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputString,
)
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon
from xiangtu.cli.command import Outcome
from xiangtu.cli.language import Translation
from xiangtu.cli.terminal import plain
from xiangtu.errors import Cancelled, SurveyError
from xiangtu.words import explain

from ..commands import run_command
from ..tasks.python_thread import in_python_thread
from .feedback_terminal import FeedbackTerminal
from .parameters import Argument, arguments_of, parameter
from .result_layers import SINKS, ResultLayer

translate = QCoreApplication.translate

#: Outputs of every algorithm: the document of --json, and whether something waits for a person.
DOCUMENT, WAITS = "DOCUMENT", "WAITS"


@dataclass(frozen=True)
class Described:
    """A command as the command line describes it, and what QGIS adds.

    `words` are what is typed: the command's name, then, after the county file, the action.
    """

    words: tuple[str, ...]
    group: str
    parser: argparse.ArgumentParser
    outer: argparse.ArgumentParser | None

    @property
    def name(self) -> str:
        return "_".join(self.words)

    def arguments(self) -> list[Argument]:
        """The command's arguments; of an action, first the county file of its command."""
        own = list(arguments_of(self.parser))
        if self.outer is None:
            return own
        county = [each for each in arguments_of(self.outer) if each.positional]
        return county + own


class CommandAlgorithm(QgsProcessingAlgorithm):
    """Reads its parameters, calls one command, and puts what it says into the log and layers."""

    def __init__(
        self, described: Described, language: str, layers: Sequence[str], county: str | None
    ) -> None:
        super().__init__()
        self._described = described
        self._language = language
        self._layers = layers
        self._county = county

    # -- how QGIS shows it --------------------------------------------------------------------

    def createInstance(self) -> CommandAlgorithm:
        return CommandAlgorithm(self._described, self._language, self._layers, self._county)

    def name(self) -> str:
        return self._described.name

    def displayName(self) -> str:
        text = str(self._described.parser.description or self.name())
        return text[:1].upper() + text[1:]

    def group(self) -> str:
        return {
            "county": translate("Xiangtu", "County"),
            "hand_out": translate("Xiangtu", "Hand out"),
            "tablet": translate("Xiangtu", "Tablet"),
            "come_back": translate("Xiangtu", "What comes back"),
            "check": translate("Xiangtu", "Check"),
            "results": translate("Xiangtu", "Results"),
        }[self._described.group]

    def groupId(self) -> str:
        return self._described.group

    def icon(self) -> QIcon:
        provider = self.provider()
        return provider.icon() if provider is not None else super().icon()

    def shortHelpString(self) -> str:
        lines = [self.displayName() + "."]
        for each in self._described.arguments():
            if each.action.help:
                made = parameter(each, self._layers, None)
                lines.append(f"<b>{made.name()}</b>: {each.action.help}")
        typed = " ".join(["xiangtu", self._described.words[0], "…", *self._described.words[1:]])
        lines.append(translate("Xiangtu", "The same as the command {command}.").format(
            command=f"<code>{typed}</code>"
        ))  # fmt: skip
        return "<br><br>".join(lines)

    # -- what it does -------------------------------------------------------------------------

    def initAlgorithm(self, configuration: Mapping[str, Any] | None = None) -> None:
        for each in self._described.arguments():
            self.addParameter(parameter(each, self._layers, self._county))
        for sink in SINKS.get(self.name(), ()):
            self.addParameter(sink.parameter())
        self.addOutput(
            QgsProcessingOutputString(DOCUMENT, translate("Xiangtu", "What was done (JSON)"))
        )
        self.addOutput(
            QgsProcessingOutputBoolean(WAITS, translate("Xiangtu", "Something waits for a person"))
        )

    def processAlgorithm(
        self,
        parameters: Mapping[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        translation = Translation(self._language)
        terminal = FeedbackTerminal(translation, feedback)
        words = self._typed(parameters, context)
        try:
            outcome = in_python_thread(
                lambda: run_command(words, translation, terminal.watched, terminal.note)
            )
            outcome.show(terminal)
            results = self._results(outcome, parameters, context)
        except Cancelled:
            feedback.reportError(translate("Xiangtu", "Cancelled; nothing was changed."))
            return {}
        except SurveyError as refusal:
            raise QgsProcessingException(explain(refusal, self._language)) from None
        return results

    def _typed(self, parameters: Mapping[str, Any], context: QgsProcessingContext) -> list[str]:
        """The command as it would be typed."""
        positional, options = [], []
        for each in self._described.arguments():
            words = each.words(self._value(each, parameters, context))
            (positional if each.positional else options).extend(words)
        name, *action = self._described.words
        if action:
            return [name, positional[0], *action, *options, "--", *positional[1:]]
        return [name, *options, "--", *positional]

    def _value(
        self, argument: Argument, parameters: Mapping[str, Any], context: QgsProcessingContext
    ) -> Any:
        definition = self.parameterDefinition(argument.name)
        kind = definition.type()
        if parameters.get(argument.name) is None and definition.defaultValue() is None:
            return None
        if kind == "boolean":
            return self.parameterAsBoolean(parameters, argument.name, context)
        if kind == "enum":
            chosen = self.parameterAsEnumStrings(parameters, argument.name, context)
            return chosen if argument.several else (chosen or [""])[0]
        if kind == "multilayer":
            return self.parameterAsFileList(parameters, argument.name, context)
        if kind == "number":
            value = self.parameterAsDouble(parameters, argument.name, context)
            return int(value) if value.is_integer() else value
        if kind in ("fileDestination", "folderDestination"):
            return self.parameterAsFileOutput(parameters, argument.name, context)
        text = self.parameterAsString(parameters, argument.name, context)
        return text.replace(",", " ").split() if argument.several else text

    def _results(
        self, outcome: Outcome, parameters: Mapping[str, Any], context: QgsProcessingContext
    ) -> dict[str, Any]:
        text = json.dumps(outcome.document, ensure_ascii=False, default=plain, allow_nan=False)
        results: dict[str, Any] = {DOCUMENT: text, WAITS: outcome.waits}
        for each in self._described.arguments():
            if each.is_new:
                results[each.name] = self._value(each, parameters, context)
        for sink in SINKS.get(self.name(), ()):
            results |= self._fill(sink, outcome, parameters, context)
        return results

    def _fill(
        self,
        layer: ResultLayer,
        outcome: Outcome,
        parameters: Mapping[str, Any],
        context: QgsProcessingContext,
    ) -> dict[str, Any]:
        if not parameters.get(layer.name):
            return {}
        county = self.parameterAsString(parameters, "COUNTY", context)
        sink, identifier = self.parameterAsSink(
            parameters, layer.name, context, layer.fields(), layer.wkb_type(), layer.crs(county)
        )
        if sink is None:
            raise QgsProcessingException(self.invalidSinkError(parameters, layer.name))
        for feature in layer.features(outcome, county):
            sink.addFeature(feature)
        return {layer.name: identifier}
