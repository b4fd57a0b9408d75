"""Work of the core in QGIS's background."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from xiangtu.errors import BadInput
from xiangtu.geo import transform


def test_work_that_asks_for_a_crs_again_and_again_leaves_qgis_standing(
    qgis_app: Any, qtbot: Any
) -> None:
    """In Qt's own threads the second of these ends the process (pyproj 3.7)."""
    from qgis.core import QgsApplication

    from qgis_plugin.tasks.core_task import CoreTask

    names: list[str] = []
    for count in range(1, 4):
        task = CoreTask(
            "crs",
            lambda _progress: transform.crs_of(4546).name,
            names.append,
            lambda refusal: names.append(refusal.code),
        )
        QgsApplication.taskManager().addTask(task)
        qtbot.waitUntil(lambda count=count: len(names) == count)
    assert names == ["CGCS2000 / 3-degree Gauss-Kruger CM 111E"] * 3


def test_what_goes_wrong_in_a_thread_of_pythons_own_reaches_whoever_called() -> None:
    from qgis_plugin.tasks.python_thread import in_python_thread

    def refuse() -> None:
        raise BadInput("layer.unknown", layer="x")

    with pytest.raises(BadInput):
        in_python_thread(refuse)
    assert in_python_thread(threading.current_thread) is not threading.current_thread()


def test_work_that_is_refused_is_told_by_us_and_no_failed_task_to_qgis(
    qgis_app: Any, qtbot: Any
) -> None:
    from qgis.core import QgsApplication, QgsTask

    from qgis_plugin.tasks.core_task import CoreTask

    codes: list[str] = []
    failed: list[bool] = []

    def refuse(_progress: Any) -> None:
        raise BadInput("layer.unknown", layer="x")

    task = CoreTask("refused", refuse, codes.append, lambda refusal: codes.append(refusal.code))
    task.taskTerminated.connect(lambda: failed.append(True))
    QgsApplication.taskManager().addTask(task)
    qtbot.waitUntil(lambda: bool(codes))
    assert codes == ["layer.unknown"] and not failed
    silent = getattr(QgsTask.Flag, "Silent", None)
    assert silent is None or task.flags() & silent
