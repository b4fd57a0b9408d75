"""`make screens`: a picture of every screen of the app, in both languages and two text sizes.

Each set of pictures is made by the app itself, driven by touch, on a copy of one tablet. What
cannot be reached is told at the end, and the command fails.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import traceback
from itertools import product
from pathlib import Path

from own_display import own_display
from pictured_day import Day, Land, prepare, settings_for
from PIL import Image
from scenes import SCENES

from demo.tablet import make_tablet
from field_app.controllers import settings as kept_settings

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "docs" / "images" / "app"
LANGUAGES, TEXT_SIZES = ("zh", "en"), ("normal", "extra_large")
LARGEST_BYTES = 45_000
#: Pixels of the shorter side of a picture that stands and of one that lies.
_STANDING, _LYING = 480, 440


def name_of(scene: str, language: str, text_size: str) -> str:
    """A picture's file."""
    return f"{scene}_{language}_{text_size}.png"


def reduce(shot: Path, path: Path) -> None:
    """Keep a screenshot, smaller, in as many colours as LARGEST_BYTES allow."""
    with Image.open(shot) as opened:
        image = opened.convert("RGB")
    times = (_LYING if image.width > image.height else _STANDING) / min(image.size)
    small = image.resize((round(image.width * times), round(image.height * times)), Image.LANCZOS)
    for colours in (128, 64, 32):
        few = small.quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(path, "PNG", optimize=True)
        if path.stat().st_size < LARGEST_BYTES:
            return
    raise AssertionError(f"{path.name} is too large in 32 colours")


def take(folder: Path, land: Land, language: str, text_size: str, wanted: list[str]) -> list[str]:
    """One set of pictures; what went wrong."""
    from driver import Driver

    kept_settings.save(folder / "tablet", settings_for(language, text_size))
    app = Driver(folder / "tablet")
    faults = []
    try:
        day = Day(app, land, folder / "county" / "county.sqlite")
        app.touch(day.say("app.start.begin"))
        for scene in SCENES:
            name = scene.__name__
            if wanted and name not in wanted:
                continue
            try:
                day.begin()
                scene(day)
                day.still_there()
                shot = app.screenshot(folder / "shot.png")
                reduce(shot, FOLDER / name_of(name, language, text_size))
            except Exception:
                faults.append(f"{name} ({language}, {text_size}):\n{traceback.format_exc()}")
    finally:
        app.forgive()
        app.stop()
    return faults


def main(arguments: list[str]) -> int:
    """0 if every picture was taken, 1 if not."""
    parser = argparse.ArgumentParser(prog="make screens", description=__doc__)
    parser.add_argument("scenes", nargs="*", help="take these only")
    parser.add_argument("--demo", type=Path, default=ROOT / "demo_output")
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument("--text-size", choices=TEXT_SIZES)
    said = parser.parse_args(arguments)
    languages = [said.language] if said.language else LANGUAGES
    sizes = [said.text_size] if said.text_size else TEXT_SIZES
    FOLDER.mkdir(parents=True, exist_ok=True)
    faults = []
    # Its path is seen in the pictures.
    with tempfile.TemporaryDirectory(prefix="xiangtu-") as made, own_display():
        first = Path(made, "first")
        land = prepare(make_tablet(said.demo, first))
        for language, size in product(languages, sizes):
            print(f"{language} {size}", flush=True)
            folder = Path(shutil.copytree(first, Path(made, "demo")))
            faults += take(folder, land, language, size, said.scenes)
            shutil.rmtree(folder)
    print("\n".join(faults), end="")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
