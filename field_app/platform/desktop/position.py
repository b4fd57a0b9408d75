"""Positions on a desktop: a gpsd on this machine is its own receiver."""

from __future__ import annotations

from collections.abc import Callable

from xiangtu.gnss.addresses import open_source
from xiangtu.gnss.source import Source

from ..position import PositionPort


class DesktopPosition(PositionPort):
    """Whatever `open_source` opens; recordings are replayed at their own pace."""

    own_receiver = "gpsd://localhost"

    def permitted(self) -> bool:
        return True

    def ask(self, answered: Callable[[bool], None]) -> None:
        answered(True)

    def open(self, address: str) -> Source:
        return open_source(address, speed=1.0)
