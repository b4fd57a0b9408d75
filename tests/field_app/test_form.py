"""Forms: conditions, defaults, memory, drafts, problems beside the field, confirming."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from shapely.geometry import LineString
from small_village import COMPLETE, VILLAGE, X0, Y0, World, way
from test_photo_copies import jpeg
from xiangtu.errors import BadInput
from xiangtu.geo import identifiers

from field_app.controllers import capture, form
from field_app.controllers.form import Form
from field_app.controllers.photos import attach_photo
from field_app.controllers.start import Fieldwork

CORNERS = [(300, 300), (340, 300), (340, 330), (300, 330), (300, 300)]


def filled(work: Fieldwork, **given) -> Form:
    answers = COMPLETE | {"village": VILLAGE, "name": "新地", "land_use": "0101"} | given
    opened = Form.new(work.survey, "farmland")
    for name, value in answers.items():
        opened.answer(name, value)
    return opened


def test_a_walked_parcel_is_confirmed_with_how_it_was_measured(work: Fieldwork) -> None:
    survey = work.survey
    opened = filled(work)
    measured = capture.walk_boundary(survey, "farmland", way(CORNERS))
    opened.measure(measured)
    uuid = opened.confirm()
    record = survey.get("farmland", uuid)
    assert record is not None and uuid == opened.record
    assert record["geometry"].equals(measured.geometry)
    assert (record["state"], record["campaign"]) == ("surveyed", survey.meta["campaign"])
    assert (record["measured_how"], record["fix_type"]) == ("gnss_walk", "rtk_fixed")
    assert record["epochs"] == len(measured.fixes) and record["horizontal_accuracy_m"] == 0.02
    assert record["surveyor"] == "王芳"
    assert record["area_m2"] == pytest.approx(1200, abs=15)
    # The raw epochs are there, with their own time, and the draft is gone.
    kept = survey.fixes_of(uuid)
    assert len(kept) == len(measured.fixes)
    assert kept[0]["receiver_time"] == "2025-06-05T01:00:00.000Z"
    assert kept[0]["longitude_deg"] == measured.fixes[0].longitude_deg
    assert survey.drafts() == []
    assert [each.operation for each in survey.history(uuid)] == ["insert"]


def test_the_village_is_filled_in_from_the_place(work: Fieldwork) -> None:
    opened = Form.new(work.survey, "facility")
    point = capture.average_point(work.survey, "facility", way([(500, 500), (500.5, 500)], 0.1))
    opened.measure(point)
    assert opened.values["village"] == VILLAGE


def test_a_record_without_a_place_and_a_photo_without_a_role_are_told_and_may_be_confirmed(
    work: Fieldwork,
) -> None:
    opened = filled(work)
    attach_photo(work.survey, opened.record, "farmland", jpeg((64, 48)), role=None)
    codes = [each.code for each in opened.problems() if each.severity == "warning"]
    assert {"field.problem.not_measured", "field.problem.photo_role"} <= set(codes)
    opened.measure(capture.walk_boundary(work.survey, "farmland", way(CORNERS)))
    assert "field.problem.not_measured" not in {each.code for each in opened.problems()}
    again = Form.open_record(work.survey, "farmland", opened.confirm())
    assert "field.problem.not_measured" not in {each.code for each in again.problems()}


def test_a_village_that_was_not_handed_out_is_warned_of_and_may_be_confirmed(
    work: Fieldwork,
) -> None:
    opened = filled(work)
    assert "field.problem.not_assigned" not in {each.code for each in opened.problems()}
    opened.answer("village", "990101101299")
    (warned,) = (e for e in opened.problems() if e.code == "field.problem.not_assigned")
    assert (warned.field, warned.severity) == ("village", "warning")
    opened.confirm()


def test_defaults_then_memory_then_what_is_given(work: Fieldwork) -> None:
    first = Form.new(work.survey, "farmland")
    assert first.values["kind"] == "10" and first.values.get("land_use") is None
    filled(work, land_use="0102").confirm()
    second = Form.new(work.survey, "farmland", name="另一块")
    assert second.values["land_use"] == "0102"
    assert second.values["village"] == VILLAGE
    assert second.values["name"] == "另一块"
    assert Form.new(work.survey, "farmland", land_use="0101").values["land_use"] == "0101"


def test_what_is_hidden_is_not_asked_and_not_kept(work: Fieldwork) -> None:
    opened = Form.new(work.survey, "homestead", village=VILLAGE)
    names = [each.field.name for each in opened.questions()]
    assert "certificate_number" not in names and "uncertified_reason" in names
    opened.answer("certified", "1")
    by_name = {each.field.name: each for each in opened.questions()}
    assert by_name["certificate_number"].required and "uncertified_reason" not in by_name
    assert by_name["certificate_number"].problems[0].code == "field.problem.required"
    opened.answer("certificate_number", "青集用（2010）第7号")
    assert not {each.field.name: each for each in opened.questions()}["certificate_number"].problems
    opened.answer("certified", "2")
    opened.answer("uncertified_reason", next(iter(
        work.survey.catalogue.code_lists["unregistered_reason"].codes
    )))  # fmt: skip
    # Changing one's mind brings the answer back; confirming does not keep what is hidden.
    assert opened.values["certificate_number"] == "青集用（2010）第7号"
    uuid = opened.confirm(despite="户主外出，资料待补")
    record = work.survey.get("homestead", uuid)
    assert record is not None and record["certificate_number"] is None
    assert "户主外出" in record["remark"]


def test_problems_stand_beside_their_field_and_stop_confirming(work: Fieldwork) -> None:
    opened = Form.new(work.survey, "farmland")
    problems = {each.field: each.code for each in opened.problems()}
    assert problems["name"] == problems["land_use"] == "field.problem.required"
    with pytest.raises(BadInput) as refused:
        opened.confirm()
    assert refused.value.code == "field.problems" and refused.value.facts["count"] >= 3
    assert work.survey.get("farmland", opened.record) is None
    for name, value in (
        COMPLETE | {"village": VILLAGE, "name": "一" * 51, "land_use": "0101"}
    ).items():
        opened.answer(name, value)
    (problem,) = [each for each in opened.problems() if each.severity == "error"]
    assert (problem.field, problem.code, problem.facts["limit"]) == (
        "name", "field.problem.too_long", 50,
    )  # fmt: skip
    opened.answer("name", "新地")
    opened.answer("code", VILLAGE + "0100000")
    (problem,) = [each for each in opened.problems() if each.severity == "error"]
    assert problem.facts["reason"] == "number"
    opened.answer("code", None)
    opened.confirm()


def test_the_record_is_signed_by_who_is_signed_in(work: Fieldwork) -> None:
    opened = filled(work)
    signed = [each.title for each in opened.problems() if each.code.endswith("signed")]
    assert signed == []
    work.survey.sign_in(author="")
    assert [each.code for each in opened.problems() if each.code.endswith("signed")]


def test_rules_of_the_catalogue_are_problems_too(work: Fieldwork) -> None:
    opened = filled(work, began_on="2999-01-01")
    found = [each for each in opened.problems() if each.field == "began_on"]
    assert [each.severity for each in found] == ["error"]
    assert found[0].title is not None and found[0].title.zh


def test_missing_photos_are_told_without_stopping(work: Fieldwork) -> None:
    opened = filled(work, planting="WG", recovery="GCHF")
    found = [each for each in opened.problems() if each.code == "field.problem.photo"]
    assert [(each.severity, each.facts["role"]) for each in found] == [("warning", "overview")]
    work.survey.attach(opened.record, "farmland", b"\xff\xd8\xff bytes", role="overview")
    assert not [each for each in opened.problems() if each.code == "field.problem.photo"]


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("certificate_area_m2", "１２．５", 12.5),
        ("certificate_area_m2", " 12 ", 12.0),
        ("obtained_on", "2025年6月5日", "2025-06-05"),
        ("obtained_on", "2025/6/5", "2025-06-05"),
        ("several_homesteads", True, 1),
        ("address", "  上河村三组 ", "上河村三组"),
        ("address", " ", None),
    ],
)
def test_answers_as_typed_become_what_is_stored(
    work: Fieldwork, field: str, typed: object, kept: object
) -> None:
    opened = Form.new(work.survey, "homestead")
    opened.answer(field, typed)
    assert opened.values[field] == kept


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("certificate_area_m2", "twelve", "field.answer.number"),
        ("certificate_area_m2", "nan", "field.answer.number"),
        ("obtained_on", "2025-02-31", "field.answer.date"),
        ("use", "99", "field.answer.code"),
        ("several_homesteads", "perhaps", "field.answer.yes_no"),
        ("nothing", "x", "field.unknown"),
        ("area_m2", 5, "field.unknown"),
    ],
)
def test_senseless_answers_are_refused_and_the_old_stays(
    work: Fieldwork, field: str, typed: object, code: str
) -> None:
    opened = Form.new(work.survey, "homestead")
    before = dict(opened.values)
    with pytest.raises(BadInput) as refused:
        opened.answer(field, typed)
    assert refused.value.code == code and opened.values == before


def test_a_draft_survives_a_flat_battery(work: Fieldwork, tmp_path: Path) -> None:
    opened = filled(work, grade="02")
    measured = capture.walk_boundary(work.survey, "farmland", way(CORNERS))
    opened.measure(measured)
    # The process ends here without closing anything; the folder is all there is.
    work.survey.connection.close()
    work._survey = None
    again = Form.resume(work.survey, opened.record)
    assert again.values["grade"] == "02"
    assert again.geometry is not None and again.geometry.area == pytest.approx(1200, abs=15)
    uuid = again.confirm()
    assert len(work.survey.fixes_of(uuid)) == len(measured.fixes)
    with pytest.raises(BadInput, match=r"field\.no_draft"):
        Form.resume(work.survey, uuid)


def test_resurveying_changes_only_what_was_answered(work: Fieldwork, world: World) -> None:
    west = world.parcels["west"]
    before = work.survey.get("farmland", west)
    opened = Form.open_record(work.survey, "farmland", west)
    assert opened.geometry is not None
    opened.answer("name", "西大地")
    opened.confirm()
    after = work.survey.get("farmland", west)
    assert before is not None and after is not None
    assert after["geometry"].equals(before["geometry"])
    (last,) = [each for each in work.survey.history(west) if each.author == "王芳"]
    assert {each.field for each in last.values if each.old != each.new} == {
        "name", "state", "campaign",
    }  # fmt: skip


def test_a_thrown_away_form_leaves_no_trace(work: Fieldwork) -> None:
    opened = filled(work)
    opened.throw_away()
    assert work.survey.drafts() == []
    assert work.survey.get("farmland", opened.record) is None


def test_unchanged_since_the_last_survey(work: Fieldwork, world: World) -> None:
    form.confirm_unchanged(work.survey, "farmland", world.parcels["west"])
    record = work.survey.get("farmland", world.parcels["west"])
    assert record is not None
    assert (record["state"], record["name"]) == ("confirmed_unchanged", "西地")
    with pytest.raises(BadInput, match=r"record\.missing"):
        form.confirm_unchanged(work.survey, "farmland", "0" * 8 + "-0000-7000-8000-" + "0" * 12)


def test_a_private_answer_is_masked_at_once_and_its_mistake_remembered(
    work: Fieldwork, world: World
) -> None:
    field = next(
        each for each in work.survey.catalogue.layer("member").fields.values()
        if each.sensitive and each.identifier == "citizen_id"
    )  # fmt: skip
    wrong = "990101199001010018"
    assert identifiers.check("citizen_id", wrong) == "check_digit"
    opened = Form.new(work.survey, "member", village=VILLAGE, household_uuid=world.household)
    if field.identifier_when:
        opened.answer("id_kind", "1")
    opened.answer(field.name, wrong)
    assert wrong not in str(work.survey.drafts()) and "*" in opened.values[field.name]
    again = Form.resume(work.survey, opened.record)
    for each in (opened, again):
        (problem,) = [p for p in each.problems() if p.code == "field.problem.identifier"]
        assert problem.field == field.name
    assert wrong not in str(again.problems())
    again.answer(field.name, "990101199001010019")
    assert not [p for p in again.problems() if p.code == "field.problem.identifier"]


def test_why_a_bad_measurement_was_kept_is_in_the_remark(work: Fieldwork, stand: Callable) -> None:
    opened = Form.new(work.survey, "facility", village=VILLAGE)
    single = stand(5, 5, 12, fix_type="single", horizontal_accuracy_m=8.0)
    opened.measure(
        capture.average_point(work.survey, "facility", single, override_reason="楼群遮挡")
    )
    again = Form.resume(work.survey, opened.record)
    uuid = again.confirm(despite="试填")
    record = work.survey.get("facility", uuid)
    assert record is not None and "楼群遮挡" in record["remark"]
    assert (record["fix_type"], record["horizontal_accuracy_m"]) == ("single", 8.0)


def test_a_parcel_is_divided_and_ends(work: Fieldwork, world: World) -> None:
    from field_app.controllers.division import divide

    survey, west = work.survey, world.parcels["west"]
    line = capture.walk_boundary(survey, "route", way([(125, 101), (125, 149)]))
    made = divide(survey, "farmland", west, line)
    old = survey.get("farmland", west)
    parts = [survey.get("farmland", uuid) for uuid in made]
    assert old is not None and old["ended_on"] and old["code"]
    assert [part["name"] for part in parts if part] == ["西地-1", "西地-2"]
    assert [round(part["geometry"].area, 1) for part in parts if part] == [1250.0, 1250.0]
    for part in parts:
        assert part is not None
        assert part["code"] is None and part["land_use"] == "0101"
        assert part["began_on"] == old["ended_on"] and part["ended_on"] is None
        assert part["measured_how"] == "gnss_walk" and survey.fixes_of(part["uuid"])
    assert survey.descendants(west) == [(made[0], "split"), (made[1], "split")]
    with pytest.raises(BadInput, match=r"field\.split\.ended"):
        divide(survey, "farmland", west, line)
    outside = LineString([(X0, Y0), (X0 + 10, Y0)])
    with pytest.raises(BadInput, match=r"field\.split\.not_through"):
        divide(survey, "farmland", world.parcels["east"], outside)
    assert survey.get("farmland", world.parcels["east"])["ended_on"] is None  # type: ignore[index]
