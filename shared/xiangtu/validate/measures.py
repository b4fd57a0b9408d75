"""Rules about areas and positions as written down against what the geometry says."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalogue.model import Catalogue, Label, Layer
from ..store.geoid_grids import ACTION
from .rule import Condition, Rule

RULES = (
    Rule(
        "measures.outline_area",
        "warning",
        Label("丈量面积与图形不符", "Measured area and outline differ"),
        Label(
            "手簿上的丈量面积与图形面积相差超过 5% 加 1 平方米",
            "The area in the field book differs from the outline by more than 5 % and 1 m²",
        ),
        Label("核对手簿和界线", "Check the field book and the outline"),
        limits={"": 0.05},
    ),
    Rule(
        "measures.mu",
        "error",
        Label("亩数与平方米不符", "Mu and m² differ"),
        Label("1 亩 = 10000/15 平方米，按两位小数核对", "1 mu is 10000/15 m², to two decimals"),
        Label("按平方米重算亩数", "Work out the mu from the m² again"),
        limits={"": 0.01},
        unit="mu",
    ),
    Rule(
        "measures.right_area",
        "warning",
        Label("证书或合同面积与实测不符", "Certificate or contract and survey differ"),
        Label(
            "证书或合同面积与地块实测面积相差超过 5% 加 1 平方米",
            "The area on the paper differs from the parcel's by more than 5 % and 1 m²",
        ),
        Label("核对证书、合同和界线", "Check the papers and the outline"),
        layers=("land_right",),
        reads=("farmland",),
        limits={"": 0.05},
    ),
    Rule(
        "measures.accuracy",
        "warning",
        Label("精度不够", "Position not accurate enough"),
        Label(
            "水平精度达不到该图层的要求",
            "The horizontal accuracy does not reach what the layer demands",
        ),
        Label("在更好的条件下重测，或说明理由", "Measure again, or accept it with the reason"),
        unit="m",
    ),
    Rule(
        "measures.unknown_geoid",
        "error",
        Label("未知的大地水准面格网", "Geoid grid that the county never had"),
        Label(
            "1985 国家高程所依据的格网从未由本县提供",
            "The 1985 height names a geoid grid that this county never supplied",
        ),
        Label(
            "重新测量该点；不是由格网得出的，改正高程由来",
            "Measure the point again, or say how the height was really got",
        ),
        unit="m",
    ),
)
_SLACK_M2 = 1.0
#: Columns of mu that are typed in, beside those of m² (the derived ones agree by construction
#: unless another program wrote them).
_MU = (("area_m2", "area_mu"), ("contract_area_m2", "contract_area_mu"))


def conditions(catalogue: Catalogue, layer: Layer) -> Iterator[Condition]:
    """What SQL can say of the measures of one layer's rows."""
    share = RULES[0].limit(layer.name)
    if "measured_area_m2" in layer.fields and "area_m2" in layer.fields:
        yield Condition(
            "measures.outline_area",
            f"abs(measured_area_m2 - area_m2) > {share} * area_m2 + {_SLACK_M2}",
            measured="measured_area_m2",
            limit="area_m2",
        )
    for square_metres, mu in _MU:
        if square_metres in layer.fields and mu in layer.fields:
            # Half a hundredth of rounding, and what binary fractions leave of it.
            yield Condition(
                "measures.mu",
                f'abs("{mu}" - "{square_metres}" * 0.0015) > 0.005001',
                key=mu,
                measured=f'"{mu}"',
                limit=f'round("{square_metres}" * 0.0015, 2)',
                facts={"field": mu},
            )
    if layer.name == "land_right":
        parcel = "(SELECT f.area_m2 FROM farmland f WHERE f.uuid = t.farmland_uuid)"
        for paper in ("contract_area_m2", "certificate_area_m2"):
            if paper in layer.fields:
                yield Condition(
                    "measures.right_area",
                    f"abs({paper} - {parcel}) > {share} * {parcel} + {_SLACK_M2}",
                    key=paper,
                    measured=paper,
                    limit=parcel,
                    facts={"field": paper},
                )
    if layer.accuracy and layer.geometry and layer.surveyed:
        demanded = layer.accuracy.horizontal_m
        yield Condition(
            "measures.accuracy",
            f"horizontal_accuracy_m > {demanded}",
            measured="horizontal_accuracy_m",
            limit=str(demanded),
        )
    if {"height_1985_m", "height_how", "height_by"} <= layer.fields.keys():
        # A tablet knows the grids that it was given, of which its county may have had more.
        yield Condition(
            "measures.unknown_geoid",
            "height_how = 'geoid' AND height_1985_m IS NOT NULL "
            "AND (SELECT value FROM meta WHERE key = 'role') = 'county' AND coalesce(height_by, '')"
            f" NOT IN (SELECT detail FROM access_log WHERE action = '{ACTION}')",
            measured="height_1985_m",
            facts={"field": "height_by"},
            columns={"value": "height_by"},
        )
