"""What a position lacks is told before anyone captures, and kept only with a reason."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_village import VILLAGE, fix_at, nowhere, way
from xiangtu import catalogue, words
from xiangtu.catalogue import Layer
from xiangtu.errors import BadInput

from field_app.controllers import capture
from field_app.controllers.form import Form
from field_app.controllers.gate import MOCK_REMARK, demanded, gate, gated, shortfalls
from field_app.controllers.start import Fieldwork


@pytest.fixture
def homestead(work: Fieldwork) -> Layer:
    """Asks for an RTK fixed solution of 0.1 m with corrections of 30 s at the most."""
    return work.survey.catalogue.layer("homestead")


def without_exception(layer: Layer) -> Layer:
    assert layer.accuracy is not None
    return replace(layer, accuracy=replace(layer.accuracy, may_override=False))


def test_a_good_fix_opens_the_gate(homestead: Layer) -> None:
    assert gate(homestead, fix_at(0, 0, correction_age_s=2.0)).good
    # A receiver that does not say how old its corrections are is not held back for that.
    assert gate(homestead, fix_at(0, 0)).good


@pytest.mark.parametrize("accuracy_m", [None, math.nan, math.inf, 0.0, -1.0])
def test_an_accuracy_that_cannot_be_is_unknown(homestead: Layer, accuracy_m: float | None) -> None:
    found = gate(homestead, fix_at(0, 0, horizontal_accuracy_m=accuracy_m))
    assert [each.code for each in found.shortfalls] == ["field.accuracy.unknown"]


def test_each_shortfall_is_told_before_capturing_with_what_to_do(homestead: Layer) -> None:
    poor = fix_at(0, 0, fix_type="single", horizontal_accuracy_m=3.0)
    found = gate(homestead, poor)
    assert not found.good and found.may_override
    assert [(each.code, each.found, each.expected) for each in found.shortfalls] == [
        ("field.accuracy.fix_type", "fix_type.single", ("fix_type.rtk_fixed",)),
        ("field.accuracy.horizontal", "3.00 m", "0.1 m"),
    ]
    for each in found.shortfalls:
        for language in ("en", "zh"):
            facts = {"found": each.found, "expected": each.expected}
            said = words.phrase(each.code, language, facts)
            assert "?" not in said and said != each.code
            assert words.known(each.remedy)
    assert not gate(without_exception(homestead), poor).may_override


def test_without_a_position_there_is_nothing_to_override(homestead: Layer) -> None:
    for fix in (None, nowhere(0), replace(fix_at(0, 0), latitude_deg=91.0)):
        found = gate(homestead, fix)
        assert [each.code for each in found.shortfalls] == ["field.accuracy.no_position"]
        assert not found.may_override


@pytest.mark.parametrize(
    ("fix_type", "age_s", "good"),
    [("rtk_fixed", 40.0, False), ("rtk_fixed", 30.0, True), ("single", 40.0, True)],
)
def test_corrections_too_old_are_told_where_the_position_rests_on_them(
    homestead: Layer, fix_type: str, age_s: float, good: bool
) -> None:
    fix = fix_at(0, 0, fix_type=fix_type, correction_age_s=age_s)
    codes = [each.code for each in gate(homestead, fix).shortfalls]
    assert ("field.accuracy.correction_age" not in codes) == good


def test_corrections_that_went_old_while_standing_are_not_averaged_away(
    work: Fieldwork, stand: Callable
) -> None:
    fresh, old = stand(0, 0, 10, correction_age_s=1.0), stand(0, 0, 3, correction_age_s=45.0)
    with pytest.raises(BadInput) as refused:
        capture.average_point(work.survey, "boundary_point", fresh[:8] + old)
    assert refused.value.facts["reason"] == "field.accuracy.correction_age"
    assert (refused.value.facts["found"], refused.value.facts["expected"]) == ("45 s", "30 s")


def test_old_corrections_count_at_the_corners_not_between_them(
    work: Fieldwork, stand: Callable
) -> None:
    places = [(0, 0), (40, 0), (40, 30), (0, 30)]
    for old_at_corner in (False, True):
        walk = capture.BoundaryCapture(work.survey, "homestead", by_corners=True)
        for place in places:
            at = stand(*place, 10, correction_age_s=45.0 if old_at_corner else 1.0)
            for fix in at:
                walk.add(fix)
            walk.press(at)
            walk.add(replace(at[-1], correction_age_s=50.0))
        if old_at_corner:
            with pytest.raises(BadInput, match=r"correction_age"):
                walk.result()
        else:
            assert walk.result().shortfalls == ()


def test_mock_positions_are_refused_whatever_the_layer_asks(
    work: Fieldwork, homestead: Layer
) -> None:
    mock = fix_at(0, 0, mock=True)
    for layer in (homestead, replace(homestead, accuracy=None)):
        found = gate(layer, mock)
        assert [each.code for each in found.shortfalls] == ["field.accuracy.mock"]
        assert found.may_override
    assert not gate(without_exception(homestead), mock).may_override
    # One among many, on a walk too.
    fixes = way([(0, 0), (40, 0), (40, 30), (0, 30), (0, 0)])
    fixes[20] = replace(fixes[20], mock=True)
    with pytest.raises(BadInput) as refused:
        capture.walk_boundary(work.survey, "farmland", fixes)
    assert refused.value.facts["reason"] == "field.accuracy.mock"
    assert "mock" in words.explain(refused.value, "en")
    # One that was not used does no harm: what an epoch without a position says is nothing.
    assert shortfalls(None, "rtk_fixed", 0.02, 1, fixes=[replace(nowhere(0), mock=True)]) == ()


def test_a_mock_position_that_is_kept_can_be_told_ever_after(
    work: Fieldwork, stand: Callable
) -> None:
    fixes = stand(10, 10, 12, mock=True)
    with pytest.raises(BadInput):
        capture.average_point(work.survey, "facility", fixes, override_reason="  ")
    measured = capture.average_point(
        work.survey, "facility", fixes, override_reason="手簿经其他应用转发"
    )
    form = Form.new(work.survey, "facility", village=VILLAGE)
    form.measure(measured)
    record = Form.resume(work.survey, form.record).confirm("draft", despite="试填")
    kept = work.survey.get("facility", record)
    assert kept is not None
    assert kept["remark"].startswith(f"{MOCK_REMARK}：手簿经其他应用转发")
    assert {bool(each["mock"]) for each in work.survey.fixes_of(record)} == {True}


def test_a_walk_of_a_layer_without_exceptions_is_not_refused_for_what_it_need_not_use(
    work: Fieldwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = without_exception(work.survey.catalogue.layer("homestead"))
    monkeypatch.setattr(type(work.survey.catalogue), "layer", lambda catalogue, name: layer)
    fixes = way([(0, 0), (40, 0), (40, 30), (0, 30), (0, 0)])
    fixes[0] = replace(fixes[0], fix_type="rtk_float", horizontal_accuracy_m=0.05)
    walked = capture.walk_boundary(work.survey, "homestead", fixes)
    assert walked.fix_type == "rtk_fixed"


def test_a_layer_without_exceptions_takes_no_reason(work: Fieldwork) -> None:
    survey = work.survey
    measured = capture.average_point(
        survey, "facility", [fix_at(0, 0, mock=True)], override_reason="试"
    )
    layer = without_exception(survey.catalogue.layer("facility"))
    with pytest.raises(BadInput, match=r"field\.accuracy\.no_override"):
        gated(layer, measured, "无固定解")


@given(st.floats(0.01, 100))
def test_a_surveyor_may_ask_for_more_than_the_catalogue_and_never_for_less(
    accuracy_m: float,
) -> None:
    layer = catalogue.load().layer("homestead")
    assert layer.accuracy is not None
    limit_m = min(accuracy_m, layer.accuracy.horizontal_m)
    assert demanded(layer, accuracy_m) == replace(layer.accuracy, horizontal_m=limit_m)
    for found_m, good in ((limit_m * 0.99, True), (limit_m * 1.01, False)):
        fix = fix_at(0, 0, horizontal_accuracy_m=found_m)
        assert gate(layer, fix, accuracy_m).good == good
    assert demanded(replace(layer, accuracy=None), accuracy_m) is None
