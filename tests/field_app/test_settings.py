"""A tablet's settings survive power loss, damage and other versions of the program."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xiangtu import words
from xiangtu.errors import BadFile, BadInput
from xiangtu.gnss.boundary_walk import WalkSettings
from xiangtu.gnss.declared import Declared
from xiangtu.store import places

from field_app.controllers.settings import SETTINGS_FILE, Settings, load, save

CHOSEN = Settings(
    receiver="tcp://192.168.1.9:9001",
    recent_receivers=("tcp://192.168.1.9:9001", "android"),
    rtk_datum="WGS84",
    antenna_height_m=1.8,
    arrival_m=0.05,
    walk_every_m=2.0,
    walk_every_s=3.0,
    walk_turn_deg=None,
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
JSON = (
    SCALARS
    | st.lists(SCALARS, max_size=4)
    | st.dictionaries(st.text(max_size=5), SCALARS, max_size=3)
)


def test_what_was_chosen_is_there_at_the_next_start(tmp_path: Path) -> None:
    assert load(tmp_path).settings == Settings()
    save(tmp_path, CHOSEN)
    loaded = load(tmp_path)
    assert loaded.settings == CHOSEN and loaded.notes == ()
    assert [each.name for each in tmp_path.iterdir()] == [SETTINGS_FILE]


def test_the_old_file_stays_whole_until_the_new_one_takes_its_place(tmp_path: Path) -> None:
    save(tmp_path, CHOSEN)
    with (tmp_path / SETTINGS_FILE).open() as before:
        save(tmp_path, Settings())
        assert json.load(before)["receiver"] == CHOSEN.receiver
    assert load(tmp_path).settings == Settings()


def test_what_a_newer_program_left_survives_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / SETTINGS_FILE
    path.write_text('{"text_size": "large", "arrival_m": 0.2, "mapping": {"a": [1]}}', "utf-8")
    loaded = load(tmp_path)
    assert loaded.settings.arrival_m == 0.2 and loaded.notes == ()
    save(tmp_path, loaded.settings.with_receiver("android"))
    kept = json.loads(path.read_text("utf-8"))
    assert (kept["text_size"], kept["mapping"]) == ("large", {"a": [1]})
    assert (kept["receiver"], kept["arrival_m"]) == ("android", 0.2)


@pytest.mark.parametrize(
    "damaged",
    [b"", b"{", b"[1]", b"\xff\xfe", b'{"arrival_m": NaN}', b'{"new": 1e999}', b"[" * 100_000],
)
def test_a_damaged_file_gives_the_defaults_a_note_and_is_kept(
    tmp_path: Path, damaged: bytes
) -> None:
    for number in (1, 2):
        (tmp_path / SETTINGS_FILE).write_bytes(damaged)
        loaded = load(tmp_path)
        assert loaded.settings == Settings()
        (note,) = loaded.notes
        assert note.code == "field.settings.damaged"
        aside = tmp_path / f"{SETTINGS_FILE}.damaged-{number}"
        assert note.facts["aside"] == str(aside) and aside.read_bytes() == damaged
        for language in ("en", "zh"):
            assert str(aside) in words.explain(note, language)
    assert load(tmp_path).notes == ()


def test_a_value_that_cannot_be_is_passed_over_and_the_rest_is_used(tmp_path: Path) -> None:
    wrong = {"antenna_height_m": 180, "rtk_datum": "Beijing54", "arrival_m": True}
    (tmp_path / SETTINGS_FILE).write_text(json.dumps(wrong | {"walk_every_m": 7}), "utf-8")
    loaded = load(tmp_path)
    assert loaded.settings == Settings(walk_every_m=7)
    assert {note.facts["setting"] for note in loaded.notes} == {f"setting.{name}" for name in wrong}
    assert {note.code for note in loaded.notes} == {"field.settings.value"}


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*vars(CHOSEN), "new"]), JSON, max_size=9))
def test_nothing_in_the_file_stops_the_app(found: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / SETTINGS_FILE
        path.write_text(json.dumps(found), "ascii")
        loaded = load(folder)
        assert isinstance(loaded.settings.declared, Declared)
        if not any(note.code == "field.settings.damaged" for note in loaded.notes):
            save(folder, loaded.settings)
            assert load(folder).settings == loaded.settings


def test_a_full_disk_leaves_the_old_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, CHOSEN)

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(places, "sync", full)
    with pytest.raises(BadFile, match=r"file\.disk_full"):
        save(tmp_path, Settings())
    monkeypatch.undo()
    assert load(tmp_path).settings == CHOSEN
    assert [each.name for each in tmp_path.iterdir()] == [SETTINGS_FILE]
    with pytest.raises(BadFile, match=r"place\.missing"):
        save(tmp_path / "nowhere", Settings())


def test_the_last_receivers_are_offered_again_the_latest_first() -> None:
    chosen = Settings()
    for n in (*range(12), 5):
        chosen = chosen.with_receiver(f" tcp://host:{n + 1} ")
    assert chosen.receiver == chosen.recent_receivers[0] == "tcp://host:6"
    assert len(chosen.recent_receivers) == len(set(chosen.recent_receivers)) == 8
    own = chosen.with_receiver("")
    assert own.receiver == "" and own.recent_receivers == chosen.recent_receivers


def test_what_is_chosen_reaches_receiver_guidance_and_walk() -> None:
    assert CHOSEN.declared == Declared("WGS84", 1.8)
    assert CHOSEN.stakeout.arrival_m == 0.05
    base = WalkSettings(worst_accuracy_m=0.5)
    walk = CHOSEN.walk(base)
    assert (walk.every_m, walk.every_s, walk.turn_deg) == (2.0, 3.0, None)
    assert walk.worst_accuracy_m == 0.5  # what the layer asks is not the surveyor's to choose
    with pytest.raises(BadInput, match=r"field\.settings\.value"):
        replace(CHOSEN, walk_every_m=float("nan"))


def test_a_number_counts_as_it_was_typed() -> None:
    assert Settings().typed("antenna_height_m", " １．８ ").antenna_height_m == 1.8
    assert CHOSEN.typed("antenna_height_m", "").antenna_height_m is None
    for name, text in (("walk_every_m", ""), ("arrival_m", "近"), ("walk_every_m", "nan")):
        with pytest.raises(BadInput) as refused:
            Settings().typed(name, text)
        assert words.phrase(f"setting.{name}", "zh") in words.explain(refused.value, "zh")
