"""Commands about a county's file itself: new, import, enrol, copy, upgrade."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .. import catalogue, store
from ..errors import BadInput
from ..geo import zones
from ..package import enrolment
from ..package.who_has_what import tablets_at_work
from ..sealing import keys
from ..store import places
from ..words import phrase
from .command import (
    Call,
    Commands,
    Outcome,
    county_for_writing,
    existing,
    number,
    whole_number,
)
from .terminal import Terminal

if TYPE_CHECKING:
    from ..importing import ImportMapping, ImportSummary, Note, Preview, Refusal

#: Refused rows shown one by one; --json has them all.
_ROWS_SHOWN = 20


def add(commands: Commands) -> None:
    """Register the commands of this module."""
    _ = commands.translate

    new = commands.add("new", run_new, "make a new county file, with its secret key beside it")
    new.add_argument("county", metavar="COUNTY.sqlite")
    new.add_argument("--county", dest="code", required=True, metavar="990101",
                     help=_("the county's code, six digits (GB/T 2260)"))  # fmt: skip
    new.add_argument("--name", required=True, metavar="NAME", help=_("the county's name"))
    where = new.add_mutually_exclusive_group(required=True)
    where.add_argument("--longitude", type=number, metavar="L",
                       help=_("any longitude in the county: picks its CGCS2000 zone"))  # fmt: skip
    where.add_argument("--srid", type=whole_number, metavar="EPSG",
                       help=_("the county's metric CRS"))  # fmt: skip
    new.add_argument("--villages", type=Path, metavar="FILE", help=_("outlines of its villages"))

    take = commands.add("import", run_import, "take in a Shapefile, GeoPackage, GeoJSON or CSV")
    take.add_argument("county", metavar="COUNTY.sqlite")
    take.add_argument("layer", metavar="LAYER")
    take.add_argument("file", type=Path, metavar="FILE")
    take.add_argument("--map", type=Path, metavar="MAPPING.toml",
                      help=_("which column fills which field (else by name)"))  # fmt: skip
    take.add_argument("--preview", action="store_true",
                      help=_("only say what would not fit; write nothing"))  # fmt: skip

    enrol = commands.add("enrol", run_enrol, "let a tablet take part, by its device card")
    enrol.add_argument("county", metavar="COUNTY.sqlite")
    enrol.add_argument("card", type=Path, metavar="DEVICE_CARD")

    tablets = commands.add("tablets", run_tablets, "list the tablets, what they have and brought")
    tablets.add_argument("county", metavar="COUNTY.sqlite")

    copy = commands.add("copy", run_copy, "copy a survey file that may be in use, with attachments")
    copy.add_argument("file", type=Path, metavar="FILE")
    copy.add_argument("out", type=Path, metavar="OUT")

    upgrade = commands.add("upgrade", run_upgrade, "bring an older survey file forward")
    upgrade.add_argument("file", type=Path, metavar="FILE")


def run_new(call: Call) -> Outcome:
    """xiangtu new."""
    arguments, _ = call.arguments, call.translate
    path = call.county
    code = str(arguments.code)
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        raise BadInput("county.code", county=code)
    if arguments.villages is not None:
        existing(arguments.villages)
    if arguments.srid is not None:
        srid = arguments.srid
    else:
        srid = zones.zone_for_longitude(arguments.longitude).epsg
    key_path = keys.county_key_path(path)
    villages = None
    recipient = None
    try:
        places.refuse_existing(path)
        recipient = keys.make_county_key(path)
        with store.create(
            path,
            catalogue.beside(path),
            srid,
            role="county",
            county=code,
            name=arguments.name,
            recipient=recipient,
        ) as file:
            file.sign_in(author=call.author)
            if arguments.villages is not None:
                from .. import importing

                villages = importing.run(
                    file, "village", arguments.villages, None, progress=call.progress
                )
    except BaseException:
        if recipient is not None:
            _remove_new(path, key_path)
        raise
    document = {
        "path": path,
        "key": key_path,
        "county": code,
        "name": arguments.name,
        "srid": srid,
        "villages": villages,
    }

    def show(terminal: Terminal) -> None:
        terminal.facts(
            [
                (_("county file"), path),
                (_("secret key"), key_path),
                (_("CRS"), f"EPSG:{srid}"),
                (_("villages"), villages.taken if villages else 0),
            ]
        )
        terminal.note(_("Keep the key safe and apart: without it no package can be opened."))
        if villages is not None:
            _show_refused(terminal, villages)

    return Outcome(document, show, waits=bool(villages and villages.refused))


def _remove_new(path: Path, key_path: Path) -> None:
    """What `new` made before it was refused; nothing of it was there before."""
    for each in (path, Path(f"{path}-wal"), Path(f"{path}-shm"), key_path):
        with contextlib.suppress(OSError):
            each.unlink()
    with contextlib.suppress(OSError):
        (path.parent / "attachments").rmdir()


def run_import(call: Call) -> Outcome:
    """xiangtu import."""
    from .. import importing

    arguments, _ = call.arguments, call.translate
    source = arguments.file
    if arguments.preview:
        with store.open(call.county, readonly=True) as file:
            preview = importing.preview(file, arguments.layer, source, _mapping(call))
        return Outcome(
            {"preview": preview},
            lambda terminal: _show_preview(terminal, preview),
            waits=preview.would_take < preview.rows,
        )
    with county_for_writing(call, "import") as file:
        summary = importing.run(
            file, arguments.layer, source, _mapping(call), progress=call.progress
        )

    def show(terminal: Terminal) -> None:
        terminal.facts(
            [
                (_("layer"), arguments.layer),
                (_("batch"), summary.number),
                (_("rows read"), summary.rows),
                (_("taken"), summary.taken),
                (_("refused"), len(summary.refused)),
            ]
        )
        _show_refused(terminal, summary)

    return Outcome({"import": summary, "reasons": summary.reasons}, show, bool(summary.refused))


def _mapping(call: Call) -> ImportMapping | None:
    from ..importing import mapping as mappings

    path = call.arguments.map
    return mappings.load(path) if path is not None else None


def _show_preview(terminal: Terminal, preview: Preview) -> None:
    _ = terminal.translate
    terminal.facts(
        [
            (_("layer"), preview.layer),
            (_("format"), preview.format),
            (_("CRS"), preview.crs),
            (_("encoding"), preview.encoding),
            (_("rows read"), preview.rows),
            (_("would be taken"), preview.would_take),
            (_("columns no field takes"), preview.unused),
            (_("required fields nothing fills"), preview.without_source),
        ]
    )
    terminal.table(
        [_("field"), _("column"), _("filled"), _("do not fit")],
        [
            (each.field, each.column, each.filled, sum(each.misfits.values()))
            for each in preview.columns
        ],
    )
    for examples in preview.examples.values():
        _show_rows(terminal, examples)
    _show_notes(terminal, preview.notes)


def _show_refused(terminal: Terminal, summary: ImportSummary) -> None:
    _ = terminal.translate
    _show_rows(terminal, summary.refused[:_ROWS_SHOWN])
    more = len(summary.refused) - _ROWS_SHOWN
    if more > 0:
        terminal.note(_("and {count} more; --json has them all").format(count=more))
    for field, count in summary.left_out.items():
        terminal.note(_("{field}: {count} values left out").format(field=field, count=count))
    _show_notes(terminal, summary.notes)


def _show_rows(terminal: Terminal, refused: Sequence[Refusal]) -> None:
    for each in refused:
        facts = {"row": each.row, "field": each.field, "value": each.value}
        terminal.line(phrase(f"import.reason.{each.reason}", terminal.translate.language, facts))


def _show_notes(terminal: Terminal, notes: Iterable[Note]) -> None:
    for each in notes:
        terminal.note(phrase(each.code, terminal.translate.language, each.facts))


def run_tablets(call: Call) -> Outcome:
    """xiangtu tablets."""
    with store.open(call.county, readonly=True) as file:
        rows = [
            (
                each.device.name,
                each.device.id,
                each.device.enrolled_at[:10],
                len(each.assignments),
                each.assignments[-1].made_at[:10] if each.assignments else None,
                each.merged,
                each.waiting + each.refused,
            )
            for each in tablets_at_work(file)
        ]
    columns = (
        "name", "device", "enrolled_on", "assignments", "last_assigned_on", "merged", "waiting",
    )  # fmt: skip

    def show(terminal: Terminal) -> None:
        _ = terminal.translate
        terminal.table(
            [
                _("tablet"),
                _("device"),
                _("enrolled"),
                _("assignments"),
                _("the last on"),
                _("packages merged"),
                _("waiting or refused"),
            ],
            rows,
        )

    return Outcome({"tablets": [dict(zip(columns, row, strict=True)) for row in rows]}, show)


def run_enrol(call: Call) -> Outcome:
    """xiangtu enrol."""
    _ = call.translate
    with county_for_writing(call) as file:
        device = enrolment.enrol(file, existing(call.arguments.card))
    return Outcome({"device": device}, lambda terminal: terminal.facts([(_("device"), device)]))


def run_copy(call: Call) -> Outcome:
    """xiangtu copy."""
    _ = call.translate
    source, out = call.arguments.file, call.arguments.out
    store.copy(source, out)
    return Outcome(
        {"copied": source, "to": out},
        lambda terminal: terminal.facts([(_("copy"), out)]),
    )


def run_upgrade(call: Call) -> Outcome:
    """xiangtu upgrade."""
    _ = call.translate
    path = call.arguments.file
    aside = store.upgrade(path, catalogue.beside(path))
    return Outcome(
        {"upgraded": path, "before": aside},
        lambda terminal: terminal.facts([(_("survey file"), path), (_("as it was before"), aside)]),
    )
