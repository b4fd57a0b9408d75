"""One piece of the core's work as a QgsTask: its result or its refusal reaches the main thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from qgis.core import QgsTask
from xiangtu.cli.main import program_version
from xiangtu.cli.refusals import as_refusal, written_down
from xiangtu.errors import Cancelled, SurveyError

from .python_thread import in_python_thread

Result = TypeVar("Result")
Progress = Callable[[float, str], bool]

#: From QGIS 3.26 on it need not say a word of its own at the end of long work.
_FLAGS = QgsTask.Flag.CanCancel | getattr(QgsTask.Flag, "Silent", QgsTask.Flag.CanCancel)


class CoreTask(QgsTask, Generic[Result]):
    """Runs `work(progress)` in the background.

    Parameters
    ----------
    title : str
        What QGIS's task list shows.
    work : callable
        Gets the core's progress callable, which answers False once the task is cancelled, and
        returns the result. It opens what it needs itself: a survey file belongs to one thread.
    done, refused : callable
        Called on the main thread: with the result, or with what stopped it (`Cancelled` too).
    about : str
        The file the work is about, for faults of the machine that do not say.
    """

    def __init__(
        self,
        title: str,
        work: Callable[[Progress], Result],
        done: Callable[[Result], None],
        refused: Callable[[SurveyError], None],
        *,
        about: str = "",
    ) -> None:
        super().__init__(title, _FLAGS)
        self._work = work
        self._done = done
        self._refused = refused
        self._about = about
        self._result: Result | None = None
        self._refusal: SurveyError | None = None

    def run(self) -> bool:
        """In the background; QGIS calls it."""
        try:
            self._result = in_python_thread(lambda: self._work(self._progress))
        except SurveyError as refusal:
            self._refusal = refusal
        except Exception as fault:
            self._refusal = as_refusal(fault, self._about) or written_down(
                fault, f"QGIS: {self.description()}", program_version()
            )
        return True  # to QGIS it ran: what stopped it is told by `refused`, not by QGIS too

    def finished(self, succeeded: bool) -> None:
        """On the main thread; QGIS calls it, also for what was cancelled before it began."""
        if succeeded and self._refusal is None:
            self._done(self._result)  # type: ignore[arg-type]
        else:
            self._refused(self._refusal or Cancelled("cancelled"))

    def _progress(self, fraction: float, step: str) -> bool:
        self.setProgress(100 * min(max(fraction, 0.0), 1.0))
        return not self.isCanceled()
