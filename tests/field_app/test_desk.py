"""The desk's long work tells how far it is, can be stopped, and ends whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

import pytest
from xiangtu.errors import BadInput, Cancelled, SurveyError

from field_app.desk import Desk, Progress


class MainThread:
    """Does what the desk hands it when it is let."""

    def __init__(self) -> None:
        self.waiting: list = []
        self.refused: list[SurveyError] = []
        self.failed: list[BaseException] = []
        self.desk = Desk(self.waiting.append, self.refused.append, self.failed.append)

    def catch_up(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()

    def until_done(self) -> None:
        while self.desk.busy:
            self.catch_up()
        self.catch_up()


@pytest.fixture
def main() -> Iterator[MainThread]:
    thread = MainThread()
    yield thread
    thread.desk.close()


def test_the_latest_step_alone_is_told_however_many_there_are(main: MainThread) -> None:
    told: list[tuple[float, str]] = []
    reached = threading.Event()
    go_on = threading.Event()

    def task(progress: Progress) -> int:
        for step in range(1000):
            assert progress(step / 1000, "pack.reading")
        reached.set()
        go_on.wait(10)
        progress(1.0, "pack.done")
        return 7

    results: list[int] = []
    main.desk.work(task, lambda *step: told.append(step), lambda: None, results.append)
    assert reached.wait(10)
    assert len(main.waiting) == 1, "the main thread is not flooded"
    main.catch_up()
    assert told == [(0.999, "pack.reading")]
    go_on.set()
    main.until_done()
    assert told == [(0.999, "pack.reading"), (1.0, "pack.done")] and results == [7]


def test_work_that_is_stopped_is_refused_as_cancelled(main: MainThread) -> None:
    begun = threading.Event()

    def task(progress: Progress) -> None:
        while progress(0.5, "pack.reading"):
            begun.set()
        raise Cancelled("pack.cancelled")

    ended: list[bool] = []
    work = main.desk.work(task, lambda *_step: None, lambda: ended.append(True))
    assert begun.wait(10)
    work.stop()
    main.until_done()
    assert [error.code for error in main.refused] == ["pack.cancelled"] and ended == [True]


@pytest.mark.parametrize("error", [BadInput("pack.nothing"), ZeroDivisionError()])
def test_work_ends_however_it_ends(main: MainThread, error: Exception) -> None:
    def task(_progress: Progress) -> None:
        raise error

    ended: list[bool] = []
    main.desk.work(task, lambda *_step: None, lambda: ended.append(True))
    main.until_done()
    assert ended == [True] and main.refused + main.failed == [error]


def counting(steps: int, done: list[int]) -> Generator[tuple[float, str], None, str]:
    for number in range(steps):
        yield number / steps, "validate.fields"
        done.append(number)
    return "checked"


def test_what_is_asked_meanwhile_is_done_between_two_steps(main: MainThread) -> None:
    done: list[int] = []
    asked = threading.Event()

    def begin() -> Generator[tuple[float, str], None, str]:
        assert asked.wait(10)
        return counting(100, done)

    results: list[object] = []
    main.desk.work_in_steps(begin, lambda *_: None, lambda: results.append("gone"), results.append)
    main.desk.ask(lambda: len(done), results.append)
    asked.set()
    main.until_done()
    assert results == [0, "gone", "checked"], "the task did not wait for a hundred steps"
    assert done == list(range(100))


def test_steps_are_stopped_before_the_survey_is_closed_under_them(main: MainThread) -> None:
    done: list[int] = []
    closed: list[bool] = []
    go_on = threading.Event()
    refused: list[SurveyError] = []

    def begin() -> Generator[tuple[float, str], None, str]:
        assert go_on.wait(10)
        for step in counting(100, done):
            assert not closed, "a step after the file was closed"
            yield step
        return "checked"

    main.desk.work_in_steps(begin, lambda *_: None, lambda: None, refused=refused.append)
    main.desk.stop_steps()
    main.desk.ask(lambda: closed.append(True))
    go_on.set()
    main.until_done()
    assert closed and done == []
    assert [type(each) for each in refused] == [Cancelled]


def test_what_goes_wrong_in_a_step_is_told_once(main: MainThread) -> None:
    def begin() -> Generator[tuple[float, str], None, str]:
        yield 0.0, "validate.fields"
        raise BadInput("field.no_surveyor")

    ended: list[bool] = []
    main.desk.work_in_steps(begin, lambda *_: None, lambda: ended.append(True))
    main.until_done()
    assert [each.code for each in main.refused] == ["field.no_surveyor"] and ended == [True]
