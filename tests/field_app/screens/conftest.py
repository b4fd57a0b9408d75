"""The real app in a real window: a screen of the tests' own, and a tablet with work on it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_village import World

WIDTH, HEIGHT = 800, 1280
#: Kivy reads these when it is imported, which the driver is the first to do.
KIVY = {
    "KIVY_NO_ARGS": "1",
    "KIVY_NO_FILELOG": "1",
    "KIVY_LOG_MODE": "PYTHON",  # the program's own log and errors are left alone
    "KCFG_GRAPHICS_WIDTH": str(WIDTH),
    "KCFG_GRAPHICS_HEIGHT": str(HEIGHT),
    "KCFG_GRAPHICS_MULTISAMPLES": "0",
    "KCFG_KIVY_EXIT_ON_ESCAPE": "0",
    "SDL_AUDIODRIVER": "dummy",
}


@pytest.fixture(scope="session")
def display() -> Iterator[None]:
    """An Xvfb of the tests' own, where the tablet may lie or stand; Kivy opens its one window
    there."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{HEIGHT}x{HEIGHT}x24", "-nolisten",
         "tcp"],
        pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    with os.fdopen(reading) as said:
        number = said.readline().strip()
    before = os.environ.get("DISPLAY")
    os.environ.update(KIVY)
    os.environ["DISPLAY"] = f":{number}"
    yield
    if before is None:
        os.environ.pop("DISPLAY", None)
    else:
        os.environ["DISPLAY"] = before
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture
def work_folder(template: tuple[Path, World], tmp_path: Path) -> Path:
    """The folder of a tablet that has the small village's assignment."""
    return Path(shutil.copytree(template[0] / "tablet", tmp_path / "tablet"))


@pytest.fixture
def start_app(display: None) -> Iterator[Callable]:
    """Starts the app on a tablet: `driver = start_app(folder, receiver=…, assignment=…)`."""
    from driver import Driver

    begun: list[Driver] = []

    def start(folder: Path, **options: object) -> Driver:
        driver = Driver(folder, **options)
        begun.append(driver)
        return driver

    yield start
    for driver in begun:
        driver.stop()
