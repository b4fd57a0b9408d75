"""How large an area without a break a set of outlines shows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely

#: Paths and ditches up to twice this wide do not part two parcels of one area.
_BRIDGED_M = 10.0


def contiguous_area_m2(shapes: Mapping[str, np.ndarray]) -> float:
    """Area of the largest piece without a break, m², over all layers' outlines (metric CRS)."""
    outlines = [_outlines(each) for each in shapes.values()]
    # Layers with few, large outlines (villages) first: what they cover need not be joined again.
    outlines = sorted((each for each in outlines if len(each)), key=len)
    covered = None
    for each in outlines:
        if covered is not None:
            shapely.prepare(covered)
            each = each[~shapely.contains_properly(covered, each)]
        grown = shapely.buffer(each, _BRIDGED_M, quad_segs=1)
        covered = shapely.union_all([*grown, covered] if covered is not None else grown)
    if covered is None:
        return 0.0
    pieces = shapely.buffer(shapely.get_parts(covered), -_BRIDGED_M, quad_segs=1)
    return float(shapely.area(pieces).max())


def _outlines(shapes: np.ndarray) -> np.ndarray:
    areal = np.isin(shapely.get_type_id(shapes), (3, 6))
    return shapes[areal]
