"""A process killed in the middle of its writes leaves a whole file that holds all it had said."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from survey_files import operations
from xiangtu import catalogue, store

WRITER = """
import sys
import shapely
from xiangtu import store

with store.open(sys.argv[1]) as file:
    file.sign_in(author="w")
    print("ready", flush=True)
    number = 0
    while True:
        number += 1
        east = 450_000 + 30 * number
        shape = shapely.box(east, 3_900_000, east + 20, 3_900_020)
        with file.atomic():
            pair = [
                file.insert("farmland", {"name": str(number)}, shape),
                file.insert("household", {"address": str(number)}),
            ]
            file.update("farmland", pair[0], {"remark": "r"})
        photo = file.attach(pair[0], "farmland", b"\\xff\\xd8\\xff" + bytes(str(number), "ascii"))
        file.save_draft(pair[1], "household", {"address": str(number)})
        print(*pair, photo, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
@pytest.mark.parametrize("seed", range(3))
def test_killed_while_writing(county_path: Path, seed: int):
    chance = random.Random(seed)
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, county_path], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        said = [writer.stdout.readline().split() for _ in range(chance.randrange(3, 25))]
        writer.send_signal(signal.SIGKILL)
        said += [line.split() for line in writer.stdout.read().splitlines() if line.count(" ") == 2]
    with store.open(county_path) as file:
        assert file.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.repaired == ()
        for parcel, household, photo in said:
            assert operations(file, parcel) == ["insert", "update"]
            assert file.get("farmland", parcel)["area_m2"] == 400.0
            assert operations(file, household) == ["insert"]
            row = file.get("attachment", photo)
            assert file.attachment_path(row["sha256"]).stat().st_size == row["size_bytes"]
        # Never one of a pair alone.
        names = {row["name"] for row in file.select("farmland")}
        assert names == {row["address"] for row in file.select("household")}
        assert len(names) in (len(said), len(said) + 1)
        file.insert("farmland", {})
    assert not any(path.name.endswith("-wal") for path in county_path.parent.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_killed_while_being_made(tmp_path: Path):
    """A new file is there whole or not at all, and can be made again."""
    script = (
        "import sys; from xiangtu import catalogue, store, errors; from pathlib import Path\n"
        "found = catalogue.load(); print('ready', flush=True); number = 0\n"
        "while True:\n"
        "    number += 1\n"
        "    path = Path(sys.argv[1]) / f'{number}.sqlite'\n"
        "    store.create(path, found, 4548, role='tablet', county='990101').close()\n"
    )
    chance = random.Random(1)
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        with subprocess.Popen(
            [sys.executable, "-c", script, folder], stdout=subprocess.PIPE, text=True
        ) as maker:
            assert maker.stdout is not None
            maker.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                maker.wait(chance.uniform(0.05, 0.8))
            maker.kill()
        for path in folder.glob("*.sqlite"):
            with store.open(path) as file:
                assert file.missing_triggers() == []
        path = folder / "1.sqlite"
        if not path.exists():
            store.create(path, catalogue.load(), 4548, role="tablet", county="990101").close()
        shutil.rmtree(folder)
