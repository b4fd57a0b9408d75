"""A small county and a tablet that works for it, on disk: what the tests of packages act on."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from shapely.geometry import Polygon, box
from xiangtu import store
from xiangtu.package import assignment, enrolment, survey_package, tablet
from xiangtu.store.system_tables import FIX_SINCE_2

SRID = 4548
COUNTY = "990101"
VILLAGES = ("990101101201", "990101101202")


def square(x: float, y: float, side: float = 100.0) -> Polygon:
    """A square whose corner lies x, y metres from the county's corner."""
    return box(454_000 + x, 3_919_000 + y, 454_000 + x + side, 3_919_000 + y + side)


@dataclass
class County:
    """A county file on disk with its key; records by a short name → uuid."""

    path: Path
    identity: str
    uuids: dict[str, str] = field(default_factory=dict)

    def open(self) -> store.SurveyFile:
        return store.open(self.path)

    def look(self) -> store.SurveyFile:
        return store.open(self.path, readonly=True)

    def enrol(self, started: tablet.Tablet) -> str:
        with self.open() as file:
            return enrolment.enrol(file, started.card)

    def assign(self, out: Path, device: str, **options: object) -> assignment.AssignmentSummary:
        options = {"surveyor": "王芳", "villages": VILLAGES[:1], **options}
        with self.open() as file:
            return assignment.assign(file, out, device, **options)  # type: ignore[arg-type]


@dataclass
class Field:
    """A county, and a tablet that has its first assignment."""

    county: County
    tablet: tablet.Tablet
    folder: Path
    assignments: int = 1

    def survey(self) -> store.SurveyFile:
        return self.tablet.survey()

    def assign_again(self, **options: object) -> assignment.AdoptionSummary:
        """Another assignment, made and taken in."""
        self.assignments += 1
        path = self.folder / f"assignment{self.assignments}.xta"
        self.county.assign(path, self.tablet.device_id, **options)
        return assignment.adopt(self.tablet.folder, path)

    def pack(self, name: str = "one.xtp") -> survey_package.PackageSummary:
        return survey_package.pack(self.tablet.folder, self.folder / name)


def as_version_1_left_it(path: Path) -> None:
    """Make a survey file one of the first version of the schema."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for name in FIX_SINCE_2:
            connection.execute(f"ALTER TABLE fix DROP COLUMN {name}")
        connection.execute("DROP INDEX fix_by_record")
        connection.execute("CREATE INDEX fix_by_record ON fix (record)")
        for table in ("measuring", "measuring_step"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 1")


def field_from(template: tuple[Path, County], folder: Path) -> Field:
    """A copy in `folder` of a county and its tablet."""
    source, county = template
    shutil.copytree(source, folder, dirs_exist_ok=True)
    path = folder / "county" / "county.sqlite"
    return Field(replace(county, path=path), tablet.load(folder / "tablet"), folder)
