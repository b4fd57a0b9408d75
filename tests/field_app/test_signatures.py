"""Who signs for a record, and what is kept of it."""

from __future__ import annotations

import pytest
from PIL import Image
from small_village import VILLAGE, World, fix_at, square
from xiangtu.errors import BadInput

from field_app.controllers.form import Form
from field_app.controllers.form_page import page_of
from field_app.controllers.pen import Stroke
from field_app.controllers.signatures import Signer, keep_signature, possible_signers
from field_app.controllers.start import Fieldwork

ZHANG = Signer("张三", "holder")
SCRAWL = [Stroke(((0.1, 0.5), (0.3, 0.2), (0.5, 0.8), (0.9, 0.4)), 0.006, (10, 20, 90))]


def homestead(work: Fieldwork, world: World) -> Form:
    form = Form.new(work.survey, "homestead", village=VILLAGE, household_uuid=world.household)
    form.save()
    return form


def sign(form: Form, signer: Signer = ZHANG, strokes=SCRAWL, **more) -> str:
    return keep_signature(
        form.survey, form.layer, form.record, signer, strokes, (760.0, 500.0), **more
    )


def test_a_signature_is_wanted_of_a_surveyed_homestead_until_it_is_there(
    work: Fieldwork, world: World
) -> None:
    form = homestead(work, world)
    assert page_of(form).signatures.missing == {"holder": 1}
    sign(form, Signer("李四", "neighbour"))
    assert page_of(form).signatures.missing == {"holder": 1}
    sign(form)
    page = page_of(form)
    assert page.signatures.missing == {}
    assert not [each for each in page.problems if each.code == "field.problem.signature"]
    assert [each.name for each in page.signatures.signatures] == ["李四", "张三"]
    assert page.photos.photos == (), "a signature is no photo"


def test_a_signature_is_kept_with_who_when_and_where(work: Fieldwork, world: World) -> None:
    form, fix = homestead(work, world), fix_at(20, 30)
    row = work.survey.get("attachment", sign(form, fix=fix))
    assert row is not None
    assert (row["kind"], row["author"], row["signed_as"]) == ("signature", "张三", "holder")
    assert row["longitude_deg"] == pytest.approx(fix.longitude_deg, abs=1e-8)
    assert row["taken_at"] and row["media_type"] == "image/png"
    with Image.open(work.survey.attachment_path(row["sha256"])) as picture:
        assert 1250 < picture.width < 1450 and picture.height < 900, "as large as what is signed"
        colours = picture.getcolors(100_000) or []
    assert max(colours)[1] == (255, 255, 255) and any(ink[2] > ink[0] + 40 for _n, ink in colours)


def test_signing_again_adds_one_and_keeps_the_old(work: Fieldwork, world: World) -> None:
    form = homestead(work, world)
    first = sign(form)
    before = work.survey.get("attachment", first)
    sign(form, strokes=[Stroke(((0.2, 0.2), (0.8, 0.8)), 0.006)])
    assert len(page_of(form).signatures.signatures) == 2
    assert work.survey.get("attachment", first) == before


@pytest.mark.parametrize(
    ("signer", "strokes", "code"),
    [
        (ZHANG, [], "signature.empty"),
        (Signer("  ", "holder"), SCRAWL, "signature.nobody"),
        (Signer("张三", "mayor"), SCRAWL, "signature.kind"),
    ],
    ids=["empty", "nobody", "no such kind"],
)
def test_what_is_no_signature_is_refused(
    work: Fieldwork, world: World, signer: Signer, strokes: list[Stroke], code: str
) -> None:
    form = homestead(work, world)
    with pytest.raises(BadInput) as refused:
        sign(form, signer, strokes)
    assert refused.value.code == code
    assert page_of(form).signatures.signatures == ()


def test_the_household_and_those_beside_it_are_offered(work: Fieldwork, world: World) -> None:
    survey = work.survey
    survey.insert("member", {"household_uuid": world.household, "name": "李梅"})
    li = survey.insert("household", {"head_name": "李四", "village": VILLAGE})
    far = survey.insert("household", {"head_name": "王五", "village": VILLAGE})
    own = survey.insert(
        "homestead", {"household_uuid": world.household, "village": VILLAGE}, square(0, 0, 20)
    )
    survey.insert("homestead", {"household_uuid": li, "village": VILLAGE}, square(21, 0, 20))
    survey.insert("homestead", {"household_uuid": far, "village": VILLAGE}, square(60, 0, 20))
    survey.insert("boundary_line", {"homestead_uuid": own, "neighbour_delegate": "赵六"})
    form = Form.open_record(survey, "homestead", own)
    assert possible_signers(form) == [
        ZHANG, Signer("李梅", "holder"), Signer("李四", "neighbour"), Signer("赵六", "neighbour"),
    ]  # fmt: skip


def test_a_parcel_is_signed_for_by_who_has_a_right_to_it(work: Fieldwork, world: World) -> None:
    west = world.parcels["west"]
    right = {"farmland_uuid": west, "household_uuid": world.household}
    work.survey.insert("land_right", right)
    form = Form.open_record(work.survey, "farmland", west)
    assert ZHANG in possible_signers(form)
    assert page_of(form).signatures.missing == {}, "it may be signed for and need not"


def test_nobody_signs_a_well(work: Fieldwork) -> None:
    form = Form.new(work.survey, "facility", village=VILLAGE)
    form.save()
    assert page_of(form).signatures.kinds == ()
    with pytest.raises(BadInput, match=r"signature\.kind"):
        sign(form)
