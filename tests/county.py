"""A small county with its tablets, made through the real assignments and packages."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import shapely
from xiangtu import catalogue, store
from xiangtu.merge.conflicts import list_conflicts
from xiangtu.merge.duplicates import list_pairs
from xiangtu.merge.plan import MergeReport, merge
from xiangtu.merge.undo import undo
from xiangtu.package.adoption import adopt
from xiangtu.package.assignment import assign
from xiangtu.package.enrolment import enrol
from xiangtu.package.survey_package import pack
from xiangtu.package.tablet import Tablet, start
from xiangtu.sealing.keys import county_identity, make_county_key

VILLAGE = "990101100201"
SRID = 4546


def outline(x: float, y: float = 0.0, width: float = 20.0, height: float = 20.0):
    """A rectangle in the county's zone, metres from its corner."""
    east, north = 500_000 + x, 3_900_000 + y
    return shapely.multipolygons([shapely.box(east, north, east + width, north + height)])


def polygon(corners: Sequence[tuple[float, float]]):
    """An outline through corners, metres from the same place."""
    moved = [(500_000 + x, 3_900_000 + y) for x, y in corners]
    return shapely.multipolygons([shapely.Polygon(moved)])


def point(x: float, y: float = 0.0):
    return shapely.Point(500_000 + x, 3_900_000 + y)


@dataclass
class County:
    """A county folder; `tablets` by their short names."""

    folder: Path
    tablets: dict[str, Tablet] = field(default_factory=dict)
    packed: int = 0

    @property
    def path(self) -> Path:
        return self.folder / "county.sqlite"

    @property
    def identity(self) -> str:
        return county_identity(self.path)

    def open(self) -> store.SurveyFile:
        return store.open(self.path)

    def add_tablet(self, name: str) -> Tablet:
        tablet = start(self.folder / f"tablet_{name}", name=name)
        with self.open() as file:
            enrol(file, tablet.card)
        self.tablets[name] = tablet
        return tablet

    def assign(self, name: str, layers: list[str] | None = None) -> Path:
        self.packed += 1
        out = self.folder / f"{name}_{self.packed}.xta"
        with self.open() as file:
            assign(
                file,
                out,
                device=self.tablets[name].device_id,
                surveyor=f"surveyor {name}",
                villages=[VILLAGE],
                layers=layers,
            )
        adopt(self.tablets[name].folder, out)
        return out

    def survey(self, name: str) -> store.SurveyFile:
        return self.tablets[name].survey()

    def pack(self, name: str) -> Path:
        self.packed += 1
        out = self.folder / f"{name}_{self.packed}.xtp"
        pack(self.tablets[name].folder, out)
        return out

    def merge(self, package: Path, **options) -> MergeReport:
        with self.open() as file:
            return merge(file, package, self.identity, author="officer", **options)

    def undo(self, batch: int | None) -> None:
        with self.open() as file:
            undo(file, str(batch), author="officer")

    def cloned(self, folder: Path) -> County:
        """The whole world again: county and tablets."""
        shutil.copytree(self.folder, folder)
        tablets = {name: start(folder / each.folder.name) for name, each in self.tablets.items()}
        return County(folder, tablets, self.packed)

    def copied(self, folder: Path) -> County:
        """The same county again, to merge in another order; its tablets stay where they are."""
        folder.mkdir()
        store.copy(self.path, folder / "county.sqlite")
        shutil.copy(self.path.with_suffix(".key"), folder / "county.key")
        return County(folder, self.tablets)


def make_county(folder: Path, tablets: str = "abc") -> County:
    """A county with a village, homesteads with houses, parcels, a relic, and enrolled tablets."""
    folder.mkdir(parents=True, exist_ok=True)
    county = County(folder)
    recipient = make_county_key(county.path)
    with store.create(
        county.path,
        catalogue.load(),
        SRID,
        role="county",
        county="990101",
        name="青石县",
        recipient=recipient,
    ) as file:
        fill(file)
    for name in tablets:
        county.add_tablet(name)
    return county


def known(layer: str, place: int) -> str:
    """The uuid of the county's own record number `place` of a layer."""
    order = ("village", "homestead", "house", "farmland", "relic").index(layer)
    return f"01900000-0000-7000-8000-{order:04x}{place:08x}"


def state(county: County) -> dict[str, object]:
    """All that a person may see of a county but for fids and times of arrival."""
    with county.open() as file:
        return state_of(file)


def state_of(file: store.SurveyFile) -> dict[str, object]:
    """`state` of an open file."""
    found: dict[str, object] = {}
    for layer in file.catalogue.layers.values():
        columns = [
            row[1]
            for row in file.connection.execute(f"PRAGMA table_info({layer.name})")
            if row[1] != "fid"
        ]
        found[layer.name] = file.connection.execute(
            f"SELECT {', '.join(columns)} FROM {layer.name} ORDER BY uuid"
        ).fetchall()
    found["conflicts"] = [
        (each.id, each.unit, [head.change for head in each.heads], dict(each.shown))
        for each in list_conflicts(file)
    ]
    found["pairs"] = [(each.id, each.a, each.b, each.reason) for each in list_pairs(file)]
    found["held"] = file.connection.execute(
        "SELECT layer, record, code FROM held WHERE released_at IS NULL "
        "ORDER BY record, layer, code"
    ).fetchall()
    return found


def orphans(file: store.SurveyFile) -> list[tuple[str, str]]:
    """(layer, uuid) of parts whose record is not there, not even begun; photos among them."""
    begun = json.dumps([each.record for each in file.drafts()])
    sought = [
        (layer.name, relation.parent, relation.field, f"{relation.field} IS NOT NULL")
        for layer in file.catalogue.layers.values()
        for relation in layer.compositions
    ]
    for (owner,) in file.connection.execute("SELECT DISTINCT layer FROM attachment"):
        sought.append(("attachment", owner, "record", f"layer = '{owner}'"))
    return [
        (layer, uuid)
        for layer, parent, column, condition in sought
        for (uuid,) in file.connection.execute(
            f"SELECT uuid FROM {layer} WHERE {condition} "
            f"AND {column} NOT IN (SELECT uuid FROM {parent}) "
            f"AND {column} NOT IN (SELECT value FROM json_each(?))",
            (begun,),
        )
    ]


def fill(file: store.SurveyFile) -> None:
    """A village, homesteads with houses, parcels and a relic."""
    file.sign_in(author="officer")
    file.insert(
        "village",
        {"code": VILLAGE, "name": "石桥村", "village": VILLAGE},
        outline(-1000, -1000, 4000, 4000),
        uuid=known("village", 0),
    )
    for place in range(4):
        file.insert(
            "homestead", {"village": VILLAGE}, outline(place * 30), known("homestead", place)
        )
        file.insert(
            "house",
            {"village": VILLAGE, "homestead_uuid": known("homestead", place)},
            outline(place * 30 + 2, 2, 8, 8),
            known("house", place),
        )
        file.insert(
            "farmland", {"village": VILLAGE}, outline(place * 30, 100), known("farmland", place)
        )
    file.insert("relic", {"village": VILLAGE}, point(500, 500), known("relic", 0))
