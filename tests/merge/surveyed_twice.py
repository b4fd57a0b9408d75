"""A village that several teams survey, with zones that overlap: what each record is of is known.

Things (houses in rows and terraces, parcels, lamps, wells, relics with their points, ponds) are
drawn from distributions, and so is what each team says of them: how well it measures, what it
leaves out, what it calls a thing, which photos it takes. Nothing here knows how pairs are found.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import shapely
from county import VILLAGE, County, make_county
from shapely.geometry.base import BaseGeometry
from xiangtu import store
from xiangtu.merge.duplicates import list_pairs

#: Fix type → range of the stated accuracy (metres, radius of 68 %).
STATED_M = {
    "rtk_fixed": (0.02, 0.05),
    "rtk_float": (0.2, 0.4),
    "differential": (0.6, 1.0),
    "single": (1.5, 3.0),
}
#: How often a team works with each, by what the layer asks for.
FINE = (0.75, 0.15, 0.07, 0.03)
MIDDLING = (0.4, 0.3, 0.2, 0.1)
COARSE = (0.15, 0.15, 0.3, 0.4)
HABITS = {
    "homestead": FINE, "house": FINE, "boundary_point": FINE,
    "farmland": MIDDLING, "works": MIDDLING, "relic_point": MIDDLING,
    "facility": COARSE, "relic": COARSE,
}  # fmt: skip
#: sigma of easting and of northing, where the accuracy is the radius that holds 68 %.
SIGMA_OF_ACCURACY = 1 / math.sqrt(-2 * math.log(0.32))
#: Share of the variance that is each corner's own; the rest moves the outline as a whole.
OWN_SHARE = 0.1
#: Metres (sigma) by which people differ about where the edge is.
DEFINITION_M = {
    "homestead": 0.05, "house": 0.03, "boundary_point": 0.03,
    "farmland": 0.25, "works": 0.4, "relic_point": 0.1, "facility": 0.1, "relic": 0.3,
}  # fmt: skip
LENGTH_M, DEPTH_M = 560.0, 420.0
ORIGIN = (500_400.0, 3_900_300.0)
#: How often a team surveys a thing of its zone, and tells a name that it has.
SURVEYED, NAMED, OTHER_WORDS = 0.95, 0.7, 0.15
DRAWN_AS_ONE = 0.05
WRONG_KIND, BLANK_PHOTO, SENT_PHOTO, COPIED_CODE, WRONG_CODE = 0.02, 0.1, 0.04, 0.3, 0.005


@dataclass
class Thing:
    """Something in the village; `part_of` is the thing it belongs to, `known` its record at the
    county, if it has one."""

    layer: str
    shape: BaseGeometry
    kind: str | None = None
    name: str | None = None
    code: str | None = None
    part_of: Thing | None = None
    known: str | None = None
    records: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """What was proposed against what is true, by layer."""

    found: Counter[str]
    wrong: Counter[str]
    missed: Counter[str]

    @property
    def precision(self) -> float:
        return self.found.total() / (self.found.total() + self.wrong.total())

    @property
    def recall(self) -> float:
        return self.found.total() / (self.found.total() + self.missed.total())

    def __add__(self, other: Score) -> Score:
        return Score(self.found + other.found, self.wrong + other.wrong, self.missed + other.missed)

    def __str__(self) -> str:
        rows = [f"{'':16}{'found':>7}{'wrong':>7}{'missed':>7}"]
        for name in sorted({*self.found, *self.wrong, *self.missed}):
            counts = (self.found[name], self.wrong[name], self.missed[name])
            rows.append(f"{name:16}" + "".join(f"{count:7}" for count in counts))
        rows.append(f"precision {self.precision:.3f}, recall {self.recall:.3f}")
        return "\n".join(rows)


class SurveyedVillage:
    """One village, surveyed by some tablets and merged."""

    def __init__(self, folder: Path, seed: int, tablets: str = "ab") -> None:
        self.chance = random.Random(seed)
        self.county: County = make_county(folder, tablets)
        self.things = list(self._things())
        self._tell_the_county()
        self.zones = dict(zip(tablets, self._zones(len(tablets)), strict=True))
        for name in tablets:
            self.county.assign(name)
        for name in tablets:
            with self.county.survey(name) as file, file.atomic():
                self._survey(file, name)
        for name in tablets:
            self.county.merge(self.county.pack(name))

    # -- what is there -------------------------------------------------------------------------

    def _things(self) -> Iterator[Thing]:
        yield from self._rows()
        yield from self._parcels()
        yield from self._facilities()
        yield from self._relics()
        yield from self._ponds()

    def _rows(self) -> Iterator[Thing]:
        chance = self.chance
        for row, south in enumerate((0.0, 30.0, 60.0)):
            terrace = row == 1
            east = chance.uniform(0, 10)
            while east < LENGTH_M:
                width = min(max(chance.gauss(13, 2), 8), 20)
                depth = min(max(chance.gauss(16, 2), 12), 22)
                code = f"990101100201JC{chance.randint(1, 99999):05}"
                lot = Thing("homestead", _box(east, south, width, depth), code=code)
                yield lot
                inside = 0.0 if terrace else chance.uniform(0.8, 3.0)
                house = (east + inside, south + 1.0, width - 2 * inside, chance.uniform(7, 10))
                yield Thing("house", _box(*house), kind="2" if terrace else "1", part_of=lot)
                if chance.random() < 0.4:
                    annex = _box(
                        house[0] + chance.uniform(0, 1),
                        house[1] + house[3] + chance.choice((0.0, chance.uniform(0.2, 1.5))),
                        chance.uniform(2.5, 5),
                        chance.uniform(2, 3.5),
                    )
                    yield Thing("house", annex, kind=chance.choice("19"), part_of=lot)
                east += width + (0.0 if chance.random() < 0.7 else chance.uniform(1, 6))

    def _parcels(self) -> Iterator[Thing]:
        chance = self.chance
        for south in (100.0, 190.0, 280.0):
            length = chance.uniform(45, 85)
            field_name = chance.choice(("东坡", "河湾地", "老坟台", "大块田"))
            east, left = chance.uniform(0, 10), (0.0, 0.0)
            while east < LENGTH_M:
                width = chance.uniform(9, 40)
                right = (chance.gauss(0, 1.5), chance.gauss(0, 1.5))
                corners = [
                    (east + left[0], south),
                    (east + width + right[0], south),
                    (east + width + right[1], south + length),
                    (east + left[1], south + length),
                ]
                name = field_name if chance.random() < 0.5 else None
                parcel = Thing("farmland", _polygon(corners), kind="10", name=name)
                yield parcel
                if chance.random() < 0.3:
                    for corner in corners:
                        yield Thing("boundary_point", _point(*corner), kind="1", part_of=parcel)
                east, left = east + width, right

    def _facilities(self) -> Iterator[Thing]:
        chance = self.chance
        for place in range(int(LENGTH_M // 25)):
            shape = _point(place * 25 + chance.gauss(0, 1), 25 + chance.gauss(0, 0.5))
            yield Thing("facility", shape, kind="street_lamp")
        for _ in range(8):
            east, south = chance.uniform(0, LENGTH_M), chance.uniform(0, DEPTH_M)
            yield Thing("facility", _point(east, south), kind="well", name=self._name("水井"))
            angle, apart = chance.uniform(0, 2 * math.pi), chance.uniform(5, 8)
            other = _point(east + apart * math.cos(angle), south + apart * math.sin(angle))
            yield Thing("facility", other, kind="well", name=self._name("水井"))
        kinds = ("well", "bridge", "culvert", "pumping_station", "sluice", "parking", "bus_stop")
        for _ in range(45):
            kind = chance.choice(kinds)
            shape = _point(chance.uniform(0, LENGTH_M), chance.uniform(0, DEPTH_M))
            yield Thing("facility", shape, kind=kind, name=self._name("设施"))

    def _relics(self) -> Iterator[Thing]:
        chance = self.chance
        for place in range(14):
            east, south = chance.uniform(0, LENGTH_M), chance.uniform(0, DEPTH_M)
            relic = Thing(
                "relic", _point(east, south),
                kind=chance.choice(("0101", "0203", "0304")), name=self._name("旧址"),
            )  # fmt: skip
            if place % 2:
                relic.known = "wanted"
            yield relic
            radius, corners = chance.uniform(5, 15), chance.randint(3, 6)
            turn = chance.uniform(0, math.pi)
            for corner in range(corners):
                angle = turn + 2 * math.pi * corner / corners
                shape = _point(east + radius * math.cos(angle), south + radius * math.sin(angle))
                yield Thing("relic_point", shape, kind="boundary", part_of=relic)
            yield Thing("relic_point", _point(east, south), kind="centre", part_of=relic)

    def _ponds(self) -> Iterator[Thing]:
        chance = self.chance
        for _ in range(20):
            east, south = chance.uniform(0, LENGTH_M), chance.uniform(370, DEPTH_M + 80)
            radius, corners = chance.uniform(6, 22), chance.randint(7, 12)
            ring = [
                (
                    east + radius * chance.uniform(0.8, 1.2) * math.cos(2 * math.pi * i / corners),
                    south + radius * chance.uniform(0.8, 1.2) * math.sin(2 * math.pi * i / corners),
                )
                for i in range(corners)
            ]
            kind = chance.choice(("pond", "landfill"))
            yield Thing("works", _polygon(ring), kind=kind, name=self._name("塘"))

    def _name(self, what: str) -> str | None:
        if self.chance.random() < 0.5:
            return None
        if self.chance.random() < 0.2:
            return what
        return self.chance.choice("东西南北中前后上下") + self.chance.choice("李王张赵陈刘") + what

    # -- what the county knows -----------------------------------------------------------------

    def _tell_the_county(self) -> None:
        """Relics of an earlier census, and large parcels that are being divided."""
        with self.county.open() as file:
            file.sign_in(author="officer")
            for thing in self.things:
                if thing.known:
                    thing.known = file.insert(
                        "relic", {"village": VILLAGE, "name": thing.name, "class": thing.kind},
                        thing.shape,
                    )  # fmt: skip
            self.divided: list[tuple[Thing, list[Thing]]] = []
            for place in range(6):
                east, south = place * 90 + self.chance.uniform(0, 20), 520.0
                width, length = self.chance.uniform(40, 60), self.chance.uniform(40, 60)
                whole = Thing("farmland", _box(east, south, width, length), kind="10")
                whole.known = file.insert("farmland", {"village": VILLAGE}, whole.shape)
                cut = self.chance.uniform(0.3, 0.7) * width
                parts = [
                    Thing("farmland", _box(east, south, cut, length), kind="10"),
                    Thing("farmland", _box(east + cut, south, width - cut, length), kind="10"),
                ]
                self.divided.append((whole, parts))

    # -- what the teams do ---------------------------------------------------------------------

    def _zones(self, teams: int) -> list[tuple[float, float]]:
        width = LENGTH_M / (teams - (teams - 1) * 0.45)
        step = (LENGTH_M - width) / (teams - 1)
        return [(place * step, place * step + width) for place in range(teams)]

    def _survey(self, file: store.SurveyFile, team: str) -> None:
        west, east = (ORIGIN[0] + edge for edge in self.zones[team])
        for thing in self.things:
            inside = west <= thing.shape.centroid.x <= east
            left_out = self.chance.random() > SURVEYED
            if inside and not left_out and (not thing.part_of or self._has(thing.part_of, team)):
                self._record(file, team, thing)
        for place, (whole, parts) in enumerate(self.divided):
            # One team divides a parcel; another, sent later, measures the parts anew.
            for part in parts:
                self._record(file, team, part)
                if place % 2 or team == "a":
                    file.descend("farmland", str(whole.known), part.records[team], "split")
            if team == "a":
                file.update("farmland", str(whole.known), {"ended_on": "2026-05-01"})
        self._draw_over(file, team)

    def _has(self, thing: Thing, team: str) -> bool:
        return bool(thing.known or team in thing.records)

    def _record(self, file: store.SurveyFile, team: str, thing: Thing) -> None:
        if thing.known:
            return
        chance = self.chance
        shape, measured = self._measured(thing)
        layer = file.catalogue.layer(thing.layer)
        values: dict[str, object] = {"village": VILLAGE, **measured}
        if layer.kind_field:
            wrong = thing.layer == "facility" and chance.random() < WRONG_KIND
            values[layer.kind_field] = "other" if wrong else thing.kind
        if thing.name and chance.random() < NAMED:
            other = chance.random() < OTHER_WORDS
            values["name"] = self._name("处") if other else thing.name
        if thing.code and chance.random() < COPIED_CODE:
            wrong_code = chance.random() < WRONG_CODE
            values["code"] = "990101100201JC00001" if wrong_code else thing.code
        if thing.part_of:
            field_name = {"house": "homestead", "boundary_point": "farmland"}
            parent = thing.part_of.known or thing.part_of.records[team]
            values[f"{field_name.get(thing.layer, 'relic')}_uuid"] = parent
        if thing.layer in ("boundary_point", "relic_point"):
            values["number"] = f"J{chance.randint(1, 40)}"
        uuid = file.insert(thing.layer, values, shape)
        thing.records[team] = uuid
        self._photograph(file, thing, uuid)

    def _photograph(self, file: store.SurveyFile, thing: Thing, uuid: str) -> None:
        if self.chance.random() < BLANK_PHOTO:
            file.attach(uuid, thing.layer, b"a covered lens")
        elif self.chance.random() < 0.5:
            file.attach(uuid, thing.layer, self.chance.randbytes(40))
        if self.chance.random() < SENT_PHOTO:
            file.attach(uuid, thing.layer, f"sent to all teams {id(thing)}".encode())

    def _measured(self, thing: Thing) -> tuple[BaseGeometry, dict[str, object]]:
        chance = self.chance
        (fix_type,) = chance.choices(tuple(STATED_M), HABITS[thing.layer])
        accuracy_m = round(chance.uniform(*STATED_M[fix_type]), 3)
        sigma = accuracy_m * SIGMA_OF_ACCURACY
        definition_m = DEFINITION_M[thing.layer]
        own = math.hypot(sigma * math.sqrt(OWN_SHARE), definition_m)
        if thing.shape.geom_type == "Point":
            shape = shapely.Point(
                chance.gauss(thing.shape.x, math.hypot(sigma, definition_m)),
                chance.gauss(thing.shape.y, math.hypot(sigma, definition_m)),
            )
        else:
            east, north = (chance.gauss(0, sigma * math.sqrt(1 - OWN_SHARE)) for _ in range(2))
            ring = [
                (chance.gauss(x + east, own), chance.gauss(y + north, own))
                for x, y in shapely.get_coordinates(thing.shape)[:-1]
            ]
            shape = shapely.multipolygons([shapely.Polygon(ring)])
        said = {
            "measured_how": "gnss_average",
            "fix_type": fix_type,
            "horizontal_accuracy_m": accuracy_m,
        }
        return shape, said

    def _draw_over(self, file: store.SurveyFile, team: str) -> None:
        """Now and then a team draws two neighbouring parcels of another as one."""
        mine = [
            thing for thing in self.things
            if thing.layer == "farmland" and team not in thing.records and len(thing.records) == 1
        ]  # fmt: skip
        for one, two in combinations(mine, 2):
            if one.shape.distance(two.shape) < 1.0 and self.chance.random() < DRAWN_AS_ONE:
                whole = shapely.union_all([one.shape, two.shape]).convex_hull
                self._record(file, team, Thing("farmland", shapely.multipolygons([whole]), "10"))

    # -- what is true --------------------------------------------------------------------------

    def true_pairs(self) -> dict[frozenset[str], str]:
        """Every two records of one thing by different makers → layer."""
        found: dict[frozenset[str], str] = {}
        for thing in (*self.things, *(part for _, parts in self.divided for part in parts)):
            for pair in combinations(thing.records.values(), 2):
                found[frozenset(pair)] = thing.layer
        return found

    def score(self) -> Score:
        """Hold what the county proposes against what is true."""
        with self.county.open() as file:
            proposed = {frozenset((each.a, each.b)): each.layer for each in list_pairs(file)}
        true = self.true_pairs()
        return Score(
            _counted(true, (pair for pair in true if pair in proposed)),
            _counted(proposed, (pair for pair in proposed if pair not in true)),
            _counted(true, (pair for pair in true if pair not in proposed)),
        )


def _counted(layers: dict[frozenset[str], str], pairs: Iterable[frozenset[str]]) -> Counter[str]:
    return Counter(layers[pair] for pair in pairs)


def _box(east: float, south: float, width: float, depth: float) -> BaseGeometry:
    return _polygon(
        [(east, south), (east + width, south), (east + width, south + depth), (east, south + depth)]
    )


def _polygon(corners: Iterable[tuple[float, float]]) -> BaseGeometry:
    ring = [(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in corners]
    return shapely.multipolygons([shapely.Polygon(ring)])


def _point(east: float, south: float) -> BaseGeometry:
    return shapely.Point(ORIGIN[0] + east, ORIGIN[1] + south)
