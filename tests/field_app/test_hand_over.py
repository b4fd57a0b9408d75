"""Packing onto a stick, reading back, receipts."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_village import World
from xiangtu import store
from xiangtu.errors import BadFile, BadInput
from xiangtu.merge import plan
from xiangtu.package import receipt, survey_package

from field_app.controllers import form, hand_over
from field_app.controllers.start import Fieldwork


def test_work_is_packed_merged_and_cleared_only_after_a_receipt(
    work: Fieldwork, world: World, tmp_path: Path
) -> None:
    west = world.parcels["west"]
    stick = tmp_path / "stick"
    stick.mkdir()
    with pytest.raises(BadInput, match=r"pack\.nothing"):
        hand_over.pack_to(work.tablet.folder, stick)
    assert list(stick.iterdir()) == []
    form.confirm_unchanged(work.survey, "farmland", west)
    work.close()
    handed = hand_over.pack_to(work.tablet.folder, stick)
    assert handed.path.name == f"{work.tablet.device_id}-0001.xtp"
    assert (handed.number, handed.records) == (1, 1)
    assert handed.size_bytes == handed.path.stat().st_size
    assert hand_over.safe_to_clear(work.survey) == set()
    work.close()

    out = tmp_path / "receipt.xtr"
    with store.open(world.county) as county:
        plan.merge(county, handed.path, world.identity, author="县里")
        merged = county.get("farmland", west)
        assert merged is not None and merged["state"] == "confirmed_unchanged"
        receipt.write_receipt(county, out, work.tablet.device_id, world.identity)
    summary = hand_over.take_receipt(work.tablet.folder, out)
    assert summary.merged == 1
    assert hand_over.safe_to_clear(work.survey) == {west}
    state = hand_over.states(work.survey)[west]
    assert (state.state, state.package) == ("taken", 1)
    work.close()
    assert hand_over.clear(work.tablet.folder, dry_run=True).by_state["taken"].safe == 1
    assert not hand_over.clear(work.tablet.folder).needs_person
    # What changes after that is not safe any more.
    work.survey.update("farmland", west, {"remark": "再看"})
    assert hand_over.safe_to_clear(work.survey) == set()


def test_a_lost_package_is_made_once_more(work: Fieldwork, world: World, tmp_path: Path) -> None:
    form.confirm_unchanged(work.survey, "farmland", world.parcels["west"])
    work.close()
    first = hand_over.pack_to(work.tablet.folder, tmp_path)
    first.path.unlink()
    again = hand_over.pack_again(work.tablet.folder, tmp_path, 1)
    assert (again.path, again.number, again.records) == (first.path, 1, 1)


def test_a_stick_that_gives_back_other_bytes_is_noticed(
    work: Fieldwork, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form.confirm_unchanged(work.survey, "farmland", world.parcels["west"])
    work.close()
    packed = survey_package.pack

    def onto_a_bad_stick(tablet_dir: Path, out: Path, **options):
        summary = packed(tablet_dir, out, **options)
        data = bytearray(out.read_bytes())
        data[-400] ^= 1
        out.write_bytes(data)
        return summary

    monkeypatch.setattr(survey_package, "pack", onto_a_bad_stick)
    with pytest.raises(BadFile) as refused:
        hand_over.pack_to(work.tablet.folder, tmp_path)
    assert refused.value.code == "field.hand_over.read_back"


def test_a_stick_that_is_not_there_is_named(work: Fieldwork, tmp_path: Path) -> None:
    with pytest.raises(BadFile) as refused:
        hand_over.pack_to(work.tablet.folder, tmp_path / "stick")
    assert refused.value.code == "field.hand_over.no_folder"
