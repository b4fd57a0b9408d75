"""Invented people have sound papers of a county that does not exist."""

from __future__ import annotations

from xiangtu.geo import identifiers

from demo.people import Registry


def test_citizen_ids_are_sound_and_no_one_s_twice() -> None:
    registry = Registry(1)
    people = [person for _ in range(200) for person in registry.household()]
    assert len({each.citizen_id for each in people}) == len(people)
    for person in people:
        assert identifiers.check("citizen_id", person.citizen_id) is None
        assert person.citizen_id.startswith("990101")
        assert person.citizen_id[6:14] == person.born.strftime("%Y%m%d")
        # Odd for men, even for women (GB 11643).
        assert int(person.citizen_id[16]) % 2 == (person.sex == "1")


def test_a_household_begins_with_its_head() -> None:
    assert {household[0].kinship for household in (Registry(3).household() for _ in range(5))} == {
        "02"
    }
