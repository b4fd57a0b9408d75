"""A day of coming and going leaves no widgets behind: what was made for a screen is freed."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from small_village import World


def alive() -> Counter:
    """How many widgets of each class there are."""
    from kivy.uix.widget import Widget

    gc.collect()
    # By type(): what is asked of a weak proxy whose thing is gone raises.
    return Counter(
        type(each).__name__ for each in gc.get_objects() if issubclass(type(each), Widget)
    )


def test_what_was_made_for_a_screen_is_freed_when_it_is_left(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")

    def come_and_go() -> None:
        app.app.shell.show("form", layer="farmland", record=world.parcels["west"])
        app.settle()
        app.touch("下一步")
        app.touch("下一步")
        for screen in ("map", "records", "settings", "hand_over", "today"):
            app.app.shell.show(screen)
            app.settle()

    for _ in range(2):
        come_and_go()
    before = alive()
    for _ in range(3):
        come_and_go()
    assert alive() - before == Counter()


def test_screens_that_are_made_anew_leave_nothing_of_the_old_ones(
    start_app: Callable, work_folder: Path
) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")

    def through_english() -> None:
        for language in ("en", "zh"):
            app.app.change_settings(replace(app.app.settings, language=language))
            for screen in ("map", "settings", "today"):
                app.app.shell.show(screen)
                app.settle()

    for _ in range(2):
        through_english()
    before = alive()
    through_english()
    assert alive() - before == Counter()
