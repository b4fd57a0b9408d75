"""Whether what a view draws can be read."""

from __future__ import annotations

from typing import Any

#: As large as a desktop's font of 9 points.
_FONT_PX = 12


def drawn_whole(view: Any, columns: Any, width: int = 400) -> bool:
    """Whether a view of a width (px) draws the text of columns whole: what is cut would be cut
    elsewhere, were text to be cut at its other end."""
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QApplication

    parent, before = view.parentWidget(), view.textElideMode()
    font = view.font()
    font.setPixelSize(_FONT_PX)
    view.setParent(None)
    view.setFont(font)
    view.resize(width, 4000)
    view.show()
    QApplication.processEvents()
    images = []
    for mode in (Qt.TextElideMode.ElideLeft, Qt.TextElideMode.ElideRight):
        view.setTextElideMode(mode)
        QApplication.processEvents()
        images.append(view.viewport().grab().toImage())
    view.setTextElideMode(before)
    header = view.header() if hasattr(view, "header") else view.horizontalHeader()
    seen = [
        (header.sectionViewportPosition(at), header.sectionSize(at))
        for at in columns
        if not header.isSectionHidden(at)
    ]
    inside = all(start >= 0 and start + size <= width for start, size in seen)
    same = all(
        images[0].copy(start, 0, size, 4000) == images[1].copy(start, 0, size, 4000)
        for start, size in seen
    )
    view.setParent(parent)
    return inside and same


def shown_more(panel: Any, qtbot: Any) -> str:
    """What the button of the message bar's last message shows."""
    from qgis.PyQt.QtCore import Qt, QTimer
    from qgis.PyQt.QtWidgets import QApplication, QDialog, QTextEdit, QToolButton

    texts: list[str] = []

    def read() -> None:
        (window,) = (each for each in QApplication.topLevelWidgets() if _is_viewer(each))
        assert isinstance(window, QDialog)
        texts.append(window.findChild(QTextEdit).toPlainText())
        window.reject()

    item = panel.desk.iface.messageBar().currentItem()
    QTimer.singleShot(200, read)
    button = next(each for each in item.findChildren(QToolButton) if each.text() == "Show more")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    return texts[0]


def _is_viewer(window: Any) -> bool:
    return bool(window.metaObject().className() == "QgsMessageViewer" and window.isVisible())
