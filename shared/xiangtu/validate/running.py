"""A run: ask every rule of every record in its scope, and settle the findings."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ..catalogue import expression
from ..catalogue.model import Layer
from ..errors import Cancelled
from ..store import SurveyFile
from . import fields, registry, settling, topology
from .rule import Condition, Found, Rule
from .scope import Scope
from .tiles import count, tiles

Progress = Callable[[float, str], bool | None]


@dataclass(frozen=True)
class Summary:
    """What a run did and what stands after it.

    `records` looked at; `new` findings and `fixed` ones of this run; open ones of the whole file
    by severity and by rule; `accepted` ones of the whole file.
    """

    records: int
    new: int
    fixed: int
    accepted: int
    open_by_severity: Mapping[str, int]
    open_by_rule: Mapping[str, int]

    @property
    def errors(self) -> int:
        """Open findings that are errors."""
        return self.open_by_severity.get("error", 0)


def run(
    file: SurveyFile,
    layers: Iterable[str] | None = None,
    rules: Iterable[str] | None = None,
    since: str | int | None = None,
    progress: Progress | None = None,
    *,
    touched: bool = False,
    records: Iterable[str] | None = None,
    villages: Iterable[str] | None = None,
) -> Summary:
    """Check records against the rules and write table finding.

    Parameters
    ----------
    layers : names; all of the catalogue without.
    rules : codes or families ("topology"); all without.
    since : uuid or number of a batch: only what it and what followed changed, and what that can
        make right or wrong elsewhere. What is written is what a full run would write.
    progress : called with a fraction and a step's code; returning False cancels, and nothing is
        written.
    touched : the same of all that the file's journal tells of; on a tablet that is what was worked
        on there.
    records, villages : the same of these records, by uuid, and of all of these villages, by code.

    Raises
    ------
    BadInput
        "layer.unknown", "rule.unknown", "batch.unknown".
    Cancelled
    """
    steps = in_steps(
        file, layers, rules, since, touched=touched, records=records, villages=villages
    )
    while True:
        try:
            fraction, step = next(steps)
        except StopIteration as ended:
            summary: Summary = ended.value
            return summary
        if progress and progress(fraction, step) is False:
            raise Cancelled("validate.cancelled")


def in_steps(
    file: SurveyFile,
    layers: Iterable[str] | None = None,
    rules: Iterable[str] | None = None,
    since: str | int | None = None,
    *,
    touched: bool = False,
    records: Iterable[str] | None = None,
    villages: Iterable[str] | None = None,
) -> Generator[tuple[float, str], None, Summary]:
    """As `run`, step by step: gives a fraction and a step's code before each, and in the end the
    summary. Between two steps the file may be written: there is no transaction then, and what is
    found of a record that changed meanwhile the next run puts right. Left early, it writes nothing.
    """
    wanted = [file.catalogue.layer(name) for name in dict.fromkeys(layers or file.catalogue.layers)]
    wanted = [layer for layer in wanted if not layer.append_only]
    chosen = registry.chosen(file.catalogue, rules)
    names = [layer.name for layer in wanted]
    expression.register(file.connection)
    file.connection.create_function(fields.CHECK, 2, fields.check_identifier, deterministic=True)
    scope = Scope(file, since, touched=touched, records=records, villages=villages)
    steps = _Steps()
    settling.begin(file)
    visits = _visits(file, wanted, chosen, scope)
    villages = []
    if "topology.gap" in chosen and "farmland" in names:
        villages = topology.villages_with_parcels(file, scope)
    total = sum(_rows(file, layer, scope) for layer in wanted)
    steps.total = max(1.0, total + sum(count(file, each, scope) for each, _ in visits))
    for layer in wanted:
        yield steps.at("validate.fields")
        conditions = registry.conditions(file.catalogue, layer, chosen)
        if conditions:
            settling.note(file, _ask(file, layer, conditions, scope), chosen)
        steps.done += _rows(file, layer, scope)
    for layer, asked in visits:
        for tile in tiles(file, layer, scope, registry.tile_columns(layer.name)):
            for rule in asked:
                yield steps.at("validate.geometry")
                settling.note(file, registry.TILE_FINDERS[rule.code](tile, rule), chosen)
            steps.done += int(tile.members.sum())
    for village in villages:
        yield steps.at("validate.gaps")
        found = topology.find_gaps(file, village, chosen["topology.gap"])
        settling.note(file, found, chosen)
    yield steps.at("validate.writing")
    settled = settling.settle(file, scope, chosen, names)
    return _summary(file, total, settled)


class _Steps:
    """Tells how far a run is."""

    def __init__(self) -> None:
        self.total = 1.0
        self.done = 0.0

    def at(self, step: str) -> tuple[float, str]:
        return min(1.0, self.done / self.total), step


def _visits(
    file: SurveyFile, wanted: list[Layer], rules: Mapping[str, Rule], scope: Scope
) -> list[tuple[Layer, list[Rule]]]:
    """Layers whose outlines are gone through, each with the rules asked of it.

    A rule between two layers is asked of its own; in a focus of the other one as well, since
    there the changed record may be of that one.
    """
    names = {layer.name for layer in wanted}
    visits: dict[str, list[Rule]] = {}
    for code, rule in rules.items():
        if code not in registry.TILE_FINDERS or not names & set(rule.layers):
            continue
        visited = [name for name in rule.layers if name in names]
        if not scope.everything and rule.about == "pair":
            visited += rule.reads
        for name in visited:
            visits.setdefault(name, []).append(rule)
    return [(file.catalogue.layer(name), asked) for name, asked in visits.items()]


def _rows(file: SurveyFile, layer: Layer, scope: Scope) -> int:
    (number,) = file.connection.execute(
        f'SELECT count(*) FROM "{layer.name}" WHERE {scope.condition(layer.name)}'
    ).fetchone()
    return int(number)


def _ask(
    file: SurveyFile, layer: Layer, conditions: list[Condition], scope: Scope
) -> Iterator[Found]:
    """One scan over a layer that asks all conditions of each row.

    The row says by their numbers which are broken, so that those hundreds that are not cost
    nothing here.
    """
    columns: dict[str, int] = {}

    def column(sql: str) -> int:
        return columns.setdefault(sql, 3 + len(columns))

    places = [
        (
            [column(sql) for sql in (each.measured, each.limit, each.other)],
            [column(sql) for sql in each.columns.values()],
        )
        for each in conditions
    ]
    broken = " || ".join(
        f"iif({each.violated}, '{number} ', '')" for number, each in enumerate(conditions)
    )
    village = "t.village" if layer.surveyed else "NULL"
    parameters = {"today": date.today().isoformat()}
    for each in conditions:
        parameters |= each.parameters
    # LIMIT keeps SQLite from merging the inner query into the outer one, where it would ask
    # every condition twice.
    rows = file.connection.execute(
        f"""SELECT t.uuid, {village}, b.broken, {", ".join(columns)} FROM (
        SELECT fid AS row, {broken} AS broken FROM "{layer.name}" t
        WHERE {scope.condition(layer.name)} LIMIT -1) b
        JOIN "{layer.name}" t ON t.fid = b.row WHERE b.broken <> ''""",
        parameters,
    )
    for row in rows:
        for number in row[2].split():
            each = conditions[int(number)]
            (measured, limit, other), more = places[int(number)]
            values = [row[at] for at in more]
            yield Found(
                each.rule,
                layer.name,
                row[0],
                row[1],
                row[other],
                measured=_number(row[measured]),
                limit=_number(row[limit]),
                key=each.key,
                detail={**each.facts, **dict(zip(each.columns, values, strict=True))},
            )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _summary(file: SurveyFile, records: int, settled: settling.Settled) -> Summary:
    def counts(sql: str) -> dict[str, int]:
        return dict(file.connection.execute(sql).fetchall())

    by_state = counts("SELECT state, count(*) FROM finding GROUP BY state")
    return Summary(
        records,
        settled.new,
        settled.fixed,
        by_state.get("accepted", 0),
        counts("SELECT severity, count(*) FROM finding WHERE state = 'open' GROUP BY severity"),
        counts("SELECT rule, count(*) FROM finding WHERE state = 'open' GROUP BY rule"),
    )
