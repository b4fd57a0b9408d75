"""A desktop has no compass."""

from __future__ import annotations

from xiangtu.gnss.fix import Fix

from ..compass import CompassPort


class NoCompass(CompassPort):
    """Where one looks is picked by hand."""

    def start(self) -> None:
        """There is nothing to read."""

    def stop(self) -> None:
        """There is nothing to read."""

    def bearing_deg(self, fix: Fix | None) -> float | None:
        return None
