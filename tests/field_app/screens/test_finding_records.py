"""The list of records by touch: what it shows, how it is narrowed, where it leads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_village import World

from field_app.controllers import form
from field_app.controllers.start import Fieldwork


@pytest.fixture
def opened(display: None, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the list hands to the form's screen, whose place another screen takes here."""
    from field_app import app
    from field_app.screens.today import TodayScreen

    shown: list[dict[str, Any]] = []

    class FormScreen(TodayScreen):
        def title(self) -> str:
            return "form"

        def enter(self, **what: Any) -> None:
            shown.append(what)

    monkeypatch.setitem(app.SCREENS, "form", FormScreen)
    return shown


def test_records_are_narrowed_and_lead_to_their_form(
    start_app: Callable, work_folder: Path, world: World, opened: list[dict[str, Any]]
) -> None:
    with Fieldwork(work_folder) as work:
        form.confirm_unchanged(work.survey, "farmland", world.parcels["west"])
        draft = form.Form.open_record(work.survey, "farmland", world.parcels["east"])
        draft.answer("remark", "再看")
    app = start_app(work_folder)
    app.touch("开始工作")
    app.touch("记录")
    assert app.sees("西地") and app.sees("东地") and app.sees("张三")
    app.touch("我的")
    assert app.sees("西地") and not app.sees("东地") and app.sees("共 1 条")
    app.touch("我的")
    app.touch("未完成")
    assert app.sees("东地") and app.sees("在填") and not app.sees("西地")
    app.touch("全部图层")
    app.touch("农用地地块")
    assert app.sees("共 1 条")
    app.touch("东地")
    assert opened == [{"layer": "farmland", "record": world.parcels["east"]}]
    app.back()
    assert app.sees("共 1 条"), "what was wanted stays"


def test_what_the_rules_find_is_shown_and_leads_to_its_record(
    start_app: Callable, work_folder: Path, world: World, opened: list[dict[str, Any]]
) -> None:
    with Fieldwork(work_folder) as work:
        work.survey.update("farmland", world.parcels["west"], {"land_use": None})
    app = start_app(work_folder)
    app.touch("开始工作")
    app.touch("记录")
    app.touch("今天")  # what was wanted before hides nothing of what is found
    app.touch("检查成果")
    app.until(lambda: app.sees("检查完成"))
    assert app.sees("西地") and not app.sees("东地")
    app.touch("西地")
    assert opened == [{"layer": "farmland", "record": world.parcels["west"]}]


def test_rows_shown_before_are_as_large_as_new_ones(start_app: Callable, work_folder: Path) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")
    app.touch("记录")
    before = app.find("西地").font_size
    app.app.change_settings(replace(app.app.settings, text_size="extra_large"))
    app.settle()
    sizes = {app.find(title).font_size for title in ("行政村 上河村", "张三", "西地", "东地")}
    assert sizes == {before * 1.5}
    app.touch("今日")
    app.touch("记录")
    assert app.sees("西地"), "what was shown before is shown again"
