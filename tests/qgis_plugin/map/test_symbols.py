"""How layers are drawn, held against the catalogue that says what there is to draw."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from xiangtu import catalogue

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
COLOUR = re.compile(r"#[0-9a-f]{6}([0-9a-f]{2})?")


def looks() -> dict[str, dict[str, Any]]:
    text = (RESOURCES / "styles" / "symbols.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@pytest.mark.parametrize("name", sorted(looks()))
def test_classes_name_fields_and_codes_of_the_catalogue(name: str) -> None:
    known = catalogue.load()
    layer, look = known.layers[name], looks()[name]
    if "classes" not in look:
        return
    field = layer.fields[look["field"]]
    assert field.code_list is not None
    codes = known.code_lists[field.code_list].codes
    for each in look["classes"]:
        # A class may name the codes of two editions of a list; one of them must be there.
        assert set(each["codes"]) & set(codes), each["codes"]


@pytest.mark.parametrize("name", sorted(looks()))
def test_colours_are_colours_and_markers_are_there(name: str) -> None:
    look = looks()[name]
    for each in (look, look.get("default", {}), *look.get("classes", ())):
        for key in ("fill", "stroke", "casing", "halo"):
            assert key not in each or COLOUR.fullmatch(each[key]), (key, each)
        marker = each.get("marker", "")
        if marker.endswith(".svg"):
            svg = (RESOURCES / "icons" / marker).read_text(encoding="utf-8")
            # QGIS fills in the symbol's own colours.
            assert "param(fill)" in svg and "param(outline)" in svg


def test_conventional_colours() -> None:
    """domain.md §6: boundaries red, cultivated yellow, homestead pink, water blue, forest green."""
    made = looks()

    def rgb(text: str) -> tuple[int, int, int]:
        return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)

    def fill(layer: str, code: str) -> tuple[int, int, int]:
        return rgb(next(c["fill"] for c in made[layer]["classes"] if code in c["codes"]))

    red, green, blue = rgb(made["village"]["stroke"])
    assert red > 2 * max(green, blue)
    red, green, blue = fill("farmland", "0101")
    assert red > 200 and green > 200 and blue < 160
    red, green, blue = fill("farmland", "03")
    assert green > red > blue
    red, green, blue = rgb(made["homestead"]["fill"])
    assert red > 230 and 150 < green < blue < red
    red, green, blue = fill("works", "water")
    assert blue > green > red
