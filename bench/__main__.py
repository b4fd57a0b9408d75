"""`python -m bench`: measure, print tables, keep them in bench/results."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import county_files, merging, overlaps, tables, terraces
from .county_files import ROOT

_SIZES = (100_000, 1_000_000)
_SMALL_SIZES = (10_000, 20_000)


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
    parser.add_argument("--only", choices=("merging", "overlaps"), help="measure one thing")
    parser.add_argument("--sizes", type=int, nargs="+", help="numbers of parcels")
    parser.add_argument("--teams", type=int, default=0, help="number of packages")
    parser.add_argument("--changes", type=int, default=0, help="changes in a package")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "bench")
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results")
    said = parser.parse_args(arguments)
    sizes = said.sizes or (_SMALL_SIZES if said.small else _SIZES)
    teams = said.teams or (3 if said.small else 10)
    changes = said.changes or (300 if said.small else 1500)
    if teams * terraces.PER_VILLAGE > min(sizes):
        parser.error("each team needs a village of its own: fewer teams or more parcels")
    said.results.mkdir(parents=True, exist_ok=True)
    files = [county_files.prepare(said.cache, size, teams, changes, say) for size in sizes]
    if said.only != "overlaps":
        times = [merging.measure(each, say) for each in files]
        _keep(said.results / "merging.md", tables.merging(times, teams, changes))
    if said.only != "merging":
        found = overlaps.measure(files[-1], say)
        _keep(said.results / "overlaps.md", tables.overlaps(found))


def _keep(path: Path, table: str) -> None:
    text = f"{table}\n\n{tables.machine()}\n"
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    print(text, flush=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
