"""A real QGIS with the provider, and a small county whose tablets come back to it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from county import County, make_county

#: Where QGIS keeps its own Python plugins, Processing among them.
_QGIS_PLUGINS = "/usr/share/qgis/python/plugins"


@pytest.fixture
def county(tmp_path: Path) -> County:
    """A county with two enrolled tablets."""
    return make_county(tmp_path / "county", "ab")


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clock on the wall is 14 hours ahead of UTC."""
    with monkeypatch.context() as there:
        there.setenv("TZ", "UTC-14")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def panel(qgis_iface: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from qgis.core import QgsSettings
    from qgis.gui import QgsMessageBar

    from qgis_plugin.gui.panel import XiangtuPanel

    QgsSettings().clear()
    bar = QgsMessageBar()
    qtbot.addWidget(bar)
    monkeypatch.setattr(qgis_iface, "messageBar", lambda: bar)
    made = XiangtuPanel(qgis_iface, ())
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close_down()


@pytest.fixture(scope="session")
def toolbox(qgis_app: object) -> Iterator[object]:
    """Processing with the provider in English; answers `run(name, parameters)`."""
    sys.path.append(_QGIS_PLUGINS)
    from processing.core.Processing import Processing
    from qgis.core import QgsApplication
    from qgis.PyQt.QtGui import QIcon

    from qgis_plugin.processing.provider import XiangtuProvider

    Processing.initialize()
    provider = XiangtuProvider("en", QIcon(), lambda: None)
    QgsApplication.processingRegistry().addProvider(provider)
    yield provider
    QgsApplication.processingRegistry().removeProvider(provider)
    sys.path.remove(_QGIS_PLUGINS)
