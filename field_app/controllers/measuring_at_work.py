"""The capture screen's journey: the one measurement that goes on, how it stands at every moment,
and how it ends in its form.

All of it belongs to the thread that has the survey file; what it hands out are plain values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from shapely import Polygon
from shapely.geometry.base import BaseGeometry
from xiangtu.errors import BadFile, BadInput, FileBusy
from xiangtu.geo import area
from xiangtu.gnss.boundary_walk import Closing
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.quality import position_problem
from xiangtu.gnss.stand import StandProgress
from xiangtu.store import SurveyFile, measuring

from .capture import Measured, PointCapture, projected, walk_settings
from .form import Form
from .gate import Shortfall, demanded, gate, shortfalls
from .measuring import KeptStand, KeptWalk
from .neighbours import Around, Bounds, Overlap, around, lines_of
from .settings import Settings
from .start import Fieldwork

#: Surroundings are looked up so far around what is measured, and anew when it comes so near
#: their rim.
_AROUND_M, _RIM_M = 120.0, 40.0


@dataclass(frozen=True)
class Here:
    """Where the receiver is, in metres of the survey's CRS; `accuracy_m` (68 %) where it says."""

    easting_m: float
    northing_m: float
    accuracy_m: float | None


@dataclass(frozen=True, eq=False)
class Scene:
    """What a drawing of a measurement shows, in metres of the survey's CRS.

    `corners` is an array (n, 2) of easting and northing; `broken` (n,) says which were not seen
    all the way from the one before. `before` are the lines that the record had, `overlapped` the
    records around that the outline overlaps.
    """

    corners: np.ndarray
    broken: np.ndarray
    closes: bool
    here: Here | None
    before: tuple[np.ndarray, ...]
    around: tuple[Around, ...]
    overlapped: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class StandState:
    """A stand at this moment; `lacking` is what its point would lack if it were taken now."""

    progress: StandProgress
    lacking: tuple[Shortfall, ...]
    scene: Scene
    trouble: BadFile | FileBusy | None


@dataclass(frozen=True, eq=False)
class WalkState:
    """A walk at this moment.

    `lacking` is what a position of this moment lacks. `corner` is how the standing at a corner
    stands, None while there is none. `laid` is how many corners were ever laid: it grows with
    each, and does not shrink when one is taken back. `area_mu` and `area_m2` are 0 for a line.
    """

    lacking: tuple[Shortfall, ...]
    by_corners: bool
    lost: bool
    standing: bool
    corner: StandProgress | None
    laid: int
    length_m: float
    area_m2: float
    area_mu: Decimal
    closing: Closing | None
    overlaps: tuple[Overlap, ...]
    scene: Scene
    trouble: BadFile | FileBusy | None

    @property
    def corners(self) -> int:
        return len(self.scene.corners)

    @property
    def breaks(self) -> int:
        """Sides that the receiver did not see all along."""
        return int(self.scene.broken.sum())


@dataclass(frozen=True)
class Review:
    """What would go into the form, told before it does.

    `may_override`: with a written reason it may go in although something is lacking.
    """

    measured: Measured
    overlaps: tuple[Overlap, ...]
    may_override: bool

    @property
    def good(self) -> bool:
        return not self.measured.shortfalls

    @property
    def area_m2(self) -> float | None:
        """Plane area of an outline; None of anything else."""
        shape = self.measured.geometry
        return (
            float(area.plane_area_m2(np.array([shape]))[0]) if isinstance(shape, Polygon) else None
        )

    @property
    def area_mu(self) -> Decimal | None:
        return None if self.area_m2 is None else area.mu(area.rounded_m2(self.area_m2))

    @property
    def length_m(self) -> float:
        """Length of a line or of an outline's edge, 0 for a point."""
        return float(self.measured.geometry.length)


class _AtWork:
    """What a walk and a stand at work have in common."""

    def __init__(
        self, survey: SurveyFile, layer_name: str, kept: KeptStand | KeptWalk, *, resumed: bool
    ) -> None:
        self.survey = survey
        self.record = kept.record
        #: It was begun before, and goes on.
        self.resumed = resumed
        #: It is in its form, or thrown away.
        self.over = False
        self.layer = survey.catalogue.layer(layer_name)
        self._kept = kept
        form = form_of(survey, layer_name, kept.record)
        self._before = lines_of(form.geometry)
        self._here: Fix | None = None
        self._looked_up: Bounds | None = None
        self._around: tuple[Around, ...] = ()

    @property
    def accuracy_m(self) -> float | None:
        """The horizontal accuracy that is asked; None where none is."""
        asked = demanded(self.layer, self._kept.capture.accuracy_m)
        return None if asked is None else asked.horizontal_m

    @accuracy_m.setter
    def accuracy_m(self, accuracy_m: float | None) -> None:
        """Ask for a better one than the layer does, if this is one."""
        self._kept.capture.accuracy_m = accuracy_m

    def flush(self) -> None:
        """Write what waits; BadFile or FileBusy if that cannot be."""
        self._kept.flush()

    def throw_away(self) -> None:
        """Forget the measurement."""
        self._kept.throw_away()
        self.over = True

    def _heard(self, fixes: Sequence[Fix], here: Fix | None) -> None:
        self._here = here
        if not fixes:
            self._kept.tick()

    def _scene(
        self,
        corners: np.ndarray,
        broken: np.ndarray,
        overlapped: frozenset[str] = frozenset(),
    ) -> Scene:
        fix, here = self._here, None
        if fix is not None and not position_problem(fix.longitude_deg, fix.latitude_deg):
            ((easting_m, northing_m),) = projected([fix], self.survey.srid)
            here = Here(float(easting_m), float(northing_m), fix.horizontal_accuracy_m)
        shown = [corners, *self._before]
        if here is not None:
            shown.append(np.array([[here.easting_m, here.northing_m]]))
        self._look_around(np.concatenate(shown))
        closes = self.layer.geometry == "MULTIPOLYGON"
        return Scene(corners, broken, closes, here, self._before, self._around, overlapped)

    def _look_around(self, shown: np.ndarray) -> None:
        if not len(shown):
            return
        (min_x, min_y), (max_x, max_y) = shown.min(axis=0), shown.max(axis=0)
        known = self._looked_up
        if (
            known is None
            or min_x < known[0] + _RIM_M
            or min_y < known[1] + _RIM_M
            or max_x > known[2] - _RIM_M
            or max_y > known[3] - _RIM_M
        ):
            self._looked_up = (
                min_x - _AROUND_M, min_y - _AROUND_M, max_x + _AROUND_M, max_y + _AROUND_M,
            )  # fmt: skip
            self._around = around(self.survey, self.layer.name, self._looked_up, self.record)

    @property
    def snaps(self) -> bool:
        """Corners may be put onto those of neighbours."""
        asked = self.layer.accuracy
        return self.layer.geometry != "POINT" and asked is not None and asked.snap_m > 0

    def _may_override(self) -> bool:
        return self.layer.accuracy is None or self.layer.accuracy.may_override


class StandAtWork(_AtWork):
    """Standing at a point of a record."""

    _kept: KeptStand

    def take(self, fixes: Sequence[Fix], here: Fix | None) -> StandState:
        """Take what the receiver gave since the last time; `here` is its position of this moment,
        None where it has none."""
        for fix in fixes:
            self._kept.add(fix)
        self._heard(fixes, here)
        progress = self._kept.capture.progress
        at_once = gate(self.layer, here, self.accuracy_m)
        if here is None or progress.fix_type == "none":
            lacking = at_once.shortfalls
        else:
            lacking = shortfalls(
                demanded(self.layer, self.accuracy_m),
                progress.fix_type,
                progress.accuracy_m,
                progress.good,
                fixes=[here],
            )
        scene = self._scene(np.empty((0, 2)), np.empty(0, dtype=bool))
        return StandState(progress, lacking, scene, self._kept.trouble)

    def begin_again(self) -> StandState:
        """Forget the epochs so far: the surveyor stands elsewhere now."""
        self._kept.throw_away()
        accuracy_m = self.accuracy_m
        self._kept = KeptStand.begin(self.survey, self.layer.name, self.record)
        self.accuracy_m = accuracy_m
        return self.take([], self._here)

    def review(self, *, snap: bool = False) -> Review:
        """The point as it would go into the form; BadInput("gnss.average.nothing"). There is
        nothing that a point snaps to."""
        return Review(self._kept.capture.measured(), (), self._may_override())

    def hand_over(self, *, snap: bool = False, reason: str | None = None) -> None:
        """Put the point into the form's draft; errors as `PointCapture.result`."""
        form = form_of(self.survey, self.layer.name, self.record)
        self._kept.hand_to(form, override_reason=reason)
        self.over = True


class WalkAtWork(_AtWork):
    """Walking around or along a record."""

    _kept: KeptWalk

    def __init__(
        self, survey: SurveyFile, layer_name: str, kept: KeptWalk, *, resumed: bool
    ) -> None:
        super().__init__(survey, layer_name, kept, resumed=resumed)
        self._laid = len(kept.capture.vertices)
        self._corner: PointCapture | None = None
        self._corner_fixes: list[Fix] = []
        self._judged: tuple[BaseGeometry | None, tuple[Overlap, ...]] = (None, ())

    def take(self, fixes: Sequence[Fix], here: Fix | None) -> WalkState:
        """Take what the receiver gave since the last time, as `StandAtWork.take`; the corner at
        which the surveyor stands is laid once enough epochs agree.

        Errors as `BoundaryCapture.press`; the surveyor then stands at no corner any more.
        """
        wrong: BadInput | None = None
        for fix in fixes:
            self._laid += self._kept.add(fix) is not None
            if self._corner is not None:
                self._corner.add(fix)
                self._corner_fixes.append(fix)
                if self._corner.enough:
                    try:
                        self._press()
                    except BadInput as error:
                        wrong = error  # told once the walk has the fixes that follow
        self._heard(fixes, here)
        if wrong is not None:
            raise wrong
        return self._state()

    def corner(self) -> WalkState:
        """Begin to stand at a corner; if the surveyor stands at one, lay it with what there is.

        Errors as `BoundaryCapture.press`; the surveyor then stands at no corner any more.
        """
        if self._corner is None:
            self._corner, self._corner_fixes = PointCapture(self.survey, self.layer.name), []
        else:
            self._press()
        return self._state()

    def take_back(self) -> WalkState:
        """Leave the corner at which the surveyor stands; else remove the last one."""
        if self._corner is not None:
            self._corner, self._corner_fixes = None, []
        else:
            self._kept.take_back()
        return self._state()

    def walk_by(self, corners: bool) -> WalkState:
        """From now on only presses make corners, or the walk does too."""
        self._kept.by_corners = corners
        return self._state()

    def review(self, *, snap: bool = False) -> Review:
        """The outline or line as it would go into the form, its corners put onto the neighbours'
        with `snap`, and whom it overlaps then; errors as `BoundaryCapture.measured`."""
        measured = self._kept.measured(snap=snap)
        overlaps = tuple(self._kept.capture.overlaps_of(measured.geometry))
        return Review(measured, overlaps, self._may_override())

    def hand_over(self, *, snap: bool = False, reason: str | None = None) -> None:
        """Put what was walked into the form's draft; errors as `BoundaryCapture.result`."""
        form = form_of(self.survey, self.layer.name, self.record)
        self._kept.hand_to(form, snap=snap, override_reason=reason)
        self.over = True

    def _press(self) -> None:
        fixes, self._corner, self._corner_fixes = self._corner_fixes, None, []
        self._kept.press(fixes)
        self._laid += 1

    def _state(self) -> WalkState:
        capture = self._kept.capture
        shape = capture.geometry
        if shape is not self._judged[0]:
            self._judged = shape, tuple(capture.overlaps())
        overlaps = self._judged[1]
        vertices = capture.vertices
        return WalkState(
            lacking=gate(self.layer, self._here, self.accuracy_m).shortfalls,
            by_corners=capture.by_corners,
            lost=capture.lost or self._here is None,
            standing=capture.standing,
            corner=None if self._corner is None else self._corner.progress,
            laid=self._laid,
            length_m=capture.length_m,
            area_m2=capture.area_m2,
            area_mu=capture.area_mu,
            closing=capture.closing,
            overlaps=overlaps,
            scene=self._scene(
                projected(vertices, self.survey.srid),
                np.array([each.after_break for each in vertices], dtype=bool),
                frozenset(each.record for each in overlaps),
            ),
            trouble=self._kept.trouble,
        )


class AtWork:
    """The one measurement that goes on in the app; it outlives the screen that shows it."""

    def __init__(self, fieldwork: Fieldwork) -> None:
        self._fieldwork = fieldwork
        self._now: StandAtWork | WalkAtWork | None = None

    def open(
        self, layer_name: str, record: str, settings: Settings | None = None
    ) -> StandAtWork | WalkAtWork:
        """Measure a record that is there or has a draft, or go on with that: with the accuracy of
        the surveyor's settings, and a walk that is begun now with their corners.

        Raises
        ------
        BadInput
            "field.no_draft" where there is no form to hand to, "geometry.not_expected" for a
            layer without a place, "field.drawing.begun" while it is drawn on the map,
            "tablet.no_assignment".
        BadFile, FileBusy
            What was measured before cannot be written yet.
        """
        survey, now = self._fieldwork.survey, self._now
        settings = settings or Settings()
        if now is None or now.record != record or now.survey is not survey or now.over:
            self.leave()
            now = self._now = _opened(survey, layer_name, record, settings)
        now.accuracy_m = settings.accuracy_m
        return now

    def flush(self) -> None:
        """Write what waits; BadFile or FileBusy if that cannot be."""
        if self._now is not None and not self._now.over:
            self._now.flush()

    def leave(self) -> None:
        """Write what waits, and let go: it goes on where it is opened next. Errors as `flush`."""
        self.flush()
        self._now = None


def form_of(survey: SurveyFile, layer_name: str, record: str) -> Form:
    """The form of a record that is there, else of a draft; BadInput("field.no_draft")."""
    if survey.get(layer_name, record) is not None:
        return Form.open_record(survey, layer_name, record)
    return Form.resume(survey, record)


def _opened(
    survey: SurveyFile, layer_name: str, record: str, settings: Settings
) -> StandAtWork | WalkAtWork:
    layer = survey.catalogue.layer(layer_name)
    if layer.geometry is None:
        raise BadInput("geometry.not_expected", layer=layer.name)
    form_of(survey, layer_name, record)  # nobody measures for nothing
    begun = measuring.one(survey, record)
    if begun is not None and begun.kind in ("shape", "split"):
        raise BadInput(
            "field.drawing.begun", layer=layer.name, record=record, begun_at=begun.begun_at
        )
    resumed = begun is not None
    kept: KeptStand | KeptWalk
    if layer.geometry == "POINT":
        kept = (
            KeptStand.resume(survey, record)
            if resumed
            else KeptStand.begin(survey, layer.name, record)
        )
        return StandAtWork(survey, layer_name, kept, resumed=resumed)
    kept = (
        KeptWalk.resume(survey, record)
        if resumed
        else KeptWalk.begin(
            survey, layer.name, record, settings=settings.walk(walk_settings(layer))
        )
    )
    return WalkAtWork(survey, layer_name, kept, resumed=resumed)
