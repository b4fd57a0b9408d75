"""From power-on to the list of the day, in the real window."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from small_village import World

from field_app.controllers import settings


def test_a_new_tablet_says_what_to_do_first(start_app: Callable, tmp_path: Path) -> None:
    app = start_app(tmp_path / "tablet")
    assert app.sees("还没有任务包")
    assert app.sees("device.xtd")
    app.touch("English")
    assert app.sees("No assignment yet")
    # And so it is at the next start.
    assert settings.load(tmp_path / "tablet").settings.language == "en"


def test_an_assignment_on_a_stick_is_opened_by_touch(
    start_app: Callable, template: tuple[Path, World], tmp_path: Path
) -> None:
    shutil.copytree(template[0] / "tablet", tmp_path / "tablet")
    (tmp_path / "tablet" / "survey.sqlite").unlink()
    shutil.copy(template[0] / "out.xta", tmp_path / "上河村.xta")
    app = start_app(tmp_path / "tablet")
    app.touch("打开任务包")
    app.touch("上河村.xta")
    assert app.sees("任务包已装入")
    assert app.sees("青石县 的调查任务")


def test_signing_in_leads_to_what_is_left(start_app: Callable, work_folder: Path) -> None:
    app = start_app(work_folder)
    assert app.app.shell.screen.surveyor.text == "王芳"
    app.type(app.app.shell.screen.surveyor, "")
    app.touch("开始工作")
    assert app.sees("调查员"), "without a name one does not begin"
    app.type(app.app.shell.screen.surveyor, "赵强")
    app.touch("开始工作")
    assert app.sees("今日任务") and app.sees("上河村")
    assert app.sees("农用地地块：已完成 0/2")
    app.touch("今日")
    assert app.sees("今日任务")


@pytest.mark.parametrize("text_size", ["normal", "extra_large"])
@pytest.mark.parametrize("theme", ["day", "night"])
def test_size_and_theme_change_everything_at_once(
    start_app: Callable, work_folder: Path, text_size: str, theme: str
) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")
    before = app.find("上河村")
    height, colour = before.font_size, tuple(before.color)
    changed = replace(app.app.settings, text_size=text_size, theme=theme)
    app.app.change_settings(changed)
    app.settle()
    after = app.find("上河村")
    assert (after.font_size > height * 1.3) == (text_size == "extra_large")
    assert (tuple(after.color) != colour) == (theme == "night")
