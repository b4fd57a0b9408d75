"""A receiver that says what a test has it say, when the test wants it."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from xiangtu.gnss.condition import LOST
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.receiver import Receiver
from xiangtu.gnss.satellites import Satellite
from xiangtu.gnss.source import STEP_S, Source

if TYPE_CHECKING:  # it is the first to import Kivy, once there is a display
    from driver import Driver


class FedSource(Source):
    """Gives the fixes that are put into it."""

    def __init__(self) -> None:
        super().__init__("fed")
        self.fed: queue.SimpleQueue[Fix] = queue.SimpleQueue()

    def steps(self) -> Iterator[Fix | None]:
        while not self.closed:
            try:
                yield self._received(self.fed.get(timeout=STEP_S))
            except queue.Empty:
                yield None

    def sky(self) -> tuple[Satellite, ...]:
        return ()


class FedReceiver:
    """Takes the place of the receiver of an app, at an address."""

    def __init__(self, app: Driver, address: str = "fed") -> None:
        self._app, self._source = app, FedSource()
        app.app.receiver.close()
        app.app.receiver = Receiver(lambda _address: self._source)
        app.app.receiver.switch(address)

    def says(self, fixes: Iterable[Fix]) -> None:
        """Some epochs, one after the other; back when the screen has shown them."""
        heard = self._app.app.receiver.state.fixes
        for fix in fixes:
            self._source.fed.put(replace(fix, tablet_time=datetime.now(UTC)))
            heard += 1
        self._app.until(lambda: self._app.app.receiver.state.fixes == heard)
        self._app.wait(0.3)
        self._app.settle()

    def is_pulled_out(self) -> None:
        """The connection breaks."""
        self._source.status = LOST
        self._app.wait(1.3)
        self._app.settle()
