"""`python -m field_app`: the tablet's app on a desktop, and what Android starts."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run the app until its window is closed."""
    parser = argparse.ArgumentParser(prog="python -m field_app", description=__doc__)
    parser.add_argument("folder", type=Path, help="the tablet's folder, made at the first start")
    parser.add_argument("--receiver", metavar="ADDRESS", help="as xiangtu gnss takes it")
    parser.add_argument("--assignment", type=Path, metavar="FILE", help="taken in at the start")
    parser.add_argument("--size", default="800x1280", help="of the window, in pixels")
    options = parser.parse_args(arguments)
    # Kivy reads the command line, and its settings, when it is imported.
    os.environ["KIVY_NO_ARGS"] = "1"
    from kivy.config import Config

    width, _, height = options.size.partition("x")
    for name, value in (("width", width), ("height", height), ("multisamples", "0")):
        Config.set("graphics", name, value)
    Config.set("kivy", "exit_on_escape", "0")
    # A right click is no second finger.
    Config.set("input", "mouse", "mouse,disable_multitouch")
    from .app import XiangtuApp
    from .tidying import keep_modules

    keep_modules()
    XiangtuApp(options.folder, receiver=options.receiver, assignment=options.assignment).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
