"""What the controllers refuse has words in both languages."""

from __future__ import annotations

import re
import string
import tomllib
from pathlib import Path

from xiangtu import words
from xiangtu.errors import BadInput

from field_app import controllers

CONTROLLERS = Path(controllers.__file__).parent


def test_every_code_of_the_controllers_has_words() -> None:
    table: dict[str, dict[str, str]] = {}
    for path in (words.i18n_folder() / "codes").glob("*.toml"):
        table |= tomllib.loads(path.read_text(encoding="utf-8"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in CONTROLLERS.glob("*.py"))
    codes = set(re.findall(r'"((?:field|photo)\.[a-z_.]+[a-z])"', text))
    codes |= {f"field.problem.{each}" for each in re.findall(r'problem\("([a-z_]+)"', text)}
    codes |= {f"field.answer.{each}" for each in re.findall(r'_refused\("([a-z_]+)"', text)}
    assert len(codes) > 30
    assert codes - set(table) == set()
    for code in codes:
        names = [
            {name for _, name, _, _ in string.Formatter().parse(table[code][language]) if name}
            for language in ("en", "zh")
        ]
        assert names[0] == names[1], code


def test_a_refusal_is_one_line_that_names_the_thing() -> None:
    error = BadInput("field.walk.too_few", corners=2, needed=3)
    assert words.explain(error, "en") == (
        "Only 2 corners were measured, and 3 are needed; go on walking."
    )
    assert "2" in words.explain(error, "zh")
