"""Lists that a command gives, as layers: findings as points, the rest as tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsPointXY,
    QgsProcessing,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSink,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QCoreApplication, QMetaType, QVariant
from xiangtu import store
from xiangtu.cli.command import Outcome
from xiangtu.cli.terminal import plain
from xiangtu.validate.findings import list_findings

translate = QCoreApplication.translate

_TEXT, _REAL, _WHOLE, _YES = "text", "real", "whole", "yes"
#: What a field is made with: of Qt 6 there are but the first, and QGIS asks for them since 3.38.
_TYPES = (
    {
        _TEXT: QMetaType.Type.QString,
        _REAL: QMetaType.Type.Double,
        _WHOLE: QMetaType.Type.LongLong,
        _YES: QMetaType.Type.Bool,
    }
    if Qgis.versionInt() >= 33800
    else {
        _TEXT: QVariant.Type.String,
        _REAL: QVariant.Type.Double,
        _WHOLE: QVariant.Type.LongLong,
        _YES: QVariant.Type.Bool,
    }
)


@dataclass(frozen=True)
class ResultLayer:
    """A list in a command's outcome that a sink can take.

    `rows` gives the list; `columns` which of a row's values are kept, with their type; `placed`
    whether a row has x and y in the county's CRS.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: Callable[[Outcome, str], Iterable[object]]
    placed: bool = False

    def parameter(self) -> QgsProcessingParameterDefinition:
        """The parameter that asks where the list goes; skipped unless one is named."""
        kind = QgsProcessing.SourceType.TypeVectorPoint if self.placed else \
            QgsProcessing.SourceType.TypeVector  # fmt: skip
        return QgsProcessingParameterFeatureSink(
            self.name, translate("Xiangtu", "The list as a layer"), kind, None, True, False
        )

    def fields(self) -> QgsFields:
        fields = QgsFields()
        for name, kind in self.columns:
            fields.append(QgsField(name, _TYPES[kind]))
        return fields

    def wkb_type(self) -> QgsWkbTypes.Type:
        return QgsWkbTypes.Type.Point if self.placed else QgsWkbTypes.Type.NoGeometry

    def crs(self, county: str) -> QgsCoordinateReferenceSystem:
        if not self.placed:
            return QgsCoordinateReferenceSystem()
        with store.open(Path(county), readonly=True) as file:
            return QgsCoordinateReferenceSystem.fromEpsgId(file.srid)

    def features(self, outcome: Outcome, county: str) -> Iterator[QgsFeature]:
        fields = self.fields()
        for row in self.rows(outcome, county):
            values = row if isinstance(row, Mapping) else plain(row)
            feature = QgsFeature(fields)
            feature.setAttributes([_kept(values.get(name)) for name, _kind in self.columns])
            if self.placed and values["x"] is not None:
                point = QgsPointXY(float(values["x"]), float(values["y"]))
                feature.setGeometry(QgsGeometry.fromPointXY(point))
            yield feature


def _kept(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    return json.dumps(value, ensure_ascii=False, default=plain)


def _listed(key: str) -> Callable[[Outcome, str], Iterable[object]]:
    def rows(outcome: Outcome, county: str) -> Iterable[object]:
        found: Any = outcome.document[key]
        return found  # type: ignore[no-any-return]

    return rows


def _open_findings(outcome: Outcome, county: str) -> Iterable[object]:
    with store.open(Path(county), readonly=True) as file:
        return list_findings(file)


_FINDING = (
    ("id", _TEXT), ("rule", _TEXT), ("severity", _TEXT), ("layer", _TEXT), ("record", _TEXT),
    ("other", _TEXT), ("measured", _REAL), ("limit", _REAL), ("detail", _TEXT),
    ("village", _TEXT), ("state", _TEXT), ("reason", _TEXT), ("author", _TEXT),
    ("found_at", _TEXT),
)  # fmt: skip

#: By the algorithm's name: the lists it can put into layers.
SINKS: Mapping[str, tuple[ResultLayer, ...]] = {
    "validate": (ResultLayer("FINDINGS", _FINDING, _open_findings, placed=True),),
    "findings": (ResultLayer("FINDINGS", _FINDING, _listed("findings"), placed=True),),
    "conflicts": (
        ResultLayer(
            "CONFLICTS",
            (("id", _TEXT), ("layer", _TEXT), ("record", _TEXT), ("unit", _TEXT),
             ("village", _TEXT), ("heads", _TEXT), ("base", _TEXT), ("shown", _TEXT)),
            _listed("conflicts"),
        ),
    ),
    "duplicates": (
        ResultLayer(
            "DUPLICATES",
            (("id", _TEXT), ("layer", _TEXT), ("a", _TEXT), ("b", _TEXT), ("reason", _TEXT),
             ("state", _TEXT), ("survivor", _TEXT)),
            _listed("duplicates"),
        ),
    ),
    "batches": (
        ResultLayer(
            "BATCHES",
            (("number", _WHOLE), ("uuid", _TEXT), ("kind", _TEXT), ("author", _TEXT),
             ("made_at", _TEXT), ("undone_at", _TEXT)),
            _listed("batches"),
        ),
    ),
    "history": (
        ResultLayer(
            "HISTORY",
            (("time", _TEXT), ("author", _TEXT), ("device", _TEXT), ("number", _WHOLE),
             ("operation", _TEXT), ("live", _YES), ("values", _TEXT), ("batch", _TEXT)),
            _listed("history"),
        ),
    ),
}  # fmt: skip
