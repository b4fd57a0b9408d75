"""Tables in a narrow panel: columns that share its width, text that wraps and breaks anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qgis.PyQt.QtCore import QEvent, QLocale, QModelIndex, QObject, QRect, QSize
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QTreeView,
)

#: A line may end here though nothing is seen of it (Unicode, zero width space).
_BREAK = "\u200b"
#: Codes and paths, which have no spaces, at which alone Qt breaks lines; words are left whole.
_LONG = re.compile(r"(?=\S*[\d/\\_])[!-~]{9,}|[!-~]{16,}")
_PIECE = 4


class WrappingText(QStyledItemDelegate):
    """Draws text over as many lines as it takes, codes and paths too; the model keeps it whole."""

    def displayText(self, value: object, locale: QLocale) -> str:
        return _LONG.sub(_breakable, super().displayText(value, locale))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        view = self.parent()
        if not isinstance(view, QTreeView):
            return super().sizeHint(option, index)
        # A tree asks for one line, whatever the width.
        wrapped = QStyleOptionViewItem(option)
        wrapped.rect = QRect(0, 0, _room(view, index), 1)
        return super().sizeHint(wrapped, index)


class SharedWidth(QObject):
    """Keeps the columns of a view as wide as the view, each by its share.

    Parameters
    ----------
    shares : for each column, in their order, its part of the width; hidden ones leave theirs.
    least : for each column so many digits it has room for at least, 0 for no bound.
    """

    def __init__(
        self, view: QTableView | QTreeView, shares: Sequence[float], least: Sequence[int] = ()
    ) -> None:
        super().__init__(view)
        self._view, self._shares = view, shares
        self._least = least or [0] * len(shares)
        view.viewport().installEventFilter(self)
        header = _header(view)
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(24)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.share()
        return False

    def share(self) -> None:
        """Set the widths; for when a column was shown or hidden."""
        header = _header(self._view)
        shown = [at for at in range(len(self._shares)) if not header.isSectionHidden(at)]
        whole = sum(self._shares[at] for at in shown)
        left = self._view.viewport().width()
        digit = self._view.fontMetrics().horizontalAdvance("0")
        for place, at in enumerate(shown):
            last = place == len(shown) - 1
            width = left if last else int(self._view.viewport().width() * self._shares[at] / whole)
            width = max(width, self._least[at] * digit)
            header.resizeSection(at, width)
            left -= width


def wrap(view: QTableView | QTreeView) -> None:
    """Let the rows of a view be as high as their text needs at the width the columns have."""
    view.setWordWrap(True)
    view.setItemDelegate(WrappingText(view))
    if isinstance(view, QTreeView):
        view.setUniformRowHeights(False)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.header().sectionResized.connect(lambda *_: view.scheduleDelayedItemsLayout())
    else:
        view.horizontalHeader().sectionResized.connect(lambda *_: view.resizeRowsToContents())


def _header(view: QTableView | QTreeView) -> QHeaderView:
    return view.header() if isinstance(view, QTreeView) else view.horizontalHeader()


def _room(view: QTreeView, index: QModelIndex) -> int:
    """Pixels that a cell of a tree has for its text."""
    spanned = view.isFirstColumnSpanned(index.row(), index.parent())
    width = view.viewport().width() if spanned else view.columnWidth(index.column())
    if index.column() == 0:
        depth, above = int(view.rootIsDecorated()), index.parent()
        while above.isValid():
            depth, above = depth + 1, above.parent()
        width -= depth * view.indentation()
    return max(width, 1)


def _breakable(found: re.Match[str]) -> str:
    text = found.group()
    return _BREAK.join(text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
