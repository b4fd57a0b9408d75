"""Which record came from which: by split, join or adjustment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadInput
from .values import check_uuid

if TYPE_CHECKING:
    from .survey_file import SurveyFile

KINDS = ("split", "join", "adjustment")


def descend(file: SurveyFile, layer_name: str, parent: str, child: str, kind: str) -> None:
    """Note that `child` came from `parent`; see `SurveyFile.descend`."""
    layer = file.catalogue.layer(layer_name)
    if kind not in KINDS:
        raise BadInput("lineage.kind", kind=kind, known=", ".join(KINDS))
    with file.atomic():
        file.connection.execute(
            "INSERT INTO lineage (layer, parent, child, kind, author, device) "
            "SELECT ?, ?, ?, ?, author, device FROM session",
            (layer.name, check_uuid(parent), check_uuid(child), kind),
        )


def children_of(file: SurveyFile, parent: str) -> list[tuple[str, str]]:
    """(child, kind) of a record; see `SurveyFile.descendants`."""
    rows = file.connection.execute(
        "SELECT child, kind FROM lineage WHERE parent = ? ORDER BY at, uuid", (parent,)
    )
    return [(child, kind) for child, kind in rows]
