"""What one record is, as a pure function of the changes to it.

Per unit of merge the heads are the changes that no other has seen. Heads of equal value are
taken; different values are a conflict, and the county's own head is shown meanwhile, else that of
the lowest device and running number. A delete beside any change of the record or of its children
is a conflict too, and the record stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import shapely

from ..catalogue.model import GEOMETRY_COLUMN, MEASUREMENT_FIELDS, Layer
from ..geo import blobs
from .changes import GONE, KEEP, LINEAGE, RECORD, Change, Knowledge

HERE = "here"
#: What splitting or joining does to the record itself: it ends, or QGIS cuts its outline.
_DIVIDES = {"ended_on", "campaign", "state", GEOMETRY_COLUMN, *MEASUREMENT_FIELDS}
CONFLICT = "conflict"


@dataclass(frozen=True)
class Conflict:
    """A unit whose heads differ; the heads in the order of device and running number."""

    unit: str
    heads: tuple[Change, ...]


@dataclass(frozen=True)
class Resolution:
    """What the record is: its journalled values by column, and what is not settled."""

    exists: bool
    values: Mapping[str, object] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    latest: Change | None = None
    first: Change | None = None


#: Tells, of a delete that followed the deletion of its parent, how that parent was resolved
#: (HERE, GONE, CONFLICT), or None for a delete that stands by itself.
ParentOfDelete = Callable[[Change], str | None]
#: The keyed hash of a sealed value by its uuid, or None while it is not known.
HashOfSecret = Callable[[object], str | None]


def presence(
    changes: Sequence[Change],
    descendants: Sequence[Change],
    knowledge: Knowledge,
    parent_of_delete: ParentOfDelete,
    above: Sequence[Change] = (),
) -> tuple[str, tuple[Change, ...]]:
    """HERE, GONE with what deleted it, or CONFLICT with the heads that disagree about it.

    `above` is what deleted the record that this one is a part of, if that is gone: a part that
    its deleter did not have, or need not have had, goes along.
    """
    writers: list[Change] = []
    for change in changes:
        if change.says is None:
            continue
        if change.operation == "delete" and parent_of_delete(change) in (HERE, CONFLICT):
            continue  # the parent stays, so what went with it stays
        writers.append(change)
    if not any(change.operation == "insert" for change in changes):
        return GONE, ()
    heads = knowledge.heads(writers)
    gone = [*(head for head in heads if head.says == GONE), *above]
    if not gone:
        return HERE, ()
    # An edit that one of those who deleted had before them was deleted knowingly. Who goes on with
    # a record, or adds to it, after seeing it deleted contradicts too: work that the county had
    # not seen yet keeps it on the tablet.
    beside = {
        other.uuid: other
        for other in (*changes, *descendants)
        if other.operation != "delete"
        and (other.writes or (other.says == KEEP and other.record != heads[0].record))
        and not any(knowledge.sees(head, other) for head in gone)
    }
    for head in heads:
        if head.says == KEEP and not any(knowledge.sees(other, head) for other in above):
            beside[head.uuid] = head
    if not beside:
        return GONE, tuple(gone)
    last = knowledge.heads(list(beside.values()))
    return CONFLICT, tuple(sorted((*gone, *last), key=lambda change: change.order))


def resolve(
    layer: Layer,
    changes: Sequence[Change],
    knowledge: Knowledge,
    county_device: str,
    descendants: Sequence[Change] = (),
    parent_of_delete: ParentOfDelete = lambda change: None,
    hash_of_secret: HashOfSecret = lambda uuid: None,
    heirs: Sequence[Change] = (),
    above: Sequence[Change] = (),
) -> Resolution:
    """The state of one record of `layer` out of all live changes to it.

    `descendants` are the changes to its parts, `heirs` the beginnings of the records that came
    from it by split or join and are there, `above` what deleted the record it is a part of.
    """
    state, quarrel = presence(changes, descendants, knowledge, parent_of_delete, above)
    if state == GONE:
        return Resolution(exists=False)
    conflicts = [Conflict(RECORD, quarrel)] if state == CONFLICT else []
    values: dict[str, object] = {}
    for unit, columns in layer.units.items():
        writers = [
            change
            for change in changes
            if change.operation == "insert"
            or (change.operation != "delete" and any(name in change.values for name in columns))
        ]
        heads = knowledge.heads(writers)
        if not heads:
            continue
        told = [_unit_values(head, columns, writers, knowledge) for head in heads]
        values.update(told[shown_head(heads, county_device)])
        if not _agree(layer, unit, told, hash_of_secret):
            conflicts.append(Conflict(unit, tuple(heads)))
    edits, born = unaware(changes, heirs, knowledge)
    if born:
        apart = [*knowledge.heads(edits), *knowledge.heads(born)]
        conflicts.append(Conflict(LINEAGE, tuple(sorted(apart, key=lambda each: each.order))))
    last = knowledge.heads([change for change in changes if change.operation != "delete"])
    inserts = [change for change in changes if change.operation == "insert"]
    return Resolution(
        exists=True,
        values=values,
        conflicts=tuple(conflicts),
        latest=max(last, key=lambda change: (change.time, *change.order)),
        first=knowledge.heads(inserts)[0],
    )


def unaware(
    changes: Sequence[Change], heirs: Sequence[Change], knowledge: Knowledge
) -> tuple[list[Change], list[Change]]:
    """Edits of a record, and beginnings of what came from it, by people who did not know of each
    other's; none where somebody has decided who had seen both."""
    if not heirs:
        return [], []
    decisions = [change for change in changes if LINEAGE in change.values]
    dividers = {heir.device for heir in heirs}
    edits = [
        each
        for each in changes
        if each.operation in ("update", "decide")
        and each.writes
        and not (each.device in dividers and _DIVIDES.issuperset(each.values))
    ]
    contested: set[str] = set()
    for place, heir in enumerate(heirs):
        for other in (*edits, *heirs[place + 1 :]):
            if (
                other.device != heir.device
                and not knowledge.sees(heir, other)
                and not knowledge.sees(other, heir)
                and not any(
                    knowledge.sees(each, heir) and knowledge.sees(each, other) for each in decisions
                )
            ):
                contested |= {heir.uuid, other.uuid}
    return (
        [each for each in edits if each.uuid in contested],
        [each for each in heirs if each.uuid in contested],
    )


def head_values(
    layer: Layer, unit: str, head: Change, changes: Sequence[Change], knowledge: Knowledge
) -> dict[str, object]:
    """What `head` says of `unit`, column → value."""
    return _unit_values(head, layer.units[unit], changes, knowledge)


def shown_head(heads: Sequence[Change], county_device: str) -> int:
    """Place of the head whose value is shown meanwhile: the county's own, else the first."""
    for place, head in enumerate(heads):
        if head.device == county_device:
            return place
    return 0


def _unit_values(
    head: Change, columns: Sequence[str], writers: Sequence[Change], knowledge: Knowledge
) -> dict[str, object]:
    """A head's value of each column of its unit; what it left out comes from what it had seen."""
    if head.operation == "insert" or all(name in head.values for name in columns):
        return {name: head.values.get(name) for name in columns}
    seen = [change for change in writers if change is not head and knowledge.sees(head, change)]
    found: dict[str, object] = {}
    for name in columns:
        if name in head.values:
            found[name] = head.values[name]
            continue
        before = knowledge.heads(
            [each for each in seen if each.operation == "insert" or name in each.values]
        )
        found[name] = before[0].values.get(name) if before else None
    return found


def _agree(
    layer: Layer,
    unit: str,
    told: Sequence[Mapping[str, object]],
    hash_of_secret: HashOfSecret,
) -> bool:
    if len(told) < 2:
        return True
    secret = {each.secret_column for each in layer.fields.values() if each.sensitive}
    if unit != GEOMETRY_COLUMN:
        shown = [
            {
                name: (hash_of_secret(value) or value) if name in secret else value
                for name, value in each.items()
            }
            for each in told
        ]
        return all(each == shown[0] for each in shown[1:])
    outlines = [each[GEOMETRY_COLUMN] for each in told]
    for place, one in enumerate(told):
        for other in told[place + 1 :]:
            if one[GEOMETRY_COLUMN] == other[GEOMETRY_COLUMN] and one != other:
                return False
    distinct = list({blob for blob in outlines if isinstance(blob, bytes)})
    if None in outlines and distinct:
        return False
    shapes = [blobs.decode_one(blob) for blob in distinct]
    return all(
        same_shape(shapes[i], shapes[j], layer.tolerance_m)
        for i in range(len(shapes))
        for j in range(i + 1, len(shapes))
    )


def same_shape(one: shapely.Geometry, other: shapely.Geometry, tolerance_m: float) -> bool:
    """Whether no place of one lies further than `tolerance_m` (metres) from the other."""
    if one.geom_type != other.geom_type or one.is_empty != other.is_empty:
        return False
    if shapely.equals_exact(shapely.normalize(one), shapely.normalize(other), tolerance_m):
        return True
    pair = (one, other)
    if shapely.get_dimensions(one) == 2:
        pair = (shapely.boundary(one), shapely.boundary(other))
    distance = shapely.hausdorff_distance(*pair)
    return bool(distance <= tolerance_m)
