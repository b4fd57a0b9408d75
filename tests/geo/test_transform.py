"""Everything from outside comes into the county's CRS, or is refused by name."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

pytest.importorskip("pyproj")

from xiangtu.errors import BadInput
from xiangtu.geo import gauss_kruger, transform


def test_degrees_become_metres_of_the_zone():
    line = shapely.LineString([(116.5, 35.4, 30), (116.6, 35.5, 31)])
    moved = transform.transformed([line, None], 4490, 4548)
    expected = np.column_stack(gauss_kruger.forward([116.5, 116.6], [35.4, 35.5], 4548))
    assert np.abs(shapely.get_coordinates(moved[0]) - expected).max() < 1e-6
    assert not moved[0].has_z
    assert moved[1] is None


def test_the_same_crs_changes_no_digit():
    point = shapely.Point(454578.957, 3919085.406)
    assert transform.transformed([point], "EPSG:4548", 4548)[0] == point


def test_what_cannot_be_brought_over_is_named():
    with pytest.raises(BadInput) as refusal:
        transform.transformed([shapely.Point(15, -30), shapely.Point(0, 1e9)], 4326, 32733)
    assert refusal.value.code == "crs.outside"
    assert refusal.value.facts["index"] == 1
    with pytest.raises(BadInput, match=r"crs\.unknown"):
        transform.crs_of(999999)


def test_only_a_metric_crs_will_do():
    transform.require_metric(4548)
    transform.require_metric(32733)
    for refused in (4490, 2263):
        with pytest.raises(BadInput, match=r"crs\.not_metric"):
            transform.require_metric(refused)
