"""Every code that positions raise or show has words in both languages, with the same facts."""

from __future__ import annotations

import re
import string
import tomllib
from pathlib import Path

import xiangtu.gnss
from xiangtu import words
from xiangtu.gnss.framing import StreamCounts
from xiangtu.gnss.satellites import BY_SYSTEM

ROOM = Path(xiangtu.gnss.__file__).parent


def test_every_code_of_positions_has_words() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in ROOM.glob("*.py"))
    codes = set(re.findall(r'"(gnss\.[a-z_.]+[a-z0-9_])"', text))
    codes |= {f"gnss.constellation.{letter}" for letter in (*BY_SYSTEM.values(), "S")}
    codes |= {f"gnss.count.{each}" for each in StreamCounts().as_dict()}
    codes -= {f"gnss.count.{each}" for each in ("bytes", "sentences", "unused")}
    codes |= {f"gnss.accuracy_from.{each}" for each in ("gst", "receiver", "dop")}
    table = tomllib.loads((words.i18n_folder() / "codes" / "gnss.toml").read_text("utf-8"))
    assert len(codes) > 50
    assert codes - set(table) == set()
    assert set(table) - codes == set(), "nobody uses these"
    for code, entry in table.items():
        in_english, in_chinese = (
            {name for _, name, _, _ in string.Formatter().parse(entry[language]) if name}
            for language in ("en", "zh")
        )
        assert in_english == in_chinese, code
