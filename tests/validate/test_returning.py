"""Records go back to the surveyor with what was found, and what the office says of it."""

from __future__ import annotations

import pytest
from mistakes import box, found, parcel, village
from xiangtu import validate
from xiangtu.errors import BadInput
from xiangtu.store import SurveyFile, history
from xiangtu.validate import findings
from xiangtu.validate.returning import WentBack, returned, send_back, take_back


@pytest.fixture
def overlaps(county: SurveyFile) -> list[findings.Finding]:
    """A parcel that overlaps two others: two findings of the first, of the second, or of both."""
    for x in (0, 9, 18):
        parcel(county, box(x, 0))
    validate.run(county, rules=["topology.overlap"])
    return findings.list_findings(county)


def test_a_record_goes_back_once_with_its_findings_and_the_words(
    county: SurveyFile, overlaps: list[findings.Finding]
):
    ids = [each.id for each in overlaps]
    records = {each.record for each in overlaps}
    county.sign_in(author="王芳")
    assert send_back(county, ids, " 请重测东界 ") == WentBack(len(records), 0, 0)
    assert returned(county) == records
    assert {county.get("farmland", each)["state"] for each in records} == {"returned"}
    for each in records:
        last = county.history(each)[-1]
        assert last.author == "王芳"
        assert [(value.field, value.new) for value in last.values] == [("state", "returned")]
        assert history.reasons(county, each)[last.uuid] == "请重测东界"
    validate.run(county, rules=["topology.overlap"])
    kept = findings.list_findings(county)
    assert [(each.state, each.reason, each.author) for each in kept] == [
        ("open", "请重测东界", "王芳")
    ] * len(ids)
    assert send_back(county, ids) == WentBack(0, len(records), 0)


def test_a_return_is_taken_back_and_each_record_is_as_it_was(
    county: SurveyFile, overlaps: list[findings.Finding]
):
    ids = [each.id for each in overlaps]
    records = {each.record for each in overlaps}
    before = {each: county.get("farmland", each)["state"] for each in records}
    send_back(county, ids, "请重测东界")
    assert take_back(county, ids) == len(records)
    assert {each: county.get("farmland", each)["state"] for each in records} == before
    assert returned(county) == set()
    left = findings.list_findings(county)
    assert {(each.state, each.reason) for each in left} == {("open", None)}
    for wrong, code in ((ids[0], "finding.not_returned"), ("none", "finding.unknown")):
        with pytest.raises(BadInput) as refused:
            take_back(county, [wrong])
        assert refused.value.code == code


def test_what_no_surveyor_has_stays_at_the_office(county: SurveyFile):
    outline = village(county, box(0, 0, 100, 100))
    parcel(county, box(500, 0))
    gone = parcel(county, box(600, 0))
    assert found(county, "relations.outside_village")
    county.connection.execute(
        "INSERT INTO finding (id, rule, severity, layer, record, found_at) "
        "VALUES ('v', 'x', 'error', 'village', ?, '')",
        (outline,),
    )
    county.delete("farmland", gone)
    ids = [each.id for each in findings.list_findings(county)]
    assert len(ids) == 3
    assert send_back(county, ids) == WentBack(1, 0, 2)
    assert county.get("village", outline)["state"] != "returned"


def test_of_findings_that_are_not_open_none_goes_back(
    county: SurveyFile, overlaps: list[findings.Finding]
):
    first, second = overlaps
    findings.accept(county, second.id, "公共田埂", "officer")
    for ids, code in (
        ([first.id, second.id], "finding.not_open"),
        ([first.id, "none"], "finding.unknown"),
    ):
        with pytest.raises(BadInput) as refused:
            send_back(county, ids)
        assert refused.value.code == code
    assert returned(county) == set()
    (left,) = findings.list_findings(county)
    assert (left.reason, left.author) == (None, None)
