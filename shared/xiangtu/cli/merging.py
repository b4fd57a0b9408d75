"""Commands about what comes back: merge, held, duplicates, batches, undo, history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import store
from ..catalogue.model import GEOMETRY_COLUMN
from ..errors import BadInput
from ..merge import batches, duplicates, joining, undo
from ..merge.held import list_held
from ..merge.plan import WAITING, MergeReport, merge
from ..merge.titles import titles
from ..merge.waiting import list_waiting
from ..package.refused_packages import RefusedPackage, dismiss, list_refused
from ..sealing import keys
from ..store.history import reasons as reasons_of_changes
from ..store.history import values_of
from ..words import phrase
from .command import Call, Commands, Outcome, county_for_writing, existing
from .conflicts import decided
from .language import Translation
from .naming import Naming
from .terminal import Terminal, text_of


def add(commands: Commands) -> None:
    """Register the commands of this module."""
    _ = commands.translate

    join = commands.add("merge", run_merge, "merge survey packages into the county")
    join.add_argument("county", metavar="COUNTY.sqlite")
    join.add_argument("packages", type=Path, nargs="+", metavar="PACKAGE")
    join.add_argument("--dry-run", action="store_true",
                      help=_("say what it would do; write nothing"))  # fmt: skip
    join.add_argument("--clone", action="store_true", help=_(
        "of a cloned tablet, or one restored from a backup: take it in as another tablet's"
    ))  # fmt: skip

    held = commands.add(
        "held", run_held, "list records held back, packages that wait or were refused, and why"
    )
    held.add_argument("county", metavar="COUNTY.sqlite")
    actions = commands.actions(held)
    off = commands.add_action(
        actions, "dismiss", run_dismiss, "take a refused package off the list"
    )
    off.add_argument("package", metavar="PACKAGE", help=_("its uuid"))

    pairs = commands.add("duplicates", run_duplicates, "list records that may be one, or decide")
    pairs.add_argument("county", metavar="COUNTY.sqlite")
    actions = commands.actions(pairs)
    one = commands.add_action(actions, "join", run_join, "make one record of a pair")
    one.add_argument("id", metavar="ID")
    one.add_argument("--survivor", metavar="UUID", help=_("the record that stays"))
    one.add_argument("--reason", default="", metavar="TEXT", help=_("why; kept with the decision"))
    two = commands.add_action(actions, "apart", run_apart, "say that a pair are two things")
    two.add_argument("id", metavar="ID")
    two.add_argument("--reason", default="", metavar="TEXT", help=_("why; kept with the decision"))

    listing = commands.add("batches", run_batches, "list imports, merges and decisions in order")
    listing.add_argument("county", metavar="COUNTY.sqlite")

    back = commands.add("undo", run_undo, "take a batch out again")
    back.add_argument("county", metavar="COUNTY.sqlite")
    back.add_argument("batch", metavar="BATCH", help=_("its number or uuid"))

    history = commands.add("history", run_history, "show all that ever happened to a record")
    history.add_argument("county", metavar="COUNTY.sqlite")
    history.add_argument("uuid", metavar="UUID")


def run_merge(call: Call) -> Outcome:
    """xiangtu merge: one package after the other; a refused one stops those after it."""
    arguments, _ = call.arguments, call.translate
    for path in arguments.packages:
        existing(path)
    reports: list[tuple[Path, MergeReport]] = []
    with store.open(call.county) as file:
        identity = keys.county_identity(call.county, call.key)
        count = len(arguments.packages)
        for index, path in enumerate(arguments.packages):

            def part(fraction: float, step: str, done: int = index) -> bool:
                return call.progress((done + fraction) / count, step)

            try:
                report = merge(
                    file, path, identity,
                    author=call.author, dry_run=arguments.dry_run, clone=arguments.clone,
                    progress=part,
                )  # fmt: skip
            except BaseException:
                for before, done in reports:
                    call.note(_("{path}: {state}; that stays").format(
                        path=before, state=_states(call.translate, done).get(done.state, done.state)
                    ))  # fmt: skip
                raise
            reports.append((path, report))

    def show(terminal: Terminal) -> None:
        if arguments.dry_run:
            terminal.note(_("Nothing was written: this is what a merge would do."))
            if len(reports) > 1:
                terminal.note(
                    _("Each is held against the county as it is now, not against the others: "
                      "conflicts between them show only in the real merge.")
                )  # fmt: skip
        for path, report in reports:
            _show_merge(terminal, str(path), report)

    return Outcome(
        {"merges": [{"path": path, **vars(report)} for path, report in reports]},
        show,
        waits=any(report.needs_person for _path, report in reports),
    )


def _states(_: Translation, report: MergeReport) -> dict[str, str]:
    return {
        "merged": _("merged"),
        "already": _("merged before; nothing to do"),
        "refused": _("refused; see: xiangtu held COUNTY.sqlite"),
        "waiting": _("waits for package {number} of the same tablet").format(
            number=report.waits_for
        ),
    }


def _show_merge(terminal: Terminal, name: str, report: MergeReport) -> None:
    _ = terminal.translate
    states = _states(_, report)
    terminal.line(f"{name}: {states.get(report.state, report.state)}")
    if report.state not in ("already", "refused", WAITING):
        terminal.facts(
            [
                (f"  {title}", value)
                for title, value in (
                    (_("batch"), report.batch),
                    *([(_("device"), report.device)] if "~" in report.device else []),
                    (_("changes"), report.changes),
                    (_("records new"), report.inserted),
                    (_("records changed"), report.updated),
                    (_("records deleted"), report.deleted),
                    (_("attachments"), report.attachments),
                    (_("conflicts"), len(report.conflicts)),
                    (_("possible duplicates"), len(report.duplicates)),
                    (_("held back"), len(report.held)),
                )
            ]
        )
    for field, count in report.unknown_fields.items():
        terminal.note(
            _("{field}: unknown here, carried along ({count} values)").format(
                field=field, count=count
            )
        )
    if report.catalogue is not None:
        terminal.note(_("The tablet used another catalogue of fields and codes than the county's."))
    if report.clock is not None:
        terminal.note(
            _("The tablet's clock was wrong: {changes} changes bear times from {first} to {last}, "
              "but must lie between {after} and {before}. Order is not taken from times.").format(
                **report.clock
            )
        )  # fmt: skip
    for each in report.followed:
        _show_merge(terminal, _("package {number}").format(number=each.number), each)


def run_held(call: Call) -> Outcome:
    """xiangtu held."""
    with store.open(call.county) as file:
        held = [each for each in list_held(file) if each.released_at is None]
        waiting = list_waiting(file)
        refused = list_refused(file)
        names = Naming.of(file, call.translate)

    def show(terminal: Terminal) -> None:
        _ = terminal.translate
        if not held and not waiting and not refused:
            terminal.line(_("Nothing is held back."))
        if held:
            terminal.table(
                [_("layer"), _("record"), _("reason")],
                [
                    (
                        names.layer(each.layer),
                        each.record,
                        phrase(each.code, terminal.translate.language, each.facts),
                    )
                    for each in held
                ],
            )
        if waiting:
            terminal.table(
                [_("device"), _("package waiting"), _("packages missing")],
                [
                    (names.tablet(str(each["device"])), each["number"], each["missing"])
                    for each in waiting
                ],
            )

        _show_refused(terminal, names, refused)

    return Outcome(
        {"held": held, "waiting": waiting, "refused": refused},
        show,
        waits=bool(held or waiting or refused),
    )


def _show_refused(terminal: Terminal, names: Naming, refused: Sequence[RefusedPackage]) -> None:
    """Each refused package with its reason, which is too long for a column."""
    _ = terminal.translate
    for each in refused:
        claim = "" if each.verified else _(" (so it says; no signature vouches for it)")
        name = names.tablet(each.device)
        terminal.line(
            _("Refused: {package}, number {number} of {tablet}{claim}, {time}, {author}").format(
                package=each.package,
                number=each.number,
                tablet=name,
                claim=claim,
                time=each.refused_at,
                author=each.author,
            )
        )
        terminal.line(f"    {phrase(each.code, _.language, each.facts)}")
    if refused:
        terminal.note(
            _("A good copy replaces it; else: xiangtu held COUNTY.sqlite dismiss PACKAGE")
        )


def run_dismiss(call: Call) -> Outcome:
    """xiangtu held … dismiss."""
    with county_for_writing(call) as file:
        gone = dismiss(file, call.arguments.package, call.author)
    return Outcome(
        {"dismissed": gone},
        lambda terminal: terminal.line(f"{call.translate('taken off the list')}: {gone.package}"),
    )


def run_duplicates(call: Call) -> Outcome:
    """xiangtu duplicates."""
    with store.open(call.county) as file:
        found = duplicates.list_pairs(file)
        called = titles(
            file, [(each.layer, record) for each in found for record in (each.a, each.b)]
        )
        names = Naming.of(file, call.translate)
    waiting = [each for each in found if each.state == "open"]

    def show(terminal: Terminal) -> None:
        _ = terminal.translate
        if not found:
            terminal.line(_("No possible duplicates."))
            return
        reasons = pair_reasons(_)
        states = {"open": _("open"), "joined": _("joined"), "apart": _("apart")}

        rows: list[tuple[object, ...]] = []
        for each in found:
            rows += [
                (each.id, names.layer(each.layer), each.a, called.get(each.a, ""),
                 reasons.get(each.reason, each.reason), states.get(each.state, each.state)),
                ("", "", each.b, called.get(each.b, ""), "", ""),
            ]  # fmt: skip
        terminal.table(
            ["ID", _("layer"), _("record"), _("name or code"), _("reason"), _("state")], rows
        )
        if waiting:
            terminal.note(_("Decide with: xiangtu duplicates COUNTY.sqlite join ID, or apart ID"))

    return Outcome({"duplicates": found}, show, waits=bool(waiting))


def pair_reasons(_: Translation) -> dict[str, str]:
    """Why two records may be one, by the code of it."""
    return {
        "same_code": _("same code"),
        "same_photo": _("same photo"),
        "overlap": _("outlines overlap"),
        "same_shape": _("same shape, a little apart"),
        "near": _("close together"),
    }


def run_join(call: Call) -> Outcome:
    """xiangtu duplicates … join."""
    arguments = call.arguments
    with county_for_writing(call) as file:
        batch = joining.join(
            file, arguments.id,
            author=call.author, reason=arguments.reason, survivor=arguments.survivor,
        )  # fmt: skip
    return decided(call, batch, call.translate("joined"))


def run_apart(call: Call) -> Outcome:
    """xiangtu duplicates … apart."""
    arguments = call.arguments
    with county_for_writing(call) as file:
        batch = joining.keep_apart(file, arguments.id, author=call.author, reason=arguments.reason)
    return decided(call, batch, call.translate("kept apart"))


def run_batches(call: Call) -> Outcome:
    """xiangtu batches."""
    with store.open(call.county, readonly=True) as file:
        found = batches.list_batches(file)
        names = Naming.of(file, call.translate)
        reasons = batches.reasons(file)

    def show(terminal: Terminal) -> None:
        _ = terminal.translate
        kinds = {
            "import": _("import"),
            "merge": _("merge"),
            "decision": _("decision"),
            "undo": _("undoing"),
        }
        terminal.table(
            [_("batch"), _("kind"), _("what"), _("author"), _("time"), _("undone")],
            [
                (
                    each.number,
                    kinds.get(each.kind, each.kind),
                    about_batch(_, names, each, reasons.get(each.uuid)),
                    each.author,
                    each.made_at,
                    each.undone_at,
                )
                for each in found
            ],
        )

    return Outcome({"batches": found}, show)


def about_batch(_: Translation, names: Naming, batch: batches.Batch, reason: str | None) -> str:
    """What a batch was about, in a few words."""
    told: Mapping[str, Any] = batch.report or {}
    said = ""
    if batch.kind == "merge":
        tablet = names.tablet(str(told.get("device", "")))
        said = _("package {number} of {tablet}").format(number=told.get("number"), tablet=tablet)
    elif batch.kind == batches.UNDO:
        said = _("batch {number}").format(number=told.get("undone"))
    elif "joined" in told:
        said = _("records joined")
    elif "apart" in told:
        said = _("records kept apart")
    elif batch.kind == "decision":
        count = told.get("decided", len(told.get("settled", ())))
        said = _("{count} conflicts").format(count=count)
    return " · ".join(each for each in (said, reason) if each)


def run_undo(call: Call) -> Outcome:
    """xiangtu undo."""
    with county_for_writing(call, "undo") as file:
        batch = undo.undo(file, call.arguments.batch, author=call.author, progress=call.progress)
    return decided(call, batch, call.translate("undone"))


def run_history(call: Call) -> Outcome:
    """xiangtu history."""
    with store.open(call.county, readonly=True) as file:
        entries = file.history(call.arguments.uuid)
        names = Naming.of(file, call.translate).knowing(file, values_of(entries))
        why = reasons_of_changes(file, call.arguments.uuid)
    if not entries:
        raise BadInput("record.unknown", path=call.county, record=call.arguments.uuid)

    def show(terminal: Terminal) -> None:
        _ = terminal.translate
        operations = {
            "insert": _("made"),
            "update": _("changed"),
            "delete": _("deleted"),
            "decide": _("decided"),
        }
        for entry in entries:
            out = "" if entry.live else _(" (not in force: undone or held back)")
            terminal.line(
                f"{entry.time}  {entry.author}  {names.tablet(entry.device)}  "
                f"{operations.get(entry.operation, entry.operation)}{out}"
            )
            if entry.uuid in why:
                terminal.line(f"    {_('reason')}: {why[entry.uuid]}")
            for value in entry.values:
                if value.old == value.new:
                    continue
                label = (
                    names.unit(entry.layer, value.field)
                    if value.field.startswith("@") or value.field == GEOMETRY_COLUMN
                    else names.field(entry.layer, value.field)
                )
                old, new = (
                    text_of(names.value(entry.layer, value.field, each)) or "–"
                    for each in (value.old, value.new)
                )
                terminal.line(f"    {label}: {old} → {new}")

    return Outcome({"record": call.arguments.uuid, "history": entries}, show)
