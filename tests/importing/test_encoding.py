"""Shapefiles and CSVs in GBK are read whether they say so, say something else, or say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from osgeo import ogr
from xiangtu.errors import BadFile, BadInput
from xiangtu.importing import encoding
from xiangtu.importing.source import open_source

NAME = "张三家的梯田"


@pytest.fixture
def gbk(write_source, square) -> Path:
    """A Shapefile in GBK whose column's name is Chinese too."""
    return write_source(
        "gbk.shp",
        {"地块名称": str},
        [((NAME,), square(0, 0))],
        kind=ogr.wkbPolygon,
        options=["ENCODING=GBK"],
    )


def read(path: Path, said: str | None = None) -> tuple[list[str], list[str]]:
    with open_source(path, encoding=said) as source:
        names = [column.name for column in source.columns]
        return names, next(source.chunks(names)).values[names[0]]


def set_language_driver(shapefile: Path, ldid: int) -> None:
    table = bytearray(shapefile.with_suffix(".dbf").read_bytes())
    table[29] = ldid
    shapefile.with_suffix(".dbf").write_bytes(table)


def test_cpg_says_gbk(gbk: Path):
    assert encoding.of_shapefile(gbk).origin == "cpg"
    assert read(gbk) == (["地块名称"], [NAME])


def test_language_driver_says_gbk(gbk: Path):
    gbk.with_suffix(".cpg").unlink()
    set_language_driver(gbk, 0x4D)
    assert encoding.of_shapefile(gbk) == encoding.Encoding("gb18030", "ldid")
    assert read(gbk) == (["地块名称"], [NAME])


def test_nothing_says_gbk(gbk: Path):
    gbk.with_suffix(".cpg").unlink()
    set_language_driver(gbk, 0)
    assert encoding.of_shapefile(gbk).origin == "detected"
    assert read(gbk) == (["地块名称"], [NAME])


def test_cpg_that_says_utf8_of_a_gbk_table_is_not_believed(gbk: Path):
    gbk.with_suffix(".cpg").write_text("UTF-8")
    found = encoding.of_shapefile(gbk)
    assert (found.codec, found.declared) == ("gb18030", "UTF-8")
    assert read(gbk)[1] == [NAME]


def test_utf8_without_a_cpg_is_found_though_a_text_is_cut_inside_a_character(write_source, square):
    texts = ("地" * 40, "块" * 90)  # 270 bytes do not fit into 254: the last character is cut
    path = write_source(
        "utf8.shp",
        {"name": str},
        [((text,), square(0, 0)) for text in texts],
        kind=ogr.wkbPolygon,
        options=["ENCODING=UTF-8"],
    )
    path.with_suffix(".cpg").unlink()
    set_language_driver(path, 0)
    assert encoding.of_shapefile(path).codec == "utf-8"
    assert read(path)[1][0] == texts[0]


def test_what_a_person_says_goes_before_all(gbk: Path):
    gbk.with_suffix(".cpg").write_text("ISO-8859-1")
    assert read(gbk, "936")[1] == [NAME]


def test_an_unknown_encoding_is_refused():
    with pytest.raises(BadInput, match=r"encoding\.unknown"):
        encoding.named("klingon")


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_any_of_the_usual_encodings(tmp_path: Path, codec: str):
    path = tmp_path / "sites.csv"
    path.write_text(f'名称,说明\n{NAME},"两行\n一条"\n', encoding=codec)
    assert read(path) == (["名称", "说明"], [NAME])


def test_a_table_cut_short_is_refused(gbk: Path):
    table = gbk.with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:20])
    with pytest.raises(BadFile, match=r"file\.damaged"):
        encoding.of_shapefile(gbk)
