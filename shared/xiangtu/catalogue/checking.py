"""What must hold between the parts of a catalogue: names that exist, types that fit."""

from __future__ import annotations

from .model import Catalogue
from .source import Source


def check(catalogue: Catalogue, source: Source) -> None:
    """Raise BadCatalogue at the first thing that cannot be."""
