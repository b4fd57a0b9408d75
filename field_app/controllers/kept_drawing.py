"""A drawing of which every change is in the survey file before it is seen, so that it is there
again, with all that can be undone, after the app was killed in the middle of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Literal

from xiangtu.errors import BadInput
from xiangtu.gnss import fix_json
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.walked_boundary import Vertex
from xiangtu.store import SurveyFile, measuring
from xiangtu.store.values import stamp

from .capture import projected
from .measuring import KeptWalk
from .outline import Corner, History, Outline, Splice, corners_from_json

#: The shape of a record, or the line by which one is divided.
Purpose = Literal["shape", "split"]
_CHANGE, _FIXES, _UNDO, _REDO = "change", "fixes", "undo", "redo"


class KeptDrawing(History):
    """As a History, for one record. It is begun in the file with its first change.

    Attributes
    ----------
    fixes : list of Fix
        All that the receiver gave at corners of it, of those that were undone too.
    """

    def __init__(
        self, survey: SurveyFile, layer_name: str, record: str, purpose: Purpose, first: Outline
    ) -> None:
        super().__init__(first)
        self._survey, self._layer, self._record = survey, layer_name, record
        self._purpose, self._first = purpose, first
        self._begun = False
        self.fixes: list[Fix] = []

    @classmethod
    def open(
        cls, survey: SurveyFile, layer_name: str, record: str, purpose: Purpose, first: Outline
    ) -> KeptDrawing:
        """The drawing of this record that goes on, else one that begins with `first`. A boundary
        that is being walked becomes the beginning of its shape.

        BadInput("measuring.begun") where it is being measured otherwise.
        """
        begun = measuring.one(survey, record)
        if begun is not None and begun.kind == "walk" and purpose == "shape":
            return cls._taken_over(survey, layer_name, record)
        if begun is not None and begun.kind != purpose:
            raise BadInput(
                "measuring.begun", layer=begun.layer, record=record, begun_at=begun.begun_at
            )
        if begun is None:
            return cls(survey, layer_name, record, purpose, first)
        said = begun.settings
        first = Outline(
            said["closes"], tuple(map(corners_from_json, said["rings"])), said["active"]
        )
        kept = cls(survey, layer_name, record, purpose, first)
        kept._begun = True
        for kind, detail in measuring.steps_of(survey, record):
            kept._take_again(kind, detail)
        return kept

    @classmethod
    def _taken_over(cls, survey: SurveyFile, layer_name: str, record: str) -> KeptDrawing:
        """The corners of a walk, with its fixes; in the file it is one or the other."""
        vertices: tuple[Vertex, ...] = ()
        fixes: tuple[Fix, ...] = ()
        with suppress(BadInput):  # it has no corner yet
            vertices, fixes = KeptWalk.resume(survey, record).capture.walked()
        closes = survey.catalogue.layer(layer_name).geometry == "MULTIPOLYGON"
        first = Outline(closes, (tuple(corner_of(each, survey.srid) for each in vertices),))
        kept = cls(survey, layer_name, record, "shape", first)
        with survey.atomic():
            measuring.drop(survey, record)
            kept._keep([(_FIXES, [fix_json.to_json(each) for each in fixes])])
        kept.fixes = list(fixes)
        return kept

    def change(self, splice: Splice, fixes: Iterable[Fix] = ()) -> None:
        """Change it, by what the receiver gave where that was so; BadFile or FileBusy, and it
        stays as it is, if that cannot be kept."""
        received = list(fixes)
        steps: list[tuple[str, Any]] = [(_CHANGE, splice.as_json())]
        if received:
            steps.append((_FIXES, [fix_json.to_json(each) for each in received]))
        self._keep(steps)
        super().change(splice)
        self.fixes += received

    def undo(self) -> None:
        if self.may_undo:
            self._keep([(_UNDO, None)])
        super().undo()

    def redo(self) -> None:
        if self.may_redo:
            self._keep([(_REDO, None)])
        super().redo()

    def drop(self) -> None:
        """Forget it."""
        measuring.drop(self._survey, self._record)

    def _keep(self, steps: Sequence[tuple[str, Any]]) -> None:
        with self._survey.atomic():
            if not self._begun:
                first = self._first
                settings = {
                    "closes": first.closes,
                    "rings": [[asdict(each) for each in ring] for ring in first.rings],
                    "active": first.active,
                }
                measuring.begin(self._survey, self._record, self._layer, self._purpose, settings)
            measuring.add(self._survey, self._record, steps)
        self._begun = True

    def _take_again(self, kind: str, detail: Any) -> None:
        if kind == _CHANGE:
            super().change(Splice.from_json(detail))
        elif kind == _FIXES:
            self.fixes += map(fix_json.from_json, detail)
        elif kind == _UNDO:
            super().undo()
        elif kind == _REDO:
            super().redo()


def corner_of(vertex: Vertex, srid: int) -> Corner:
    """A corner of a walk."""
    ((easting_m, northing_m),) = projected([vertex], srid).tolist()
    pressed = vertex.laid_by == "press"
    how = "gnss_walk" if not pressed else "gnss_average" if vertex.epochs > 1 else "gnss_point"
    return Corner(
        easting_m,
        northing_m,
        how,
        vertex.fix_type,
        vertex.horizontal_accuracy_m,
        vertex.satellites,
        vertex.epochs,
        vertex.correction_age_s,
        stamp(vertex.time or datetime.now(UTC)),
    )
