"""What came out of the printer: wait for it, count a PDF's pages, read and look at one."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from PIL import Image


def finished(page: Any, qtbot: Any) -> None:
    """Wait until the step Map neither works nor prints."""
    qtbot.waitUntil(lambda: not page.desk.busy and page.printing is None, timeout=60_000)


def layers() -> dict[str, Any]:
    """The county's layers in QGIS's project, by their names in the catalogue."""
    from qgis.core import QgsProject

    from qgis_plugin.map.project import layers_of

    return layers_of(QgsProject.instance())


def choose(page: Any, kind: str, village: str | None = None) -> None:
    """Choose a sheet, and the village it is of."""
    page.kind.setCurrentIndex(page.kind.findData(kind))
    page.village.setCurrentIndex(max(page.village.findData(village), 0))


def pages(path: Path) -> int:
    told = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    return int(told.split("Pages:")[1].split()[0])


def words(path: Path, page: int = 1) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", "-f", str(page), "-l", str(page), path, "-"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def picture(path: Path, page: int = 1, dpi: int = 60) -> Image.Image:
    """A page as a person sees it."""
    out = path.with_name(f"{path.stem}-{page}")
    subprocess.run(
        ["pdftoppm", "-png", "-singlefile", "-r", str(dpi), "-f", str(page), "-l", str(page),
         path, out],
        check=True,
    )  # fmt: skip
    with Image.open(out.with_suffix(".png")) as image:
        return image.convert("RGB")
