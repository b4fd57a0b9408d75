"""What QGIS loads: the panel, its button, and the provider of algorithms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction

from .core_path import OWN_CORE, lacking, leave_own_core
from .language import install_translator, language

if TYPE_CHECKING:
    from qgis.gui import QgisInterface

translate = QCoreApplication.translate

_HERE = Path(__file__).resolve().parent
#: The folder of xiangtu_zh_CN.qm: inside the plugin, else the checkout's.
_I18N = _HERE / "i18n" if OWN_CORE.is_dir() else _HERE.parent / "i18n"
#: Where QGIS keeps which county file is at work.
COUNTY_SETTING = "xiangtu/county"


class XiangtuPlugin:
    """The plugin as QGIS holds it; makes everything in `initGui` and takes it away in `unload`."""

    def __init__(self, iface: QgisInterface) -> None:
        self.iface = iface
        self._translator = install_translator(_I18N)
        self.provider = None
        self.panel = None
        self.action: QAction | None = None
        self.record_action = None

    def initProcessing(self) -> None:
        """Register the algorithms; all there is to do under qgis_process."""
        if lacking():
            return
        from .processing.provider import XiangtuProvider

        self.provider = XiangtuProvider(language(), self.icon(), county_at_work)
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self) -> None:
        """Add the panel with its button, and the algorithms."""
        from .gui.panel import XiangtuPanel

        self.initProcessing()
        self.panel = XiangtuPanel(self.iface, lacking())
        self.panel.setObjectName("XiangtuPanel")
        self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.panel)
        self.action = QAction(self.icon(), translate("Xiangtu", "Xiangtu"), self.iface.mainWindow())
        self.action.setCheckable(True)
        self.action.setToolTip(translate("Xiangtu", "Show or hide the panel of Xiangtu"))
        self.panel.setToggleVisibilityAction(self.action)
        self.iface.addToolBarIcon(self.action)
        self.iface.addPluginToDatabaseMenu(translate("Xiangtu", "Xiangtu"), self.action)
        if self.panel.desk is not None:
            from qgis.gui import QgsGui

            from .gui.record.layer_action import RecordAction

            self.record_action = RecordAction(self.panel.desk, self.icon())
            QgsGui.mapLayerActionRegistry().addMapLayerAction(self.record_action)

    def unload(self) -> None:
        """Take away all that was added."""
        if self.record_action is not None:
            from qgis.gui import QgsGui

            QgsGui.mapLayerActionRegistry().removeMapLayerAction(self.record_action)
            self.record_action = None
        if self.action is not None:
            self.iface.removePluginDatabaseMenu(translate("Xiangtu", "Xiangtu"), self.action)
            self.iface.removeToolBarIcon(self.action)
            self.action.deleteLater()
            self.action = None
        if self.panel is not None:
            self.panel.close_down()
            self.iface.removeDockWidget(self.panel)
            self.panel.deleteLater()
            self.panel = None
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
        leave_own_core()

    def icon(self) -> QIcon:
        return QIcon(str(_HERE / "xiangtu.svg"))


def county_at_work() -> str | None:
    """The county file that was opened last, if it is still there."""
    path = str(QgsSettings().value(COUNTY_SETTING, "") or "")
    return path if path and Path(path).is_file() else None
