"""What the step Review reads in the background: a page of the list, one question whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from xiangtu.cli.merging import pair_reasons
from xiangtu.cli.naming import Naming
from xiangtu.merge import conflicts, evidence
from xiangtu.merge.clones import origin
from xiangtu.merge.conflicts import PSEUDO_UNITS, Conflict, Which
from xiangtu.merge.duplicates import Pair, open_pairs
from xiangtu.merge.evidence import Evidence
from xiangtu.merge.open_questions import Spread, spread
from xiangtu.merge.titles import titles
from xiangtu.store import SurveyFile

from .photo_strip import Thumbnail, thumbnails

#: Rows of the list at a time.
PAGE = 100


class Listed(NamedTuple):
    """A page of the list: rows (id, cells), how many there are in all, from where on."""

    rows: list[tuple[str, tuple[str, ...]]]
    total: int
    offset: int
    waiting: Spread
    names: Naming
    pairs: dict[str, Pair]


class Shown(NamedTuple):
    """The one chosen, with all conflicts of its record; None if it was settled meanwhile. `names`
    know what its values refer to."""

    subject: Conflict | Pair | None
    seen: Evidence | None
    photos: list[Thumbnail]
    siblings: list[Conflict]
    srid: int
    names: Naming


def tablet_name(device: str, names: Naming) -> str:
    """A tablet by its name alone, as columns are narrow."""
    return names.tablets.get(origin(device), device)


def list_conflicts(file: SurveyFile, which: Which, offset: int, names: Naming) -> Listed:
    """The open conflicts that meet conditions."""
    found = conflicts.open_conflicts(file, which, limit=PAGE, offset=offset)
    called = titles(file, [(each.layer, each.record) for each in found])
    rows = [
        (
            each.id,
            (
                names.layer(each.layer),
                called.get(each.record, ""),
                names.unit(each.layer, each.unit),
                ", ".join(dict.fromkeys(tablet_name(head.device, names) for head in each.heads)),
            ),
        )
        for each in found
    ]
    total = conflicts.count_conflicts(file, which)
    return Listed(rows, total, offset, spread(file), names, {})


def list_pairs(file: SurveyFile, which: Which, offset: int, names: Naming) -> Listed:
    """The pairs that wait and meet conditions."""
    found = open_pairs(file, which)
    some = found[offset : offset + PAGE]
    called = titles(file, [(each.layer, uuid) for each in some for uuid in (each.a, each.b)])
    reasons = pair_reasons(names.translate)
    rows = [
        (
            each.id,
            (
                names.layer(each.layer),
                called.get(each.a, "A"),
                reasons.get(each.reason, each.reason),
                called.get(each.b, "B"),
            ),
        )
        for each in some
    ]
    pairs = {each.id: each for each in some}
    return Listed(rows, len(found), offset, spread(file), names, pairs)


def see_conflict(file: SurveyFile, name: str, names: Naming) -> Shown:
    """The conflict of an id, with its record's other ones about fields."""
    known = conflicts.named_conflicts(file, {name: ""}).get(name)
    if known is None:
        return Shown(None, None, [], [], file.srid, names)
    of_record = conflicts.list_conflicts(file, Which(layer=known.layer, record=known.record))
    subject = next((each for each in of_record if each.id == name), None)
    if subject is None:
        return Shown(None, None, [], [], file.srid, names)
    seen = evidence.of_conflict(file, subject)
    siblings = [each for each in of_record if each.id != name and each.unit not in PSEUDO_UNITS]
    if subject.unit in PSEUDO_UNITS:
        siblings = []
    sides = [subject.base, *(head.values for head in subject.heads)]
    knowing = names.knowing(file, _values(subject.layer, sides))
    return Shown(subject, seen, thumbnails(seen.photos), siblings, file.srid, knowing)


def see_pair(file: SurveyFile, pair: Pair, names: Naming) -> Shown:
    """A pair as it stands now."""
    seen = evidence.of_pair(file, pair)
    knowing = names.knowing(file, _values(pair.layer, [side.values for side in seen.sides]))
    return Shown(pair, seen, thumbnails(seen.photos), [], file.srid, knowing)


def _values(layer: str, sides: Iterable[Mapping[str, object]]) -> Iterator[tuple[str, str, object]]:
    return ((layer, name, value) for side in sides for name, value in side.items())
