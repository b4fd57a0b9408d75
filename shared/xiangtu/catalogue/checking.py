"""What must hold between the parts of a catalogue: names that exist, types and words that fit."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from functools import lru_cache

from ..errors import BadCatalogue, BadInput
from . import expression
from .model import (
    BOOKKEEPING,
    COMMON_FIELDS,
    GEOMETRY_COLUMN,
    MEASUREMENT_FIELDS,
    Catalogue,
    CodeList,
    Field,
    Layer,
)
from .source import Source, refuse

#: How a derived field is computed, and from which geometry.
DERIVED = {
    "plane_area": "MULTIPOLYGON",
    "ellipsoidal_area": "MULTIPOLYGON",
    "mu": "MULTIPOLYGON",
    "length": "MULTILINESTRING",
}
_COMMON = (*COMMON_FIELDS, *BOOKKEEPING, *MEASUREMENT_FIELDS)
_RESERVED = {*_COMMON, GEOMETRY_COLUMN, "fid", "uuid", "rowid", "ogc_fid"}
#: Tables every survey file has; a layer of that name could not be made.
_TABLES = {
    *("meta", "session", "change", "change_value", "basis", "device", "person", "assignment"),
    *("number_range", "package", "batch", "conflict", "decision", "duplicate", "held", "secret"),
    *("access_log", "lineage", "fix", "finding", "draft", "measuring", "measuring_step"),
    *("geometry_columns", "spatial_ref_sys", "spatialindex"),
}
#: The structures that geo.identifiers knows; a test holds the two together, since catalogue and
#: geo stand side by side.
STRUCTURES = {
    *("division", "township", "village", "village_group", "issuing_party", "contractor"),
    *("contracted_parcel", "contract", "certificate", "cadastral_parcel", "homestead"),
    *("real_estate_unit", "citizen_id", "organisation", "telephone"),
}
_NUMERIC = ("integer", "real")
_CODED = ("code", "codes")


def check(catalogue: Catalogue, source: Source) -> None:
    """Raise BadCatalogue at the first thing that cannot be; facts: file, layer, field, reason."""
    for code_list in catalogue.code_lists.values():
        _check_list(code_list, source)
    _check_crosswalks(catalogue, source)
    for name in _COMMON:
        if name not in catalogue.common:
            raise refuse("missing", source.file_of("common"), "common", name, name)
    for name, own in catalogue.common.items():
        where = (source.file_of("common"), "common", name)
        if name not in _COMMON:
            raise refuse("unknown_attribute", *where, name)
        _Check(catalogue, None, *where).field(own)
    for layer in catalogue.layers.values():
        _check_layer(catalogue, layer, source)


def condition_columns(layer: Layer, common: Mapping[str, Field]) -> dict[str, str]:
    """Column → field type of all that a condition on the layer may name (see expression.check)."""
    columns = {
        each.name: "masked" if each.sensitive else each.type for each in layer.fields.values()
    }
    shared = list(BOOKKEEPING)
    if layer.surveyed:
        shared += COMMON_FIELDS
        shared += MEASUREMENT_FIELDS if layer.geometry else ()
    columns.update({name: common[name].type for name in shared})
    return columns


def _check_list(code_list: CodeList, source: Source) -> None:
    where = f"list {code_list.name}"
    file = source.file_of(where)
    if not code_list.codes:
        raise refuse("missing", file, where, reason="codes")
    for code in code_list.codes.values():
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", code.code):
            raise refuse("bad_name", file, where, code.code, code.code)
        above, seen = code.parent, {code.code}
        while above is not None:
            if above not in code_list.codes:
                raise refuse("unknown_code", file, where, code.code, above)
            if above in seen:
                raise refuse("circle", file, where, code.code, above)
            seen.add(above)
            above = code_list.codes[above].parent


def _check_crosswalks(catalogue: Catalogue, source: Source) -> None:
    for crosswalk in catalogue.crosswalks.values():
        where = f"crosswalk {crosswalk.name}"
        file = source.file_of(where)
        for name in (crosswalk.from_list, crosswalk.to_list):
            if name not in catalogue.code_lists:
                raise refuse("unknown_list", file, where, reason=name)
        for pair in crosswalk.pairs:
            for name, code in (
                (crosswalk.from_list, pair.source),
                (crosswalk.to_list, pair.target),
            ):
                if code not in catalogue.code_lists[name].codes:
                    raise refuse("unknown_code", file, where, name, code)


def _check_layer(catalogue: Catalogue, layer: Layer, source: Source) -> None:
    here = _Check(catalogue, layer, source.file_of(layer.name), layer.name, "")
    if layer.name in _TABLES or _is_sql(layer.name):
        raise here.refuse("reserved", layer.name)
    if not layer.fields:
        raise here.refuse("missing", "fields")
    for name in (layer.key, layer.title_field, layer.kind_field):
        if name is not None and name not in layer.fields:
            raise here.refuse("unknown_field", name)
    if layer.kind_field and layer.fields[layer.kind_field].type != "code":
        raise here.refuse("impossible", f"kind_field = {layer.kind_field}")
    official: dict[tuple[str, str], str] = {}
    for name, own in layer.fields.items():
        check = _Check(catalogue, layer, source.file_of(layer.name, name), layer.name, name)
        if name in _RESERVED or name.endswith("_secret") or _is_sql(name):
            raise check.refuse("reserved", name)
        check.field(own)
        for form, there in own.official.items():
            if form not in layer.exchange:
                raise check.refuse("unknown_exchange", form)
            if (form, there) in official:
                raise check.refuse("repeated", f"{form}.{there}")
            official[form, there] = name
    for form in layer.constants:
        if form not in layer.exchange:
            raise here.refuse("unknown_exchange", form)
    _check_unit_names(layer, here)
    _check_rules(catalogue, layer, source)
    _check_parts(catalogue, layer, source)


@lru_cache(maxsize=1024)
def _is_sql(name: str) -> bool:
    """Whether SQLite, QGIS or a condition would take the name for a word of their own."""
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute(f"CREATE TABLE {name} ({name} TEXT)")
        expression.check(f"{name} IS NULL", {name: "text"})
    except (sqlite3.OperationalError, BadInput):
        return True
    return name.startswith("sqlite_")


def _check_unit_names(layer: Layer, here: _Check) -> None:
    """A unit of merge named like a field that is not in it would hide that field's changes."""
    for name, own in layer.fields.items():
        unit = own.unit_of_merge
        if unit == GEOMETRY_COLUMN and not layer.geometry:
            raise here.at(name).refuse("impossible", f"unit_of_merge = {unit}")
        if unit and unit != name and layer.unit_of(unit) != unit:
            raise here.at(name).refuse("impossible", f"unit_of_merge = {unit}")


def _check_rules(catalogue: Catalogue, layer: Layer, source: Source) -> None:
    columns = condition_columns(layer, catalogue.common)
    for rule in layer.rules:
        name = rule.code.partition(".")[2]
        common = rule.code.startswith("record.")
        file = source.file_of("common") if common else source.file_of(layer.name, name)
        check = _Check(catalogue, layer, file, layer.name, name)
        check.condition(rule.condition)
        for each in rule.fields:
            if each not in columns:
                raise check.refuse("unknown_field", each)


def _check_parts(catalogue: Catalogue, layer: Layer, source: Source) -> None:
    """Style, accuracy, photos and signatures."""

    def part(key: str) -> _Check:
        return _Check(catalogue, layer, source.file_of(layer.name, key), layer.name, key)

    style, accuracy = layer.style, layer.accuracy
    if style.label_field is not None and style.label_field not in layer.fields:
        raise part("style").refuse("unknown_field", style.label_field)
    if style.categories and style.category_field is None:
        raise part("style").refuse("missing", "category_field")
    if style.category_field is not None:
        own = layer.fields.get(style.category_field)
        if own is None or own.type != "code" or own.code_list is None:
            raise part("style").refuse("unknown_field", style.category_field)
        part("style").codes(own.code_list, *style.categories)
    if accuracy:
        if not layer.geometry:
            raise part("accuracy").refuse("impossible", "geometry = none")
        part("accuracy").codes("fix_type", *accuracy.fix_types)
    for photo in layer.photos:
        part("photos").required("photo_role", photo.role, photo.minimum, 1, photo.when)
    for each in layer.signatures:
        part("signatures").required("signatory", each.signed_as, each.minimum, 0, each.when)


class _Check:
    """Checks of one field (or of a layer as a whole), refusing with where it stands."""

    def __init__(
        self, catalogue: Catalogue, layer: Layer | None, file: str, layer_name: str, field: str
    ) -> None:
        self.catalogue, self.layer = catalogue, layer
        self.file, self.layer_name, self.name = file, layer_name, field

    def at(self, name: str) -> _Check:
        return _Check(self.catalogue, self.layer, self.file, self.layer_name, name)

    def refuse(self, code: str, reason: str) -> BadCatalogue:
        return refuse(code, self.file, self.layer_name, self.name, reason)

    def field(self, own: Field) -> None:
        self.type(own)
        self.place(own)
        self.default(own)
        for condition in (own.required, own.shown_when, own.identifier_when):
            if condition is not None:
                self.condition(condition)

    def type(self, own: Field) -> None:
        """Attributes that a type must or cannot have."""
        if (own.type in _CODED) != (own.code_list is not None):
            raise self.refuse("needs" if own.type in _CODED else "impossible", "code_list")
        if own.code_list is not None:
            self.codes(own.code_list)
        if (own.type == "reference") != (own.references is not None):
            raise self.refuse("needs" if own.type == "reference" else "impossible", "references")
        if own.references is not None and own.references not in self.catalogue.layers:
            raise self.refuse("unknown_layer", own.references)
        # Parents are found by the name of the column everywhere, so it says which they are.
        named = f"{own.references}_uuid"
        if own.references and own.name != "campaign" and not own.name.endswith(named):
            raise self.refuse("reference_name", named)
        if own.type == "text" and (own.length is None or own.length < 1):
            raise self.refuse("needs", "length")
        if own.type != "text" and own.length is not None:
            raise self.refuse("impossible", f"length, type = {own.type}")
        if own.decimals is not None and (own.type != "real" or not 0 <= own.decimals <= 12):
            raise self.refuse("impossible", f"decimals = {own.decimals}")
        for limit in (own.minimum, own.maximum):
            if limit is not None and own.type not in _NUMERIC:
                raise self.refuse("impossible", f"minimum, maximum, type = {own.type}")
        if own.minimum is not None and own.maximum is not None and own.minimum > own.maximum:
            raise self.refuse("impossible", f"minimum {own.minimum} > maximum {own.maximum}")
        if own.identifier is not None:
            self.identifier(own, own.identifier)
        elif own.identifier_when is not None:
            raise self.refuse("needs", "identifier")

    def identifier(self, own: Field, identifier: str) -> None:
        if own.type != "text":
            raise self.refuse("impossible", f"identifier, type = {own.type}")
        if not identifier.startswith("^"):
            if identifier not in STRUCTURES:
                raise self.refuse("unknown_value", f"identifier = {identifier}")
            return
        # Checks write the pattern into SQL; no official code has a quote in it.
        if "'" in identifier:
            raise self.refuse("unknown_value", f"identifier = {identifier}")
        try:
            re.compile(identifier)
        except re.error as error:
            raise self.refuse("unknown_value", f"identifier: {error}") from error

    def place(self, own: Field) -> None:
        """Section, derivation and protection."""
        if self.layer is not None and own.section and own.section not in self.layer.sections:
            raise self.refuse("unknown_section", own.section)
        if own.derived is not None:
            geometry = self.layer.geometry if self.layer else None
            if own.derived not in DERIVED or DERIVED[own.derived] != geometry:
                raise self.refuse("impossible", f"derived = {own.derived}, geometry = {geometry}")
            if own.type != "real" or own.required or own.default is not None or own.sensitive:
                raise self.refuse("impossible", f"derived = {own.derived}")
        if own.sensitive and own.type not in ("text", "code"):
            raise self.refuse("impossible", f"sensitive, type = {own.type}")
        if own.sensitive and (own.remember_last or own.default is not None):
            # Either would put a full value where only the masked one may be.
            raise self.refuse("impossible", "sensitive, default or remember_last")

    def default(self, own: Field) -> None:
        value = own.default
        if value is None:
            return
        expected: dict[str, tuple[type, ...]] = {
            "integer": (int,),
            "boolean": (int,),
            "real": (int, float),
        }
        if not isinstance(value, expected.get(own.type, (str,))):
            raise self.refuse("wrong_type", f"default: {own.type}")
        if own.type == "boolean" and value not in (0, 1):
            raise self.refuse("wrong_type", "default: true or false")
        if own.code_list is not None:
            self.codes(own.code_list, *str(value).split(";"))
        if own.type == "date":
            try:
                date.fromisoformat(str(value))
            except ValueError as error:
                raise self.refuse("wrong_type", f"default: {value}") from error
        if own.type == "reference":
            raise self.refuse("impossible", "default, type = reference")
        if own.length is not None and len(str(value)) > own.length:
            raise self.refuse("impossible", f"default longer than {own.length}")

    def codes(self, code_list: str, *codes: str) -> None:
        known = self.catalogue.code_lists.get(code_list)
        if known is None:
            raise self.refuse("unknown_list", code_list)
        for code in codes:
            if code not in known.codes:
                raise self.refuse("unknown_code", f"{code_list}: {code}")

    def required(
        self, code_list: str, code: str, minimum: int, least: int, when: str | None
    ) -> None:
        """So many photos or signatures of one kind, while a condition holds."""
        self.codes(code_list, code)
        if minimum < least:
            raise self.refuse("impossible", f"minimum = {minimum}")
        if when is not None:
            self.condition(when)

    def condition(self, sql: str) -> None:
        if self.layer is not None:
            columns = condition_columns(self.layer, self.catalogue.common)
        else:
            columns = {name: own.type for name, own in self.catalogue.common.items()}
        try:
            expression.check(sql, columns)
            self.coded_literals(sql)
        except BadInput as error:
            where = (self.file, self.layer_name, self.name)
            raise refuse("condition", *where, error.code, **error.facts) from error

    def coded_literals(self, sql: str) -> None:
        """A code column compared with what is no code of its list would never be met."""
        for column, value in expression.compared_texts(sql):
            own = self.catalogue.common.get(column)
            if self.layer is not None:
                own = self.layer.fields.get(column, own)
            if own is None or own.type != "code" or own.code_list is None:
                continue
            known = self.catalogue.code_lists.get(own.code_list)
            if known is not None and value not in known.codes:
                raise expression.refuse("unknown_code", sql, value, sql.find(value) + 1)
