"""Every screen of the app as a surveyor meets it, by name; each is walked to by touch.

A scene begins at a tablet that is at work, with no window open; it leaves what it shows on the
screen. The tablet is that of the made-up county (see `pictured_day`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fed_camera import FedCamera
from xiangtu import store
from xiangtu.merge import plan
from xiangtu.package import receipt
from xiangtu.sealing import keys

from demo import pictures

if TYPE_CHECKING:  # it is the first to import Kivy, once there is a display
    from pictured_day import Day

UPRIGHT, LYING = (800, 1280), (1280, 800)

# -- the day begins ----------------------------------------------------------------------------


def start(day: Day) -> None:
    day.show("start")


def start_with_pin(day: Day) -> None:
    day.ask(lambda: day.app.app.pin.choose("270613"))
    day.show("start")
    day.app.type(day.app.app.shell.screen.pin, "2706")
    day.ask(day.app.app.pin.remove)


def today(day: Day) -> None:
    """Something drawn is not finished, and two forms are in work."""
    drawn = day.drawing("shape", day.land.parcel)
    day.drag_corner(drawn, 4.0, 3.0)
    day.show("today")


def new(day: Day) -> None:
    day.show("new")


# -- the map -----------------------------------------------------------------------------------


def the_map(day: Day) -> None:
    day.show("map")
    day.app.touch(day.app.app.shell.screen.whole)


def map_near(day: Day) -> None:
    day.stands()
    day.near(0.35)


def map_record(day: Day) -> None:
    day.stands()
    day.select()


def map_go_to(day: Day) -> None:
    day.stands()
    day.select()
    day.press("app.map.go_to")
    day.app.until(lambda: day.app.app.map.going_to is not None)
    day.press("app.map.close")
    day.stands()
    day.app.wait(0.5)


def map_layers(day: Day) -> None:
    day.show("map")
    day.app.touch(day.app.app.shell.screen.layers)


def map_search(day: Day) -> None:
    day.show("map")
    day.app.touch(day.app.app.shell.screen.search)
    day.app.type(day.in_front("PickList").search, day.land.name[:2])
    day.app.wait(0.6)


# -- the form ----------------------------------------------------------------------------------


def form(day: Day) -> None:
    day.form("homestead", day.land.homestead)


def form_more(day: Day) -> None:
    day.form("homestead", day.land.homestead)
    day.section("approved_area_m2")


def form_wrong(day: Day) -> None:
    day.form("homestead", day.land.homestead)
    day.section("approved_area_m2")
    day.app.type(day.question("approved_area_m2").line, "两百")


def form_codes(day: Day) -> None:
    """A long code list, narrowed by what is typed."""
    day.form("farmland", day.land.draft_parcel)
    day.section("land_use")
    day.app.touch(day.question("land_use").button)


def form_date(day: Day) -> None:
    day.form("homestead", day.land.homestead)
    day.section("obtained_on")
    day.app.touch(day.question("obtained_on").button)


def form_several(day: Day) -> None:
    day.form("relic", day.land.relic)
    day.section("damage_natural")
    day.app.touch(day.question("damage_natural").button)


def form_parts(day: Day) -> None:
    day.form("homestead", day.land.homestead)
    day.app.step(day.label("house"))


def form_house(day: Day) -> None:
    form_parts(day)
    day.app.touch(
        next(each for each in day.app.texts() if each.startswith(day.label("house") + " 1"))
    )


def photos(day: Day) -> None:
    day.form("homestead", day.land.homestead)
    day.step("app.form.photos")
    day.app.wait(0.5)


def photos_new(day: Day) -> None:
    photos(day)
    day.app.app.shooting.port = FedCamera(*(pictures.take("house", [11, n]) for n in range(2)))
    day.press("app.photo.take")
    day.press("app.photo.take_next")
    day.app.wait(0.5)


def photo(day: Day) -> None:
    photos(day)
    day.app.touch(day.in_front("PhotoTile"))
    day.app.wait(0.5)


def photo_drawing(day: Day) -> None:
    photo(day)
    day.press("app.photo.draw")
    day.app.wait(0.5)
    x, y = day.in_front("DrawView").stage.center
    day.app.drag([(x - 190, y - 120), (x - 200, y + 130), (x + 60, y + 170), (x + 190, y + 20),
                  (x + 150, y - 130), (x - 190, y - 120)])  # fmt: skip
    day.press("app.draw.thick")
    day.press("app.draw.yellow")
    day.app.drag([(x + 320, y + 230), (x + 210, y + 100)])


def signatures(day: Day) -> None:
    signature(day)
    day.press("app.sign.confirm")
    day.no_message()


def signature(day: Day) -> None:
    day.form("homestead", day.land.homestead)
    day.step("app.form.signatures")
    day.press("app.sign.sign")
    day.app.touch(day.land.head)
    paper = day.in_front("SignaturePad").paper
    x, y, wide, high = *paper.center, paper.width, min(paper.height, 420)
    strokes = (
        ((-0.26, 0.2), (-0.1, 0.22), (-0.24, -0.1), (-0.12, -0.12)),
        ((-0.2, 0.34), (-0.18, -0.3)),
        ((0.02, 0.26), (0.24, 0.28)),
        ((0.14, 0.4), (0.1, 0.05), (-0.02, -0.28)),
        ((0.12, 0.1), (0.2, -0.12), (0.3, -0.26)),
    )
    for stroke in strokes:
        day.app.drag([(x + wide * a, y + high * b) for a, b in stroke])


def check(day: Day) -> None:
    day.form("homestead", day.land.homestead)
    day.step("app.form.check")


def question(day: Day) -> None:
    check(day)
    day.press("app.form.throw_away")


def unchanged(day: Day) -> None:
    day.form("farmland", day.land.unchanged_parcel)


# -- measuring ---------------------------------------------------------------------------------


def stand(day: Day) -> None:
    day.measure("boundary_point", day.land.boundary_point)
    day.says(day.standing(*day.land.place, 14))


def walk(day: Day) -> None:
    day.measure("farmland", day.land.parcel)
    day.says(day.walking(0.7))


def walk_review(day: Day) -> None:
    day.measure("farmland", day.land.parcel)
    day.says(day.walking(1.0))
    day.press("app.capture.finish")


# -- drawing on the map ------------------------------------------------------------------------


def draw(day: Day) -> None:
    drawn = day.drawing("shape", day.land.parcel)
    day.choose_corner(drawn)


def draw_crossing(day: Day) -> None:
    drawn = day.drawing("shape", day.land.parcel)
    x, y = day.corner()
    middle = day.land.place
    day.drag_corner(drawn, 1.9 * (middle[0] - x), 1.9 * (middle[1] - y))


def draw_hole(day: Day) -> None:
    drawn = day.drawing("shape", day.land.parcel)
    day.choose_corner(drawn)
    day.press("app.draw.more")
    day.press("app.draw.hole")
    x, y = day.land.place
    side = day.land.room_m / 2.5
    drawn.tap(
        (x - side, y - side), (x + side, y - side), (x + side, y + side), (x - side, y + side)
    )


def draw_follow(day: Day) -> None:
    drawn = day.drawing("shape", day.land.draft_parcel)
    first, last = day.land.shared_edge
    drawn.look_at(*first, 0.2)
    day.press("app.draw.more")
    day.press("app.draw.follow")
    drawn.tap(first)
    drawn.look_at(*last, 0.2)
    drawn.tap(last)


def divide(day: Day) -> None:
    drawn = day.drawing("split", day.land.parcel)
    for place in day.land.across:
        drawn.tap(place)


def tape(day: Day) -> None:
    day.near(0.2)
    day.app.touch(day.app.app.shell.screen.tape)
    drawn = day.drawn()
    x, y = day.land.place
    drawn.tap((x - 20, y - 12), (x + 25, y - 8), (x + 10, y + 18))


# -- records and hand over ---------------------------------------------------------------------


def records(day: Day) -> None:
    day.stands()
    day.show("records")
    day.press("app.records.mine")


def findings(day: Day) -> None:
    day.stands()
    day.show("records")
    day.press("app.records.check")
    day.no_message()


def hand_over(day: Day) -> None:
    day.show("hand_over")


def place_chooser(day: Day) -> None:
    day.show("hand_over")
    day.press("app.hand_over.pack")


def packed(day: Day) -> None:
    place_chooser(day)
    day.app.touch(day.say("app.places.own"))
    day.app.until(lambda: any((day.app.app.folder / "out").glob("*.xtp")))
    day.no_message()


def receipt_chooser(day: Day) -> None:
    """The county has merged the package and answered."""
    packages = sorted((day.app.app.folder / "out").glob("*.xtp"))
    if not packages:
        packed(day)
        packages = sorted((day.app.app.folder / "out").glob("*.xtp"))
    device = day.app.app.fieldwork.tablet.device_id
    answer = day.app.app.folder.parent / "回执.xtr"
    if not answer.exists():
        identity = keys.county_identity(day.county)
        with store.open(day.county) as county:
            for package in packages:
                plan.merge(county, package, identity, author="县自然资源局")
            receipt.write_receipt(county, answer, device, identity)
    day.show("hand_over")
    day.press("app.hand_over.take")


def receipt_read(day: Day) -> None:
    receipt_chooser(day)
    day.app.touch("回执.xtr")


# -- settings and looks ------------------------------------------------------------------------


def settings(day: Day) -> None:
    day.stands()
    day.show("settings")
    day.app.wait(0.8)


def settings_middle(day: Day) -> None:
    _settings_at(day, 0.5)


def settings_below(day: Day) -> None:
    _settings_at(day, 0.0)


def _settings_at(day: Day, how_high: float) -> None:
    settings(day)
    day.app.app.shell.screen.scroll_to(how_high)
    day.app.wait(0.3)


def message(day: Day) -> None:
    day.show("records")
    day.app.app.tell(day.say("app.photo.collected", count=2))
    day.app.wait(0.3)


def night_map(day: Day) -> None:
    day.looks(theme="night")
    map_record(day)


def night_form(day: Day) -> None:
    day.looks(theme="night")
    form(day)


def contrast_map(day: Day) -> None:
    day.looks(theme="contrast")
    map_record(day)


def contrast_records(day: Day) -> None:
    day.looks(theme="contrast")
    findings(day)


def left_handed_map(day: Day) -> None:
    day.looks(left_handed=True)
    map_record(day)


def lying_map(day: Day) -> None:
    day.app.turn(*LYING)
    map_record(day)


def lying_form(day: Day) -> None:
    day.app.turn(*LYING)
    form(day)


#: In the order of a day; a picture is named after its scene.
SCENES: tuple[Callable[[Day], None], ...] = (
    start, start_with_pin, new, the_map, map_near, map_record, map_go_to, map_layers, map_search,
    form, form_more, form_wrong, form_codes, form_date, form_several, form_parts, form_house,
    photos, photos_new, photo, photo_drawing, signature, signatures, check, question, unchanged,
    stand, walk, walk_review, draw, draw_crossing, draw_hole, draw_follow, divide, tape, today,
    records, findings, hand_over, place_chooser, packed, receipt_chooser, receipt_read, settings,
    settings_middle, settings_below, message, night_map, night_form, contrast_map,
    contrast_records, left_handed_map, lying_map, lying_form,
)  # fmt: skip
