"""Each rule finds the mistake it is for, and leaves the sound record beside it in peace."""

from __future__ import annotations

import numpy as np
import shapely
from mistakes import VILLAGE, box, found, parcel, village
from xiangtu.catalogue.model import Label
from xiangtu.geo.geoid import GeoidGrid
from xiangtu.store import geoid_grids
from xiangtu.validate import findings
from xiangtu.validate.registry import RULES, rules_of

OTHER_VILLAGE = "990101101202"


def details(file, rule: str) -> list[dict]:
    return [dict(each.detail) for each in findings.list_findings(file, rules=[rule])]


def test_every_rule_speaks_both_languages(county):
    rules = rules_of(county.catalogue)
    assert len(rules) > len(RULES) > 25
    for code, rule in rules.items():
        assert code == rule.code
        assert rule.severity in ("error", "warning", "note")
        for text in (rule.title, rule.explanation, rule.remedy):
            assert isinstance(text, Label)
            assert text.zh
            assert text.en
        assert set(rule.layers) | set(rule.reads) <= set(county.catalogue.layers)


# -- fields ---------------------------------------------------------------------------------------


def test_a_required_field_that_is_empty(county):
    parcel(county, box(0, 0), land_use="0101", purpose="1", basic_farmland="2", state="draft")
    bare = county.insert("farmland", {"village": VILLAGE}, box(20, 0))
    broken = found(county, "fields.required")
    assert {record for _, record, _ in broken} == {bare}
    fields = {each["field"] for each in details(county, "fields.required")}
    assert {"name", "kind", "land_use", "state"} <= fields


def test_values_typed_with_another_program_are_held_to_their_type(county):
    good = parcel(county, box(0, 0), began_on="2024-02-29", black_soil_cm=30)
    bad = parcel(county, box(20, 0))
    county.connection.execute(
        "UPDATE farmland SET began_on = '2023-02-29', black_soil_cm = 'thick', black_soil = 7, "
        "name = ?, quality = '99', measured_area_m2 = -3 WHERE uuid = ?",
        ("很" * 60, bad),
    )
    broken = found(county, "fields")
    by_rule = {}
    for each in findings.list_findings(county):
        if each.record == bad:
            by_rule.setdefault(each.rule, set()).add(each.detail.get("field"))
        elif each.record == good:
            assert each.rule == "fields.required"
    assert by_rule["fields.type"] == {"began_on", "black_soil_cm", "black_soil"}
    assert by_rule["fields.length"] == {"name"}
    assert by_rule["fields.range"] == {"measured_area_m2"}
    assert by_rule["fields.domain"] == {"quality"}
    assert broken


def test_codes_are_held_to_their_structure_and_check_digit(county):
    parcel(county, box(0, 0), code="9901011012010100001")
    short = parcel(county, box(20, 0), code="990101101201010000")
    zero = parcel(county, box(40, 0), code="9901011012010100000")
    assert [each[1] for each in found(county, "fields.identifier")] == sorted((short, zero))
    assert {each["reason"] for each in details(county, "fields.identifier")} == {"length", "number"}


def test_a_private_value_in_plain_text_is_found_and_a_masked_one_is_not(county):
    masked, plain = (county.insert("household", {"village": VILLAGE}) for _ in range(2))
    for uuid, text in ((masked, "990101********0019"), (plain, "990101199001010019")):
        county.connection.execute(
            "UPDATE household SET id_kind = '1', id_number = ? WHERE uuid = ?", (text, uuid)
        )
    assert [each[1] for each in found(county, "fields.unmasked")] == [plain]
    assert "990101199001010019" not in str(findings.list_findings(county))


def test_the_catalogues_own_rules_are_asked_of_each_record(county):
    parcel(county, box(0, 0), land_use="0101", planting="LS")
    wrong = parcel(county, box(20, 0), land_use="0301", planting="LS")
    later = parcel(county, box(40, 0), began_on="2999-01-01")
    broken = found(county, "farmland.planting_on_cultivated_land", "record.not_in_the_future")
    assert broken == [
        ("farmland.planting_on_cultivated_land", wrong, None),
        ("record.not_in_the_future", later, None),
    ]


def test_a_surveyed_record_without_geometry(county):
    parcel(county, None, state="draft")
    nowhere = parcel(county, None, state="surveyed")
    assert found(county, "fields.no_geometry") == [("fields.no_geometry", nowhere, None)]


# -- geometry -------------------------------------------------------------------------------------


def test_outlines_that_are_wrong_by_themselves(county):
    def drawn(*corners: tuple[float, float]) -> str:
        ring = [(450_000 + x, 3_900_000 + y) for x, y in corners]
        return parcel(county, shapely.Polygon(ring))

    parcel(county, box(0, 0))
    bow = drawn((20, 0), (30, 10), (30, 0), (20, 10))
    parts = parcel(county, shapely.union(box(40, 0), box(55, 0)))
    close = drawn((70, 0), (80, 0), (80, 0.03), (80, 10), (70, 10))
    spike = drawn((90, 0), (100, 0), (100, 10), (96, 10), (95.8, 40), (95.6, 10), (90, 10))
    small = parcel(county, box(110, 0, 0.9, 0.9))
    sliver = parcel(county, box(120, 0, 0.2, 60))
    assert {each[:2] for each in found(county, "geometry")} == {
        ("geometry.invalid", bow),
        ("geometry.several_parts", parts),
        ("geometry.close_vertices", close),
        ("geometry.small_angle", spike),
        ("geometry.too_small", small),
        ("geometry.sliver", sliver),
    }


def test_of_three_equal_outlines_two_repeat_the_earliest(county):
    same = sorted(parcel(county, box(0, 0)) for _ in range(3))
    parcel(county, box(20, 0))
    assert found(county, "geometry.repeated") == [
        ("geometry.repeated", same[1], same[0]),
        ("geometry.repeated", same[2], same[0]),
    ]


def test_a_short_line(county):
    def route(length: float) -> str:
        line = shapely.LineString([(450_000, 3_900_000), (450_000 + length, 3_900_000)])
        return county.insert("route", {"village": VILLAGE}, line)

    route(5)
    short = route(1.5)
    assert found(county, "geometry.too_short") == [("geometry.too_short", short, None)]


def test_a_damaged_geometry_is_a_finding_and_stops_nothing(county):
    first, second = sorted((parcel(county, box(0, 0)), parcel(county, box(5, 0))))
    torn = parcel(county, box(2, 0))
    for trigger in ("ggu_farmland_geometry", "giu_farmland_geometry"):
        county.connection.execute(f'DROP TRIGGER IF EXISTS "{trigger}"')
    blob = county.connection.execute(
        "SELECT geometry FROM farmland WHERE uuid = ?", (torn,)
    ).fetchone()[0]
    county.connection.execute(
        "UPDATE farmland SET geometry = ? WHERE uuid = ?", (blob[:60] + blob[-1:], torn)
    )
    assert found(county, "geometry.damaged", "topology.overlap") == [
        ("geometry.damaged", torn, None),
        ("topology.overlap", first, second),
    ]


# -- topology -------------------------------------------------------------------------------------


def test_what_has_ended_overlaps_nothing(county):
    parcel(county, box(0, 0), ended_on="2020-01-01")
    parcel(county, box(0, 0, 5))
    parcel(county, box(5, 0, 5))
    assert found(county, "topology.overlap", "geometry.repeated") == []


def test_houses_of_different_storeys_may_stand_on_each_other(county):
    homestead = county.insert("homestead", {"village": VILLAGE}, box(0, 0, 20, 20))
    for storey in (1, 2):
        county.insert(
            "house",
            {"village": VILLAGE, "homestead_uuid": homestead, "storey": storey},
            box(1, 1, 9, 9),
        )
    assert found(county, "topology.overlap") == []
    county.connection.execute("UPDATE house SET storey = 1")
    assert len(found(county, "topology.overlap")) == 1


def test_a_vertex_beside_the_neighbours_edge(county):
    first, second = sorted((parcel(county, box(0, 0)), parcel(county, box(10.03, 2, 10, 5))))
    parcel(county, box(-10, 0))
    assert found(county, "topology.near_miss") == [("topology.near_miss", first, second)]


def test_a_gap_inside_a_village(county):
    around = [
        parcel(county, box(0, 0, 30)),
        parcel(county, box(0, 20, 30)),
        parcel(county, box(0, 10)),
        parcel(county, box(20, 10)),
    ]
    ((rule, record, other),) = found(county, "topology.gap")
    assert (rule, record, other) == ("topology.gap", *sorted(around)[:2])
    (gap,) = findings.list_findings(county)
    assert gap.measured == 100
    assert (gap.x, gap.y) == (450_015, 3_900_015)
    county.insert("homestead", {"village": VILLAGE}, box(10, 10))
    assert found(county, "topology.gap") == []


# -- relations ------------------------------------------------------------------------------------


def test_a_parcel_outside_its_village(county):
    home = village(county, box(0, 0, 100, 100))
    village(county, box(100, 0, 100, 100), OTHER_VILLAGE)
    parcel(county, box(10, 10))
    parcel(county, box(110, 10), village=OTHER_VILLAGE)
    # 0.05 m over the boundary is 0.5 m², which is put down to drawing.
    parcel(county, box(90.05, 30))
    across = parcel(county, box(95, 10))
    well = county.insert("facility", {"village": VILLAGE}, shapely.Point(450_102, 3_900_010))
    assert found(county, "relations.outside_village") == sorted(
        [
            ("relations.outside_village", across, home),
            ("relations.outside_village", well, home),
        ]
    )
    measured = {each.record: each.measured for each in findings.list_findings(county)}
    assert measured == {across: 50, well: 2}


def test_a_village_that_is_not_there(county):
    village(county, box(0, 0, 100, 100))
    parcel(county, box(10, 10))
    lost = parcel(county, box(10, 10), village=OTHER_VILLAGE)
    assert found(county, "relations.unknown_village") == [("relations.unknown_village", lost, None)]


def test_two_with_one_code(county):
    code = "9901011012010100001"
    first, second = sorted(parcel(county, box(0, 0), code=code) for _ in range(2))
    parcel(county, box(20, 0), code="9901011012010100002")
    parcel(county, box(20, 0), code=code, ended_on="2020-01-01")
    for _ in range(2):
        parcel(county, box(40, 0), code="")
    assert found(county, "relations.same_code") == [("relations.same_code", second, first)]


def test_a_child_without_its_parent(county):
    homestead = county.insert("homestead", {"village": VILLAGE}, box(0, 0, 20, 20))
    house = county.insert("house", {"village": VILLAGE, "homestead_uuid": homestead}, box(1, 1))
    assert found(county, "relations.no_parent") == []
    gone = "00000000-0000-7000-8000-000000000000"
    county.update("house", house, {"homestead_uuid": gone})
    assert found(county, "relations.no_parent") == [("relations.no_parent", house, gone)]


def test_a_house_that_reaches_beyond_its_homestead(county):
    homestead = county.insert("homestead", {"village": VILLAGE}, box(0, 0, 20, 20))
    beyond = county.insert(
        "house", {"village": VILLAGE, "homestead_uuid": homestead}, box(15, 5, 10, 4)
    )
    county.insert("house", {"village": VILLAGE, "homestead_uuid": homestead}, box(1, 1, 9, 9))
    county.insert("house", {"village": VILLAGE}, box(50, 1, 9, 9))
    rule = "relations.house_outside_homestead"
    assert found(county, rule) == [(rule, beyond, homestead)]
    assert findings.list_findings(county)[0].measured == 20


def test_contracted_land_on_a_homestead(county):
    homestead = county.insert("homestead", {"village": VILLAGE}, box(0, 0, 20, 20))
    on_it = parcel(county, box(18, 0))
    parcel(county, box(0, 18), kind="22")
    parcel(county, box(20, 10))
    rule = "relations.contracted_on_homestead"
    assert found(county, rule) == [(rule, on_it, homestead)]


def test_signatures_that_are_required(county):
    values = {"village": VILLAGE, "state": "surveyed"}
    bare, signed = (county.insert("homestead", values, box(x, 0)) for x in (0, 20))
    county.insert("homestead", {**values, "state": "accepted"}, box(40, 0))
    county.attach(signed, "homestead", b"a scrawl", role=None, kind="signature", signed_as="holder")
    rule = "relations.signature_missing"
    assert found(county, rule) == [(rule, bare, None)]
    assert details(county, rule) == [{"role": "holder"}]


def test_photos_that_are_required(county):
    values = {"village": VILLAGE, "state": "surveyed"}
    bare, pictured = (county.insert("homestead", values, box(x, 0)) for x in (0, 20))
    county.insert("homestead", {**values, "state": "draft"}, box(40, 0))
    county.attach(pictured, "homestead", b"a photo", role="overview", media_type="image/jpeg")
    broken = found(county, "relations.photo_missing")
    assert broken == [("relations.photo_missing", bare, None)]
    assert details(county, "relations.photo_missing") == [{"role": "overview"}]


def test_a_household_with_several_homesteads(county):
    several, one = (county.insert("household", {"village": VILLAGE}) for _ in range(2))
    for household, x in ((several, 0), (several, 20), (one, 40)):
        county.insert("homestead", {"village": VILLAGE, "household_uuid": household}, box(x, 0))
    rule = "relations.several_homesteads"
    assert found(county, rule) == [(rule, several, None)]
    assert findings.list_findings(county)[0].measured == 2


def test_a_relic_without_its_points(county):
    def relic(points: str) -> str:
        at = shapely.Point(450_000, 3_900_000)
        uuid = county.insert("relic", {"village": VILLAGE, "state": "surveyed"}, at)
        for letter in points:
            kind = {"c": "centre", "b": "boundary"}[letter]
            county.insert("relic_point", {"relic_uuid": uuid, "kind": kind}, at)
        return uuid

    relic("cbbb")
    without = relic("bb")
    rule = "relations.relic_points"
    assert found(county, rule) == [(rule, without, None)] * 2
    assert {each["kind"] for each in details(county, rule)} == {"centre", "boundary"}


# -- measures -------------------------------------------------------------------------------------


def test_the_field_book_against_the_outline(county):
    parcel(county, box(0, 0), measured_area_m2=105.5)
    wrong = parcel(county, box(20, 0), measured_area_m2=107)
    rule = "measures.outline_area"
    assert found(county, rule) == [(rule, wrong, None)]
    (finding,) = findings.list_findings(county)
    assert (finding.measured, finding.limit) == (107, 100)


def test_mu_against_square_metres(county):
    right = parcel(county, box(0, 0, 100, 100))
    county.insert(
        "land_right",
        {"farmland_uuid": right, "contract_area_m2": 666.67, "contract_area_mu": 1.0},
    )
    wrong = county.insert(
        "land_right",
        {"farmland_uuid": right, "contract_area_m2": 666.67, "contract_area_mu": 1.02},
    )
    written = parcel(county, box(200, 0, 100, 100))
    county.connection.execute("UPDATE farmland SET area_mu = 14.9 WHERE uuid = ?", (written,))
    rule = "measures.mu"
    assert found(county, rule) == sorted([(rule, wrong, None), (rule, written, None)])


def test_papers_against_the_survey(county):
    land = parcel(county, box(0, 0, 100, 100))
    county.insert("land_right", {"farmland_uuid": land, "contract_area_m2": 10_400})
    wrong = county.insert("land_right", {"farmland_uuid": land, "certificate_area_m2": 9_000})
    rule = "measures.right_area"
    assert found(county, rule) == [(rule, wrong, None)]


def test_a_position_less_accurate_than_the_layer_demands(county):
    parcel(county, box(0, 0), horizontal_accuracy_m=0.4)
    poor = parcel(county, box(20, 0), horizontal_accuracy_m=3.2)
    rule = "measures.accuracy"
    assert found(county, rule) == [(rule, poor, None)]


def test_a_1985_height_by_a_grid_that_the_county_never_had(county):
    content = GeoidGrid(35.0, 116.0, 0.5, 0.5, np.full((3, 3), -18.5)).to_gtx()
    sha256 = geoid_grids.digest(content)
    about = geoid_grids.CountyGeoid(
        "青石县", "q.gtx", sha256, sha256, "2025-06-01T00:00:00Z", "李伟"
    )
    geoid_grids.put(county.path.parent, about, content)
    geoid_grids.hold(county, about)
    outline = parcel(county, box(0, 0))

    def corner(**values) -> str:
        given = {
            "village": VILLAGE, "number": "J1", "farmland_uuid": outline, "kind": "1", "mark": "6",
            "measured_how": "gnss_average", "height_ellipsoid_m": 384.0, "height_1985_m": 402.5,
        } | values  # fmt: skip
        return county.insert("boundary_point", given, shapely.Point(450_000, 3_900_000))

    by_grid = {"height_how": "geoid", "height_by": about.label}
    sound = [corner(**by_grid), corner(height_how="levelling", height_by="BM7"),
             corner(height_1985_m=None)]  # fmt: skip
    bare, typed = corner(), corner(height_how="geoid", height_by="我的格网")
    copied = corner(**by_grid, height_ellipsoid_m=None)
    says_how = "boundary_point.height_1985_says_how"
    is_measured = "boundary_point.height_by_geoid_is_measured"
    unknown = "measures.unknown_geoid"
    assert set(found(county, unknown, says_how, is_measured)) == {
        (is_measured, copied, None), (says_how, bare, None), (unknown, typed, None)
    }  # fmt: skip
    # The grid that gave a height may have been replaced since, and is known all the same.
    geoid_grids.forget(county)
    assert {record for _, record, _ in found(county, unknown)}.isdisjoint(sound)
    # A tablet does not have all the grids that its county had.
    county.meta["role"] = "tablet"
    assert unknown not in {rule for rule, _, _ in found(county, unknown)}
