"""Invented people: names, and citizen ids that are sound but of a county that does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from xiangtu.geo import identifiers

from .villages import COUNTY

_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "国建明志文永春秀英玉兰桂芳小丽海涛平军红霞林生金福德贵荣华华清水山大成立新庆云飞燕"


@dataclass(frozen=True)
class Person:
    name: str
    sex: str  # "1" male, "2" female, as in the standard's code list
    born: date
    citizen_id: str
    kinship: str


class Registry:
    """Makes people; no two share a citizen id."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng([seed, 5])
        self._used: set[str] = set()

    def household(self) -> list[Person]:
        """A family of one to six, its head first."""
        pick = self._random
        family = str(pick.choice(list(_FAMILY)))
        year = int(pick.integers(1948, 1992))
        people = [self._person(family, "1" if pick.random() < 0.88 else "2", year, "02")]
        if pick.random() < 0.85:
            other = str(pick.choice(list(_FAMILY)))
            spouse_sex = "2" if people[0].sex == "1" else "1"
            spouse_year = year + int(pick.integers(-3, 5))
            people.append(self._person(other, spouse_sex, spouse_year, "10"))
            for kinship_son, kinship_daughter in (("22", "32"), ("23", "33")):
                if pick.random() < 0.62:
                    male = pick.random() < 0.52
                    born = min(year + int(pick.integers(21, 33)), 2023)
                    people.append(
                        self._person(family, "1" if male else "2", born,
                                     kinship_son if male else kinship_daughter)
                    )  # fmt: skip
        if year > 1966 and pick.random() < 0.45:
            people.append(self._person(family, "1", year - int(pick.integers(22, 30)), "51"))
        return people

    def _person(self, family: str, sex: str, year: int, kinship: str) -> Person:
        pick = self._random
        length = 1 + int(pick.random() < 0.72)
        given = "".join(str(each) for each in pick.choice(list(_GIVEN), length, replace=False))
        while True:
            born = date(year, int(pick.integers(1, 13)), int(pick.integers(1, 29)))
            order = int(pick.integers(0, 499)) * 2 + (1 if sex == "1" else 0)
            body = f"{COUNTY}{born:%Y%m%d}{order:03d}"
            citizen_id = body + identifiers.citizen_id_check_digit(body)
            if citizen_id not in self._used:
                self._used.add(citizen_id)
                return Person(family + given, sex, born, citizen_id, kinship)
