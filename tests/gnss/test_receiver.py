"""The app's one receiver: switched while it runs, in trouble, and what is declared of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xiangtu import words
from xiangtu.errors import BadFile, BadInput
from xiangtu.gnss import receiver as module
from xiangtu.gnss.addresses import open_source
from xiangtu.gnss.condition import CLOSED, ENDED, RECEIVING
from xiangtu.gnss.declared import Declared, decimal_year
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.receiver import OPENING, Receiver
from xiangtu.gnss.satellites import Satellite
from xiangtu.gnss.source import Source

PATIENCE_S = 30.0
START = datetime(2025, 6, 5, 1, 0, tzinfo=UTC)


def until(enough: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not enough():
        assert time.monotonic() < ends
        time.sleep(0.005)


class Endless(Source):
    """Gives fixes without end, as fast as it is heard; the address tells them apart."""

    def __init__(self, name: str, opened: list[Source] | None = None) -> None:
        super().__init__(name)
        self.ended = threading.Event()
        if opened is not None:
            opened.append(self)

    def steps(self) -> Iterator[Fix | None]:
        while not self.closed:
            yield self._received(Fix(START, 116.5, 35.4, "rtk_fixed", source=self.name))
            self._closing.wait(0.001)
        # What was on its way when it was left.
        yield Fix(START, 116.5, 35.4, "rtk_fixed", source=self.name)
        self.ended.set()

    def sky(self) -> tuple[Satellite, ...]:
        return ()


@pytest.fixture
def receiver() -> Iterator[Callable[..., Receiver]]:
    made: list[Receiver] = []

    def make(*args, **more) -> Receiver:
        made.append(Receiver(*args, **more))
        return made[-1]

    before = threading.active_count()
    yield make
    for each in made:
        each.close()
    assert threading.active_count() == before


def test_fixes_of_a_real_recording_come_to_all_who_listen(
    receiver: Callable[..., Receiver], shared_data: Path
) -> None:
    path = str(shared_data / "nmea" / "gpsd" / "nmea-rtk.log")
    running = receiver(open_source)
    one, other = running.listen(), running.listen()
    running.switch(path)
    until(lambda: running.state.status == ENDED)
    fixes = one.take()
    assert running.state.fixes == len(fixes) == len(list(open_source(path)))
    assert [fix.time for fix in other.take()] == [fix.time for fix in fixes]
    assert one.take() == []
    # What is declared is applied: RTK is CGCS2000, a differential position of that day's WGS 84.
    said = {fix.fix_type: (fix.datum, fix.coordinate_epoch) for fix in fixes}
    assert said["rtk_fixed"] == ("CGCS2000", 2000.0)
    assert said["differential"] == ("WGS84", pytest.approx(2020.21, abs=0.01))


def test_a_recording_is_replayed_at_its_own_pace_unless_said(
    receiver: Callable[..., Receiver], shared_data: Path
) -> None:
    running = receiver()
    running.switch(str(shared_data / "nmea" / "gpsd" / "nmea-rtk.log"))
    until(lambda: running.state.fixes > 0)
    assert running.state.status == RECEIVING
    assert running.state.fixes < 60  # it lasts some ten minutes


def test_no_fix_of_the_old_source_after_the_switch(receiver: Callable[..., Receiver]) -> None:
    opened: list[Source] = []
    running = receiver(partial(Endless, opened=opened))
    listener = running.listen()
    names = [f"source {n}" for n in range(30)]
    for name in names:
        running.switch(name)
        assert {fix.source for fix in listener.take()} <= {name}
        until(lambda: running.state.fixes >= 3)
        assert running.here is not None and running.here.source == name
        assert {fix.source for fix in listener.take()} == {name}
    assert [each.name for each in opened] == names
    # Each was closed before the next was opened, and came to its end.
    assert all(each.ended.is_set() for each in opened[:-1])  # type: ignore[attr-defined]
    assert sum(each.name.startswith("receiver") for each in threading.enumerate()) == 1


def test_the_next_source_is_opened_when_the_last_has_ended(
    receiver: Callable[..., Receiver],
) -> None:
    """Both may want the same serial device."""
    busy = threading.Lock()

    class Device(Endless):
        def steps(self) -> Iterator[Fix | None]:
            assert busy.acquire(blocking=False)
            try:
                yield from super().steps()
                time.sleep(0.02)
            finally:
                busy.release()

    running = receiver(Device)
    for _ in range(5):
        running.switch("/dev/ttyUSB0")
        until(lambda: running.state.fixes > 0 or running.state.error is not None)
        assert running.state.error is None


def test_switching_in_a_burst_leaves_one_thread(receiver: Callable[..., Receiver]) -> None:
    opened: list[Source] = []
    running = receiver(partial(Endless, opened=opened))
    for n in range(50):
        running.switch(str(n))
    until(lambda: running.state.fixes > 0)
    assert running.state.address == "49"
    assert sum(each.name.startswith("receiver") for each in threading.enumerate()) == 1


def test_what_is_wrong_with_a_source_is_a_state_and_another_can_be_chosen(
    receiver: Callable[..., Receiver], tmp_path: Path, shared_data: Path
) -> None:
    running = receiver()
    listener = running.listen()
    for address, code in (
        (str(tmp_path / "none.nmea"), "gnss.file.missing"),
        ("tcp://", "gnss.address"),
    ):
        running.switch(address)
        assert running.state.status in (OPENING, code)
        until(lambda: running.state.error is not None)
        assert running.state.status == code
        error = running.state.error
        assert isinstance(error, BadFile | BadInput)
        said = running.state.conditions[0]
        assert words.phrase(said.code, "zh", said.facts) == words.explain(error, "zh")
        assert running.here is None
    running.switch(str(shared_data / "nmea" / "gpsd" / "nmea-rtk.log"))
    until(lambda: running.state.fixes > 0)
    assert running.state.error is None and len(listener.take()) > 0


def test_a_fault_in_a_source_is_told_in_words_and_kept(
    receiver: Callable[..., Receiver],
) -> None:
    class Faulty(Endless):
        def steps(self) -> Iterator[Fix | None]:
            yield next(super().steps())
            raise ZeroDivisionError("division by zero")

    running = receiver(Faulty)
    running.switch("serial:/dev/ttyUSB0")
    until(lambda: running.state.error is not None)
    error = running.state.error
    assert error is not None and isinstance(error.__cause__, ZeroDivisionError)
    for language in ("en", "zh"):
        assert "serial:/dev/ttyUSB0" in words.explain(error, language)


def test_closed_it_hears_nothing_and_may_be_closed_again(
    receiver: Callable[..., Receiver],
) -> None:
    running = receiver(Endless)
    listener = running.listen()
    running.switch("a")
    until(lambda: running.state.fixes > 0)
    running.close()
    assert listener.take() == [] and running.state.status == CLOSED and running.here is None
    running.close()


def test_who_listens_no_more_gets_nothing_and_who_never_takes_keeps_the_latest(
    receiver: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LONGEST_QUEUE", 5)
    running = receiver(Endless)
    gone, asleep = running.listen(), running.listen()
    gone.close()
    gone.close()
    running.switch("a")
    until(lambda: running.state.fixes >= 20)
    assert gone.take() == []
    assert len(asleep.take()) == 5


def test_a_position_of_a_while_ago_is_not_that_of_here(
    receiver: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Once(Endless):
        def steps(self) -> Iterator[Fix | None]:
            yield next(super().steps())
            self._closing.wait()

    running = receiver(Once)
    running.switch("a")
    until(lambda: running.here is not None)
    monkeypatch.setattr(module, "_HERE_HOLDS_S", -1.0)
    assert running.state.status == RECEIVING and running.here is None


def test_declaring_while_running_holds_for_what_follows(
    receiver: Callable[..., Receiver],
) -> None:
    running = receiver(Endless)
    running.switch("a")
    until(lambda: running.here is not None)
    running.declared = Declared("WGS84", 1.8)
    until(lambda: running.here is not None and running.here.antenna_height_m == 1.8)
    assert running.here is not None and running.here.datum == "WGS84"


def test_what_a_fix_says_itself_stays() -> None:
    declared = Declared("CGCS2000", 1.8)
    own = Fix(START, 1, 1, "rtk_fixed", coordinate_epoch=2010.0, antenna_height_m=2.0)
    assert declared.apply(own) == own
    nowhere = declared.apply(Fix(START, float("nan"), float("nan"), "none"))
    assert (nowhere.coordinate_epoch, nowhere.datum) == (None, "WGS84")
    timeless = declared.apply(Fix(None, 1, 1, "single"))
    assert (timeless.coordinate_epoch, timeless.datum) == (None, "WGS84")
    by_tablet = declared.apply(Fix(None, 1, 1, "single", tablet_time=START))
    assert by_tablet.coordinate_epoch == pytest.approx(2025.4248, abs=1e-4)
    assert declared.apply(Fix(START, 1, 1, "rtk_float")).coordinate_epoch == 2000.0


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_decimal_year_lies_in_its_year_and_can_be_turned_back(moment: datetime) -> None:
    year = decimal_year(moment)
    assert moment.year <= year <= moment.year + 1
    days = (datetime(moment.year + 1, 1, 1) - datetime(moment.year, 1, 1)).days
    passed_s = (moment - datetime(moment.year, 1, 1, tzinfo=UTC)).total_seconds()
    assert (year - moment.year) * days * 86_400 == pytest.approx(passed_s, abs=1700)


@pytest.mark.parametrize("height", [-0.1, 180.0, float("nan")])
def test_an_antenna_height_that_no_pole_has_is_refused(height: float) -> None:
    with pytest.raises(BadInput, match=r"gnss\.antenna_height"):
        Declared(antenna_height_m=height)
