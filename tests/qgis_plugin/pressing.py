"""What a person does at the panel: wait until it is done, press a button that is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def idle(panel: Any, qtbot: Any) -> None:
    """Wait until nothing is at work in the background."""
    qtbot.waitUntil(lambda: not panel.desk.busy, timeout=20_000)


def click(qtbot: Any, button: Any) -> None:
    """Press a button; what it began goes on."""
    from qgis.PyQt.QtCore import Qt

    assert button.isEnabled()
    # A button has no size to be hit until the layout that it was just put into is made.
    qtbot.waitUntil(lambda: button.height() > 0)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def press(panel: Any, qtbot: Any, button: Any) -> None:
    """Press a button and wait for what it began."""
    click(qtbot, button)
    idle(panel, qtbot)


def said(panel: Any) -> str:
    """What the message bar says."""
    item = panel.desk.iface.messageBar().currentItem()
    return item.text() if item else ""


def tick(page: Any, *codes: str) -> None:
    """Tick villages in the form of a new assignment."""
    from qgis.PyQt.QtCore import Qt

    page.tabs.setCurrentWidget(page.form)
    for item in page.form.villages._items():
        if item.data(0, Qt.ItemDataRole.UserRole) in codes:
            item.setCheckState(0, Qt.CheckState.Checked)


def stick_at(monkeypatch: Any, folder: Path) -> None:
    """A stick that is plugged in, as the system would tell of it."""
    from qgis_plugin.gui.hand_out import save_button

    folder.mkdir(exist_ok=True)
    stick = save_button.Stick("KINGSTON", folder, 3_200_000_000)
    monkeypatch.setattr(save_button, "plugged_in", lambda: [stick])


def to_stick(button: Any) -> None:
    """Open the button's menu and take its second entry."""
    assert button.isEnabled()
    button.list_places()
    (_ask, stick) = button.menu().actions()
    assert stick.text() == "To KINGSTON (3.2 GB free)"
    stick.trigger()


def arrive(page: Any, panel: Any, qtbot: Any, package: Path) -> Path:
    """Put a package into the watched folder, as a person copies it there."""
    folder = page.packages.folder.of(panel.desk.path)
    there = Path(shutil.copy(package, folder))
    number = page.packages.tree.topLevelItemCount()
    qtbot.waitUntil(lambda: page.packages.tree.topLevelItemCount() > number, timeout=20_000)
    idle(panel, qtbot)
    return there


@contextmanager
def written_by_another(path: Path) -> Iterator[int]:
    """Within it another program is writing the file; the number of its process."""
    holding = subprocess.Popen(
        [sys.executable, "-c",
         "import sqlite3, sys\n"
         "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
         "c.execute('BEGIN IMMEDIATE')\n"
         "print('held', flush=True)\n"
         "sys.stdin.read()\n", str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert holding.stdout is not None and holding.stdout.readline() == b"held\n"
    try:
        yield holding.pid
    finally:
        holding.communicate(b"")
