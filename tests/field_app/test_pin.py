"""The PIN keeps a finder off the tablet, and lets its surveyor in again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xiangtu import words
from xiangtu.errors import BadInput

from field_app.controllers.pin import PIN_FILE, Pin


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def refusal(pin: Pin, digits: str) -> str:
    with pytest.raises(BadInput) as refused:
        pin.check(digits)
    for language in ("en", "zh"):
        assert "?" not in words.explain(refused.value, language)
    return refused.value.code


def test_without_a_pin_everybody_comes_in(tmp_path: Path) -> None:
    pin = Pin(tmp_path)
    assert not pin.is_set
    pin.check("")
    pin.forgotten()
    assert not pin.assignment_taken() and list(tmp_path.iterdir()) == []


def test_the_right_one_opens_and_is_nowhere_to_be_read(tmp_path: Path) -> None:
    Pin(tmp_path).choose("270615")
    assert "270615" not in (tmp_path / PIN_FILE).read_text()
    pin = Pin(tmp_path)
    assert pin.is_set and refusal(pin, "270616") == "field.pin.wrong"
    pin.check("270615")
    pin.choose("2706")
    assert refusal(pin, "270615") == "field.pin.wrong"
    pin.remove()
    pin.check("anything")


@pytest.mark.parametrize("digits", ["", "123", "12 34", "１２３４", "abcd", "1" * 13])
def test_what_is_no_pin_is_refused(tmp_path: Path, digits: str) -> None:
    with pytest.raises(BadInput, match=r"field\.pin\.digits"):
        Pin(tmp_path).choose(digits)
    assert not Pin(tmp_path).is_set


def test_wrong_ones_make_the_next_wait_longer_also_in_a_process_begun_anew(tmp_path: Path) -> None:
    clock = Clock()
    pin = Pin(tmp_path, clock)
    pin.choose("2706")
    for _ in range(3):
        assert refusal(pin, "0000") == "field.pin.wrong"
    assert refusal(pin, "2706") == "field.pin.wait", "the right one is not looked at either"
    clock.now += 5.1
    assert refusal(pin, "0000") == "field.pin.wrong"
    clock.now += 5.1
    assert refusal(pin, "2706") == "field.pin.wait", "twice as long"
    pin = Pin(tmp_path, clock)
    clock.now += 9
    assert refusal(pin, "2706") == "field.pin.wait"
    clock.now += 1.1
    pin.check("2706")
    assert refusal(pin, "0000") == "field.pin.wrong", "it begins from nothing again"


def test_never_longer_than_five_minutes(tmp_path: Path) -> None:
    clock = Clock()
    pin = Pin(tmp_path, clock)
    pin.choose("2706")
    for _ in range(40):
        assert refusal(pin, "0000") == "field.pin.wrong"
        clock.now += 300
    pin.check("2706")


def test_a_forgotten_one_goes_with_the_next_assignment_and_only_then(tmp_path: Path) -> None:
    pin = Pin(tmp_path)
    pin.choose("2706")
    assert not pin.assignment_taken() and pin.is_set
    pin.forgotten()
    assert refusal(pin, "0000") == "field.pin.wrong"
    assert Pin(tmp_path).assignment_taken() and not pin.is_set
    pin.choose("2706")
    pin.forgotten()
    pin.check("2706")
    assert not pin.assignment_taken() and pin.is_set, "it came back to mind"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    damage=st.binary(max_size=40)
    | st.sampled_from([b"[]", b"{}", b'{"salt": "x", "hash": 1, "wrong": "a"}', b"null"])
)
def test_a_damaged_file_opens_nothing_and_can_be_forgotten(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / PIN_FILE).write_bytes(damage)
    pin = Pin(tmp_path)
    assert pin.is_set and refusal(pin, "0000") == "field.pin.wrong"
    pin.forgotten()
    assert pin.assignment_taken() and not pin.is_set
