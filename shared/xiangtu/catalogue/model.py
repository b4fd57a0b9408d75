"""The catalogue's values: what a layer, field, code list, relation and rule are.

Every value is frozen. They are read from resources/catalogue by `catalogue.loader.load`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

FieldType = Literal[
    "text", "integer", "real", "date", "datetime", "boolean", "code", "codes", "reference"
]
GeometryType = Literal["POINT", "MULTILINESTRING", "MULTIPOLYGON"]
Severity = Literal["error", "warning", "note"]

#: Columns every surveyed table has beside its own fields and that the journal records.
COMMON_FIELDS = ("village", "campaign", "state", "began_on", "ended_on", "remark")
#: Columns kept by the journal's triggers; never journalled, never in conflict.
BOOKKEEPING = ("surveyor", "device", "created_at", "updated_at", "utc_offset_min")
#: How a stored geometry was measured; one merge unit with the geometry itself.
MEASUREMENT_FIELDS = (
    "measured_how",
    "fix_type",
    "horizontal_accuracy_m",
    "satellites",
    "epochs",
    "measured_at",
)
GEOMETRY_COLUMN = "geometry"


@dataclass(frozen=True)
class Label:
    """A text in the two languages of the product."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """The text for "zh…" or, for every other language, English."""
        return self.zh if language.lower().startswith("zh") else self.en


@dataclass(frozen=True)
class Code:
    """One entry of a code list; `parent` is a code of the same list (a class and its sub-class)."""

    code: str
    label: Label
    parent: str | None = None


@dataclass(frozen=True)
class CodeList:
    name: str
    label: Label
    source: str
    checked: bool
    codes: Mapping[str, Code]


@dataclass(frozen=True)
class CrosswalkPair:
    """Code `source` of one list is code `target` of another; `checked` against a text or not."""

    source: str
    target: str
    checked: bool = False
    note: str = ""


@dataclass(frozen=True)
class Crosswalk:
    """How codes of list `from_list` read in list `to_list`; a source may have several targets."""

    name: str
    label: Label
    from_list: str
    to_list: str
    source: str
    checked: bool
    pairs: tuple[CrosswalkPair, ...]

    def targets(self, code: str) -> tuple[str, ...]:
        """Codes of `to_list` for a code of `from_list`; empty where nothing is known."""
        return tuple(each.target for each in self.pairs if each.source == code)


@dataclass(frozen=True)
class Field:
    """One column.

    A value of type "codes" is text: the codes joined by ";", in the order of the list.

    `required` is a SQL condition ("1" for always, None for never), `shown_when` too; a
    condition that is NULL is not required, and hides. `default` is a literal value.
    `unit_of_merge` names the group of fields that is merged as one; by default the field itself.
    `derived` is how it is computed from the geometry ("plane_area", "ellipsoidal_area", "mu",
    "length"); derived fields are stored but never journalled nor merged.
    `sensitive` fields hold the masked text only; their column is followed by
    "<name>_secret", the uuid of the sealed value in table `secret`.
    `identifier` names a structure of geo.identifiers ("citizen_id", "contracted_parcel"…) or is a
    regular expression beginning with "^"; `identifier_when` is the condition under which a value
    must have it (a passport is no citizen id).
    `official` maps an exchange format ("nyt2539", "zjd", "yjjbnt") to its field name there; that
    of a reference carries the key of the record it names.
    """

    name: str
    type: FieldType
    label: Label
    section: str = ""
    unit: str | None = None
    length: int | None = None
    decimals: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    code_list: str | None = None
    references: str | None = None
    required: str | None = None
    shown_when: str | None = None
    default: str | int | float | None = None
    remember_last: bool = False
    sensitive: bool = False
    personal: bool = False
    unit_of_merge: str = ""
    derived: str | None = None
    identifier: str | None = None
    identifier_when: str | None = None
    help: Label | None = None
    official: Mapping[str, str] = field(default_factory=dict)

    @property
    def secret_column(self) -> str:
        """Column that names the sealed value of a sensitive field."""
        return f"{self.name}_secret"


@dataclass(frozen=True)
class Relation:
    """Column `field` of the layer that holds it names (by uuid) a record of `parent`.

    With `composition` the child is a part of its parent: it is handed out with it, and deleting
    the parent deletes it too.
    """

    field: str
    parent: str
    composition: bool = False


@dataclass(frozen=True)
class PhotoRequirement:
    """At least `minimum` photos in `role` (a code of list photo_role), while `when` holds."""

    role: str
    minimum: int = 1
    when: str | None = None


@dataclass(frozen=True)
class SignatureRequirement:
    """Who signs for a record: `signed_as` is a code of list signatory. At least `minimum` of them
    are wanted while `when` holds; with 0 they may sign and need not."""

    signed_as: str
    minimum: int = 1
    when: str | None = None


@dataclass(frozen=True)
class Accuracy:
    """What a measured position of the layer must reach; see gnss.

    `fix_types` are codes of list fix_type that are good enough; `may_override` lets a surveyor
    store a worse one with a written reason. `correction_age_s` is how old corrections may be at
    the most; None if that does not matter.
    """

    horizontal_m: float
    fix_types: tuple[str, ...]
    may_override: bool = True
    minimum_epochs: int = 1
    snap_m: float = 0.5
    correction_age_s: float | None = None


@dataclass(frozen=True)
class Rule:
    """A condition each record must meet: one SQL boolean expression; NULL passes."""

    code: str
    severity: Severity
    condition: str
    title: Label
    explanation: Label
    remedy: Label
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Style:
    """Colours as #rrggbb by convention (domain: what the office hands out).

    `categories` maps codes of `category_field` to fills; a code's colour also serves the codes
    below it (its sub-classes).
    """

    stroke: str = "#333333"
    fill: str | None = None
    width_mm: float = 0.3
    label_field: str | None = None
    minimum_scale: int | None = None
    category_field: str | None = None
    categories: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer:
    """One table.

    `key` is the field with the official code; it is not unique in the database (two with one
    code is a finding). `surveyed` is False for the tables around them (attachment, track…).
    `append_only` tables (fix, lineage) are never edited and have no journal: their rows travel
    as they are.
    `exchange` maps an exchange format to the table there, `constants` to fields of that table
    that are the same in every row. `sections` are the headings of the form, in order.
    """

    name: str
    label: Label
    geometry: GeometryType | None
    fields: Mapping[str, Field]
    relations: tuple[Relation, ...] = ()
    rules: tuple[Rule, ...] = ()
    photos: tuple[PhotoRequirement, ...] = ()
    signatures: tuple[SignatureRequirement, ...] = ()
    accuracy: Accuracy | None = None
    style: Style = Style()
    key: str | None = None
    title_field: str | None = None
    surveyed: bool = True
    append_only: bool = False
    kind_field: str | None = None
    group: str = ""
    order: int = 0
    public: bool = False
    tolerance_m: float = 0.001
    exchange: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sections: Mapping[str, Label] = field(default_factory=dict)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Journalled columns in order: own fields (with secret columns), common, measurement,
        geometry; no fid, uuid, derived or bookkeeping columns."""
        names: list[str] = []
        for each in self.fields.values():
            if each.derived:
                continue
            names.append(each.name)
            if each.sensitive:
                names.append(each.secret_column)
        if self.surveyed:
            names += COMMON_FIELDS
        if self.geometry:
            if self.surveyed:
                names += MEASUREMENT_FIELDS
            names.append(GEOMETRY_COLUMN)
        return tuple(names)

    @cached_property
    def derived_columns(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fields.values() if each.derived)

    @cached_property
    def units(self) -> Mapping[str, tuple[str, ...]]:
        """Unit of merge → its journalled columns, in column order."""
        found: dict[str, list[str]] = {}
        for column in self.columns:
            found.setdefault(self.unit_of(column), []).append(column)
        return {unit: tuple(columns) for unit, columns in found.items()}

    def unit_of(self, column: str) -> str:
        """The unit of merge a journalled column belongs to."""
        if column == GEOMETRY_COLUMN or (self.surveyed and column in MEASUREMENT_FIELDS):
            return GEOMETRY_COLUMN
        own = self.fields.get(column)
        if own is None and column.endswith("_secret"):
            own = self.fields.get(column.removesuffix("_secret"))
        if own is None:
            return column
        return own.unit_of_merge or own.name

    @cached_property
    def compositions(self) -> tuple[Relation, ...]:
        return tuple(each for each in self.relations if each.composition)


@dataclass(frozen=True)
class Catalogue:
    """All layers and code lists; `version` is a hash of their contents.

    `common` describes the columns that every surveyed layer has beside its own fields
    (COMMON_FIELDS, BOOKKEEPING, MEASUREMENT_FIELDS): their labels, types and code lists.
    """

    version: str
    layers: Mapping[str, Layer]
    code_lists: Mapping[str, CodeList]
    common: Mapping[str, Field] = field(default_factory=dict)
    crosswalks: Mapping[str, Crosswalk] = field(default_factory=dict)

    def layer(self, name: str) -> Layer:
        """The layer of that name; BadInput("layer.unknown") if there is none."""
        from ..errors import BadInput

        try:
            return self.layers[name]
        except KeyError:
            known = ", ".join(self.layers)
            raise BadInput("layer.unknown", layer=name, known=known) from None

    def field_of(self, layer: str, column: str) -> Field | None:
        """The field behind a column of a layer: its own or a common one; None for the geometry,
        fid, uuid and secret columns."""
        return self.layer(layer).fields.get(column) or self.common.get(column)

    def children_of(self, parent: str) -> Iterator[tuple[Layer, Relation]]:
        """Layers with a relation to `parent`, with that relation."""
        for layer in self.layers.values():
            for relation in layer.relations:
                if relation.parent == parent:
                    yield layer, relation
