"""`python -m field_app.track_service FOLDER`: a process of its own that records a tablet's track.

What Android runs as a foreground service, so that a track goes on while the app is not in front,
is dismissed for want of memory or ends. It takes up the track that the app began and has not ended,
and needs no word from the app: whoever wants it to leave off ends the process, however. It writes
each second, through a connection of its own, and the claim on the recording goes with the process.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from xiangtu.errors import SurveyError
from xiangtu.gnss.receiver import Receiver
from xiangtu.gnss.source import Source
from xiangtu.package import tablet

from .controllers import settings as kept_settings
from .controllers.recording import TrackRecording, unfinished
from .platform.position import position_port

#: As often as the file is written to.
_EVERY_S = 1.0


def record_on(
    folder: Path, opened_by: Callable[[str], Source], address: str, goes_on: Callable[[], bool]
) -> bool:
    """Record what a receiver says onto the tablet's unfinished track, until `goes_on` says no more
    or somebody else ended the track; whether there was one.

    BadFile ("tablet.no_assignment"…) or FileBusy ("field.recording.running").
    """
    declared = kept_settings.load(folder).settings.declared
    with tablet.load(folder).survey() as survey:
        left = unfinished(survey)
        if not left:
            return False
        receiver = Receiver(opened_by, declared)
        listener = receiver.listen()
        receiver.switch(address)
        try:
            with TrackRecording.resume(survey, left[0].uuid) as recording:
                while goes_on():
                    for fix in listener.take():
                        recording.add(fix)
                    recording.tick()
                    time.sleep(_EVERY_S)
        finally:
            receiver.close()
    return True


def main(arguments: list[str]) -> int:
    """Record until the process is ended; 0 if no track waited, 2 if it could not record."""
    parser = argparse.ArgumentParser(prog="python -m field_app.track_service", description=__doc__)
    parser.add_argument("folder", type=Path, help="the tablet's folder")
    options = parser.parse_args(arguments)
    port = position_port()
    try:
        record_on(options.folder, port.open, port.own_receiver, lambda: True)
    except SurveyError as error:
        # Nobody looks at a service: the app sees that nothing records, and says why itself.
        logging.getLogger("xiangtu").error("track service: %s %s", error.code, error.facts)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
