"""Drawn photos, read by the code that reads real ones."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from PIL import Image

from demo import pictures
from field_app.controllers.photos import read_photo

SHOT = pictures.Shot(datetime(2025, 4, 10, 9, 30), 111.0123456, 27.3001, 402.5, 135.5, "Li Ming")


@pytest.mark.parametrize("scene", sorted(pictures.SCENES))
def test_every_scene_is_a_picture(scene: str) -> None:
    with Image.open(io.BytesIO(pictures.take(scene, [1]))) as image:
        image.load()
        assert image.size == (pictures.WIDTH, pictures.HEIGHT)
        # More than sky and meadow: something is drawn in the middle.
        middle = image.crop((320, 260, 640, 520))
        assert len(middle.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).getcolors()) > 8


def test_exif_says_when_where_and_in_which_direction() -> None:
    facts = read_photo(pictures.take("hall", [1], SHOT))
    assert facts.taken_at == datetime(2025, 4, 10, 1, 30, tzinfo=UTC)
    assert facts.longitude_deg == pytest.approx(111.0123456, abs=1e-7)
    assert facts.latitude_deg == pytest.approx(27.3001, abs=1e-7)
    assert facts.bearing_deg == pytest.approx(135.5, abs=0.1)
    assert facts.height_m == pytest.approx(402.5, abs=0.1)


def test_is_the_same_for_the_same_seed() -> None:
    assert pictures.take("arch", [7, 1], SHOT) == pictures.take("arch", [7, 1], SHOT)
    assert pictures.take("arch", [7, 1]) != pictures.take("arch", [7, 2])
