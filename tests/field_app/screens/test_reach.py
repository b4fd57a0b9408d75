"""Everything that is touched is as large as a gloved finger, in the window and apart from the rest,
however the tablet is held; what is wanted most is at the main hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_village import World

if TYPE_CHECKING:
    from driver import Driver
    from kivy.uix.widget import Widget

UPRIGHT, LYING = (800, 1280), (1280, 800)


def box(widget: Widget) -> tuple[float, float, float, float]:
    left, bottom = widget.to_window(*widget.pos)
    return left, bottom, left + widget.width, bottom + widget.height


def words(widget: Widget) -> str:
    said = [getattr(each, "text", "") for each in widget.walk(restrict=True)]
    return f"{type(widget).__name__} {' '.join(each for each in said if each)}"


def scrolled_by(widget: Widget) -> Any:
    """The list or page that a widget is moved with; None for what stays."""
    from kivy.uix.scrollview import ScrollView

    each: Any = widget.parent
    while each is not None and each is not each.parent and not isinstance(each, ScrollView):
        each = each.parent
    return each if isinstance(each, ScrollView) else None


def wrong_with(app: Driver) -> list[str]:
    """What a gloved thumb cannot hit on the screen that is shown."""
    from driver import seen, touchable
    from kivy.core.window import Window

    from field_app import look

    least = look.touch(app.app.settings.text_size) - 1
    shown = [each for each in app.widgets() if touchable(each) and seen(each)]
    wrong = []
    for each in shown:
        if min(each.size) < least:
            wrong.append(f"too small: {words(each)} {each.size}")
        left, bottom, right, top = box(each)
        if scrolled_by(each) is None and (
            left < -1 or bottom < -1 or right > Window.width + 1 or top > Window.height + 1
        ):
            wrong.append(f"not in the window: {words(each)} {box(each)}")
    for one, other in combinations(shown, 2):
        a, b = box(one), box(other)
        apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
        # A page that is longer than its place goes on, unseen, under what is below it.
        if not apart and scrolled_by(one) is scrolled_by(other):
            wrong.append(f"one over the other: {words(one)}, {words(other)}")
    return wrong


def everywhere(app: Driver, world: World) -> Iterator[str]:
    """Shows every screen, and the windows that lie over them, each in turn."""
    say, shell = app.app.say, app.app.shell
    west = {"layer": "farmland", "record": world.parcels["west"]}
    yield "start"
    app.touch(say("app.start.begin"))
    for tab in ("today", "map", "records", "hand_over", "settings"):
        shell.show(tab)
        app.settle()
        yield tab
    shell.screen.scroll_to(0.0)
    app.wait(0.2)
    yield "settings, below"
    for name, what in (
        ("new", {}), ("form", {"layer": "household", "record": world.household}), ("form", west),
        ("capture", west), ("map", west),
    ):  # fmt: skip
        shell.show(name, **what)
        app.settle()
        yield name
    app.app.map.selected = None
    shell.show("form", **west)
    app.settle()
    app.step(say("app.form.photos"))
    yield "app.form.photos"
    shell.show("form", layer="farmland", record=None)
    app.settle()
    app.step(say("app.form.check"))
    yield "app.form.check"
    app.touch(say("app.form.throw_away"))
    yield "a question"
    app.touch(say("app.cancel"))
    shell.show("records")
    app.settle()
    app.touch(say("app.records.every_layer"))
    yield "a list to pick from"
    app.touch(say("app.cancel"))


@pytest.mark.parametrize(
    ("text_size", "language", "held"),
    [
        ("normal", "zh", UPRIGHT), ("large", "en", UPRIGHT), ("extra_large", "en", LYING),
    ],
)  # fmt: skip
def test_all_that_is_touched_is_large_enough_and_in_reach_on_every_screen(
    start_app: Callable,
    work_folder: Path,
    world: World,
    text_size: str,
    language: str,
    held: tuple[int, int],
) -> None:
    app = start_app(work_folder)
    app.app.change_settings(replace(app.app.settings, text_size=text_size, language=language))
    app.turn(*held)
    wrong = {where: wrong_with(app) for where in everywhere(app, world)}
    assert {where: told for where, told in wrong.items() if told} == {}


def middle(app: Driver, code: str) -> float:
    """How far to the right the words of a code stand, 0 to 1."""
    from kivy.core.window import Window

    widget = app.find(app.app.say(code))
    return float(widget.to_window(*widget.center)[0] / Window.width)


@pytest.mark.parametrize("left_handed", [False, True])
def test_what_is_wanted_most_is_at_the_main_hand(
    start_app: Callable, work_folder: Path, world: World, left_handed: bool
) -> None:
    app = start_app(work_folder)
    app.app.change_settings(replace(app.app.settings, left_handed=left_handed))
    app.settle()
    shell = app.app.shell
    west = {"layer": "farmland", "record": world.parcels["west"]}

    def at_hand(code: str) -> bool:
        return (middle(app, code) < 0.5) == left_handed

    app.touch("开始工作")
    shell.show("form", **west)
    app.settle()
    assert at_hand("app.form.confirm")
    shell.show("capture", **west)
    app.settle()
    assert at_hand("app.capture.finish")
    shell.show("map", **west)
    app.settle()
    assert at_hand("app.map.open") and not at_hand("app.map.close")
    assert (shell.screen.follow.center_x < 400) == left_handed
    shell.show("records")
    app.settle()
    assert shell.screen.rows.bar_pos_y == ("left" if left_handed else "right")

    app.turn(*LYING)
    for name, code in (
        ("start", "app.start.begin"), ("today", "app.today.new"), ("records", "app.records.check"),
        ("hand_over", "app.hand_over.pack"),
    ):  # fmt: skip
        shell.show(name)
        app.settle()
        assert at_hand(code), name
