"""The packed app starts by its own main.py, on the folder that Android gives it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from field_app.android import stage

HERE = Path(__file__).parent


def test_the_packed_app_starts(display: None, tmp_path: Path) -> None:
    staged, storage = tmp_path / "staged", tmp_path / "storage"
    stage.stage(staged)
    ran = subprocess.run(
        [sys.executable, str(HERE / "started_by_android.py"), str(staged), str(storage)],
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "打开任务包" in ran.stdout and "导出设备卡" in ran.stdout
    assert list((storage / "files" / "tablet").glob("*.xtd")), "its own folder has its card"
    assert str(storage / "files" / "tablet") in ran.stdout
