"""Rows of a CSV that say more than its head has columns for: an unquoted comma, as a rule.

GDAL drops what is too much without a word, and every value after the comma is in a wrong column.
"""

from __future__ import annotations

import csv
from pathlib import Path

from ..errors import BadFile

#: What GDAL's CSV driver takes for a separator, if the head has it.
_SEPARATORS = (",", ";", "\t", "|")


def surplus_rows(path: Path, codec: str) -> frozenset[int]:
    """Places, from 1 below the head, of rows with a value beyond the last column.

    BadFile("import.unreadable") for a text that runs on without its closing quote.
    """
    with path.open(encoding=codec, errors="replace", newline="") as stream:
        head = stream.readline()
        separator = max(_SEPARATORS, key=head.count)
        stream.seek(0)
        rows = csv.reader(stream, delimiter=separator)
        try:
            columns = len(next(rows, []))
            # GDAL passes over empty lines, so they have no number.
            filled = (row for row in rows if row)
            return frozenset(
                number for number, row in enumerate(filled, 1) if any(map(str.strip, row[columns:]))
            )
        except csv.Error as fault:
            raise BadFile("import.unreadable", path=str(path), reason=str(fault)) from None
