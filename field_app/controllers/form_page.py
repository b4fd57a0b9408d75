"""A form as its screen shows it: sections of questions, parts of the record, photos, signatures,
what is wrong.

All values, so that the screen holds nothing of the survey file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from xiangtu.catalogue import Catalogue, Field, Label, Layer
from xiangtu.catalogue.model import Code
from xiangtu.errors import BadInput
from xiangtu.package.adoption import CAMPAIGN
from xiangtu.store import SurveyFile
from xiangtu.store.derived import compute

from .form import Form
from .questions import Problem, Question
from .record_photos import RecordPhotos, photos_of
from .signatures import RecordSignatures, signatures_of
from .start import DONE, village_names

Kind = Literal["text", "number", "date", "yes_no", "code", "codes", "record", "computed"]
_KINDS: Mapping[str, Kind] = {
    "integer": "number", "real": "number", "date": "date", "boolean": "yes_no", "code": "code",
    "codes": "codes", "reference": "record",
}  # fmt: skip

#: The section of the questions that every record has; no name of a catalogue's own begins so.
GENERAL = "_general"


@dataclass(frozen=True)
class Asked:
    """A question and how it is answered: `choices` of a code, and 1 or 0 for yes and no; `said`
    for the name of the record that a reference names."""

    question: Question
    kind: Kind
    choices: tuple[Code, ...] = ()
    said: Label | None = None

    @property
    def field(self) -> Field:
        return self.question.field


@dataclass(frozen=True)
class Section:
    """Questions under one heading; `label` is None for those that every record has."""

    name: str
    label: Label | None
    asked: tuple[Asked, ...]


@dataclass(frozen=True)
class Part:
    """A record that belongs to this one; `title` is empty where nothing names it yet. One that is
    `begun` has answers that are not confirmed."""

    record: str
    title: Label
    begun: bool


@dataclass(frozen=True)
class Parts:
    """The records of one kind whose `field` names this record; with `may_add` one more can be
    begun here."""

    layer: Layer
    field: str
    records: tuple[Part, ...]
    may_add: bool


@dataclass(frozen=True)
class Named:
    """A record that this one names, as a homestead its household."""

    layer: Layer
    record: str
    title: Label


@dataclass(frozen=True)
class FormPage:
    """What there is to see of a form at this moment.

    `may_be_unchanged`: it can be confirmed as it was at the last survey. `measured` is None where
    the layer has no geometry. `parts` belong to it; `related` are on their own and name it, as the
    homesteads of a household, and `names` those it names itself.
    """

    layer: Layer
    record: str
    title: Label
    village: str | None
    is_new: bool
    begun: bool
    may_be_unchanged: bool
    measured: bool | None
    sections: tuple[Section, ...]
    parts: tuple[Parts, ...]
    related: tuple[Parts, ...]
    names: tuple[Named, ...]
    photos: RecordPhotos
    signatures: RecordSignatures
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(each for each in self.problems if each.severity == "error")

    def section_of(self, field: str | None) -> Section | None:
        """Where a field is asked; None if it is not asked now."""
        return next(
            (
                section
                for section in self.sections
                if any(each.field.name == field for each in section.asked)
            ),
            None,
        )


def open_form(
    survey: SurveyFile, layer_name: str, record: str | None, given: Mapping[str, Any]
) -> Form:
    """The form of a record with its draft, or of a draft; a new one for None, with what is given.

    A new one is a draft at once, so that photos and parts can belong to it. BadInput as
    `Form.open_record`.
    """
    if record is None:
        form = Form.new(survey, layer_name, **given)
        form.save()
        return form
    try:
        return Form.resume(survey, record)
    except BadInput as error:
        if error.code != "field.no_draft":
            raise
        return Form.open_record(survey, layer_name, record)


def leave(form: Form) -> None:
    """Go away from a form: its draft stays, but for a new one in which nothing was done."""
    page = page_of(form)
    has_parts = any(each.records for each in page.parts)
    has_more = has_parts or page.photos.photos or page.signatures.signatures
    if form.is_new and not form.begun and not has_more:
        form.throw_away()


def page_of(form: Form) -> FormPage:
    """What there is to see of a form."""
    survey, layer = form.survey, form.layer
    problems = tuple(form.problems())
    return FormPage(
        layer,
        form.record,
        called(survey, layer, form.values),
        form.values.get("village"),
        form.is_new,
        form.begun,
        _may_be_unchanged(form),
        None if layer.geometry is None else form.geometry is not None,
        _sections(form),
        tuple(_naming(survey, layer, form.record, parts=True)),
        tuple(_naming(survey, layer, form.record, parts=False)),
        tuple(_names(form)),
        photos_of(survey, layer, form.record, problems),
        signatures_of(survey, layer, form.record, problems),
        problems,
    )


def title_of(catalogue: Catalogue, layer: Layer, values: Mapping[str, Any]) -> Label:
    """What a record is called: its name, else its code; empty where it has neither."""
    for name in (layer.title_field, layer.key):
        value = values.get(name) if name else None
        if not value:
            continue
        field = layer.fields[str(name)]
        code = catalogue.code_lists[field.code_list].codes.get(value) if field.code_list else None
        return code.label if code else Label(str(value), str(value))
    return Label("", "")


def called(survey: SurveyFile, layer: Layer, values: Mapping[str, Any]) -> Label:
    """What a record is called, and where nothing names it what it belongs to: a homestead without
    an address its household. Empty where that has no name either."""
    title = title_of(survey.catalogue, layer, values)
    named = (
        called(survey, *_values_of(survey, relation.parent, values[relation.field]))
        for relation in layer.relations
        if relation.parent != layer.name and values.get(relation.field)
    )
    return title if title.zh else next((each for each in named if each.zh), title)


def _values_of(survey: SurveyFile, layer: str, record: str) -> tuple[Layer, Mapping[str, Any]]:
    """A record's values, those that are answered and not confirmed among them."""
    values = survey.get(layer, record) or {}
    values |= next((dict(each.answers) for each in survey.drafts() if each.record == record), {})
    return survey.catalogue.layer(layer), values


def called_record(survey: SurveyFile, layer: str, record: str) -> Label:
    """As `called`, of a record or a draft."""
    return called(survey, *_values_of(survey, layer, record))


def candidates(survey: SurveyFile, layer_name: str) -> list[tuple[str, Label, str]]:
    """Records of a layer that another may name, those begun on this tablet too: uuid, what it is
    called, its code; by code and name."""
    layer = survey.catalogue.layer(layer_name)
    columns = ["uuid", *dict.fromkeys(name for name in (layer.title_field, layer.key) if name)]
    rows = {
        each["uuid"]: each for each in survey.select(layer_name, '"ended_on" IS NULL', (), columns)
    }
    for draft in survey.drafts():
        if draft.layer == layer_name:
            rows.setdefault(draft.record, dict(draft.answers))
    found = [
        (uuid, title_of(survey.catalogue, layer, row), str(row.get(layer.key or "") or ""))
        for uuid, row in rows.items()
    ]
    return sorted(found, key=lambda each: (each[2], each[1].zh))


def _may_be_unchanged(form: Form) -> bool:
    if form.is_new or form.begun or not form.layer.surveyed:
        return False
    values = form.values
    now = values.get("campaign") == form.survey.meta.get(CAMPAIGN)
    return not (now and values.get("state") in DONE)


def _sections(form: Form) -> tuple[Section, ...]:
    layer = form.layer
    by_section: dict[str, list[Asked]] = {name: [] for name in layer.sections}
    for question in form.questions():
        by_section.setdefault(question.field.section or GENERAL, []).append(
            _asked(form.survey, question)
        )
    shape = np.array([form.geometry], dtype=object)
    for name, (value,) in compute(layer, shape, form.survey.srid).items():
        question = Question(layer.fields[name], value, False, ())
        by_section.setdefault(question.field.section or GENERAL, []).append(
            Asked(question, "computed")
        )
    # What has no section stands last, but alone it is the form.
    return tuple(
        Section(name, layer.sections.get(name, None if layer.sections else layer.label), some)
        for name, some in ((name, tuple(each)) for name, each in by_section.items())
        if some
    )


def _asked(survey: SurveyFile, question: Question) -> Asked:
    field = question.field
    if field.name == "village":
        names = village_names(survey)
        if names:
            codes = (Code(code, Label(name, name)) for code, name in sorted(names.items()))
            return Asked(question, "code", tuple(codes))
    kind = _KINDS.get(field.type, "text")
    if kind == "yes_no":
        words = survey.catalogue.code_lists["yes_no"].codes
        yes, no = words["1"].label, words["2"].label
        return Asked(question, kind, (Code("1", yes), Code("0", no)))
    if kind == "record":
        return Asked(question, kind, said=_named(survey, field, question.value))
    if field.code_list is not None:
        return Asked(
            question, kind, tuple(survey.catalogue.code_lists[field.code_list].codes.values())
        )
    return Asked(question, kind)


def _named(survey: SurveyFile, field: Field, record: Any) -> Label | None:
    """What the record that a reference names is called; its layer's name where nothing does."""
    if not record or field.references is None:
        return None
    title = called_record(survey, field.references, record)
    return title if title.zh else survey.catalogue.layer(field.references).label


def _names(form: Form) -> Iterable[Named]:
    survey, values = form.survey, form.values
    drafts = {each.record for each in survey.drafts()}
    for relation in form.layer.relations:
        record = values.get(relation.field)
        if record and (record in drafts or survey.get(relation.parent, record) is not None):
            title = _named(survey, form.layer.fields[relation.field], record)
            assert title is not None
            yield Named(survey.catalogue.layer(relation.parent), record, title)


def _naming(survey: SurveyFile, layer: Layer, record: str, *, parts: bool) -> Iterable[Parts]:
    """Records that name this one, by kind: its parts, or the others."""
    drafts = survey.drafts()
    for child, relation in survey.catalogue.children_of(layer.name):
        if relation.composition != parts or not child.surveyed:
            continue
        columns = ["uuid", *dict.fromkeys(each for each in (child.title_field, child.key) if each)]
        rows = survey.select(
            child.name, f'"{relation.field}" = ? AND "ended_on" IS NULL', [record], columns
        )
        found = {each["uuid"]: each for each in rows}
        begun = {
            each.record: each.answers
            for each in drafts
            if each.layer == child.name
            and (each.record in found or each.answers.get(relation.field) == record)
        }
        yield Parts(
            child,
            relation.field,
            tuple(
                Part(uuid, title_of(survey.catalogue, child, values), uuid in begun)
                for uuid, values in sorted({**found, **begun}.items())
            ),
            # A part is begun in the form of its whole.
            may_add=parts or not child.compositions,
        )
