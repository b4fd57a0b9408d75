"""What the tests of sources share: a free port, and looking at a source until enough came."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

from xiangtu.gnss.fix import Fix
from xiangtu.gnss.source import Source

#: A machine that is busy may need so long; nothing waits it out when all is well.
PATIENCE_S = 40.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(
    source: Source, enough: Callable[[list[Fix]], bool], steps: Iterator[Fix | None] | None = None
) -> tuple[list[Fix], list[str]]:
    """Fixes and states of a source until `enough` or until patience ends."""
    fixes: list[Fix] = []
    states: list[str] = []
    ends = time.monotonic() + PATIENCE_S
    for fix in steps or source.steps():
        if fix is not None:
            fixes.append(fix)
        if not states or states[-1] != source.status:
            states.append(source.status)
        if enough(fixes):
            return fixes, states
        assert time.monotonic() < ends, (states, len(fixes), source.counts)
    return fixes, states
