"""What the plugin must do without so that it runs on QGIS built with Qt 6, too."""

from __future__ import annotations

import ast
import enum
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_PLUGIN = Path(__file__).resolve().parents[2] / "qgis_plugin"
_FROM = ("qgis.PyQt.", "qgis.core", "qgis.gui")
_SOURCES = sorted(_PLUGIN.rglob("*.py"))


def chains(source: str) -> Iterator[tuple[int, Any, list[str]]]:
    """Each `Name.a.b` of a module whose name is imported from Qt or QGIS: line, what the name is,
    and the attributes asked of it."""
    tree = ast.parse(source)
    known: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(_FROM):
            module = importlib.import_module(str(node.module))
            for each in node.names:
                known[each.asname or each.name] = getattr(module, each.name)
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or id(node) in inner:
            continue
        asked: list[str] = []
        at: ast.expr = node
        while isinstance(at, ast.Attribute):
            asked.insert(0, at.attr)
            at = at.value
        if isinstance(at, ast.Name) and at.id in known:
            yield node.lineno, known[at.id], asked


def is_enumeration(kind: type) -> bool:
    return issubclass(kind, enum.Enum) or type(kind).__name__ == "enumtype"


def unscoped(source: str) -> list[str]:
    """Members of an enumeration that are asked of something else than the enumeration, which
    Qt 6 has no more."""
    found = []
    for line, owner, asked in chains(source):
        for name in asked:
            value = getattr(owner, name, None)
            if value is None:
                break
            if is_enumeration(type(value)) and owner is not type(value):
                found.append(f"{line}: {'.'.join(asked)}")
                break
            owner = value
    return found


@pytest.mark.parametrize("path", _SOURCES, ids=lambda path: str(path.relative_to(_PLUGIN)))
def test_enumerations_are_fully_scoped(qgis_app: object, path: Path) -> None:
    assert unscoped(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from qgis.PyQt.QtCore import Qt\nx = Qt.AlignRight", ["2: AlignRight"]),
        ("from qgis.PyQt.QtCore import Qt\nx = Qt.AlignmentFlag.AlignRight", []),
        ("from qgis.core import QgsTask\nx = QgsTask.CanCancel", ["2: CanCancel"]),
        ("from qgis.core import QgsTask\nx = QgsTask.Flag.CanCancel", []),
        ("from qgis.core import Qgis\nx = Qgis.MessageLevel.Info", []),
        ("from qgis.core import QgsProject\nx = QgsProject.instance().fileName", []),
    ],
)
def test_what_the_check_itself_finds(qgis_app: object, source: str, found: list[str]) -> None:
    assert unscoped(source) == found


@pytest.mark.parametrize("path", _SOURCES, ids=lambda path: str(path.relative_to(_PLUGIN)))
def test_qt_is_taken_from_qgis_and_nothing_that_qt6_dropped(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not [each for each in node.names if each.name.startswith(("PyQt", "sip"))]
        if isinstance(node, ast.ImportFrom):
            assert not str(node.module).startswith(("PyQt", "sip")), node.lineno
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"exec_", "print_"}, node.lineno
