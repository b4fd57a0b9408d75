"""`python -m demo`: make the demonstration, show how far it is, say what to try next."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from xiangtu.cli import language as languages
from xiangtu.errors import SurveyError
from xiangtu.words import explain

from .journey import STEPS, DrawingFailed, Journey, run
from .land import SEED, Size
from .progress import ProgressBar
from .words import Words

_ROOT = Path(__file__).resolve().parents[1]
#: Lies in every folder that the demonstration made, so that nothing else is ever deleted.
_MARK = ".made-by-xiangtu-demo"


def main(arguments: list[str]) -> int:
    """0 if all was made, 2 if it was refused, 130 if it was stopped."""
    language = languages.choose(arguments, os.environ)
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=_ROOT / "demo_output")
    parser.add_argument("--small", action="store_true", help="a county of a third the size")
    parser.add_argument("--no-map", action="store_true", help="leave the map and project out")
    parser.add_argument("--lang", choices=("zh", "en"))
    options = parser.parse_args(arguments)
    words = Words(language)
    out = options.out.absolute()
    if out.exists() and not (out / _MARK).is_file() and not _is_empty_folder(out):
        print(words("refused", "not_ours", folder=out), file=sys.stderr)
        return 2
    started = time.monotonic()
    size = Size.small() if options.small else Size()
    bar = ProgressBar([(words("steps", name), weight) for name, weight in STEPS])
    # Made beside the old one, which stays whole until the new one is.
    fresh = out.with_name(f"{out.name}.new")
    _forget(fresh)
    try:
        fresh.mkdir(parents=True)
        (fresh / _MARK).touch()
        made = run(fresh, size, SEED, bar, language, draw=not options.no_map)
        _forget(out)
        fresh.replace(out)
    except KeyboardInterrupt:
        # What is half made lies beside, and goes with the next run.
        print(file=sys.stderr)
        return 130
    except SurveyError as error:
        print(f"\n{explain(error, language)}", file=sys.stderr)
        return 2
    except DrawingFailed as failure:
        print("\n" + words("refused", "failed", reason=failure), file=sys.stderr)
        return 2
    _last_words(made, out, words, time.monotonic() - started)
    return 0


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _forget(folder: Path) -> None:
    """Delete a folder that the demonstration made, or an empty one."""
    if (folder / _MARK).is_file():
        shutil.rmtree(folder)
    elif folder.is_dir():
        folder.rmdir()


def _last_words(made: Journey, out: Path, words: Words, seconds: float) -> None:
    shown = out.relative_to(Path.cwd()) if out.is_relative_to(Path.cwd()) else out
    desk = made.desk
    severities = desk.checked.open_by_severity if desk.checked else {}
    print()
    print(words("last", "made", seconds=seconds, folder=f"{shown}/"))
    print(
        words(
            "last", "county", villages=len(made.land.villages),
            parcels=f"{len(made.registered.holdings):,}", homesteads=len(made.registered.holders),
            relics=len(made.land.relics), changes=sum(each.changes for each in desk.merges),
            photos=sum(each.photos for each in made.diaries),
        )
    )  # fmt: skip
    print(
        words(
            "last", "waits", conflicts=desk.open_conflicts, pairs=desk.open_pairs,
            errors=severities.get("error", 0), warnings=severities.get("warning", 0),
        )
    )  # fmt: skip
    print(words("last", "next"))
    command = ".venv/bin/xiangtu"
    print("  " + words("last", "page", path=shown / "index.html"))
    print("  " + words("last", "qgis", path=shown / "county.qgz"))
    for verb in ("conflicts", "duplicates", "validate"):
        print(f"  {command} {verb} {shown / 'county.sqlite'}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
