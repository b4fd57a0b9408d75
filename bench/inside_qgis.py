"""What a person does at the county's desk, timed inside a running QGIS with the plugin installed.

QGIS is started with the plugin switched off, so that opening the panel is measured with all that
it loads. How long the main thread answers nobody is asked of a clock that wants to tick there.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Generator
from pathlib import Path
from types import TracebackType
from typing import Any

from qgis.core import QgsApplication, QgsDataSourceUri, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QStringListModel, Qt, QTimer
from qgis.PyQt.QtWidgets import QDockWidget, QLabel, QTableView
from qgis.utils import iface, loadPlugin, plugins, startPlugin, updateAvailablePlugins

PLUGIN = "xiangtu_qgis"
#: The environment's names for: where what was measured goes; the folder that sheets go into.
ANSWER, OUT = "XIANGTU_ANSWER", "XIANGTU_OUT"

_TICK_MS = 5
_FRAMES = 200
#: So many parcels are selected for their plans.
_PLANS = 20

Story = Generator[Callable[[], bool], None, None]


class Stalls:
    """The longest time that the main thread answered nobody, in seconds by the clock, and the most
    that it computed meanwhile, which a busy machine does not make longer."""

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_TICK_MS)
        self.begin()

    def begin(self) -> None:
        self._longest = (0.0, 0.0)
        self._began = self._last = self._now()

    def end(self, name: str) -> dict[str, float]:
        self._tick()
        clock_s, cpu_s = self._longest
        return {
            f"{name}_s": self._last[0] - self._began[0],
            f"{name}_stall_s": clock_s,
            f"{name}_stall_cpu_s": cpu_s,
        }

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.perf_counter(), time.thread_time()

    def _tick(self) -> None:
        now = self._now()
        self._longest = tuple(
            max(longest, at - before)
            for longest, at, before in zip(self._longest, now, self._last, strict=True)
        )
        self._last = now


class _Desk:
    """The measurements one after the other; each `yield` waits for what it gives to be true."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self.stalls = Stalls()
        self.out = Path(os.environ[OUT])
        self._story = self._all()
        self._waits_for: Callable[[], bool] = lambda: True

    def go_on(self) -> None:
        try:
            if self._waits_for():
                self._waits_for = next(self._story)
        except StopIteration:
            self._answer()
            return
        except Exception as fault:
            self.fail(type(fault), fault, fault.__traceback__)
            return
        QTimer.singleShot(2 * _TICK_MS, self.go_on)

    def fail(
        self, kind: type[BaseException], fault: BaseException, trace: TracebackType | None
    ) -> None:
        """End with what went wrong, wherever in QGIS it did."""
        self.found["fault"] = "".join(traceback.format_exception(kind, fault, trace))
        self._answer()

    def _answer(self) -> None:
        Path(os.environ[ANSWER]).write_text(json.dumps(self.found), encoding="utf-8")
        QgsProject.instance().clear()
        QgsApplication.instance().quit()

    def _all(self) -> Story:
        yield from self._open_panel()
        yield from self._findings()
        yield from self._build_map()
        yield from self._print_sheets()

    @property
    def panel(self) -> Any:
        return plugins[PLUGIN].panel

    def _idle(self) -> bool:
        return not self.panel.desk.busy

    # -- one thing after the other ------------------------------------------------------------

    def _open_panel(self) -> Story:
        self.stalls.begin()
        plain = QDockWidget("plain")
        plain.setWidget(QLabel("plain"))
        iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, plain)
        yield plain.isVisible
        self.found |= self.stalls.end("plain_panel")
        iface.removeDockWidget(plain)
        self.stalls.begin()
        updateAvailablePlugins()
        loadPlugin(PLUGIN)
        startPlugin(PLUGIN)
        yield lambda: self.panel.isVisible() and self._idle()
        self.found |= self.stalls.end("panel")
        # As often as one likes: what is loaded is loaded.
        self.panel.setVisible(False)
        yield lambda: not self.panel.isVisible()
        self.stalls.begin()
        self.panel.setVisible(True)
        yield lambda: self.panel.isVisible() and self._idle()
        self.found |= self.stalls.end("panel_again")

    def _findings(self) -> Story:
        self.stalls.begin()
        page = self.panel.show_step("check")
        yield self._idle
        self.found |= self.stalls.end("findings")
        self.found["findings"] = page.model.rowCount()
        self.found["scroll_frame_s"] = _scrolled(page.table)
        plain = QTableView()
        plain.setModel(QStringListModel([str(at) for at in range(page.model.rowCount())]))
        plain.resize(page.table.size())
        plain.show()
        self.found["plain_scroll_frame_s"] = _scrolled(plain)
        plain.close()
        sorted_s = []
        for column in range(page.model.columnCount()):
            self.stalls.begin()
            page.table.sortByColumn(column, Qt.SortOrder.DescendingOrder)
            yield self._idle
            sorted_s.append(self.stalls.end("sort")["sort_stall_s"])
        self.found["sort_s"] = max(sorted_s)
        self.stalls.begin()
        page.text.setText("梯田4")
        yield self._idle
        self.found |= self.stalls.end("narrow")
        self.stalls.begin()
        page.text.clear()
        page.table.selectAll()
        yield self._idle
        self.found |= self.stalls.end("select_all")
        page.table.clearSelection()

    def _build_map(self) -> Story:
        page = self.panel.show_step("map")
        yield self._idle
        self.found["plain_layers_s"] = _plain_layers(page.seen)
        self.stalls.begin()
        page.build_map()
        self.found["build_s"] = self.stalls.end("build")["build_s"]
        yield lambda: not iface.mapCanvas().isDrawing()
        self.found |= self.stalls.end("drawn")

    def _print_sheets(self) -> Story:
        from xiangtu_qgis.map.project import layers_of

        page = self.panel.pages["map"]
        codes = [page.village.itemData(at) for at in range(page.village.count())]
        parcels = layers_of(QgsProject.instance())["farmland"]
        parcels.selectByExpression(f'"fid" <= {_PLANS}')
        for kind, village in (
            ("county", None), ("village", codes[1]), ("farmland", None), ("findings", None),
        ):  # fmt: skip
            page.kind.setCurrentIndex(page.kind.findData(kind))
            page.village.setCurrentIndex(max(page.village.findData(village), 0))
            page.selected.setChecked(kind == "farmland")
            target = self.out / f"{kind}.pdf"
            self.stalls.begin()
            page.print_to(target)
            yield lambda: self._idle() and page.printing is None
            self.found |= self.stalls.end(f"print_{kind}")
            if not target.is_file():
                raise RuntimeError(iface.messageBar().currentItem().text())
            self.found[f"print_{kind}_bytes"] = target.stat().st_size


def _scrolled(table: Any) -> float:
    """The longest frame on a way through all rows, in seconds."""
    bar, longest = table.verticalScrollBar(), 0.0
    for at in range(_FRAMES):
        began = time.perf_counter()
        bar.setValue(bar.maximum() * at // (_FRAMES - 1))
        table.viewport().repaint()
        longest = max(longest, time.perf_counter() - began)
    return longest


def _plain_layers(seen: Any) -> float:
    """Seconds to open the county's layers in QGIS with nothing made of them."""
    began, kept = time.perf_counter(), QgsProject()
    for each in seen.catalogue.layers.values():
        if each.append_only:
            continue
        uri = QgsDataSourceUri()
        uri.setDatabase(str(seen.path))
        uri.setDataSource("", each.name, "geometry" if each.geometry else "", "", "fid")
        kept.addMapLayer(QgsVectorLayer(uri.uri(), each.name, "spatialite"))
    took = time.perf_counter() - began
    kept.clear()
    return took


_desk: _Desk | None = None


def begin() -> None:
    """Go through all of it once QGIS has nothing else to do, then close QGIS."""
    global _desk
    _desk = _Desk()
    sys.excepthook = _desk.fail
    QTimer.singleShot(0, _desk.go_on)
