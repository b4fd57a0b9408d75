"""Opening the tablet's folder, taking assignments in, and what is left to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_village import VILLAGE, World
from xiangtu.errors import BadFile, BadInput, BadPackage

from field_app.controllers import form
from field_app.controllers.start import Fieldwork


def test_before_an_assignment_there_is_a_card_and_no_survey(tmp_path: Path) -> None:
    with Fieldwork(tmp_path / "tablet") as work:
        assert work.card.is_file() and not work.has_assignment
        with pytest.raises(BadFile, match=r"tablet\.no_assignment"):
            _ = work.survey


def test_what_is_left_is_counted_by_village_and_layer(work: Fieldwork, world: World) -> None:
    by_layer = {each.layer: each for each in work.to_do()}
    farmland = by_layer["farmland"]
    assert (farmland.village, farmland.village_name) == (VILLAGE, "上河村")
    # Accepted in no campaign or an earlier one: it waits for this one.
    assert (farmland.total, farmland.done, farmland.left) == (2, 0, 2)
    assert by_layer["household"].left == 1
    assert "relic" not in by_layer

    form.confirm_unchanged(work.survey, "farmland", world.parcels["west"])
    begun = form.Form.new(work.survey, "farmland", village=VILLAGE)
    begun.answer("name", "新地")
    form.Form.open_record(work.survey, "farmland", world.parcels["east"]).answer("grade", "02")
    farmland = {each.layer: each for each in work.to_do()}["farmland"]
    assert (farmland.total, farmland.done, farmland.left, farmland.drafts) == (3, 1, 2, 2)


def test_an_ended_record_is_nobodys_work(work: Fieldwork, world: World) -> None:
    work.survey.update("farmland", world.parcels["west"], {"ended_on": "2025-06-05"})
    assert {each.layer: each.total for each in work.to_do()}["farmland"] == 1


def test_signing_in_needs_a_name_and_signs_the_journal(work: Fieldwork, world: World) -> None:
    with pytest.raises(BadInput, match=r"field\.no_surveyor"):
        work.sign_in("  ")
    work.sign_in(" 李雷 ")
    work.survey.update("farmland", world.parcels["west"], {"remark": "看过"})
    last = work.survey.history(world.parcels["west"])[-1]
    assert (last.author, last.device) == ("李雷", work.tablet.device_id)


def test_another_tablets_assignment_leaves_everything(
    work: Fieldwork, world: World, tmp_path: Path
) -> None:
    with Fieldwork(tmp_path / "other") as other:
        foreign = world.assignment_for(other, tmp_path / "other.xta")
    work.close()
    before = work.tablet.survey_path.read_bytes()
    with pytest.raises(BadPackage, match=r"assignment\.other_tablet"):
        work.take_assignment(foreign)
    assert work.tablet.survey_path.read_bytes() == before
