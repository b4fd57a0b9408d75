"""A QGIS that does what it is told on its standard input, a line of JSON a step; run as a process.

Each answer is a line of JSON too. Steps: ["change", uuid, remark], ["commit"],
["transaction"] (from now on edits go into the file at once, in a transaction that stays open),
["read"] (begins to read the layer and does not end), ["count"].
"""

import json
import os
import sys

from qgis.core import QgsApplication, QgsDataSourceUri, QgsProject, QgsVectorLayer


def main() -> None:
    application = QgsApplication([], False)
    application.initQgis()
    uri = QgsDataSourceUri()
    uri.setDatabase(sys.argv[1])
    uri.setDataSource("", "homestead", "geometry")
    layer = QgsVectorLayer(uri.uri(), "homestead", "spatialite")
    assert layer.isValid()
    QgsProject.instance().addMapLayer(layer)
    remark = layer.fields().indexOf("remark")
    reading = None
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        step, *facts = json.loads(line)
        answer: object = None
        if step == "transaction":
            QgsProject.instance().setAutoTransaction(True)
        elif step == "change":
            if not layer.isEditable():
                assert layer.startEditing()
            (feature,) = layer.getFeatures(f"uuid = '{facts[0]}'")
            answer = layer.changeAttributeValue(feature.id(), remark, facts[1])
        elif step == "commit":
            answer = [layer.commitChanges(), layer.commitErrors(), layer.isModified()]
        elif step == "read":
            reading = layer.getFeatures()
            answer = next(reading)["uuid"]
        elif step == "count":
            reading = None
            answer = sum(1 for _ in layer.getFeatures())
        print(json.dumps(answer), flush=True)
    os._exit(0)


main()
