"""Forms made from the catalogue: tabs, widgets, conditions, constraints, parts, photos."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    Qgis,
    QgsAttributeEditorContainer,
    QgsAttributeEditorField,
    QgsAttributeEditorRelation,
    QgsDefaultValue,
    QgsEditFormConfig,
    QgsEditorWidgetSetup,
    QgsExpression,
    QgsFieldConstraints,
    QgsOptionalExpression,
    QgsRelation,
    QgsValueMapFieldFormatter,
    QgsVectorLayer,
)
from xiangtu.catalogue import expression
from xiangtu.catalogue.model import (
    BOOKKEEPING,
    COMMON_FIELDS,
    MEASUREMENT_FIELDS,
    Catalogue,
    Field,
    Label,
    Layer,
)

#: The present day as the catalogue's conditions compare it.
_TODAY = "format_date(now(), 'yyyy-MM-dd')"
_STATE = Label("状态", "State")
_MEASUREMENT = Label("测量", "Measurement")
_RECORD = Label("登记", "Record")
_YES, _NO = Label("是", "Yes"), Label("否", "No")
#: The entry of a list by which a value is taken away again.
_NOTHING = {"": QgsValueMapFieldFormatter.NULL_VALUE}
_MUST = Label("必填", "must be filled in")
_FROM = Label("不小于 {least}", "at least {least}")
_TO = Label("不大于 {most}", "at most {most}")
_LONG = Label("不超过 {length} 个字符", "no more than {length} characters")
#: Whole numbers and reals that a spin box takes where the catalogue sets no limit: it must not
#: change a value that is there.
_WIDEST = 2_000_000_000
#: Decimals of a real whose catalogue entry names none.
_DECIMALS = 3
#: A photo lies under its hash in the folder beside the survey file, wherever that is.
_ATTACHMENTS = "file_path(layer_property(@layer_id, 'path')) || '/attachments'"


@dataclass(frozen=True)
class Surroundings:
    """What a form refers to: the layers made, relations by (child layer, column), and which of
    them show what belongs to a record, by its layer."""

    layers: Mapping[str, QgsVectorLayer]
    references: Mapping[tuple[str, str], QgsRelation]
    parts: Mapping[str, Sequence[tuple[Label, QgsRelation]]]


def make_form(
    layer: QgsVectorLayer,
    description: Layer,
    catalogue: Catalogue,
    around: Surroundings,
    language: str,
) -> None:
    """Give a QGIS layer the form of its catalogue entry.

    Constraints are soft: a record that came from the field with a fault can still be corrected
    step by step, and the checks name what is left.
    """
    _Form(layer, description, catalogue, around, language).make()


class _Form:
    """One form being made."""

    def __init__(
        self,
        layer: QgsVectorLayer,
        description: Layer,
        catalogue: Catalogue,
        around: Surroundings,
        language: str,
    ) -> None:
        self.layer = layer
        self.description = description
        self.catalogue = catalogue
        self.around = around
        self.language = language
        self.columns = {name: at for at, name in enumerate(layer.fields().names())}
        self.config = layer.editFormConfig()

    def make(self) -> None:
        for column, at in self.columns.items():
            field = self.catalogue.field_of(self.description.name, column)
            if field is not None:
                self._field(field, at)
            elif column == "uuid":
                self._uuid(at)
            elif column == "fid" or column.endswith("_secret"):
                self._widget(at, "Hidden")
                self.config.setReadOnly(at, True)
        self._tabs()
        self.layer.setEditFormConfig(self.config)
        if self.description.title_field:
            self.layer.setDisplayExpression(f'coalesce("{self.description.title_field}", "uuid")')

    # -- one field ----------------------------------------------------------------------------

    def _uuid(self, at: int) -> None:
        """A record without an outline gets its uuid with its form, so that parts can name it at
        once. One that can be split does not: QGIS would give the second part a uuid of its own,
        and the county would not learn what it came from."""
        self.config.setReadOnly(at, True)
        if self.description.geometry in (None, "POINT"):
            self.layer.setDefaultValueDefinition(at, QgsDefaultValue("uuid('WithoutBraces')"))

    def _field(self, field: Field, at: int) -> None:
        self.layer.setFieldAlias(at, field.label.in_language(self.language))
        # A sensitive column holds masked text: what is typed here would be stored unsealed.
        locked = bool(field.derived) or field.sensitive or field.name in BOOKKEEPING
        self.config.setReadOnly(at, locked)
        self.config.setReuseLastValue(at, field.remember_last)
        self._editor(field, at)
        if not locked:
            self._default(field, at)
            self._constraint(field, at)

    def _widget(self, at: int, kind: str, **settings: Any) -> None:
        self.layer.setEditorWidgetSetup(at, QgsEditorWidgetSetup(kind, settings))

    def _editor(self, field: Field, at: int) -> None:
        if field.type == "code" and field.code_list:
            self._widget(at, "ValueMap", map=self._codes(field))
        elif field.type == "boolean":
            # A check box knows no NULL: it would make "no" of what nobody has answered.
            answers = [
                {_YES.in_language(self.language): "1"},
                {_NO.in_language(self.language): "0"},
            ]
            self._widget(at, "ValueMap", map=[_NOTHING, *answers])
        elif field.type == "date":
            self._widget(at, "DateTime", field_format="yyyy-MM-dd", display_format="yyyy-MM-dd",
                         calendar_popup=True, allow_null=True, field_iso_format=False)  # fmt: skip
        elif field.type == "integer":
            self._widget(at, "Range", Style="SpinBox", AllowNull=True, Step=1,
                         Min=-_WIDEST, Max=_WIDEST, Suffix=_suffix(field))  # fmt: skip
        elif field.type == "real":
            decimals = _DECIMALS if field.decimals is None else field.decimals
            self._widget(at, "Range", Style="SpinBox", AllowNull=True, Step=10.0**-decimals,
                         Precision=decimals, Min=float(-_WIDEST), Max=float(_WIDEST),
                         Suffix=_suffix(field))  # fmt: skip
        elif (self.description.name, field.name) in self.around.references:
            relation = self.around.references[self.description.name, field.name]
            self._widget(at, "RelationReference", Relation=relation.id(), AllowNULL=True,
                         AllowAddFeatures=False, ShowForm=False, ShowOpenFormButton=True,
                         MapIdentification=False, OrderByValue=True)  # fmt: skip
        elif field.name == "village" and "village" in self.around.layers:
            self._widget(at, "ValueRelation", Layer=self.around.layers["village"].id(),
                         Key="code", Value="name", AllowNull=True, OrderByValue=False)  # fmt: skip
        elif self.description.name == "attachment" and field.name == "sha256":
            self._photo(at)
        else:
            many = field.length is not None and field.length > 200
            self._widget(at, "TextEdit", IsMultiline=many)

    def _photo(self, at: int) -> None:
        where = {"active": True, "expression": _ATTACHMENTS, "type": 3}
        self._widget(
            at, "ExternalResource", DocumentViewer=1, DocumentViewerHeight=260,
            DocumentViewerWidth=0, FileWidget=True, FileWidgetButton=False, RelativeStorage=2,
            StorageMode=0, UseLink=True, FullUrl=False,
            PropertyCollection={"name": None, "type": "collection",
                                "properties": {"propertyRootPath": where}},
        )  # fmt: skip

    def _codes(self, field: Field) -> list[dict[str, str]]:
        """Every code with its words; a value that may be missing can be taken away again."""
        codes = self.catalogue.code_lists[str(field.code_list)].codes.values()
        listed = [{f"{each.code} {each.label.in_language(self.language)}": each.code}
                  for each in codes]  # fmt: skip
        return [_NOTHING, *listed]

    def _default(self, field: Field, at: int) -> None:
        if field.name == "village" and self.description.geometry and self.description.surveyed:
            villages = self.around.layers.get("village")
            if villages is not None and self.description.name != "village":
                found = f"overlay_intersects('{villages.id()}', \"code\", limit:=1)"
                self.layer.setDefaultValueDefinition(at, QgsDefaultValue(f"array_first({found})"))
        elif field.default is not None:
            quoted = QgsExpression.quotedValue(field.default)
            self.layer.setDefaultValueDefinition(at, QgsDefaultValue(quoted))

    def _constraint(self, field: Field, at: int) -> None:
        """What must hold for the field: whether it is there, its limits, the rules about it."""
        column = f'"{field.name}"'
        must: list[tuple[str, str]] = []
        if field.required is not None:
            # A field that is not asked for need not be filled in.
            asked = f"AND {self._qgis(field.shown_when)}" if field.shown_when else ""
            wanted = f"coalesce({self._qgis(field.required)} {asked}, 0)"
            filled = f"({column} IS NOT NULL AND to_string({column}) <> '')"
            must.append((f"({filled} OR NOT {wanted})", _MUST.in_language(self.language)))
        for limit, sign, words in ((field.minimum, ">=", _FROM), (field.maximum, "<=", _TO)):
            if limit is not None:
                said = words.in_language(self.language).format(
                    least=f"{limit:g}", most=f"{limit:g}"
                )
                must.append((f"coalesce({column} {sign} {limit!r}, 1)", said))
        if field.length is not None and field.type == "text":
            said = _LONG.in_language(self.language).format(length=field.length)
            must.append((f"coalesce(length({column}) <= {field.length}, 1)", said))
        must += [
            (f"coalesce({self._qgis(rule.condition)}, 1)", rule.title.in_language(self.language))
            for rule in self.description.rules
            if field.name in rule.fields
        ]
        if must:
            joiner = "；" if self.language.startswith("zh") else "; "
            self.layer.setConstraintExpression(
                at, " AND ".join(test for test, _ in must), joiner.join(said for _, said in must)
            )
            self.layer.setFieldConstraint(
                at,
                QgsFieldConstraints.Constraint.ConstraintExpression,
                QgsFieldConstraints.ConstraintStrength.ConstraintStrengthSoft,
            )

    @staticmethod
    def _qgis(condition: str) -> str:
        return expression.to_qgis(condition, _TODAY)

    # -- tabs ---------------------------------------------------------------------------------

    def _tabs(self) -> None:
        self.config.setLayout(QgsEditFormConfig.EditorLayout.TabLayout)
        self.config.clearTabs()
        own = list(self.description.fields.values())
        sections = {"": self.description.label, **self.description.sections}
        for section, label in sections.items():
            fields = [each for each in own if each.section == section]
            if fields:
                self._tab(label, fields)
        if self.description.surveyed:
            self._tab(_STATE, self._common(COMMON_FIELDS))
            if self.description.geometry:
                self._tab(_MEASUREMENT, self._common(MEASUREMENT_FIELDS))
        for label, relation in self.around.parts.get(self.description.name, ()):
            self._parts(label, relation)
        tab = self._tab(_RECORD, self._common(BOOKKEEPING))
        tab.addChildElement(QgsAttributeEditorField("uuid", self.columns["uuid"], tab))

    def _common(self, names: Iterable[str]) -> list[Field]:
        return [self.catalogue.common[name] for name in names if name in self.columns]

    def _container(self, name: str, inside: QgsAttributeEditorContainer | None) -> Any:
        made = QgsAttributeEditorContainer(name, inside or self.config.invisibleRootContainer())
        if hasattr(made, "setType"):  # QGIS 3.32 and later
            kinds = Qgis.AttributeEditorContainerType
            made.setType(kinds.GroupBox if inside else kinds.Tab)
        else:
            made.setIsGroupBox(inside is not None)
        return made

    def _tab(self, label: Label, fields: Sequence[Field]) -> QgsAttributeEditorContainer:
        """A tab of fields; those that are asked under one condition come and go together."""
        tab = self._container(label.in_language(self.language), None)
        inner, condition = tab, None
        for field in fields:
            if field.shown_when != condition:
                condition, inner = field.shown_when, tab
                if condition is not None:
                    inner = self._container("", tab)
                    inner.setShowLabel(False)
                    shown = QgsExpression(self._qgis(condition))
                    inner.setVisibilityExpression(QgsOptionalExpression(shown))
                    tab.addChildElement(inner)
            at = self.columns[field.name]
            inner.addChildElement(QgsAttributeEditorField(field.name, at, inner))
        self.config.addTab(tab)
        return tab

    def _parts(self, label: Label, relation: QgsRelation) -> None:
        """A tab with the records that name this one; once it has the uuid they name it by."""
        tab = self._container(label.in_language(self.language), None)
        tab.setVisibilityExpression(QgsOptionalExpression(QgsExpression('"uuid" IS NOT NULL')))
        element = QgsAttributeEditorRelation(relation, tab)
        element.setShowLabel(False)
        # QGIS 3.22 falls over a form whose relation does not say by what it is shown.
        element.setRelationWidgetTypeId("relation_editor")
        tab.addChildElement(element)
        self.config.addTab(tab)


def _suffix(field: Field) -> str:
    return f" {field.unit}" if field.unit else ""
