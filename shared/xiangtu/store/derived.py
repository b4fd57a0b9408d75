"""Columns computed from the geometry: areas, mu, length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from ..catalogue.model import Layer
from ..geo import area
from ..geo.zones import zone_of_srid

Geometries = NDArray[np.object_]


def compute(layer: Layer, geometries: Geometries, srid: int) -> dict[str, list[float | None]]:
    """Derived column → its value for each geometry; None without a geometry, and for what cannot
    be computed in this CRS (the ellipsoidal area outside the zones of CGCS2000).

    Areas are rounded to two decimals and mu follows from the rounded area (domain.md §1).
    """
    present = ~shapely.is_missing(geometries)
    known: dict[str, list[float | None]] = {}

    def of(kind: str) -> list[float | None]:
        if kind not in known:
            known[kind] = _KINDS[kind](geometries, srid, of)
        return known[kind]

    return {
        name: [
            value if there else None
            for value, there in zip(of(layer.fields[name].derived or ""), present, strict=True)
        ]
        for name in layer.derived_columns
    }


_Of = Callable[[str], list[float | None]]


def _plane_area(geometries: Geometries, srid: int, of: _Of) -> list[float | None]:
    return _rounded(area.plane_area_m2(geometries))


def _ellipsoidal_area(geometries: Geometries, srid: int, of: _Of) -> list[float | None]:
    if zone_of_srid(srid) is None:
        return [None] * len(geometries)
    return _rounded(area.ellipsoidal_area_m2(geometries, srid))


def _mu(geometries: Geometries, srid: int, of: _Of) -> list[float | None]:
    return [None if each is None else float(area.mu(each)) for each in of("plane_area")]


def _length(geometries: Geometries, srid: int, of: _Of) -> list[float | None]:
    return _rounded(shapely.length(geometries))


def _rounded(values: Any) -> list[float | None]:
    return [
        float(area.rounded_m2(value)) if np.isfinite(value) else None for value in values.tolist()
    ]


_KINDS: dict[str, Callable[[Geometries, int, _Of], list[float | None]]] = {
    "plane_area": _plane_area,
    "ellipsoidal_area": _ellipsoidal_area,
    "mu": _mu,
    "length": _length,
}
