"""The line that divides a record, and its division."""

from __future__ import annotations

import numpy as np
from shapely import LineString
from xiangtu.errors import BadInput
from xiangtu.geo.area import plane_area_m2
from xiangtu.store import SurveyFile

from .division import divide, split_outline
from .drawing_at_work import Beside
from .gate import gated
from .kept_drawing import KeptDrawing
from .measured_drawing import MeasuredDrawing
from .neighbours import Bounds, records_near
from .outline import Outline, corner_as_in
from .settings import Settings


class SplitAtWork(MeasuredDrawing):
    """A line through the outline of a record that is in the file."""

    def __init__(
        self, survey: SurveyFile, layer_name: str, record: str, settings: Settings | None = None
    ) -> None:
        """BadInput: "record.missing" without an outline to divide, "field.split.draft" where its
        form is not confirmed, "measuring.begun" where it is measured otherwise."""
        stored = survey.get(layer_name, record)
        if stored is None or stored["geometry"] is None:
            raise BadInput("record.missing", layer=layer_name, uuid=record)
        if any(each.record == record for each in survey.drafts()):
            raise BadInput("field.split.draft", layer=layer_name)
        kept = KeptDrawing.open(survey, layer_name, record, "split", Outline(closes=False))
        super().__init__(survey, layer_name, record, kept, settings or Settings())
        self._whole = stored["geometry"]

    def hand_over(self, reason: str | None = None) -> list[str]:
        """Divide the record, and forget the line, in one transaction; the uuids of its parts.

        Errors as `measured`, `gated` and `divide`.
        """
        line = gated(self.layer, self.measured(), reason)
        with self.survey.atomic():
            parts = divide(self.survey, self.layer.name, self.record, line)
            self._kept.drop()
        return parts

    def _beside(self, bounds: Bounds) -> list[Beside]:
        """Its own corners and edges too."""
        near = records_near(self.survey, self.layer.name, bounds)
        return [Beside(each["geometry"], corner_as_in(each)) for each in near]

    def _parts_m2(self) -> tuple[float, ...]:
        line = self.outline.geometry
        if not isinstance(line, LineString):
            return ()
        try:
            parts = split_outline(self._whole, line)
        except BadInput:
            return ()  # it does not go through yet
        return tuple(plane_area_m2(np.array(parts, dtype=object)).tolist())
