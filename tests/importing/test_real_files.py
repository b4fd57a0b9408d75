"""Files that nobody here made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import shapely
from xiangtu import catalogue, importing, store
from xiangtu.geo import shifted_datum
from xiangtu.importing import ImportMapping, Source

NewCounty = Callable[[int], store.SurveyFile]


@pytest.fixture
def new_county(tmp_path: Path) -> Iterator[NewCounty]:
    """A function that makes an empty county in a CRS."""
    with ExitStack() as stack:

        def make(srid: int) -> store.SurveyFile:
            path = tmp_path / f"county{srid}.sqlite"
            file = store.create(
                path, catalogue.load(), srid, role="county", county="990101", name="县"
            )
            return stack.enter_context(file)

        yield make


def test_2008_real_farms_invalid_ones_too(new_county: NewCounty, shared_data: Path):
    county = new_county(32733)
    path = shared_data / "parcels" / "qgis_training" / "farms_33S.shp"
    mapping = ImportMapping(fields={"name": Source("FARM_NO"), "note": Source("SG_CODE")})
    summary = importing.run(county, "farmland", path, mapping)
    assert (summary.rows, summary.taken, summary.refused) == (2008, 2008, ())
    _, shapes = county.arrays("farmland", ("uuid",))
    assert int((~shapely.is_valid(shapes)).sum()) == 16
    assert (shapely.get_type_id(shapes) == 6).all()
    west, south, east, north = shapely.total_bounds(shapes)
    assert (west, south) == pytest.approx((969680.104876, 6196092.140041))
    assert (east, north) == pytest.approx((1038104.797650, 6250060.471683))


def test_5312_sites_of_which_two_have_no_position(new_county: NewCounty, shared_data: Path):
    county = new_county(3100)
    path = shared_data / "heritage" / "tokyo_archaeology" / "13Tokyo_total.csv"
    mapping = ImportMapping(
        fields={
            "name": Source("遺跡名"),
            "class": Source(constant="0101"),
        },
        crs="EPSG:6668",
    )
    preview = importing.preview(county, "relic", path, mapping)
    assert preview.refused == {"position_not_a_number": 2}
    summary = importing.run(county, "relic", path, mapping)
    assert (summary.rows, summary.taken) == (5312, 5310)
    assert [(each.reason, each.value) for each in summary.refused] == [
        ("position_not_a_number", "NA, NA")
    ] * 2
    assert all(1 <= each.row <= 5312 for each in summary.refused)
    castle = next(county.select("relic", "name = '江戸城跡'"))
    # 139.757489 E 35.68619003 N in UTM zone 54, computed with PROJ.
    assert castle["geometry"].x == pytest.approx(387540, abs=200)


def test_796_village_outlines_from_geojson(new_county: NewCounty, shared_data: Path):
    county = new_county(32643)
    folder = shared_data / "boundaries" / "datameet_india"
    taken = 0
    for name in ("ga.geojson", "sk.geojson"):
        summary = importing.run(county, "village", folder / name)
        assert summary.taken + len(summary.refused) == summary.rows
        taken += summary.rows
    assert taken == 796


def test_outlines_in_gcj02_are_said_to_look_shifted(
    new_county: NewCounty, shared_data: Path, tmp_path: Path
):
    """The true outlines, taken back from the shifted ones, are the county's; the file is not."""
    path = shared_data / "boundaries" / "esmjs_geo" / "guizhou.json"
    county = new_county(4544)
    shifted = shapely.from_geojson(path.read_text(encoding="utf-8"))

    def back(xy: np.ndarray) -> np.ndarray:
        guess = xy.copy()
        for _ in range(4):
            guess += xy - np.column_stack(shifted_datum.shifted(*guess.T))
        return guess

    true = tmp_path / "true.geojson"
    true.write_text(shapely.to_geojson(shapely.transform(shifted, back)), encoding="utf-8")
    mapping = ImportMapping(fields={"code": Source(constant="990101101201")})
    first = importing.run(county, "village", true, mapping)
    assert first.taken == 1
    assert "import.looks_shifted" not in [note.code for note in first.notes]
    again = importing.run(county, "village", true, mapping)
    assert "import.looks_shifted" not in [note.code for note in again.notes]
    suspected = importing.run(county, "village", path, mapping)
    (note,) = (note for note in suspected.notes if note.code == "import.looks_shifted")
    assert 100 < note.facts["distance_m"] < 900


def test_parcels_in_gcj02_are_said_to_look_shifted_by_the_village_they_name(
    new_county: NewCounty, tmp_path: Path
):
    county = new_county(4548)
    code = "990101101201"
    village = shapely.box(450_000, 3_900_000, 451_000, 3_901_000)
    county.insert("village", {"code": code, "village": code, "name": "上坪"}, geometry=village)
    true_xy = np.random.default_rng(3).uniform((116.4515, 35.2285), (116.4610, 35.2360), (60, 2))
    shifted_xy = np.column_stack(shifted_datum.shifted(*true_xy.T))
    for name, xy, suspected in (("true.csv", true_xy, False), ("gcj.csv", shifted_xy, True)):
        lines = [f"{code},{east},{north}" for east, north in xy]
        path = tmp_path / name
        path.write_text("village,lon,lat\n" + "\n".join(lines), encoding="utf-8")
        notes = importing.run(county, "place_name", path).notes
        assert ("import.looks_shifted" in [note.code for note in notes]) is suspected
