"""Our Krüger series against PROJ, and zones against the EPSG dataset."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xiangtu.errors import BadInput
from xiangtu.geo import gauss_kruger, zones

ALL_ZONES = [zones.zone(n, 3) for n in range(25, 46)] + [zones.zone(n, 6) for n in range(13, 24)]


@pytest.mark.parametrize("zone", ALL_ZONES, ids=lambda z: f"{z.width}deg-{z.number}")
def test_agrees_with_proj_over_the_whole_zone(zone):
    pyproj = pytest.importorskip("pyproj")
    half = 1.6 if zone.width == 3 else 3.0
    offsets, latitude = np.meshgrid(np.linspace(-half, half, 41), np.linspace(0, 56, 57))
    longitude = zone.central_meridian_deg + offsets
    for srid in (zone.epsg, zone.epsg_prefixed):
        proj = pyproj.Transformer.from_crs(zones.GEOGRAPHIC_SRID, srid, always_xy=True)
        theirs = proj.transform(longitude, latitude)
        ours = gauss_kruger.forward(longitude, latitude, srid)
        assert np.abs(np.array(ours) - theirs).max() < 1e-4
        back = gauss_kruger.inverse(*theirs, srid)
        # 1e-9 degrees is 0.1 mm on the ground.
        assert np.abs(back[0] - longitude).max() < 1e-9
        assert np.abs(back[1] - latitude).max() < 1e-9


@pytest.mark.parametrize("zone", ALL_ZONES, ids=lambda z: f"{z.width}deg-{z.number}")
def test_codes_are_those_of_the_epsg_dataset(zone):
    pyproj = pytest.importorskip("pyproj")
    for srid, prefix in ((zone.epsg, 0), (zone.epsg_prefixed, zone.number)):
        operation = pyproj.CRS.from_epsg(srid).coordinate_operation
        parameters = {each.name: each.value for each in operation.params}
        assert parameters["Longitude of natural origin"] == zone.central_meridian_deg
        assert parameters["False easting"] == prefix * 1e6 + 500000 == zones.false_easting(srid)
        found = zones.zone_of_srid(srid)
        assert found == zones.ZoneOfSrid(zone, prefix > 0)


def test_the_example_of_the_standard():
    assert zones.zone_for_longitude(116.5).epsg == 4548
    prefixed = gauss_kruger.forward(116.5, 35.4, 4527)
    assert np.round(prefixed, 3).tolist() == [39454578.957, 3919085.406]
    assert round(float(gauss_kruger.forward(116.5, 35.4, 4548)[0]), 3) == 454578.957


def test_zones_of_longitudes_at_their_edges():
    assert zones.zone_for_longitude(73.5).number == 25
    assert zones.zone_for_longitude(115.499999).number == 38
    assert zones.zone_for_longitude(115.5).number == 39
    assert zones.zone_for_longitude(114.0, 6).number == 20
    for outside in (73.4, 136.5, -70, float("nan"), float("inf")):
        with pytest.raises(BadInput, match=r"zone\.no_zone"):
            zones.zone_for_longitude(outside)


def test_another_crs_is_refused():
    assert zones.zone_of_srid(32733) is None
    for refused in (
        lambda: gauss_kruger.forward(15, -30, 32733),
        lambda: zones.false_easting(4490),
    ):
        with pytest.raises(BadInput, match=r"zone\.not_cgcs2000"):
            refused()
    with pytest.raises(BadInput, match=r"zone\.unknown"):
        zones.zone(46)


@settings(max_examples=100, deadline=None)
@given(st.floats(-3, 3), st.floats(-80, 80))
def test_there_and_back_is_where_it_was(offset, latitude):
    easting, northing = gauss_kruger.forward(117 + offset, latitude, 4548)
    longitude, back = gauss_kruger.inverse(easting, northing, 4548)
    assert abs(longitude - 117 - offset) < 1e-10
    assert abs(back - latitude) < 1e-10


def test_a_missing_position_stays_missing():
    easting, northing = gauss_kruger.forward([np.nan, 117], [35, 35], 4548)
    assert np.isnan([easting[0], northing[0]]).all()
    assert easting[1] == 500000
