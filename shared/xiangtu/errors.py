"""What can go wrong, as codes with facts; the front ends put them into words (see words.py)."""

from __future__ import annotations

from typing import Any


class SurveyError(Exception):
    """A refusal that a person can act on.

    Parameters
    ----------
    code : str
        Stable, dotted name of what is wrong ("file.missing"); the key of the words for it.
    **facts
        What the words need: path, layer, field, value, expected, reason…
    """

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code} ({shown})" if shown else self.code


class BadInput(SurveyError, ValueError):
    """A value, option or file that a person gave is not what is needed."""


class BadCatalogue(SurveyError):
    """A catalogue file says something impossible; facts: file, layer, field, reason."""


class BadFile(SurveyError):
    """A file is missing, empty, not a survey file, damaged, newer, or in a place that cannot be."""


class FileBusy(SurveyError):
    """Another program holds the survey file."""


class BadPackage(SurveyError):
    """A container (assignment, survey package, receipt) fails a check and is refused whole."""


class RefusedSignature(BadPackage):
    """The signature is missing, wrong, or by a device that was never enrolled."""


class MergeRefused(SurveyError):
    """A merge, decision or undo that cannot be done as asked; facts name what depends on it."""


class Cancelled(SurveyError):
    """The person asked to stop between two steps; nothing was changed."""
