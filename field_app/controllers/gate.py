"""The gate before a capture: what a position lacks to what its layer asks, told before anyone
captures, and refused afterwards unless a reason is written where the catalogue lets it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xiangtu.catalogue import Layer
from xiangtu.catalogue.model import Accuracy
from xiangtu.errors import BadInput
from xiangtu.gnss.fix import Fix, FixType
from xiangtu.gnss.quality import position_problem
from xiangtu.gnss.walked_boundary import Vertex

if TYPE_CHECKING:
    from .capture import Measured

#: Stands in a record's remark before the reason why a mock position was kept; in both languages,
#: since whoever reads the record later may read either.
MOCK_REMARK = "模拟位置 mock position"


@dataclass(frozen=True)
class Shortfall:
    """What a measurement lacks.

    `code` is field.accuracy.…, with what was `found` and `expected` (codes, or numbers with their
    unit); `remedy` is the code of what to do about it (field.remedy.…).
    """

    code: str
    found: str
    expected: str | tuple[str, ...]
    remedy: str


@dataclass(frozen=True)
class Gate:
    """Whether a layer can be captured with the position that there is now.

    `may_override`: with a written reason all the same. Never so without a position.
    """

    shortfalls: tuple[Shortfall, ...]
    may_override: bool

    @property
    def good(self) -> bool:
        return not self.shortfalls


def demanded(layer: Layer, accuracy_m: float | None) -> Accuracy | None:
    """What a layer asks, with a horizontal accuracy of `accuracy_m` where the surveyor chose a
    better one; a worse one is the county's to allow, in its catalogue. None for a layer that asks
    for nothing."""
    asked = layer.accuracy
    if asked is None or accuracy_m is None or accuracy_m >= asked.horizontal_m:
        return asked
    return replace(asked, horizontal_m=accuracy_m)


def gate(layer: Layer, fix: Fix | None, accuracy_m: float | None = None) -> Gate:
    """How the gate stands for a layer at one fix; None where there is none, or none any more.

    `accuracy_m` as for `demanded`. How many epochs a layer asks for is no matter of one fix:
    `PointCapture.progress` says it.
    """
    asked = demanded(layer, accuracy_m)
    if (
        fix is None
        or fix.fix_type == "none"
        or position_problem(fix.longitude_deg, fix.latitude_deg)
    ):
        kinds = _fix_types(asked.fix_types) if asked else ()
        nothing = Shortfall("field.accuracy.no_position", "", kinds, "field.remedy.open_sky")
        return Gate((nothing,), may_override=False)
    epochs = asked.minimum_epochs if asked else 1
    found = shortfalls(asked, fix.fix_type, fix.horizontal_accuracy_m, epochs, fixes=[fix])
    return Gate(found, _may_override(layer))


def shortfalls(
    asked: Accuracy | None,
    fix_type: FixType,
    horizontal_accuracy_m: float | None,
    epochs: int,
    *,
    fixes: Iterable[Fix],
    corners: Iterable[Vertex] | None = None,
) -> tuple[Shortfall, ...]:
    """What is missing to what a layer asks; empty if it is good enough or asks for nothing.

    `fixes` are the epochs behind the measurement. A mock position among them is a shortfall for
    every layer, whatever it asks. How old corrections were matters where the geometry was made:
    at its `corners`, if it has some, not on the way between them.
    """
    used = [fix for fix in fixes if fix.fix_type != "none"]
    found = []
    if any(fix.mock for fix in used):
        found.append(Shortfall("field.accuracy.mock", "", "", "field.remedy.real_receiver"))
    if asked is None:
        return tuple(found)
    limit_m = f"{asked.horizontal_m:g} m"
    if fix_type not in asked.fix_types:
        # Corrections make a better kind of fix; without any on the way there is only the sky.
        remedy = "open_sky" if fix_type in ("differential", "rtk_float") else "corrections"
        kinds = _fix_types(asked.fix_types)
        found.append(
            Shortfall(
                "field.accuracy.fix_type", f"fix_type.{fix_type}", kinds, f"field.remedy.{remedy}"
            )
        )
    if horizontal_accuracy_m is None or not 0 < horizontal_accuracy_m < math.inf:
        found.append(Shortfall("field.accuracy.unknown", "", limit_m, "field.remedy.say_accuracy"))
    elif horizontal_accuracy_m > asked.horizontal_m:
        found.append(
            Shortfall(
                "field.accuracy.horizontal",
                f"{horizontal_accuracy_m:.2f} m",
                limit_m,
                "field.remedy.open_sky",
            )
        )
    rests_on = used if corners is None else corners
    age_s = max(
        (each.correction_age_s or 0.0 for each in rests_on if _corrected(each)), default=0.0
    )
    if asked.correction_age_s is not None and age_s > asked.correction_age_s:
        found.append(
            Shortfall(
                "field.accuracy.correction_age",
                f"{age_s:.0f} s",
                f"{asked.correction_age_s:g} s",
                "field.remedy.corrections",
            )
        )
    if epochs < asked.minimum_epochs:
        found.append(
            Shortfall(
                "field.accuracy.epochs",
                str(epochs),
                str(asked.minimum_epochs),
                "field.remedy.stand_longer",
            )
        )
    return tuple(found)


def gated(layer: Layer, measured: Measured, override_reason: str | None) -> Measured:
    """What was measured, if it is good enough or its shortfalls are kept with a written reason.

    Raises
    ------
    BadInput
        "field.accuracy" where it lacks something and no reason to keep it is given;
        "field.accuracy.no_override" where the layer takes no reason. Both name the first
        shortfall as `reason`.
    """
    if not measured.shortfalls:
        return measured
    first = measured.shortfalls[0]
    facts = {"layer": layer.name, "found": first.found, "expected": first.expected}
    if not _may_override(layer):
        raise BadInput("field.accuracy.no_override", reason=first.code, **facts)
    reason = (override_reason or "").strip()
    if not reason:
        raise BadInput("field.accuracy", reason=first.code, **facts)
    if any(each.code == "field.accuracy.mock" for each in measured.shortfalls):
        reason = f"{MOCK_REMARK}：{reason}"
    return replace(measured, override_reason=reason)


def _may_override(layer: Layer) -> bool:
    return layer.accuracy is None or layer.accuracy.may_override


def _corrected(fix: Fix | Vertex) -> bool:
    """Its position rests on corrections, so that their age matters."""
    return fix.fix_type in ("differential", "rtk_float", "rtk_fixed")


def _fix_types(kinds: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"fix_type.{each}" for each in kinds)
