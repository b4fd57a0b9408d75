"""What a person calls layers, fields, codes and tablets, for tables on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..catalogue import Catalogue
from ..merge.changes import LINEAGE, RECORD
from ..merge.clones import origin
from ..package.enrolment import devices
from ..store import SurveyFile
from .language import Translation
from .terminal import text_of


@dataclass(frozen=True)
class Naming:
    """Names in one language out of a file's catalogue and its enrolled tablets."""

    catalogue: Catalogue
    tablets: dict[str, str]
    translate: Translation

    @classmethod
    def of(cls, file: SurveyFile, translate: Translation) -> Naming:
        tablets = {each.id: each.name for each in devices(file)}
        tablets[file.device_id] = translate("the office")
        return cls(file.catalogue, tablets, translate)

    def layer(self, name: str) -> str:
        """The layer's label; the name itself for a layer the catalogue lacks."""
        layer = self.catalogue.layers.get(name)
        return layer.label.in_language(self.translate.language) if layer else name

    def unit(self, layer_name: str, unit: str) -> str:
        """The label of a unit of merge."""
        if unit == RECORD:
            return self.translate("whether the record exists")
        if unit == LINEAGE:
            return self.translate("edited by one, split or joined by another")
        if unit == "geometry":
            return self.translate("outline and its measurement")
        layer = self.catalogue.layers.get(layer_name)
        field = self.catalogue.field_of(layer_name, unit) if layer else None
        return field.label.in_language(self.translate.language) if field else unit

    def field(self, layer_name: str, column: str) -> str:
        """The label of one column."""
        layer = self.catalogue.layers.get(layer_name)
        field = self.catalogue.field_of(layer_name, column) if layer else None
        return field.label.in_language(self.translate.language) if field else column

    def values(self, layer_name: str, values: Mapping[str, object]) -> str:
        """Columns with what stands in them, as a person would say it; empty ones are left out."""
        said = [
            f"{self.field(layer_name, name)} {text_of(self.value(layer_name, name, value))}"
            for name, value in values.items()
            if value is not None and not name.startswith("@")
        ]
        return " · ".join(said)

    def value(self, layer_name: str, column: str, value: object) -> object:
        """A code with its label behind it; any other value as it is."""
        layer = self.catalogue.layers.get(layer_name)
        field = self.catalogue.field_of(layer_name, column) if layer else None
        if field is None or field.code_list is None or not isinstance(value, str):
            return value
        codes = self.catalogue.code_lists[field.code_list].codes
        return "; ".join(
            f"{code} {codes[code].label.in_language(self.translate.language)}"
            if code in codes
            else code
            for code in value.split(";")
        )

    def tablet(self, device: str) -> str:
        """A tablet by the name it was enrolled with, and its id."""
        name = self.tablets.get(origin(device))
        return f"{name} ({device})" if name else device
