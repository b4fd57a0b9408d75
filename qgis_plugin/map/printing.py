"""Sheets as PDF or pictures while QGIS goes on answering: the map of a page is drawn in the
background, and what stands around it on the main thread, which alone may touch a layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsExpression,
    QgsLayoutExporter,
    QgsLayoutItemAttributeTable,
    QgsLayoutItemLegend,
    QgsMapRendererJob,
    QgsPrintLayout,
    QgsProject,
)
from qgis.PyQt.QtCore import QCoreApplication, QMarginsF, QObject, QSizeF, Qt, QTimer, pyqtSlot
from qgis.PyQt.QtGui import QImage, QPageSize, QPainter, QPdfWriter
from xiangtu.errors import BadFile, Cancelled, SurveyError
from xiangtu.store import places

from ..tasks.core_task import CoreTask
from . import legend as legends
from .map_beside import MM_OF_AN_INCH, MapBeside
from .plan_layers import NO_RECORD, PAGE_RECORD

_PDF_DPI = 300
_PICTURE_DPI = 200
#: What no system wants in a file's name.
_FORBIDDEN = str.maketrans({each: "_" for each in '<>:"/\\|?*\n'})

if TYPE_CHECKING:
    #: How many pages are done, or work in the background that what follows waits for.
    Turn = int | QgsMapRendererJob | CoreTask[legends.Present]


def _tables(layout: QgsPrintLayout) -> list[QgsLayoutItemAttributeTable]:
    return [each for each in layout.multiFrames() if isinstance(each, QgsLayoutItemAttributeTable)]


def _copy(layout: QgsPrintLayout) -> QgsPrintLayout:
    """A copy whose tables ask for nothing: they would go through all that they read, each several
    times while the copy is made."""
    asked = [(each, each.featureFilter()) for each in _tables(layout)]
    for table, _ in asked:
        table.setFeatureFilter(NO_RECORD)
    copy = layout.clone()
    for table, before in asked:
        table.setFeatureFilter(before)
    return copy


class Printing(QObject):
    """Writes a layout, page after page; keep it until one of the callables was called.

    Parameters
    ----------
    layout : QgsPrintLayout
        Its atlas, where it has one, says which pages there are; else it is one page. It is left as
        it is: a copy is printed.
    county : Path
        The survey file that its layers read, asked for what a legend has to explain.
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
        county: Path,
        target: Path,
        progress: Callable[[int, int], None],
        done: Callable[[int], None],
        refused: Callable[[SurveyError], None],
    ) -> None:
        super().__init__()
        self._county = county
        self._target = target
        self._progress = progress
        self._done = done
        self._refused = refused
        self._stopped: SurveyError | None = None
        self._ended = False
        self._drawing: QgsMapRendererJob | None = None
        self._reading: CoreTask[legends.Present] | None = None
        self._present: legends.Present = {}
        asked = [each.featureFilter() for each in _tables(layout)]
        self._layout = _copy(layout)
        self._tables = list(zip(_tables(self._layout), asked, strict=True))
        self._map = MapBeside(self._layout)
        self._legends = [
            (each, legends.layers_in(each))
            for each in self._layout.items()
            if isinstance(each, QgsLayoutItemLegend)
        ]
        atlas = self._layout.atlas()
        self._pages = atlas if atlas.enabled() else None
        self.count = 1
        if self._pages is not None:
            self._pages.setPageNameExpression('"uuid"')
            self._pages.beginRender()
            self.count = self._pages.count()
        pdf = target.suffix.lower() == ".pdf"
        self._turns = self._into_pdf() if pdf else self._into_pictures()
        # Layers must not go while they are drawn. (The project is not kept: a Python half of it
        # that is collected with this would take along what others have connected to it.)
        QgsProject.instance().layersWillBeRemoved.connect(self._leave_off)
        QCoreApplication.instance().aboutToQuit.connect(self._quit)

    def start(self) -> None:
        """Begin with the first page once QGIS has nothing else to do."""
        self._soon()

    def cancel(self) -> None:
        """Stop, also in the middle of a page."""
        self._stopped = self._stopped or Cancelled("cancelled")
        if self._drawing is not None:
            self._drawing.cancelWithoutBlocking()
        if self._reading is not None:
            self._reading.cancel()

    @pyqtSlot()
    def _leave_off(self) -> None:
        """Stop before this returns: what is drawn is about to go."""
        self.cancel()
        if self._drawing is not None:
            self._drawing.cancel()

    @pyqtSlot()
    def _quit(self) -> None:
        self._leave_off()
        self._end()

    def _soon(self) -> None:
        """Go on once QGIS has nothing else to do; a job that has just said that it is finished is
        then no longer at it, and may go."""
        QTimer.singleShot(0, self._go_on)

    def _go_on(self) -> None:
        """One turn; the event loop has the next one begin."""
        if self._ended:
            return
        self._drawing = None
        try:
            if self._stopped is not None:
                raise self._stopped
            turn = next(self._turns, None)
        except SurveyError as refusal:
            self._end()
            self._refused(refusal)
            return
        if turn is None:
            self._end()
            self._done(self.count)
        elif isinstance(turn, QgsMapRendererJob):
            self._drawing = turn
            turn.finished.connect(self._soon)
            turn.start()
        elif isinstance(turn, CoreTask):
            QgsApplication.taskManager().addTask(turn)  # which goes on by itself
        else:
            self._progress(turn, self.count)
            self._soon()

    def _end(self) -> None:
        """Leave nothing half written behind, and nothing that would go on."""
        if self._ended:
            return
        self._ended = True
        self._turns.close()
        if self._pages is not None:
            self._pages.endRender()
        for signal, slot in (
            (QgsProject.instance().layersWillBeRemoved, self._leave_off),
            (QCoreApplication.instance().aboutToQuit, self._quit),
        ):
            signal.disconnect(slot)
        # Now, and here: Python would else collect them whenever, and in whatever thread.
        self._legends.clear()
        self._tables.clear()
        del self._map, self._pages, self._turns
        self._layout.deleteLater()
        del self._layout

    # -- one page -----------------------------------------------------------------------------

    def _each_page(self) -> Iterator[int]:
        """Turn to each page; its number from 1."""
        for number in range(1, self.count + 1):
            if self._pages is not None:
                self._name_record(self._pages.nameForPage(number - 1))
                self._pages.seekTo(number - 1)
                self._layout.refresh()
            yield number

    def _name_record(self, uuid: str) -> None:
        """Have tables ask for the page's record by name, which the index of what they read knows;
        what stands for it QGIS works out for each row anew."""
        for table, asked in self._tables:
            named = asked.replace(PAGE_RECORD, QgsExpression.quotedValue(uuid))
            table.setFeatureFilter(named)

    def _draw(self, painter: QPainter) -> Iterator[Turn]:
        """Draw the page that is turned to."""
        yield from self._explain()
        job = self._map.job(painter)
        yield job
        self._map.finish(job, painter)
        QgsLayoutExporter(self._layout).renderPage(painter, 0)

    def _explain(self) -> Iterator[Turn]:
        """Have legends explain what there is within the map."""
        for legend, layers in self._legends:
            read = legends.reader(self._county, layers, self._map.bounds)
            self._reading = CoreTask(
                self._layout.name(), read, self._have_read, self._have_not, about=str(self._county)
            )
            yield self._reading
            legends.keep(legend, layers, self._present, self._map.scale)

    def _have_read(self, present: legends.Present) -> None:
        self._reading, self._present = None, present
        self._soon()

    def _have_not(self, refusal: SurveyError) -> None:
        self._reading = None
        self._stopped = self._stopped or refusal
        self._soon()

    # -- where pages go -----------------------------------------------------------------------

    def _into_pdf(self) -> Iterator[Turn]:
        temporary = places.temporary_beside(self._target)
        with places.place_told(self._target):
            temporary.touch()
        try:
            writer = QPdfWriter(str(temporary))
            writer.setPageSize(QPageSize(self._page_mm(), QPageSize.Unit.Millimeter))
            writer.setPageMargins(QMarginsF(0, 0, 0, 0))
            writer.setResolution(_PDF_DPI)
            writer.setTitle(self._layout.name())
            context = self._layout.renderContext()
            context.setDpi(_PDF_DPI)
            context.setTextRenderFormat(Qgis.TextRenderFormat.AlwaysText)
            painter = QPainter()
            if not painter.begin(writer):
                raise BadFile("file.readonly_place", path=str(self._target), reason="PDF")
            try:
                for number in self._each_page():
                    if number > 1:
                        writer.newPage()
                    yield from self._draw(painter)
                    yield number
            finally:
                painter.end()
            with places.place_told(self._target):
                temporary.replace(self._target)
        finally:
            temporary.unlink(missing_ok=True)

    def _into_pictures(self) -> Iterator[Turn]:
        with places.place_told(self._target):
            self._target.mkdir(parents=True, exist_ok=True)
        taken: set[Path] = set()
        self._layout.renderContext().setDpi(_PICTURE_DPI)
        for number in self._each_page():
            path = self._target / f"{self._name(number)}.png"
            if path in taken:
                path = self._target / f"{self._name(number)} {number}.png"
            taken.add(path)
            image = self._picture()
            painter = QPainter(image)
            try:
                yield from self._draw(painter)
            finally:
                painter.end()
            if not image.save(str(path)):
                raise BadFile("file.readonly_place", path=str(path), reason="PNG")
            yield number

    def _page_mm(self) -> QSizeF:
        size = self._layout.pageCollection().page(0).pageSize()
        return QSizeF(size.width(), size.height())

    def _picture(self) -> QImage:
        """A white page."""
        size = self._page_mm() * _PICTURE_DPI / MM_OF_AN_INCH
        image = QImage(size.toSize(), QImage.Format.Format_ARGB32)
        for set_dots in (image.setDotsPerMeterX, image.setDotsPerMeterY):
            set_dots(round(_PICTURE_DPI * 1000 / MM_OF_AN_INCH))
        image.fill(Qt.GlobalColor.white)
        return image

    def _name(self, number: int) -> str:
        """The layout's name and, of an atlas, the code of the page's feature."""
        if self._pages is None:
            return self._layout.name().translate(_FORBIDDEN)
        feature = self._layout.reportContext().feature()
        code = str(feature["code"] or number)
        return f"{self._layout.name()} {code}".translate(_FORBIDDEN)
