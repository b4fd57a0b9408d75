"""Findings live on between runs: accepted ones stay, vanished ones are fixed."""

from __future__ import annotations

import pytest
from mistakes import VILLAGE, box, found, parcel, village
from xiangtu import validate
from xiangtu.errors import BadInput, Cancelled
from xiangtu.validate import findings


@pytest.fixture
def overlap(county):
    """Two parcels that overlap by 10 m²; the finding's id and the records."""
    first, second = sorted((parcel(county, box(0, 0)), parcel(county, box(9, 0))))
    assert found(county, "topology.overlap") == [("topology.overlap", first, second)]
    (finding,) = findings.list_findings(county)
    return county, finding, first, second


def test_a_finding_says_what_where_and_how_much(overlap):
    _, finding, _, _ = overlap
    assert (finding.severity, finding.layer, finding.village) == ("error", "farmland", VILLAGE)
    assert finding.measured == pytest.approx(10)
    assert finding.limit == 0.001
    assert 450_009 < finding.x < 450_010
    assert 3_900_000 < finding.y < 3_900_010
    assert finding.state == "open"


def test_what_was_put_right_is_fixed_and_what_comes_back_is_open_again(overlap):
    county, finding, _, second = overlap
    record = county.get("farmland", second)["geometry"]
    county.update("farmland", second, {}, box(30, 0))
    summary = validate.run(county, rules=["topology.overlap"])
    assert (summary.new, summary.fixed, summary.errors) == (0, 1, 0)
    (fixed,) = findings.list_findings(county, state="fixed")
    assert fixed.id == finding.id
    assert fixed.settled_at is not None
    county.update("farmland", second, {}, record)
    summary = validate.run(county, rules=["topology.overlap"])
    assert (summary.new, summary.fixed) == (1, 0)
    (again,) = findings.list_findings(county)
    assert (again.id, again.settled_at) == (finding.id, None)


def test_a_deleted_record_takes_its_findings_along(overlap):
    county, _, first, _ = overlap
    county.delete("farmland", first)
    assert found(county, "topology.overlap") == []


def test_an_accepted_finding_stays_accepted(overlap):
    county, finding, _, _ = overlap
    findings.accept(county, finding.id, "公共田埂", "officer")
    summary = validate.run(county, rules=["topology.overlap"])
    assert (summary.new, summary.fixed, summary.accepted, summary.errors) == (0, 0, 1, 0)
    (accepted,) = findings.list_findings(county, state="accepted")
    assert (accepted.reason, accepted.author) == ("公共田埂", "officer")


def test_accepting_needs_a_reason_and_something_to_accept(overlap):
    county, finding, _, second = overlap
    with pytest.raises(BadInput, match=r"finding\.reason_missing"):
        findings.accept(county, finding.id, "  ", "officer")
    with pytest.raises(BadInput, match=r"finding\.unknown"):
        findings.accept(county, "nothing", "why", "officer")
    county.delete("farmland", second)
    validate.run(county, rules=["topology.overlap"])
    with pytest.raises(BadInput, match=r"finding\.not_open"):
        findings.accept(county, finding.id, "why", "officer")


def test_a_run_of_some_rules_leaves_the_findings_of_others(overlap):
    county, finding, _, second = overlap
    county.delete("farmland", second)
    validate.run(county, rules=["geometry"])
    assert [each.id for each in findings.list_findings(county)] == [finding.id]
    validate.run(county, layers=["homestead"])
    assert finding.id in {each.id for each in findings.list_findings(county)}


def test_a_cancelled_run_writes_nothing(overlap):
    county, _, _, second = overlap
    county.delete("farmland", second)
    before = county.connection.execute("SELECT * FROM finding").fetchall()
    told = []

    def stop(fraction: float, step: str) -> bool:
        told.append((fraction, step))
        return len(told) < 25

    with pytest.raises(Cancelled):
        validate.run(county, progress=stop)
    assert len(told) == 25
    assert all(0 <= fraction <= 1 for fraction, _ in told)
    assert county.connection.execute("SELECT * FROM finding").fetchall() == before


def test_unknown_layers_rules_and_batches_are_refused(county):
    for wrong, code in (
        ({"layers": ["nowhere"]}, "layer.unknown"),
        ({"rules": ["topology.nothing"]}, "rule.unknown"),
        ({"since": "77"}, "batch.unknown"),
    ):
        with pytest.raises(BadInput) as refusal:
            validate.run(county, **wrong)
        assert refusal.value.code == code


def test_findings_are_listed_by_what_a_person_asks_for(overlap):
    county, finding, first, second = overlap
    for chosen in (
        {"layers": ["farmland"]},
        {"rules": ["topology.overlap"]},
        {"record": first},
        {"record": second},
        {"village": VILLAGE},
    ):
        assert [each.id for each in findings.list_findings(county, **chosen)] == [finding.id]
    for other in ({"layers": ["house"]}, {"village": "0"}, {"record": "?"}, {"state": "fixed"}):
        assert findings.list_findings(county, **other) == []


def test_an_acceptance_taken_back_is_open_again_and_the_log_keeps_its_reason(overlap):
    county, finding, _, _ = overlap
    with pytest.raises(BadInput, match=r"finding\.not_accepted"):
        findings.reopen(county, finding.id, "chief")
    findings.accept(county, finding.id, "公共田埂", "officer")
    findings.reopen(county, finding.id, "chief")
    (again,) = findings.list_findings(county)
    assert (again.id, again.reason, again.author) == (finding.id, None, None)
    logged = county.connection.execute(
        "SELECT author, action, record, detail FROM access_log"
    ).fetchall()
    assert logged == [("chief", "reopen", finding.record, "公共田埂")]
    with pytest.raises(BadInput, match=r"finding\.unknown"):
        findings.reopen(county, "nothing", "chief")


def test_a_finding_has_the_outlines_of_both_its_records(overlap):
    county, finding, first, second = overlap
    outlines = [county.get("farmland", each)["geometry"] for each in (first, second)]
    assert findings.shapes(county, finding) == outlines
    homestead = county.insert("homestead", {"village": VILLAGE}, box(50, 0))
    house = county.insert("house", {"village": VILLAGE, "homestead_uuid": homestead}, box(55, 0))
    validate.run(county, rules=["relations.house_outside_homestead"])
    (outside,) = findings.list_findings(county, record=house)
    assert findings.shapes(county, outside) == [
        county.get("house", house)["geometry"],
        county.get("homestead", homestead)["geometry"],
    ]
    county.delete("house", house)
    assert len(findings.shapes(county, outside)) == 1


def test_progress_tells_of_every_village_what_is_open_and_what_is_settled(overlap):
    county, finding, _, second = overlap
    village(county, box(-50, -50, 100, 100))
    village(county, box(200, 0), "990101101299")
    county.insert("household", {})
    validate.run(county, rules=["topology.overlap", "relations.no_parent"])
    first, other = findings.by_village(county)
    assert (first.code, first.errors, first.settled_share) == (VILLAGE, 1, 0.0)
    assert (other.code, other.errors, other.settled_share) == ("990101101299", 0, 1.0)
    findings.accept(county, finding.id, "公共田埂", "officer")
    assert findings.by_village(county)[0].settled_share == 1.0
    lost = parcel(county, box(300, 0), village=None), parcel(county, box(305, 0), village=None)
    validate.run(county, rules=["topology.overlap"])
    assert [(each.code, each.errors) for each in findings.by_village(county)][2:] == [("", 1)]
    for each in (*lost, second):
        county.delete("farmland", each)
    validate.run(county, rules=["topology.overlap"])
    assert [each.errors for each in findings.by_village(county)] == [0, 0, 0]
