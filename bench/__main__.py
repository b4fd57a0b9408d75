"""`python -m bench`: measure, print tables, keep them in bench/results."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import app_times, county_files, desk_times, merging, overlaps, plot, positions, tables
from .changes import MIXED, Plan
from .county_files import ROOT, Files

_SIZES = (10_000, 100_000, 1_000_000, 3_000_000)
_SMALL_SIZES = (10_000, 20_000)
_ON_A_TABLET = 100_000
_AT_THE_DESK = 200_000
#: Overlaps are looked for in the largest county up to this size: the plain script takes gigabytes.
_OVERLAPS_MOST = 1_000_000


def say(text: str) -> None:
    """A line of progress, apart from the tables."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Measure what is asked for and write a table of each."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--small", action="store_true", help="small counties, for a quick run")
    parser.add_argument(
        "--only",
        choices=("merging", "overlaps", "positions", "app", "desk"),
        help="measure one thing",
    )
    parser.add_argument("--sizes", type=int, nargs="+", help="numbers of parcels")
    parser.add_argument("--teams", type=int, default=0, help="number of packages")
    parser.add_argument("--changes", type=int, default=0, help="changes in a package")
    parser.add_argument("--repeats", type=int, default=3, help="runs of what takes seconds")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "bench")
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results")
    said = parser.parse_args(arguments)
    sizes = sorted(said.sizes or (_SMALL_SIZES if said.small else _SIZES))
    teams = said.teams or (3 if said.small else 10)
    changes = said.changes or (300 if said.small else 1500)
    if not Plan(MIXED, sizes[0], teams, changes).fits:
        parser.error("each team needs parcels of its own: fewer teams or changes, more parcels")
    said.results.mkdir(parents=True, exist_ok=True)
    if said.only in (None, "positions"):
        _positions(said.small, said.repeats, said.results)
    if said.only in (None, "app"):
        parcels = _SMALL_SIZES[0] if said.small else _ON_A_TABLET
        _keep(said.results / "app.md", tables.app(app_times.measure(said.cache, parcels, say)))
    if said.only in (None, "desk"):
        parcels = _SMALL_SIZES[1] if said.small else _AT_THE_DESK
        _keep(said.results / "desk.md", tables.desk(desk_times.measure(said.cache, parcels, say)))
    if said.only in ("positions", "app", "desk"):
        return
    files = [county_files.prepare(said.cache, size, teams, changes, say) for size in sizes]
    if said.only != "overlaps":
        _merging(files, said.repeats, said.results)
    if said.only != "merging":
        within = [each for each in files if each.parcels <= _OVERLAPS_MOST]
        found = overlaps.measure((within or files)[-1 if within else 0], say)
        _keep(said.results / "overlaps.md", tables.overlaps(found))


def _merging(files: list[Files], repeats: int, results: Path) -> None:
    teams, changes = files[0].teams, files[0].changes
    times = [merging.measure(each, repeats, say) for each in files]
    table = tables.merging(times, teams, changes)
    large_enough = merging.with_kinds(files)
    if large_enough is not None:
        of_kinds = merging.measure_kinds(large_enough, repeats, say)
        table += f"\n\n{tables.merging_kinds(of_kinds, teams, changes)}"
    plot.merging(times, teams, changes, results / "merging.svg")
    _keep(results / "merging.md", table, "![Seconds over parcels](merging.svg)")


def _positions(small: bool, repeats: int, results: Path) -> None:
    if not positions.LOGS.is_dir():
        say("positions: the receivers' logs are not beside the checkout; left out")
        return
    hours, seconds = (0.05, 2) if small else (10, 60)
    times = positions.measure(repeats, hours, seconds, say)
    _keep(results / "positions.md", tables.positions(times))


def _keep(path: Path, table: str, plot_of_it: str = "") -> None:
    text = f"{table}\n\n{tables.machine()}\n"
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    print(text, flush=True)
    path.write_text(f"{text}\n{plot_of_it}\n" if plot_of_it else text, encoding="utf-8")


if __name__ == "__main__":
    main()
