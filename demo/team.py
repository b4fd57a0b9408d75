"""A team at work: the code that the app's screens call, fed by a receiver made of NMEA files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path

import numpy as np
import shapely
from xiangtu.errors import BadInput
from xiangtu.geo import gauss_kruger
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.nmea_file import NmeaFile
from xiangtu.store import SurveyFile

from field_app.controllers.capture import (
    Measured,
    average_point,
    corners_boundary,
    walk_boundary,
)
from field_app.controllers.division import divide
from field_app.controllers.form import Form, confirm_unchanged
from field_app.controllers.photos import attach_photo
from field_app.controllers.signatures import keep_signature, possible_signers, signatures_of
from field_app.controllers.start import Fieldwork

from . import pictures
from .nmea_stream import Receiver, Stretch
from .tasks import RTK_LOST, Photo, Task, TeamPlan
from .terrain import Terrain

#: Epochs that a surveyor stands at a corner, and at a point.
_AT_CORNER, _AT_POINT = 6, 30
_CHINA = timedelta(hours=8)
#: A day of the new campaign: what is divided in the field is divided on it.
_DAY = date(2025, 4, 10)
_WHY_KEPT = "信号遮挡，无法再测"


@dataclass
class Diary:
    """What a team did, for the page."""

    records: Counter[str] = field(default_factory=Counter)
    confirmed: int = 0
    fixes: int = 0
    fixes_by_type: Counter[str] = field(default_factory=Counter)
    photos: int = 0
    walks: int = 0
    problems: list[str] = field(default_factory=list)
    #: The walk on which reception was lost, and the outline that came of it.
    walk: tuple[Fix, ...] = ()
    walked: shapely.Geometry | None = None
    to_do_before: int = 0
    to_do_after: int = 0


class Team:
    """Plays a plan on one tablet.

    Parameters
    ----------
    folder : Path
        The tablet's folder; what its receiver said is kept in `receiver/`.
    """

    def __init__(
        self, folder: Path, plan: TeamPlan, terrain: Terrain, srid: int, seed: int
    ) -> None:
        self.plan = plan
        self.diary = Diary()
        self.fieldwork = Fieldwork(folder, plan.tablet)
        self._folder = folder
        self._terrain = terrain
        self._seed = [seed, *plan.surveyor.encode()]
        self._receiver = Receiver(
            srid, datetime.fromisoformat(plan.begins), self._seed,
            lambda x, y: terrain.at(terrain.height_m, x, y),
        )  # fmt: skip
        self._made: dict[str, str] = {}
        self._files = 0

    @property
    def card(self) -> Path:
        """The device card for the county."""
        return self.fieldwork.card

    def work(self, assignment: Path, tell: Callable[[float], None]) -> Diary:
        """Take the assignment in and do every task."""
        self.fieldwork.take_assignment(assignment)
        with self.fieldwork:
            self.fieldwork.sign_in(self.plan.surveyor)
            survey = self.fieldwork.survey
            self.diary.to_do_before = sum(each.left for each in self.fieldwork.to_do())
            for number, task in enumerate(self.plan.tasks):
                self._do(survey, task, number)
                tell((number + 1) / len(self.plan.tasks))
            self.diary.to_do_after = sum(each.left for each in self.fieldwork.to_do())
        return self.diary

    def _do(self, survey: SurveyFile, task: Task, number: int) -> None:
        self._receiver.rest(2)
        if task.unchanged:
            assert task.uuid is not None
            confirm_unchanged(survey, task.layer, task.uuid)
            self.diary.confirmed += 1
            return
        if task.divided:
            self._divide(survey, task)
            return
        form = self._form(survey, task)
        measured = self._measured(survey, task, form.record)
        if measured is not None:
            form.measure(measured)
        for name, answer in self._answers(survey, task).items():
            form.answer(name, answer)
        for index, photo in enumerate(task.photos):
            self._photograph(survey, task, form, photo, [number, index])
        self._sign(survey, form, number)
        self.diary.problems += [
            f"{task.layer}: {each.code}" for each in form.problems() if each.severity != "note"
        ]
        form.confirm(despite=task.despite or None)
        self.diary.records[task.layer] += 1
        if task.label:
            self._made[task.label] = form.record

    def _form(self, survey: SurveyFile, task: Task) -> Form:
        if task.uuid is not None:
            return Form.open_record(survey, task.layer, task.uuid)
        given = {"village": task.village}
        if task.parent is not None:
            given[task.parent[0]] = self._made[task.parent[1]]
        return Form.new(survey, task.layer, **given)

    def _answers(self, survey: SurveyFile, task: Task) -> dict[str, object]:
        answers = dict(task.answers)
        key = survey.catalogue.layer(task.layer).key
        if task.code_prefix and key:
            answers[key] = survey.next_code(task.layer, task.code_prefix)
        if task.layer == "house" and task.parent is not None:
            homestead = survey.get("homestead", self._made[task.parent[1]])
            assert homestead is not None
            unit = f"{homestead['code']}F00010001"
            answers = {"code": unit, "real_estate_unit": unit} | answers
        return answers

    # -- measuring ----------------------------------------------------------------------------

    def _measured(self, survey: SurveyFile, task: Task, record: str) -> Measured | None:
        """Measure what the task says, with a written reason where the layer asks for better."""
        if task.shape is None:
            return None
        recorded = self._record(task)
        try:
            measured = self._capture(survey, task, record, recorded, None)
        except BadInput as refusal:
            if refusal.code != "field.accuracy":
                raise
            measured = self._capture(survey, task, record, recorded, _WHY_KEPT)
        self.diary.walks += task.shape in ("walk", "line", "corners")
        if task.shape == "walk" and task.stretches is RTK_LOST:
            self.diary.walk, self.diary.walked = measured.fixes, measured.geometry
        self.diary.fixes += len(measured.fixes)
        self.diary.fixes_by_type.update(each.fix_type for each in measured.fixes)
        if task.second is not None:
            other = self._measured(survey, replace(task, points=task.second, second=None), record)
            assert other is not None
            both = shapely.MultiPolygon([measured.geometry, other.geometry])
            measured = replace(measured, geometry=both, fixes=measured.fixes + other.fixes)
        return measured

    def _capture(
        self, survey: SurveyFile, task: Task, record: str, recorded: Path, reason: str | None
    ) -> Measured:
        with NmeaFile(recorded) as receiver:
            if task.shape == "point":
                return average_point(survey, task.layer, receiver, override_reason=reason)
            if task.shape == "corners":
                snap = task.snap and task.layer == "farmland"
                return corners_boundary(
                    survey, task.layer, _by_corner(iter(receiver)), record=record, snap=snap,
                    override_reason=reason,
                )  # fmt: skip
            return walk_boundary(
                survey, task.layer, receiver, record=record, override_reason=reason
            )

    def _record(self, task: Task) -> Path:
        """Write what the receiver says on the way that the task takes."""
        assert task.points is not None
        if task.shape == "point":
            x, y = task.points[0]
            said = self._receiver.stand(x, y, _AT_POINT, task.stretches)
        elif task.shape == "corners":
            closed = len(task.points) > 2 and (task.points[0] == task.points[-1]).all()
            said = "".join(self._corners(task.points[:-1] if closed else task.points))
        else:
            said = self._receiver.walk(task.points, task.stretches)
        self._files += 1
        path = self._folder / "receiver" / f"{self._files:03d}-{task.layer}.nmea"
        path.parent.mkdir(exist_ok=True)
        path.write_text(said, encoding="ascii", newline="")
        return path

    def _corners(self, points: np.ndarray) -> Iterator[str]:
        for x, y in points:
            self._receiver.rest(0.1)
            yield self._receiver.stand(x, y, _AT_CORNER, (Stretch(0.0, "rtk_fixed"),))

    def _divide(self, survey: SurveyFile, task: Task) -> None:
        """Measure a line between two corners and divide the parcel by it."""
        assert task.uuid is not None
        way = replace(task, layer="boundary_line", shape="corners", snap=False)
        measured = self._measured(survey, way, "")
        assert measured is not None
        codes = [survey.next_code(task.layer, task.code_prefix)]
        stem, last = codes[0][:-5], int(codes[0][-5:])
        codes.append(f"{stem}{last + 1:05d}")
        made = divide(
            survey, task.layer, task.uuid, measured, names=task.answers["names"], codes=codes,
            on=_DAY,
        )  # fmt: skip
        self.diary.records[task.layer] += len(made)

    # -- photos -------------------------------------------------------------------------------

    def _photograph(
        self, survey: SurveyFile, task: Task, form: Form, photo: Photo, turn: list[int]
    ) -> None:
        geometry = form.geometry
        if geometry is None:
            return
        place = geometry.representative_point()
        longitude, latitude = _degrees(place, survey.srid)
        height = float(self._terrain.at(self._terrain.height_m, place.x, place.y))
        shot = pictures.Shot(
            (self._receiver.now + _CHINA).replace(tzinfo=None), longitude, latitude, height,
            photo.bearing_deg, self.plan.surveyor,
        )  # fmt: skip
        data = pictures.take(photo.scene, [*self._seed, *turn], shot)
        title = str(form.values.get(survey.catalogue.layer(task.layer).title_field or "") or "")
        attach_photo(
            survey, form.record, task.layer, data, role=photo.role, caption=title or None,
            author=self.plan.surveyor, utc_offset_min=480,
            original_name=f"IMG_{self._receiver.now:%Y%m%d_%H%M%S}.jpg",
        )  # fmt: skip
        self._receiver.rest(0.5)
        self.diary.photos += 1

    # -- signatures ---------------------------------------------------------------------------

    def _sign(self, survey: SurveyFile, form: Form, number: int) -> None:
        """Have whoever has to sign the record do so."""
        missing = signatures_of(survey, form.layer, form.record, form.problems()).missing
        signers = possible_signers(form)
        for kind in missing:
            signer = next((each for each in signers if each.signed_as == kind), None)
            if signer is not None:
                strokes = pictures.hand([*self._seed, number])
                keep_signature(
                    survey, form.layer, form.record, signer, strokes, pictures.SIGNED_ON,
                    signed_at=self._receiver.now,
                )  # fmt: skip


def _by_corner(fixes: Iterator[Fix]) -> Iterator[list[Fix]]:
    """The epochs of each corner, one corner after the other."""
    while some := list(islice(fixes, _AT_CORNER)):
        yield some


def _degrees(place: shapely.Point, srid: int) -> tuple[float, float]:
    longitude, latitude = gauss_kruger.inverse(place.x, place.y, srid)
    return float(longitude), float(latitude)
