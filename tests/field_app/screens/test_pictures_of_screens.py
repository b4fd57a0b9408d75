"""The pictures of the screens in docs/images/app: one of every scene, small, none left over."""

from __future__ import annotations

from io import BytesIO
from itertools import product
from pathlib import Path

from PIL import Image
from scenes import SCENES
from take_pictures import FOLDER, LANGUAGES, LARGEST_BYTES, TEXT_SIZES, name_of, reduce

from demo import pictures

#: All of them together.
_MOST_BYTES = 5_000_000


def test_every_scene_has_its_pictures_and_they_are_small() -> None:
    wanted = {
        name_of(scene.__name__, language, size)
        for scene, language, size in product(SCENES, LANGUAGES, TEXT_SIZES)
    }
    kept = {each.name: each.stat().st_size for each in FOLDER.iterdir()}
    assert kept.keys() == wanted, "make screens takes them anew; remove what is left over"
    assert max(kept.values()) < LARGEST_BYTES and sum(kept.values()) < _MOST_BYTES


def test_a_picture_of_a_photo_is_small_and_rare_colours_stay(tmp_path: Path) -> None:
    shot = Image.new("RGB", (800, 1280), "white")
    shot.paste(Image.open(BytesIO(pictures.take("house", [1]))).resize((800, 530)), (0, 300))
    shot.paste((200, 20, 20), (0, 0, 60, 30))
    shot.save(tmp_path / "shot.png")
    reduce(tmp_path / "shot.png", tmp_path / "small.png")
    assert (tmp_path / "small.png").stat().st_size < LARGEST_BYTES
    with Image.open(tmp_path / "small.png") as small:
        assert small.size == (480, 768)
        red, green, blue = small.convert("RGB").getpixel((10, 5))
        assert red > 150 > 80 > max(green, blue)
