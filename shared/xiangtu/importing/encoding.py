"""Which character encoding a Shapefile's table or a CSV is in; Chinese offices still write GBK.

A Shapefile says it in a .cpg beside it or in byte 29 of its .dbf (the language driver, LDID).
Both are often missing and sometimes wrong, so what they say is tried on the text itself.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from ..errors import BadFile, BadInput

#: GB18030 contains GBK and GB2312, so it stands for all three.
CHINESE = "gb18030"
#: LDID → Python codec (dBase and ESRI's table; 0x57 is "ANSI of the writer's machine": no answer).
LANGUAGE_DRIVERS = {
    0x01: "cp437",
    0x02: "cp850",
    0x03: "cp1252",
    0x13: "cp932",
    0x4D: CHINESE,
    0x4E: "cp949",
    0x4F: "cp950",
    0x7A: CHINESE,
    0x7B: "cp932",
}
_CODE_PAGES = {"936": CHINESE, "54936": CHINESE, "65001": "utf-8", "950": "cp950", "932": "cp932"}
#: Tried in this order when nothing is said; the last one decodes anything.
_CANDIDATES = ("utf-8", CHINESE, "cp1252", "latin-1")
_SAMPLE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Encoding:
    """A codec and how it is known; `declared` is what was said when the text contradicts it."""

    codec: str
    origin: Literal["given", "cpg", "ldid", "bom", "detected"]
    declared: str | None = None

    @property
    def gdal_name(self) -> str:
        """The name iconv, and so GDAL, knows the codec by."""
        return {"latin-1": "ISO-8859-1"}.get(self.codec, self.codec.upper())


def of_shapefile(path: Path, given: str | None = None) -> Encoding:
    """The encoding of the .dbf beside a .shp; BadFile("file.damaged") if it has no sound header."""
    if given:
        return Encoding(named(given), "given")
    dbf = part_of_shapefile(path, ".dbf")
    if dbf is None:
        return Encoding("utf-8", "detected")
    language_driver, texts = _table_texts(dbf)
    declared, origin = _declared(path, language_driver)
    codec = _known(declared) if declared else None
    if codec and _decodes(texts, codec):
        return Encoding(codec, origin)
    found = next(each for each in _CANDIDATES if _decodes(texts, each))
    return Encoding(found, "detected", declared)


def of_text_file(path: Path, given: str | None = None) -> Encoding:
    """The encoding of a CSV, by its byte order mark or by trying."""
    if given:
        return Encoding(named(given), "given")
    decoders = {name: codecs.getincrementaldecoder(name)() for name in _CANDIDATES}
    with path.open("rb") as stream:
        start = stream.read(4)
        if start.startswith(codecs.BOM_UTF8):
            return Encoding("utf-8-sig", "bom")
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return Encoding("utf-16", "bom")
        block = start
        while block:
            for name in list(decoders):
                try:
                    decoders[name].decode(block)
                except UnicodeDecodeError:
                    del decoders[name]
            block = stream.read(_SAMPLE_BYTES)
    return Encoding(next(iter(decoders)), "detected")


def named(name: str) -> str:
    """The codec a person means; BadInput("encoding.unknown") if there is none."""
    codec = _known(name)
    if codec is None:
        raise BadInput("encoding.unknown", encoding=name)
    return codec


def part_of_shapefile(path: Path, suffix: str) -> Path | None:
    """The file beside a .shp with that ending in small or capital letters, if it is there."""
    for each in (suffix, suffix.upper()):
        beside = path.with_suffix(each)
        if beside.is_file():
            return beside
    return None


def _known(name: str) -> str | None:
    plain = name.strip().lower().removeprefix("ansi").removeprefix("cp").strip(" -_")
    if plain in _CODE_PAGES:
        return _CODE_PAGES[plain]
    try:
        codec = codecs.lookup(name.strip()).name
    except LookupError:
        return None
    return CHINESE if codec in ("gbk", "gb2312") else codec


def _declared(
    path: Path, language_driver: int
) -> tuple[str | None, Literal["cpg", "ldid", "detected"]]:
    cpg = part_of_shapefile(path, ".cpg")
    if cpg is not None:
        said = cpg.read_bytes()[:64].decode("ascii", "replace").strip("\ufeff \r\n\0")
        if said:
            return said, "cpg"
    if language_driver in LANGUAGE_DRIVERS:
        return LANGUAGE_DRIVERS[language_driver], "ldid"
    return None, "detected"


def _table_texts(dbf: Path) -> tuple[int, list[bytes]]:
    """The language driver and every text with a byte above 127, to about 4 MB of rows with one."""
    with dbf.open("rb") as stream:
        header = stream.read(32)
        if len(header) < 32:
            raise BadFile("file.damaged", path=str(dbf), reason="dbf header")
        _, header_size, row_size = struct.unpack("<IHH", header[4:12])
        descriptors = stream.read(max(0, header_size - 32))
        names: list[bytes] = []
        texts: list[tuple[int, int]] = []
        offset = 1
        for start in range(0, len(descriptors) - 31, 32):
            if descriptors[start] == 0x0D:
                break
            each = descriptors[start : start + 32]
            names.append(each[:11].split(b"\0")[0])
            if each[11:12] == b"C":
                texts.append((offset, offset + each[16]))
            offset += each[16]
        if row_size == 0 or not names:
            raise BadFile("file.damaged", path=str(dbf), reason="dbf header")
        found = [name for name in names if not name.isascii()]
        for row in _rows_with_high_bytes(stream, row_size):
            values = (row[start:end].rstrip(b" \0") for start, end in texts)
            found += [value for value in values if not value.isascii()]
    return header[29], found


def _rows_with_high_bytes(stream: BinaryIO, row_size: int) -> Iterator[bytes]:
    taken = 0
    many = max(1, _SAMPLE_BYTES // row_size) * row_size
    while taken < _SAMPLE_BYTES:
        block = stream.read(many)
        if not block:
            return
        if block.isascii():
            continue
        for start in range(0, len(block), row_size):
            row = block[start : start + row_size]
            if not row.isascii():
                taken += row_size
                yield row


def _decodes(texts: list[bytes], codec: str) -> bool:
    """Whether all texts are sound; a last character cut off by the column's width is forgiven."""
    try:
        for text in texts:
            codecs.getincrementaldecoder(codec)().decode(text)
    except UnicodeDecodeError:
        return False
    return True
