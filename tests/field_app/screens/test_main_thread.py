"""The main thread only draws: whatever lies on the disk is fetched by the desk's. Every journey
asks this at its end (Driver.stop); here, that it would be heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from small_village import World
from xiangtu.store import SurveyFile

from field_app.controllers import form
from field_app.controllers.start import Fieldwork


def test_a_survey_touched_while_drawing_is_heard(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    with Fieldwork(work_folder) as work:
        form.confirm_unchanged(work.survey, "farmland", world.parcels["west"])
    app = start_app(work_folder)
    app.touch("开始工作")
    for tab in ("地图", "记录", "交付", "设置", "今日"):
        app.touch(tab)
    assert app.opened_by_the_screen() == []
    button = app.find("新增记录").parent

    def touches_the_survey(*_: object) -> None:
        with app.app.fieldwork.tablet.survey() as survey:
            assert isinstance(survey, SurveyFile)

    button.bind(on_release=touches_the_survey)
    app.touch(button)
    heard = app.opened_by_the_screen()
    assert any(each.startswith("sqlite3.connect") for each in heard)
    app.forgive()
