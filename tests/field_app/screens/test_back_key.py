"""Android's back button, while a window lies over the screen: it is the window's, and the screens
behind it stay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drawn import Drawn
from fed_camera import FedCamera
from small_village import World
from test_photo_copies import jpeg

if TYPE_CHECKING:
    from driver import Driver


def window(app: Driver) -> Any:
    """The uppermost window, None where there is none."""
    from kivy.core.window import Window
    from kivy.uix.modalview import ModalView

    return next((each for each in Window.children if isinstance(each, ModalView)), None)


def at_a_new_homestead(start_app: Callable, work_folder: Path) -> Driver:
    app: Driver = start_app(work_folder)
    app.touch("开始工作")
    app.touch("新增记录")
    app.touch("宅基地")
    return app


def test_it_leaves_the_review_and_what_was_drawn_is_there_still(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    app: Driver = start_app(work_folder)
    app.touch("开始工作")
    app.app.shell.show("form", layer="farmland", record=world.parcels["west"])
    app.app.shell.show("draw", purpose="shape", layer="farmland", record=world.parcels["west"])
    app.settle()
    app.touch("完成")
    assert window(app) is not None
    app.back()
    assert window(app) is None and app.app.shell.screen.name == "draw"
    assert len(Drawn(app).corners) == 4
    app.touch("完成")
    app.touch("写入表单")
    assert app.app.shell.screen.name == "form"


def test_it_never_takes_away_what_somebody_has_signed(
    start_app: Callable, work_folder: Path
) -> None:
    app = at_a_new_homestead(start_app, work_folder)
    app.touch(app.asked("使用农户").button)
    app.touch("张三")
    app.step("签名")
    app.touch("请人签名")
    app.touch("张三")
    app.back()
    assert window(app) is None and app.app.shell.screen.name == "form", "nothing was signed"
    app.touch("请人签名")
    app.touch("张三")
    x, y = window(app).paper.center
    app.drag([(x - 100, y), (x, y + 50), (x + 100, y)])
    app.back()
    app.touch("确认签名")
    assert app.sees("张三 的签名已保存")


def test_it_leaves_the_new_photos_in_the_form_which_says_that_they_are_to_be_named(
    start_app: Callable, work_folder: Path
) -> None:
    app = at_a_new_homestead(start_app, work_folder)
    app.app.shooting.port = FedCamera(jpeg((640, 480)))
    app.step("照片")
    app.touch("拍照")
    app.back()
    assert window(app) is None and app.app.shell.screen.name == "form"
    assert app.sees("照片用途未选：1 张")
    app.step("检查")
    assert app.sees("未写明用途的照片 1 张") and app.sees("还没有图形")
    app.touch("未写明用途的照片 1 张")
    assert app.sees("照片用途未选：1 张")
