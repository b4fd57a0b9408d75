"""How the command talks: languages, JSON, tables, progress, refusals, Ctrl-C, faults."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Place, done, xiangtu
from xiangtu import cli
from xiangtu.cli import county
from xiangtu.cli.interruption import Interruption
from xiangtu.cli.language import Translation, choose
from xiangtu.cli.main import build_parser
from xiangtu.cli.terminal import Terminal, display_width
from xiangtu.words import i18n_folder

DESIGN = (
    "new", "import", "enrol", "assign", "start", "pack", "inspect", "merge", "conflicts",
    "duplicates", "undo", "history", "validate", "report", "export", "receipt", "copy", "upgrade",
    "gnss",
)  # fmt: skip
PROGRAM = [sys.executable, "-c", "import sys; from xiangtu.cli import main; sys.exit(main())"]


@pytest.mark.parametrize(
    ("environment", "words", "language"),
    [
        ({}, [], "en"),
        ({"LANG": "zh_CN.UTF-8"}, [], "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, [], "en"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh:en"}, [], "zh"),
        ({"LANG": "C", "LANGUAGE": "zh"}, [], "en"),
        ({"LANG": "de_DE.UTF-8"}, [], "en"),
        ({"LANG": "zh_CN.UTF-8"}, ["--lang", "en"], "en"),
        ({}, ["history", "--lang=zh"], "zh"),
    ],
)
def test_the_language_is_the_locales_or_what_is_asked_for(
    environment: dict[str, str], words: list[str], language: str
):
    assert choose(words, environment) == language


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_command_of_the_design_is_in_the_help(
    language: str, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["--help", "--lang", language]) == 0
    shown = capsys.readouterr().out
    for command in DESIGN:
        assert f"    {command} " in shown
        assert cli.main([command, "--help", "--lang", language]) == 0
    shown += capsys.readouterr().out
    assert ("usage:" in shown) == (language == "en")
    assert ("用法：" in shown) == (language == "zh")


def test_every_sentence_is_translated():
    made = subprocess.run(
        ["xgettext", "--from-code=UTF-8", "-L", "Python", "--omit-header", "--no-location",
         "--no-wrap", "-k", "-k_", "-ktranslate", "-kadd:3", "-kadd_action:4", "-o", "-",
         *sorted(str(path) for path in Path(cli.__file__).parent.glob("*.py"))],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    sentences = [
        json.loads(line.removeprefix("msgid "))
        for line in made.splitlines()
        if line.startswith("msgid ")
    ]
    assert len(sentences) > 100
    chinese = Translation("zh")
    same = [each for each in sentences if chinese(each) == each]
    assert not same, "not in i18n/zh_CN/LC_MESSAGES/xiangtu.po (or make setup was not run): " + (
        "; ".join(same)
    )


def test_options_may_stand_before_or_after_the_command(place: Place):
    first = xiangtu("--json", "batches", place.county)
    assert first.json == xiangtu("batches", place.county, "--json").json


def test_json_is_one_document_for_refusals_too(place: Place):
    ran = xiangtu("undo", place.county, "77", "--json")
    assert ran.code == 2
    assert ran.json["refused"]["code"] == "batch.unknown"
    assert ran.json["refused"]["message"] == ran.err.strip()


def test_quiet_says_nothing_but_refusals(place: Place):
    ran = xiangtu("batches", place.county, "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert xiangtu("undo", place.county, "77", "--quiet").refusal


def test_no_command_shows_the_help():
    ran = cli.main([])
    assert ran == 0


def test_chinese_columns_stand_under_each_other(capsys: pytest.CaptureFixture[str]):
    terminal = Terminal(Translation("zh"), as_json=False, quiet=False)
    terminal.table(["村", "count"], [("上湾村", 5), ("B", 12345)])
    lines = capsys.readouterr().out.splitlines()
    assert {display_width(line) for line in lines} == {display_width(lines[0])}
    assert lines[2].endswith("    5")


def test_a_value_from_outside_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]):
    terminal = Terminal(Translation("en"), as_json=False, quiet=False)
    terminal.table(["name"], [("\x1b[2J\nred",)])
    assert "\x1b" not in capsys.readouterr().out


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_drawn_on_a_terminal_and_taken_away(monkeypatch: pytest.MonkeyPatch):
    screen = _Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    terminal = Terminal(Translation("en"), as_json=False, quiet=False)
    terminal.progress(0.0, "merge.reading")
    terminal.progress(1.0, "merge.done")
    terminal.clear()
    assert "100%" in screen.getvalue() and screen.getvalue().endswith("\r\x1b[K")
    quiet = Terminal(Translation("en"), as_json=False, quiet=True)
    before = screen.getvalue()
    quiet.progress(1.0, "merge.done")
    assert screen.getvalue() == before


def test_the_first_ctrl_c_asks_long_work_to_stop_and_the_second_stops_it():
    with Interruption() as interruption:
        progress = interruption.watched(lambda fraction, step: None)
        assert progress(0.1, "merge.reading") is True
        os.kill(os.getpid(), signal.SIGINT)
        assert progress(0.2, "merge.reading") is False
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.sigtimedwait([], 1)


def test_ctrl_c_while_importing_changes_nothing(place: Place):
    table = place.folder / "many.csv"
    rows = "".join(f"w{n},455100,3919100\n" for n in range(200_000))
    table.write_text("name,x,y\n" + rows, encoding="utf-8")
    mapping = place.folder / "map.toml"
    mapping.write_text('crs = "EPSG:4548"\n[position]\nx = "x"\ny = "y"\n', encoding="utf-8")
    before = place.county.read_bytes()
    # The child interrupts itself at its first step, so that no clock decides.
    program = (
        "import os, signal, sys\n"
        "from xiangtu.cli import interruption, main\n"
        "watched = interruption.Interruption.watched\n"
        "def watch(self, draw):\n"
        "    progress = watched(self, draw)\n"
        "    def step(fraction, name):\n"
        "        progress(fraction, name)\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        return progress(fraction, name)\n"
        "    return step\n"
        "interruption.Interruption.watched = watch\n"
        "sys.exit(main())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "import", place.county, "facility", table,
         "--map", mapping, "--lang", "en"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 2, ran
    (line,) = ran.stderr.splitlines()
    assert "ancelled" in line
    assert place.county.read_bytes() == before


def test_a_fault_of_the_program_is_one_line_and_a_report(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def broken(call: object) -> None:
        raise ZeroDivisionError("in the middle")

    monkeypatch.setattr(county, "run_enrol", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    line = xiangtu("enrol", place.county, place.tablet / "device.xtd").refusal
    (report,) = tmp_path.glob("xiangtu-*.txt")
    assert str(report) in line and "in the middle" not in line
    text = report.read_text(encoding="utf-8")
    assert "Traceback" in text and "in the middle" in text


def test_a_reader_that_has_seen_enough_is_no_fault(place: Place):
    done("merge", place.county, place.package)
    with subprocess.Popen(
        [*PROGRAM, "batches", place.county, "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stdout and running.stderr
        running.stdout.close()
        shown = running.stderr.read()
    assert (running.returncode, shown) == (0, "")


def test_chinese_goes_through_a_pipe_in_the_c_locale(tmp_path: Path):
    environment = {**os.environ, "LC_ALL": "C", "LANG": "C"}
    ran = subprocess.run(
        [*PROGRAM, "undo", tmp_path / "县.sqlite", "1", "--lang", "zh"],
        capture_output=True, env=environment, check=False,
    )  # fmt: skip
    assert ran.returncode == 2
    assert "县.sqlite" in ran.stderr.decode("utf-8")


def test_the_parser_is_built_in_both_languages():
    assert (
        build_parser(Translation("zh")).format_help()
        != build_parser(Translation("en")).format_help()
    )
    assert (i18n_folder() / "zh_CN").is_dir()
