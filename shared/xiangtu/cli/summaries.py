"""What assignments, packages and receipts say of themselves, for people."""

from __future__ import annotations

from collections.abc import Mapping

from .language import Translation
from .terminal import Terminal


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
        "held": _("records held back"),
        "conflicts": _("records in conflict"),
        "missing_attachments": _("attachments that were lost"),
        "size_bytes": _("bytes"),
        "sha256": "SHA-256",
        "verified": _("hashes and signature checked"),
    }
