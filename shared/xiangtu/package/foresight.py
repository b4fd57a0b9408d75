"""What an assignment would hold, before it is made: records, those sent back, its size."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..catalogue import Layer
from ..store import SurveyFile
from . import basemap as basemaps
from . import container
from .assignment import Progress, check_villages, step, write_records
from .row_copying import quoted
from .selection import Selection, with_parts

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class SentBack:
    """A record that goes to the tablet to be surveyed again, with its open findings' number."""

    layer: str
    uuid: str
    findings: int


@dataclass(frozen=True)
class Foresight:
    """`counts` are records by layer; `size_bytes` of the container, to a few hundredths."""

    counts: Mapping[str, int]
    findings: int
    sent_back: tuple[SentBack, ...]
    size_bytes: int


def foresee(
    file: SurveyFile,
    villages: Sequence[str],
    layers: Sequence[str] | None = None,
    basemap: Path | None = None,
    progress: Progress = None,
) -> Foresight:
    """What `assign` would hand out; nothing is written into the county.

    It must not be opened readonly: the selection is a temporary table.

    Raises BadInput as `assign` for villages, layers and the basemap; Cancelled.
    """
    chosen = with_parts(file.catalogue, layers)
    check_villages(file, villages)
    size_bytes = 0
    if basemap is not None:
        basemaps.check(basemap)
        size_bytes = basemap.stat().st_size
    with container.private_folder() as folder:
        records = folder / "records.sqlite"
        step(progress, 0.0, "assign.choosing")
        selection = Selection(file)
        selection.choose(chosen, villages)
        counts = selection.counts()
        step(progress, 0.2, "assign.copying")
        findings = write_records(file, records, [each.name for each in chosen], selection, (), "")
        sent_back = tuple(each for layer in chosen for each in _sent_back(file, layer))
        selection.drop()
        size_bytes += _deflated_bytes(records, progress)
    return Foresight(counts, findings, sent_back, size_bytes)


def _sent_back(file: SurveyFile, layer: Layer) -> list[SentBack]:
    return [
        SentBack(layer.name, uuid, findings)
        for uuid, findings in file.connection.execute(
            "SELECT r.uuid, (SELECT count(*) FROM finding f WHERE f.record = r.uuid "
            "AND f.state = 'open') FROM temp.chosen c "
            f"CROSS JOIN {quoted(layer.name)} r ON r.uuid = c.uuid "
            "WHERE c.layer = ? AND c.context = 0 AND r.state = 'returned' ORDER BY r.uuid",
            (layer.name,),
        )
    ]


def _deflated_bytes(path: Path, progress: Progress) -> int:
    packer, size, whole = zlib.compressobj(), 0, path.stat().st_size
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            size += len(packer.compress(block))
            step(progress, 0.5 + stream.tell() / whole / 2, "assign.sealing")
    return size + len(packer.flush())
