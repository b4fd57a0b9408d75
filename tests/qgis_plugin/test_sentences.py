"""The plugin's sentences: all of them are in the .ts, and all of those in Chinese."""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ElementTree
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def _said() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted((_ROOT / "qgis_plugin").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "translate":
                context, text = node.args[:2]
                assert isinstance(context, ast.Constant) and context.value == "Xiangtu", path
                assert isinstance(text, ast.Constant), f"{path}:{node.lineno}"
                found[text.value] = f"{path}:{node.lineno}"
    return found


def _translated() -> dict[str, tuple[str, str | None]]:
    tree = ElementTree.parse(_ROOT / "i18n" / "xiangtu_zh_CN.ts")
    return {
        message.findtext("source", ""): (translation.text or "", translation.get("type"))
        for message in tree.iter("message")
        for translation in message.iter("translation")
    }


def test_every_sentence_is_known_to_the_translator() -> None:
    said, known = _said(), _translated()
    assert not [place for text, place in said.items() if text not in known], "make translations"
    assert not [text for text in known if text not in said], "make translations"


def test_every_sentence_is_translated_with_the_same_facts() -> None:
    import string

    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for source, (chinese, state) in _translated().items():
        assert chinese and state is None, source
        assert names(source) == names(chinese), source
