"""Commands between county and tablet: assign, start, pack, inspect, receipt, receive, clear."""

from __future__ import annotations

from pathlib import Path

from .. import store
from ..merge.office_edits import catch_up
from ..package import assignment, clearing, receipt, record_states, survey_package, tablet
from ..package.enrolment import device_named
from ..sealing import keys
from . import summaries
from .command import Call, Commands, Outcome, county_for_writing, existing, whole_number
from .naming import Naming
from .terminal import Terminal, plain


def add(commands: Commands) -> None:
    """Register the commands of this module."""
    _ = commands.translate

    assign = commands.add("assign", run_assign, "hand out work to a tablet")
    assign.add_argument("county", metavar="COUNTY.sqlite")
    assign.add_argument("out", type=Path, metavar="OUT.xta")
    assign.add_argument(
        "--device", required=True, metavar="ID", help=_("an enrolled tablet, by its id or name")
    )
    assign.add_argument("--surveyor", required=True, metavar="NAME", help=_("who surveys with it"))
    assign.add_argument("--village", dest="villages", required=True, nargs="+", metavar="CODE",
                        action="extend", help=_("codes of the villages"))  # fmt: skip
    assign.add_argument("--layer", dest="layers", nargs="+", metavar="NAME", action="extend",
                        help=_("only these layers (else all)"))  # fmt: skip
    assign.add_argument("--basemap", type=Path, metavar="FILE.mbtiles", help=_("an offline map"))
    assign.add_argument("--campaign", metavar="NAME",
                        help=_("the survey round, by name or uuid (else the newest)"))  # fmt: skip

    start = commands.add("start", run_start, "set up a tablet's folder, or take an assignment in")
    start.add_argument("tablet", type=Path, metavar="TABLET_DIR")
    start.add_argument("assignment", type=Path, nargs="?", metavar="ASSIGNMENT.xta")
    start.add_argument("--name", metavar="NAME", help=_("what people call this tablet"))

    pack = commands.add("pack", run_pack, "pack what the tablet surveyed since the last package")
    pack.add_argument("tablet", type=Path, metavar="TABLET_DIR")
    pack.add_argument("out", type=Path, metavar="OUT.xtp")
    pack.add_argument("--again", type=whole_number, metavar="NUMBER",
                      help=_("make the package of this number once more"))  # fmt: skip

    inspect = commands.add("inspect", run_inspect, "say what a package is, and whether it is sound")
    inspect.add_argument("package", type=Path, metavar="PACKAGE")
    inspect.add_argument("--county", type=Path, metavar="COUNTY.sqlite",
                         help=_("check it as this county would before merging"))  # fmt: skip

    give = commands.add("receipt", run_receipt, "tell a tablet what has arrived")
    give.add_argument("county", metavar="COUNTY.sqlite")
    give.add_argument("out", type=Path, metavar="OUT")
    give.add_argument("--device", required=True, metavar="ID")

    receive = commands.add("receive", run_receive, "read a receipt on the tablet")
    receive.add_argument("tablet", type=Path, metavar="TABLET_DIR")
    receive.add_argument("receipt", type=Path, metavar="RECEIPT.xtr")

    away = commands.add("clear", run_clear, "clear a tablet of what the county has safely")
    away.add_argument("tablet", type=Path, metavar="TABLET_DIR")
    away.add_argument("--dry-run", action="store_true",
                      help=_("say what would go; leave everything"))  # fmt: skip


def run_assign(call: Call) -> Outcome:
    """xiangtu assign."""
    arguments = call.arguments
    if arguments.basemap is not None:
        existing(arguments.basemap)
    with county_for_writing(call, "assign") as file:
        summary = assignment.assign(
            file,
            arguments.out,
            device_named(file, arguments.device),
            arguments.surveyor,
            arguments.villages,
            layers=arguments.layers,
            basemap=arguments.basemap,
            campaign=arguments.campaign,
            identity=keys.county_identity(call.county, call.key),
            progress=call.progress,
        )
    return Outcome(
        {"assignment": summary, "path": arguments.out},
        lambda terminal: summaries.show(terminal, plain(summary)),
    )


def run_start(call: Call) -> Outcome:
    """xiangtu start."""
    arguments, _ = call.arguments, call.translate
    if arguments.assignment is not None:
        existing(arguments.assignment)
        # An assignment is sealed to a tablet that is there: a mistyped folder must not become one.
        tablet.load(arguments.tablet)
    started = tablet.start(arguments.tablet, name=arguments.name)
    adopted = None
    if arguments.assignment is not None:
        adopted = assignment.adopt(arguments.tablet, arguments.assignment, progress=call.progress)
    document = {"device": started.device_id, "card": started.card, "adopted": adopted}

    def show(terminal: Terminal) -> None:
        terminal.facts([(_("device"), started.device_id), (_("device card"), started.card)])
        if adopted is None:
            terminal.note(_("Give the device card to the county; it enrols the tablet with it."))
        else:
            summaries.show(terminal, plain(adopted))

    return Outcome(document, show)


def run_pack(call: Call) -> Outcome:
    """xiangtu pack."""
    arguments = call.arguments
    summary = survey_package.pack(
        arguments.tablet, arguments.out, again=arguments.again, progress=call.progress
    )
    return Outcome(
        {"package": summary, "path": arguments.out},
        lambda terminal: summaries.show(terminal, plain(summary)),
    )


def run_inspect(call: Call) -> Outcome:
    """xiangtu inspect."""
    path = existing(call.arguments.package)
    county = call.arguments.county
    if county is not None:
        with store.open(county, readonly=True) as file:
            content = survey_package.inspect(
                path, identity=keys.county_identity(county, call.key), file=file
            )
    else:
        identity = keys.county_identity(Path("county"), call.key) if call.key else None
        content = survey_package.inspect(path, identity=identity)
    return Outcome(content, lambda terminal: summaries.show(terminal, content))


def run_receipt(call: Call) -> Outcome:
    """xiangtu receipt."""
    arguments = call.arguments
    with county_for_writing(call) as file:
        # What was edited in the office may have brought up, or answered, a conflict.
        catch_up(file)
        summary = receipt.write_receipt(
            file,
            arguments.out,
            device_named(file, arguments.device),
            identity=keys.county_identity(call.county, call.key),
        )
        names = Naming.of(file, call.translate)
    return Outcome(
        {"receipt": summary, "path": arguments.out},
        lambda terminal: summaries.show_receipt(terminal, names, summary),
    )


def run_receive(call: Call) -> Outcome:
    """xiangtu receive."""
    folder = call.arguments.tablet
    summary = receipt.read_receipt(folder, call.arguments.receipt)
    with tablet.load(folder).survey() as survey:
        states = record_states.record_states(survey)
        names = Naming.of(survey, call.translate)
    counts = record_states.count(states.values())
    waiting = [each for each in states.values() if each.state in record_states.FOR_A_PERSON]

    def show(terminal: Terminal) -> None:
        _ = terminal.translate
        if summary.already:
            terminal.note(_("This receipt was read before; nothing has changed."))
        summaries.show_receipt(terminal, names, summary)
        summaries.show_states(terminal, counts)

    return Outcome(
        {"receipt": summary, "states": counts},
        show,
        waits=bool(waiting or summary.refused),
    )


def run_clear(call: Call) -> Outcome:
    """xiangtu clear."""
    arguments = call.arguments
    cleared = clearing.clear(arguments.tablet, dry_run=arguments.dry_run, progress=call.progress)
    with tablet.load(arguments.tablet).survey() as survey:
        names = Naming.of(survey, call.translate)
    return Outcome(
        {"clearing": cleared},
        lambda terminal: summaries.show_clearing(terminal, names, cleared),
        waits=cleared.needs_person,
    )
