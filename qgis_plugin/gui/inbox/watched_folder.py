"""The folder in which packages arrive: which one it is, and word when something changes there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QFileSystemWatcher, QObject, QTimer, pyqtSignal

#: Setting: a JSON object, county file → folder.
_SETTING = "xiangtu/inboxes"
#: Milliseconds without a change after which a file that is being copied is looked at.
_QUIET_MS = 1500


class WatchedFolder(QObject):
    """Emits `changed` once after files came, grew or went, when it has been quiet for a while."""

    changed = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._watcher = QFileSystemWatcher(self)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(_QUIET_MS)
        self._quiet.timeout.connect(self.changed)
        self._watcher.directoryChanged.connect(self._stirred)
        self._watcher.fileChanged.connect(self._stirred)

    def _stirred(self, _path: str) -> None:
        self._quiet.start()

    def of(self, county: Path) -> Path | None:
        """The folder chosen for a county file."""
        folder = _folders().get(str(county))
        return Path(folder) if folder else None

    def choose(self, county: Path, folder: Path) -> None:
        """Watch a folder for a county file from now on, in later sessions too."""
        kept = {**_folders(), str(county): str(folder)}
        QgsSettings().setValue(_SETTING, json.dumps(kept, ensure_ascii=False))

    def watch(self, places: Iterable[Path]) -> None:
        """Watch these files and folders and no others."""
        wanted = {str(each) for each in places}
        watched = {*self._watcher.files(), *self._watcher.directories()}
        if watched - wanted:
            self._watcher.removePaths(sorted(watched - wanted))
        if wanted - watched:
            self._watcher.addPaths(sorted(wanted - watched))


def _folders() -> dict[str, str]:
    try:
        kept = json.loads(str(QgsSettings().value(_SETTING, "") or "{}"))
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}
