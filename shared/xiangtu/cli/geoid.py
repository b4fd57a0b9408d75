"""The command geoid: the grid that turns ellipsoidal heights into 1985 heights."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np

from .. import store
from ..errors import BadInput
from ..geo.geoid import GeoidGrid
from ..package import county_geoid
from ..store import geoid_grids
from ..store.geoid_grids import CountyGeoid
from .command import Call, Commands, Outcome, county_for_writing
from .terminal import Terminal

#: Villages without values named one by one; --json has them all.
_NAMED = 10


def add(commands: Commands) -> None:
    """Register the command."""
    _ = commands.translate
    geoid = commands.add(
        "geoid", run_geoid, "supply the county's geoid grid, or show which one gives 1985 heights"
    )
    geoid.add_argument("county", metavar="COUNTY.sqlite")
    geoid.add_argument(
        "file", type=Path, nargs="?", metavar="FILE",
        help=_("a grid as GTX, ISG, Esri or Surfer ASCII grid (else show)"),
    )  # fmt: skip
    geoid.add_argument("--name", metavar="NAME", help=_("what the county calls the grid"))
    geoid.add_argument("--remove", action="store_true",
                       help=_("let no grid hold; heights it gave stay"))  # fmt: skip


def run_geoid(call: Call) -> Outcome:
    """xiangtu geoid."""
    arguments, _ = call.arguments, call.translate
    if arguments.remove and (arguments.file or arguments.name):
        raise BadInput("geoid.remove_alone")
    if arguments.file is None and arguments.name is not None:
        raise BadInput("geoid.no_file")
    if arguments.remove:
        with county_for_writing(call) as file:
            gone = geoid_grids.forget(file)
        return Outcome(
            {"removed": gone},
            lambda terminal: terminal.facts([(_("removed"), gone.label if gone else _("nothing"))]),
        )
    if arguments.file is not None:
        with county_for_writing(call) as file:
            county_geoid.supply(file, arguments.file, arguments.name or "", call.author)
    with store.open(call.county, readonly=True) as file:
        kept = geoid_grids.grid(file)
        without = county_geoid.villages_without(file, kept[1]) if kept else []
    if kept is None:
        return Outcome({"geoid": None}, _show_none)
    about, grid = kept
    rows, columns = grid.values.shape
    middle = float(
        grid.at((grid.west_deg + grid.east_deg) / 2, (grid.south_deg + grid.north_deg) / 2)
    )
    document = {
        "geoid": {**asdict(about), "label": about.label, "file": about.file_name},
        "grid": {
            "west_deg": grid.west_deg,
            "south_deg": grid.south_deg,
            "east_deg": grid.east_deg,
            "north_deg": grid.north_deg,
            "rows": rows,
            "columns": columns,
            "lowest_m": round(float(np.nanmin(grid.values)), 3),
            "highest_m": round(float(np.nanmax(grid.values)), 3),
            "middle_m": None if np.isnan(middle) else round(middle, 3),
        },
        "villages_without": without,
    }
    return Outcome(
        document, lambda terminal: _show(terminal, about, grid, middle, without), bool(without)
    )


def _show_none(terminal: Terminal) -> None:
    _ = terminal.translate
    terminal.line(_("This county has no geoid grid."))
    terminal.note(
        _("Without one, points measured by GNSS have an ellipsoidal height and no 1985 height; "
          "heights by levelling or from documents can be filled in.")
    )  # fmt: skip


def _show(
    terminal: Terminal, about: CountyGeoid, grid: GeoidGrid, middle_m: float, without: list[str]
) -> None:
    _ = terminal.translate
    rows, columns = grid.values.shape
    terminal.facts(
        [
            (_("geoid grid"), about.name),
            (_("marked on heights as"), about.label),
            (_("from the file"), about.source),
            ("SHA-256", about.source_sha256),
            (_("supplied"), f"{about.supplied_at[:10]} {about.supplied_by}"),
            (_("kept for this county"), f"{grid.extent} ({rows} × {columns})"),
            (_("value in the middle"), "" if np.isnan(middle_m) else f"{middle_m:.3f} m"),
            (_("villages without values"), ", ".join(without[:_NAMED])),
        ]
    )
    terminal.note(
        _("1985 height = ellipsoidal height less the grid value; none where the grid has no value, "
          "the receiver gives no ellipsoidal height, or the fix is worse than the layer asks.")
    )  # fmt: skip
    if len(without) > _NAMED:
        terminal.note(_("and {count} more; see --json").format(count=len(without) - _NAMED))
