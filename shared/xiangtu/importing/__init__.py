"""Data from outside into a survey file: Shapefile, GeoPackage, GeoJSON, CSV (county only)."""

from __future__ import annotations

from .contents import Contents, look
from .mapping import ImportMapping, Source
from .outcome import ColumnPreview, ImportSummary, Note, Preview, Refusal
from .run import preview, run

__all__ = [
    "ColumnPreview",
    "Contents",
    "ImportMapping",
    "ImportSummary",
    "Note",
    "Preview",
    "Refusal",
    "Source",
    "look",
    "preview",
    "run",
]
