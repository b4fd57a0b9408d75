"""A camera that is plugged into a desktop, through Video4Linux."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import av
from xiangtu.errors import BadInput, SurveyError
from xiangtu.store import places
from xiangtu.store.identity import new_uuid

from ..camera import FAILED, NONE, CameraPort

#: Cameras find out how bright it is from the first pictures.
_UNTIL_BRIGHT = 12
_QUALITY = 95


class DesktopCamera(CameraPort):
    """Takes a picture at once: there is no finder to look through.

    Parameters
    ----------
    folder : Path
        Where photos lie until they are kept.
    devices : sequence of (str, str), optional
        Name and kind of input as FFmpeg has them, in place of all of this machine's cameras.
    """

    def __init__(self, folder: Path, devices: Sequence[tuple[str, str]] | None = None) -> None:
        self._folder, self._devices = folder, devices

    def ticket(self) -> str:
        return f"{new_uuid()}.jpg"

    def open(
        self, ticket: str, closed: Callable[[], Any], refused: Callable[[SurveyError], Any]
    ) -> None:
        def shoot() -> None:
            try:
                self._shoot(self._folder / ticket)
            except SurveyError as error:
                refused(error)
            else:
                closed()

        threading.Thread(target=shoot, name="camera", daemon=True).start()

    def photo(self, ticket: str) -> bytes | None:
        path = self._folder / ticket
        with places.place_told(path):
            return path.read_bytes() if path.is_file() else None

    def forget(self, ticket: str) -> None:
        (self._folder / ticket).unlink(missing_ok=True)

    def _shoot(self, path: Path) -> None:
        """A picture of the first camera that gives one; the first one's reason if none does."""
        devices = _cameras() if self._devices is None else self._devices
        refusal = BadInput(NONE)
        for name, kind in devices:
            try:
                with av.open(name, format=kind) as camera:
                    *_, frame = islice(camera.decode(video=0), _UNTIL_BRIGHT)
            except (OSError, ValueError) as fault:
                if refusal.code == NONE:
                    refusal = BadInput(FAILED, device=name, reason=str(fault))
                continue
            with places.place_told(path):
                path.parent.mkdir(exist_ok=True)
                temporary = places.temporary_beside(path)
                frame.to_image().save(temporary, "JPEG", quality=_QUALITY)
                temporary.replace(path)
            return
        raise refusal


def _cameras() -> list[tuple[str, str]]:
    return [(str(path), "v4l2") for path in sorted(Path("/dev").glob("video*"))]
