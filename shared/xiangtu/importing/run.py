"""Preview and import: the two things one does with a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ..errors import Cancelled
from ..merge.batches import close_batch, open_batch
from ..store import SurveyFile
from . import mapping as mappings
from .intake import Intake
from .mapping import ImportMapping
from .outcome import ColumnPreview, ImportSummary, Preview, Refusal, Tally
from .source import open_source

Progress = Callable[[float, str], bool | None]

#: So many refused rows are listed in the batch's own report; the summary has them all.
_REPORTED = 100


def preview(
    file: SurveyFile,
    layer: str,
    path: Path,
    mapping: ImportMapping | Path | None = None,
    progress: Progress | None = None,
) -> Preview:
    """What importing a file into a layer would take, refuse and leave out; nothing is written.

    Parameters
    ----------
    mapping : ImportMapping, path of a TOML file, or None
        None: columns are matched by name, official name or label.

    Raises BadFile and BadInput as `run` does.
    """
    said = _mapping(mapping)
    with open_source(Path(path), said.layer, said.encoding) as source:
        intake = Intake(file, layer, source, said)
        refused = Tally()
        taken = 0
        for prepared in intake.chunks():
            _tell(progress, intake.rows / max(1, source.count))
            taken += len(prepared.records)
            for refusal in prepared.refusals:
                refused.add(refusal)
        columns = [_column(intake, target, each.column) for target, each in intake.fields.items()]
        if intake.layer.geometry:
            columns.append(_column(intake, "geometry", None))
        always = (each.name for each in intake.layer.fields.values() if each.required == "1")
        return Preview(
            layer,
            source.layer_name,
            source.driver,
            intake.crs,
            source.encoding.codec if source.encoding else None,
            intake.rows,
            taken,
            tuple(columns),
            intake.unused,
            tuple(name for name in always if name not in intake.fields),
            dict(refused.counts),
            refused.shown(),
            tuple(intake.notes),
        )


def run(
    file: SurveyFile,
    layer: str,
    path: Path,
    mapping: ImportMapping | Path | None = None,
    author: str = "",
    progress: Progress | None = None,
) -> ImportSummary:
    """Import a file into a layer, in one transaction and as one batch of kind "import".

    A row whose geometry or values do not fit is refused and listed, or, where the mapping says
    so, taken without them. Outlines that are invalid are taken as they are: they are findings.
    Without `author` it is the work of whoever is signed in.

    Raises
    ------
    BadFile
        The source cannot be read; see `source.open_source`.
    BadInput
        The mapping, layer or CRS does not fit the source.
    Cancelled
        `progress` returned False; nothing was taken.
    """
    said = _mapping(mapping)
    with (
        open_source(Path(path), said.layer, said.encoding) as source,
        file.atomic(doing="import", author=author),
    ):
        intake = Intake(file, layer, source, said)
        (before,) = file.connection.execute("SELECT coalesce(max(id), 0) FROM change").fetchone()
        batch = open_batch(file, "import", author or _signed_in(file))
        refusals: list[Refusal] = []
        taken = 0
        for prepared in intake.chunks():
            _tell(progress, intake.rows / max(1, source.count))
            uuids = [record.pop("uuid", None) for record in prepared.records]
            file.insert_many(layer, prepared.records, prepared.shapes, uuids)
            taken += len(prepared.records)
            refusals += prepared.refusals
        file.connection.execute("UPDATE change SET batch = ? WHERE id > ?", (batch.uuid, before))
        summary = ImportSummary(
            batch.uuid,
            batch.number,
            layer,
            intake.rows,
            taken,
            tuple(refusals),
            dict(intake.left_out),
            tuple(intake.notes),
        )
        close_batch(file, batch, _report(summary, path))
    return summary


def _mapping(mapping: ImportMapping | Path | None) -> ImportMapping:
    if mapping is None:
        return ImportMapping()
    return mapping if isinstance(mapping, ImportMapping) else mappings.load(Path(mapping))


def _signed_in(file: SurveyFile) -> str:
    (author,) = file.connection.execute("SELECT author FROM session").fetchone()
    return str(author)


def _tell(progress: Progress | None, fraction: float) -> None:
    if progress and progress(min(1.0, fraction), "import.reading") is False:
        raise Cancelled("cancelled", step="import.reading")


def _column(intake: Intake, target: str, column: str | None) -> ColumnPreview:
    tally = intake.misfits.get(target, Tally())
    return ColumnPreview(target, column, intake.filled[target], dict(tally.counts), tally.shown())


def _report(summary: ImportSummary, path: Path) -> dict[str, object]:
    """What the batch says of itself, as JSON values."""
    return {
        "source": Path(path).name,
        "layer": summary.layer,
        "rows": summary.rows,
        "taken": summary.taken,
        "refused": dict(Counter(each.reason for each in summary.refused)),
        "refused_rows": [
            [each.row, each.reason, each.field, each.value] for each in summary.refused[:_REPORTED]
        ],
        "left_out": dict(summary.left_out),
        "notes": [[each.code, dict(each.facts)] for each in summary.notes],
    }
