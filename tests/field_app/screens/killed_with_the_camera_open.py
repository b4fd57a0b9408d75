"""A surveyor takes a photo and has somebody sign; the system ends the app behind the camera of the
next photo, which is taken all the same: run by a test as a process of its own with the tablet's
folder."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "shared"), str(ROOT / "tests" / "field_app")]
sys.path[:0] = [str(ROOT / "tests"), str(Path(__file__).parent)]

from driver import Driver  # noqa: E402
from test_photo_copies import jpeg  # noqa: E402

from field_app.platform.desktop.camera import DesktopCamera  # noqa: E402

folder = Path(sys.argv[1])


class Camera(DesktopCamera):
    """Writes a photo where the desktop's camera would; with the second the app is ended."""

    was_open = False

    def open(self, ticket: str, closed: Callable[[], Any], refused: Callable[[Any], Any]) -> None:
        (folder / "camera").mkdir(exist_ok=True)
        (folder / "camera" / ticket).write_bytes(jpeg())
        if self.was_open:
            os.kill(os.getpid(), signal.SIGKILL)
        self.was_open = True
        closed()


app = Driver(folder)
app.touch("开始工作")
app.app.shooting.port = Camera(folder / "camera")
app.touch("新增记录")
app.touch("宅基地")
app.step("照片")
app.touch("拍照")
app.touch("完成")
app.step("签名")
app.touch("请人签名")
app.type(next(each for each in app.widgets() if hasattr(each, "line")).line, "赵六")
app.touch("继续")
app.touch("村组见证人")
pad = next(each for each in app.widgets() if type(each).__name__ == "SignaturePad")
x, y = pad.paper.center
app.drag([(x - 100, y), (x, y + 50), (x + 100, y)])
app.touch("确认签名")
app.step("照片")
app.touch("拍照")
