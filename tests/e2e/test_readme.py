"""The README's example, followed word for word."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_readmes_example_works_as_it_stands(tmp_path: Path):
    text = README.read_text(encoding="utf-8")
    (script,) = (
        block for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if "xiangtu new" in block
    )
    programs = Path(sys.executable).parent
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(programs)
    ran = subprocess.run(
        ["sh", "-c", f"trap 'echo \"$?\"' EXIT; {script}"],
        cwd=tmp_path,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "rror" not in ran.stderr and "refused" not in ran.stderr, ran.stderr
    made = {path.name for path in (tmp_path / "build" / "try").iterdir()}
    assert {"county.gpkg", "report", "work.xtp", "work.xtr"} <= made, ran
    assert "村口古井" in subprocess.run(
        ["ogrinfo", "-q", tmp_path / "build" / "try" / "county.gpkg", "facility"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
