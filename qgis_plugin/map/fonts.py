"""A font that has the map's letters, Chinese ones too."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from qgis.PyQt.QtCore import QT_VERSION
from qgis.PyQt.QtGui import QFont, QFontDatabase

#: Families with all common Chinese characters, in the order they are tried.
_KNOWN = (
    "Source Han Sans SC",
    "Noto Sans CJK SC",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "Droid Sans Fallback",
)


def register(files: Iterable[Path]) -> list[str]:
    """Make font files known to this process; the families they hold."""
    families: list[str] = []
    for path in files:
        number = QFontDatabase.addApplicationFont(str(path))
        if number >= 0:
            families += QFontDatabase.applicationFontFamilies(number)
    return families


def chinese_family() -> str:
    """The family to write maps in: a known one, else any that says it can write Chinese."""
    # Of Qt 6 its functions are called without an object.
    database = QFontDatabase() if QT_VERSION < 0x060000 else QFontDatabase
    installed = set(database.families())
    for family in _KNOWN:
        if family in installed:
            return family
    able = database.families(QFontDatabase.WritingSystem.SimplifiedChinese)
    return able[0] if able else QFont().defaultFamily()


def font(family: str, size_pt: float, *, bold: bool = False) -> QFont:
    """A font of that size in points."""
    made = QFont(family)
    made.setPointSizeF(size_pt)
    made.setBold(bold)
    return made
