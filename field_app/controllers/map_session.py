"""What of the map outlives its screen, which is made anew with every other text size or theme."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .go_to import GoTo
from .map_content import Found
from .tape import Tape


@dataclass
class MapSession:
    """`viewport` is None until something was framed; `told` are the codes of faults of the basemap
    that the surveyor was told of; `among` is all that lies where `selected` was pointed at;
    `going_to` is guided to, and `tape` measured with, both to be used on the desk's thread."""

    viewport: Any = None
    follows: bool = False
    hidden: set[str] = field(default_factory=set)
    selected: Found | None = None
    among: tuple[Found, ...] = ()
    going_to: GoTo | None = None
    told: set[str] = field(default_factory=set)
    tape: Tape | None = None
