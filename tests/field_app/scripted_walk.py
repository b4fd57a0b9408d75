"""Steps of a walk, as tests choose them, done on a capture or on a walk that is kept."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Protocol

from small_village import fix_at, nowhere
from xiangtu.errors import BadInput
from xiangtu.gnss.fix import Fix

#: ("fix", Fix), ("press", of the last so many fixes, or None), ("foreign", fixes of another
#: receiver), ("take_back", None), ("by_corners", whether), ("finish", None)
Step = tuple[str, Any]


class Finished(Exception):
    """The walk is at its end: it was good enough for a form."""


class Walk(Protocol):
    by_corners: bool

    def add(self, fix: Fix) -> object: ...
    def press(self, fixes: list[Fix] | None = None) -> object: ...
    def take_back(self) -> object: ...


@dataclass
class Walker:
    """Takes steps one after the other, and knows which ones counted."""

    walk: Walk
    finish: Any
    fed: list[Fix] = field(default_factory=list)

    def take(self, step: Step) -> bool:
        """Whether the step was one: there is no corner without a position."""
        kind, detail = step
        if kind == "fix":
            self.fed.append(detail)
            self.walk.add(detail)
        elif kind in ("press", "foreign"):
            given = self.fed[-detail:] if isinstance(detail, int) else detail
            try:
                self.walk.press(given)
            except BadInput:
                return False
        elif kind == "take_back":
            self.walk.take_back()
        elif kind == "by_corners":
            self.walk.by_corners = detail
        else:
            try:
                self.finish()
            except BadInput:
                return True
            raise Finished
        return True


def steps_of(seed: int, epochs: int) -> list[Step]:
    """A walk at 10 Hz with corners, dropouts and wrong presses."""
    chance = random.Random(seed)
    steps: list[Step] = []
    x, y, way = 300.0, 300.0, 0.0
    for number in range(epochs):
        second = number / 10
        way += chance.gauss(0, 0.3)
        x += 0.3 * (way % 2 < 1)
        y += 0.3 * (way % 2 >= 1)
        lost = chance.random() < 0.05
        steps.append(("fix", nowhere(second) if lost else fix_at(x, y, second, speed_mps=3.0)))
        if chance.random() < 0.05:
            steps.append(("press", chance.choice([None, 1, 5])))
        if chance.random() < 0.02:
            steps.append(("take_back", None))
        if chance.random() < 0.02:
            steps.append(("by_corners", chance.random() < 0.5))
    return steps
