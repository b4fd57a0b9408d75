"""The heights of a measured point: ellipsoidal as received, 1985 only by the county's geoid grid.

A receiver's own height above sea level is of a world-wide geoid, metres from the national zero in
places: it never becomes a 1985 height. One by levelling or from a document is typed in, once the
form knows which of them it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xiangtu.catalogue import Field
from xiangtu.errors import BadFile, BadInput
from xiangtu.geo import gauss_kruger
from xiangtu.store import SurveyFile, geoid_grids

from .capture import Measured
from .questions import Problem

ELLIPSOIDAL, NATIONAL, HOW, BY = "height_ellipsoid_m", "height_1985_m", "height_how", "height_by"
#: The code of list height_how that only measuring gives.
_GEOID = "geoid"
_EMPTY = {HOW: None, NATIONAL: None, BY: None}


def measured(
    survey: SurveyFile, fields: Mapping[str, Field], values: Mapping[str, Any], found: Measured
) -> tuple[dict[str, Any], Problem | None]:
    """What a measurement makes of a form's heights, and why it gives no 1985 height.

    A 1985 height by levelling, trigonometry or from a document is of the mark itself and stays;
    one by the grid goes with the measurement that it came from. The reason is None where there is
    a 1985 height or the layer asks for none.
    """
    if ELLIPSOIDAL not in fields:
        return {}, None
    changes: dict[str, Any] = {}
    # A point measured anew without a height has none: the old one was of the old measurement.
    changes[ELLIPSOIDAL] = _rounded(found.height_ellipsoid_m, fields[ELLIPSOIDAL])
    if not {HOW, NATIONAL, BY} <= fields.keys():
        return changes, None
    if values.get(HOW) not in (None, _GEOID):
        return changes, None
    try:
        height_m, label = _by_grid(survey, found)
    except (BadInput, BadFile) as fault:
        if values.get(HOW) == _GEOID:
            changes |= _EMPTY
        facts = {name: str(value) for name, value in fault.facts.items()}
        return changes, Problem(HOW, "note", fault.code, facts)
    national = _rounded(height_m, fields[NATIONAL])
    return changes | {NATIONAL: national, HOW: _GEOID, BY: label}, None


def _by_grid(survey: SurveyFile, found: Measured) -> tuple[float, str]:
    """The 1985 height in metres and the label of the grid that gave it.

    BadInput("field.height.…"), BadFile("geoid.…"): why there is none.
    """
    if found.height_ellipsoid_m is None:
        raise BadInput("field.height.not_received")
    kept = geoid_grids.grid(survey)
    if kept is None:
        raise BadInput("field.height.no_grid")
    if found.shortfalls:
        raise BadInput("field.height.not_good_enough")
    about, grid = kept
    place = found.geometry.representative_point()
    longitude, latitude = gauss_kruger.inverse(place.x, place.y, survey.srid)
    value_m = float(grid.at(longitude, latitude))
    if value_m != value_m:
        raise BadInput("field.height.outside_grid")
    return found.height_ellipsoid_m - value_m, about.label


def _rounded(height_m: float | None, field: Field) -> float | None:
    return None if height_m is None else round(height_m, field.decimals or 3)


def answered(name: str, value: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """What else an answer about heights changes in a form.

    BadInput: "field.height.measured_only" for what only measuring with the county's grid gives,
    "field.height.say_how" for a 1985 height before it is said how it was got.
    """
    by_grid = values.get(HOW) == _GEOID
    if name == HOW:
        if value == _GEOID and not by_grid:
            raise BadInput("field.height.measured_only", field=name)
        # The grid's height is none of levelling, nor the other way round.
        return {} if value == values.get(HOW) else _EMPTY | {HOW: value}
    if name in (NATIONAL, BY) and value != values.get(name):
        if by_grid:
            raise BadInput("field.height.measured_only", field=name)
        if values.get(HOW) is None and value is not None:
            raise BadInput("field.height.say_how", field=name)
    if name == ELLIPSOIDAL and by_grid and value != values.get(name):
        # The 1985 height was this one's.
        return dict(_EMPTY)
    return {}
