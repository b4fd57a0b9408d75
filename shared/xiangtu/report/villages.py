"""The villages of a county, to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from ..store import SurveyFile


@dataclass(frozen=True)
class Village:
    """A village by its code; its name is the code where it has none."""

    code: str
    name: str


def villages(file: SurveyFile) -> list[Village]:
    """The villages that have not ended, by code."""
    rows = file.connection.execute(
        "SELECT code, coalesce(nullif(name, ''), code) FROM village "
        "WHERE ended_on IS NULL AND code IS NOT NULL ORDER BY code"
    )
    return [Village(code, name) for code, name in rows]
