"""The records of the tablet, as a surveyor looks for them: by layer, village and state, those
nearest first; and what the rules find wrong with them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from xiangtu import validate
from xiangtu.catalogue import Label, Layer
from xiangtu.catalogue.model import GEOMETRY_COLUMN, Severity
from xiangtu.geo import blobs, gauss_kruger
from xiangtu.package.adoption import CAMPAIGN
from xiangtu.store import SurveyFile
from xiangtu.store.values import stamp
from xiangtu.validate import findings, registry

from .form_page import called
from .start import DONE, village_names

Order = Literal["near", "code"]


@dataclass(frozen=True)
class Filter:
    """Which records are wanted; what is not said does not matter.

    `mine`: this surveyor was the last to change it. `today`: changed on this tablet since
    midnight by its clock. `incomplete`: it waits for a visit in this campaign, or was begun.
    `problems`: a finding about it is open.
    """

    layer: str | None = None
    village: str | None = None
    mine: bool = False
    today: bool = False
    incomplete: bool = False
    problems: bool = False


@dataclass(frozen=True)
class Listed:
    """One record of the list.

    `title` and `code` as far as it has them; `begun` if a form of it is open; `distance_m` from
    where the surveyor stands to its middle, None without a place. The worst of `problems` open
    findings is of `severity` and called `problem`, with what to do about it in `remedy`: first what
    the county wrote when it sent the record back.
    """

    layer: str
    record: str
    label: Label
    title: str
    code: str
    village: str
    state: Label | None
    begun: bool
    distance_m: float | None
    problems: int = 0
    severity: Severity | None = None
    problem: Label | None = None
    remedy: Label | None = None


@dataclass(frozen=True)
class Page:
    """Some of the records found, from `offset` on, of `total`."""

    total: int
    offset: int
    records: tuple[Listed, ...] = ()


@dataclass(frozen=True)
class Choices:
    """What can be filtered by: layers with records, in the catalogue's order, and villages."""

    layers: tuple[tuple[str, Label], ...] = ()
    villages: tuple[tuple[str, str], ...] = ()


@dataclass
class _Found:
    """The records of a layer that are wanted: their uuids, what they are ordered by."""

    layer: Layer
    uuids: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    distances_m: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


def choices(survey: SurveyFile) -> Choices:
    """Layers and villages that records of the tablet are of."""
    layers = [
        (layer.name, layer.label)
        for layer in _layers(survey, None)
        if survey.connection.execute(f'SELECT 1 FROM "{layer.name}" LIMIT 1').fetchone()
    ]
    return Choices(tuple(layers), tuple(sorted(village_names(survey).items())))


def list_records(
    survey: SurveyFile,
    wanted: Filter,
    order: Order = "near",
    *,
    here: tuple[float, float] | None = None,
    offset: int = 0,
    count: int = 100,
) -> Page:
    """A page of the records that are wanted.

    Parameters
    ----------
    order : "near" puts those nearest to `here` (longitude, latitude in degrees) first, and those
        without a place last; "code", or "near" where `here` is not known, goes by layer and code.
    offset, count : which of them; only these are read in full.

    Records begun and in no layer yet (a form that was never confirmed) come first.
    """
    place = None
    if here is not None and order == "near":
        east_m, north_m = gauss_kruger.forward(here[0], here[1], survey.srid)
        place = (float(east_m), float(north_m))
    begun = {draft.record: draft for draft in survey.drafts()}
    found = [_find(survey, layer, wanted, place) for layer in _layers(survey, wanted.layer)]
    new = list(_new(survey, wanted, found))
    keys = [(number, row) for number, each in enumerate(found) for row in range(len(each.uuids))]
    if place is None:
        keys.sort(key=lambda key: (key[0], found[key[0]].codes[key[1]]))
    else:
        distances_m = np.concatenate([np.empty(0), *(each.distances_m for each in found)])
        keys = [keys[index] for index in np.argsort(distances_m, kind="stable")]
    total = len(new) + len(keys)
    shown = new[offset : offset + count]
    first = max(0, offset - len(new))
    some = keys[first : first + count - len(shown)]
    return Page(total, offset, (*shown, *_in_full(survey, found, some, set(begun))))


def check(survey: SurveyFile) -> Generator[tuple[float, str], None, validate.Summary]:
    """Ask the rules about what was worked on here and what lies around it, step by step (see
    validate.in_steps), so that other work comes between.

    What nobody touched on this tablet is as the county checked it.
    """
    return validate.in_steps(survey, touched=True)


def _layers(survey: SurveyFile, name: str | None) -> list[Layer]:
    layers = survey.catalogue.layers.values()
    return sorted(
        (each for each in layers if each.surveyed and name in (None, each.name)),
        key=lambda each: each.order,
    )


def _find(
    survey: SurveyFile, layer: Layer, wanted: Filter, place: tuple[float, float] | None
) -> _Found:
    """The records of a layer that are wanted: of each its code and the head of its geometry."""
    conditions, parameters = ["ended_on IS NULL"], []
    if wanted.village is not None:
        conditions.append("village = ?")
        parameters.append(wanted.village)
    if wanted.mine:
        conditions.append("surveyor = ?")
        parameters.append(survey.author)
    if wanted.today:
        midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        conditions.append("updated_at >= ? AND device = ?")
        parameters += [stamp(midnight), survey.device_id]
    if wanted.incomplete:
        campaign = survey.meta.get(CAMPAIGN)
        done = ", ".join(f"'{state}'" for state in DONE)
        conditions.append(
            f"(coalesce(state, '') NOT IN ({done}) OR (? IS NOT NULL AND campaign IS NOT ?) "
            "OR uuid IN (SELECT record FROM draft))"
        )
        parameters += [campaign, campaign]
    if wanted.problems:
        conditions.append(
            "uuid IN (SELECT record FROM finding WHERE state = 'open' "
            "UNION SELECT other FROM finding WHERE state = 'open')"
        )
    code = f"coalesce(\"{layer.key}\", '')" if layer.key else "''"
    head = f'substr("{GEOMETRY_COLUMN}", 1, 38)' if layer.geometry and place else "NULL"
    rows = survey.connection.execute(
        f'SELECT uuid, {code}, {head} FROM "{layer.name}" WHERE {" AND ".join(conditions)}',
        parameters,
    ).fetchall()
    found = _Found(layer, [row[0] for row in rows], [row[1] for row in rows])
    if place is not None:
        found.distances_m = _distances_m([row[2] for row in rows], place)
    return found


def _distances_m(heads: Sequence[bytes | None], place: tuple[float, float]) -> NDArray[np.float64]:
    """From a place to the middle of each geometry's bounds; infinite without one."""
    distances_m = np.full(len(heads), np.inf)
    there = [index for index, head in enumerate(heads) if head]
    if there:
        bounds = blobs.bounds_of_heads([head for head in heads if head])
        distances_m[there] = np.hypot(
            (bounds[:, 0] + bounds[:, 2]) / 2 - place[0],
            (bounds[:, 1] + bounds[:, 3]) / 2 - place[1],
        )
    return distances_m


def _new(survey: SurveyFile, wanted: Filter, found: Sequence[_Found]) -> Iterator[Listed]:
    """Forms of records that are in no layer yet; no more than their answers is known of them."""
    if wanted.problems:
        return
    layers = {each.layer.name: each.layer for each in found}
    names = village_names(survey)
    for draft in survey.drafts():
        layer = layers.get(draft.layer)
        village = str(draft.answers.get("village") or "")
        if layer is None or wanted.village not in (None, village):
            continue
        if survey.get(draft.layer, draft.record) is not None:
            continue
        title = called(survey, layer, draft.answers).zh
        code = str(draft.answers.get(layer.key or "") or "")
        village_name = names.get(village, village)
        state = _state(survey, "draft")
        yield Listed(
            layer.name, draft.record, layer.label, title, code, village_name, state, True, None
        )


def _in_full(
    survey: SurveyFile,
    found: Sequence[_Found],
    keys: Sequence[tuple[int, int]],
    begun: set[str],
) -> Iterator[Listed]:
    """The records of a page, in its order."""
    rules = registry.rules_of(survey.catalogue)
    names = village_names(survey)
    problems: dict[str, list[findings.Finding]] = {}
    shown = [found[number].uuids[row] for number, row in keys]
    for each in findings.list_findings(survey, records=shown):  # errors first
        for uuid in {each.record, each.other} - {None}:
            problems.setdefault(str(uuid), []).append(each)
    for number, row in keys:
        layer, uuid, code = (
            found[number].layer, found[number].uuids[row], found[number].codes[row]
        )  # fmt: skip
        title = layer.title_field or "uuid"
        columns = dict.fromkeys((title, "village", "state"))
        (record,) = survey.select(layer.name, "uuid = ?", (uuid,), columns=tuple(columns))
        distances_m = found[number].distances_m
        distance_m = float(distances_m[row]) if len(distances_m) else np.inf
        of_it = problems.get(uuid, [])
        worst = rules.get(of_it[0].rule) if of_it else None
        yield Listed(
            layer.name,
            uuid,
            layer.label,
            str(record[title] or "") if layer.title_field else "",
            code,
            names.get(record["village"], record["village"] or ""),
            _state(survey, record["state"]),
            uuid in begun,
            distance_m if np.isfinite(distance_m) else None,
            len(of_it),
            of_it[0].severity if of_it else None,
            worst.title if worst else None,
            _what_to_do(of_it, worst.remedy if worst else None),
        )


def _what_to_do(found: Sequence[findings.Finding], remedy: Label | None) -> Label | None:
    """What the county wrote, if it sent the record back with words, then the rule's own."""
    said = " ".join(dict.fromkeys(each.reason for each in found if each.reason))
    if not said:
        return remedy
    return (
        Label(said, said) if remedy is None else Label(f"{said} {remedy.zh}", f"{said} {remedy.en}")
    )


def _state(survey: SurveyFile, state: str | None) -> Label | None:
    known = survey.catalogue.code_lists["record_state"].codes
    return known[state].label if state in known else None
