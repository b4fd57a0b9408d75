"""What a form's screen is given: sections, parts, photos, and where one was."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_village import VILLAGE, World
from xiangtu.errors import BadInput

from field_app.controllers import at_work
from field_app.controllers.at_work import OpenForm
from field_app.controllers.form import Form
from field_app.controllers.form_page import candidates, leave, open_form, page_of
from field_app.controllers.photos import attach_photo
from field_app.controllers.record_photos import caption_photo, picture
from field_app.controllers.start import Fieldwork

HOUSE = {"structure": "5", "storeys": 2, "village": VILLAGE}


@pytest.fixture
def photo(shared_data: Path) -> Path:
    return shared_data / "exif" / "exif-samples" / "jpg" / "gps" / "DSCN0010.jpg"


def homestead(work: Fieldwork) -> Form:
    return open_form(work.survey, "homestead", None, {"village": VILLAGE})


def house_of(work: Fieldwork, parent: Form, **more: object) -> Form:
    given = HOUSE | {"homestead_uuid": parent.record} | more
    return open_form(work.survey, "house", None, given)


def test_every_question_stands_in_one_section_in_the_order_of_the_catalogue(
    work: Fieldwork,
) -> None:
    for layer in work.survey.catalogue.layers.values():
        if not layer.surveyed:
            continue
        form = Form.new(work.survey, layer.name)
        page = page_of(form)
        asked = [each.field.name for section in page.sections for each in section.asked]
        wanted = {each.field.name for each in form.questions()} | set(layer.derived_columns)
        assert sorted(asked) == sorted(wanted), layer.name
        named = [each.name for each in page.sections if each.name in layer.sections]
        assert named == [each for each in layer.sections if each in named]
        for section in page.sections:
            for each in section.asked:
                assert page.section_of(each.field.name) is section
                assert each.choices or each.kind not in ("code", "codes", "yes_no")


def test_areas_follow_from_the_outline_and_are_not_asked(work: Fieldwork, world: World) -> None:
    page = page_of(open_form(work.survey, "farmland", world.parcels["west"], {}))
    shown = {
        each.field.name: each.question.value
        for section in page.sections for each in section.asked if each.kind == "computed"
    }  # fmt: skip
    assert shown["area_m2"] == 2500.0 and shown["area_mu"] == 3.75
    assert page.measured is True
    assert page_of(homestead(work)).measured is False
    assert page_of(open_form(work.survey, "household", world.household, {})).measured is None


def test_parts_are_those_confirmed_and_those_begun(work: Fieldwork) -> None:
    parent = homestead(work)
    confirmed, begun = house_of(work, parent, house_number="1"), house_of(work, parent)
    confirmed.confirm()
    house_of(work, homestead(work))
    (houses, *_) = page_of(parent).parts
    assert houses.layer.name == "house" and houses.field == "homestead_uuid"
    assert [(each.record, each.begun) for each in houses.records] == sorted(
        [(confirmed.record, False), (begun.record, True)]
    )


def test_a_household_lists_its_homesteads_and_each_names_its_household(
    work: Fieldwork, world: World
) -> None:
    its_own = {"village": VILLAGE, "household_uuid": world.household}
    confirmed = open_form(work.survey, "homestead", None, its_own)
    confirmed.answer("address", "三组 5 号")
    confirmed.confirm(despite="试填")
    begun = open_form(work.survey, "homestead", None, its_own)
    homestead(work)
    page = page_of(open_form(work.survey, "household", world.household, {}))
    related = {each.layer.name: each for each in page.related}
    assert {each.record: each.begun for each in related["homestead"].records} == {
        confirmed.record: False, begun.record: True,
    }  # fmt: skip
    # A land right is a part of its parcel, and is begun there.
    assert related["homestead"].may_add and not related["land_right"].may_add
    assert {each.layer.name for each in page.parts} == {"member"}
    for each in (confirmed, begun):
        (named,) = page_of(each).names
        assert (named.layer.name, named.record, named.title.zh) == (
            "household", world.household, "张三",
        )  # fmt: skip
    begun.answer("household_uuid", None)
    assert page_of(begun).names == ()


def test_only_an_untouched_new_form_leaves_nothing(work: Fieldwork, photo: Path) -> None:
    survey = work.survey
    leave(homestead(work))
    assert survey.drafts() == []
    answered, pictured, parent = homestead(work), homestead(work), homestead(work)
    answered.answer("address", "三组")
    attach_photo(survey, pictured.record, "homestead", photo, role="overview")
    house = house_of(work, parent)
    house.answer("house_number", "1")
    for each in (answered, pictured, parent, house):
        leave(each)
    assert {each.record for each in survey.drafts()} == {
        each.record for each in (answered, pictured, parent, house)
    }


def test_a_thrown_away_new_record_takes_what_belongs_to_it(
    work: Fieldwork, photo: Path, world: World
) -> None:
    survey = work.survey
    kept, thrown = homestead(work), homestead(work)
    for parent in (kept, thrown):
        house_of(work, parent).confirm(despite="试填")
        begun = house_of(work, parent)
        attach_photo(survey, begun.record, "house", photo, role="front")
        attach_photo(survey, parent.record, "homestead", photo, role="overview")
    thrown.throw_away()
    (house,) = survey.select("house")
    assert house["homestead_uuid"] == kept.record
    assert {each.layer for each in survey.drafts()} == {"homestead", "house"}
    assert all(thrown.record not in str(each) for each in survey.drafts())
    assert len(list(survey.select("attachment"))) == 2
    # Of a record that is there only the answers go.
    west = open_form(survey, "farmland", world.parcels["west"], {})
    attach_photo(survey, west.record, "farmland", photo, role="overview")
    west.answer("name", "西大地")
    west.throw_away()
    assert len(survey.attachments_of(west.record)) == 1
    assert open_form(survey, "farmland", west.record, {}).values["name"] == "西地"


def test_what_is_surveyed_in_this_campaign_is_not_confirmed_as_unchanged_again(
    work: Fieldwork, world: World
) -> None:
    form = open_form(work.survey, "farmland", world.parcels["west"], {})
    assert page_of(form).may_be_unchanged
    form.answer("name", "西大地")
    assert not page_of(form).may_be_unchanged, "something was answered"
    form.confirm()
    again = open_form(work.survey, "farmland", form.record, {})
    assert not page_of(again).may_be_unchanged
    assert not page_of(homestead(work)).may_be_unchanged


def test_a_record_may_be_named_before_it_is_confirmed(work: Fieldwork, world: World) -> None:
    begun = open_form(work.survey, "household", None, {"head_name": "李四", "village": VILLAGE})
    found = {uuid: title.zh for uuid, title, _ in candidates(work.survey, "household")}
    assert found == {world.household: "张三", begun.record: "李四"}
    form = homestead(work)
    form.answer("household_uuid", begun.record)
    said = {
        each.field.name: each.said
        for section in page_of(form).sections for each in section.asked
    }  # fmt: skip
    assert said["household_uuid"] is not None and said["household_uuid"].zh == "李四"


def test_where_one_was_is_told_as_far_as_it_is_there(work: Fieldwork) -> None:
    survey = work.survey
    assert at_work.still_open(survey) == []
    parent = homestead(work)
    house = house_of(work, parent)
    forms = [
        OpenForm("homestead", parent.record, "_parts"), OpenForm("house", house.record, "area")
    ]  # fmt: skip
    at_work.keep_open(survey, forms)
    assert at_work.still_open(survey) == forms
    house.throw_away()
    assert at_work.still_open(survey) == forms[:1]
    parent.throw_away()
    assert at_work.still_open(survey) == []


def test_pictures_are_small_and_upright(work: Fieldwork, shared_data: Path, tmp_path: Path) -> None:
    form = homestead(work)
    folder = shared_data / "exif" / "exif-samples" / "jpg" / "orientation"
    for name in ("portrait_3.jpg", "portrait_6.jpg"):
        source = folder / name  # upside down, and lying on its side
        kept = attach_photo(work.survey, form.record, "homestead", source, role="detail")
        small = picture(work.survey, kept.sha256, 90)
        assert small.height == 90 and small.width < 90, name
        assert len(small.pixels) == small.width * small.height * 3
    row = work.survey.attachments_of(form.record)[0]
    caption_photo(work.survey, row["uuid"], "  院门 ")
    (photo, *_) = page_of(form).photos.photos
    assert (photo.caption, photo.may_be_removed) == ("院门", True)
    work.survey.attachment_path(row["sha256"]).write_bytes(b"not a picture any more")
    with pytest.raises(BadInput, match=r"photo\.not_a_photo"):
        picture(work.survey, row["sha256"], 90)


def test_missing_photos_are_counted_by_role_and_offered_first(work: Fieldwork, photo: Path) -> None:
    form = homestead(work)
    form.answer("certified", "1")
    photos = page_of(form).photos
    assert photos.missing == {"overview": 1, "certificate": 1}
    assert [each.code for each in photos.roles[:2]] == ["overview", "certificate"]
    attach_photo(work.survey, form.record, "homestead", photo, role="overview")
    assert page_of(form).photos.missing == {"certificate": 1}


def test_the_form_of_a_record_that_is_gone_is_refused(work: Fieldwork, world: World) -> None:
    work.survey.delete("farmland", world.parcels["west"])
    with pytest.raises(BadInput, match=r"record\.missing"):
        open_form(work.survey, "farmland", world.parcels["west"], {})
