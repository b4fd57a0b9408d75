"""`python -m field_app.android.stage FOLDER`: the folder that buildozer packs for Android.

The app, the core with its resources and words inside, the font, an icon, the recipes, and the spec
with what setup.cfg pins.
"""

from __future__ import annotations

import argparse
import configparser
import re
import shutil
import string
import sys
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).resolve().parent
_FONT = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
_NOT_PACKED = shutil.ignore_patterns("__pycache__", "*.mo", "*.qm", "*.egg-info")
#: Of the core: what is the county's alone.
_COUNTY_ONLY = (
    "cli", "importing", "report", "geo/transform.py", "gnss/gpsd.py", "gnss/serial_port.py",
)  # fmt: skip
#: What python-for-android builds in the version of its own recipe: setup.cfg's is that of Debian's
#: GDAL at the county, for an older Python.
_AS_THE_RECIPE = {"numpy"}
#: What the packages of the app stand on, pinned among the constraints; Kivy's own are its recipe's.
_BELOW = ("asyncgui", "asynckivy", "materialshapes", "materialyoucolor")
_ICON_PX = 512


def requirements() -> list[str]:
    """What python-for-android is to build: the tablet's part of setup.cfg, libwebp for the tiles of
    a basemap."""
    config = _setup()
    pinned = config["options"]["install_requires"].split()
    pinned += [
        each for each in config["options.extras_require"]["field"].split()
        if each.lower().startswith("kivy")
    ]  # fmt: skip
    below = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").split("\n")
    pinned += [each for each in below if each.partition("==")[0] in _BELOW]
    return ["python3", "libwebp"] + [
        name if (name := each.partition("==")[0]) in _AS_THE_RECIPE else each for each in pinned
    ]


def spec() -> str:
    """The text of buildozer.spec, filled in."""
    text = (_HERE / "buildozer.spec").read_text(encoding="utf-8")
    return string.Template(text).substitute(
        version=_setup()["metadata"]["version"], requirements=", ".join(requirements())
    )


def stage(folder: Path) -> None:
    """Make the folder anew, but for what buildozer built there before.

    FileNotFoundError where the font is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("field_app", "xiangtu", "recipes"):
        shutil.rmtree(folder / name, ignore_errors=True)
    app, core = folder / "field_app", folder / "xiangtu"
    shutil.copytree(ROOT / "field_app", app, ignore=_NOT_PACKED)
    shutil.rmtree(app / "android")
    (app / "__main__.py").unlink()
    (app / "fonts").mkdir()
    shutil.copy2(_FONT, app / "fonts")
    shutil.copytree(ROOT / "shared" / "xiangtu", core, ignore=_NOT_PACKED)
    for each in _COUNTY_ONLY:
        path = core / each
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for each in ("catalogue", "sounds", "styles", "template"):
        shutil.copytree(ROOT / "resources" / each, core / "resources" / each, ignore=_NOT_PACKED)
    shutil.copytree(ROOT / "i18n" / "codes", core / "i18n" / "codes")
    shutil.copytree(_HERE / "recipes", folder / "recipes", ignore=_NOT_PACKED)
    for name in ("main.py", "track_service.py"):
        shutil.copy2(_HERE / name, folder)
    shutil.copy2(ROOT / "LICENSE", folder)
    _icon().save(folder / "icon.png")
    (folder / "buildozer.spec").write_text(spec(), encoding="utf-8")


def _icon() -> Image.Image:
    """Three parcels beside each other with a corner that they share."""
    icon = Image.new("RGB", (_ICON_PX, _ICON_PX), "#F4F1E6")
    draw = ImageDraw.Draw(icon)
    shared, parcels = (270, 250), {
        "#7CA982": [(70, 90), (290, 60), (270, 250), (90, 290)],
        "#E0C068": [(290, 60), (445, 120), (430, 300), (270, 250)],
        "#B5651D": [(90, 290), (270, 250), (430, 300), (380, 450), (120, 440)],
    }  # fmt: skip
    for colour, corners in parcels.items():
        draw.polygon(corners, fill=colour)
        draw.line([*corners, corners[0]], fill="#1E4D2B", width=14, joint="curve")
    draw.ellipse([shared[0] - 26, shared[1] - 26, shared[0] + 26, shared[1] + 26], fill="#C62828")
    return icon


def _setup() -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    text = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    config.read_string(re.sub(r"(?m)^#.*\n", "", text))
    return config


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m field_app.android.stage", description=__doc__)
    parser.add_argument("folder", type=Path)
    stage(parser.parse_args(arguments).folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
