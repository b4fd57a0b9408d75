"""Run as a process of its own: opens the form of every layer of a county and prints what it has.

pytest-qgis makes QGIS's editors without a map canvas, and those of references cannot stand that.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from qgis.core import QgsApplication, QgsProject, QgsVectorLayer, QgsVectorLayerTools
from qgis.gui import (
    QgsAttributeEditorContext,
    QgsAttributeForm,
    QgsGui,
    QgsMapCanvas,
    QgsMessageBar,
    QgsRelationReferenceWidget,
)
from qgis.PyQt.QtWidgets import QTabWidget
from xiangtu import store
from xiangtu.catalogue.loader import resources_folder

from qgis_plugin.map.project import build_project


class LayerTools(QgsVectorLayerTools):
    """What a form asks the program around it to do; QGIS falls over a form without."""

    def addFeature(self, *_: object, **__: object) -> bool:
        return False

    def startEditing(self, layer: QgsVectorLayer) -> bool:
        return layer.startEditing()

    def stopEditing(self, layer: QgsVectorLayer, _cancel: bool = True) -> bool:
        return layer.commitChanges()

    def saveEdits(self, layer: QgsVectorLayer) -> bool:
        return layer.commitChanges(False)


def main() -> None:
    """open_forms.py COUNTY LANGUAGE"""
    county, language = Path(sys.argv[1]), sys.argv[2]
    application = QgsApplication([], True)
    application.initQgis()
    canvas, bar = QgsMapCanvas(), QgsMessageBar()
    QgsGui.editorWidgetRegistry().initEditors(canvas, bar)
    with store.open(county, readonly=True) as file:
        srid, catalogue = file.srid, file.catalogue
    built = build_project(
        county, srid, catalogue, resources_folder(), title="county", language=language,
        project=QgsProject.instance(),
    )  # fmt: skip
    found, tools = {}, LayerTools()
    for name, layer in built.layers.items():
        feature = next(layer.getFeatures(), None)
        if feature is None:
            continue
        context = QgsAttributeEditorContext()
        context.setVectorLayerTools(tools)
        form = QgsAttributeForm(layer, feature, context)
        form.show()
        application.processEvents()
        tabs = form.findChild(QTabWidget)
        references = form.findChildren(QgsRelationReferenceWidget)
        found[name] = {
            "tabs": [tabs.tabText(at) for at in range(tabs.count())],
            "references": len(references),
        }
    print(json.dumps(found, ensure_ascii=False), flush=True)
    os._exit(0)  # QGIS would take the forms down in an order of its own


if __name__ == "__main__":
    main()
