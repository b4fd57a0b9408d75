"""The county's desk in QGIS: handing out, merging, checking and mapping stand beside the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qgis.gui import QgisInterface

    from .plugin import XiangtuPlugin


def classFactory(iface: QgisInterface) -> XiangtuPlugin:
    """What QGIS calls to load the plugin."""
    from .core_path import use_own_core

    use_own_core()
    from .plugin import XiangtuPlugin

    return XiangtuPlugin(iface)
