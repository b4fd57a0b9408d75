"""What assignments, packages and receipts say of themselves, for people."""

from __future__ import annotations

from collections.abc import Mapping

from ..package import record_states
from ..package.clearing import ClearingSummary
from ..package.description import HeldNote
from ..package.receipt import ReceiptSummary
from ..package.record_states import RecordState, StateCount
from ..words import phrase
from .language import Translation
from .naming import Naming
from .terminal import Terminal, plain

#: Of records that wait, so many are told one by one; --json has them all.
_TOLD = 20


def show(terminal: Terminal, content: Mapping[str, object]) -> None:
    """Names and values of what has a name here, then how many records of each layer."""
    _ = terminal.translate
    titles = _titles(_)
    terminal.facts(
        [
            (title, titles_of_kind(_).get(str(value), value) if name == "kind" else value)
            for name, title in titles.items()
            if (value := content.get(name)) is not None
        ]
    )
    counts = content.get("counts")
    if isinstance(counts, Mapping) and counts:
        terminal.table([_("table"), _("rows")], [each for each in counts.items() if each[1]])


def show_receipt(terminal: Terminal, names: Naming, summary: ReceiptSummary) -> None:
    """The counts of a receipt, then each package that the county has not taken, and each record
    held back, with the reason."""
    _ = terminal.translate
    show(terminal, {**plain(summary), "records": None})
    states = {"waiting": _("waits for {numbers}"), "undone": _("undone")}
    for note in summary.packages:
        if note.state in states:
            said = states[note.state].format(numbers=", ".join(map(str, note.waits_for)))
            terminal.line(_("package {number}: {said}").format(number=note.number, said=said))
    for refused in summary.refused_packages:
        said = phrase(refused.code, _.language, refused.facts)
        terminal.line(_("package {number} refused: {said}").format(
            number=refused.number, said=said))  # fmt: skip
    held = [each for note in summary.packages for each in note.held]
    for each in held[:_TOLD]:
        said = phrase(each.code, _.language, each.facts)
        _line_of(terminal, names, each, said)
    _more(terminal, len(held) - _TOLD)
    for number in summary.not_made_here:
        terminal.note(
            _("Package {number}, signed by this tablet, was not made here: there is a copy of it.")
            .format(number=number)
        )  # fmt: skip


def show_states(terminal: Terminal, counts: Mapping[str, StateCount]) -> None:
    """How many records are in each state, how many of them are safe, and what is to be done."""
    _ = terminal.translate
    titles, to_do = _states(_), _to_do(_)
    terminal.table(
        [_("records of the tablet"), _("records"), _("safe"), _("what to do")],
        [
            (
                titles[state],
                each.records,
                each.safe,
                to_do[state] if each.safe < each.records else "",
            )
            for state, each in counts.items()
        ],
    )


def show_clearing(terminal: Terminal, names: Naming, cleared: ClearingSummary) -> None:
    """What went and what it gave back, then what stays and why."""
    _ = terminal.translate
    if cleared.dry_run:
        terminal.note(_("Nothing was cleared: this is what clearing would do."))
    terminal.facts(
        [
            (_("photos and other files"), cleared.photos),
            (_("bytes won on the disk"), cleared.photo_bytes),
            (_("raw epochs"), cleared.epochs),
            (_("rows of records"), cleared.rows),
            (_("bytes won in the database"), cleared.database_bytes),
        ]
    )
    show_states(terminal, cleared.by_state)
    for each in cleared.waiting[:_TOLD]:
        _line_of(terminal, names, each, _why(names, each))
    _more(terminal, len(cleared.waiting) - _TOLD)
    if cleared.other_chain:
        terminal.note(
            _("Nothing is safe: the county has packages of a copy of this tablet. Do not go on "
              "surveying with it, bring it to the county.")
        )  # fmt: skip


def _line_of(terminal: Terminal, names: Naming, each: HeldNote | RecordState, said: str) -> None:
    text = terminal.translate("{layer} {record}: {said}")
    terminal.line(text.format(layer=names.layer(each.layer), record=each.record, said=said))


def _more(terminal: Terminal, count: int) -> None:
    if count > 0:
        terminal.line(terminal.translate("and {count} more; see --json").format(count=count))


def _why(names: Naming, each: RecordState) -> str:
    """Why a record waits for a person."""
    _ = names.translate
    said = []
    if each.code is not None:
        said.append(phrase(each.code, _.language, each.facts))
    if each.state == record_states.UNDONE:
        said.append(_("package {number} was undone at the county").format(number=each.package))
    if each.state == record_states.WAITING:
        said.append(
            _("package {number} waits for {numbers}").format(
                number=each.package, numbers=", ".join(map(str, each.waits_for))
            )
        )
    if each.conflicts:
        units = ", ".join(names.unit(each.layer, unit) for unit in each.conflicts if unit)
        said.append(_("in conflict: {units}").format(units=units) if units else _("in conflict"))
    if each.duplicates:
        said.append(_("may be one with {records}").format(records=", ".join(each.duplicates)))
    if each.findings is not None:
        said.append(_("returned with {count} findings").format(count=each.findings))
    return "; ".join(said)


def _states(_: Translation) -> dict[str, str]:
    return {
        record_states.REFUSED: _("refused by the county"),
        record_states.UNPACKED: _("not packed, or changed since"),
        record_states.PACKED: _("packed, no word of it yet"),
        record_states.UNDONE: _("taken and undone again"),
        record_states.WAITING: _("waits for an earlier package"),
        record_states.HELD: _("held back"),
        record_states.IN_REVIEW: _("in conflict or perhaps a duplicate"),
        record_states.RETURNED: _("returned with findings"),
        record_states.TAKEN: _("taken by the county"),
    }


def _to_do(_: Translation) -> dict[str, str]:
    return {
        record_states.REFUSED: _("see why; hand the package over again"),
        record_states.UNPACKED: _("pack it"),
        record_states.PACKED: _("hand it over, ask for a receipt"),
        record_states.UNDONE: _("ask the county; pack the package again"),
        record_states.WAITING: _("hand the earlier package over"),
        record_states.HELD: _("see why; the county lets it in"),
        record_states.IN_REVIEW: _("the county decides"),
        record_states.RETURNED: _("survey it again"),
        record_states.TAKEN: _("a part of it, or a draft, waits"),
    }


def titles_of_kind(_: Translation) -> dict[str, str]:
    """What a container can be."""
    return {
        "survey": _("survey package"),
        "assignment": _("assignment"),
        "receipt": _("receipt"),
    }


def _titles(_: Translation) -> dict[str, str]:
    """The names of what is shown, in order."""
    return {
        "path": _("file"),
        "kind": _("kind"),
        "uuid": "uuid",
        "county": _("county"),
        "device": _("device"),
        "number": _("number"),
        "surveyor": _("surveyor"),
        "villages": _("villages"),
        "made_at": _("made at"),
        "previous": _("package before it"),
        "first_change": _("first change"),
        "last_change": _("last change"),
        "records": _("records"),
        "attachments": _("attachments"),
        "merged": _("packages merged"),
        "waiting": _("packages waiting"),
        "undone": _("packages undone"),
        "refused": _("packages refused"),
        "held": _("records held back"),
        "conflicts": _("records in conflict"),
        "duplicates": _("records perhaps duplicates"),
        "joined": _("records joined to others"),
        "returned": _("records returned"),
        "geoid_grid": _("geoid grid"),
        "missing_attachments": _("attachments that were lost"),
        "size_bytes": _("bytes"),
        "sha256": "SHA-256",
        "verified": _("hashes and signature checked"),
    }
