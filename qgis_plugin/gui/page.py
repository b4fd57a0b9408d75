"""A page of the panel: one step of the county's day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.PyQt.QtWidgets import QLabel, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from .desk import CountyDesk


class Page(QWidget):
    """Made once; `refresh` shows the county as it is when the page is shown or content changed."""

    #: Whether the page has nothing to show without a county.
    needs_county = True

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__()
        self.desk = desk
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(6, 6, 6, 6)

    def refresh(self) -> None:
        """Read anew what the page shows; on the main thread, so long reading goes to the desk."""
        raise NotImplementedError

    def close_down(self) -> None:
        """Take away what the page put elsewhere, on the map; the plugin is about to go."""

    def heading(self, text: str) -> QLabel:
        """A line above a part of the page."""
        label = QLabel(text)
        font = label.font()
        font.setBold(True)
        label.setFont(font)
        self.column.addWidget(label)
        return label
