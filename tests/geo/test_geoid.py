"""Geoid grids: read in every format offices have, held against PROJ and GDAL, refused in words."""

from __future__ import annotations

import struct
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osgeo import gdal
from xiangtu.errors import BadFile, BadInput, SurveyError
from xiangtu.geo.geoid import GeoidGrid
from xiangtu.geo.geoid_formats import read
from xiangtu.words import explain

gdal.UseExceptions()
#: 1° × 1.5° with nodes each 1′ by 1.5′, nothing like any real county.
SOUTH, WEST, STEP_Y, STEP_X, ROWS, COLUMNS = 35.0, 116.0, 1 / 60, 1 / 40, 61, 61
EGM96 = Path("/usr/share/proj/egm96_15.gtx")


def made_up(rows: int = ROWS, columns: int = COLUMNS) -> GeoidGrid:
    """A made-up geoid, wavy and far from bilinear."""
    y, x = np.mgrid[0:rows, 0:columns]
    values = -18.5 + 0.02 * x - 0.03 * y + 0.4 * np.sin(x / 3.0) * np.cos(y / 4.0)
    return GeoidGrid(SOUTH, WEST, STEP_Y, STEP_X, values.astype(np.float32).astype(float))


def places(count: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Random places inside the made-up grid."""
    random = np.random.default_rng(1985)
    grid = made_up()
    return (
        random.uniform(grid.west_deg, grid.east_deg, count),
        random.uniform(grid.south_deg, grid.north_deg, count),
    )


def gtx(folder: Path, grid: GeoidGrid | None = None) -> Path:
    path = folder / "grid.gtx"
    path.write_bytes((grid or made_up()).to_gtx())
    return path


def numbers(values: np.ndarray, blank: float) -> str:
    return "\n".join(
        " ".join(f"{blank if np.isnan(value) else value:.6f}" for value in row) for row in values
    )


def esri(folder: Path, grid: GeoidGrid, *, corner: str = "corner", newline: str = "\n") -> Path:
    half_x, half_y = (
        (grid.step_longitude_deg / 2, grid.step_latitude_deg / 2) if corner == "corner" else (0, 0)
    )
    head = (
        f"NCOLS {grid.values.shape[1]}\nNROWS {grid.values.shape[0]}\n"
        f"XLL{corner} {grid.west_deg - half_x!r}\nYLL{corner} {grid.south_deg - half_y!r}\n"
        f"DX {grid.step_longitude_deg!r}\nDY {grid.step_latitude_deg!r}\nNODATA_VALUE -9999\n"
    )
    path = folder / "grid.asc"
    text = head + numbers(grid.values[::-1], -9999) + "\n"
    path.write_bytes(text.replace("\n", newline).encode())
    return path


def surfer(folder: Path, grid: GeoidGrid) -> Path:
    rows, columns = grid.values.shape
    low, high = np.nanmin(grid.values), np.nanmax(grid.values)
    blank = "1.70141e+38"
    path = folder / "grid.grd"
    path.write_text(
        f"DSAA\n{columns} {rows}\n{grid.west_deg!r} {grid.east_deg!r}\n"
        f"{grid.south_deg!r} {grid.north_deg!r}\n{low} {high}\n"
        + numbers(grid.values, -8888).replace("-8888.000000", blank)
        + "\n"
    )
    return path


def isg(folder: Path, version: str, grid: GeoidGrid, **changed: str) -> Path:
    """A file of the International Service for the Geoid, bounds by cells (1.x) or nodes (2.0)."""
    rows, columns = grid.values.shape
    half_y, half_x = (
        (0.0, 0.0)
        if version == "2.0"
        else (grid.step_latitude_deg / 2, grid.step_longitude_deg / 2)
    )
    decimals = {"1.0": 4, "1.01": 12, "2.0": 6}[version]
    head = {
        "model name": "MADE UP",
        ("data units" if version == "2.0" else "units"): "meters",
        "lat min": f"{grid.south_deg - half_y:.{decimals}f}",
        "lat max": f"{grid.north_deg + half_y:.{decimals}f}",
        "lon min": f"{grid.west_deg - half_x:.{decimals}f}",
        "lon max": f"{grid.east_deg + half_x:.{decimals}f}",
        "delta lat": f"{grid.step_latitude_deg:.{decimals}f}",
        "delta lon": f"{grid.step_longitude_deg:.{decimals}f}",
        "nrows": str(rows),
        "ncols": str(columns),
        "nodata": "-9999.0000",
        "ISG format": version,
    } | changed
    values = grid.values
    if head.get("data ordering", "N-to-S").startswith("N-to-S"):
        values = values[::-1]
    if head.get("data ordering", "").endswith("E-to-W"):
        values = values[:, ::-1]
    lines = [
        f"{name:15}{'=' if value[0].isdigit() else ':'} {value}" for name, value in head.items()
    ]
    path = folder / "grid.isg"
    path.write_text(
        "Some words about the model.\n\nbegin_of_head =====\n" + "\n".join(lines)
        + "\nend_of_head =====\n" + numbers(values, -9999) + "\n",
        encoding="utf-8",
    )  # fmt: skip
    return path


def by_proj(path: Path, longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """What PROJ takes off an ellipsoidal height of 0 there."""
    pipeline = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=vgridshift +grids={path}"
    )
    _, _, height = pipeline.transform(longitude, latitude, np.zeros(len(longitude)))
    return -np.asarray(height)


def by_gdal(path: Path) -> tuple[tuple[float, ...], np.ndarray]:
    """GDAL's geotransform (its corners are of cells) and values, south first."""
    dataset = gdal.Open(str(path))
    return dataset.GetGeoTransform(), dataset.ReadAsArray()[::-1].copy()


def test_a_gtx_grid_agrees_with_proj_to_a_millimetre(tmp_path: Path) -> None:
    path = gtx(tmp_path)
    longitude, latitude = places()
    ours = read(path).at(longitude, latitude)
    assert np.abs(ours - by_proj(path, longitude, latitude)).max() < 1e-3


def test_the_real_egm96_agrees_with_proj_all_over_china() -> None:
    if not EGM96.exists():
        pytest.skip("proj-data's egm96_15.gtx is not installed")
    random = np.random.default_rng(96)
    longitude, latitude = random.uniform(73.5, 135, 3000), random.uniform(18, 53.5, 3000)
    grid = read(EGM96)
    assert np.abs(grid.at(longitude, latitude) - by_proj(EGM96, longitude, latitude)).max() < 1e-3
    window = grid.window(116, 35, 117, 36)
    window.check_plausible()
    inside = (longitude > 116) & (longitude < 117) & (latitude > 35) & (latitude < 36)
    assert np.allclose(
        window.at(longitude[inside], latitude[inside]), grid.at(longitude, latitude)[inside]
    )


@pytest.mark.parametrize("form", ["gtx", "asc", "asc_center", "asc_windows", "surfer", "isg_1"])
def test_gdal_has_the_same_nodes_and_values(tmp_path: Path, form: str) -> None:
    grid = made_up()
    path = {
        "gtx": lambda: gtx(tmp_path),
        "asc": lambda: esri(tmp_path, grid),
        "asc_center": lambda: esri(tmp_path, grid, corner="center"),
        "asc_windows": lambda: esri(tmp_path, grid, newline="\r\n"),
        "surfer": lambda: surfer(tmp_path, grid),
        "isg_1": lambda: isg(tmp_path, "1.01", grid),
    }[form]()
    ours = read(path)
    (x0, dx, _, y0, _, dy), theirs = by_gdal(path)
    assert ours.values.shape == theirs.shape
    assert np.abs(np.asarray(ours.values, float) - theirs).max() < 1e-3
    # The node lies half a cell inside.
    assert ours.west_deg == pytest.approx(x0 + dx / 2, abs=1e-9)
    assert ours.north_deg == pytest.approx(y0 + dy / 2, abs=1e-9)
    assert ours.step_latitude_deg == pytest.approx(-dy, abs=1e-11)
    longitude, latitude = places(200)
    assert np.abs(ours.at(longitude, latitude) - grid.at(longitude, latitude)).max() < 1e-3


@pytest.mark.parametrize("version", ["1.0", "1.01", "2.0"])
def test_nodes_of_an_isg_grid_lie_where_its_version_says(tmp_path: Path, version: str) -> None:
    grid = made_up()
    ours = read(isg(tmp_path, version, grid))
    # Version 1.0 writes degrees to four decimals: bounds are rounded to 5 m.
    assert ours.west_deg == pytest.approx(grid.west_deg, abs=1e-4)
    assert ours.north_deg == pytest.approx(grid.north_deg, abs=1e-4)
    assert ours.east_deg == pytest.approx(grid.east_deg, abs=1e-4)
    assert np.allclose(ours.values, grid.values, atol=1e-6)


def test_an_isg_grid_in_degrees_minutes_seconds_with_bounds_of_cells(tmp_path: Path) -> None:
    """As the example of the specification of version 2.0: 4 rows of 20′ from 39°50′ to 41°10′."""
    values = np.linspace(30, 31, 24).reshape(4, 6)
    values[1, 5] = np.nan
    grid = GeoidGrid(40.0, 120.0, 1 / 3, 1 / 3, values)
    path = isg(
        tmp_path, "2.0", grid,
        **{"coord units": "dms", "lat min": "39°50'00\"", "lat max": "41°10'00\"",
           "lon min": "119°50'00\"", "lon max": "121°50'00\"", "delta lat": "0°20'00\"",
           "delta lon": "0°20'00\""},
    )  # fmt: skip
    ours = read(path)
    assert (ours.south_deg, ours.west_deg) == (pytest.approx(40.0), pytest.approx(120.0))
    assert (ours.north_deg, ours.east_deg) == (pytest.approx(41.0), pytest.approx(121 + 2 / 3))
    assert np.allclose(ours.values, values, equal_nan=True)
    path.write_bytes(path.read_bytes().replace("°".encode(), b"\xb0"))  # Latin-1
    assert read(path).south_deg == pytest.approx(40.0)


@pytest.mark.parametrize("order", ["S-to-N, W-to-E", "N-to-S, E-to-W", "S-to-N, E-to-W"])
def test_an_isg_grid_may_run_any_way(tmp_path: Path, order: str) -> None:
    grid = made_up()
    ours = read(isg(tmp_path, "2.0", grid, **{"data ordering": order}))
    assert np.allclose(ours.values, grid.values, atol=1e-6)


def test_a_grid_from_0_to_360_degrees_is_the_same_place(tmp_path: Path) -> None:
    values = np.tile(np.linspace(-20.0, 20.0, 36), (19, 1))
    turned = GeoidGrid(-90.0, 0.0, 10.0, 10.0, values)
    usual = GeoidGrid(-90.0, -180.0, 10.0, 10.0, np.roll(values, 18, axis=1))
    for longitude in (116.5, 3.0, -75.25, -180.0):
        assert turned.at(longitude, 35.2) == pytest.approx(usual.at(longitude, 35.2), abs=1e-9)


def test_beside_a_node_without_a_value_and_outside_there_is_none(tmp_path: Path) -> None:
    grid = made_up()
    values = grid.values.copy()
    values[30, 30] = np.nan
    ours = read(gtx(tmp_path, GeoidGrid(SOUTH, WEST, STEP_Y, STEP_X, values)))
    lon, lat = WEST + 30 * STEP_X, SOUTH + 30 * STEP_Y
    for east, north in ((-0.5, -0.5), (0.5, 0.5), (0, 0), (0.01, 0), (-0.99, 0.99)):
        assert np.isnan(ours.at(lon + east * STEP_X, lat + north * STEP_Y))
    # A place on a row or node that the gap has no part in has its value.
    assert ours.at(lon + STEP_X, lat) == pytest.approx(values[30, 31], abs=1e-5)
    assert np.isfinite(ours.at(lon + STEP_X, lat + 0.5 * STEP_Y))
    for place in ((115.99, 35.5), (117.51, 35.5), (116.5, 34.99), (116.5, 36.01), (0.0, 0.0),
                  (-64.0, 35.5), (np.nan, 35.5), (116.5, np.nan), (116.5, 91.0)):  # fmt: skip
        assert np.isnan(ours.at(*place)), place
    for corner in ((WEST, SOUTH), (ours.east_deg, ours.north_deg)):
        assert np.isfinite(ours.at(*corner))


@given(
    st.floats(116.0, 117.5), st.floats(35.0, 36.0), st.floats(0, 0.4), st.floats(0, 0.3)
)  # fmt: skip
def test_a_window_has_every_value_of_its_bounds(
    west: float, south: float, width: float, height: float
) -> None:
    grid = made_up()
    east, north = min(west + width, grid.east_deg), min(south + height, grid.north_deg)
    window = grid.window(west, south, east, north)
    assert min(window.values.shape) >= 2
    x, y = np.meshgrid(np.linspace(west, east, 7), np.linspace(south, north, 7))
    assert np.allclose(window.at(x, y), grid.at(x, y), atol=1e-9, equal_nan=False)
    again = np.frombuffer(window.to_gtx()[40:], ">f4")
    assert np.allclose(again, window.values.ravel(), atol=1e-5)


def test_a_window_elsewhere_is_refused() -> None:
    with pytest.raises(BadInput) as told:
        made_up().window(100.0, 30.0, 101.0, 31.0)
    assert told.value.code == "geoid.elsewhere"


def hill(height_m: float) -> GeoidGrid:
    values = made_up().values + 0.0
    values[20, 20] += height_m
    return GeoidGrid(SOUTH, WEST, STEP_Y, STEP_X, values)


def test_heights_of_the_ground_are_no_geoid() -> None:
    made_up().check_plausible()
    for grid, code in (
        (hill(400.0), "geoid.heights"),
        (hill(30.0), "geoid.steep"),
        (GeoidGrid(SOUTH, WEST, STEP_Y, STEP_X, made_up().values * 10), "geoid.heights"),
        (GeoidGrid(SOUTH, WEST, STEP_Y, STEP_X, np.full((9, 9), np.nan)), "geoid.empty"),
    ):
        with pytest.raises(BadInput) as told:
            grid.check_plausible()
        assert told.value.code == code


def test_files_that_are_no_geoid_grid_are_one_clear_line(tmp_path: Path, shared_data: Path) -> None:
    photo = next((shared_data / "exif").rglob("*.jpg"))
    whole, text = gtx(tmp_path).read_bytes(), esri(tmp_path, made_up()).read_text()
    geoid_text = isg(tmp_path, "2.0", made_up()).read_text(encoding="utf-8")
    surfer_text = surfer(tmp_path, made_up()).read_text()
    cases: dict[str, tuple[bytes, str]] = {
        "photo": (photo.read_bytes(), "geoid.format"),
        "empty": (b"", "geoid.format"),
        "zeros": (bytes(5000), "geoid.format"),
        "text": ("北京市\n".encode() * 40, "geoid.format"),
        "short gtx": (whole[:-1], "geoid.size"),
        "half gtx": (whole[: len(whole) // 2], "geoid.size"),
        "long gtx": (whole + b"\0\0\0\0", "geoid.size"),
        "gtx header": (whole[:39], "geoid.format"),
        "one row": (struct.pack(">ddddii", 35, 116, 0.1, 0.1, 1, 5) + bytes(20), "geoid.format"),
        "nan header": (struct.pack(">ddddii", np.nan, 116, 0.1, 0.1, 2, 2) + bytes(16),
                       "geoid.format"),
        "short asc": (text[: len(text) // 2].rsplit(" ", 1)[0].encode(), "geoid.size"),
        "comma": (text.replace("-18.500000", "-18,500000", 1).encode(), "geoid.value"),
        "asc without nrows": (text.replace("NROWS", "ROWS").encode(), "geoid.header"),
        "asc of metres": (text.replace(f"XLLcorner {WEST - STEP_X / 2!r}", "XLLcorner 454000")
                          .encode(), "geoid.unsupported"),
        "asc of millimetres": (text.replace("-18.500000", "-18500.0", 1).encode(),
                               "geoid.heights"),
        "asc step": (text.replace(f"DX {STEP_X!r}", "DX 0").encode(), "geoid.header"),
        "isg sparse": (geoid_text.replace("data units", "data format    : sparse\ndata units")
                       .encode(), "geoid.unsupported"),
        "isg feet": (geoid_text.replace("meters", "feet").encode(), "geoid.unsupported"),
        "isg rows": (geoid_text.replace("nrows          = 61", "nrows          = 50").encode(),
                     "geoid.header"),
        "isg cut": (geoid_text[:-200].rsplit(" ", 1)[0].encode(), "geoid.size"),
        "isg head": (geoid_text.partition("end_of_head")[0].encode(), "geoid.header"),
        "surfer": (surfer_text.replace("61 61", "61 sixty").encode(), "geoid.header"),
        "surfer cut": (surfer_text[:400].rsplit(" ", 1)[0].encode(), "geoid.size"),
        "surfer head": (b"DSAA\n61 61\n116.0", "geoid.header"),
    }  # fmt: skip
    for name, (content, code) in cases.items():
        path = tmp_path / f"{name}.bin"
        path.write_bytes(content)
        with pytest.raises(BadFile) as told:
            read(path)
        assert told.value.code == code, (name, told.value)
        for language in ("zh", "en"):
            line = explain(told.value, language)
            assert path.name in line and "?" not in line and len(line.splitlines()) == 1, line
    for path, code in ((tmp_path / "none.gtx", "file.missing"), (tmp_path, "file.is_directory")):
        with pytest.raises(BadFile) as told:
            read(path)
        assert told.value.code == code


@given(st.binary(max_size=300), st.sampled_from([b"", b"DSAA\n", b"ncols 3\n", b"begin_of_head\n"]))
def test_no_bytes_get_past_with_anything_but_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, start: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes(start + content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            read(path)
        except SurveyError as refusal:
            assert refusal.code.startswith("geoid.")


def test_of_a_big_grid_only_the_countys_part_is_read(tmp_path: Path) -> None:
    """A file of 1.3 GB (a hole, on this disk): reading it whole would not fit the tablet."""
    path = tmp_path / "big.gtx"
    rows = columns = 18_000
    with path.open("wb") as file:
        file.write(struct.pack(">ddddii", 18.0, 73.0, 0.0019, 0.0033, rows, columns))
        file.truncate(40 + 4 * rows * columns)
    tracemalloc.start()
    window = read(path).window(116.0, 35.0, 116.5, 35.4)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert window.values.nbytes < 1 << 20
    assert peak_bytes < 16 << 20
    assert window.at(116.2, 35.2) == 0.0
