"""What is asked of a person, a conflict or a pair, as a table, choices and words: no window yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from qgis.PyQt.QtCore import QCoreApplication
from xiangtu.catalogue.model import BOOKKEEPING, GEOMETRY_COLUMN, Layer
from xiangtu.cli.merging import pair_reasons
from xiangtu.cli.naming import Naming
from xiangtu.geo import blobs
from xiangtu.merge.changes import GONE, KEEP, LINEAGE, RECORD
from xiangtu.merge.clones import origin
from xiangtu.merge.conflicts import COMBINED, PSEUDO_UNITS, Conflict, Head
from xiangtu.merge.duplicates import Pair
from xiangtu.merge.evidence import Evidence, Photo
from xiangtu.merge.successors import CARRY, PARTS, WHOLE

from ..words import cell, local_time, of_the_whole

translate = QCoreApplication.translate

#: What is taken of a pair: "apart", or the uuid of the record that stays.
APART = "apart"
#: What is looked at first of an outline.
_FIRST = (GEOMETRY_COLUMN, "horizontal_accuracy_m")


@dataclass(frozen=True)
class Choice:
    """One button: what it takes, and its words."""

    take: str
    label: str
    tip: str = ""


@dataclass(frozen=True)
class Question:
    """`rows` are a label and a cell for each of `columns`; `sides` name the sides for the maps;
    `notes` are lines to be read first."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    sides: tuple[str, ...]
    choices: tuple[Choice, ...]
    notes: tuple[str, ...]


def of_conflict(conflict: Conflict, evidence: Evidence, names: Naming) -> Question:
    """The question that a conflict puts."""
    heads = conflict.heads
    before = translate("Xiangtu", "Before")
    columns = [before, *(_number(head) for head in heads)]
    cells: list[Mapping[str, object]] = [conflict.base, *(head.values for head in heads)]
    if conflict.combined:
        columns.append(translate("Xiangtu", "Combined"))
        cells.append(conflict.combined)
    rows = [
        _row(translate("Xiangtu", "Who"), "", [head.author for head in heads], columns),
        _row(
            translate("Xiangtu", "Tablet"), "", [_tablet(head.device, names) for head in heads],
            columns,
        ),
        _row(
            translate("Xiangtu", "When"), "", [local_time(head.time) for head in heads],
            columns,
        ),
    ]  # fmt: skip
    if conflict.unit in PSEUDO_UNITS:
        said = [_says(conflict, head, evidence, names) for head in heads]
        rows.append(_row(translate("Xiangtu", "Says"), "", said, columns))
        cells = []
    layer = names.catalogue.layer(conflict.layer)
    rows += _values(layer, cells, names, always=conflict.unit)
    unit = names.unit(conflict.layer, conflict.unit)
    title = evidence.title or translate("Xiangtu", "without a name")
    return Question(
        f"{names.layer(conflict.layer)} {title} · {unit}",
        tuple(columns),
        tuple(rows),
        tuple(f"{_number(head)} {head.author}" for head in heads),
        tuple(_choices(conflict, evidence)),
        tuple(_notes(conflict)),
    )


def of_pair(pair: Pair, evidence: Evidence, names: Naming) -> Question:
    """The question whether two records are of one thing."""
    layer = names.catalogue.layer(pair.layer)
    first, second = (side.values for side in evidence.sides)
    columns = ("A", "B")
    rows = [
        (
            translate("Xiangtu", "Who"),
            (str(first["surveyor"] or ""), str(second["surveyor"] or "")),
        ),
        (
            translate("Xiangtu", "Tablet"),
            tuple(_tablet(str(each["device"] or ""), names) for each in (first, second)),
        ),
        (
            translate("Xiangtu", "When"),
            tuple(local_time(str(each["updated_at"])) for each in (first, second)),
        ),
    ]
    shapes = [{GEOMETRY_COLUMN: each.shapes[0]} if each.shapes else {} for each in evidence.sides]
    rows += _values(layer, [{**shapes[0], **first}, {**shapes[1], **second}], names)
    called = [side.title or name for side, name in zip(evidence.sides, columns, strict=True)]
    reason = pair_reasons(names.translate).get(pair.reason, pair.reason)
    return Question(
        f"{names.layer(layer.name)} {called[0]} – {called[1]} · {reason}",
        columns,
        tuple(rows),
        tuple(f"{name} {title}" for name, title in zip(columns, called, strict=True)),
        (
            Choice(pair.a, translate("Xiangtu", "One thing, A stays")),
            Choice(pair.b, translate("Xiangtu", "One thing, B stays")),
            Choice(APART, translate("Xiangtu", "Two things")),
        ),
        (translate("Xiangtu", "The one that stays takes over what it lacks, and the parts."),),
    )


def about_photo(photo: Photo, subject: Conflict | Pair, names: Naming) -> str:
    """Whose photo it is, of which of the two if there are two, of what and when."""
    letter = ""
    if isinstance(subject, Pair):
        letter = "A" if photo.record == subject.a else "B"
    role = str(names.value("attachment", "role", photo.role or ""))
    words = (letter, _tablet(photo.device or "", names), role.partition(" ")[2] or role)
    return " ".join(each for each in words if each) + "\n" + local_time(photo.taken_at)


def _row(
    label: str, before: str, heads: Sequence[str], columns: Sequence[str]
) -> tuple[str, tuple[str, ...]]:
    cells = [before, *heads]
    return label, tuple([*cells, *[""] * (len(columns) - len(cells))])


def _number(head: Head) -> str:
    return str(head.number)


def _tablet(device: str, names: Naming) -> str:
    name = names.tablets.get(origin(device), device)
    return f"{name} ({device})" if device != origin(device) else name


def _values(
    layer: Layer,
    cells: Sequence[Mapping[str, object]],
    names: Naming,
    always: str | None = None,
) -> list[tuple[str, tuple[str, ...]]]:
    """A row for each column in which the cells are not the same, or that is asked about."""
    secret = {field.secret_column for field in layer.fields.values() if field.sensitive}
    derived = set(layer.derived_columns)
    left_out = {"uuid", *BOOKKEEPING, *secret, *derived}
    rows = []
    found = dict.fromkeys(name for each in cells for name in each)
    for name in (*(each for each in _FIRST if each in found), *found):
        if name in left_out or name.startswith("@"):
            continue
        left_out.add(name)
        told = [each.get(name) for each in cells]
        if name == GEOMETRY_COLUMN:
            rows += _sizes(told)
        elif any(each != told[0] for each in told) or name == always:
            rows.append(
                (
                    names.field(layer.name, name),
                    tuple(cell(names, layer.name, name, each) for each in told),
                )
            )
    return rows


def _sizes(values: Sequence[object]) -> list[tuple[str, tuple[str, ...]]]:
    """How large outlines are, how long lines; nothing of points."""
    shapes: list[Any] = []
    for value in values:
        if isinstance(value, bytes):
            decoded, _ = blobs.decode_readable([value])
            shapes.append(decoded[0])
        else:
            shapes.append(value)
    measures: tuple[tuple[str, Callable[[Any], Any]], ...] = (
        (translate("Xiangtu", "Area (m²)"), shapely.area),
        (translate("Xiangtu", "Length (m)"), shapely.length),
    )
    for label, measure in measures:
        sizes = [None if shape is None else float(measure(shape)) for shape in shapes]
        if any(sizes):
            return [(label, tuple("" if each is None else f"{each:.2f}" for each in sizes))]
    return []


def _says(conflict: Conflict, head: Head, evidence: Evidence, names: Naming) -> str:
    said = of_the_whole(head.says or KEEP)
    side = evidence.sides[head.number - 1]
    about = side.title or ""
    if head.record == conflict.record and head.operation in ("update", "decide"):
        plain = {key: value for key, value in head.values.items() if key != GEOMETRY_COLUMN}
        about = names.values(conflict.layer, plain)
    return f"{said}: {about}" if about else said


def _choices(conflict: Conflict, evidence: Evidence) -> list[Choice]:
    if conflict.unit == RECORD:
        return [
            Choice(KEEP, translate("Xiangtu", "Keep the record")),
            Choice(
                GONE,
                translate("Xiangtu", "Let it go"),
                translate("Xiangtu", "All its parts go with it"),
            ),
        ]
    take = translate("Xiangtu", "Take {number}")
    if conflict.unit == LINEAGE:
        whole = Choice(
            WHOLE,
            translate("Xiangtu", "One record"),
            translate("Xiangtu", "The record stays whole, its parts go"),
        )
        parts = [head for head in conflict.heads if head.says == PARTS]
        if len(parts) > 1:
            stand = translate("Xiangtu", "The parts of this side stand, those of others go")
            chosen = [
                Choice(str(head.number), take.format(number=head.number), stand) for head in parts
            ]
            return [*chosen, *([whole] if len(parts) < len(conflict.heads) else [])]
        return [
            whole,
            Choice(
                PARTS,
                translate("Xiangtu", "The parts"),
                translate("Xiangtu", "The parts stand as they are"),
            ),
            Choice(
                CARRY,
                translate("Xiangtu", "The parts, with the edits"),
                translate("Xiangtu", "The parts stand and take the edited values over"),
            ),
        ]
    found = [
        Choice(str(head.number), take.format(number=head.number), head.author)
        for head in conflict.heads
    ]
    if evidence.combined:
        found.append(
            Choice(
                COMBINED,
                translate("Xiangtu", "Take the combined outline"),
                translate("Xiangtu", "The corners that different sides moved are all moved"),
            )
        )
    return found


def _notes(conflict: Conflict) -> list[str]:
    if not conflict.neighbours:
        return []
    named = [each.title or each.code or each.record for each in conflict.neighbours[:6]]
    left = len(conflict.neighbours) - len(named)
    if left:
        named.append(translate("Xiangtu", "{count} more").format(count=left))
    return [
        translate("Xiangtu", "Neighbours at the edges that were moved: {names}").format(
            names=", ".join(named)
        )
    ]
