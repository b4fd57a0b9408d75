"""What tables and pages say beside the catalogue's labels, from resources/report/labels.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ..catalogue.loader import resources_folder
from ..catalogue.model import Label


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    path = resources_folder() / "report" / "labels.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def label(name: str, /, **facts: Label) -> Label:
    """The label of that name, its placeholders filled with other labels."""
    found = _table()[name]
    return Label(
        zh=found["zh"].format(**{key: each.zh for key, each in facts.items()}),
        en=found["en"].format(**{key: each.en for key, each in facts.items()}),
    )


def measure(name: str) -> Label:
    """The label of a measure (count, area_m2, area_mu, area_ha, length_m)."""
    return word("measures", name)


def word(table: str, name: str) -> Label:
    """The label of that name in one of the tables; the name itself where there is none."""
    found = _table()[table].get(name)
    return Label(**found) if found else Label(zh=name, en=name)
