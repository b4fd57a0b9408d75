"""A surveyor begins a homestead and a house of it, and the battery goes flat: run by a test as a
process of its own with the tablet's folder."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "shared"), str(Path(__file__).parent)]

from driver import Driver  # noqa: E402

app = Driver(Path(sys.argv[1]))
app.touch("开始工作")
app.touch("新增记录")
app.touch("宅基地")
app.type(app.asked("坐落").line, "上河村三组 5 号")
app.step("农房 /")
app.touch("新增农房")
app.step("房屋")
app.type(app.asked("建成年份").line, "1998")
os.kill(os.getpid(), signal.SIGKILL)
