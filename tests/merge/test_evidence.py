"""What is shown before a decision: outlines of each side, what lies around, photos; and counts."""

from __future__ import annotations

import pytest
from county import VILLAGE, County, known, outline, point
from PIL import Image
from xiangtu.errors import MergeRefused
from xiangtu.merge.conflicts import Conflict, Which, list_conflicts
from xiangtu.merge.duplicates import list_pairs, open_pairs
from xiangtu.merge.evidence import Evidence, of_conflict, of_pair
from xiangtu.merge.open_questions import spread

HOUSE, PARCEL = known("house", 0), known("farmland", 0)


def both_merged(world: County) -> None:
    for name in "ab":
        world.merge(world.pack(name))


def seen(world: County) -> tuple[Conflict, Evidence]:
    with world.open() as file:
        (conflict,) = list_conflicts(file)
        return conflict, of_conflict(file, conflict)


def photo(world: County, path, colour: str):
    Image.new("RGB", (8, 8), colour).save(path)
    return path


def test_of_a_reshaped_parcel_each_sides_outline_what_was_before_and_the_neighbour(world):
    for name, width in (("a", 21.0), ("b", 22.0)):
        with world.survey(name) as file:
            file.update("farmland", PARCEL, {}, outline(0, 100, width))
    both_merged(world)
    conflict, found = seen(world)
    assert conflict.unit == "geometry"
    areas = {head.device: side.shapes[0].area for head, side in zip(
        conflict.heads, found.sides, strict=True)}  # fmt: skip
    assert areas == {
        world.tablets["a"].device_id: pytest.approx(420),
        world.tablets["b"].device_id: pytest.approx(440),
    }
    assert found.before[0].area == pytest.approx(400)
    assert len(found.around) == 1, "the next parcel, and not the homesteads of another layer"


def test_of_a_field_the_record_is_shown_where_it_lies_with_the_photos_of_both(world, tmp_path):
    for name, count in (("a", 2), ("b", 3)):
        with world.survey(name) as file:
            file.update("house", HOUSE, {"storeys": count})
            picture = photo(world, tmp_path / f"{name}.jpg", "red" if name == "a" else "blue")
            file.attach(HOUSE, "house", picture, kind="photo", role="overview")
    both_merged(world)
    _, found = seen(world)
    assert [side.shapes for side in found.sides] == [(), ()]
    assert found.before[0].area == pytest.approx(64)
    assert {each.device for each in found.photos} == {
        each.device_id for each in world.tablets.values()
    }
    assert all(each.path for each in found.photos)
    with world.open() as file:
        found.photos[0].path.unlink()
        assert [bool(each.path) for each in of_conflict(file, list_conflicts(file)[0]).photos] == [
            False,
            True,
        ]


def test_of_a_deletion_only_the_side_that_keeps_has_an_outline(world):
    with world.survey("a") as file:
        file.delete("farmland", PARCEL)
    with world.survey("b") as file:
        file.update("farmland", PARCEL, {"remark": "terraced"})
    both_merged(world)
    conflict, found = seen(world)
    assert {
        head.says: len(side.shapes) for head, side in zip(conflict.heads, found.sides, strict=True)
    } == {"gone": 0, "keep": 1}


def test_of_a_split_the_parts_are_shown_and_named_beside_the_whole(world):
    with world.survey("a") as file:
        file.update("farmland", PARCEL, {"ended_on": "2025-03-01"})
        for x in (0, 10):
            part = file.insert("farmland", {"village": VILLAGE}, outline(x, 100, 10))
            file.descend("farmland", PARCEL, part, "split")
    with world.survey("b") as file:
        file.update("farmland", PARCEL, {"remark": "terraced"})
    both_merged(world)
    conflict, found = seen(world)
    assert conflict.unit == "@lineage"
    shown = {
        head.says: sorted(round(shape.area) for shape in side.shapes)
        for head, side in zip(conflict.heads, found.sides, strict=True)
    }
    assert shown == {"whole": [400], "parts": [200, 200]}


def test_of_a_pair_both_records_with_all_they_say(world):
    for name, x in (("a", 700.0), ("b", 700.4)):
        with world.survey(name) as file:
            file.insert("facility", {"village": VILLAGE, "name": f"well {name}"}, point(x))
    both_merged(world)
    with world.open() as file:
        (pair,) = list_pairs(file)
        found = of_pair(file, pair)
        assert {side.values["name"] for side in found.sides} == {"well a", "well b"}
        assert {side.title for side in found.sides} == {"well a", "well b"}
        assert all(len(side.shapes) == 1 for side in found.sides)
        file.delete("facility", pair.a)
        with pytest.raises(MergeRefused, match=r"duplicate\.gone"):
            of_pair(file, pair)


def test_what_waits_is_counted_and_narrowed_down(world):
    for name, count in (("a", 2), ("b", 3)):
        with world.survey(name) as file:
            file.update("house", HOUSE, {"storeys": count})
            file.insert("facility", {"village": VILLAGE, "name": "well"}, point(700 + count / 10))
    both_merged(world)
    a, b = (world.tablets[name].device_id for name in "ab")
    with world.open() as file:
        counted = spread(file)
        assert counted.by_layer == {"house": 1} and counted.conflicts == 1
        assert counted.by_device == {a: 1, b: 1}
        assert counted.by_village == {VILLAGE: 1} and counted.villages == {VILLAGE: "石桥村"}
        assert counted.pairs == {"facility": 1}
        assert len(open_pairs(file, Which(layer="facility", village=VILLAGE, device=a))) == 1
        for other in (Which(layer="house"), Which(village="990101100999"), Which(device="none")):
            assert open_pairs(file, other) == []
