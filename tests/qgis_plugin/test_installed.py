"""The zip as QGIS installs it: into an empty profile, started by QGIS itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
#: Run inside QGIS once its window is there.
_ASKED = """
def answer():
    import json, os, sys
    from qgis.PyQt.QtCore import QTimer
    from qgis.core import QgsApplication, QgsDataSourceUri, QgsVectorLayer
    from qgis.gui import QgsGui
    from qgis.utils import plugins, unloadPlugin

    found = {}
    try:
        panel = plugins["xiangtu_qgis"].panel
        if panel.desk.busy:
            QTimer.singleShot(200, answer)
            return
        import numpy
        import shapely
        import xiangtu
        from xiangtu.geo.topology import repeats
        from xiangtu_qgis.gui.review.outline_canvas import as_qgis

        uri = QgsDataSourceUri()
        uri.setDatabase(str(panel.desk.path))
        uri.setDataSource("", "farmland", "geometry", "", "fid")
        parcels = QgsVectorLayer(uri.uri(), "parcels", "spatialite")

        from qgis.core import QgsProject
        from xiangtu import store
        from xiangtu.report.parcel_plans import parcel_plans
        from xiangtu_qgis.map.plan_layers import plan_layers, show, write

        with store.open(panel.desk.path, readonly=True) as file:
            plans, srid = parcel_plans(file, "homestead"), file.srid
        layers = plan_layers(QgsProject.instance(), panel.desk.path, srid)
        write(panel.desk.path, plans)
        show(layers)

        def offered():
            some = QgsGui.mapLayerActionRegistry().mapLayerActions(parcels)
            return [each.text() for each in some]

        registry = QgsApplication.processingRegistry()
        provider = registry.providerById("xiangtu")
        found = {
            "core": xiangtu.__file__,
            "panel": panel.windowTitle(),
            "county": str(panel.desk.path),
            "algorithms": len(provider.algorithms()),
            "group": provider.algorithm("merge").group(),
            "visible": panel.isVisible(),
            "area": as_qgis(shapely.box(0, 0, 2, 1)).area(),
            # QGIS's own GEOS answers here, which may be older than the one shapely brings.
            "alike": len(repeats(numpy.array([shapely.box(0, 0, 2, 1)] * 2)).first),
            "corners": (layers.corners.featureCount(), sum(len(each.corners) for each in plans)),
            "steps": list(panel.pages),
            "identify": offered(),
        }
        unloadPlugin("xiangtu_qgis")
        found["left"] = [name for name in sys.modules if name.split(".")[0] == "xiangtu"]
        found["identify_left"] = offered()
        found["provider_left"] = registry.providerById("xiangtu") is not None
    except Exception as fault:
        found["fault"] = repr(fault)
    with open(os.environ["XIANGTU_ANSWER"], "w") as out:
        json.dump(found, out)
    QgsApplication.instance().quit()

# QGIS runs this text inside a function, whose names the one above would not see later.
globals()["answer"] = answer
from qgis.PyQt.QtCore import QTimer
QTimer.singleShot(0, answer)
"""


@pytest.mark.parametrize("locale", ["zh-Hans", "en_US"])
def test_the_zip_starts_in_an_empty_profile(tmp_path: Path, county: object, locale: str) -> None:
    qgis = shutil.which("qgis")
    assert qgis is not None
    from demo.qgis_desk import make_profile, packages_for_qgis

    packed = tmp_path / "plugin.zip"
    subprocess.run(
        [sys.executable, "-m", "qgis_plugin.zip_file", str(packed)],
        cwd=_ROOT, check=True, capture_output=True,
    )  # fmt: skip
    profiles = make_profile(packed, tmp_path / "qgis", county.path, locale)
    script, answer = tmp_path / "asked.py", tmp_path / "answer.json"
    script.write_text(_ASKED)
    site = packages_for_qgis(tmp_path)
    environment = dict(
        os.environ, QT_QPA_PLATFORM="xcb", PYTHONPATH=str(site), XIANGTU_ANSWER=str(answer)
    )
    ended = subprocess.run(
        ["xvfb-run", "-a", qgis, "--profiles-path", str(profiles), "--profile", "xiangtu",
         "--nologo", "--code", str(script)],
        env=environment, check=False, timeout=240, capture_output=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
    found = json.loads(answer.read_text())
    chinese = locale.startswith("zh")
    assert "/plugins/xiangtu_qgis/core/xiangtu/" in found["core"]
    assert found["panel"] == ("乡图" if chinese else "Xiangtu")
    assert found["group"] == ("收件与合并" if chinese else "What comes back")
    assert found["county"] == str(county.path) and found["visible"]
    assert (found["area"], found["alike"]) == (2, 1)
    written, planned = found["corners"]
    assert written == planned > 0
    assert found["algorithms"] > 25 and "check" in found["steps"]
    (identify,) = found["identify"]
    assert ("历史" if chinese else "history") in identify and found["identify_left"] == []
    assert found["left"] == [] and not found["provider_left"]
