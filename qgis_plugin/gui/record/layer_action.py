"""The entry in the identify menu (and on a layer's features) that opens a record's history."""

from __future__ import annotations

from qgis.core import QgsFeature, QgsMapLayer
from qgis.gui import QgsMapLayerAction
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon

from .. import county_layers
from ..desk import CountyDesk
from .dialog import RecordDialog

translate = QCoreApplication.translate


class RecordAction(QgsMapLayerAction):
    """Offered for layers of the county at work.

    QGIS from 3.30 on hands its methods a context besides, and calls the deprecated signals for
    nobody; overriding them works with and without it.
    """

    def __init__(self, desk: CountyDesk, icon: QIcon) -> None:
        super().__init__(
            translate("Xiangtu", "Xiangtu: history and private values…"),
            desk,
            QgsMapLayerAction.Target.SingleFeature,
            icon,
        )
        self._desk = desk

    def canRunUsingLayer(self, layer: QgsMapLayer | None, _context: object = None) -> bool:
        name = county_layers.name_of(layer, self._desk.path)
        return name is not None and layer.fields().lookupField("uuid") >= 0

    def triggerForFeature(
        self, layer: QgsMapLayer, feature: QgsFeature, _context: object = None
    ) -> None:
        name = county_layers.name_of(layer, self._desk.path)
        uuid = feature.attribute("uuid")
        if name is None or not isinstance(uuid, str):
            self._desk.warn(
                translate("Xiangtu", "This record is not saved yet: save the layer's edits first.")
            )
            return
        RecordDialog.show_record(self._desk, name, uuid)
