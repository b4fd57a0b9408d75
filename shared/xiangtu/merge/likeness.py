"""Finding records that are alike, and may be of one thing; merge.duplicates lists the pairs.

A pair is proposed when two records of a layer that different devices made have the same official
code, when one photo is attached to both, or when merge.resemblance finds them alike: outlines that
overlap by more than 80 % of the smaller, or would be nearly the same if one were moved as far as
their accuracies allow; points of one kind within reach of their accuracies.

What looks alike only for want of accuracy is proposed only if each of the two is the other's best
among all that the other's maker surveyed: of two wells, each drawn by both teams, two pairs are
proposed and not four. Whether a pair is proposed thus depends on the records around it, and those
are looked at again with every record that changes, where it lies and wherever it lay. So the pairs
are a function of the records that are there, whatever came first and whatever changed together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ..catalogue.model import GEOMETRY_COLUMN, Layer
from ..geo import blobs
from ..store import SurveyFile, temporary_tables
from ..store.spatial_tables import index_name, is_indexed
from . import shared_photos
from .changes import Change, with_names
from .kinship import joined_away
from .resemblance import FURTHEST_M, Likeness, Pairs, likenesses, name_column
from .state import Outcome

#: Why a pair is proposed, the strongest reason first: a pair has the first that holds.
REASONS = ("same_code", "same_photo", "overlap", "same_shape", "near")
_HEAD_BYTES = 38

Makers = Mapping[str, frozenset[str]]


def pair_id(a: str, b: str) -> str:
    """The short name of a pair; the same whichever came first."""
    return hashlib.sha256(f"{min(a, b)}|{max(a, b)}".encode()).hexdigest()[:10]


def concerned(file: SurveyFile, changes: Sequence[Change], outcome: Outcome) -> set[str]:
    """The records written that may now be alike to another, or no longer: all but those of which
    the changes that came say nothing by which likeness is told."""
    telling = {
        name: _telling_columns(file.catalogue.layer(name))
        for name in {change.layer for change in changes}
    }
    own: set[str] = set()
    told = outcome.inserted | outcome.deleted
    for change in changes:
        own.add(change.record)
        if change.operation != "update" or not telling[change.layer].isdisjoint(change.values):
            told.add(change.record)
    return outcome.touched - (own - told)


def _telling_columns(layer: Layer) -> set[str]:
    """The columns of a layer by which likeness is told."""
    if not layer.surveyed:
        return set(layer.columns)
    named = {layer.key, layer.kind_field, name_column(layer)}
    named |= {relation.field for relation in layer.relations}
    return {
        GEOMETRY_COLUMN,
        "horizontal_accuracy_m",
        "ended_on",
        *(name for name in named if name is not None),
    }


def propose(file: SurveyFile, records: Iterable[str]) -> list[str]:
    """Look for pairs among records that changed and their neighbours; returns ids of new pairs.

    `records` may be of any layer: an attachment stands for the records that have its photo, a
    parcel for its boundary points.
    """
    touched = set(records)
    if not touched:
        return []
    touched |= _points_of(file, touched)
    looked_at = touched | shared_photos.owners_concerned(file, touched) | _around(file, touched)
    before = _forget_open(file, looked_at)
    found: dict[str, tuple[str, str, str, str]] = {}
    for layer, uuids in _by_layer(file, looked_at):
        for (a, b), reason in _pairs(file, layer, uuids).items():
            found[pair_id(a, b)] = (layer.name, a, b, reason)
    settled = _settled(file, found)
    fresh = [name for name in found if name not in settled]
    file.connection.executemany(
        "INSERT OR IGNORE INTO duplicate (id, layer, a, b, reason, state) "
        "VALUES (?, ?, ?, ?, ?, 'open')",
        ((name, *found[name]) for name in fresh),
    )
    return sorted(set(fresh) - before)


def _pairs(file: SurveyFile, layer: Layer, uuids: list[str]) -> dict[tuple[str, str], str]:
    """Every pair that one of the records is in, with its reason."""
    found: dict[tuple[str, str], str] = {}
    for reason, pairs in (
        ("same_code", _same_code(file, layer, uuids)),
        ("same_photo", shared_photos.pairs(file, layer, uuids)),
    ):
        for pair in _made_apart(file, pairs)[0]:
            found.setdefault(pair, reason)
    for pair, reason in _alike(file, layer, uuids).items():
        found.setdefault(pair, reason)
    return found


# -- which records to look at ------------------------------------------------------------------

#: How far (metres) a record of that geometry can bear upon the pairs of another.
_MARGINS_M = {"POINT": FURTHEST_M, "MULTIPOLYGON": 0.0}


def _points_of(file: SurveyFile, touched: set[str]) -> set[str]:
    """Points that are parts of the records: whether two are one depends on what they belong to."""
    with_names(file.connection, touched)
    found: set[str] = set()
    for layer in file.catalogue.layers.values():
        if layer.geometry != "POINT":
            continue
        for relation in layer.compositions:
            found |= {
                uuid
                for (uuid,) in file.connection.execute(
                    f'SELECT t.uuid FROM temp.named n CROSS JOIN "{layer.name}" t '
                    f'ON t."{relation.field}" = n.uuid'
                )
            }
    return found


def _around(file: SurveyFile, touched: set[str]) -> set[str]:
    """Records that lie where a touched one of their layer lies, or ever lay.

    A table shows no geometry that the journal does not hold, be it the record's own or that of
    one joined to it.
    """
    connection = file.connection
    with_names(connection, touched | joined_away(connection, touched))
    heads: dict[str, set[bytes]] = {}
    for name, *both in connection.execute(
        f"SELECT c.layer, substr(v.old, 1, {_HEAD_BYTES}), substr(v.new, 1, {_HEAD_BYTES}) "
        "FROM temp.named n CROSS JOIN change c ON c.record = n.uuid "
        f"CROSS JOIN change_value v ON v.change = c.id AND v.field = '{GEOMETRY_COLUMN}'"
    ):
        heads.setdefault(name, set()).update(head for head in both if isinstance(head, bytes))
    found: set[str] = set()
    for name, some in heads.items():
        layer = file.catalogue.layers.get(name)
        if layer is not None and layer.surveyed and layer.geometry in _MARGINS_M:
            found |= _within(file, layer, _bounds(some, _MARGINS_M[layer.geometry]))
    return found


def _within(file: SurveyFile, layer: Layer, boxes: list[tuple[float, ...]]) -> set[str]:
    """Records of the layer whose bounds meet one of the boxes."""
    connection = file.connection
    if not is_indexed(connection, layer.name):
        return {
            uuid for x0, y0, x1, y1 in boxes for uuid in file.within(layer.name, (x0, y0, x1, y1))
        }
    with temporary_tables.filling(connection):
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS box (x0, y0, x1, y1)")
        connection.execute("DELETE FROM temp.box")
        connection.executemany("INSERT INTO temp.box VALUES (?, ?, ?, ?)", boxes)
    return {
        uuid
        for (uuid,) in connection.execute(
            "SELECT t.uuid FROM (SELECT DISTINCT i.pkid FROM temp.box o "
            f'CROSS JOIN "{index_name(layer.name)}" i '
            "ON i.xmin <= o.x1 AND i.xmax >= o.x0 AND i.ymin <= o.y1 AND i.ymax >= o.y0) near "
            f'CROSS JOIN "{layer.name}" t ON t.fid = near.pkid'
        )
    }


def _bounds(heads: Iterable[bytes], margin_m: float) -> list[tuple[float, ...]]:
    """Bounds of all heads that are whole, wider by the margin."""
    whole = [
        head
        for head in heads
        # Another was held back for it, and lies nowhere.
        if len(head) == _HEAD_BYTES and head[0] == 0 and head[1] <= 1
    ]
    bounds = blobs.bounds_of_heads(whole) if whole else np.empty((0, 4))
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    wider = bounds + np.array([-margin_m, -margin_m, margin_m, margin_m])
    return [tuple(each) for each in wider.tolist()]


def _by_layer(file: SurveyFile, looked_at: set[str]) -> list[tuple[Layer, list[str]]]:
    """The records that are there, by surveyed layer."""
    with_names(file.connection, looked_at)
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


def _forget_open(file: SurveyFile, records: set[str]) -> set[str]:
    """Take out the open pairs that one of the records is in; returns their ids."""
    with_names(file.connection, records)
    before = {
        name
        for column in ("a", "b")
        for (name,) in file.connection.execute(
            f"SELECT d.id FROM temp.named n CROSS JOIN duplicate d ON d.{column} = n.uuid "
            "WHERE d.state = 'open'"
        )
    }
    file.connection.executemany("DELETE FROM duplicate WHERE id = ?", ((name,) for name in before))
    return before


def _settled(file: SurveyFile, names: Iterable[str], state: str = "") -> set[str]:
    """Of the pairs of those ids, the ones that somebody decided (to be of that state)."""
    with_names(file.connection, names)
    return {
        name
        for (name,) in file.connection.execute(
            "SELECT d.id FROM temp.named n CROSS JOIN duplicate d ON d.id = n.uuid "
            "WHERE d.state <> 'open' AND (d.state = :state OR :state = '')",
            {"state": state},
        )
    }


# -- what speaks for a pair --------------------------------------------------------------------


def _same_code(file: SurveyFile, layer: Layer, uuids: list[str]) -> Pairs:
    if layer.key is None:
        return []
    with_names(file.connection, uuids)
    return file.connection.execute(
        f"SELECT one.uuid, two.uuid FROM temp.named n "
        f'CROSS JOIN "{layer.name}" one ON one.uuid = n.uuid '
        f'CROSS JOIN "{layer.name}" two ON two."{layer.key}" = one."{layer.key}" '
        f"AND two.uuid <> one.uuid WHERE one.\"{layer.key}\" <> '' "
        "AND two.ended_on IS NULL"
    ).fetchall()


def _alike(file: SurveyFile, layer: Layer, uuids: list[str]) -> dict[tuple[str, str], str]:
    """Pairs that lie alike; the candidates of every candidate are weighed too."""
    candidates, makers = _candidates(file, layer, uuids)
    known = set(uuids)
    beyond = sorted({uuid for pair in candidates for uuid in pair} - known)
    if beyond:
        others, their_makers = _candidates(file, layer, beyond)
        candidates |= others
        makers |= their_makers
    best = _best(candidates, makers)
    return {
        pair: likeness.reason
        for pair, likeness in candidates.items()
        if (pair[0] in known or pair[1] in known) and _holds(pair, likeness, makers, best)
    }


def _candidates(
    file: SurveyFile, layer: Layer, uuids: list[str]
) -> tuple[dict[tuple[str, str], Likeness], dict[str, frozenset[str]]]:
    if layer.geometry not in _MARGINS_M:
        return {}, {}
    pairs, makers = _made_apart(file, _beside(file, layer, uuids))
    found = likenesses(file, layer, pairs)
    # Two that somebody keeps apart are not each other's best either.
    named = {pair_id(*pair): pair for pair in found}
    for name in _settled(file, named, "apart"):
        del found[named[name]]
    return found, makers


def _best(
    candidates: Mapping[tuple[str, str], Likeness], makers: Makers
) -> dict[tuple[str, str], tuple[bool, tuple[int, float], str]]:
    """(record, maker) → the best that this maker has for the record."""
    best: dict[tuple[str, str], tuple[bool, tuple[int, float], str]] = {}
    for pair, likeness in candidates.items():
        for record, other in (pair, pair[::-1]):
            place = (likeness.nested, likeness.rank, other)
            for maker in makers[other]:
                if (record, maker) not in best or place < best[record, maker]:
                    best[record, maker] = place
    return best


def _holds(
    pair: tuple[str, str],
    likeness: Likeness,
    makers: Makers,
    best: Mapping[tuple[str, str], tuple[bool, tuple[int, float], str]],
) -> bool:
    if likeness.firm:
        return True
    for record, other in (pair, pair[::-1]):
        for maker in makers[other]:
            nested, _, uuid = best[record, maker]
            if not (nested if likeness.nested else uuid == other):
                return False
    return True


def _beside(file: SurveyFile, layer: Layer, uuids: list[str]) -> Pairs:
    """Each named record with every other whose bounds come within the layer's margin of its own,
    and which is of the same kind where that decides."""
    margin_m = _MARGINS_M[layer.geometry or ""]
    if not is_indexed(file.connection, layer.name):
        return _beside_unindexed(file, layer, uuids, margin_m)
    with_names(file.connection, uuids)
    index = index_name(layer.name)
    kind = layer.kind_field if layer.geometry == "POINT" else None
    same_kind = f'AND two."{kind}" IS one."{kind}"' if kind else ""
    return file.connection.execute(
        f'SELECT one.uuid, two.uuid FROM temp.named n CROSS JOIN "{layer.name}" one '
        f'ON one.uuid = n.uuid CROSS JOIN "{index}" a ON a.pkid = one.fid CROSS JOIN "{index}" b '
        "ON b.xmin <= a.xmax + :m AND b.xmax >= a.xmin - :m "
        "AND b.ymin <= a.ymax + :m AND b.ymax >= a.ymin - :m "
        f'CROSS JOIN "{layer.name}" two ON two.fid = b.pkid '
        f"WHERE two.fid <> one.fid AND two.ended_on IS NULL {same_kind}",
        {"m": margin_m},
    ).fetchall()


def _beside_unindexed(file: SurveyFile, layer: Layer, uuids: list[str], margin_m: float) -> Pairs:
    found = []
    for uuid in uuids:
        (blob, ended_on) = file.connection.execute(
            f'SELECT {GEOMETRY_COLUMN}, ended_on FROM "{layer.name}" WHERE uuid = ?', (uuid,)
        ).fetchone()
        if blob is None or ended_on is not None:
            continue
        x0, y0, x1, y1 = blobs.bounds_of(blob)
        bounds = (x0 - margin_m, y0 - margin_m, x1 + margin_m, y1 + margin_m)
        found += [(uuid, other) for other in file.within(layer.name, bounds) if other != uuid]
    standing = {uuid for _, some in _by_layer(file, {b for _, b in found}) for uuid in some}
    return [pair for pair in found if pair[1] in standing]


def _made_apart(file: SurveyFile, found: Pairs) -> tuple[Pairs, dict[str, frozenset[str]]]:
    """Sorted pairs, each once, whose records were made on different devices and of which none
    comes from the other; and who made each record. Two records of the county itself are for its
    checks to compare."""
    pairs = {(min(pair), max(pair)) for pair in found}
    if not pairs:
        return [], {}
    connection = file.connection
    with_names(connection, {uuid for pair in pairs for uuid in pair})
    made: dict[str, set[str]] = {}
    for record, device in connection.execute(
        "SELECT c.record, c.device FROM temp.named n CROSS JOIN change c ON c.record = n.uuid "
        "WHERE c.operation = 'insert' AND c.live = 1"
    ):
        made.setdefault(record, set()).add(device)
    makers = {uuid: frozenset(made.get(uuid, ("",))) for pair in pairs for uuid in pair}
    apart = {(a, b) for a, b in pairs if not makers[a] & makers[b]}
    with_names(connection, {uuid for pair in apart for uuid in pair})
    related = {
        (min(pair), max(pair))
        for pair in connection.execute(
            "WITH RECURSIVE origin (uuid, parent) AS ("
            "SELECT n.uuid, l.parent FROM temp.named n CROSS JOIN lineage l ON l.child = n.uuid "
            "UNION SELECT o.uuid, l.parent FROM origin o CROSS JOIN lineage l "
            "ON l.child = o.parent) SELECT uuid, parent FROM origin"
        )
    }
    return sorted(apart - related), makers
