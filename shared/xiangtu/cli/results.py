"""Commands that hand out results: report, export."""

from __future__ import annotations

import contextlib
from pathlib import Path

from .. import store
from ..errors import BadFile
from ..words import phrase
from .command import Call, Commands, Outcome, county_for_writing
from .terminal import Terminal

_FORMATS = ("gpkg", "geojson", "shp")


def add(commands: Commands) -> None:
    """Register the commands of this module."""
    _ = commands.translate

    report = commands.add("report", run_report, "figures by village and township, Excel and HTML")
    report.add_argument("county", metavar="COUNTY.sqlite")
    report.add_argument("out", type=Path, metavar="OUT_DIR")

    export = commands.add("export", run_export, "write the records for other programs")
    export.add_argument("county", metavar="COUNTY.sqlite")
    export.add_argument("out", type=Path, metavar="OUT")
    export.add_argument("--format", required=True, choices=_FORMATS)
    export.add_argument("--layer", dest="layers", action="append", metavar="NAME",
                        help=_("only this layer (may be given again)"))  # fmt: skip
    export.add_argument("--public", action="store_true",
                        help=_("public layers only, nothing personal"))  # fmt: skip


def run_report(call: Call) -> Outcome:
    """xiangtu report: an Excel workbook and a page, in a folder; all of it or nothing."""
    from ..report import page, statistics, workbook

    folder = call.arguments.out
    if folder.exists() and not folder.is_dir():
        raise BadFile("place.no_directory", path=folder)
    table, html = folder / "report.xlsx", folder / "index.html"
    for path in (table, html):
        if path.exists():
            raise BadFile("file.exists", path=path)
    with store.open(call.county, readonly=True) as file:
        call.progress(0.0, "report.counting")
        figures = statistics.figures(file)
    call.progress(0.6, "report.writing")
    if not folder.parent.is_dir():
        raise BadFile("place.missing", path=folder, folder=folder.parent)
    is_new = not folder.exists()
    folder.mkdir(exist_ok=True)
    try:
        workbook.write(figures, table, call.language)
        page.write(figures, html, call.language)
    except BaseException:
        with contextlib.suppress(OSError):
            table.unlink(missing_ok=True)
            html.unlink(missing_ok=True)
            if is_new:
                folder.rmdir()
        raise

    def show(terminal: Terminal) -> None:
        _ = terminal.translate
        terminal.facts([(_("workbook"), table), (_("page"), html)])

    return Outcome({"workbook": table, "page": html, "figures": figures}, show)


def run_export(call: Call) -> Outcome:
    """xiangtu export."""
    from ..report.export import export

    arguments = call.arguments
    with county_for_writing(call) as file:
        written = export(
            file, arguments.out, arguments.format, call.author,
            public=arguments.public, layers=arguments.layers, progress=call.progress,
        )  # fmt: skip

    def show(terminal: Terminal) -> None:
        _ = terminal.translate
        terminal.table([_("layer"), _("records")], list(written.counts.items()))
        terminal.facts([(_("written"), written.path), (_("CRS"), f"EPSG:{written.srid}")])
        for each in written.notes:
            terminal.note(phrase(each.code, terminal.translate.language, each.facts))

    return Outcome({"export": written}, show)
