"""A drawing of a record to which the receiver lays corners too, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from xiangtu.errors import BadInput
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.quality import rank
from xiangtu.gnss.stand import StandProgress
from xiangtu.store import SurveyFile
from xiangtu.store.values import stamp

from .capture import BoundaryCapture, Measured, PointCapture, walk_settings
from .drawing_at_work import Beside, Drawing, DrawingState
from .gate import Shortfall, demanded, shortfalls
from .kept_drawing import KeptDrawing, corner_of
from .measuring_at_work import Review
from .neighbours import Bounds, records_near
from .outline import DRAWN, Corner, corner_as_in, least_certain
from .settings import Settings


class MeasuredDrawing(Drawing):
    """A drawing of a record to which the receiver may lay corners too: by standing at them, or by
    walking."""

    def __init__(
        self,
        survey: SurveyFile,
        layer_name: str,
        record: str,
        kept: KeptDrawing,
        settings: Settings,
    ) -> None:
        super().__init__(survey, kept, snaps=settings.snaps)
        self._settings = settings
        self.layer = survey.catalogue.layer(layer_name)
        self.record = record
        self._kept = kept
        self._corner: PointCapture | None = None
        self._corner_fixes: list[Fix] = []
        self._walk: BoundaryCapture | None = None
        self._walk_fixes: list[Fix] = []
        self._count = 0

    def throw_away(self) -> None:
        """Forget what was drawn."""
        self._kept.drop()

    def stand(self) -> DrawingState:
        """Begin to stand at a corner; if one is stood at, lay it with what there is. Errors as
        `take`."""
        if self._corner is None:
            self._corner, self._corner_fixes = PointCapture(self.survey, self.layer.name), []
        else:
            self._lay()
        return self.state()

    def walk(self) -> DrawingState:
        """Begin to lay corners while walking, or end it; where it ends is one too."""
        walk, self._walk = self._walk, None
        if walk is None:
            paces = self._settings.walk(walk_settings(self.layer))
            self._walk = BoundaryCapture(self.survey, self.layer.name, settings=paces)
            self._walk_fixes = []
            return self.state()
        with suppress(BadInput):  # it laid no corner at all
            walk.walked()
            if walk.vertices[-1].laid_by == "end":
                self._lay_walked(corner_of(walk.vertices[-1], self.survey.srid))
        return self.state()

    def leave_corner(self) -> DrawingState:
        """Stand at no corner any more."""
        self._corner = None
        return self.state()

    def take(self, fixes: Sequence[Fix]) -> DrawingState:
        """Take what the receiver gave. The corner that is stood at is laid once enough epochs
        agree.

        BadInput: "gnss.average.nothing", "field.walk.moved"; no corner is stood at any more.
        """
        for fix in fixes:
            if self._corner is not None:
                self._corner.add(fix)
                self._corner_fixes.append(fix)
                if self._corner.enough:
                    self._lay()
            if self._walk is not None:
                self._walk_fixes.append(fix)
                laid = self._walk.add(fix)
                if laid is not None:
                    self._lay_walked(corner_of(laid, self.survey.srid))
        return self.state()

    def _lay(self) -> None:
        assert self._corner is not None
        capture, fixes = self._corner, self._corner_fixes
        self._corner, self._corner_fixes = None, []
        measured = capture.measured()
        moved = next((x for x in measured.shortfalls if x.code == "field.accuracy.moved"), None)
        if moved is not None:
            raise BadInput("field.walk.moved", found=moved.found, expected=moved.expected)
        shape = measured.geometry
        corner = Corner(
            shape.x,
            shape.y,
            measured.measured_how,
            measured.fix_type,
            measured.horizontal_accuracy_m,
            measured.satellites,
            measured.epochs,
            max(
                (each.correction_age_s for each in fixes if each.correction_age_s is not None),
                default=None,
            ),
            measured.measured_at,
        )
        self._append(self._settled(corner), fixes)
        self._count += 1

    def _lay_walked(self, corner: Corner) -> None:
        fixes, self._walk_fixes = self._walk_fixes, []
        self._append(self._settled(corner), fixes)
        self._count += 1

    def _settled(self, corner: Corner) -> Corner:
        """Put onto a neighbour's within the catalogue's distance; it is as good as measured."""
        found = self._onto(corner.place, self._snap_m())
        return corner if found is None else corner.at(*found.place)

    def _snap_m(self) -> float:
        return self.layer.accuracy.snap_m if self.layer.accuracy else 0.0

    def _beside(self, bounds: Bounds) -> list[Beside]:
        near = records_near(self.survey, self.layer.name, bounds, self.record)
        return [Beside(each["geometry"], corner_as_in(each)) for each in near]

    # -- into the file ------------------------------------------------------------------------

    def measured(self) -> Measured:
        """What is drawn, as good as its worst corner, with what it lacks.

        BadInput: "field.drawing.too_few" corners, and the fault that it has.
        """
        now = self.outline
        shape, fault = now.geometry, self._fault()
        if shape is None:
            needed = 3 if now.closes else 2
            raise BadInput("field.drawing.too_few", corners=len(now.rings[0]), needed=needed)
        if fault is not None:
            raise BadInput(fault.code, **fault.facts)
        corners = now.corners
        accuracies_m = [each.horizontal_accuracy_m for each in corners]
        known_m = [each for each in accuracies_m if each is not None]
        satellites = [each.satellites for each in corners if each.satellites is not None]
        return Measured(
            shape,
            least_certain([each.how for each in corners]),
            min((each.fix_type for each in corners), key=rank),
            max(known_m) if len(known_m) == len(accuracies_m) else None,
            min(satellites, default=None),
            min(each.epochs for each in corners),
            stamp(datetime.now(UTC)),
            None,
            tuple(self._kept.fixes),
            self._shortfalls(corners),
        )

    def review(self) -> Review:
        """What would go into the file, told before it does; errors as `measured`."""
        measured = self.measured()
        asked = self.layer.accuracy
        return Review(
            measured, self._overlaps(measured.geometry), asked is None or asked.may_override
        )

    def _shortfalls(self, corners: Sequence[Corner]) -> tuple[Shortfall, ...]:
        """What the corners laid here lack; those taken over are as good as they were."""
        asked = demanded(self.layer, self._settings.accuracy_m)
        own = [each for each in corners if each.measured_at is not None]
        found: tuple[Shortfall, ...] = ()
        if own:
            accuracies_m = [each.horizontal_accuracy_m for each in own]
            stood = [each.epochs for each in own if each.how != "gnss_walk"]
            received = sum(fix.fix_type != "none" for fix in self._kept.fixes)
            found = shortfalls(
                asked,
                min((each.fix_type for each in own), key=rank),
                None if None in accuracies_m else max(x for x in accuracies_m if x is not None),
                min(stood, default=received),
                fixes=self._kept.fixes,
                corners=own,
            )
        drawn = sum(each.how == DRAWN for each in corners)
        if asked is None or not drawn:
            return found
        limit = f"{asked.horizontal_m:g} m"
        return (
            *found,
            Shortfall("field.accuracy.drawn", str(drawn), limit, "field.remedy.stand_at_corners"),
        )

    # -- inside -------------------------------------------------------------------------------

    def _standing(self) -> StandProgress | None:
        return None if self._corner is None else self._corner.progress

    def _walking(self) -> bool:
        return self._walk is not None

    def _laid(self) -> int:
        return self._count
