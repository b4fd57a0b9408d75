"""A day's survey, from the assignment to the package, by the controllers that the app's screens
call: a homestead with two houses and three photos, a walked parcel, a relic, a divided parcel.

As a process of its own it is killed at a chosen point. After each step it says what a person had
been shown as done by then, a line of JSON each; begun again on the same tablet it goes on with
whatever it finds there, as a surveyor would.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "merge")]

import numpy as np  # noqa: E402
from faulty_work import Points  # noqa: E402
from PIL import Image  # noqa: E402
from shapely import LineString  # noqa: E402
from small_village import VILLAGE, X0, Y0, fix_at, way  # noqa: E402
from xiangtu.store import measuring  # noqa: E402

from field_app.controllers import hand_over  # noqa: E402
from field_app.controllers.division import divide  # noqa: E402
from field_app.controllers.form import Form  # noqa: E402
from field_app.controllers.form_page import open_form  # noqa: E402
from field_app.controllers.measuring_at_work import AtWork, StandAtWork, WalkAtWork  # noqa: E402
from field_app.controllers.photos import attach_photo  # noqa: E402
from field_app.controllers.start import Fieldwork  # noqa: E402

Corners = list[tuple[float, float]]
Say = Callable[..., None]

_HOMESTEAD = {
    "number": "5", "address": "上河村三组 5 号", "neighbour_east": "路", "neighbour_west": "李四",
    "uncertified_reason": "1",
    "village": VILLAGE,
}  # fmt: skip
_HOUSE = {"storeys": "2", "structure": "3", "built_year": "1998", "village": VILLAGE}
_PARCEL = {
    "delegate_name": "张三", "land_use": "0103", "planting": "LS", "neighbour_east": "渠",
    "neighbour_south": "路", "neighbour_west": "路",
    "village": VILLAGE,
}  # fmt: skip
_RELIC = {
    "address": "上河村东山", "class": "0101", "era": "清", "era_code": "qing",
    "ownership": "collective", "condition": "2", "survey_kind": "1", "village": VILLAGE,
}  # fmt: skip
_EPOCHS = 12
#: So many epochs of a walk until the tablet is put away for a moment.
_UNTIL_PUT_AWAY = 20


class Survey:
    """The day, on a tablet that may have any part of it already."""

    def __init__(self, work: Fieldwork, stick: Path, say: Say) -> None:
        self._work, self._stick, self._say = work, stick, say
        self._file = work.survey
        self._at_work = AtWork(work)

    def play(self, household: str, divided: str) -> None:
        """Do what is not done."""
        homestead = self._record(
            "homestead", "number", _HOMESTEAD | {"household_uuid": household},
            [(400, 400), (430, 400), (430, 425), (400, 425)], ["overview"],
        )  # fmt: skip
        for number, x in enumerate((402, 416), 1):
            self._record(
                "house", "house_number",
                _HOUSE | {"house_number": str(number), "homestead_uuid": homestead},
                [(x, 402), (x + 10, 402), (x + 10, 410), (x, 410)], ["front"],
            )  # fmt: skip
        self._pack(1)
        self._record(
            "farmland", "name", _PARCEL | {"name": "新开地"},
            [(600, 600), (660, 600), (660, 650), (600, 650), (600, 600)],
        )  # fmt: skip
        relic = self._record(
            "relic", "name", _RELIC | {"name": "东山石刻"}, [(800, 800)], ["overview", "direction"]
        )
        self._record(
            "relic_point", "number",
            {"number": "1", "kind": "centre", "relic_uuid": relic, "village": VILLAGE},
            [(800, 800)],
        )  # fmt: skip
        self._divide(divided)
        self._pack(2)

    # -- a record -----------------------------------------------------------------------------

    def _record(
        self,
        layer: str,
        named_by: str,
        answers: dict[str, str],
        corners: Corners,
        photos: list[str] | None = None,
    ) -> str:
        """Survey a record that `named_by` is known by; its uuid."""
        found = list(self._file.select(layer, f'"{named_by}" = ?', [answers[named_by]], ["uuid"]))
        if found:
            return str(found[0]["uuid"])
        form = self._begun(layer, named_by, answers[named_by])
        for name in (named_by, *answers):
            if str(form.values.get(name)) != answers[name]:
                form.answer(name, answers[name])
            self._say("answered", layer, form.record, name, answers[name])
        if form.geometry is None:
            self._measure(layer, form.record, corners)
            form = Form.resume(self._file, form.record)
        self._say("measured", layer, form.record)
        for role in photos or []:
            self._photograph(layer, form.record, role)
        form.confirm()
        self._say("confirmed", layer, form.record)
        return form.record

    def _begun(self, layer: str, named_by: str, name: str) -> Form:
        """The form that was left, be it without its first answer, else a new one."""
        for draft in self._file.drafts():
            if draft.layer == layer and draft.answers.get(named_by) in (None, "", name):
                return Form.resume(self._file, draft.record)
        return open_form(self._file, layer, None, {})

    def _photograph(self, layer: str, record: str, role: str) -> None:
        there = {each["role"]: each for each in self._file.attachments_of(record)}
        if role in there:
            sha256 = there[role]["sha256"]
        else:
            taken = picture(hash_of=f"{layer} {record} {role}")
            sha256 = attach_photo(self._file, record, layer, taken, role=role).sha256
        self._say("photo", record, role, sha256)

    # -- measuring ----------------------------------------------------------------------------

    def _measure(self, layer: str, record: str, corners: Corners) -> None:
        """Stand at a point; walk around a parcel; go from corner to corner of anything else."""
        at_work = self._at_work.open(layer, record)
        if isinstance(at_work, StandAtWork):
            for fix in stand(*corners[0], epochs_of(self._file, record)):
                at_work.take([fix], fix)
        elif layer == "farmland":
            self._walk(at_work, record, corners)
        else:
            self._corners(at_work, record, corners)
        at_work.review()
        at_work.hand_over()
        self._at_work.leave()

    def _walk(self, walk: WalkAtWork, record: str, corners: Corners) -> None:
        done = epochs_of(self._file, record)
        for number, fix in enumerate(way(corners)[done:], done + 1):
            walk.take([fix], fix)
            if number % _UNTIL_PUT_AWAY == 0:
                walk.flush()
                self._say("walked", record, number)

    def _corners(self, walk: WalkAtWork, record: str, corners: Corners) -> None:
        laid = walk.walk_by(corners=True).corners
        for number, corner in enumerate(corners[laid:], laid + 1):
            walk.corner()
            fixes = stand(*corner, epochs_of(self._file, record))
            while (state := walk.take([fix := next(fixes)], fix)).corners < number:
                pass
            assert state.corners == number
            self._say("corners", record, number)

    # -- dividing and packing -----------------------------------------------------------------

    def _divide(self, parcel: str) -> None:
        before = self._file.get("farmland", parcel)
        assert before is not None
        if not before["ended_on"]:
            middle = LineString([(X0 + 175, Y0 + 100), (X0 + 175, Y0 + 150)])
            divide(self._file, "farmland", parcel, middle)
        self._say("divided", parcel)

    def _pack(self, number: int) -> None:
        folder = self._work.tablet.folder
        packed = {each.number for each in hand_over.standing(self._file).packages}
        if number not in packed:
            hand_over.pack_to(folder, self._stick)
        out = self._stick / f"{self._work.tablet.device_id}-{number:04d}.xtp"
        self._say("packed", number, out.name)


def stand(x: float, y: float, second: int) -> Iterator:
    """Epochs at a place, the first at a second of the day."""
    for number in range(second, second + _EPOCHS):
        yield fix_at(x + 0.01 * (-1) ** number, y, number)


def epochs_of(survey, record: str) -> int:
    """How many epochs of a measurement are in the file."""
    return sum(
        len(detail) for kind, detail in measuring.steps_of(survey, record) if kind == "fixes"
    )


def picture(hash_of: str) -> bytes:
    """A photo that no other is like."""
    noise = np.random.default_rng(list(hash_of.encode())).integers(0, 255, (90, 120, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "JPEG")
    return out.getvalue()


def survey(folder: Path, stick: Path, household: str, divided: str, say: Say) -> None:
    """Begin the day, be it anew, and survey what is left."""
    with Fieldwork(folder) as work:
        work.sign_in("王芳")
        Survey(work, stick, say).play(household, divided)


def main() -> None:
    folder, stick, household, divided, kind, point, torn = sys.argv[1:]
    points = Points(kind, int(point), torn == "torn", None)
    points.watch_steps()
    points.watch_files()
    points.watch_writes()
    points.counting = True
    survey(
        Path(folder), Path(stick), household, divided,
        lambda *said: print(json.dumps(said), flush=True),
    )  # fmt: skip
    points.counting = False
    print(json.dumps(points.passed))


if __name__ == "__main__":
    main()
