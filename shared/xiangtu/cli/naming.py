"""What a person calls layers, fields, codes and tablets, for tables on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..catalogue import Catalogue
from ..catalogue.model import Field
from ..merge.changes import LINEAGE, RECORD
from ..merge.clones import origin
from ..merge.titles import titles
from ..package.enrolment import devices
from ..store import SurveyFile
from .language import Translation
from .terminal import text_of


@dataclass(frozen=True)
class Naming:
    """Names in one language out of a file's catalogue and its enrolled tablets; `called` are
    records by uuid."""

    catalogue: Catalogue
    tablets: dict[str, str]
    translate: Translation
    called: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, file: SurveyFile, translate: Translation) -> Naming:
        tablets = {each.id: each.name for each in devices(file)}
        tablets[file.device_id] = translate("the office")
        return cls(file.catalogue, tablets, translate)

    def knowing(self, file: SurveyFile, values: Iterable[tuple[str, str, object]]) -> Naming:
        """The same, but knowing what the records are called that values (layer, column, value)
        refer to."""
        wanted = {
            (known.references, value)
            for layer, column, value in values
            if (known := self._field(layer, column)) is not None
            and known.references is not None
            and isinstance(value, str)
        }
        return replace(self, called={**self.called, **titles(file, wanted)})

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
        return self.field(layer_name, unit)

    def field(self, layer_name: str, column: str) -> str:
        """The label of one column."""
        known = self._field(layer_name, column)
        return known.label.in_language(self.translate.language) if known else column

    def values(self, layer_name: str, values: Mapping[str, object]) -> str:
        """Columns with what stands in them, as a person would say it; empty ones are left out."""
        said = [
            f"{self.field(layer_name, name)} {text_of(self.value(layer_name, name, value))}"
            for name, value in values.items()
            if value is not None and not name.startswith("@")
        ]
        return " · ".join(said)

    def value(self, layer_name: str, column: str, value: object) -> object:
        """A code with its label behind it, yes or no, what a record is called that is referred
        to; any other value as it is."""
        known = self._field(layer_name, column)
        if known is None or value is None:
            return value
        if known.type == "boolean":
            words = {0: self.translate("no"), 1: self.translate("yes")}
            return words.get(value, value) if isinstance(value, int) else value
        if not isinstance(value, str):
            return value
        if known.references is not None:
            return self.called.get(value, value)
        if known.code_list is None:
            return value
        codes = self.catalogue.code_lists[known.code_list].codes
        return "; ".join(
            f"{code} {codes[code].label.in_language(self.translate.language)}"
            if code in codes
            else code
            for code in value.split(";")
        )

    def _field(self, layer_name: str, column: str) -> Field | None:
        known = layer_name in self.catalogue.layers
        return self.catalogue.field_of(layer_name, column) if known else None

    def tablet(self, device: str) -> str:
        """A tablet by the name it was enrolled with, and its id."""
        name = self.tablets.get(origin(device))
        return f"{name} ({device})" if name else device
