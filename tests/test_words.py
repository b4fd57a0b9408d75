"""Every code that is raised has words, in both languages, with the facts that are there."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from xiangtu import errors, words
from xiangtu.errors import BadFile, SurveyError

CORE = Path(words.__file__).parent
TABLES = sorted((words.i18n_folder() / "codes").glob("*.toml"))
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, SurveyError)
}


@dataclass(frozen=True)
class Raised:
    where: str
    code: str
    facts: frozenset[str] | None


def raised() -> Iterator[Raised]:
    """Every SurveyError made with a literal code; facts are None if some come from **."""
    for path in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ERRORS
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                names = [each.arg for each in node.keywords]
                facts = None if None in names else frozenset(name for name in names if name)
                where = f"{path.relative_to(CORE)}:{node.lineno}"
                yield Raised(where, str(node.args[0].value), facts)


def table() -> dict[str, dict[str, str]]:
    return {
        code: entry
        for path in TABLES
        for code, entry in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_raised_code_has_words():
    known = table()
    lacking = sorted({f"{each.code} ({each.where})" for each in raised() if each.code not in known})
    assert not lacking, "\n".join(lacking)


def test_words_name_only_facts_that_the_error_brings():
    known = table()
    wrong = []
    for each in raised():
        if each.facts is None or each.code not in known:
            continue
        for language, text in known[each.code].items():
            # A command puts the argument's name to what its types refuse.
            absent = placeholders(text) - each.facts - {"argument"}
            if absent:
                wrong.append(f"{each.code} {language}: {sorted(absent)} ({each.where})")
    assert not wrong, "\n".join(wrong)


def test_every_step_of_long_work_has_words():
    calls = (
        node
        for path in CORE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).split(".")[-1] in ("_step", "step", "progress", "check")
    )
    steps = {
        each.value
        for call in calls
        for each in call.args
        if isinstance(each, ast.Constant) and re.fullmatch(r"[a-z]+\.[a-z]+", str(each.value))
    }
    assert len(steps) > 20
    lacking = sorted(step for step in steps if f"step.{step}" not in table())
    assert not lacking, f"no words in i18n/codes/cli.toml for steps: {lacking}"


def test_words_are_one_line_in_both_languages_with_the_same_facts():
    for code, entry in table().items():
        assert set(entry) == {"en", "zh"}, code
        assert placeholders(entry["en"]) == placeholders(entry["zh"]), code
        for text in entry.values():
            assert text.strip() == text and text.isprintable() and len(text) > 1, code
            specs = [spec for _, _, spec, _ in string.Formatter().parse(text) if spec]
            assert not specs, f"{code}: facts are text, so {specs} cannot be"


def test_no_code_has_words_twice():
    seen: dict[str, str] = {}
    twice = []
    for path in TABLES:
        for code in tomllib.loads(path.read_text(encoding="utf-8")):
            if code in seen:
                twice.append(f"{code} in {seen[code]} and {path.name}")
            seen[code] = path.name
    assert not twice, "\n".join(twice)


def test_no_words_call_a_receivers_height_a_national_one():
    """海拔 by itself is read as 1985: what a receiver calls sea level is said to be its own."""
    po = words.i18n_folder() / "zh_CN" / "LC_MESSAGES" / "xiangtu.po"
    shown = {code: entry["zh"] for code, entry in table().items()}
    shown |= dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', po.read_text("utf-8"), re.M))
    heights = {name: text for name, text in shown.items() if re.search("海拔|1985", text)}
    assert len(heights) > 8
    for name, text in heights.items():
        if "海拔" in text:
            assert "接收机" in text, name
        else:
            assert "1985" in name or name.startswith(("geoid.", "field.height.")), name


def test_an_error_is_told_in_the_language_asked_for():
    error = BadFile("file.missing", path="/x/县.sqlite")
    assert "/x/县.sqlite" in words.explain(error, "en")
    assert words.explain(error, "zh_CN").endswith("。")
    assert words.explain(error, "zh") != words.explain(error, "en") == words.explain(error, "fr")


def test_a_name_from_outside_cannot_break_the_line_or_the_terminal():
    hostile = "a\nb\x1b[2J\u202e" + "x" * 5000
    line = words.explain(BadFile("file.missing", path=hostile), "en")
    assert line.isprintable() and len(line) < 500


def test_a_reason_that_is_a_code_is_told_too():
    inner = words.phrase("fix_type.single", "en")
    told = words.explain(BadFile("arguments.refused", command="x", reason="fix_type.single"), "en")
    assert inner in told


def test_several_codes_are_told_too():
    error = BadFile("field.accuracy.fix_type", found="x", expected=("fix_type.single", "rtk"))
    assert "fix_type.single, rtk" in words.explain(error, "en")  # one is no code
    error.facts["expected"] = ("fix_type.single", "fix_type.rtk_fixed")
    assert "single, RTK fixed" in words.explain(error, "en")
    assert "单点定位、RTK 固定解" in words.explain(error, "zh")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_unknown_code_still_says_what_it_knows(language: str):
    assert "no.such.code (path=/x)" in words.explain(BadFile("no.such.code", path="/x"), language)
