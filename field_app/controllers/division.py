"""A parcel divided in the field: the old one ends, its parts come from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import shapely
from shapely import LineString, MultiPolygon, Polygon, affinity
from shapely.geometry.base import BaseGeometry
from shapely.ops import split
from xiangtu.catalogue.model import GEOMETRY_COLUMN
from xiangtu.errors import BadInput
from xiangtu.package.adoption import CAMPAIGN
from xiangtu.store import SurveyFile

from .capture import Measured

#: How far a walked dividing line may end short of the edge.
REACH_M = 2.0


def split_outline(
    outline: BaseGeometry, line: LineString, reach_m: float = REACH_M
) -> list[Polygon]:
    """The parts of an outline on both sides of a line, from west to east.

    The line's ends are drawn on by `reach_m`, since one walks up to an edge, not through it.

    Raises
    ------
    BadInput
        "field.split.several" for an outline of several parts, "field.split.not_through" where
        the line leaves it whole.
    """
    parts = list(outline.geoms) if isinstance(outline, MultiPolygon) else [outline]
    if len(parts) != 1:
        raise BadInput("field.split.several", parts=len(parts))
    corners = shapely.get_coordinates(line)
    longer = LineString(
        [
            _beyond(corners[1], corners[0], reach_m),
            *corners[1:-1],
            _beyond(corners[-2], corners[-1], reach_m),
        ]
    )
    found = [each for each in split(parts[0], longer).geoms if isinstance(each, Polygon)]
    if len(found) < 2:
        raise BadInput("field.split.not_through")
    return sorted(found, key=lambda each: (each.centroid.x, each.centroid.y))


def _beyond(inner: Any, end: Any, reach_m: float) -> tuple[float, float]:
    """The end of a segment, moved outwards."""
    length_m = LineString([inner, end]).length
    factor = (length_m + reach_m) / length_m
    moved = affinity.scale(LineString([inner, end]), factor, factor, origin=tuple(inner))
    x, y = moved.coords[-1]
    return x, y


def divide(
    survey: SurveyFile,
    layer_name: str,
    uuid: str,
    line: Measured | LineString,
    *,
    names: Sequence[str] | None = None,
    codes: Sequence[str | None] | None = None,
    on: date | None = None,
) -> list[str]:
    """Divide a record by a line; the uuids of its parts, from west to east.

    The record ends on the day (it is not deleted); each part begins on it, takes over the answers
    but for the official code, and is noted to come from it. All or nothing.

    Parameters
    ----------
    line : Measured or LineString
        With a measured line, the parts were measured as it was, its raw epochs are kept, and why
        it was kept is their remark.
    names, codes : sequence, optional
        Title and official code of each part; by default the title with -1, -2…, and no code yet.

    Raises
    ------
    BadInput
        "record.missing", "field.split.ended", those of `split_outline`.
    """
    layer = survey.catalogue.layer(layer_name)
    record = survey.get(layer_name, uuid)
    if record is None or record[GEOMETRY_COLUMN] is None:
        raise BadInput("record.missing", layer=layer_name, uuid=uuid)
    if record["ended_on"]:
        raise BadInput(
            "field.split.ended", layer=layer_name, uuid=uuid, ended_on=record["ended_on"]
        )
    measured = line if isinstance(line, Measured) else None
    drawn = measured.geometry if measured is not None else line
    assert isinstance(drawn, LineString)
    parts = split_outline(record[GEOMETRY_COLUMN], drawn)
    day = (on or date.today()).isoformat()
    campaign = survey.meta.get(CAMPAIGN)
    private = {field.name for field in layer.fields.values() if field.sensitive}
    private |= {field.secret_column for field in layer.fields.values() if field.sensitive}
    left_out = {GEOMETRY_COLUMN, layer.key, "remark", *private}
    taken = {name: record[name] for name in layer.columns if name not in left_out}
    if measured is not None:
        taken |= measured.values() | {"remark": measured.override_reason}
    taken |= {"state": "surveyed", "began_on": day, "ended_on": None}
    ending: dict[str, Any] = {"ended_on": day}
    if campaign is not None:
        taken["campaign"] = ending["campaign"] = campaign
    made = []
    with survey.atomic():
        for number, part in enumerate(parts, 1):
            values = dict(taken)
            if layer.title_field and layer.title_field != layer.key:
                title = record[layer.title_field]
                values[layer.title_field] = names[number - 1] if names else f"{title}-{number}"
            if layer.key and codes:
                values[layer.key] = codes[number - 1]
            child = survey.insert(layer_name, values, part)
            survey.descend(layer_name, uuid, child, "split")
            if measured is not None:
                survey.keep_fixes(child, measured.fixes, part=measured.measured_at)
            made.append(child)
        survey.update(layer_name, uuid, ending)
    return made
