"""The demonstration's sentences in the person's language."""

from __future__ import annotations

import tomllib
from pathlib import Path

from xiangtu.errors import SurveyError
from xiangtu.words import explain


class Words:
    """Looks sentences up in words.toml; `language` is "zh" or "en"."""

    def __init__(self, language: str) -> None:
        self.language = language
        with (Path(__file__).parent / "words.toml").open("rb") as stream:
            self._table = tomllib.load(stream)

    def __call__(self, section: str, name: str, **facts: object) -> str:
        """The sentence with its facts filled in."""
        return str(self._table[section][name][self.language]).format(**facts)


def refusal_of_a_copy(refusal: SurveyError, words: Words, kept: Path) -> str:
    """Why the demonstration's county, or the copy of it kept in a folder, does not open; of
    another version's, what to do."""
    reason = explain(refusal, words.language)
    if refusal.code not in ("file.older", "file.newer"):
        return reason
    advice = "make_demo_and_copy" if kept.exists() else "make_demo"
    return f"{reason}\n{words('refused', advice, folder=kept)}"
