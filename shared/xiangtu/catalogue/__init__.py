"""What is surveyed: layers, fields, code lists and rules, read from resources/catalogue."""

from .loader import beside, load
from .model import Catalogue, Code, CodeList, Field, Label, Layer, Relation, Rule

__all__ = [
    "Catalogue",
    "Code",
    "CodeList",
    "Field",
    "Label",
    "Layer",
    "Relation",
    "Rule",
    "beside",
    "load",
]
