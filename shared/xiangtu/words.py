"""Error codes put into words: one line, in Chinese or English, that names the thing and what to do.

For front ends and the command line. The words lie in i18n/codes/*.toml, a table for each code
with `en` and `zh`; what stands in braces is a fact of the error.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from .errors import SurveyError

_PACKAGE = Path(__file__).resolve().parent
#: Facts may come out of a hostile package: what is shown of one has a limit.
_LONGEST_FACT = 300


def i18n_folder() -> Path:
    """Where words and translations lie: beside the core's modules (plugin, tablet) or in the
    checkout."""
    inside = _PACKAGE / "i18n"
    return inside if inside.is_dir() else _PACKAGE.parents[1] / "i18n"


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Mapping[str, str]]:
    words: dict[str, Mapping[str, str]] = {}
    for path in sorted((i18n_folder() / "codes").glob("*.toml")):
        words.update(tomllib.loads(path.read_text(encoding="utf-8")))
    return words


def known(code: str) -> bool:
    """Whether there are words for a code."""
    return code in _table()


def phrase(code: str, language: str, facts: Mapping[str, object] | None = None) -> str:
    """The words of a code with its facts filled in; the code itself if there are none.

    A fact that is a code itself (a reason), or a list of codes, is put into words too. Chinese
    for "zh…", else English.
    """
    entry = _table().get(code)
    if entry is None:
        shown = " · ".join(f"{name}={_shown(value)}" for name, value in (facts or {}).items())
        return f"{code} ({shown})" if shown else code
    text = entry["zh" if language.lower().startswith("zh") else "en"]
    return text.format_map(_Facts(facts or {}, code, language))


def explain(error: SurveyError, language: str = "en") -> str:
    """One line that says what an error means and what can be done about it."""
    return phrase(error.code, language, error.facts)


class _Facts(dict[str, str]):
    """Facts as text; one that the error did not bring stands as "?" rather than failing."""

    def __init__(self, facts: Mapping[str, object], code: str, language: str) -> None:
        super().__init__()
        for name, value in facts.items():
            if isinstance(value, str) and value != code and known(value):
                rest = {each: facts[each] for each in facts if each != name}
                self[name] = phrase(value, language, rest)
            elif isinstance(value, list | tuple) and value and all(map(known, map(str, value))):
                several = [phrase(str(each), language) for each in value]
                self[name] = ("、" if language.lower().startswith("zh") else ", ").join(several)
            else:
                self[name] = _shown(value)

    def __missing__(self, name: str) -> str:
        return "?"


def _shown(value: object) -> str:
    """A fact on one line: no control characters (a name may come from outside), not endless."""
    if isinstance(value, list | tuple | set | frozenset):
        text = ", ".join(str(each) for each in value)
    elif isinstance(value, float):
        text = f"{value:.10g}"
    else:
        text = str(value)
    text = "".join(
        " " if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else each
        for each in text[: _LONGEST_FACT + 1]
    )
    return text if len(text) <= _LONGEST_FACT else text[:_LONGEST_FACT] + "…"
