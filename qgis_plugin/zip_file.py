"""Makes the zip that QGIS installs: plugin, core, resources and translations in one folder."""

from __future__ import annotations

import argparse
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

#: The plugin's folder in QGIS, and so its name as a Python package.
NAME = "xiangtu_qgis"
_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent
#: What the plugin has no use for: how it is packed, and the tablet's sounds.
_LEFT_OUT = ("zip_file.py",)
_RESOURCES = ("catalogue", "icons", "report", "styles", "template")
#: The same bytes make the same zip: the earliest time a zip can name.
_TIME = (1980, 1, 1, 0, 0, 0)


def content() -> Iterator[tuple[str, Path]]:
    """Each file of the zip: its name under the plugin's folder, and where it is now."""
    for path in _files(_HERE):
        if path.name not in _LEFT_OUT:
            yield path.relative_to(_HERE).as_posix(), path
    for path in _files(_ROOT / "shared" / "xiangtu"):
        yield f"core/{path.relative_to(_ROOT / 'shared').as_posix()}", path
    for name in _RESOURCES:
        for path in _files(_ROOT / "resources" / name):
            yield f"core/xiangtu/{path.relative_to(_ROOT).as_posix()}", path
    for path in _files(_ROOT / "i18n"):
        if path.suffix == ".qm":
            yield f"i18n/{path.name}", path
        elif path.suffix in (".toml", ".mo"):
            yield f"core/xiangtu/{path.relative_to(_ROOT).as_posix()}", path
    yield "LICENSE", _ROOT / "LICENSE"


def _files(folder: Path) -> list[Path]:
    return sorted(
        each for each in folder.rglob("*") if each.is_file() and "__pycache__" not in each.parts
    )


def write(out: Path) -> int:
    """Write the zip; how many files are in it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for count, (name, path) in enumerate(content(), 1):  # noqa: B007 - the last count
            archive.writestr(
                zipfile.ZipInfo(f"{NAME}/{name}", _TIME), path.read_bytes(), zipfile.ZIP_DEFLATED
            )
    return count


def main() -> int:
    """python -m qgis_plugin.zip_file OUT.zip"""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    count = write(out)
    print(f"{out}: {count} files, {out.stat().st_size / 1e6:.1f} MB", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
