"""Two records of one thing: proposing pairs; merge.joining joins them.

A pair is proposed when two records that different devices made have the same official code, when
their outlines overlap by more than 80 % of the smaller, or when points of the same kind lie
within the sum of their accuracies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from ..catalogue.model import GEOMETRY_COLUMN, Layer
from ..errors import BadInput
from ..geo import blobs
from ..store import SurveyFile
from .changes import with_names

#: Share of the smaller outline beyond which two outlines are taken for one thing.
OVERLAP_SHARE = 0.8


@dataclass(frozen=True)
class Pair:
    """Two records that may be one; `reason` is same_code, overlap or near; `state` open, joined
    or apart."""

    id: str
    layer: str
    a: str
    b: str
    reason: str
    state: str
    survivor: str | None


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
            for one, other in pairs:
                a, b = sorted((one, other))
                found.setdefault(pair_id(a, b), (layer.name, a, b, reason))
    allowed = _made_apart(file, found)
    for name in allowed:
        file.connection.execute(
            "INSERT OR IGNORE INTO duplicate (id, layer, a, b, reason, state) "
            "VALUES (?, ?, ?, ?, ?, 'open')",
            (name, *found[name]),
        )
    return sorted(set(allowed) - before)


def _forget_open(file: SurveyFile, touched: set[str]) -> set[str]:
    with_names(file.connection, touched)
    before = {
        name
        for (name,) in file.connection.execute(
            "SELECT d.id FROM temp.named n JOIN duplicate d ON d.a = n.uuid WHERE d.state = 'open' "
            "UNION SELECT d.id FROM temp.named n JOIN duplicate d ON d.b = n.uuid "
            "WHERE d.state = 'open'"
        )
    }
    file.connection.executemany("DELETE FROM duplicate WHERE id = ?", ((name,) for name in before))
    return before


def _by_layer(file: SurveyFile, touched: set[str]) -> list[tuple[Layer, list[str]]]:
    """The touched records that somebody other than the county inserted, by layer."""
    with_names(file.connection, touched)
    found: dict[str, list[str]] = {}
    for uuid, layer in file.connection.execute(
        "SELECT DISTINCT n.uuid, c.layer FROM temp.named n JOIN change c ON c.record = n.uuid "
        "WHERE c.operation = 'insert' AND c.live = 1 AND c.device <> ?",
        (file.device_id,),
    ):
        found.setdefault(layer, []).append(uuid)
    layers = file.catalogue.layers
    return [(layers[name], sorted(uuids)) for name, uuids in found.items() if layers[name].surveyed]


def _same_code(file: SurveyFile, layer: Layer, uuids: list[str]) -> list[tuple[str, str]]:
    if layer.key is None:
        return []
    with_names(file.connection, uuids)
    return file.connection.execute(
        f'SELECT one.uuid, two.uuid FROM temp.named n JOIN "{layer.name}" one ON one.uuid = n.uuid '
        f'JOIN "{layer.name}" two ON two."{layer.key}" = one."{layer.key}" '
        f"AND two.uuid <> one.uuid WHERE one.\"{layer.key}\" <> '' "
        "AND one.ended_on IS NULL AND two.ended_on IS NULL"
    ).fetchall()


def _neighbours(
    file: SurveyFile, layer: Layer, uuids: list[str], margin_m: float, columns: tuple[str, ...]
) -> tuple[list[tuple], list[tuple]]:
    """(uuid, blob, *columns) of the named records and of those beside each, pairwise aligned."""
    names = ", ".join(f'two."{name}"' for name in (GEOMETRY_COLUMN, *columns))
    mine: list[tuple] = []
    theirs: list[tuple] = []
    with_names(file.connection, uuids)
    own_names = ", ".join(f'"{name}"' for name in (GEOMETRY_COLUMN, *columns))
    own = file.connection.execute(
        f'SELECT t.uuid, {own_names} FROM temp.named n JOIN "{layer.name}" t ON t.uuid = n.uuid '
        f"WHERE t.{GEOMETRY_COLUMN} IS NOT NULL AND t.ended_on IS NULL"
    ).fetchall()
    for row in own:
        x0, y0, x1, y1 = blobs.bounds_of(row[1])
        near = file.within(layer.name, (x0 - margin_m, y0 - margin_m, x1 + margin_m, y1 + margin_m))
        for uuid in near:
            if uuid == row[0]:
                continue
            other = file.connection.execute(
                f'SELECT two.uuid, {names} FROM "{layer.name}" two '
                "WHERE two.uuid = ? AND two.ended_on IS NULL",
                (uuid,),
            ).fetchone()
            if other is not None:
                mine.append(row)
                theirs.append(other)
    return mine, theirs


def _overlapping(file: SurveyFile, layer: Layer, uuids: list[str]) -> list[tuple[str, str]]:
    if layer.geometry != "MULTIPOLYGON":
        return []
    mine, theirs = _neighbours(file, layer, uuids, 0.0, ())
    if not mine:
        return []
    one = blobs.decode([row[1] for row in mine])
    two = blobs.decode([row[1] for row in theirs])
    sound = shapely.is_valid(one) & shapely.is_valid(two)
    shared = np.zeros(len(one))
    shared[sound] = shapely.area(shapely.intersection(one[sound], two[sound]))
    smaller = np.minimum(shapely.area(one), shapely.area(two))
    same = shared > OVERLAP_SHARE * smaller
    return [(mine[i][0], theirs[i][0]) for i in np.flatnonzero(same)]


def _near(file: SurveyFile, layer: Layer, uuids: list[str]) -> list[tuple[str, str]]:
    if layer.geometry != "POINT":
        return []
    default = layer.accuracy.horizontal_m if layer.accuracy else 1.0
    kinds = (layer.kind_field,) if layer.kind_field else ()
    mine, theirs = _neighbours(
        file, layer, uuids, 2 * max(default, 30.0), ("horizontal_accuracy_m", *kinds)
    )
    found = []
    for row, other in zip(mine, theirs, strict=True):
        if row[3:] != other[3:]:
            continue
        reach = sum(default if each[2] is None else each[2] for each in (row, other))
        apart = shapely.distance(blobs.decode_one(row[1]), blobs.decode_one(other[1]))
        if apart <= reach:
            found.append((row[0], other[0]))
    return found


def _made_apart(file: SurveyFile, found: Mapping[str, tuple[str, str, str, str]]) -> list[str]:
    """Pairs whose records were made on different devices and do not come from each other."""
    names = {uuid for _, a, b, _ in found.values() for uuid in (a, b)}
    with_names(file.connection, names)
    makers: dict[str, set[str]] = {}
    for record, device in file.connection.execute(
        "SELECT c.record, c.device FROM temp.named n JOIN change c ON c.record = n.uuid "
        "WHERE c.operation = 'insert' AND c.live = 1"
    ):
        makers.setdefault(record, set()).add(device)
    related = set(
        file.connection.execute(
            "SELECT l.parent, l.child FROM temp.named n JOIN lineage l ON l.child = n.uuid"
        ).fetchall()
    )
    settled = {
        name
        for (name,) in file.connection.execute("SELECT id FROM duplicate WHERE state <> 'open'")
    }
    return [
        name
        for name, (_, a, b, _) in found.items()
        if name not in settled
        and not (makers.get(a, set()) & makers.get(b, set()))
        and (a, b) not in related
        and (b, a) not in related
    ]


def list_pairs(file: SurveyFile, state: str | None = None) -> list[Pair]:
    """All proposed pairs, or those in a state."""
    where = "WHERE state = ?" if state else ""
    return [
        Pair(*row)
        for row in file.connection.execute(
            f"SELECT id, layer, a, b, reason, state, survivor FROM duplicate {where} "
            "ORDER BY layer, id",
            (state,) if state else (),
        )
    ]


def find_pair(file: SurveyFile, name: str) -> Pair:
    """The pair of that id; BadInput("duplicate.unknown") if there is none."""
    for pair in list_pairs(file):
        if pair.id == name:
            return pair
    raise BadInput("duplicate.unknown", pair=name)
