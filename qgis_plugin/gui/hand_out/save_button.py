"""A button that asks where a file goes: any folder, or straight to a stick that is plugged in."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QStorageInfo, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from ...plugin import county_at_work
from ..words import size_text

translate = QCoreApplication.translate

_FOLDER_SETTING = "xiangtu/handed_out_folder"
#: Where the desktops of Linux and macOS put what is plugged in.
_PLUGGED_IN = ("/media/", "/run/media/", "/Volumes/")
#: What GetDriveTypeW answers for a stick or card.
_DRIVE_REMOVABLE = 2
#: Not in a file's name on one system or another.
_FORBIDDEN = '<>:"/\\|?*'


@dataclass(frozen=True)
class Stick:
    """A stick or card that can be written to."""

    name: str
    folder: Path
    free_bytes: int


def plugged_in() -> list[Stick]:
    """Sticks and cards that are there now."""
    return [
        Stick(each.displayName(), Path(each.rootPath()), each.bytesAvailable())
        for each in QStorageInfo.mountedVolumes()
        if each.isValid() and each.isReady() and not each.isReadOnly()
        and _is_removable(each.rootPath())
    ]  # fmt: skip


def _is_removable(root: str) -> bool:
    if sys.platform == "win32":
        import ctypes

        return ctypes.windll.kernel32.GetDriveTypeW(os.path.normpath(root)) == _DRIVE_REMOVABLE
    return root.startswith(_PLUGGED_IN)


def file_name(text: str) -> str:
    """A text as a file's name on every system."""
    plain = "".join("_" if each in _FORBIDDEN or not each.isprintable() else each for each in text)
    return plain.strip(" .") or "_"


class SaveButton(QToolButton):
    """`chosen` with the path. A file that is there is never overwritten: the core says so."""

    chosen = pyqtSignal(object)

    def __init__(self, text: str, kind: str, suggest: Callable[[], str]) -> None:
        """`kind` filters the file dialog; `suggest` gives the file's name at the moment."""
        super().__init__()
        self._kind = kind
        self._suggest = suggest
        self.setText(text)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(QMenu(self))
        self.menu().aboutToShow.connect(self.list_places)

    def list_places(self) -> None:
        """Fill the menu: a folder of one's own, and each stick."""
        menu = self.menu()
        menu.clear()
        menu.addAction(translate("Xiangtu", "Save as…"), self._ask)
        for stick in plugged_in():
            label = translate("Xiangtu", "To {stick} ({size} free)").format(
                stick=stick.name, size=size_text(stick.free_bytes)
            )
            menu.addAction(label, lambda stick=stick: self._to(stick.folder))

    def _to(self, folder: Path) -> None:
        self.chosen.emit(folder / self._suggest())

    def _ask(self) -> None:
        path = ask_where(self, self.text(), self._suggest(), self._kind)
        if path is not None:
            self.chosen.emit(path)


def ask_where(parent: QWidget, title: str, suggested: str, kind: str) -> Path | None:
    """Let the person say where a new file goes: beside the county at first, and where the last one
    went after that. A name without an ending gets that of the kind that was chosen."""
    county = county_at_work()
    beside = str(Path(county).parent) if county else ""
    folder = str(QgsSettings().value(_FOLDER_SETTING, "") or beside)
    name, chosen = QFileDialog.getSaveFileName(
        parent,
        title,
        str(Path(folder) / suggested),
        kind,
        options=QFileDialog.Option.DontConfirmOverwrite,
    )
    if not name:
        return None
    path = Path(name)
    ending = re.search(r"\*(\.\w+)", chosen)
    if not path.suffix:
        path = path.with_name(path.name + (ending[1] if ending else Path(suggested).suffix))
    QgsSettings().setValue(_FOLDER_SETTING, str(path.parent))
    return path
