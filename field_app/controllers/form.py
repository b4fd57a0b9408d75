"""One record's form: answers saved as they come, checked beside the field, confirmed as a whole."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from shapely import Point
from shapely.geometry.base import BaseGeometry
from xiangtu.catalogue import Field, Layer
from xiangtu.catalogue.model import COMMON_FIELDS, GEOMETRY_COLUMN, MEASUREMENT_FIELDS
from xiangtu.errors import BadInput
from xiangtu.gnss import fix_json
from xiangtu.gnss.fix import Fix
from xiangtu.package.adoption import CAMPAIGN, assigned_villages
from xiangtu.store import UNCHANGED, SurveyFile
from xiangtu.store.drafts import Draft
from xiangtu.store.identity import new_uuid
from xiangtu.store.journal_triggers import parts_of

from . import heights
from .answers import stored
from .capture import Measured
from .questions import Problem, Question, fields_of, is_required, problems_of, shown

#: Answers that a new record of the layer begins with, kept in table meta.
_REMEMBERED = "remembered"
#: Keys in a draft's answers that are no fields: the raw epochs, and why a measurement was kept.
#: And what was wrong with private answers before they were masked, and why a measured point has
#: no 1985 height.
_FIXES, _REASON, _PRIVATE = "_fixes", "_override_reason", "_private"
_NO_1985 = "_no_1985_height"


class Form:
    """The answers to one layer's questions, for a new record or one that is there.

    Made by `new`, `open_record` or `resume`. Each answer is saved as a draft at once; `confirm`
    writes the record, `throw_away` forgets the answers.

    Attributes
    ----------
    record : str
        The uuid that the record has or will have; photos may be attached to it before it is
        confirmed.
    """

    def __init__(
        self,
        survey: SurveyFile,
        layer: Layer,
        record: str,
        before: Mapping[str, Any] | None,
        values: Mapping[str, Any],
    ) -> None:
        self.survey = survey
        self.layer = layer
        self.record = record
        self._fields = fields_of(survey.catalogue, layer)
        #: The record as it is in the file; None for a new one.
        self._before = before
        self._values: dict[str, Any] = dict(values)
        #: Structure problems of sensitive answers, found before they were masked.
        self._private: dict[str, list[Problem]] = {}
        self._geometry: BaseGeometry | None = None
        self._reshaped = False
        self._fixes: tuple[Fix, ...] = ()
        self._override_reason: str | None = None
        self._no_1985_height: Problem | None = None
        #: Something was answered or measured that is not confirmed.
        self.begun = False

    # -- beginning ----------------------------------------------------------------------------

    @classmethod
    def new(cls, survey: SurveyFile, layer_name: str, **given: Any) -> Form:
        """A form for a new record: defaults, then what was remembered of the last one, then what
        is given (typed as answers; the village, the parent's uuid…)."""
        layer = survey.catalogue.layer(layer_name)
        fields = fields_of(survey.catalogue, layer)
        values = {name: each.default for name, each in fields.items() if each.default is not None}
        values |= remembered(survey, layer_name)
        form = cls(survey, layer, new_uuid(), None, values)
        for name, answer in given.items():
            form._values[name] = stored(survey.catalogue, form._field(name), answer)
        return form

    @classmethod
    def open_record(cls, survey: SurveyFile, layer_name: str, uuid: str) -> Form:
        """A form for a record to re-survey, with its draft if there is one.

        BadInput("record.missing") if there is no such record.
        """
        layer = survey.catalogue.layer(layer_name)
        before = survey.get(layer_name, uuid)
        if before is None:
            raise BadInput("record.missing", layer=layer_name, uuid=uuid)
        form = cls(survey, layer, uuid, before, _plain(layer, before))
        draft = next((each for each in survey.drafts() if each.record == uuid), None)
        if draft is not None:
            form._take_draft(draft)
        return form

    @classmethod
    def resume(cls, survey: SurveyFile, record: str) -> Form:
        """The form of a draft; BadInput("field.no_draft") if there is none."""
        draft = next((each for each in survey.drafts() if each.record == record), None)
        if draft is None:
            raise BadInput("field.no_draft", record=record)
        layer = survey.catalogue.layer(draft.layer)
        before = survey.get(draft.layer, record)
        form = cls(survey, layer, record, before, _plain(layer, before) if before else {})
        form._take_draft(draft)
        return form

    # -- answering ----------------------------------------------------------------------------

    @property
    def is_new(self) -> bool:
        """The record is not in the file yet."""
        return self._before is None

    @property
    def values(self) -> Mapping[str, Any]:
        """All answers by column, those of fields that are hidden now too."""
        return dict(self._values)

    @property
    def geometry(self) -> BaseGeometry | None:
        """What was measured, else what the record has."""
        if self._reshaped or self._before is None:
            return self._geometry
        return self._before.get(GEOMETRY_COLUMN)

    def answer(self, field_name: str, answer: Any) -> None:
        """Take an answer as typed, and save the draft.

        BadInput: "field.unknown", and those of `answers.stored` and `heights.answered`; the old
        answer then stays.
        """
        field = self._field(field_name)
        value = stored(self.survey.catalogue, field, answer)
        followed = heights.answered(field_name, value, self._values)
        if field.sensitive:
            # Once saved it is masked, and its structure can be checked no more.
            self._private[field_name] = [
                each
                for each in self._check({**self._values, field_name: value})
                if each.field == field_name
            ]
            self._values.pop(field.secret_column, None)
            if value is None:
                self._values[field.secret_column] = None
        self._values |= {field_name: value, **followed}
        self.begun = True
        self.save()

    def measure(self, measured: Measured) -> None:
        """Take what was measured, in place of an earlier measurement, and save the draft.

        The village is filled in where the form has none yet and the place lies in one; so are the
        heights (see `heights.measured`).
        """
        if self.layer.geometry is None:
            raise BadInput("geometry.not_expected", layer=self.layer.name)
        self._geometry, self._reshaped = measured.geometry, True
        self._fixes = measured.fixes
        self._override_reason = measured.override_reason
        self._values |= measured.values()
        changes, self._no_1985_height = heights.measured(
            self.survey, self._fields, self._values, measured
        )
        self._values |= changes
        if "village" in self._fields and not self._values.get("village"):
            self._values["village"] = village_at(self.survey, measured.geometry)
        self.begun = True
        self.save()

    def save(self) -> None:
        """Keep the draft as it is; each answer does so itself."""
        answers = dict(self._values)
        if self._fixes:
            answers[_FIXES] = [fix_json.to_json(each) for each in self._fixes]
        if self._override_reason:
            answers[_REASON] = self._override_reason
        if self._no_1985_height:
            answers[_NO_1985] = [self._no_1985_height.code, self._no_1985_height.facts]
        answers[_PRIVATE] = [
            [name, each.code, {**each.facts, "value": "****"}]
            for name, several in self._private.items()
            for each in several
        ]
        shape = self._geometry if self._reshaped else None
        kept = self.survey.save_draft(self.record, self.layer.name, answers, shape)
        self._values = {name: value for name, value in kept.items() if not name.startswith("_")}

    def questions(self) -> list[Question]:
        """The fields that show now, in order, each with its value and what is wrong with it."""
        today = date.today()
        values = self._counted("surveyed")
        problems = self.problems()
        return [
            Question(
                field,
                values.get(name),
                is_required(field, values, today),
                tuple(each for each in problems if each.field == name),
            )
            for name, field in shown(self._fields, values, today).items()
        ]

    def problems(self, state: str = "surveyed") -> list[Problem]:
        """Everything that is wrong if the form were confirmed now."""
        return self._check(self._counted(state), whole=True)

    # -- ending -------------------------------------------------------------------------------

    def confirm(self, state: str = "surveyed", *, despite: str | None = None) -> str:
        """Write the record with its measurement and raw epochs, and forget the draft; its uuid.

        Parameters
        ----------
        despite : str
            Why the record is right although something is wrong with it; kept in its remark.

        Raises
        ------
        BadInput
            "field.problems" with the first error and how many there are, unless `despite` says
            why; nothing is written then and the draft stays.
        """
        values = self._counted(state)
        wrong = [each for each in self._check(values, whole=True) if each.severity == "error"]
        if wrong and not (despite or "").strip():
            raise BadInput(
                "field.problems",
                layer=self.layer.name,
                field=wrong[0].field or "",
                problem=wrong[0].code,
                count=len(wrong),
            )
        for reason in (self._override_reason, despite if wrong else None):
            if reason and reason.strip():
                values["remark"] = _joined(
                    values.get("remark"), reason.strip(), self._field("remark")
                )
        changed = self._changed(values)
        geometry = self._geometry if self._reshaped else UNCHANGED
        with self.survey.atomic():
            if self._before is None:
                shape = None if geometry is UNCHANGED else geometry
                self.survey.insert(self.layer.name, changed, shape, uuid=self.record)
            else:
                self.survey.update(self.layer.name, self.record, changed, geometry)
            if self._fixes:
                measured_at = self._values.get("measured_at")
                self.survey.keep_fixes(self.record, self._fixes, part=measured_at)
            self._remember(values)
            self.survey.drop_draft(self.record)
        self._before = self.survey.get(self.layer.name, self.record)
        self._reshaped, self._fixes = False, ()
        self.begun = False
        return self.record

    def throw_away(self) -> None:
        """Forget the answers that are not confirmed; of a new record its photos and its parts
        (the houses of a homestead) too, which would belong to nothing."""
        with self.survey.atomic():
            if self._before is None:
                for table, column in parts_of(self.layer, self.survey.catalogue):
                    self._forget_parts(table, column)
            self.survey.drop_draft(self.record)

    # -- inside -------------------------------------------------------------------------------

    def _forget_parts(self, table: str, column: str) -> None:
        for draft in self.survey.drafts():
            if draft.layer == table and draft.answers.get(column) == self.record:
                Form.resume(self.survey, draft.record).throw_away()
        parts = self.survey.select(table, f'"{column}" = ?', [self.record], columns=["uuid"])
        for part in list(parts):
            self.survey.delete(table, part["uuid"])

    def _field(self, name: str) -> Field:
        try:
            return self._fields[name]
        except KeyError:
            raise BadInput("field.unknown", layer=self.layer.name, field=name) from None

    def _counted(self, state: str) -> dict[str, Any]:
        """The values as they would be stored: without those of hidden fields."""
        values = dict(self._values)
        if self.layer.surveyed:
            values["state"] = state
            campaign = self.survey.meta.get(CAMPAIGN)
            if campaign is not None:
                values["campaign"] = campaign
        visible = shown(self._fields, values, date.today())
        for name, field in self._fields.items():
            if name not in visible:
                values[name] = None
                if field.sensitive:
                    values[field.secret_column] = None
        return values

    def _check(self, values: Mapping[str, Any], *, whole: bool = False) -> list[Problem]:
        """Problems of values; of the `whole` record with photos, signatures, private answers."""
        private = frozenset(name for name, each in self._fields.items() if each.sensitive)
        found = problems_of(
            self.survey.catalogue,
            self.layer,
            # The journal will put down who is signed in.
            {**values, "surveyor": self.survey.author or None},
            unchecked=private if whole else frozenset(),
            photos=self._attached("role") if whole else None,
            signatures=self._attached("signed_as") if whole else None,
        )
        if self._no_1985_height and not values.get(heights.NATIONAL):
            found.append(self._no_1985_height)
        village, ours = values.get("village"), assigned_villages(self.survey)
        if village and ours and village not in ours:
            facts = {"field": "village", "value": village}
            found.append(Problem("village", "warning", "field.problem.not_assigned", facts))
        if whole:
            found += [each for name in private for each in self._private.get(name, ())]
            if self.layer.geometry and self.layer.surveyed and self.geometry is None:
                # It may be filled in at the table, and measured on the way out.
                found.append(Problem(None, "warning", "field.problem.not_measured", {}))
            attached = self.survey.attachments_of(self.record)
            unnamed = sum(each["kind"] == "photo" and not each["role"] for each in attached)
            if unnamed:
                facts = {"count": unnamed}
                found.append(Problem(None, "warning", "field.problem.photo_role", facts))
        return found

    def _attached(self, column: str) -> Counter[str]:
        """How many attachments there are, by what a column says of them."""
        return Counter(
            each[column] for each in self.survey.attachments_of(self.record) if each[column]
        )

    def _changed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What differs from the record in the file, by column that may be written."""
        writable = set(self.layer.columns) - {GEOMETRY_COLUMN}
        before = self._before or {}
        return {
            name: value
            for name, value in values.items()
            if name in writable and value != before.get(name)
        }

    def _take_draft(self, draft: Draft) -> None:
        self.begun = True
        answers = dict(draft.answers)
        self._fixes = tuple(fix_json.from_json(each) for each in answers.pop(_FIXES, ()))
        self._override_reason = answers.pop(_REASON, None)
        for code, facts in [answers.pop(_NO_1985)] if _NO_1985 in answers else ():
            self._no_1985_height = Problem(heights.HOW, "note", code, facts)
        for name, code, facts in answers.pop(_PRIVATE, ()):
            self._private.setdefault(name, []).append(Problem(name, "error", code, facts))
        self._values |= answers
        if draft.geometry is not None:
            geometry = draft.geometry
            self._geometry, self._reshaped = geometry, True

    def _remember(self, values: Mapping[str, Any]) -> None:
        kept = _all_remembered(self.survey)
        kept[self.layer.name] = {
            name: values[name]
            for name, field in self._fields.items()
            if field.remember_last and not field.sensitive and values.get(name) is not None
        }
        self.survey.meta[_REMEMBERED] = json.dumps(kept, ensure_ascii=False)


def remembered(survey: SurveyFile, layer_name: str) -> dict[str, Any]:
    """What the last confirmed record of a layer said in the fields that are remembered."""
    return dict(_all_remembered(survey).get(layer_name, {}))


def confirm_unchanged(survey: SurveyFile, layer_name: str, uuid: str) -> None:
    """Confirm that a record is as it was at the last survey; nothing else of it is touched.

    BadInput("record.missing").
    """
    values: dict[str, Any] = {"state": "confirmed_unchanged"}
    campaign = survey.meta.get(CAMPAIGN)
    if campaign is not None:
        values["campaign"] = campaign
    survey.update(layer_name, uuid, values)


def village_at(survey: SurveyFile, place: BaseGeometry) -> str | None:
    """Code of the village that a place lies in, by a point inside it; None if in none we know."""
    inside: Point = place.representative_point()
    for uuid in survey.within("village", inside.bounds):
        village = survey.get("village", uuid)
        outline = village[GEOMETRY_COLUMN] if village else None
        if village and outline is not None and outline.covers(inside):
            code: str | None = village["code"]
            return code
    return None


def _all_remembered(survey: SurveyFile) -> dict[str, dict[str, Any]]:
    text = survey.meta.get(_REMEMBERED)
    known: dict[str, dict[str, Any]] = json.loads(text) if text else {}
    return known


def _plain(layer: Layer, record: Mapping[str, Any]) -> dict[str, Any]:
    """The journalled columns of a record without its geometry."""
    names = (*layer.columns, *COMMON_FIELDS, *MEASUREMENT_FIELDS)
    return {name: record[name] for name in names if name in record and name != GEOMETRY_COLUMN}


def _joined(remark: Any, reason: str, field: Field) -> str:
    if remark and reason in str(remark):
        return str(remark)
    whole = f"{remark}；{reason}" if remark else reason
    return whole[: field.length] if field.length else whole
