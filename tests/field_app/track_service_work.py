"""The track's service in a process of its own, on an Android that is pretended, whose receiver
drives north from the village, 20 m and 10 positions a second."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

from pretended_android import Android  # noqa: E402
from small_village import fix_at  # noqa: E402


def drive(android: Android) -> None:
    """Says where it is once somebody listens; goes on from where the clock of the system is."""
    while android.location_listener is None:
        time.sleep(0.01)
    while True:
        now_ms = round(time.time() * 1000)
        fix = fix_at(100, 100 + now_ms % 3_600_000 / 50)
        android.location(
            getTime=now_ms, getLongitude=fix.longitude_deg, getLatitude=fix.latitude_deg,
            getAltitude=420.0, getAccuracy=1.0, extras={"satellites": 12}, getSpeed=20.0,
        )  # fmt: skip
        time.sleep(0.1)


def main() -> None:
    android = Android()
    for name, module in android.modules().items():
        sys.modules[name] = module
    from field_app.track_service import main as serve

    threading.Thread(target=drive, args=(android,), daemon=True).start()
    sys.exit(serve([sys.argv[1]]))


if __name__ == "__main__":
    main()
