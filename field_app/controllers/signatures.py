"""Who signs for a record, and their signatures: each stays as it was, a later one is added."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from PIL import Image, ImageOps
from xiangtu.catalogue import Layer
from xiangtu.catalogue.model import Code
from xiangtu.errors import BadInput
from xiangtu.gnss.fix import Fix
from xiangtu.store import SurveyFile

from . import pen
from .form import Form
from .neighbours import next_to
from .photos import usable
from .questions import Problem

#: The longer side of the paper in pixels, of which what is signed on is kept, with so much around;
#: and how thick the pen is, as part of that side.
_SIDE_PX, _MARGIN_PX = 1600, 40
PEN_WIDTH = 0.006
_WHITE = (255, 255, 255)
#: As long as the column of the name.
_LONGEST_NAME = 50
HOLDER, NEIGHBOUR = "holder", "neighbour"


@dataclass(frozen=True)
class Signer:
    """Somebody who may sign; `signed_as` is a code of list signatory."""

    name: str
    signed_as: str


@dataclass(frozen=True)
class RecordSignature:
    """One signature; `signed_at` is in UTC, as ISO text."""

    uuid: str
    sha256: str
    name: str
    signed_as: Code | None
    signed_at: str


@dataclass(frozen=True)
class RecordSignatures:
    """The signatures of a record in the order they came; as what one may sign, in the
    catalogue's order (nothing: nobody signs such a record); and how many are `missing`."""

    signatures: tuple[RecordSignature, ...]
    kinds: tuple[Code, ...]
    missing: dict[str, int]


def signatures_of(
    survey: SurveyFile, layer: Layer, record: str, problems: Iterable[Problem]
) -> RecordSignatures:
    """A record's signatures; `problems` are those of its form, which say what is missing."""
    codes = survey.catalogue.code_lists["signatory"].codes
    return RecordSignatures(
        tuple(
            RecordSignature(
                each["uuid"], each["sha256"], each["author"] or "",
                codes.get(each["signed_as"] or ""), each["taken_at"] or "",
            )
            for each in survey.attachments_of(record)
            if each["kind"] == "signature"
        ),
        tuple(codes[name] for name in dict.fromkeys(each.signed_as for each in layer.signatures)),
        {
            str(each.facts["role"]): int(each.facts["minimum"]) - int(each.facts["found"])
            for each in problems
            if each.code == "field.problem.signature"
        },
    )  # fmt: skip


def possible_signers(form: Form) -> list[Signer]:
    """Who is known to have a say in the record of a form: its household and the members, then the
    heads of those that have the land beside it, and whom its boundary lines name."""
    survey, layer, record = form.survey, form.layer, form.record
    found: list[Signer] = []
    for household in _households(survey, layer, record, form.values):
        found += [Signer(name, HOLDER) for name in _head_of(survey, household)]
        members = survey.select("member", "household_uuid = ?", [household], ["name"])
        found += [Signer(each["name"], HOLDER) for each in members if each["name"]]
    for other in next_to(survey, layer.name, form.geometry, record):
        for household in _households(survey, layer, other["uuid"], other):
            found += [Signer(name, NEIGHBOUR) for name in _head_of(survey, household)]
    found += [Signer(name, NEIGHBOUR) for name in _named_by_lines(survey, layer, record)]
    kinds = {each.signed_as for each in layer.signatures}
    return [each for each in dict.fromkeys(found) if each.signed_as in kinds]


def keep_signature(
    survey: SurveyFile,
    layer: Layer,
    record: str,
    signer: Signer,
    strokes: Sequence[pen.Stroke],
    size: tuple[float, float],
    fix: Fix | None = None,
    signed_at: datetime | None = None,
) -> str:
    """Keep a signature, with the time and, where it is known, the place; its uuid.

    `size` is the width and height of what was signed on, in any unit; `signed_at` is now unless
    it is given.

    Raises
    ------
    BadInput
        "signature.empty" where nothing was drawn, "signature.nobody" without a name,
        "signature.kind" for one who does not sign such a record.
    BadFile
        What the store refuses, a full card among it.
    """
    name = signer.name.strip()[:_LONGEST_NAME]
    if not any(each.places for each in strokes):
        raise BadInput("signature.empty")
    if not name:
        raise BadInput("signature.nobody")
    if signer.signed_as not in {each.signed_as for each in layer.signatures}:
        raise BadInput("signature.kind", kind=signer.signed_as, layer=layer.name)
    scale = _SIDE_PX / max(size)
    width, height = (max(round(side * scale), 1) for side in size)
    paper = Image.new("RGB", (width, height), _WHITE)
    pen.draw(paper, strokes)
    left, top, right, bottom = ImageOps.invert(paper).getbbox() or (0, 0, width, height)
    paper = paper.crop(
        (
            max(left - _MARGIN_PX, 0), max(top - _MARGIN_PX, 0),
            min(right + _MARGIN_PX, width), min(bottom + _MARGIN_PX, height),
        )
    )  # fmt: skip
    out = io.BytesIO()
    paper.save(out, "PNG", optimize=True)
    here = fix if fix is not None and usable(fix) else None
    return survey.attach(
        record, layer.name, out.getvalue(), role=None, kind="signature", media_type="image/png",
        author=name, signed_as=signer.signed_as, taken_at=signed_at or datetime.now(UTC),
        longitude_deg=round(here.longitude_deg, 8) if here else None,
        latitude_deg=round(here.latitude_deg, 8) if here else None,
    )  # fmt: skip


def _head_of(survey: SurveyFile, household: str) -> list[str]:
    """The name of a household's head, if it is known."""
    row = survey.get("household", household)
    return [row["head_name"]] if row is not None and row["head_name"] else []


def _households(
    survey: SurveyFile, layer: Layer, record: str, values: Mapping[str, Any]
) -> list[str]:
    """Households that a record names itself, or that a right of theirs ties to it."""
    found = [
        values.get(name) for name, each in layer.fields.items() if each.references == "household"
    ]
    for child, relation in survey.catalogue.children_of(layer.name):
        columns = [name for name, each in child.fields.items() if each.references == "household"]
        if columns:
            rows = survey.select(child.name, f'"{relation.field}" = ?', [record], columns)
            found += [row[name] for row in rows for name in columns]
    return [each for each in dict.fromkeys(found) if each]


def _named_by_lines(survey: SurveyFile, layer: Layer, record: str) -> Iterator[str]:
    """Whom the boundary lines of a record name as its neighbours."""
    for child, relation in survey.catalogue.children_of(layer.name):
        columns = [each for each in ("neighbour_holder", "neighbour_delegate")
                   if each in child.fields]  # fmt: skip
        if columns:
            for row in survey.select(child.name, f'"{relation.field}" = ?', [record], columns):
                yield from (row[each] for each in columns if row[each])
