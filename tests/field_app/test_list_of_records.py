"""Records are found by what a surveyor knows of them, the nearest first."""

from __future__ import annotations

from small_village import SRID, VILLAGE, X0, Y0, World, square
from xiangtu.geo import gauss_kruger
from xiangtu.store import SurveyFile
from xiangtu.validate import Summary

from field_app.controllers import form, records
from field_app.controllers.records import Filter
from field_app.controllers.start import Fieldwork

FARMLAND = Filter(layer="farmland")


def place(x: float, y: float) -> tuple[float, float]:
    longitude, latitude = gauss_kruger.inverse(X0 + x, Y0 + y, SRID)
    return float(longitude), float(latitude)


def checked(survey: SurveyFile) -> Summary:
    """A check to its end."""
    steps = records.check(survey)
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            return ended.value


def titles(page: records.Page) -> list[str]:
    return [each.title for each in page.records]


def test_the_nearest_come_first_and_those_without_a_place_last(work: Fieldwork) -> None:
    survey = work.survey
    page = records.list_records(survey, Filter(), here=place(240, 125))
    assert titles(page)[:2] == ["东地", "西地"]
    assert [round(each.distance_m or 0) for each in page.records[:2]] == [65, 115]
    assert page.records[-1].distance_m is None and page.total == len(page.records)
    assert titles(records.list_records(survey, FARMLAND, here=place(0, 125))) == ["西地", "东地"]
    by_code = records.list_records(survey, FARMLAND, "code", here=place(240, 125))
    assert titles(by_code) == ["西地", "东地"] and by_code.records[0].distance_m is None
    assert titles(records.list_records(survey, FARMLAND)) == ["西地", "东地"], "no position"


def test_a_page_is_a_part_of_the_whole(work: Fieldwork) -> None:
    survey = work.survey
    form.Form.new(survey, "farmland", village=VILLAGE).answer("name", "新地")
    whole = records.list_records(survey, FARMLAND)
    assert titles(whole) == ["新地", "西地", "东地"] and whole.records[0].begun
    parts = [records.list_records(survey, FARMLAND, offset=offset, count=1) for offset in range(4)]
    assert [title for part in parts for title in titles(part)] == titles(whole)
    assert {part.total for part in parts} == {3}


def test_each_filter_leaves_what_it_says(work: Fieldwork, world: World) -> None:
    survey = work.survey
    form.confirm_unchanged(survey, "farmland", world.parcels["west"])
    assert titles(records.list_records(survey, Filter(layer="farmland", mine=True))) == ["西地"]
    assert titles(records.list_records(survey, Filter(layer="farmland", today=True))) == ["西地"]
    assert titles(records.list_records(survey, Filter(layer="farmland", incomplete=True))) == [
        "东地"
    ]
    assert titles(records.list_records(survey, Filter(layer="farmland", village="0"))) == []
    form.Form.open_record(survey, "farmland", world.parcels["west"]).answer("remark", "再看")
    begun = records.list_records(survey, Filter(layer="farmland", incomplete=True))
    assert {each.title: each.begun for each in begun.records} == {"西地": True, "东地": False}
    survey.update("farmland", world.parcels["east"], {"ended_on": "2025-06-01"})
    assert titles(records.list_records(survey, FARMLAND)) == ["西地"], "what ended is no work"


def test_a_record_changed_by_another_surveyor_is_not_mine(work: Fieldwork, world: World) -> None:
    form.confirm_unchanged(work.survey, "farmland", world.parcels["west"])
    work.sign_in("赵强")
    assert records.list_records(work.survey, Filter(mine=True)).total == 0


def test_what_is_wrong_is_found_with_what_to_do_and_goes_when_mended(
    work: Fieldwork, world: World
) -> None:
    survey, west = work.survey, world.parcels["west"]
    wanted = Filter(layer="farmland", problems=True, mine=True)
    survey.update("farmland", west, {"land_use": None})
    assert records.list_records(survey, wanted).total == 0, "before it was checked"
    assert checked(survey).errors > 0
    (found,) = records.list_records(survey, wanted).records
    assert found.record == west and found.severity == "error" and found.problems >= 1
    assert found.problem is not None and found.remedy is not None
    plain = found.remedy.zh
    survey.connection.execute("UPDATE finding SET reason = '请重测东界' WHERE record = ?", (west,))
    (told,) = records.list_records(survey, wanted).records
    assert told.remedy is not None and told.remedy.zh == f"请重测东界 {plain}"
    survey.update("farmland", west, {"land_use": "0101"})
    checked(survey)
    assert all(each.severity != "error" for each in records.list_records(survey, wanted).records)


def test_a_check_asks_of_what_was_worked_on_and_what_lies_around_it(
    work: Fieldwork, world: World
) -> None:
    survey, west, east = work.survey, world.parcels["west"], world.parcels["east"]
    assert checked(survey).records == 0, "the county checked what it handed out"
    survey.update("farmland", west, {}, square(100, 100, 60))
    summary = checked(survey)
    assert summary.records < 4, "neither its neighbour's answers nor the household's"
    overlaps = survey.connection.execute(
        "SELECT record, other FROM finding WHERE rule = 'topology.overlap'"
    ).fetchall()
    assert [set(each) for each in overlaps] == [{west, east}]


def test_work_goes_on_while_a_check_does(work: Fieldwork, world: World) -> None:
    survey, west = work.survey, world.parcels["west"]
    survey.update("farmland", west, {"land_use": None})
    steps = records.check(survey)
    for number, _ in enumerate(steps):
        with survey.atomic():  # there is no transaction to come into the way of
            survey.update("farmland", west, {"remark": f"{number}"})
    assert number > 5
    assert records.list_records(survey, Filter(problems=True, mine=True)).total >= 1


def test_a_check_that_is_left_changes_nothing(work: Fieldwork, world: World) -> None:
    work.survey.update("farmland", world.parcels["west"], {"land_use": None})
    steps = records.check(work.survey)
    while next(steps)[1] != "validate.writing":
        pass
    steps.close()
    assert records.list_records(work.survey, Filter(problems=True)).total == 0


def test_filters_offered_are_those_of_the_tablet(work: Fieldwork) -> None:
    offered = records.choices(work.survey)
    assert offered.villages == ((VILLAGE, "上河村"),)
    assert [name for name, _ in offered.layers] == ["village", "household", "farmland"]
