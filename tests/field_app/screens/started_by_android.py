"""What Android starts, in a process of its own and a window of this machine; says what is seen."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

STAGED, STORAGE = Path(sys.argv[1]), Path(sys.argv[2])
sys.path[:0] = [str(STAGED), str(Path(__file__).resolve().parents[1])]

from pretended_android import Android  # noqa: E402

sys.modules.update(Android(in_app=True, storage=STORAGE).modules())

from kivy.clock import Clock  # noqa: E402
from kivy.core.window import Window  # noqa: E402


def look(_dt: float) -> None:
    """Ends the app once its first screen is there."""
    from kivymd.app import MDApp

    texts = [each.text for each in Window.children[0].walk() if getattr(each, "text", "")]
    if len(texts) < 4:
        Clock.schedule_once(look, 0.2)
        return
    print("\n".join(texts), flush=True)
    MDApp.get_running_app().stop()


Clock.schedule_once(look, 0.2)
runpy.run_path(str(STAGED / "main.py"), run_name="__main__")
