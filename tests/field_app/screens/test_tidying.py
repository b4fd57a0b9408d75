"""Python's search for garbage waits until nobody touches, and comes then."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def searched() -> Iterator[list[int]]:
    """The generations that were looked through, as they are."""
    found: list[int] = []

    def heard(phase: str, facts: dict[str, int]) -> None:
        if phase == "start":
            found.append(facts["generation"])

    gc.callbacks.append(heard)
    yield found
    gc.callbacks.remove(heard)


def test_the_oldest_are_looked_through_in_a_quiet_moment_and_not_while_one_works(
    start_app: Callable, work_folder: Path, searched: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from field_app import tidying

    before = gc.get_threshold()
    monkeypatch.setattr(tidying, "_AT_MOST_EVERY_S", 0.0)
    monkeypatch.setattr(tidying, "_QUIET_S", 1e6)
    app = start_app(work_folder)
    searched.clear()  # until it had started, Python was still left to itself
    app.touch("开始工作")
    app.touch("新增记录")
    app.touch("农用地地块")
    app.wait(1.5)
    assert 2 not in searched, "while one works"
    monkeypatch.setattr(tidying, "_QUIET_S", 0.5)
    app.until(lambda: 2 in searched)
    app.stop()
    assert gc.get_threshold() == before
