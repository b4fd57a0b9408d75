"""Figures by village and township."""

from __future__ import annotations

from decimal import Decimal

import pytest
import shapely
from xiangtu.report import statistics
from xiangtu.report.statistics import Figures, Group, Table

FIRST = "990101101201"


@pytest.fixture
def figures(county) -> Figures:
    return statistics.figures(county)


def table(figures: Figures, name: str) -> Table:
    return next(each for each in figures.tables if each.name == name)


def group(table: Table, code: str) -> Group:
    return next(each for each in table.groups if each.code == code)


def test_counts_and_areas_of_a_village(figures: Figures):
    amount = group(figures.summary, "farmland").amount(FIRST)
    # 10² + 20² + 33.33², each to the hundredth
    assert (amount.count, amount.area_m2) == (3, Decimal("1610.89"))
    assert amount.area_mu == Decimal("2.42")
    assert amount.area_ha == Decimal("0.16")


def test_what_has_ended_is_not_counted_and_what_lies_nowhere_is(figures: Figures):
    farmland = group(figures.summary, "farmland")
    assert farmland.amount(FIRST).count == 3
    assert farmland.amount("").count == 1
    assert farmland.total().count == 7
    assert figures.townships[-1].name.en == "In no village"


def test_townships_are_found_by_the_beginning_of_the_villages_codes(figures: Figures):
    shown = [(each.code, each.name.zh, len(each.villages)) for each in figures.townships]
    assert shown[:2] == [("990101101", "青石镇", 2), ("990101102", "河口镇", 1)]


def test_classes_of_land_use_and_planting(figures: Figures):
    land_use = table(figures, "farmland.land_use")
    assert [each.code for each in land_use.groups] == ["0101", "0103", "0201"]
    assert land_use.groups[0].label.zh == "水田"
    assert group(land_use, "0103").amount(FIRST).area_m2 == Decimal("1510.89")
    planting = table(figures, "farmland.planting")
    assert [each.code for each in planting.groups] == ["LS", "FLS", ""]
    assert group(planting, "").total().count == 3


def test_relics_by_class_and_level_are_counted(figures: Figures):
    assert group(table(figures, "relic.class"), "0313").total().count == 3
    levels = table(figures, "relic.level")
    assert sum(each.total().count for each in levels.groups) == 3
    assert levels.groups[0].measures == ("count",)


def test_a_roads_length(figures: Figures):
    assert group(figures.summary, "route").amount(FIRST).length_m == Decimal("50")


@pytest.mark.parametrize("measure", ["area_m2", "area_mu", "area_ha"])
def test_parts_add_up_to_their_totals(figures: Figures, measure: str):
    whole = group(figures.summary, "farmland")
    for name in ("farmland.land_use", "farmland.planting"):
        parts = table(figures, name)
        for township in figures.townships:
            for village in township.villages:
                amounts = [each.amount(village.code).get(measure) for each in parts.groups]
                assert sum(amounts) == whole.amount(village.code).get(measure)
    exact = whole.total().area_m2
    assert exact == sum((each.area_m2 for each in whole.amounts.values()), Decimal(0))
    if measure == "area_mu":
        assert whole.total().area_mu == (exact * Decimal("0.0015")).quantize(Decimal("0.01"))
    if measure == "area_ha":
        assert whole.total().area_ha == (exact / 10_000).quantize(Decimal("0.01"))


def test_many_small_villages_still_add_up_to_the_county(county):
    """Each village has 0.149 ha, which alone is rounded down: 40 of them lose 0.36 ha."""
    for number in range(40):
        side = 38.6
        county.insert(
            "farmland",
            {"village": f"9901011032{number:02d}", "name": "地", "land_use": "0101"},
            geometry=shapely.box(0, 100 * number, side, 100 * number + side),
        )
    figures = statistics.figures(county)
    farmland = group(figures.summary, "farmland")
    (town,) = (each for each in figures.townships if each.code == "990101103")
    total = farmland.total([village.code for village in town.villages])
    assert total.area_m2 == 40 * Decimal("1489.96")
    assert abs(total.area_ha - total.area_m2 / 10_000) < Decimal("0.01")
    alone = Decimal("0.15")
    assert {farmland.amount(each.code).area_ha for each in town.villages} <= {
        alone,
        alone - Decimal("0.01"),
    }


def test_an_empty_county_has_figures(tmp_path):
    from xiangtu import catalogue, store

    path = tmp_path / "empty.sqlite"
    with store.create(
        path, catalogue.load(), 4548, role="county", county="990101", name="空县"
    ) as file:
        figures = statistics.figures(file)
    assert figures.townships == () and len(figures.tables) == 1
    assert figures.summary.groups[0].total().count == 0
