"""Who has what: assignments, what came back, villages, overlaps; and what one would hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from county import VILLAGE, County, known, make_county
from xiangtu import store
from xiangtu.errors import BadInput, Cancelled
from xiangtu.package.assignment import assign
from xiangtu.package.foresight import SentBack, foresee
from xiangtu.package.receipt import write_receipt
from xiangtu.package.who_has_what import (
    TabletAtWork,
    overlaps,
    tablets_at_work,
    villages_at_work,
)


@pytest.fixture
def two(tmp_path: Path) -> County:
    return make_county(tmp_path / "county", "ab")


def seen(county: County) -> dict[str, TabletAtWork]:
    with store.open(county.path, readonly=True) as file:
        return {each.device.name: each for each in tablets_at_work(file)}


def test_an_assignment_is_out_until_a_package_made_with_it_arrives(two: County) -> None:
    two.assign("a")
    with two.survey("a") as survey:
        survey.update("farmland", known("farmland", 0), {"remark": "one"})
    (out,) = seen(two)["a"].assignments
    assert out.came_back_at is None and out.villages == (VILLAGE,) and "farmland" in out.layers
    two.merge(two.pack("a"))
    tablet = seen(two)["a"]
    assert tablet.merged == 1 and tablet.assignments[0].came_back_at == tablet.last_arrived_at
    assert tablet.receipt_at is None
    with two.open() as file:
        write_receipt(file, two.folder / "a.xtr", tablet.device.id)
    assert (seen(two)["a"].receipt_at or "") >= tablet.last_arrived_at
    assert seen(two)["b"].receipt_at is None
    two.assign("a")
    assert [bool(each.came_back_at) for each in seen(two)["a"].assignments] == [True, False]
    assert seen(two)["b"].assignments == () and seen(two)["b"].last_arrived_at is None


def test_a_package_of_a_later_assignment_brings_the_earlier_ones_work_too(two: County) -> None:
    two.assign("a")
    two.assign("a")
    with two.survey("a") as survey:
        survey.update("farmland", known("farmland", 0), {"remark": "one"})
    two.merge(two.pack("a"))
    first, second = seen(two)["a"].assignments
    assert first.came_back_at == second.came_back_at is not None


def test_villages_count_what_has_not_ended_and_what_is_sent_back(two: County) -> None:
    with two.open() as file:
        (before,) = villages_at_work(file)
        file.update("relic", known("relic", 0), {"state": "returned"})
        file.update("farmland", known("farmland", 0), {"ended_on": "2025-01-01"})
        (after,) = villages_at_work(file)
    assert (before.code, before.name, before.returned) == (VILLAGE, "石桥村", 0)
    assert (after.records, after.returned) == (before.records - 1, 1)
    assert after.outline is not None and after.outline.area == 16e6


def test_who_has_a_village_already_is_named_by_layer_campaign_and_tablet(two: County) -> None:
    two.assign("a", layers=["farmland"])
    tablets = seen(two).values()
    own, other = (seen(two)[name].device.id for name in "ab")
    (found,) = overlaps(tablets, other, [VILLAGE, "990101100299"], ["farmland", "relic"], None)
    assert (found.tablet.id, found.villages) == (own, (VILLAGE,))
    assert not overlaps(tablets, own, [VILLAGE], ["farmland"], None)
    assert not overlaps(tablets, other, [VILLAGE], ["relic"], None)
    assert not overlaps(tablets, other, ["990101100299"], ["farmland"], None)
    assert not overlaps(tablets, other, [VILLAGE], ["farmland"], "another campaign")
    with two.open() as file:
        file.connection.execute("UPDATE device SET retired_at = '2025-01-01' WHERE id = ?", (own,))
    assert not overlaps(seen(two).values(), other, [VILLAGE], ["farmland"], None)


def test_what_is_foreseen_is_what_is_handed_out(two: County, tmp_path: Path) -> None:
    with two.open() as file:
        file.update("relic", known("relic", 0), {"state": "returned"})
        for number, record in enumerate(("relic", "relic", "farmland")):
            file.connection.execute(
                "INSERT INTO finding (id, rule, severity, layer, record, found_at) "
                "VALUES (?, 'x', 'error', ?, ?, '')",
                (str(number), record, known(record, 0)),
            )
        foreseen = foresee(file, [VILLAGE])
        made = assign(file, tmp_path / "a.xta", two.tablets["a"].device_id, "李", [VILLAGE])
    assert foreseen.sent_back == (SentBack("relic", known("relic", 0), 2),)
    assert (foreseen.counts, foreseen.findings) == (made.counts, made.findings) != ({}, 0)
    assert foreseen.size_bytes == pytest.approx(made.size_bytes, abs=6000)


def test_foreseeing_leaves_the_county_as_it_was(two: County) -> None:
    before = two.path.read_bytes()
    with two.open() as file:
        foresee(file, [VILLAGE], ["farmland"])
        with pytest.raises(BadInput) as refusal:
            foresee(file, ["990101999999"])
    assert refusal.value.code == "assign.village"
    assert two.path.read_bytes() == before


@pytest.mark.parametrize("after", [0, 1, 2])
def test_foreseeing_stops_where_it_is_no_longer_wanted(two: County, after: int) -> None:
    told: list[float] = []

    def progress(fraction: float, _step: str) -> bool:
        told.append(fraction)
        return len(told) <= after

    with two.open() as file, pytest.raises(Cancelled):
        foresee(file, [VILLAGE], progress=progress)
    assert len(told) == after + 1
