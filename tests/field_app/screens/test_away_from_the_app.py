"""The app in the background: what was typed is there, what is recorded goes on, and whoever comes
back after long says the PIN."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scripted_survey import epochs_of
from small_village import World, fix_at
from xiangtu import store

from field_app.controllers import write_behind
from field_app.controllers.pin import Pin

if TYPE_CHECKING:
    from driver import Driver


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def away(app: Driver, minutes: float) -> None:
    """Android puts the app into the background, and later back to the front."""
    clock = app.app.absence.clock
    app.app.dispatch("on_pause")
    clock.now_s += minutes * 60
    app.app.dispatch("on_resume")
    app.settle()


@pytest.fixture
def with_pin(start_app: Callable, work_folder: Path) -> Driver:
    """At the list of the day on a tablet with the PIN 2706."""
    Pin(work_folder).choose("2706")
    app: Driver = start_app(work_folder)
    app.app.absence.clock = Clock()
    app.type(app.app.shell.screen.pin, "2706")
    app.touch("开始工作")
    return app


def test_what_is_being_typed_is_in_the_file_when_the_app_goes_away(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")
    app.app.shell.show("form", layer="farmland", record=world.parcels["west"])
    app.settle()
    line = app.asked("地块名称").line
    line.focus = True
    line.text = "西边大田"
    app.app.dispatch("on_pause")
    # As it would be found, were the app ended now.
    with closing(sqlite3.connect(app.app.fieldwork.survey.path)) as file:
        (answers,) = file.execute("SELECT answers FROM draft").fetchone()
    assert json.loads(answers)["name"] == "西边大田"


@pytest.mark.parametrize("how", ["put away", "ended"])
def test_epochs_that_wait_to_be_written_are_in_the_file_when_the_app_is(
    start_app: Callable,
    work_folder: Path,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    from fed_receiver import FedReceiver

    app = start_app(work_folder)
    app.touch("开始工作")
    receiver, record = FedReceiver(app), world.parcels["west"]
    app.app.shell.show("capture", layer="farmland", record=record)
    app.settle()
    monkeypatch.setattr(write_behind, "EVERY_S", 3600.0)  # the clock alone writes nothing now
    for begins in (0, 5):
        receiver.says([fix_at(300 + second, 100, second) for second in range(begins, begins + 5)])
    if how == "ended":
        app.stop()
    else:
        app.app.dispatch("on_pause")
    with store.open(work_folder / "survey.sqlite", readonly=True) as survey:
        assert epochs_of(survey, record) == 10


def test_the_pin_is_asked_for_after_long_and_everything_goes_on_behind_it(
    with_pin: Driver, world: World
) -> None:
    from fed_receiver import FedReceiver

    app, receiver = with_pin, FedReceiver(with_pin)
    app.touch("地图")
    app.touch(app.app.shell.screen.track)
    app.app.shell.show("form", layer="farmland", record=world.parcels["west"])
    app.settle()
    away(app, 4)
    assert app.sees("农用地地块 西地"), "a short look elsewhere"
    away(app, 6)
    assert not app.sees("农用地地块 西地") and app.sees("已锁定")
    app.back()
    before = app.app.tracking.epochs or 0
    receiver.says([fix_at(100, 100, n) for n in range(5)])
    app.until(lambda: app.app.tracking.epochs == before + 5)
    (window,) = (each for each in app.widgets() if hasattr(each, "pin"))
    app.type(window.pin, "1111")
    app.touch("解锁")
    assert app.sees("PIN 码不正确") and app.sees("已锁定")
    app.type(window.pin, "2706")
    app.touch("解锁")
    assert app.sees("农用地地块 西地") and not app.sees("已锁定")


def test_how_long_is_chosen_and_without_a_pin_nobody_is_asked(with_pin: Driver) -> None:
    app = with_pin
    app.app.change_settings(replace(app.app.settings, lock_after_min=15))
    away(app, 10)
    assert app.sees("今日任务")
    app.app.pin.remove()
    away(app, 20)
    assert app.sees("今日任务")


def test_a_forgotten_pin_leads_to_the_start_where_the_county_takes_it_away(
    with_pin: Driver,
) -> None:
    app = with_pin
    away(app, 6)
    app.touch("忘记 PIN 码")
    assert app.sees("打开任务包") and not app.sees("已锁定")
    away(app, 6)
    assert not app.sees("已锁定"), "the start asks for it itself"
    app.touch("开始工作")
    assert app.sees("PIN 码不正确") and not app.sees("今日任务")


def test_the_screen_stays_on_while_a_track_is_recorded_whatever_else_ends(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")
    app.touch("地图")
    assert not app.kept_awake
    app.touch(app.app.shell.screen.track)
    assert app.kept_awake
    app.app.shell.show("capture", layer="farmland", record=world.parcels["west"])
    app.settle()
    app.back()
    assert app.kept_awake, "the measuring ended, the track goes on"
    app.touch(app.app.shell.screen.track)
    assert not app.kept_awake
