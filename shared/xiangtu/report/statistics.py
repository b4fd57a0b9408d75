"""Figures by village and township: counts, m², mu, hectares, metres, by layer and by class.

Square metres are sums of the stored, rounded plane areas, exact to the hundredth. Mu and hectares
are balanced from the county down (geo.area.balance): villages add up to their township, townships
to the county, classes to their village (domain §1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..catalogue.model import CodeList, Label, Layer
from ..geo import area
from ..store import SurveyFile
from ..store.system_tables import NOW
from . import labels

#: Layers with the fields whose classes are told apart.
BREAKDOWNS = {
    "farmland": ("land_use", "planting"),
    "homestead": ("use",),
    "route": ("kind",),
    "facility": ("kind",),
    "works": ("kind",),
    "relic": ("class", "level"),
}
#: Layers in the summary, in its order.
SUMMARY = ("farmland", "homestead", "house", "household", "route", "facility", "works", "relic")
_TOWNSHIP_DIGITS = 9
_M2_PER_HA = Decimal(10_000)
_MU_PER_M2 = Decimal("0.0015")
_NOWHERE = ""


@dataclass(frozen=True)
class Village:
    """A village in the tables; code "" stands for records that lie in none."""

    code: str
    name: Label


@dataclass(frozen=True)
class Township:
    """A township with its villages; its code is the first nine digits of theirs."""

    code: str
    name: Label
    villages: tuple[Village, ...]


@dataclass(frozen=True)
class Amount:
    """How many records, and how large; None where the layer has no area or no length."""

    count: int = 0
    area_m2: Decimal | None = None
    area_mu: Decimal | None = None
    area_ha: Decimal | None = None
    length_m: Decimal | None = None

    def get(self, measure: str) -> int | Decimal | None:
        """The value of a measure by its name."""
        value: int | Decimal | None = getattr(self, measure)
        return value


@dataclass(frozen=True)
class Group:
    """One thing that is counted: a layer, or a class of one; amounts by village code."""

    code: str
    label: Label
    measures: tuple[str, ...]
    amounts: Mapping[str, Amount]

    @property
    def official_code(self) -> str:
        """The code if it is one of a standard; a word of the program's own is not for readers."""
        return "" if any(each.islower() for each in self.code) else self.code

    def amount(self, village: str) -> Amount:
        """The amount in a village, nought if there is nothing."""
        found = self.amounts.get(village)
        return found if found is not None else _nought(self.measures)

    def total(self, villages: Iterable[str] | None = None) -> Amount:
        """The sum over villages (all by default)."""
        wanted = self.amounts if villages is None else villages
        return _sum([self.amount(each) for each in wanted], self.measures)


@dataclass(frozen=True)
class Table:
    """Groups side by side for the same places; `name` is a stable word for it."""

    name: str
    label: Label
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Figures:
    """All tables of a county. The first is the summary, whose groups are layers."""

    county: str
    name: str
    made_at: str
    townships: tuple[Township, ...]
    tables: tuple[Table, ...]

    @property
    def summary(self) -> Table:
        """One group a layer."""
        return self.tables[0]


def figures(file: SurveyFile) -> Figures:
    """Count what the county's file holds and has not ended."""
    townships = _townships(file)
    tree = [[village.code for village in each.villages] for each in townships]
    groups = {
        name: _layer_group(file, file.catalogue.layer(name), tree)
        for name in SUMMARY
        if name in file.catalogue.layers
    }
    tables = [Table("summary", labels.label("summary"), tuple(groups.values()))]
    for name, columns in BREAKDOWNS.items():
        if name in groups and groups[name].total().count:
            layer = file.catalogue.layer(name)
            tables += [_breakdown(file, layer, column, groups[name]) for column in columns]
    (now,) = file.connection.execute(f"SELECT {NOW}").fetchone()
    county = str(file.meta["county"])
    return Figures(county, str(file.meta["name"]), now, townships, tuple(tables))


def shown(amount: Amount, measure: str) -> str:
    """A value as people write it: thousands set off, two decimals where it is measured."""
    value = amount.get(measure)
    if not value:
        return "–"
    return f"{value:,.2f}" if isinstance(value, Decimal) else f"{value:,}"


def _townships(file: SurveyFile) -> tuple[Township, ...]:
    """Every village that is known or that a record names, under its township, by code."""
    names: dict[str, str] = {}
    township_names: dict[str, Counter[str]] = {}
    for row in file.connection.execute(
        "SELECT code, name, township_name FROM village WHERE ended_on IS NULL AND code IS NOT NULL"
    ):
        code, name, township = row
        names[code] = name or code
        if township:
            township_names.setdefault(code[:_TOWNSHIP_DIGITS], Counter())[township] += 1
    for layer in SUMMARY:
        for (code,) in file.connection.execute(
            f"SELECT DISTINCT coalesce(village, '') FROM \"{layer}\" WHERE ended_on IS NULL"
        ):
            names.setdefault(code, code)
    found: dict[str, list[Village]] = {}
    nowhere = labels.label("no_village")
    for code in sorted(names, key=lambda each: (each == _NOWHERE, each)):
        name = Label(names[code], names[code]) if code else nowhere
        found.setdefault(code[:_TOWNSHIP_DIGITS], []).append(Village(code, name))
    return tuple(
        Township(code, _township_name(code, township_names), tuple(villages))
        for code, villages in found.items()
    )


def _township_name(code: str, names: Mapping[str, Counter[str]]) -> Label:
    if code == _NOWHERE:
        return labels.label("no_village")
    name = names[code].most_common(1)[0][0] if code in names else code
    return Label(name, name)


def _measured(layer: Layer) -> tuple[str | None, str | None]:
    """The layer's columns of plane area and length, if it has them."""
    derived = {each.derived: each.name for each in layer.fields.values() if each.derived}
    return derived.get("plane_area"), derived.get("length")


def _measures(layer: Layer) -> tuple[str, ...]:
    plane, length = _measured(layer)
    if plane:
        return ("count", "area_m2", "area_mu", "area_ha")
    return ("count", "length_m") if length else ("count",)


def _query(
    file: SurveyFile, layer: Layer, column: str | None
) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """(village, class) → count and size (m² or m), summed as whole hundredths, so exactly."""
    size = next((each for each in _measured(layer) if each), None)
    hundredths = f'sum(CAST(round("{size}" * 100) AS INTEGER))' if size else "NULL"
    by = f"coalesce(\"{column}\", '')" if column else "''"
    rows = file.connection.execute(
        f"SELECT coalesce(village, ''), {by}, count(*), {hundredths} "
        f'FROM "{layer.name}" WHERE ended_on IS NULL GROUP BY 1, 2'
    )
    return {
        (village, value): (count, Decimal(total or 0).scaleb(-2))
        for village, value, count, total in rows
    }


def _layer_group(file: SurveyFile, layer: Layer, tree: Sequence[Sequence[str]]) -> Group:
    sizes = {village: found for (village, _), found in _query(file, layer, None).items()}
    measures = _measures(layer)
    amounts: dict[str, Amount] = {}
    if "area_m2" in measures:
        exact = [[sizes.get(code, (0, Decimal(0)))[1] for code in codes] for codes in tree]
        mu, ha = (_balanced_tree(exact, factor) for factor in (_MU_PER_M2, 1 / _M2_PER_HA))
        for place, codes in enumerate(tree):
            for at, code in enumerate(codes):
                count, m2 = sizes.get(code, (0, Decimal(0)))
                amounts[code] = Amount(count, m2, mu[place][at], ha[place][at])
    else:
        for code in (each for codes in tree for each in codes):
            count, length_m = sizes.get(code, (0, Decimal(0)))
            amounts[code] = Amount(count, length_m=length_m if "length_m" in measures else None)
    return Group(layer.name, layer.label, measures, amounts)


def _balanced_tree(exact_m2: list[list[Decimal]], factor: Decimal) -> list[list[Decimal]]:
    """Villages in another unit, two decimals, adding up to townships that add up to the county."""
    parts = [[m2 * factor for m2 in villages] for villages in exact_m2]
    sums = [sum(villages, Decimal(0)) for villages in parts]
    townships = area.balance(sums, sum(sums, Decimal(0)), 2) if sums else []
    return [
        area.balance(villages, total, 2) for villages, total in zip(parts, townships, strict=True)
    ]


def _breakdown(file: SurveyFile, layer: Layer, column: str, whole: Group) -> Table:
    """A layer by the classes of one of its fields, each class a group, only those that occur."""
    field = layer.fields[column]
    codes = file.catalogue.code_lists[str(field.code_list)]
    found = _query(file, layer, column)
    used = {value for _, value in found}
    order = [*(code for code in codes.codes if code in used), *sorted(used - codes.codes.keys())]
    amounts: dict[str, dict[str, Amount]] = {value: {} for value in order}
    for village in whole.amounts:
        values = [value for value in order if (village, value) in found]
        exact = [found[village, value] for value in values]
        if "area_m2" in whole.measures:
            total = whole.amounts[village]
            m2 = [size for _, size in exact]
            mu = area.balance([each * _MU_PER_M2 for each in m2], total.area_mu or Decimal(0), 2)
            ha = area.balance([each / _M2_PER_HA for each in m2], total.area_ha or Decimal(0), 2)
            for at, value in enumerate(values):
                amounts[value][village] = Amount(exact[at][0], m2[at], mu[at], ha[at])
        else:
            has_length = "length_m" in whole.measures
            for value, (count, size) in zip(values, exact, strict=True):
                amounts[value][village] = Amount(count, length_m=size if has_length else None)
    groups = tuple(
        Group(value, _class_label(codes, value), whole.measures, amounts[value]) for value in order
    )
    title = labels.label("by", layer=layer.label, field=field.label)
    return Table(f"{layer.name}.{column}", title, groups)


def _class_label(codes: CodeList, value: str) -> Label:
    if value == "":
        return labels.label("no_class")
    known = codes.codes.get(value)
    return known.label if known else Label(value, value)


def _nought(measures: Sequence[str]) -> Amount:
    nought = {name: Decimal("0.00") for name in measures if name != "count"}
    return Amount(0, **nought)


def _sum(amounts: Sequence[Amount], measures: Sequence[str]) -> Amount:
    sums: dict[str, Decimal] = {}
    for name in measures:
        if name != "count":
            sums[name] = sum((_decimal(each.get(name)) for each in amounts), Decimal("0.00"))
    return Amount(sum(each.count for each in amounts), **sums)


def _decimal(value: int | Decimal | None) -> Decimal:
    return Decimal(value) if value is not None else Decimal(0)
