"""A camera of the tests: gives the photos that it was fed, one a touch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xiangtu.errors import SurveyError

from field_app.platform.camera import CameraPort


class FedCamera(CameraPort):
    """Takes the photos that it is given, in their order; None is a camera that is closed without
    one. `refusal` is why it does not open."""

    def __init__(self, *photos: bytes | None, refusal: SurveyError | None = None) -> None:
        self.photos, self.refusal = list(photos), refusal
        self.taken: dict[str, bytes | None] = {}
        self._tickets = 0

    def ticket(self) -> str:
        self._tickets += 1
        return f"ticket {self._tickets}"

    def open(
        self, ticket: str, closed: Callable[[], Any], refused: Callable[[SurveyError], Any]
    ) -> None:
        if self.refusal is not None:
            refused(self.refusal)
            return
        self.taken[ticket] = self.photos.pop(0)
        closed()

    def photo(self, ticket: str) -> bytes | None:
        return self.taken.get(ticket)

    def forget(self, ticket: str) -> None:
        self.taken.pop(ticket, None)
