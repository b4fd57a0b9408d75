"""Writing what a package's changes make of their records.

Those that nobody else touched, the most, are written in bulk from the package's own last values;
all others are settled from their whole histories (merge.state). Both give the same state, since
it is a function of the set of changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..catalogue.model import GEOMETRY_COLUMN, Layer
from ..geo import blobs
from ..store import SurveyFile, derived
from .changes import Change, Knowledge, with_names
from .kinship import SAME, current_parents, parent_columns, reference_columns
from .state import Outcome, Settling, bookkeeping, write_insert, write_update

_OUTLINES_AT_ONCE = 2_000


def apply(file: SurveyFile, changes: list[Change], again: set[str]) -> Outcome:
    """Write what the accepted changes make of their records, and settle others `again`."""
    by_record: dict[str, list[Change]] = {}
    for change in changes:
        by_record.setdefault(change.record, []).append(change)
    doubtful = _not_alone(file, by_record) | again
    alone = {record: own for record, own in by_record.items() if record not in doubtful}
    outcome = _write_alone(file, alone)
    settled = Settling(file).settle(doubtful) if doubtful else None
    if settled is not None:
        outcome.add(settled)
    return outcome


def _not_alone(file: SurveyFile, by_record: Mapping[str, list[Change]]) -> set[str]:
    """Records whose state needs more than the package's own last values.

    Somebody else changed them unseen, or they are in conflict, deleted, joined, or parts of a
    record of which that is true.
    """
    connection = file.connection
    knowledge = Knowledge(connection)
    device = next(iter(by_record.values()))[0].device if by_record else ""
    newest = max((own[-1].number for own in by_record.values()), default=0)
    references = {
        name: reference_columns(file.catalogue.layer(name))
        for name in {own[0].layer for own in by_record.values()}
    }
    doubtful: set[str] = set()
    parents: dict[str, set[str]] = {}
    for record, own in by_record.items():
        columns = references[own[0].layer]
        for change in own:
            if change.operation == "delete" or (
                change.operation == "insert" and change is not own[0]
            ):
                doubtful.add(record)
            for column in columns:
                value = change.values.get(column)
                if isinstance(value, str):
                    parents.setdefault(value, set()).add(record)
        if columns and record not in doubtful:
            row = current_parents(file, own[0].layer, columns, record)
            for value in row:
                parents.setdefault(value, set()).add(record)
    with_names(connection, by_record)
    for record, operation, basis_device, number in connection.execute(
        "SELECT c.record, c.operation, c.device, c.number FROM temp.named n "
        "CROSS JOIN change c ON c.record = n.uuid WHERE c.live = 1 "
        "AND (c.device <> ? OR c.number > ? OR c.operation = 'delete')",
        (device, newest),
    ):
        if record in doubtful:
            continue
        if (
            operation == "delete"
            or by_record[record][0].operation == "insert"
            or basis_device == device
            or not all(
                knowledge.basis(change.basis).has(basis_device, number)
                for change in by_record[record]
            )
        ):
            doubtful.add(record)
    for query in (
        "SELECT n.uuid FROM temp.named n CROSS JOIN conflict c ON c.record = n.uuid",
        "SELECT n.uuid FROM temp.named n WHERE EXISTS (SELECT 1 FROM lineage l "
        f"WHERE l.parent = n.uuid) OR EXISTS (SELECT 1 FROM lineage l "
        f"WHERE l.child = n.uuid AND l.kind = '{SAME}')",
    ):
        doubtful |= {record for (record,) in connection.execute(query)}
    doubtful |= _with_doubtful_parents(file, parents)
    return doubtful | _absent(file, by_record)


def _absent(file: SurveyFile, by_record: Mapping[str, list[Change]]) -> set[str]:
    """Records that were edited and are not there: decided gone, or gone with their record."""
    by_layer: dict[str, list[str]] = {}
    for record, own in by_record.items():
        if own[0].operation != "insert":
            by_layer.setdefault(own[0].layer, []).append(record)
    found: set[str] = set()
    for layer, records in by_layer.items():
        with_names(file.connection, records)
        found |= {
            record
            for (record,) in file.connection.execute(
                f'SELECT n.uuid FROM temp.named n LEFT JOIN "{layer}" t ON t.uuid = n.uuid '
                "WHERE t.uuid IS NULL"
            )
        }
    return found


def _with_doubtful_parents(file: SurveyFile, parents: Mapping[str, set[str]]) -> set[str]:
    """Parts, however far down, of records that somebody deleted or that were joined to another."""
    doubtful: set[str] = set()
    level = parents
    while level:
        with_names(file.connection, level)
        rows = file.connection.execute(
            "SELECT n.uuid FROM temp.named n WHERE EXISTS (SELECT 1 FROM change c "
            "WHERE c.record = n.uuid AND c.live = 1 AND c.operation IN ('delete', 'decide')) "
            f"OR EXISTS (SELECT 1 FROM lineage l WHERE l.parent = n.uuid AND l.kind = '{SAME}')"
        )
        doubtful = doubtful.union(*(level[record] for (record,) in rows))
        level = _one_up(file, level)
    return doubtful


def _one_up(file: SurveyFile, parents: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The records that `parents` are parts of, each with the records below that led to it."""
    with_names(file.connection, parents)
    layers = file.connection.execute(
        "SELECT n.uuid, (SELECT c.layer FROM change c WHERE c.record = n.uuid AND c.live = 1 "
        "LIMIT 1) FROM temp.named n"
    ).fetchall()
    above: dict[str, set[str]] = {}
    for record, name in layers:
        layer = file.catalogue.layers.get(name)
        columns = parent_columns(layer) if layer else {}
        for value in current_parents(file, name, columns, record):
            if value not in parents:
                above.setdefault(value, set()).update(parents[record])
    return above


def _write_alone(file: SurveyFile, by_record: Mapping[str, list[Change]]) -> Outcome:
    """Write records that nobody else touched: each gets the package's last values, in bulk."""
    outcome = Outcome()
    inserts: dict[tuple[str, tuple[str, ...]], list[tuple]] = {}
    updates: dict[tuple[str, tuple[str, ...]], list[tuple]] = {}
    ordered: dict[tuple[str, ...], tuple[str, ...]] = {}
    for record, own in by_record.items():
        layer = file.catalogue.layer(own[0].layer)
        values = dict(own[0].values)
        for change in own[1:]:
            values.update(change.values)
        given = (layer.name, *values)
        if given not in ordered:
            ordered[given] = tuple(name for name in layer.columns if name in values)
        columns = ordered[given]
        kept = bookkeeping(own[-1], own[0])
        if own[0].operation == "insert":
            rows, touched = inserts, outcome.inserted
        else:
            rows, touched = updates, outcome.updated
            del kept["created_at"]
        row = (record, *[values[name] for name in columns], *kept.values())
        rows.setdefault((layer.name, (*columns, *kept)), []).append(row)
        touched.add(record)
    for (name, columns), rows_of_kind in inserts.items():
        layer = file.catalogue.layer(name)
        for names, some in _with_derived(file, layer, columns, rows_of_kind):
            write_insert(file.connection, layer, names, some)
    for (name, columns), rows_of_kind in updates.items():
        layer = file.catalogue.layer(name)
        for names, some in _with_derived(file, layer, columns, rows_of_kind):
            write_update(file.connection, layer, names, ((*row[1:], row[0]) for row in some))
    return outcome


def _with_derived(
    file: SurveyFile, layer: Layer, columns: tuple[str, ...], rows: list[tuple]
) -> Iterator[tuple[list[str], list[tuple]]]:
    """Rows of (uuid, *columns) in batches, with what is derived from an outline among them.

    Written with the outline it costs one pass of the table's triggers, and not two.
    """
    names = list(columns)
    if GEOMETRY_COLUMN not in columns or not layer.derived_columns:
        yield names, rows
        return
    place = 1 + columns.index(GEOMETRY_COLUMN)
    for start in range(0, len(rows), _OUTLINES_AT_ONCE):
        some = rows[start : start + _OUTLINES_AT_ONCE]
        outlines = blobs.decode([row[place] for row in some])
        found = derived.compute(layer, outlines, file.srid)
        yield (
            [*names, *found],
            [
                (*row, *more)
                for row, more in zip(some, zip(*found.values(), strict=True), strict=True)
            ],
        )
