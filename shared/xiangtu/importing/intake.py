"""A source's rows as records of a layer, chunk by chunk: what preview and import share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from ..catalogue.model import Layer
from ..errors import BadFile, BadInput
from ..geo import blobs, transform
from ..store import SurveyFile
from ..store.identity import is_uuid
from . import mapping as mappings
from . import positions
from .mapping import ImportMapping, Source
from .outcome import Note, Refusal, Tally
from .placing import Villages, is_far
from .source import Chunk, SourceFile
from .values import Misfit, as_text, converter

#: Shapely type ids that can become the layer's kind; a collection (7) is looked into.
_FITTING = {
    "POINT": (0, 4, 7),
    "MULTILINESTRING": (1, 2, 5, 7),
    "MULTIPOLYGON": (3, 6, 7),
}
_PARTS = {"POINT": 0, "MULTILINESTRING": 1, "MULTIPOLYGON": 3}
_MULTI = {"MULTILINESTRING": shapely.multilinestrings, "MULTIPOLYGON": shapely.multipolygons}
#: Digits of a village's code, with which the official codes of what lies in it begin.
_VILLAGE_DIGITS = 12


@dataclass(frozen=True)
class Prepared:
    """Records that can be taken, with their shapes in the county's CRS, and rows that cannot."""

    records: list[dict[str, Any]]
    shapes: np.ndarray | None
    refusals: list[Refusal]


class Intake:
    """One source on its way into one layer; counts what it sees as its chunks are read."""

    def __init__(
        self, file: SurveyFile, layer: str, source: SourceFile, mapping: ImportMapping
    ) -> None:
        self.file = file
        self.layer: Layer = file.catalogue.layer(layer)
        if self.layer.append_only or not self.layer.surveyed:
            raise BadInput("import.layer_not_surveyed", layer=layer)
        self.source = source
        self.mapping = mapping
        names = [column.name for column in source.columns]
        self.position = self._position_columns(names)
        taken = (self.position.east, self.position.north) if self.position else ()
        self.fields = mappings.resolve(mapping, file.catalogue, self.layer, names, taken)
        if not self.fields and not self.layer.geometry:
            raise BadInput("import.nothing_matches", layer=layer, columns=", ".join(names))
        self.crs = self._said_crs()
        self.rows = 0
        self.filled: Counter[str] = Counter()
        self.misfits: dict[str, Tally] = {}
        self.left_out: Counter[str] = Counter()
        self.notes: list[Note] = []
        self._villages = Villages(file)
        self._transform: Callable[[np.ndarray], np.ndarray] | None = None
        self._flattened = 0
        self._no_village = 0
        self._nearest_m: float | None = None
        self._present_codes = 0
        self._shift_m: float | None = None
        self._references: dict[str, dict[str, list[str]]] = {}
        self._existing_keys: set[str] | None = None
        self._converters = {target: self._converter(target) for target in self.fields}

    # -- the plan ---------------------------------------------------------------------------

    def _position_columns(self, names: list[str]) -> positions.PositionColumns | None:
        if not self.layer.geometry:
            return None
        if self.mapping.x is not None and self.mapping.y is not None:
            for column in (self.mapping.x, self.mapping.y):
                if column not in names:
                    raise BadInput("mapping.column_unknown", column=column, known=", ".join(names))
            return positions.PositionColumns(self.mapping.x, self.mapping.y)
        if self.source.has_geometry:
            return None
        found = positions.find_columns(names)
        if found is None:
            raise BadInput(
                "import.position_unknown", path=str(self.source.path), columns=", ".join(names)
            )
        return found

    def _said_crs(self) -> str | None:
        crs = self.mapping.crs or (None if self.position else self.source.crs)
        if crs is None and self.layer.geometry and not self.position:
            if self.source.driver == "ESRI Shapefile":
                raise BadFile("import.part_missing_crs", path=str(self.source.path), part=".prj")
            raise BadInput("import.crs_needed", path=str(self.source.path))
        return crs

    def _converter(self, target: str) -> Callable[[Any], Any]:
        if target == "uuid":
            present = {row["uuid"] for row in self.file.select(self.layer.name, columns=("uuid",))}
            return _Uuids(present).new
        field = self.file.catalogue.field_of(self.layer.name, target)
        assert field is not None, f"{self.layer.name}.{target} is a target without a field"
        return converter(field, self.file.catalogue, self._find)

    def _find(self, parent: str, value: str) -> str:
        """The uuid of the parent that a uuid or an official code means."""
        known = self._references.get(parent)
        if known is None:
            key = self.file.catalogue.layer(parent).key
            known = {}
            columns = ("uuid", key) if key else ("uuid",)
            for row in self.file.select(parent, columns=columns):
                known.setdefault(row["uuid"], []).append(row["uuid"])
                if key and row[key]:
                    known.setdefault(row[key], []).append(row["uuid"])
            self._references[parent] = known
        found = known.get(value, ())
        if len(found) != 1:
            raise Misfit("reference_ambiguous" if found else "reference")
        return found[0]

    # -- the work ---------------------------------------------------------------------------

    def chunks(self) -> Iterator[Prepared]:
        """All rows in order; afterwards the counts and notes are whole."""
        columns = [each.column for each in self.fields.values() if each.column is not None]
        if self.position:
            columns += [self.position.east, self.position.north]
        for chunk in self.source.chunks(columns):
            if self.rows == 0:
                self._settle(chunk)
            self.rows += len(chunk.rows)
            yield self._prepare(chunk)
        self._write_notes()

    def _settle(self, chunk: Chunk) -> None:
        """Decide from the first rows what the file does not say: which column is north, the CRS."""
        if self.position:
            if self.position.unsure:
                before = self.position
                self.position = positions.settle(
                    before, chunk.values[before.east], chunk.values[before.north]
                )
                if self.position.east != before.east:
                    self._note(
                        "import.x_is_north", east=self.position.east, north=self.position.north
                    )
            if self.crs is None:
                self.crs = positions.likely_crs(
                    chunk.values[self.position.east], chunk.values[self.position.north]
                )
                if self.crs is None:
                    raise BadInput("import.crs_needed", path=str(self.source.path))
                self._note("import.crs_assumed", crs=self.crs)
        if self.crs is not None and self.layer.geometry:
            self._transform = transform.mover(self.crs, self.file.srid)

    def _prepare(self, chunk: Chunk) -> Prepared:
        refused: dict[int, Refusal] = {}
        records: list[dict[str, Any]] = [{} for _ in chunk.rows]
        for at, row in enumerate(chunk.rows.tolist()):
            if row in self.source.surplus:
                refused[at] = Refusal(row, "surplus")
        for target, source in self.fields.items():
            self._fill(target, source, chunk, records, refused)
        shapes = self._shapes(chunk, refused) if self.layer.geometry else None
        kept = np.array([at not in refused for at in range(len(records))], dtype=bool)
        records = [record for record, keep in zip(records, kept, strict=True) if keep]
        if shapes is not None:
            shapes = shapes[kept]
        self._look(records, shapes)
        self._fill_village(records, shapes)
        self._fill_state(records)
        if shapes is not None:
            self._say_imported(records, shapes)
        return Prepared(records, shapes, [refused[at] for at in sorted(refused)])

    def _fill(
        self,
        target: str,
        source: Source,
        chunk: Chunk,
        records: list[dict[str, Any]],
        refused: dict[int, Refusal],
    ) -> None:
        convert = self._converters[target]
        known: dict[Any, Any] = {}
        values = (
            [source.constant] * len(records)
            if source.column is None
            else chunk.values[source.column]
        )
        for at, value in enumerate(values):
            if value is None or (isinstance(value, str) and not value.strip()):
                continue
            if source.values:
                value = source.values.get(_plain_text(value), value)
            try:
                # Most columns say few things over and over; a uuid is taken but once.
                stored = known[value] if value in known else convert(value)
            except Misfit as misfit:
                self._misfit(target, int(chunk.rows[at]), misfit.reason, value, at, refused)
                continue
            if target != "uuid":
                known[value] = stored
            records[at][target] = stored
            self.filled[target] += 1

    def _misfit(
        self,
        target: str,
        row: int,
        reason: str,
        value: Any,
        at: int,
        refused: dict[int, Refusal],
    ) -> None:
        refusal = Refusal(row, reason, target, None if value is None else str(value)[:80])
        self.misfits.setdefault(target, Tally()).add(refusal)
        if self.mapping.misfits == "refuse" or target == "uuid":
            refused.setdefault(at, refusal)
        else:
            self.left_out[target] += 1

    def _shapes(self, chunk: Chunk, refused: dict[int, Refusal]) -> np.ndarray:
        kind = str(self.layer.geometry)
        reasons: list[str | None]
        if self.position:
            easts = chunk.values[self.position.east]
            norths = chunk.values[self.position.north]
            shapes, reasons = positions.points(easts, norths)
            said = [f"{east}, {north}" for east, north in zip(easts, norths, strict=True)]
        else:
            shapes, reasons = chunk.shapes.copy(), [None] * len(chunk.rows)
            said = [""] * len(chunk.rows)
            for at in np.flatnonzero(chunk.broken):
                reasons[at] = "geometry_broken"
            for at in np.flatnonzero(shapely.is_missing(shapes) & ~chunk.broken):
                reasons[at] = "geometry_missing"
            self._flattened += chunk.flattened
        shapes, strange = _of_kind(shapes, kind)
        for at in strange:
            reasons[at] = "geometry_kind"
        shapes = self._moved(shapes)
        for at in np.flatnonzero(~shapely.is_missing(shapes) & ~_finite(shapes)):
            reasons[at] = "geometry_outside"
            shapes[at] = None
        for at, reason in enumerate(reasons):
            if reason is not None:
                self._misfit("geometry", int(chunk.rows[at]), reason, said[at] or None, at, refused)
        self.filled["geometry"] += int((~shapely.is_missing(shapes)).sum())
        return shapes

    def _moved(self, shapes: np.ndarray) -> np.ndarray:
        if self._transform is None:
            return shapes
        return shapely.transform(shapes, self._transform)

    def _fill_village(self, records: list[dict[str, Any]], shapes: np.ndarray | None) -> None:
        """By location where the source says none, else by the beginning of the official code."""
        if self.layer.name == "village":
            for record in records:
                record.setdefault("village", record.get(str(self.layer.key)))
            return
        absent = [at for at, record in enumerate(records) if "village" not in record]
        if shapes is not None and absent:
            for at, code in zip(absent, self._villages.of(shapes[absent]), strict=True):
                if code is not None:
                    records[at]["village"] = code
        for at in absent:
            record = records[at]
            said = self._said_village(record)
            if said is not None:
                record["village"] = said
            else:
                self._no_village += 1

    def _fill_state(self, records: list[dict[str, Any]]) -> None:
        """What comes from outside begins as every record does: it has not been surveyed here."""
        if not self.layer.surveyed or "state" not in self.file.catalogue.common:
            return
        begins_as = self.file.catalogue.common["state"].default
        for record in records:
            record.setdefault("state", begins_as)

    def _said_village(self, record: dict[str, Any]) -> str | None:
        """The village a record names, or its official code begins with, if the county has it."""
        key = self.layer.key
        beginning = str(record.get(key, ""))[:_VILLAGE_DIGITS] if key else ""
        named = record.get("village", beginning)
        return named if named in self._villages.known else None

    @staticmethod
    def _say_imported(records: list[dict[str, Any]], shapes: np.ndarray) -> None:
        for record, shape in zip(records, shapes, strict=True):
            if shape is not None:
                record.setdefault("measured_how", "imported")

    def _look(self, records: list[dict[str, Any]], shapes: np.ndarray | None) -> None:
        """Gather what the notes need."""
        key = self.layer.key
        if key and key in self.fields:
            if self._existing_keys is None:
                rows = self.file.select(self.layer.name, columns=(key,))
                self._existing_keys = {row[key] for row in rows if row[key]}
            keys = (record.get(key) for record in records)
            self._present_codes += sum(each in self._existing_keys for each in keys)
        if shapes is not None and len(shapes):
            distance_m = self._villages.distance_m(shapes)
            nearest_m = distance_m if self._nearest_m is None else self._nearest_m
            self._nearest_m = min(nearest_m, distance_m)
            if self._shift_m is None:
                codes = np.array([self._said_village(record) for record in records], dtype=object)
                self._shift_m = self._villages.shift_m(shapes, codes, self.file.srid)

    # -- afterwards -------------------------------------------------------------------------

    @property
    def unused(self) -> tuple[str, ...]:
        """Columns of the source that no field takes."""
        used = {each.column for each in self.fields.values()}
        if self.position:
            used |= {self.position.east, self.position.north}
        return tuple(each.name for each in self.source.columns if each.name not in used)

    def _note(self, code: str, **facts: Any) -> None:
        self.notes.append(Note(code, facts))

    def _write_notes(self) -> None:
        said = self.source.encoding
        if said and said.declared:
            self._note("import.encoding_contradicted", declared=said.declared, found=said.codec)
        if self._flattened:
            self._note("import.heights_dropped", count=self._flattened)
        if not self.layer.geometry and self.source.has_geometry:
            self._note("import.geometry_ignored", layer=self.layer.name)
        if self._no_village and self._villages.known:
            self._note("import.village_unknown", count=self._no_village)
        if self._present_codes:
            self._note("import.codes_present", count=self._present_codes)
        for warning in self.source.warnings:
            self._note("import.reader_says", message=warning)
        if self._shift_m is not None:
            self._note("import.looks_shifted", distance_m=round(self._shift_m))
        if self._nearest_m is not None and is_far(self._nearest_m):
            self._note("import.far_away", distance_km=round(self._nearest_m / 1000))


def _plain_text(value: Any) -> str:
    try:
        return as_text(value)
    except Misfit:
        return str(value)


class _Uuids:
    """Takes each uuid once, and none that the layer has already."""

    def __init__(self, present: set[str]) -> None:
        self._present = present

    def new(self, value: Any) -> str:
        text = as_text(value).lower()
        if not is_uuid(text):
            raise Misfit("uuid")
        if text in self._present:
            raise Misfit("uuid_exists")
        self._present.add(text)
        return text


def _of_kind(shapes: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """The shapes as `kind`, None where one is of another nature, and the places of those."""
    shapes = shapes.copy()
    types = shapely.get_type_id(shapes)
    fits = np.isin(types, _FITTING[kind]) | (types == -1)
    for at in np.flatnonzero(types == 7):
        parts = shapely.get_parts(shapely.get_parts(shapes[at]))
        if len(parts) and (shapely.get_type_id(parts) == _PARTS[kind]).all() and kind in _MULTI:
            shapes[at] = _MULTI[kind](parts)
        else:
            fits[at] = False
    if kind == "POINT":
        fits &= ~((types == 4) & (shapely.get_num_geometries(shapes) != 1))
    shapes[~fits] = None
    return blobs.as_kind(shapes, kind), np.flatnonzero(~fits)


def _finite(shapes: np.ndarray) -> np.ndarray:
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    sound = np.ones(len(shapes), dtype=bool)
    sound[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    return sound
