"""A walk or a stand whose every step is kept as it happens, so that it is there again, corner for
corner, after the app was killed in the middle of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, cast

from xiangtu.errors import BadFile, BadInput, FileBusy
from xiangtu.gnss import fix_json
from xiangtu.gnss.boundary_walk import Vertex, WalkSettings
from xiangtu.gnss.fix import Fix
from xiangtu.store import SurveyFile, measuring

from .capture import BoundaryCapture, Measured, PointCapture
from .form import Form
from .write_behind import WriteBehind

Kind = Literal["walk", "stand", "shape", "split"]
_WALK, _STAND = "walk", "stand"
_Clock = Callable[[], float]


@dataclass(frozen=True)
class UnfinishedMeasuring:
    """A measurement that was begun and is in no form yet.

    `kind` is walk or stand, or of a drawing shape or split; `epochs` how many were kept of it; the
    last with a position lies at `longitude_deg`, `latitude_deg`.
    """

    record: str
    layer: str
    kind: Kind
    begun_at: str
    epochs: int
    longitude_deg: float | None
    latitude_deg: float | None


class _Kept:
    """What a walk and a stand have in common: steps on their way into the survey file."""

    def __init__(self, survey: SurveyFile, record: str, clock: _Clock) -> None:
        self.record = record
        self._survey = survey
        self._behind: WriteBehind[tuple[str, Any]] = WriteBehind(self._write, clock=clock)

    def tick(self) -> None:
        """Write what waits, if it is time; to be called while no epoch comes in."""
        self._behind.tick()

    def flush(self) -> None:
        """Write what waits now; BadFile or FileBusy if that cannot be."""
        self._behind.flush()

    @property
    def trouble(self) -> BadFile | FileBusy | None:
        """Why steps wait to be written (a full disk…), to be told; None if all is well."""
        return self._behind.trouble

    @property
    def waiting(self) -> int:
        """Steps that are not in the file yet; each epoch is one."""
        return self._behind.waiting

    def throw_away(self) -> None:
        """Forget the measurement."""
        throw_away(self._survey, self.record)
        self._behind.forget()

    def _hand(self, measured: Measured, form: Form) -> Measured:
        """Into the form's draft, in one transaction: it is never in both, nor in neither."""
        with self._survey.atomic():
            form.measure(measured)
            measuring.drop(self._survey, self.record)
        self._behind.forget()
        return measured

    def _write(self, steps: list[tuple[str, Any]]) -> None:
        """Epochs that follow each other make one step in the file."""
        together: list[tuple[str, Any]] = []
        for kind, detail in steps:
            if kind != "fix":
                together.append((kind, detail))
            elif together and together[-1][0] == "fixes":
                together[-1][1].append(fix_json.to_json(detail))
            else:
                together.append(("fixes", [fix_json.to_json(detail)]))
        measuring.add(self._survey, self.record, together)


class KeptWalk(_Kept):
    """A boundary walk of a record, made by `begin` or, after the app was killed, by `resume`.

    Attributes
    ----------
    record : str
        The uuid of what is measured, which it has or will have.
    capture : BoundaryCapture
        To be looked at (corners, area, overlaps…); steps are taken through this object.
    """

    def __init__(
        self, survey: SurveyFile, record: str, capture: BoundaryCapture, clock: _Clock
    ) -> None:
        super().__init__(survey, record, clock)
        self.capture = capture
        #: Each epoch that was added → its place among them; they live as long as the walk does.
        self._places: dict[int, int] = {}
        self._fixes: list[Fix] = []

    @classmethod
    def begin(
        cls,
        survey: SurveyFile,
        layer_name: str,
        record: str,
        *,
        by_corners: bool = False,
        settings: WalkSettings | None = None,
        clock: _Clock = time.monotonic,
    ) -> KeptWalk:
        """Begin to walk around or along a record.

        BadInput: "measuring.begun" if the record is being measured already, and those of
        `BoundaryCapture`.
        """
        capture = BoundaryCapture(
            survey, layer_name, by_corners=by_corners, settings=settings, record=record
        )
        said = {"by_corners": by_corners, "walk": asdict(capture.settings)}
        measuring.begin(survey, record, layer_name, _WALK, said)
        return cls(survey, record, capture, clock)

    @classmethod
    def resume(cls, survey: SurveyFile, record: str, *, clock: _Clock = time.monotonic) -> KeptWalk:
        """The walk as it stood when its last step was kept.

        BadInput("measuring.none") if no walk of this record goes on.
        """
        begun = _begun(survey, record, _WALK)
        known = {each.name for each in fields(WalkSettings)}
        # One of another version says less, or more than is known here.
        said = {name: value for name, value in begun.settings["walk"].items() if name in known}
        capture = BoundaryCapture(
            survey,
            begun.layer,
            by_corners=begun.settings["by_corners"],
            settings=WalkSettings(**said),
            record=record,
        )
        walk = cls(survey, record, capture, clock)
        for kind, detail in measuring.steps_of(survey, record):
            walk._take_again(kind, detail)
        return walk

    def add(self, fix: Fix) -> Vertex | None:
        """Take a fix on the way; the corner that it laid, if it did."""
        laid = self._add(fix)
        self._behind.add(("fix", fix))
        return laid

    def press(self, fixes: Iterable[Fix] | None = None) -> Vertex:
        """A corner by hand: here, or averaged from `fixes` received while standing at it. It is
        in the file before this returns, unless `trouble` says why not.

        BadInput: "gnss.walk.no_position", "gnss.average.nothing".
        """
        given = None if fixes is None else list(fixes)
        laid = self.capture.press(given)
        # What the walk has already is named by its place, as it is to be the same epoch again.
        self._behind.add(("press", given and [self._named(fix) for fix in given]), at_once=True)
        return laid

    def take_back(self) -> Vertex | None:
        """Remove the last corner."""
        removed = self.capture.take_back()
        self._behind.add(("take_back", None), at_once=True)
        return removed

    @property
    def by_corners(self) -> bool:
        """Only presses make corners; may be set while walking."""
        return self.capture.by_corners

    @by_corners.setter
    def by_corners(self, by_corners: bool) -> None:
        self.capture.by_corners = by_corners
        self._behind.add(("by_corners", by_corners), at_once=True)

    def measured(self, *, snap: bool = False) -> Measured:
        """What would be handed over, with what it lacks; the walk may go on. Errors as
        `BoundaryCapture.measured`."""
        # Where it was to end may become a corner.
        self._behind.add(("finish", None), at_once=True)
        return self.capture.measured(snap=snap)

    def hand_to(
        self, form: Form, *, snap: bool = False, override_reason: str | None = None
    ) -> Measured:
        """End the walk: put what was walked into the form's draft, and forget the steps.

        Errors as `BoundaryCapture.result`; the walk then goes on.
        """
        try:
            measured = self.capture.result(snap=snap, override_reason=override_reason)
        except BadInput:
            # Where it was to end may have become a corner.
            self._behind.add(("finish", None), at_once=True)
            raise
        return self._hand(measured, form)

    def _add(self, fix: Fix) -> Vertex | None:
        self._places[id(fix)] = len(self._fixes)
        self._fixes.append(fix)
        return self.capture.add(fix)

    def _take_again(self, kind: str, detail: Any) -> None:
        if kind == "fixes":
            for saved in detail:
                self._add(fix_json.from_json(saved))
        elif kind == "press":
            self.capture.press(None if detail is None else [self._again(each) for each in detail])
        elif kind == "take_back":
            self.capture.take_back()
        elif kind == "by_corners":
            self.capture.by_corners = detail
        elif kind == "finish":
            with suppress(BadInput):
                self.capture.measured()

    def _named(self, fix: Fix) -> int | dict[str, Any]:
        return self._places[id(fix)] if id(fix) in self._places else fix_json.to_json(fix)

    def _again(self, named: int | Mapping[str, Any]) -> Fix:
        return self._fixes[named] if isinstance(named, int) else fix_json.from_json(named)


class KeptStand(_Kept):
    """A point of a record that is averaged, made by `begin` or, after a kill, by `resume`.

    Attributes
    ----------
    record : str
        The uuid of what is measured, which it has or will have.
    capture : PointCapture
        To be looked at (progress, point…); fixes are taken through this object.
    """

    def __init__(
        self, survey: SurveyFile, record: str, capture: PointCapture, clock: _Clock
    ) -> None:
        super().__init__(survey, record, clock)
        self.capture = capture

    @classmethod
    def begin(
        cls,
        survey: SurveyFile,
        layer_name: str,
        record: str,
        *,
        epochs: int | None = None,
        clock: _Clock = time.monotonic,
    ) -> KeptStand:
        """Begin to stand at a record's place, until `epochs` good ones are there.

        BadInput("measuring.begun") if the record is being measured already.
        """
        capture = PointCapture(survey, layer_name, epochs)
        measuring.begin(survey, record, layer_name, _STAND, {"epochs": epochs})
        return cls(survey, record, capture, clock)

    @classmethod
    def resume(
        cls, survey: SurveyFile, record: str, *, clock: _Clock = time.monotonic
    ) -> KeptStand:
        """The stand with the epochs that were kept; BadInput("measuring.none")."""
        begun = _begun(survey, record, _STAND)
        capture = PointCapture(survey, begun.layer, begun.settings["epochs"])
        for fix in _fixes_of(survey, record):
            capture.add(fix)
        return cls(survey, record, capture, clock)

    def add(self, fix: Fix) -> None:
        """Take an epoch."""
        self.capture.add(fix)
        self._behind.add(("fix", fix))

    def hand_to(self, form: Form, *, override_reason: str | None = None) -> Measured:
        """End the stand: put the point into the form's draft, and forget the steps.

        Errors as `PointCapture.result`; the stand then goes on.
        """
        return self._hand(self.capture.result(override_reason), form)


def unfinished(survey: SurveyFile) -> list[UnfinishedMeasuring]:
    """What was being measured when the app ended or was killed, the latest first."""
    found = []
    for begun in measuring.all_of(survey):
        fixes = list(_fixes_of(survey, begun.record))
        last = next((fix for fix in reversed(fixes) if fix.fix_type != "none"), None)
        found.append(
            UnfinishedMeasuring(
                begun.record,
                begun.layer,
                cast(Kind, begun.kind),
                begun.begun_at,
                len(fixes),
                last.longitude_deg if last else None,
                last.latitude_deg if last else None,
            )
        )
    return found


def throw_away(survey: SurveyFile, record: str) -> None:
    """Forget a measurement that is not wanted any more."""
    measuring.drop(survey, record)


def _begun(survey: SurveyFile, record: str, kind: str) -> measuring.Begun:
    begun = measuring.one(survey, record)
    if begun is None or begun.kind != kind:
        raise BadInput("measuring.none", record=record)
    return begun


def _fixes_of(survey: SurveyFile, record: str) -> Iterable[Fix]:
    """The epochs that came on the way or while standing."""
    for kind, detail in measuring.steps_of(survey, record):
        if kind == "fixes":
            yield from map(fix_json.from_json, detail)
