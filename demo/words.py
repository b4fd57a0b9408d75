"""The demonstration's sentences in the person's language."""

from __future__ import annotations

import tomllib
from pathlib import Path


class Words:
    """Looks sentences up in words.toml; `language` is "zh" or "en"."""

    def __init__(self, language: str) -> None:
        self.language = language
        with (Path(__file__).parent / "words.toml").open("rb") as stream:
            self._table = tomllib.load(stream)

    def __call__(self, section: str, name: str, **facts: object) -> str:
        """The sentence with its facts filled in."""
        return str(self._table[section][name][self.language]).format(**facts)
