"""What a receiver is doing, as values for the command line and the app's position screen."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from .condition import Condition
from .fix import Fix
from .satellites import Satellite
from .source import Source

#: Epochs by which the rate is told: a receiver may be set to another, fall silent for an hour, or
#: set its clock back.
_RATE_EPOCHS = 20


@dataclass(frozen=True)
class Reading:
    """The state of a source at one moment.

    `status` is a code (gnss.status.…), `conditions` the same with its facts and what is worth
    knowing beside it; `fix` the last epoch, if there was one; `epochs` how many there were,
    `by_fix_type` of which type; `rate_hz` how many a second lately, by the receiver's own clock;
    `counts` what of the stream was and was not understood; `sky` the satellites in view; `lines`
    the last sentences.
    """

    source: str
    status: str
    conditions: tuple[Condition, ...]
    fix: Fix | None
    epochs: int
    by_fix_type: Mapping[str, int]
    rate_hz: float | None
    counts: Mapping[str, int]
    sky: tuple[Satellite, ...]
    lines: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: times as text, what is not a number as null."""
        found = asdict(self)
        if self.fix is not None:
            found["fix"] = {name: _plain(value) for name, value in asdict(self.fix).items()}
        return found


def watch(source: Source, every_s: float = 1.0) -> Iterator[Reading]:
    """Readings of a source: at each change of status, else at most one each `every_s` seconds,
    and a last one at its end. Ends when the source does, or is closed."""
    by_fix_type: Counter[str] = Counter()
    epochs = 0
    lately: deque[datetime] = deque(maxlen=_RATE_EPOCHS)
    said: str | None = None
    said_at = -every_s

    def reading() -> Reading:
        lasted_s = (lately[-1] - lately[0]).total_seconds() if lately else 0.0
        rate_hz = round((len(lately) - 1) / lasted_s, 2) if lasted_s > 0 else None
        return Reading(
            source.name,
            source.status,
            source.conditions(),
            source.last,
            epochs,
            dict(by_fix_type),
            rate_hz,
            source.counts.as_dict(),
            source.sky(),
            tuple(source.lines),
        )

    for step in source.steps():
        if step is not None:
            epochs += 1
            by_fix_type[step.fix_type] += 1
            if step.time is not None:
                lately.append(step.time)
        now = time.monotonic()
        if source.status != said or now - said_at >= every_s:
            said, said_at = source.status, now
            yield reading()
    yield reading()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and value != value:
        return None
    return value
