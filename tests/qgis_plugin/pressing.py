"""What a person does at the panel: wait until it is done, press a button that is there."""

from __future__ import annotations

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
