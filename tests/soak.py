"""What `make soak` runs: long random histories of the merge, faults in it, in a recording and in a
day of survey, on two cores.

Prints what was played and how it ended; the whole output of a run that failed, with the seed that
repeats it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
FAULTY = (
    "merge/test_faults.py",
    "field_app/test_recording_faults.py",
    "field_app/test_survey_killed.py",
)


def run(test: str, *, histories: int = 0, faults: int = 0) -> bool:
    """One run of pytest, told when it has ended; whether all went well."""
    environment = os.environ | {
        "XIANGTU_HISTORIES": str(histories),
        "XIANGTU_FAULTS": str(faults),
        "PYTHONUNBUFFERED": "1",
    }
    # On a build machine Hypothesis would play the same histories on both cores.
    environment.pop("CI", None)
    began = time.monotonic()
    seed = time.time_ns() % 2**32
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"--hypothesis-seed={seed}", HERE / test],
        cwd=HERE.parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    minutes = (time.monotonic() - began) / 60
    if ran.returncode:
        print(ran.stdout)
    tally = re.search(r"^faults: (.*)$", ran.stdout, re.MULTILINE)
    what = f"{histories} histories (seed {seed})" if histories else f"{faults} faults of {test}"
    how = "all as they must be" if ran.returncode == 0 else "FAILED, see above"
    detail = f": {tally[1]}" if tally else ""
    print(f"{what}{detail}; {how}, {minutes:.1f} min", flush=True)
    return ran.returncode == 0


def main() -> int:
    histories, faults = (int(each) for each in sys.argv[1:])
    half = histories // 2

    def first() -> list[bool]:
        return [run("merge/test_histories.py", histories=half)] if half else []

    def second() -> list[bool]:
        done = [run(each, faults=faults) for each in FAULTY if faults]
        if histories - half:
            done.append(run("merge/test_histories.py", histories=histories - half))
        return done

    with ThreadPoolExecutor() as cores:
        one, other = cores.submit(first), cores.submit(second)
    return 0 if all([*one.result(), *other.result()]) else 1


if __name__ == "__main__":
    sys.exit(main())
