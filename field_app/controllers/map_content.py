"""What the map shows of the survey: the records in view, those under a finger, those searched."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from xiangtu.catalogue import Label, Layer
from xiangtu.geo import gauss_kruger, web_mercator, zones
from xiangtu.geo.area import plane_area_m2
from xiangtu.store import SurveyFile
from xiangtu.store.drafts import Draft

from . import map_places
from .start import village_names

#: How a record stands that a surveyor looks for on the map; "" for all others.
Mark = Literal["", "draft", "today", "returned"]
#: west, south, east and north in Web Mercator's metres.
Bounds = tuple[float, float, float, float]
Shapes = NDArray[np.object_]

#: Outlines are drawn from this scale on (1 to …), what is smaller from the catalogue's on.
_AREAS_FROM = 50_000
#: More records of a layer than this in one view are a smear, and take seconds to read.
MOST_IN_VIEW = 6_000
#: An official code is told by its end on the map; all in view begin alike.
_CODE_SHOWN, _CODE_LONG = 5, 8
_MOST_FOUND = 200
#: The projection is meant for so far from the central meridian.
_REACH_DEG = 15.0
_NORTHERNMOST_DEG = 80.0


@dataclass(frozen=True)
class LayerShapes:
    """Records of one layer, each a shape in Web Mercator; all but `layer` have one entry each.

    `fills` are #rrggbb or "". `anchors`, (n, 2), are where the labels stand.
    """

    layer: Layer
    records: tuple[str, ...]
    shapes: Shapes
    labels: tuple[str, ...]
    marks: tuple[Mark, ...]
    fills: tuple[str, ...]
    anchors: NDArray[np.float64]


@dataclass(frozen=True)
class MapContent:
    """What is in view, the layers in the order in which they are drawn; `left_out` are layers
    that are seen from a larger scale on."""

    bounds: Bounds
    layers: tuple[LayerShapes, ...]
    left_out: tuple[Label, ...]


@dataclass(frozen=True)
class Found:
    """A record as a person knows it; its `shape` is in Web Mercator, its area on the survey's grid
    (None where it is no area)."""

    layer: str
    layer_label: Label
    record: str
    title: str
    village: str
    state: Label | None
    area_m2: float | None
    mark: Mark
    shape: Any


def map_layers(survey: SurveyFile) -> list[Layer]:
    """The layers that a map can show, as they are drawn: areas under lines under points, and
    large ones, which are seen from afar, under small ones."""
    shown = [each for each in survey.catalogue.layers.values() if each.geometry and each.surveyed]
    kinds = ("MULTIPOLYGON", "MULTILINESTRING", "POINT")
    return sorted(
        shown,
        key=lambda each: (
            kinds.index(each.geometry or "POINT"),
            -(each.style.minimum_scale or 10 * _AREAS_FROM),
            each.order,
        ),
    )


def seen_from(layer: Layer) -> int | None:
    """The scale, 1 to so many, from which on a layer is seen; None where from any."""
    least = layer.style.minimum_scale
    if least is not None and layer.geometry == "MULTIPOLYGON":
        return max(least, _AREAS_FROM)
    return least


def content(
    survey: SurveyFile, bounds: Bounds, scale: float, hidden: Collection[str] = ()
) -> MapContent:
    """The records in view.

    Parameters
    ----------
    bounds : Bounds
    scale : float
        1 to so many.
    hidden : collection of str
        Names of layers that are not wanted.
    """
    area = _in_survey(survey, bounds)
    standing = _Standing(survey)
    found: list[LayerShapes] = []
    left_out: list[Label] = []
    for layer in map_layers(survey):
        if layer.name in hidden:
            continue
        least = seen_from(layer)
        if least is not None and scale > least:
            left_out.append(layer.label)
            continue
        records = survey.within(layer.name, area)
        drafts = standing.drafts_in(layer.name, area)
        if len(records) > MOST_IN_VIEW:
            left_out.append(layer.label)
        elif records or drafts:
            found.append(_shapes(standing, layer, records, drafts))
    return MapContent(bounds, tuple(found), tuple(left_out))


def at(
    survey: SurveyFile,
    x_m: float,
    y_m: float,
    reach_m: float,
    scale: float,
    hidden: Collection[str] = (),
) -> list[Found]:
    """The records at a place of the map (Web Mercator), within `reach_m` on the map.

    The nearest ones first: points and lines before the areas they lie in, small areas before
    large ones.
    """
    near = (x_m - reach_m, y_m - reach_m, x_m + reach_m, y_m + reach_m)
    here = shapely.Point(x_m, y_m)
    ranked: list[tuple[tuple[int, float], str, str]] = []
    for part in content(survey, near, scale, hidden).layers:
        away = shapely.distance(part.shapes, here)
        for record, shape, distance in zip(part.records, part.shapes, away, strict=True):
            if distance > reach_m:
                continue
            is_area = part.layer.geometry == "MULTIPOLYGON"
            # Beside an area lies nothing that one meant, unless one meant nothing else.
            rank = (1 + (distance > 0), shape.area) if is_area else (0, distance)
            ranked.append((rank, part.layer.name, record))
    return _Standing(survey).found((name, record) for _, name, record in sorted(ranked))


def search(survey: SurveyFile, text: str) -> list[Found]:
    """Records whose name or code has the text in it and that lie somewhere, a few hundred at the
    most; those that begin with it first."""
    text = text.strip()
    if not text:
        return []
    pattern = "%" + text.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
    hits: list[tuple[bool, str, str, str]] = []
    for layer in map_layers(survey):
        columns = _naming(layer)
        if not columns:
            continue
        where = " OR ".join(f"\"{name}\" LIKE ? ESCAPE '!'" for name in columns)
        condition = f"ended_on IS NULL AND geometry IS NOT NULL AND ({where})"
        for row in survey.select(
            layer.name, condition, [pattern] * len(columns), ("uuid", *columns)
        ):
            said = [str(row[name]) for name in columns if row[name]]
            begins = any(each.startswith(text) for each in said)
            hits.append((not begins, said[0], layer.name, row["uuid"]))
    hits.sort()
    return _Standing(survey).found((name, record) for _, _, name, record in hits[:_MOST_FOUND])


def record(survey: SurveyFile, layer_name: str, uuid: str) -> Found | None:
    """One record as the map shows it; None where it, or its geometry, is not there any more."""
    return next(iter(_Standing(survey).found([(layer_name, uuid)])), None)


def home(survey: SurveyFile) -> Bounds | None:
    """Around all that the assignments brought, the villages if they have outlines; None where
    nothing lies anywhere."""
    layers = sorted(map_layers(survey), key=lambda each: each.name != "village")
    all_over: list[float] = []
    for layer in layers:
        _, shapes = survey.arrays(layer.name, ("uuid",), "geometry IS NOT NULL")
        if len(shapes):
            all_over = [*all_over, *shapely.total_bounds(shapes)]
            if layer.name == "village":
                break
    if not all_over:
        return None
    box = shapely.box(
        min(all_over[0::4]), min(all_over[1::4]), max(all_over[2::4]), max(all_over[3::4])
    )
    west, south, east, north = _on_map(survey, [box])[0].bounds
    return west, south, east, north


def to_map(longitude_deg: float, latitude_deg: float) -> tuple[float, float]:
    """A position as x and y in Web Mercator. CGCS2000 and WGS 84 are one on a screen."""
    x, y = web_mercator.forward(longitude_deg, latitude_deg)
    return float(x), float(y)


class _Standing:
    """How records stand: which are drafts, were done today on this tablet, or came back."""

    def __init__(self, survey: SurveyFile) -> None:
        self.survey = survey
        self._drafts = {each.record: each for each in survey.drafts()}
        today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        self._today = today.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")

    def drafts_in(self, layer: str, area: tuple[float, float, float, float]) -> dict[str, Draft]:
        """The drafts of a layer, by record, whose geometry lies in an area of the survey."""
        there = shapely.box(*area)
        return {
            record: draft
            for record, draft in self._drafts.items()
            if draft.layer == layer
            and draft.geometry is not None
            and draft.geometry.intersects(there)
        }

    def is_outlined_anew(self, record: str) -> bool:
        """Whether a draft has another geometry for a record, be it out of view."""
        draft = self._drafts.get(record)
        return draft is not None and draft.geometry is not None

    def mark(self, record: str, values: Mapping[str, Any]) -> Mark:
        if record in self._drafts:
            return "draft"
        own = values["device"] == self.survey.device_id
        if own and str(values["updated_at"] or "") >= self._today:
            return "today"
        return "returned" if values["state"] == "returned" else ""

    def found(self, records: Iterable[tuple[str, str]]) -> list[Found]:
        """Records by layer and uuid, without those that are not there or lie nowhere."""
        survey = self.survey
        villages = village_names(survey)
        states = survey.catalogue.code_lists["record_state"].codes
        told: list[Found] = []
        for layer_name, uuid in records:
            layer = survey.catalogue.layer(layer_name)
            draft = self._drafts.get(uuid)
            stored = survey.get(layer_name, uuid)
            values: Mapping[str, Any] = (stored or {}) | dict(draft.answers if draft else {})
            shape = draft.geometry if draft else None
            shape = values.get("geometry") if shape is None else shape
            if shape is None:
                continue
            said = dict.fromkeys(str(values[each]) for each in _naming(layer) if values.get(each))
            village = str(values.get("village") or "")
            state = states.get(str(values.get("state") or ""))
            is_area = layer.geometry == "MULTIPOLYGON"
            told.append(
                Found(
                    layer=layer_name,
                    layer_label=layer.label,
                    record=uuid,
                    title=" · ".join(said),
                    village=villages.get(village, village),
                    state=state.label if state else None,
                    area_m2=float(plane_area_m2([shape])[0]) if is_area else None,
                    mark="draft" if stored is None else self.mark(uuid, stored),
                    shape=_on_map(survey, [shape])[0],
                )
            )
        return told


def _shapes(
    standing: _Standing, layer: Layer, records: list[str], drafts: dict[str, Draft]
) -> LayerShapes:
    style, survey = layer.style, standing.survey
    label_field = style.label_field or next(iter(_naming(layer)), "")
    wanted = {label_field, style.category_field or ""} - {""}
    columns = ("uuid", "state", "device", "updated_at", "ended_on", *sorted(wanted))
    rows, stored = survey.arrays(
        layer.name, columns, "uuid IN (SELECT value FROM json_each(?))", (json.dumps(records),)
    )
    told: list[tuple[str, Mark, Mapping[str, Any]]] = []
    shapes: list[Any] = []
    for n, uuid in enumerate(rows["uuid"]):
        values = {name: rows[name][n] for name in columns}
        if not values["ended_on"] and not standing.is_outlined_anew(uuid):
            told.append((uuid, standing.mark(uuid, values), values))
            shapes.append(stored[n])
    for uuid, draft in drafts.items():
        told.append((uuid, "draft", draft.answers))
        shapes.append(draft.geometry)
    on_map = _on_map(survey, shapes)
    fill_of = _fills(survey, layer)
    return LayerShapes(
        layer=layer,
        records=tuple(uuid for uuid, _, _ in told),
        shapes=on_map,
        labels=tuple(_label(values.get(label_field), layer, label_field) for *_, values in told),
        marks=tuple(mark for _, mark, _ in told),
        fills=tuple(fill_of(values.get(style.category_field or "")) for *_, values in told),
        anchors=_anchors(layer, on_map),
    )


def _label(value: Any, layer: Layer, field: str) -> str:
    label = str(value or "")
    if field == layer.key and len(label) > _CODE_LONG:
        return "…" + label[-_CODE_SHOWN:]
    return label


def _fills(survey: SurveyFile, layer: Layer) -> Callable[[Any], str]:
    """The colour of a code: its own, else that of the nearest class that it is below."""
    style = layer.style
    field = layer.fields.get(style.category_field or "")
    listed = survey.catalogue.code_lists.get(field.code_list or "") if field else None

    @cache
    def fill(code: Any) -> str:
        while code:
            if code in style.categories:
                return style.categories[code]
            known = listed.codes.get(code) if listed else None
            code = known.parent if known else None
        return style.fill or ""

    return fill


def _anchors(layer: Layer, shapes: Shapes) -> NDArray[np.float64]:
    if not len(shapes):
        return np.empty((0, 2))
    if layer.geometry == "MULTIPOLYGON":
        shapes = shapely.point_on_surface(shapes)
    elif layer.geometry == "MULTILINESTRING":
        longest = [max(shapely.get_parts(each), key=shapely.length) for each in shapes]
        shapes = shapely.line_interpolate_point(np.array(longest), 0.5, normalized=True)
    return np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])


def _on_map(survey: SurveyFile, shapes: Iterable[Any]) -> Shapes:
    """Geometries of the survey in Web Mercator."""
    shapes = list(shapes)
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    corners = shapely.get_coordinates(found)
    return shapely.set_coordinates(found, map_places.on_map(corners, survey.srid))


def _in_survey(survey: SurveyFile, bounds: Bounds) -> tuple[float, float, float, float]:
    """Bounds of the map as bounds of the survey that hold them; the grid is turned a little."""
    west, south, east, north = bounds
    x, y = np.meshgrid(np.linspace(west, east, 5), np.linspace(south, north, 5))
    longitude, latitude = web_mercator.inverse(x.ravel(), y.ravel())
    middle = zones.required_zone(survey.srid).zone.central_meridian_deg
    longitude = np.clip(longitude, middle - _REACH_DEG, middle + _REACH_DEG)
    latitude = np.clip(latitude, -_NORTHERNMOST_DEG, _NORTHERNMOST_DEG)
    easting, northing = gauss_kruger.forward(longitude, latitude, survey.srid)
    return (
        float(easting.min()), float(northing.min()), float(easting.max()), float(northing.max())
    )  # fmt: skip


def _naming(layer: Layer) -> tuple[str, ...]:
    """The columns that say what a record is called."""
    names = dict.fromkeys(name for name in (layer.title_field, layer.key) if name)
    return tuple(name for name in names if name != layer.kind_field)
