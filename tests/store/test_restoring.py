"""What stood in a record comes back as a change of its own, with who and why."""

from __future__ import annotations

import pytest
from survey_files import outline
from xiangtu import store
from xiangtu.errors import BadInput
from xiangtu.store import history


def parcel(county: store.SurveyFile) -> str:
    county.sign_in(author="王芳")
    return county.insert("farmland", {"name": "东坡", "horizontal_accuracy_m": 0.02}, outline(0, 0))


def test_a_value_comes_back_as_a_new_change_with_its_reason(county):
    uuid = parcel(county)
    county.update("farmland", uuid, {"name": "西坡"})
    renamed = county.history(uuid)[-1]
    county.sign_in(author="李雷")
    change = county.restore(renamed.uuid, "name", before=True, reason=" 抄错了 ")
    assert county.get("farmland", uuid)["name"] == "东坡"
    last = county.history(uuid)[-1]
    assert (last.uuid, last.author, last.operation) == (change, "李雷", "update")
    assert history.reasons(county, uuid) == {change: "抄错了"}
    county.restore(renamed.uuid, "name", before=False, reason="没有抄错")
    assert county.get("farmland", uuid)["name"] == "西坡"


def test_an_outline_comes_back_with_how_it_was_measured_and_its_area(county):
    uuid = parcel(county)
    before = county.get("farmland", uuid)
    county.update("farmland", uuid, {"horizontal_accuracy_m": 3.5}, outline(5, 5, 40))
    reshaped = county.history(uuid)[-1]
    county.restore(reshaped.uuid, "geometry", before=True, reason="误动")
    after = county.get("farmland", uuid)
    assert after["geometry"] == before["geometry"]
    assert after["horizontal_accuracy_m"] == 0.02
    assert after["area_m2"] == before["area_m2"]
    made = county.history(uuid)[0]
    county.update("farmland", uuid, {}, outline(7, 7))
    county.restore(made.uuid, "geometry", before=False, reason="误动")
    assert county.get("farmland", uuid)["geometry"] == before["geometry"]


def test_a_private_value_comes_back_with_what_is_sealed(county, identity):
    county.sign_in(author="王芳")
    uuid = county.insert("household", {"telephone": "13812345678"})
    county.update("household", uuid, {"telephone": "13987654321"})
    county.restore(county.history(uuid)[-1].uuid, "telephone", before=True, reason="旧号仍用")
    assert county.get("household", uuid)["telephone"] == "138****5678"
    assert county.reveal("household", uuid, "telephone", identity, "李雷") == "13812345678"


def test_what_was_empty_when_the_record_was_made_is_empty_again(county):
    uuid = parcel(county)
    county.update("farmland", uuid, {"remark": "旱"})
    county.restore(county.history(uuid)[0].uuid, "remark", before=False, reason="不确定")
    assert county.get("farmland", uuid)["remark"] is None


def test_what_cannot_be_restored_is_refused_and_leaves_no_trace(county):
    uuid = parcel(county)
    made = county.history(uuid)[0].uuid
    county.update("farmland", uuid, {"name": "西坡"})
    renamed = county.history(uuid)[-1].uuid
    for change, field, before, reason, code in (
        (renamed, "name", True, "  ", "restore.reason_missing"),
        ("nothing", "name", True, "why", "restore.change_unknown"),
        (made, "name", True, "why", "restore.nothing"),
        (renamed, "remark", True, "why", "restore.nothing"),
        (renamed, "name", False, "why", "restore.same"),
        (renamed, "area_m2", True, "why", "field.unknown"),
    ):
        with pytest.raises(BadInput) as refused:
            county.restore(change, field, before=before, reason=reason)
        assert refused.value.code == code
    county.delete("farmland", uuid)
    with pytest.raises(BadInput, match=r"record\.missing"):
        county.restore(renamed, "name", before=True, reason="why")
    assert history.reasons(county, uuid) == {}


def test_deleted_records_are_listed_until_they_are_there_again(county):
    first, second = parcel(county), parcel(county)
    county.delete("farmland", first)
    county.sign_in(author="李雷")
    county.delete("farmland", second)
    gone = history.deleted(county)
    assert [(each.layer, each.record, each.author) for each in gone] == [
        ("farmland", second, "李雷"),
        ("farmland", first, "王芳"),
    ]
    county.insert("farmland", {"name": "东坡"}, outline(0, 0), uuid=second)
    assert [each.record for each in history.deleted(county)] == [first]
