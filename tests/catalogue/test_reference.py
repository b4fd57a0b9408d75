"""The pages about the catalogue say what is there."""

from __future__ import annotations

import re
import runpy
import tomllib
from collections.abc import Callable
from pathlib import Path

from xiangtu.catalogue import load
from xiangtu.catalogue.model import Catalogue

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_reference_is_that_of_the_catalogue(catalogue: Catalogue):
    page = runpy.run_path(str(DOCS / "write_layers.py"))["page"]
    written = (DOCS / "layers.md").read_text(encoding="utf-8")
    assert written == page(catalogue), "run docs/write_layers.py"


def test_the_example_of_the_manual_works(county: Callable[..., Path]):
    text = (DOCS / "catalogue.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    example = re.sub(r"^   ", "", example, flags=re.MULTILINE)
    assert tomllib.loads(example)["extends"] == "farmland"
    assert "tea_age" in load(county(farmland=example)).layer("farmland").fields
