"""The desk: the one thread that has the survey file, so that the screen never waits for it.

SQLite's connections belong to the thread that made them, and so do the controllers that use one.
A screen hands the desk a task and goes on; what comes of it is handed back on the main thread.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from xiangtu.errors import Cancelled, SurveyError

Result = TypeVar("Result")
_Call = Callable[[], None]
#: As the core's long work calls it: a fraction and a step's code; False asks it to stop.
Progress = Callable[[float, str], bool]
#: Long work that other tasks may come between: gives the same before each step, and a result.
Steps = Generator[tuple[float, str], None, Result]


class LongWork:
    """A task that tells how far it is, and can be stopped between two steps.

    The latest step alone is told: the screen hears of it once a frame, however many there are.
    """

    def __init__(
        self, on_main_thread: Callable[[_Call], object], told: Callable[[float, str], Any]
    ) -> None:
        self._on_main_thread, self._told = on_main_thread, told
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._latest: tuple[float, str] | None = None

    def stop(self) -> None:
        """Ask it to stop; it is then refused as cancelled, or was done before it heard."""
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        """It was asked to stop."""
        return self._stopping.is_set()

    def progress(self, fraction: float, step: str) -> bool:
        """What the task is given to call, on the desk's thread."""
        with self._lock:
            waiting, self._latest = self._latest is not None, (fraction, step)
        if not waiting:
            self._on_main_thread(self._tell)
        return not self.stopping

    def _tell(self) -> None:
        with self._lock:
            latest, self._latest = self._latest, None
        if latest is not None:
            self._told(*latest)


class Desk:
    """Does tasks one after the other.

    Parameters
    ----------
    on_main_thread : callable
        Runs a callable on the main thread, soon (the app gives Kivy's clock).
    refused : callable
        Told, on the main thread, of a SurveyError for which a task named nobody else.
    failed : callable
        Told, on the main thread, of any other exception: a fault of the program.
    """

    def __init__(
        self,
        on_main_thread: Callable[[_Call], object],
        refused: Callable[[SurveyError], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        self._on_main_thread = on_main_thread
        self._refused, self._failed = refused, failed
        self._tasks: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._waiting = 0
        self._in_steps: LongWork | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="desk", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Something was asked whose result the main thread has not had yet."""
        return self._waiting > 0

    def ask(
        self,
        task: Callable[[], Result],
        then: Callable[[Result], Any] | None = None,
        refused: Callable[[SurveyError], Any] | None = None,
    ) -> None:
        """Do a task after those asked before; hand its result, or its refusal, to the screen."""
        with self._lock:
            self._waiting += 1
        self._tasks.put(lambda: self._do(task, then, refused))

    def work(
        self,
        task: Callable[[Progress], Result],
        told: Callable[[float, str], Any],
        ended: _Call,
        then: Callable[[Result], Any] | None = None,
        refused: Callable[[SurveyError], Any] | None = None,
    ) -> LongWork:
        """As `ask`, for what may last: on the main thread `told` hears how far it is, and `ended`
        is called once it ended, however it did."""
        long_work = LongWork(self._on_main_thread, told)

        def do() -> Result:
            try:
                return task(long_work.progress)
            finally:
                self._on_main_thread(ended)

        self.ask(do, then, refused)
        return long_work

    def work_in_steps(
        self,
        begin: Callable[[], Steps[Result]],
        told: Callable[[float, str], Any],
        ended: _Call,
        then: Callable[[Result], Any] | None = None,
        refused: Callable[[SurveyError], Any] | None = None,
    ) -> LongWork:
        """As `work`, for what leaves the survey whole after each step: after every one of them
        come the tasks that were asked for meanwhile, so that nobody waits for the end."""
        long_work = self._in_steps = LongWork(self._on_main_thread, told)

        def end(task: Callable[[], Result]) -> None:
            self._on_main_thread(ended)
            self._do(task, then, refused)

        def go_on(steps: Steps[Result]) -> None:
            try:
                if long_work.stopping or not long_work.progress(*next(steps)):
                    raise Cancelled("cancelled")
            except StopIteration as done:
                result = done.value
                end(lambda: result)
            except BaseException as error:
                fault = error
                steps.close()
                end(lambda: _raise(fault))
            else:
                self._tasks.put(lambda: go_on(steps))

        with self._lock:
            self._waiting += 1
        self._tasks.put(lambda: go_on(_from(begin)))
        return long_work

    def stop_steps(self) -> None:
        """Stop what goes on in steps, before the survey is closed under it."""
        if self._in_steps is not None:
            self._in_steps.stop()

    def finish(self, at_most_s: float) -> bool:
        """Wait until what was asked is done, for some seconds at the most; whether it is."""
        done = threading.Event()
        self._tasks.put(done.set)
        return done.wait(at_most_s)

    def close(self) -> None:
        """Do what was asked, then end; to be called once, at the end of the app."""
        self._tasks.put(None)
        self._thread.join()

    def _do(
        self,
        task: Callable[[], Result],
        then: Callable[[Result], Any] | None,
        refused: Callable[[SurveyError], Any] | None,
    ) -> None:
        try:
            result = task()
        except SurveyError as error:
            self._hand(refused or self._refused, error)
        except BaseException as error:  # the screen tells the person; the thread goes on
            self._hand(self._failed, error)
        else:
            self._hand(then or _nothing, result)

    def _hand(self, receiver: Callable[[Any], Any], value: Any) -> None:
        def hand() -> None:
            with self._lock:
                self._waiting -= 1
            receiver(value)

        self._on_main_thread(hand)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()


def _nothing(_result: object) -> None:
    """What a screen does with a result that it does not need."""


def _from(begin: Callable[[], Steps[Result]]) -> Steps[Result]:
    """The steps; what goes wrong in beginning goes wrong in the first of them."""
    return (yield from begin())


def _raise(error: BaseException) -> Any:
    raise error
