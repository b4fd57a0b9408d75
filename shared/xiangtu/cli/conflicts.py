"""Commands about conflicts: listing them, deciding one, deciding many at once."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from .. import store
from ..catalogue.model import GEOMETRY_COLUMN
from ..errors import BadInput
from ..geo import blobs
from ..merge import batches, bulk, conflicts
from ..merge.changes import LINEAGE, RECORD
from ..merge.conflicts import COMBINED, Conflict, Head, Which
from ..merge.neighbours import Neighbour
from ..merge.successors import PARTS, parts_of_side
from ..merge.titles import titles
from ..package.enrolment import device_named
from ..words import phrase
from .command import Call, Commands, Outcome, Parser, county_for_writing, whole_number
from .language import Translation
from .naming import Naming
from .terminal import Terminal, text_of

#: So many are shown where nobody said how many; --json has all.
_SHOWN_AT_ONCE = 20
_NEIGHBOURS_NAMED = 6


def add(commands: Commands) -> None:
    """Register the commands of this module."""
    _ = commands.translate

    listed = commands.add("conflicts", run_conflicts, "list conflicts, or decide them")
    listed.add_argument("county", metavar="COUNTY.sqlite")
    _add_conditions(listed, _)
    listed.add_argument("--limit", type=whole_number, metavar="N", help=_("list so many of them"))
    listed.add_argument("--after", type=whole_number, default=0, metavar="N",
                        help=_("pass over the first so many"))  # fmt: skip
    actions = commands.actions(listed)

    take = commands.add_action(actions, "take", run_take, "decide a conflict for one of its heads")
    take.add_argument("id", metavar="ID")
    take.add_argument("head", metavar="HEAD",
                      help=_("its number in the list; combined; keep or gone; whole, parts or "
                             "carry"))  # fmt: skip
    take.add_argument("--reason", default="", metavar="TEXT", help=_("why; kept with the decision"))

    many = commands.add_action(actions, "decide", run_decide, "decide all that meet conditions")
    many.add_argument("--prefer", required=True, choices=bulk.PREFERENCES, help=_(
        "whose value: the newer change, the better accuracy, that of --device, the county's own, "
        "what the table shows, the combined outline"
    ))  # fmt: skip
    _add_conditions(many, _, default=argparse.SUPPRESS)
    many.add_argument("--apply", type=whole_number, metavar="N",
                      help=_("write it, if so many would be decided"))  # fmt: skip
    many.add_argument("--reason", default="", metavar="TEXT", help=_("why; kept with the decision"))


def _add_conditions(parser: Parser, _: Translation, default: str | None = None) -> None:
    """Conditions that conflicts must meet; a word after the command has them without a default,
    which would undo what was said before it."""
    parser.add_argument("--layer", default=default, metavar="NAME", help=_("only of this layer"))
    parser.add_argument("--field", default=default, metavar="NAME",
                        help=_("only about this field (geometry: outlines; @record: whether "
                               "records exist)"))  # fmt: skip
    parser.add_argument("--village", default=default, metavar="CODE",
                        help=_("only in this village"))  # fmt: skip
    parser.add_argument("--device", default=default, metavar="ID",
                        help=_("only those in which this tablet is a side"))  # fmt: skip


def _conditions(call: Call, file: store.SurveyFile) -> Which:
    arguments = call.arguments
    device = arguments.device and device_named(file, arguments.device)
    return Which(arguments.layer, arguments.field, arguments.village, device)


# -- listing ----------------------------------------------------------------------------------


def run_conflicts(call: Call) -> Outcome:
    """xiangtu conflicts."""
    arguments = call.arguments
    limit = arguments.limit
    if limit is None and not arguments.json:
        limit = _SHOWN_AT_ONCE
    with store.open(call.county) as file:
        which = _conditions(call, file)
        found = conflicts.list_conflicts(file, which, limit=limit, offset=arguments.after)
        total = conflicts.count_conflicts(file, which)
        names = Naming.of(file, call.translate)
        called = titles(file, [(each.layer, each.record) for each in found])
        sides = _sides(file, found)

    def show(terminal: Terminal) -> None:
        _ = terminal.translate
        if not total:
            terminal.line(_("No open conflicts."))
            return
        for each in found:
            _show_conflict(terminal, names, each, called.get(each.record), sides.get(each.id, {}))
        left = total - arguments.after - len(found)
        if left > 0:
            terminal.line(
                _("{count} more; go on with --after {after}, or narrow it down with --layer, "
                  "--field, --village, --device.").format(
                    count=left, after=arguments.after + len(found)
                )
            )  # fmt: skip
        terminal.note(_("Decide with: xiangtu conflicts COUNTY.sqlite take ID HEAD"))
        if any(each.combined for each in found):
            terminal.note(
                _("Take a combined outline with: xiangtu conflicts COUNTY.sqlite take ID combined")
            )

    document = {
        "conflicts": [_readable(each) for each in found],
        "total": total,
        "after": arguments.after,
    }
    return Outcome(document, show, waits=bool(total))


def _sides(file: store.SurveyFile, found: Sequence[Conflict]) -> dict[str, dict[str, str]]:
    """Conflict id → change of a side, or record that it is about → what that is called; where a
    record was split, all the parts of a side."""
    named: dict[str, dict[str, str]] = {}
    for conflict in found:
        if conflict.unit not in (RECORD, LINEAGE):
            continue
        mine = named[conflict.id] = {}
        for head in conflict.heads:
            records = [(head.layer, head.record)]
            if head.says == PARTS:
                records = parts_of_side(file, conflict.record, head.device)
            called = titles(file, records)
            told = [called.get(record, record) for _layer, record in records]
            mine[head.record] = ", ".join(told)
    return named


def _show_conflict(
    terminal: Terminal,
    names: Naming,
    conflict: Conflict,
    called: str | None,
    sides: Mapping[str, str],
) -> None:
    _ = terminal.translate
    says = {
        "keep": _("keep"),
        "gone": _("gone: deleted"),
        "whole": _("whole: edited, as one record"),
        "parts": _("parts: split or joined"),
    }
    title = " ".join(filter(None, (names.layer(conflict.layer), called, conflict.record)))
    terminal.line(f"{conflict.id}  {title}  {names.unit(conflict.layer, conflict.unit)}")
    said, combined, before = _cells(conflict, names)
    rows: list[tuple[object, ...]] = [
        (
            head.number,
            _said(says[head.says], conflict, head, names, sides) if head.says else values,
            head.author,
            names.tablet(head.device),
            head.time,
        )
        for head, values in zip(conflict.heads, said, strict=True)
    ]
    if conflict.combined:
        rows.append((COMBINED, combined, _("(proposed)"), "", ""))
    if conflict.base:
        rows.append(("", before, _("(before)"), "", ""))
    terminal.table([_("head"), _("value"), _("author"), _("device"), _("time")], rows)
    if conflict.unit == LINEAGE:
        several = [head.says for head in conflict.heads].count("parts") > 1
        terminal.line(
            _("Take the number of a side: its parts stand, those of the others go.")
            if several
            else _("Take whole, parts, or carry: the parts stand and get the edited values too.")
        )
    if conflict.unit == RECORD:
        terminal.line(_("Take keep, or gone: then all its parts go with it."))
    if conflict.neighbours:
        named = [_named(each, _) for each in conflict.neighbours[:_NEIGHBOURS_NAMED]]
        left = len(conflict.neighbours) - len(named)
        if left:
            named.append(_("{count} more").format(count=left))
        terminal.line(_("Neighbours at moved edges: {names}").format(names="; ".join(named)))
    terminal.line()


def _said(
    words: str, conflict: Conflict, head: Head, names: Naming, called: Mapping[str, str]
) -> str:
    """What a side says of the record itself, with what it did: edited it, or a part of it."""
    _ = names.translate
    told = ""
    if head.record != conflict.record:
        made = _("new") if head.operation == "insert" else _("edited")
        title = called.get(head.record, head.record)
        told = f"{names.layer(head.layer)} {title}, {made}"
    elif head.operation in ("update", "decide"):
        told = names.values(
            conflict.layer,
            {name: value for name, value in head.values.items() if name != GEOMETRY_COLUMN},
        )
    return f"{words} ({told})" if told else words


def _named(neighbour: Neighbour, _: Translation) -> str:
    names = list(dict.fromkeys(each for each in (neighbour.title, neighbour.code) if each))
    heads = ", ".join(map(str, neighbour.heads))
    return f"{' '.join(names) or neighbour.record} ({_('head')} {heads})"


def _cells(conflict: Conflict, names: Naming) -> tuple[list[str], str, str]:
    """What the heads, the proposal and what was before say, each in one cell: only the columns in
    which heads differ (equal measurements would hide the outlines), the outline first. A single
    column needs no name."""
    heads = [head.values for head in conflict.heads]
    columns = sorted(
        dict.fromkeys(name for values in heads for name in values),
        key=lambda name: name != GEOMETRY_COLUMN,
    )
    shown = [
        name for name in columns if any(each.get(name) != heads[0].get(name) for each in heads)
    ] or columns

    def cell(values: Mapping[str, object]) -> str:
        told = [
            text_of(names.value(conflict.layer, name, values.get(name)))
            if len(shown) == 1 or name == GEOMETRY_COLUMN
            else names.values(conflict.layer, {name: values.get(name)})
            for name in shown
        ]
        return " · ".join(each for each in told if each) or "–"

    return [cell(each) for each in heads], cell(conflict.combined or {}), cell(conflict.base)


def _readable(conflict: Conflict) -> dict[str, object]:
    """A conflict for --json, outlines as GeoJSON in the county's CRS."""
    return {
        **vars(conflict),
        "heads": [{**vars(head), "values": _with_shape(head.values)} for head in conflict.heads],
        "base": _with_shape(conflict.base),
        "shown": _with_shape(conflict.shown),
        "combined": conflict.combined and _with_shape(conflict.combined),
    }


def _with_shape(values: Mapping[str, object]) -> dict[str, object]:
    blob = values.get(GEOMETRY_COLUMN)
    if not isinstance(blob, bytes):
        return dict(values)
    shapes, _ = blobs.decode_readable([blob])
    return {**values, GEOMETRY_COLUMN: blob if shapes[0] is None else shapes[0]}


# -- deciding ---------------------------------------------------------------------------------


def decided(call: Call, batch: batches.Batch, what: str, *, left: int | None = None) -> Outcome:
    """The outcome of a command that wrote one batch, with what it changed in the records."""
    _ = call.translate
    report = batch.report or {}

    def show(terminal: Terminal) -> None:
        terminal.line(f"{what} ({_('batch')} {batch.number})")
        terminal.facts(
            [
                (f"  {title}", report[name])
                for name, title in (
                    ("inserted", _("records new")),
                    ("updated", _("records changed")),
                    ("deleted", _("records deleted")),
                )
                if report.get(name)
            ]
            + ([("  " + _("conflicts left"), left)] if left is not None else [])
        )

    document: dict[str, object] = {"batch": batch.number, "batch_uuid": batch.uuid}
    if left is not None:
        document["conflicts_left"] = left
    return Outcome(document, show)


def run_take(call: Call) -> Outcome:
    """xiangtu conflicts … take."""
    arguments = call.arguments
    with county_for_writing(call) as file:
        batch = conflicts.take(
            file, arguments.id, arguments.head, author=call.author, reason=arguments.reason
        )
        left = conflicts.count_conflicts(file)
    return decided(call, batch, call.translate("decided"), left=left)


def run_decide(call: Call) -> Outcome:
    """xiangtu conflicts … decide: a preview, or, with --apply, the decisions."""
    arguments = call.arguments
    batch = None
    writing = arguments.apply is not None
    with county_for_writing(call) if writing else store.open(call.county) as file:
        previewed = bulk.preview(file, _conditions(call, file), arguments.prefer)
        count = len(previewed.choices)
        if writing:
            if arguments.apply != count:
                raise BadInput("bulk.other_number", asked=arguments.apply, now=count)
            batch = bulk.decide(file, previewed, author=call.author, reason=arguments.reason)
        names = Naming.of(file, call.translate)
        rows = [] if writing else _first_choices(file, previewed, names)

    def show(terminal: Terminal) -> None:
        _ = terminal.translate
        if rows:
            terminal.table([_("record"), _("field"), _("value")], rows)
            left = len(previewed.choices) - len(rows)
            if left:
                terminal.line(_("{count} more").format(count=left))
        _show_preview(terminal, names, previewed)
        if batch is not None:
            terminal.line(f"{_('decided')} ({_('batch')} {batch.number})")
        elif count:
            terminal.note(
                _("Nothing is written yet. To write it, repeat this with: --apply {count} "
                  "--reason TEXT").format(count=count)
            )  # fmt: skip

    document: dict[str, object] = {"preview": previewed, "batch": None, "batch_uuid": None}
    if batch is not None:
        document |= {"batch": batch.number, "batch_uuid": batch.uuid}
    left = bool(previewed.undecided) if batch is not None else bool(previewed.matching)
    return Outcome(document, show, waits=left)


def _first_choices(
    file: store.SurveyFile, previewed: bulk.Preview, names: Naming
) -> list[tuple[object, ...]]:
    """The first decisions of a preview: record, field and the value that would stand."""
    some = {each.conflict: each.take for each in previewed.choices[:_SHOWN_AT_ONCE]}
    found = conflicts.named_conflicts(file, some)
    called = titles(file, [(each.layer, each.record) for each in found.values()])
    rows: list[tuple[object, ...]] = []
    for name, take in some.items():
        conflict = found[name]
        side = conflicts.side_of(conflict, take)
        value = side.says or names.values(conflict.layer, side.values)
        if len(side.values) == 1 and not side.says:
            ((column, only),) = side.values.items()
            value = text_of(names.value(conflict.layer, column, only))
        title = called.get(conflict.record, conflict.record)
        rows.append((title, names.unit(conflict.layer, conflict.unit), value))
    return rows


def _show_preview(terminal: Terminal, names: Naming, previewed: bulk.Preview) -> None:
    _ = terminal.translate
    terminal.facts(
        [
            (_("conflicts that meet the conditions"), previewed.matching),
            (_("of these decided"), len(previewed.choices)),
            (_("left undecided"), sum(previewed.undecided.values())),
        ]
    )
    if previewed.by_unit:
        rows = []
        for each, count in previewed.by_unit.items():
            layer, _dot, unit = each.partition(".")
            rows.append((names.layer(layer), names.unit(layer, unit), count))
        terminal.table([_("layer"), _("field"), _("decided")], rows)
        terminal.table([_("village"), _("decided")], list(previewed.by_village.items()))
    if previewed.undecided:
        terminal.table(
            [_("left undecided because"), _("conflicts")],
            [(phrase(code, _.language), count) for code, count in previewed.undecided.items()],
        )
