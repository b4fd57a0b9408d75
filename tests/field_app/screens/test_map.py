"""The map, under real fingers in the real window."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_basemap import image, make
from small_village import START, X0, Y0, fix_at
from xiangtu import store
from xiangtu.geo import gauss_kruger

from field_app.controllers import map_content, settings

if TYPE_CHECKING:
    from field_app.widgets.map.map_view import MapView

GREEN = (40, 160, 60)


@pytest.fixture
def on_the_map(start_app: Callable, work_folder: Path) -> Callable:
    """Starts the app and opens the map: `app = on_the_map(receiver=…)`."""

    def start(**options: object):
        app = start_app(work_folder, **options)
        app.touch("开始工作")
        app.touch("地图")
        app.wait(0.5)
        app.settle()
        return app

    return start


def map_of(app) -> MapView:
    return app.app.shell.screen.map


def seen_at(app, x: float, y: float) -> tuple[float, float]:
    """Where in the window a place is seen, in metres from the county's corner."""
    degrees = gauss_kruger.inverse(X0 + x, Y0 + y, 4548)
    view = map_of(app)
    px, py = view.viewport.to_pixels(*map_content.to_map(*map(float, degrees)))
    return view.to_window(view.x + px, view.y + py)


def go_near(app) -> None:
    """Look at the two parcels from near by."""
    view = map_of(app)
    view.look(
        replace(view.viewport, pixel_m=0.4).centred(
            *map_content.to_map(*map(float, gauss_kruger.inverse(X0 + 150, Y0 + 125, 4548)))
        )
    )
    app.wait(0.5)
    app.settle()


def colour_at(app, path: Path, x: float, y: float) -> tuple[int, ...]:
    from PIL import Image

    with Image.open(app.screenshot(path)) as shot:
        return shot.convert("RGB").getpixel((int(x), shot.height - int(y)))


def sentences(x: float, y: float, seconds: int) -> bytes:
    """A receiver that stands at a place, RTK fixed."""
    lines = []
    for second in range(seconds):
        fix = fix_at(x, y, second)
        at = START.replace(minute=second // 60, second=second % 60).strftime("%H%M%S.00")
        fields = []
        for value, ends, width in (
            (fix.latitude_deg, "NS", 2), (fix.longitude_deg, "EW", 3)
        ):  # fmt: skip
            whole = int(abs(value))
            minutes = (abs(value) - whole) * 60
            fields.append(f"{whole:0{width}d}{minutes:011.8f},{ends[value < 0]}")
        body = f"GNGGA,{at},{','.join(fields)},4,20,0.6,100.0,M,-10.0,M,1.0,0000"
        check = 0
        for byte in body.encode():
            check ^= byte
        lines.append(f"${body}*{check:02X}\r\n")
    return "".join(lines).encode()


def test_the_village_is_shown_whole_and_a_finger_moves_it(on_the_map: Callable) -> None:
    app = on_the_map()
    view = map_of(app)
    assert view.labels.texts[-1:] == ["上河村"], view.labels.texts
    for corner in ((0, 0), (1000, 1000)):
        x, y = seen_at(app, *corner)
        assert view.collide_point(x, y)
    x, y = seen_at(app, 500, 500)
    app.drag([(x, y), (x - 60, y + 40), (x - 200, y + 150)])
    assert seen_at(app, 500, 500) == pytest.approx((x - 200, y + 150), abs=1)


def test_two_fingers_bring_the_map_nearer_and_keep_what_is_under_them(on_the_map: Callable) -> None:
    app = on_the_map()
    before = map_of(app).viewport.pixel_m
    west, east = seen_at(app, 100, 125), seen_at(app, 200, 125)
    middle = (west[0] + east[0]) / 2
    ways = [
        [(end[0] + (end[0] - middle) * far, end[1]) for far in (0, 0.5, 1.0, 2.0)]
        for end in (west, east)
    ]
    app.pinch(*ways)
    assert map_of(app).viewport.pixel_m == pytest.approx(before / 3, rel=0.01)
    assert seen_at(app, 100, 125) == pytest.approx(ways[0][-1], abs=2)
    assert seen_at(app, 200, 125) == pytest.approx(ways[1][-1], abs=2)
    app.until(lambda: {"西地", "东地"} <= set(map_of(app).labels.texts))


def test_two_touches_at_one_place_bring_it_nearer(on_the_map: Callable) -> None:
    app = on_the_map()
    before, place = map_of(app).viewport.pixel_m, seen_at(app, 500, 700)
    app.settle = lambda: None  # a person's second touch follows at once
    app.touch_at(*place)
    app.touch_at(*place)
    assert map_of(app).viewport.pixel_m == pytest.approx(before / 2)


def test_a_parcel_that_is_touched_is_told_of_with_what_lies_under_it(
    on_the_map: Callable, tmp_path: Path
) -> None:
    app = on_the_map()
    go_near(app)
    app.touch_at(*seen_at(app, 120, 110))
    assert app.sees("西地 · 9901011012010100001")
    assert app.sees("农用地地块 · 上河村 · 验收通过 · 2500.00 m²（3.75 亩）")
    app.touch("农用地地块 · 上河村")
    assert app.sees("西地 · 9901011012010100001"), "the map is touched through what lies over it"
    # It is marked where it was touched: each of its sides, and nothing beside them.
    for x, y in ((100, 125), (150, 125), (125, 100), (125, 150)):
        red, green, _ = colour_at(app, tmp_path / "shot.png", *seen_at(app, x, y))
        assert red > 150 and green < 90, (x, y)
    for x, y in ((90, 125), (160, 125), (125, 90), (125, 160)):
        red, green, _ = colour_at(app, tmp_path / "shot.png", *seen_at(app, x, y))
        assert green > 90, (x, y)
    app.touch("此处还有")
    app.touch("行政村")
    assert app.sees("上河村 · 990101101201")
    app.touch("关闭")
    assert not app.sees("前往")


def test_a_record_is_looked_for_by_its_name(on_the_map: Callable) -> None:
    app = on_the_map()
    app.touch(app.app.shell.screen.search)
    (line,) = [each for each in app.widgets() if type(each).__name__ == "TextInput"]
    app.type(line, "东")
    app.touch("东地")
    assert app.sees("东地 · 9901011012010100002")
    x, _ = seen_at(app, 175, 125)
    assert x == pytest.approx(map_of(app).center_x, abs=5) and map_of(app).viewport.pixel_m < 0.4


def test_layers_are_switched_off_and_on(on_the_map: Callable) -> None:
    app = on_the_map()
    go_near(app)
    assert "西地" in map_of(app).labels.texts
    app.touch(app.app.shell.screen.layers)
    app.touch("农用地地块")
    app.touch("取消")
    assert "西地" not in map_of(app).labels.texts
    app.touch_at(*seen_at(app, 120, 110))
    assert not app.sees("西地") and app.sees("上河村 · 990101101201")
    # And so it stays in another theme.
    app.app.change_settings(replace(app.app.settings, theme="night"))
    app.wait(0.5)
    assert "西地" not in map_of(app).labels.texts and app.sees("上河村 · 990101101201")
    app.touch(app.app.shell.screen.layers)
    app.touch("农用地地块")
    app.touch("取消")
    assert "西地" in map_of(app).labels.texts


def test_the_map_follows_a_real_receiver_until_a_finger_moves_it(
    on_the_map: Callable, shared_data: Path
) -> None:
    log = shared_data / "nmea" / "gpsd" / "unicore-um621.log"
    app = on_the_map(receiver=f"{log.as_uri()}?speed=1")
    screen = app.app.shell.screen
    app.until(lambda: app.app.receiver.here is not None)
    app.touch(screen.follow)

    def is_there() -> bool:
        fix, view = app.app.receiver.here, map_of(app).viewport
        if fix is None:
            return False
        place = map_content.to_map(fix.longitude_deg, fix.latitude_deg)
        return bool(np.allclose((view.x_m, view.y_m), place, rtol=0, atol=60))

    app.until(is_there)
    x, y = screen.map.center
    app.drag([(x, y), (x + 100, y), (x + 300, y)])
    assert not app.app.map.follows
    app.wait(0.6)
    assert not is_there() or screen.map.viewport.pixel_m > 1


def test_the_map_stays_at_a_record_that_is_looked_at(on_the_map: Callable, tmp_path: Path) -> None:
    log = tmp_path / "stand.nmea"
    log.write_bytes(sentences(150, 125, 60))
    app = on_the_map(receiver=f"{log.as_uri()}?speed=1")
    app.until(lambda: app.app.receiver.here is not None)
    go_near(app)
    app.touch(app.app.shell.screen.follow)
    app.wait(0.6)
    assert app.app.map.follows
    app.touch_at(*seen_at(app, 120, 110))
    assert app.app.map.selected is not None and not app.app.map.follows


def test_without_a_position_following_says_why_not(on_the_map: Callable, tmp_path: Path) -> None:
    app = on_the_map(receiver=str(tmp_path / "none.nmea"))
    app.touch(app.app.shell.screen.follow)
    assert app.sees("没有定位") and not app.app.map.follows


def test_one_is_led_from_corner_to_corner(on_the_map: Callable, tmp_path: Path) -> None:
    log = tmp_path / "stand.nmea"
    log.write_bytes(sentences(98, 60, 50))
    app = on_the_map(receiver=str(log))
    app.until(lambda: app.app.receiver.here is not None)
    go_near(app)
    app.touch_at(*seen_at(app, 120, 110))
    app.touch("前往")
    app.until(lambda: app.sees("还有 40.05 m。"))
    first = next(each for each in app.texts() if each.startswith("前往第"))
    assert "（共 4 个）" in first
    app.touch("下一点")
    assert first not in app.texts()
    app.touch("结束")
    assert not app.sees("前往第") and app.app.map.going_to is None


def test_the_basemap_lies_under_the_survey(
    start_app: Callable, work_folder: Path, tmp_path: Path
) -> None:
    path = make(work_folder / "one.mbtiles", {(0, 0, 0): image(GREEN)})
    shot = with_basemap(start_app, work_folder, path.name, tmp_path)
    assert shot == pytest.approx(GREEN, abs=4)


def test_at_night_the_basemap_does_not_glare(
    start_app: Callable, work_folder: Path, tmp_path: Path
) -> None:
    settings.save(work_folder, replace(settings.Settings(), theme="night"))
    path = make(work_folder / "one.mbtiles", {(0, 0, 0): image(GREEN)})
    shot = with_basemap(start_app, work_folder, path.name, tmp_path)
    assert shot == pytest.approx([each * 0.45 for each in GREEN], abs=4)


def test_the_map_fills_its_place_on_the_screen_after_one_with_tabs(
    start_app: Callable, work_folder: Path, tmp_path: Path
) -> None:
    path = make(work_folder / "one.mbtiles", {(0, 0, 0): image(GREEN)})
    with store.open(work_folder / "survey.sqlite") as file:
        file.meta["basemap"] = path.name
    app = start_app(work_folder)
    app.touch("开始工作")
    app.touch("地图")
    go_near(app)
    app.touch(app.app.shell.screen.tape)
    app.wait(0.5)
    app.settle()
    view = map_of(app)
    x, y = view.to_window(view.center_x, view.y)
    for inside in (y + 3, y + view.height - 3):
        assert colour_at(app, tmp_path / "shot.png", x, inside) == pytest.approx(GREEN, abs=4)
    for outside in (y - 2, y + view.height + 2):
        assert colour_at(app, tmp_path / "shot.png", x, outside) != pytest.approx(GREEN, abs=40)


def test_a_broken_basemap_is_told_of_once_and_the_map_goes_on(
    start_app: Callable, work_folder: Path, shared_data: Path, tmp_path: Path
) -> None:
    broken = shared_data / "mbtiles" / "node-mbtiles" / "corrupt.mbtiles"
    shutil.copy(broken, work_folder / "corrupt.mbtiles")
    told: list[str] = []
    shot = with_basemap(start_app, work_folder, "corrupt.mbtiles", tmp_path, told)
    assert [each for each in told if "底图" in each] == [told[0]] and "已损坏" in told[0]
    assert min(shot) > 230, "not the background of the day"


def with_basemap(
    start_app: Callable, folder: Path, name: str, tmp_path: Path, told: list[str] | None = None
) -> tuple[int, ...]:
    """The colour of empty land once the map was looked at here and there."""
    with store.open(folder / "survey.sqlite") as file:
        file.meta["basemap"] = name
    app = start_app(folder)
    tell = app.app.tell
    app.app.tell = lambda text: (told.append(text) if told is not None else None, tell(text))
    app.touch("开始工作")
    app.touch("地图")
    go_near(app)
    app.touch("今日")
    app.touch("地图")
    app.wait(0.5)
    app.settle()
    app.touch_at(*seen_at(app, 120, 110))
    assert app.sees("西地 · 9901011012010100001")
    app.touch("关闭")
    return colour_at(app, tmp_path / "shot.png", *seen_at(app, 150, 180))


@pytest.mark.parametrize("left_handed", [False, True])
@pytest.mark.parametrize("text_size", ["normal", "extra_large"])
def test_buttons_are_as_large_as_a_finger_and_on_the_side_of_the_hand(
    on_the_map: Callable, text_size: str, left_handed: bool
) -> None:
    app = on_the_map()
    settings = replace(app.app.settings, text_size=text_size, left_handed=left_handed)
    app.app.change_settings(settings)
    app.settle()
    screen = app.app.shell.screen
    for each in (screen.follow, screen.nearer, screen.farther, screen.layers, screen.search):
        assert min(each.size) >= {"normal": 48, "extra_large": 64}[text_size]
        x, _ = each.to_window(*each.center)
        assert (x < 200) == left_handed and (x > 600) == (not left_handed)
    before = screen.map.viewport.pixel_m
    app.touch(screen.nearer)
    assert screen.map.viewport.pixel_m < before, "a button, not the map under it, is touched"


def test_the_maps_arrow_is_the_compass_else_the_way_one_walks(display: None) -> None:
    from field_app.widgets.map.own_position import OwnPosition

    own = OwnPosition()
    assert own.heading_deg is None
    own.fix = fix_at(0, 0, track_deg=45.0, speed_mps=1.2)
    assert own.heading_deg == 45.0
    own.facing_deg = 200.0
    assert own.heading_deg == 200.0
    own.fix, own.facing_deg = fix_at(0, 0, track_deg=45.0, speed_mps=0.1), None
    assert own.heading_deg is None, "standing, a receiver's direction is noise"
