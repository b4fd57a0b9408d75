"""The real app in a real window: a screen of the tests' own, and a tablet with work on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from own_display import own_display
from small_village import World


@pytest.fixture(scope="session")
def display() -> Iterator[None]:
    """An Xvfb of the tests' own, where the tablet may lie or stand; Kivy opens its one window
    there."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    with own_display():
        yield


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
