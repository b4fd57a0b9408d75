"""All rules: those written here and those a catalogue brings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from ..catalogue.model import Catalogue, Layer
from ..errors import BadInput
from . import fields, geometry, measures, relations, topology
from .rule import Condition, Rule

#: The rules that hold whatever the catalogue, by code.
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.code: rule
        for family in (fields, geometry, topology, relations, measures)
        for rule in family.RULES
    }
)
#: Code → what is asked of each portion of outlines.
TILE_FINDERS = geometry.FINDERS | topology.FINDERS | relations.FINDERS
_CONDITIONS = (fields.conditions, relations.conditions, measures.conditions)


def rules_of(catalogue: Catalogue) -> dict[str, Rule]:
    """RULES and the catalogue's own, by code; what findings of a file can name."""
    rules = dict(RULES)
    for layer in catalogue.layers.values():
        for own in layer.rules:
            known = rules.get(own.code)
            layers = (*known.layers, layer.name) if known else (layer.name,)
            rules[own.code] = Rule(
                own.code, own.severity, own.title, own.explanation, own.remedy, layers
            )
    return rules


def chosen(catalogue: Catalogue, codes: Iterable[str] | None) -> dict[str, Rule]:
    """The rules of these codes or, by the part before the dot, families; all without.

    BadInput("rule.unknown") for a code that no rule has.
    """
    rules = rules_of(catalogue)
    if codes is None:
        return rules
    picked: dict[str, Rule] = {}
    for code in codes:
        some = {
            each: rule
            for each, rule in rules.items()
            if each == code or each.startswith(f"{code}.")
        }
        if not some:
            raise BadInput("rule.unknown", rule=code)
        picked |= some
    return picked


def conditions(catalogue: Catalogue, layer: Layer, rules: Mapping[str, Rule]) -> list[Condition]:
    """All that SQL can ask of the rows of a layer, for the given rules."""
    every: Iterator[Condition] = (
        condition for family in _CONDITIONS for condition in family(catalogue, layer)
    )
    return [each for each in every if each.rule in rules]


def tile_columns(layer: str) -> tuple[str, ...]:
    """Further columns the finders need of a layer's portions."""
    return topology.COLUMNS.get(layer, ()) + relations.COLUMNS.get(layer, ())
