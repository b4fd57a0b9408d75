"""Tiles out of MBTiles files, real ones and broken ones."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path

import pytest
from made_basemap import image, make
from PIL import Image
from xiangtu.errors import BadFile

from field_app.controllers.basemap import Basemap, TileKey, basemap_of
from field_app.controllers.start import Fieldwork

RED, GREEN, BLUE = (200, 30, 30), (30, 200, 30), (30, 30, 200)


@pytest.fixture
def world(shared_data: Path) -> Path:
    """Zoom 0 to 4, 269 of the tiles; no row of the metadata says that they are PNG."""
    return shared_data / "mbtiles" / "node-mbtiles" / "plain_4.mbtiles"


def test_every_tile_of_a_real_file_is_what_its_bytes_are(world: Path) -> None:
    basemap = Basemap(world)
    assert (basemap.first_zoom, basemap.last_zoom) == (0, 4)
    with sqlite3.connect(f"{world.as_uri()}?mode=ro&immutable=1", uri=True) as file:
        rows = file.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles")
        count = 0
        for *place, data in rows:
            tile = basemap.tile(TileKey(*place))
            assert tile is not None and tile.key == TileKey(*place)
            assert tile.pixels == Image.open(io.BytesIO(data)).convert("RGBA").tobytes()
            count += 1
    assert count > 200
    basemap.close()


def test_past_the_last_zoom_and_where_one_is_missing_a_tile_above_stands_for_it(
    world: Path, tmp_path: Path
) -> None:
    basemap = Basemap(world)
    deep = TileKey(18, 213_000, 150_000)
    found = basemap.tile(deep)
    assert found is not None and found.key == TileKey(4, 213_000 >> 14, 150_000 >> 14)
    basemap.close()
    sparse = Basemap(make(tmp_path / "a.mbtiles", {(2, 1, 1): image(RED), (5, 8, 8): image(GREEN)}))
    tile = sparse.tile(TileKey(5, 9, 9))
    assert tile is not None and tile.key == TileKey(2, 1, 1) and tile.pixels[:3] == bytes(RED)
    assert sparse.tile(TileKey(5, 0, 0)) is None
    sparse.close()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_kinds_of_images_that_basemaps_are_made_of(tmp_path: Path, kind: str) -> None:
    basemap = Basemap(make(tmp_path / "a.mbtiles", {(3, 4, 5): image(BLUE, kind, side=512)}))
    tile = basemap.tile(TileKey(3, 4, 5))
    assert tile is not None and (tile.width, tile.height) == (512, 512)
    assert tile.pixels[:4] == pytest.approx((*BLUE, 255), abs=3)
    basemap.close()


@pytest.mark.parametrize(
    "data", [b"no image", image(RED)[:60], image(RED, side=4096), "text", image(RED, "BMP")]
)
def test_a_tile_that_is_no_image_is_named_and_the_others_are_there(
    tmp_path: Path, data: bytes
) -> None:
    path = make(tmp_path / "a.mbtiles", {(1, 0, 0): data, (1, 1, 0): image(GREEN)})
    basemap = Basemap(path)
    with pytest.raises(BadFile, match=r"app\.basemap\.damaged_tile") as refused:
        basemap.tile(TileKey(1, 0, 0))
    assert refused.value.facts["tile"] == "1/0/0"
    assert basemap.tile(TileKey(1, 1, 0)) is not None
    basemap.close()


def test_a_file_that_is_broken_empty_or_gone_says_so(shared_data: Path, tmp_path: Path) -> None:
    broken = shared_data / "mbtiles" / "node-mbtiles" / "corrupt.mbtiles"
    (tmp_path / "text.mbtiles").write_text("not a database, though long enough to be looked at")
    make(tmp_path / "empty.mbtiles", {})
    for path, code in (
        (broken, "damaged"),
        (tmp_path / "text.mbtiles", "damaged"),
        (tmp_path / "empty.mbtiles", "damaged"),
        (tmp_path / "none.mbtiles", "missing"),
    ):
        with pytest.raises(BadFile, match=rf"app\.basemap\.{code}"):
            Basemap(path)


def test_a_tablet_knows_where_its_basemap_lies(work: Fieldwork) -> None:
    assert basemap_of(work.survey) is None
    work.survey.meta["basemap"] = "basemap/0123.mbtiles"
    assert basemap_of(work.survey) == work.tablet.folder / "basemap" / "0123.mbtiles"
