"""What all pages of the panel share: the county file at work, work in the background, messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from qgis.core import Qgis, QgsApplication, QgsMessageLog, QgsProject, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QDialog
from xiangtu import store
from xiangtu.cli.main import login_name
from xiangtu.errors import Cancelled, SurveyError
from xiangtu.words import explain

from ..language import language
from ..plugin import COUNTY_SETTING, county_at_work
from ..tasks.core_task import CoreTask, Progress
from .words import brief

if TYPE_CHECKING:
    from qgis.gui import QgisInterface

translate = QCoreApplication.translate
Result = TypeVar("Result")

_RECENT_SETTING = "xiangtu/recent"
_RECENT_KEPT = 8
_TAG = "Xiangtu"
#: Seconds that a message stays that asks nothing of the person.
_SHOWN_S = 8


class CountyDesk(QObject):
    """The county file at work.

    Signals
    -------
    county_changed
        Another county file, or none, is at work.
    content_changed
        Something was written into it through the panel.
    busy_changed(bool)
        Work began or ended in the background.
    """

    county_changed = pyqtSignal()
    content_changed = pyqtSignal()
    busy_changed = pyqtSignal(bool)

    def __init__(self, iface: QgisInterface) -> None:
        super().__init__()
        self.iface = iface
        self.language = language()
        self.path: Path | None = None
        # QGIS's task manager owns a task but not its Python half: that would be collected.
        self._tasks: list[CoreTask[object]] = []
        # Of a window of QGIS's main window, likewise.
        self._windows: list[QDialog] = []

    # -- which county -------------------------------------------------------------------------

    def open_last(self) -> None:
        """Go on with the county file of the last time, if it is still there."""
        last = county_at_work()
        if last is not None:
            self.open(Path(last))

    def open(self, path: Path) -> bool:
        """Make a county file the one at work; whether it could be read. Says why not."""
        try:
            with store.open(path, readonly=True) as file:
                role = file.meta["role"]
        except SurveyError as refusal:
            self.refuse(refusal)
            return False
        if role != "county":
            self.warn(
                translate("Xiangtu", "{path} is the file of a tablet. Open a county file."), path
            )
            return False
        self.path = path
        settings = QgsSettings()
        settings.setValue(COUNTY_SETTING, str(path))
        recent = [str(path), *(each for each in self.recent() if each != str(path))]
        settings.setValue(_RECENT_SETTING, recent[:_RECENT_KEPT])
        self.county_changed.emit()
        return True

    def recent(self) -> list[str]:
        """County files opened before that are still there, the last first."""
        value = QgsSettings().value(_RECENT_SETTING, []) or []
        listed = [value] if isinstance(value, str) else list(value)
        return [each for each in listed if Path(each).is_file()]

    @property
    def author(self) -> str:
        """Who sits at the desk: the name set in QGIS, else the login."""
        return QgsApplication.userFullName() or QgsApplication.userLoginName() or login_name()

    # -- work ---------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        return bool(self._tasks)

    def run(
        self,
        title: str,
        work: Callable[[Progress], Result],
        done: Callable[[Result], None],
        *,
        writes: bool = False,
        refused: Callable[[SurveyError], None] | None = None,
    ) -> CoreTask[Result]:
        """Do work in the background and `done` on the main thread with its result.

        `writes`: it writes into the county, which every page is then told of. What goes wrong is
        said in the message bar unless `refused` takes it.
        """

        def well(result: Result) -> None:
            self._ended(task)
            done(result)
            if writes:
                self.content_changed.emit()

        def badly(refusal: SurveyError) -> None:
            self._ended(task)
            (refused or self.refuse)(refusal)

        task = CoreTask(title, work, well, badly, about=str(self.path or ""))
        self._tasks.append(task)
        self.busy_changed.emit(True)
        QgsApplication.taskManager().addTask(task)
        return task

    def _ended(self, task: CoreTask[object]) -> None:
        self._tasks.remove(task)
        if not self._tasks:
            self.busy_changed.emit(False)

    def stop(self) -> None:
        """Cancel what is at work and wait until it has rolled back."""
        for task in list(self._tasks):
            task.cancel()
            task.waitForFinished(30_000)

    # -- windows ------------------------------------------------------------------------------

    def show_window(self, window: QDialog) -> None:
        """Show a window beside QGIS's own and keep it until it is closed."""
        self._windows.append(window)
        window.finished.connect(lambda _result: self._windows.remove(window))
        window.show()

    # -- messages -----------------------------------------------------------------------------

    def tell(self, said: str, path: Path | None = None, **facts: object) -> None:
        """Say that something was done; in a sentence with {path} the file's name stands, and
        behind "Show more" where it lies."""
        self._say(said, Qgis.MessageLevel.Success, path, facts)

    def warn(self, said: str, path: Path | None = None, **facts: object) -> None:
        """Say that something cannot be done, and what to do; {path} as of `tell`."""
        self._say(said, Qgis.MessageLevel.Warning, path, facts)

    def _say(
        self, said: str, level: Qgis.MessageLevel, path: Path | None, facts: dict[str, object]
    ) -> None:
        if path is None:
            self._push(said, level)
        else:
            whole = said.format(path=path, **facts)
            self._push(said.format(path=path.name, **facts), level, whole)

    def warn_of(self, unsaved: list[str]) -> bool:
        """Whether edits of these layers are still to be saved, of which the county cannot know;
        says so."""
        if unsaved:
            said = translate(
                "Xiangtu", "Save the edits of {layers} first: the county does not have them yet."
            )
            self.warn(said.format(layers=", ".join(unsaved)))
        return bool(unsaved)

    def warn_of_no_map(self) -> bool:
        """Whether the project that is open has no layer at all, so that nothing would be seen of a
        place; says where the map is built."""
        if QgsProject.instance().mapLayers():
            return False
        said = translate("Xiangtu", "The map is empty: build it at the step Map first.")
        self._push(said, Qgis.MessageLevel.Info)  # it goes by itself: one comes with each row
        return True

    def refuse(self, refusal: SurveyError) -> None:
        """Say a refusal in words, of files their names; where they lie is behind the button
        "Show more", code and facts are in QGIS's log."""
        if isinstance(refusal, Cancelled):
            self._push(
                translate("Xiangtu", "Cancelled; nothing was changed."), Qgis.MessageLevel.Info
            )
            return
        facts = (f"{name} = {value}" for name, value in refusal.facts.items())
        self._push(
            brief(refusal, self.language),
            Qgis.MessageLevel.Warning,
            explain(refusal, self.language),
            (refusal.code, *facts),
        )

    def _push(
        self, text: str, level: Qgis.MessageLevel, whole: str = "", logged: Iterable[str] = ()
    ) -> None:
        """Say something in the bar's one line, with the whole of it behind "Show more"."""
        stays = level == Qgis.MessageLevel.Warning
        self.iface.messageBar().pushMessage(
            translate("Xiangtu", "Xiangtu"), text, whole, level, 0 if stays else _SHOWN_S
        )
        QgsMessageLog.logMessage(" · ".join((whole or text, *logged)), _TAG, level, False)
