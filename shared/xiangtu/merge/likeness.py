"""Finding records that are alike, and may be of one thing; merge.duplicates lists the pairs.

A pair is proposed when two records that different devices made have the same official code, when
their outlines overlap by more than 80 % of the smaller, or when points of the same kind lie
within the sum of their accuracies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely

from ..catalogue.model import GEOMETRY_COLUMN, Layer
from ..geo import blobs
from ..store import SurveyFile
from ..store.spatial_tables import index_name, is_indexed
from .changes import with_names

#: Share of the smaller outline beyond which two outlines are taken for one thing.
OVERLAP_SHARE = 0.8
#: Points measured worse than this (metres) are not looked for further away.
WORST_ACCURACY_M = 30.0

Pairs = list[tuple[str, str]]


def pair_id(a: str, b: str) -> str:
    """The short name of a pair; the same whichever came first."""
    return hashlib.sha256(f"{min(a, b)}|{max(a, b)}".encode()).hexdigest()[:10]


def propose(file: SurveyFile, records: Iterable[str]) -> list[str]:
    """Look for pairs among records that changed and their neighbours; returns ids of new pairs."""
    touched = set(records)
    before = _forget_open(file, touched)
    found: dict[str, tuple[str, str, str, str]] = {}
    for layer, uuids in _by_layer(file, touched):
        for reason, pairs in (
            ("same_code", _same_code(file, layer, uuids)),
            ("overlap", _overlapping(file, layer, uuids)),
            ("near", _near(file, layer, uuids)),
        ):
            for a, b in pairs:
                found.setdefault(pair_id(a, b), (layer.name, a, b, reason))
    settled = {
        name
        for (name,) in file.connection.execute("SELECT id FROM duplicate WHERE state <> 'open'")
    }
    fresh = [name for name in found if name not in settled]
    file.connection.executemany(
        "INSERT OR IGNORE INTO duplicate (id, layer, a, b, reason, state) "
        "VALUES (?, ?, ?, ?, ?, 'open')",
        ((name, *found[name]) for name in fresh),
    )
    return sorted(set(fresh) - before)


def _forget_open(file: SurveyFile, touched: set[str]) -> set[str]:
    before = {
        name
        for name, a, b in file.connection.execute(
            "SELECT id, a, b FROM duplicate WHERE state = 'open'"
        )
        if a in touched or b in touched
    }
    file.connection.executemany("DELETE FROM duplicate WHERE id = ?", ((name,) for name in before))
    return before


def _by_layer(file: SurveyFile, touched: set[str]) -> list[tuple[Layer, list[str]]]:
    """The touched records that are there, by surveyed layer."""
    with_names(file.connection, touched)
    found = []
    for layer in file.catalogue.layers.values():
        if layer.surveyed:
            uuids = [
                uuid
                for (uuid,) in file.connection.execute(
                    f'SELECT n.uuid FROM temp.named n CROSS JOIN "{layer.name}" t '
                    "ON t.uuid = n.uuid "
                    "WHERE t.ended_on IS NULL ORDER BY n.uuid"
                )
            ]
            if uuids:
                found.append((layer, uuids))
    return found


def _same_code(file: SurveyFile, layer: Layer, uuids: list[str]) -> Pairs:
    if layer.key is None:
        return []
    with_names(file.connection, uuids)
    return _made_apart(
        file,
        file.connection.execute(
            f"SELECT one.uuid, two.uuid FROM temp.named n "
            f'CROSS JOIN "{layer.name}" one ON one.uuid = n.uuid '
            f'CROSS JOIN "{layer.name}" two ON two."{layer.key}" = one."{layer.key}" '
            f"AND two.uuid <> one.uuid WHERE one.\"{layer.key}\" <> '' "
            "AND two.ended_on IS NULL"
        ).fetchall(),
    )


def _overlapping(file: SurveyFile, layer: Layer, uuids: list[str]) -> Pairs:
    if layer.geometry != "MULTIPOLYGON":
        return []
    pairs = _made_apart(file, _beside(file, layer, uuids, 0.0))
    if not pairs:
        return []
    outlines = _values(file, layer, pairs, (GEOMETRY_COLUMN,))
    one = blobs.decode([outlines[a][0] for a, _ in pairs])
    two = blobs.decode([outlines[b][0] for _, b in pairs])
    sound = shapely.is_valid(one) & shapely.is_valid(two)
    shared = np.zeros(len(pairs))
    shared[sound] = shapely.area(shapely.intersection(one[sound], two[sound]))
    smaller = np.minimum(shapely.area(one), shapely.area(two))
    return [pairs[place] for place in np.flatnonzero(shared > OVERLAP_SHARE * smaller)]


def _near(file: SurveyFile, layer: Layer, uuids: list[str]) -> Pairs:
    if layer.geometry != "POINT":
        return []
    default = layer.accuracy.horizontal_m if layer.accuracy else 1.0
    kinds = (layer.kind_field,) if layer.kind_field else ()
    pairs = _made_apart(file, _beside(file, layer, uuids, 2 * max(default, WORST_ACCURACY_M)))
    columns = (GEOMETRY_COLUMN, "horizontal_accuracy_m", *kinds)
    values = _values(file, layer, pairs, columns)
    found = []
    for a, b in pairs:
        one, two = values[a], values[b]
        reach = sum(default if each[1] is None else each[1] for each in (one, two))
        apart = shapely.distance(blobs.decode_one(one[0]), blobs.decode_one(two[0]))
        if one[2:] == two[2:] and apart <= reach:
            found.append((a, b))
    return found


def _beside(file: SurveyFile, layer: Layer, uuids: list[str], margin_m: float) -> Pairs:
    """Each named record with every other whose bounds come within the margin of its own."""
    if not is_indexed(file.connection, layer.name):
        return _beside_unindexed(file, layer, uuids, margin_m)
    with_names(file.connection, uuids)
    index = index_name(layer.name)
    return file.connection.execute(
        f'SELECT one.uuid, two.uuid FROM temp.named n CROSS JOIN "{layer.name}" one '
        f'ON one.uuid = n.uuid CROSS JOIN "{index}" a ON a.pkid = one.fid CROSS JOIN "{index}" b '
        "ON b.xmin <= a.xmax + :m AND b.xmax >= a.xmin - :m "
        "AND b.ymin <= a.ymax + :m AND b.ymax >= a.ymin - :m "
        f'CROSS JOIN "{layer.name}" two ON two.fid = b.pkid '
        "WHERE two.fid <> one.fid AND two.ended_on IS NULL",
        {"m": margin_m},
    ).fetchall()


def _beside_unindexed(file: SurveyFile, layer: Layer, uuids: list[str], margin_m: float) -> Pairs:
    found = []
    for uuid in uuids:
        (blob,) = file.connection.execute(
            f'SELECT {GEOMETRY_COLUMN} FROM "{layer.name}" WHERE uuid = ?', (uuid,)
        ).fetchone()
        if blob is None:
            continue
        x0, y0, x1, y1 = blobs.bounds_of(blob)
        bounds = (x0 - margin_m, y0 - margin_m, x1 + margin_m, y1 + margin_m)
        found += [(uuid, other) for other in file.within(layer.name, bounds) if other != uuid]
    return found


def _values(
    file: SurveyFile, layer: Layer, pairs: Pairs, columns: tuple[str, ...]
) -> dict[str, tuple[Any, ...]]:
    """The columns of every record in the pairs, by uuid."""
    with_names(file.connection, {uuid for pair in pairs for uuid in pair})
    names = ", ".join(f't."{name}"' for name in columns)
    return {
        row[0]: row[1:]
        for row in file.connection.execute(
            f'SELECT t.uuid, {names} FROM temp.named n CROSS JOIN "{layer.name}" t '
            "ON t.uuid = n.uuid"
        )
    }


def _made_apart(file: SurveyFile, found: Pairs) -> Pairs:
    """Sorted pairs, each once, whose records were made on different devices and do not come from
    each other; two records of the county itself are for its checks to compare."""
    pairs = {(min(pair), max(pair)) for pair in found}
    if not pairs:
        return []
    with_names(file.connection, {uuid for pair in pairs for uuid in pair})
    makers: dict[str, set[str]] = {}
    for record, device in file.connection.execute(
        "SELECT c.record, c.device FROM temp.named n CROSS JOIN change c ON c.record = n.uuid "
        "WHERE c.operation = 'insert' AND c.live = 1"
    ):
        makers.setdefault(record, set()).add(device)
    related = {
        (min(pair), max(pair))
        for pair in file.connection.execute(
            "SELECT l.parent, l.child FROM temp.named n CROSS JOIN lineage l ON l.child = n.uuid"
        )
    }
    return sorted(
        (a, b) for a, b in pairs - related if not (makers.get(a, set()) & makers.get(b, set()))
    )
