"""What a form asks at this moment: which fields show, which must be filled, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from xiangtu.catalogue import Catalogue, Field, Label, Layer, expression
from xiangtu.catalogue.model import PhotoRequirement, Severity, SignatureRequirement
from xiangtu.geo import identifiers

#: Common fields that a surveyor answers; the others follow from what is done with the form.
ASKED_OF_EVERY_RECORD = ("village", "began_on", "remark")


@dataclass(frozen=True)
class Problem:
    """What is wrong with an answer, to be shown beside the field.

    `code` is field.problem.… or that of a rule of the catalogue, whose own `title` and `remedy`
    then say more. `field` is None where the record as a whole is meant.
    """

    field: str | None
    severity: Severity
    code: str
    facts: Mapping[str, Any]
    title: Label | None = None
    remedy: Label | None = None


@dataclass(frozen=True)
class Question:
    """One field of a form as it stands."""

    field: Field
    value: Any
    required: bool
    problems: tuple[Problem, ...]


def fields_of(catalogue: Catalogue, layer: Layer) -> dict[str, Field]:
    """The fields a surveyor answers, in order of the form; derived ones are computed."""
    found = {name: each for name, each in layer.fields.items() if not each.derived}
    if layer.surveyed:
        found |= {
            name: catalogue.common[name]
            for name in ASKED_OF_EVERY_RECORD
            if name in catalogue.common and name not in found
        }
    return found


def shown(fields: Mapping[str, Field], values: Mapping[str, Any], today: date) -> dict[str, Field]:
    """The fields that show, given the values of those that do: what is hidden counts as empty."""
    visible = dict(fields)
    for _ in range(len(fields)):
        counted = {
            name: value for name, value in values.items() if name in visible or name not in fields
        }
        now = {
            name: each
            for name, each in fields.items()
            if each.shown_when is None
            or expression.evaluate(each.shown_when, counted, today) is True
        }
        if now == visible:
            break
        visible = now
    return visible


def is_required(field: Field, values: Mapping[str, Any], today: date) -> bool:
    """Whether a field must be filled, given the values of the record."""
    return field.required is not None and bool(expression.evaluate(field.required, values, today))


def problems_of(
    catalogue: Catalogue,
    layer: Layer,
    values: Mapping[str, Any],
    *,
    unchecked: frozenset[str] = frozenset(),
    photos: Mapping[str, int] | None = None,
    signatures: Mapping[str, int] | None = None,
    today: date | None = None,
) -> list[Problem]:
    """Everything wrong with the values of a record as they would be stored.

    Parameters
    ----------
    values : mapping
        By column; of hidden fields None.
    unchecked : set of str
        Fields whose value is masked: they are not held against their structure.
    photos : mapping, optional
        How many photos there are in each role; None leaves the photo requirements out.
    signatures : mapping, optional
        The same for signatures, by what was signed as.
    """
    today = today or date.today()
    visible = shown(fields_of(catalogue, layer), values, today)
    found: list[Problem] = []
    for name, field in visible.items():
        value = values.get(name)
        if value is None:
            if is_required(field, values, today):
                found.append(Problem(name, "error", "field.problem.required", {"field": name}))
        elif name not in unchecked:
            found += _problems_of_value(field, value, values, today)
    for rule in layer.rules:
        if expression.evaluate(rule.condition, values, today) is False:
            place = next((name for name in rule.fields if name in visible), None)
            found.append(Problem(place, rule.severity, rule.code, {}, rule.title, rule.remedy))
    asked: list[tuple[str, str, PhotoRequirement | SignatureRequirement, Mapping | None]] = [
        ("photo", each.role, each, photos) for each in layer.photos
    ]
    asked += [("signature", each.signed_as, each, signatures) for each in layer.signatures]
    for kind, role, wanted, there in asked:
        if there is None or there.get(role, 0) >= wanted.minimum:
            continue
        if wanted.when is None or expression.evaluate(wanted.when, values, today) is True:
            facts = {"role": role, "minimum": wanted.minimum, "found": there.get(role, 0)}
            found.append(Problem(None, "warning", f"field.problem.{kind}", facts))
    return found


def _problems_of_value(
    field: Field, value: Any, values: Mapping[str, Any], today: date
) -> list[Problem]:
    found = []

    def problem(code: str, **facts: Any) -> None:
        facts |= {"field": field.name, "value": str(value)}
        found.append(Problem(field.name, "error", f"field.problem.{code}", facts))

    if isinstance(value, str) and field.length is not None and len(value) > field.length:
        problem("too_long", limit=field.length)
    if isinstance(value, int | float):
        if field.minimum is not None and value < field.minimum:
            problem("too_small", limit=field.minimum)
        if field.maximum is not None and value > field.maximum:
            problem("too_large", limit=field.maximum)
    if field.identifier and isinstance(value, str):
        meant = field.identifier_when is None or expression.evaluate(
            field.identifier_when, values, today
        )
        reason = identifiers.check(field.identifier, value) if meant else None
        if reason:
            problem("identifier", reason=reason)
    return found
