"""Sheets as PDF or pictures, a page at a time, so that QGIS goes on answering between pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from qgis.core import Qgis, QgsLayoutExporter, QgsPrintLayout
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QCoreApplication, QMarginsF, QObject, QSizeF, QTimer
from qgis.PyQt.QtGui import QPageSize, QPainter, QPdfWriter
from xiangtu.errors import BadFile, Cancelled, SurveyError
from xiangtu.store import places

_PDF_DPI = 300
_PICTURE_DPI = 200
#: What no system wants in a file's name.
_FORBIDDEN = str.maketrans({each: "_" for each in '<>:"/\\|?*\n'})


class Printing(QObject):
    """Writes a layout, page after page; keep it until one of the callables was called.

    Parameters
    ----------
    layout : QgsPrintLayout
        Its atlas, where it has one, says which pages there are; else it is one page.
    target : Path
        A file ending in ".pdf" for all pages in one, else a folder that gets a PNG a page.
    progress : callable
        Told how many pages are done and how many there are.
    done, refused : callable
        Told how many pages were written, or what stopped it; then nothing is left of a PDF that
        was begun. Pictures that were written stay.
    """

    def __init__(
        self,
        layout: QgsPrintLayout,
        target: Path,
        progress: Callable[[int, int], None],
        done: Callable[[int], None],
        refused: Callable[[SurveyError], None],
    ) -> None:
        super().__init__()
        self._layout = layout
        self._target = target
        self._progress = progress
        self._done = done
        self._refused = refused
        self._cancelled = False
        atlas = layout.atlas()
        self._pages = atlas if atlas.enabled() else None
        self.count = 1
        if self._pages is not None:
            self._pages.beginRender()
            self.count = self._pages.count()
        pdf = target.suffix.lower() == ".pdf"
        self._steps = self._into_pdf() if pdf else self._into_pictures()

        application = QCoreApplication.instance()
        application.aboutToQuit.connect(self._drop)

    def start(self) -> None:
        """Begin with the first page once QGIS has nothing else to do."""
        QTimer.singleShot(0, self._step)

    def cancel(self) -> None:
        """Stop after the page that is being drawn."""
        self._cancelled = True

    def _step(self) -> None:
        try:
            # A project that was closed took its layouts along.
            if self._cancelled or sip.isdeleted(self._layout):
                self._drop()
                self._refused(Cancelled("cancelled"))
                return
            number = next(self._steps, None)
        except SurveyError as refusal:
            self._end()
            self._refused(refusal)
            return
        if number is None:
            self._end()
            self._done(self.count)
            return
        self._progress(number, self.count)
        QTimer.singleShot(0, self._step)

    def _drop(self) -> None:
        """Leave off, and nothing half written behind."""
        self._steps.close()
        self._end()

    def _end(self) -> None:
        if self._pages is not None and not sip.isdeleted(self._layout):
            self._pages.endRender()

    def _each_page(self) -> Iterator[int]:
        """Turn to each page; its number from 1."""
        for number in range(1, self.count + 1):
            if self._pages is not None:
                self._pages.seekTo(number - 1)
                self._layout.refresh()
            yield number

    def _into_pdf(self) -> Iterator[int]:
        temporary = places.temporary_beside(self._target)
        with places.place_told(self._target):
            temporary.touch()
        try:
            writer = QPdfWriter(str(temporary))
            size = self._layout.pageCollection().page(0).pageSize()
            writer.setPageSize(
                QPageSize(QSizeF(size.width(), size.height()), QPageSize.Unit.Millimeter)
            )
            writer.setPageMargins(QMarginsF(0, 0, 0, 0))
            writer.setResolution(_PDF_DPI)
            writer.setTitle(self._layout.name())
            context = self._layout.renderContext()
            before = context.dpi(), context.textRenderFormat()
            context.setDpi(_PDF_DPI)
            context.setTextRenderFormat(Qgis.TextRenderFormat.AlwaysText)
            painter = QPainter()
            if not painter.begin(writer):
                raise BadFile("file.readonly_place", path=str(self._target), reason="PDF")
            try:
                for number in self._each_page():
                    if number > 1:
                        writer.newPage()
                    QgsLayoutExporter(self._layout).renderPage(painter, 0)
                    yield number
            finally:
                painter.end()
                if not sip.isdeleted(self._layout):
                    context.setDpi(before[0])
                    context.setTextRenderFormat(before[1])
            with places.place_told(self._target):
                temporary.replace(self._target)
        finally:
            temporary.unlink(missing_ok=True)

    def _into_pictures(self) -> Iterator[int]:
        with places.place_told(self._target):
            self._target.mkdir(parents=True, exist_ok=True)
        taken: set[Path] = set()
        for number in self._each_page():
            path = self._target / f"{self._name(number)}.png"
            if path in taken:
                path = self._target / f"{self._name(number)} {number}.png"
            taken.add(path)
            image = QgsLayoutExporter(self._layout).renderPageToImage(0, dpi=_PICTURE_DPI)
            if not image.save(str(path)):
                raise BadFile("file.readonly_place", path=str(path), reason="PNG")
            yield number

    def _name(self, number: int) -> str:
        """The layout's name and, of an atlas, the code of the page's feature."""
        if self._pages is None:
            return self._layout.name().translate(_FORBIDDEN)
        feature = self._layout.reportContext().feature()
        code = str(feature["code"] or number)
        return f"{self._layout.name()} {code}".translate(_FORBIDDEN)
