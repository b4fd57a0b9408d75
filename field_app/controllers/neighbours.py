"""What lies around a measured outline: which neighbours it overlaps, what its corners snap to, and
what is drawn beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from xiangtu.catalogue import Layer
from xiangtu.geo.snapping import Targets
from xiangtu.store import SurveyFile

#: Outlines that overlap by less share an edge (domain.md §5).
LEAST_OVERLAP_M2 = 0.001
#: What is no further away lies beside, with a ridge or a wall between.
BESIDE_M = 2.0

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Overlap:
    """A neighbour that an outline overlaps, and by how much."""

    record: str
    title: str
    area_m2: float


@dataclass(frozen=True)
class Around:
    """A record in the surroundings, to be drawn: `lines` are arrays (n, 2) of easting and northing
    in metres of the survey's CRS, one for each ring, line or point of it. `same_layer` says
    whether it is of the layer that is measured."""

    record: str
    title: str
    same_layer: bool
    lines: tuple[np.ndarray, ...]


def overlaps(
    survey: SurveyFile, layer_name: str, outline: BaseGeometry, record: str | None = None
) -> list[Overlap]:
    """Records of a layer that an outline overlaps by more than a shared edge, the largest first.

    `record` is the outline's own, which is left out, and so are ended ones.
    """
    layer = survey.catalogue.layer(layer_name)
    found = []
    sound = shapely.make_valid(outline)
    for other in records_near(survey, layer_name, outline.bounds, record):
        shared_m2 = sound.intersection(shapely.make_valid(other["geometry"])).area
        if shared_m2 > LEAST_OVERLAP_M2:
            found.append(Overlap(other["uuid"], _title(layer, other), float(shared_m2)))
    return sorted(found, key=lambda each: -each.area_m2)


def next_to(
    survey: SurveyFile, layer_name: str, shape: BaseGeometry | None, record: str
) -> list[dict[str, Any]]:
    """Records of a layer that lie beside a shape, as their rows, in the order of nearness; `record`
    is the shape's own. None have a neighbour while there is no shape."""
    if shape is None:
        return []
    min_x, min_y, max_x, max_y = shape.bounds
    near = (min_x - BESIDE_M, min_y - BESIDE_M, max_x + BESIDE_M, max_y + BESIDE_M)
    found = [
        (float(shape.distance(each["geometry"])), each)
        for each in records_near(survey, layer_name, near, record)
    ]
    beside = [each for each in found if each[0] <= BESIDE_M]
    return [row for _distance, row in sorted(beside, key=lambda each: each[0])]


def around(
    survey: SurveyFile, layer_name: str, bounds: Bounds, record: str | None = None
) -> tuple[Around, ...]:
    """What a drawing of some place shows beside what is measured there: outlines of all layers,
    and the layer's own records whatever they are. `record` is left out, and so are ended ones."""
    found = []
    for layer in survey.catalogue.layers.values():
        same = layer.name == layer_name
        if not same and (layer.geometry != "MULTIPOLYGON" or not layer.surveyed):
            continue
        found += [
            Around(other["uuid"], _title(layer, other), same, lines_of(other["geometry"]))
            for other in records_near(survey, layer.name, bounds, record)
        ]
    return tuple(found)


def snapped(
    survey: SurveyFile, layer: Layer, shape: BaseGeometry, record: str | None = None
) -> BaseGeometry:
    """A shape whose corners within the layer's snapping distance of a neighbour's corner, else of
    its edge, are put onto it."""
    distance_m = layer.accuracy.snap_m if layer.accuracy else 0.0
    if distance_m <= 0:
        return shape
    min_x, min_y, max_x, max_y = shape.bounds
    near = (min_x - distance_m, min_y - distance_m, max_x + distance_m, max_y + distance_m)
    others = records_near(survey, layer.name, near, record)
    if not others:
        return shape
    targets = Targets([each["geometry"] for each in others])

    def onto(points: np.ndarray) -> np.ndarray:
        found = [targets.nearest(*each, distance_m) for each in points.tolist()]
        return np.array(
            [(each.x, each.y) if each else at for each, at in zip(found, points, strict=True)]
        )

    return shapely.remove_repeated_points(shapely.transform(shape, onto))


def records_near(
    survey: SurveyFile, layer_name: str, bounds: Bounds, record: str | None = None
) -> list[dict[str, Any]]:
    """The records of a layer that lie in some bounds, but for one, and without ended ones."""
    near = (survey.get(layer_name, uuid) for uuid in survey.within(layer_name, bounds))
    return [
        each
        for each in near
        if each is not None
        and each["uuid"] != record
        and not each["ended_on"]
        and each["geometry"] is not None
    ]


def _title(layer: Layer, record: dict[str, Any]) -> str:
    return str(record.get(layer.title_field or "") or record["uuid"])


def lines_of(geometry: BaseGeometry | None) -> tuple[np.ndarray, ...]:
    """The rings, lines or points of a geometry, as `Around.lines`."""
    if geometry is None:
        return ()
    parts = shapely.get_parts(geometry)
    if geometry.geom_type.endswith("Polygon"):
        parts = shapely.get_rings(parts)
    return tuple(shapely.get_coordinates(each) for each in parts)
