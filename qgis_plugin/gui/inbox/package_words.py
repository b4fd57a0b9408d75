"""A package and what merging it did, in words."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication
from xiangtu.cli.naming import Naming
from xiangtu.merge.arrivals import READY, Arrival, Attempt
from xiangtu.merge.plan import ALREADY, MERGED, REFUSED, WAITING, MergeReport
from xiangtu.words import phrase

from ..words import brief

translate = QCoreApplication.translate

#: So many held records are named one by one; all are in the list of those held back.
_HELD_NAMED = 5


def standing(arrival: Arrival) -> str:
    """What a package is before it is merged, for a column."""
    if arrival.standing == READY:
        return translate("Xiangtu", "ready to merge")
    if arrival.standing == ALREADY:
        if arrival.batch is None:
            return translate("Xiangtu", "the same as another here")
        return translate("Xiangtu", "merged, batch {batch}").format(batch=arrival.batch)
    if arrival.standing == WAITING:
        return translate("Xiangtu", "{numbers} missing before it").format(
            numbers=", ".join(map(str, arrival.missing)) or "–"
        )
    if arrival.clone:
        return translate("Xiangtu", "of a copied tablet")
    return translate("Xiangtu", "cannot be merged")


def details(arrival: Arrival, names: Naming) -> list[str]:
    """Lines about a package: soundness, what is in it, what stands against it."""
    lines = []
    contents = arrival.contents
    if arrival.refusal is not None:
        lines.append(brief(arrival.refusal, names.translate.language))
    if contents is None:
        return lines
    about = contents.description
    lines.append(translate("Xiangtu", "All hashes and the tablet's signature are right."))
    records = [
        f"{names.layer(name)} {count}"
        for name, count in about.counts.items()
        if count and name in names.catalogue.layers and names.catalogue.layers[name].surveyed
    ]
    lines.append(" · ".join(records) or translate("Xiangtu", "No records"))
    lines.append(
        translate("Xiangtu", "Changes: {changes}; photos and other files: {files}").format(
            changes=about.last_change - about.first_change + 1, files=contents.attachments
        )
    )
    if about.missing_attachments:
        lines.append(
            translate("Xiangtu", "Files lost on the tablet before it packed: {count}").format(
                count=len(about.missing_attachments)
            )
        )
    lines.append(f"{arrival.path} · SHA-256 {contents.sha256[:16]}…")
    return lines


def outcome(attempt: Attempt, names: Naming) -> list[str]:
    """Lines about what merging a package did, or would do."""
    if attempt.report is None:
        assert attempt.refusal is not None
        return [brief(attempt.refusal, names.translate.language)]
    return _report(attempt.report, names)


def _report(report: MergeReport, names: Naming) -> list[str]:
    if report.state == ALREADY:
        return [translate("Xiangtu", "Merged before; nothing to do.")]
    if report.state == WAITING:
        return [
            translate(
                "Xiangtu", "Kept in the county until package {number} of the same tablet comes."
            ).format(number=report.waits_for)
        ]
    if report.state == REFUSED:
        return [translate("Xiangtu", "Refused; the reason is in the list of those held back.")]
    assert report.state == MERGED
    head = (
        translate("Xiangtu", "It would bring:")
        if report.dry_run
        else translate("Xiangtu", "Batch {batch}:").format(batch=report.batch)
    )
    lines = [
        head
        + " "
        + translate(
            "Xiangtu", "records: new {new}, changed {changed}, deleted {deleted}; new files {files}"
        ).format(
            new=report.inserted,
            changed=report.updated,
            deleted=report.deleted,
            files=report.attachments,
        )
    ]
    if report.conflicts or report.duplicates:
        lines.append(
            translate(
                "Xiangtu", "To decide: conflicts {conflicts}, possible duplicates {pairs}"
            ).format(conflicts=len(report.conflicts), pairs=len(report.duplicates))
        )
    lines += _held(report, names)
    for field, count in report.unknown_fields.items():
        lines.append(
            translate("Xiangtu", "{field}: unknown here, carried along (values: {count})").format(
                field=field, count=count
            )
        )
    if report.catalogue is not None:
        lines.append(
            translate(
                "Xiangtu", "The tablet used another catalogue of fields and codes than the county."
            )
        )
    if report.clock is not None:
        lines.append(
            translate(
                "Xiangtu", "The clock was wrong from {first} to {last} (changes: {changes}),"
            ).format(**report.clock)
            + " "
            + translate("Xiangtu", "which must lie between {after} and {before}.").format(
                **report.clock
            )
        )
    for each in report.followed:
        name = translate("Xiangtu", "Package {number}:").format(number=each.number)
        lines += [f"{name} {line}" for line in _report(each, names)]
    return lines


def _held(report: MergeReport, names: Naming) -> list[str]:
    lines = [
        translate("Xiangtu", "Held back: {layer}, {reason}").format(
            layer=names.layer(str(each["layer"])),
            reason=phrase(str(each["code"]), names.translate.language, dict(each["facts"])),  # type: ignore[call-overload]
        )
        for each in report.held[:_HELD_NAMED]
    ]
    left = len(report.held) - len(lines)
    if left > 0:
        lines.append(translate("Xiangtu", "and {count} more held back").format(count=left))
    return lines
