"""What the three teams set out to do, as values: who visits what, and the mistakes they make."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import shapely

from .county import Registered
from .land import Land
from .nmea_stream import Stretch
from .register_land import Holding, dividing_line
from .villages import Village

#: RTK from beginning to end; RTK that is lost for a while; a receiver without corrections.
RTK = (Stretch(0.0, "rtk_fixed"),)
RTK_LOST = (
    Stretch(0.0, "rtk_fixed"),
    Stretch(0.45, "rtk_float"),
    Stretch(0.52, "none"),
    Stretch(0.60, "rtk_float"),
    Stretch(0.68, "rtk_fixed"),
)
SINGLE = (Stretch(0.0, "single"),)

#: walk: along the boundary, vertices by distance and turn; corners: a press at each corner;
#: point: an averaged point; line: along a route.
Shape = Literal["walk", "corners", "point", "line"]


@dataclass(frozen=True)
class Photo:
    role: str
    scene: str
    bearing_deg: float = 0.0


@dataclass(frozen=True)
class Task:
    """One record visited or found by a team.

    `uuid` is None for a new record; `label` is the name that `parent` of another task refers to:
    (its reference field, label). `points` is the true shape (n, 2) in metres.
    """

    layer: str
    village: str
    answers: dict[str, Any]
    uuid: str | None = None
    label: str = ""
    parent: tuple[str, str] | None = None
    shape: Shape | None = None
    points: np.ndarray | None = None
    stretches: tuple[Stretch, ...] = RTK
    photos: tuple[Photo, ...] = ()
    code_prefix: str = ""
    #: Only confirmed to be as it was, without a form.
    unchanged: bool = False
    #: Divided by a line between the two `points`; `answers` has the names of the parts.
    divided: bool = False
    #: Corners are put onto a neighbour's where they are near it.
    snap: bool = True
    #: A second outline measured on the same walk.
    second: np.ndarray | None = None
    #: Why the surveyor confirms although the form says that something is wrong.
    despite: str = ""


@dataclass(frozen=True)
class TeamPlan:
    """A team: the name of its tablet, its surveyor, its villages and what it does there."""

    tablet: str
    surveyor: str
    villages: tuple[Village, ...]
    tasks: list[Task] = field(default_factory=list)
    #: Hour (UTC) of the first fix on the first day.
    begins: str = "2025-04-10T00:20:00+00:00"


_CROPS = ("水稻", "玉米", "油菜", "红薯", "大豆", "高粱")


class Planner:
    """Makes the three plans out of the land and its register; the same every time."""

    def __init__(self, land: Land, registered: Registered, split: set[str], seed: int) -> None:
        self.land = land
        self.known = registered
        self.random = np.random.default_rng([seed, 30])
        self.taken: set[str] = set(split)
        self.by_village: dict[str, list[Holding]] = {}
        for each in registered.holdings:
            self.by_village.setdefault(each.terrace.village.code, []).append(each)

    def plans(self, amount: int) -> list[TeamPlan]:
        """The plans; `amount` is about how many parcels each team visits."""
        villages = self.land.villages
        shared = villages[2]
        plans = [
            TeamPlan("平板一号", "李明", tuple(villages[0:4]), [], "2025-04-10T00:20:00+00:00"),
            TeamPlan("平板二号", "王芳", (*villages[4:8], shared), [], "2025-04-10T00:40:00+00:00"),
            TeamPlan("平板三号", "赵强", tuple(villages[8:12]), [], "2025-04-11T00:15:00+00:00"),
        ]
        for number, plan in enumerate(plans):
            own = [v for v in plan.villages if v is not shared or number == 0]
            self._revisits(plan, own, amount)
            self._built_over(plan, own, 2)
            self._subdivided(plan, own[0])
            self._walked(plan, own, number)
            self._new_homestead(plan, own[1], number)
            self._points(plan, own, number)
            self._relics(plan, own)
        self._common_ground(plans[0], plans[1], shared)
        self._mistakes(plans)
        return plans

    def _pick(
        self, village: Village, *, land_use: str | None = None, smallest_m2: float = 0.0
    ) -> Holding:
        """A parcel of the village that no task has touched yet; middling large ones first."""
        offered = [
            each
            for each in self.by_village.get(village.code, [])
            if each.uuid not in self.taken and each.holder is not None
            and (land_use is None or each.land_use.startswith(land_use))
            and each.terrace.outline.area >= smallest_m2
        ]  # fmt: skip
        if not offered:
            offered = [e for e in self.by_village[village.code] if e.uuid not in self.taken]
        chosen = offered[int(self.random.integers(0, len(offered)))]
        self.taken.add(chosen.uuid)
        return chosen

    def _revisits(self, plan: TeamPlan, villages: list[Village], amount: int) -> None:
        """Most parcels are found as they were; some grow something else."""
        for number in range(amount):
            village = villages[number % len(villages)]
            holding = self._pick(village, land_use="01")
            if number % 6:
                plan.tasks.append(Task("farmland", village.code, {}, holding.uuid, unchanged=True))
            else:
                crop = str(self.random.choice(_CROPS))
                answers = {"crop": crop, "planting": "LYFL" if crop == "油菜" else "LS"}
                plan.tasks.append(Task("farmland", village.code, answers, holding.uuid))

    def _built_over(self, plan: TeamPlan, villages: list[Village], count: int) -> None:
        """Cultivated land that houses stand on now."""
        for number in range(count):
            village = villages[number % len(villages)]
            holding = self._pick(village, land_use="01")
            answers = {
                "land_use": "0702", "purpose": "5", "planting": None,
                "crop": None, "quality": None, "recovery": "GCHF", "basic_farmland": "2",
                "basic_farmland_code": None, "basic_farmland_patch_m2": None,
                "basic_farmland_m2": None, "protected_from": None, "stable": None,
                "high_standard": 0, "remark": "耕地上已建房",
            }  # fmt: skip
            plan.tasks.append(
                Task("farmland", village.code, answers, holding.uuid,
                     photos=(Photo("overview", "site", 80.0),))
            )  # fmt: skip

    def _subdivided(self, plan: TeamPlan, village: Village) -> None:
        """Brothers have shared out a parcel: it ends, and its two parts begin."""
        for _ in range(40):
            holding = self._pick(village, land_use="01", smallest_m2=900)
            knife = dividing_line(holding)
            if knife is not None:
                plan.tasks.append(
                    Task("farmland", village.code, {"names": ("长子份", "次子份")}, holding.uuid,
                         divided=True, shape="line", points=knife,
                         code_prefix=holding.code[:14])
                )  # fmt: skip
                return

    def _walked(self, plan: TeamPlan, villages: list[Village], number: int) -> None:
        """A parcel measured anew corner by corner, and a new clearing walked on the hillside."""
        holding = self._pick(villages[0], land_use="01", smallest_m2=600)
        plan.tasks.append(
            Task("farmland", villages[0].code, {}, holding.uuid, shape="corners",
                 points=_ring(holding.terrace.outline))
        )  # fmt: skip
        for index, village in enumerate(villages[1:3]):
            clearing = self._clearing(village, 5 * number + index)
            if clearing is None:
                continue
            answers = {
                "name": "新开荒地", "ownership": "32", "kind": "23", "land_use": "0103",
                "purpose": "1", "planting": "LS", "crop": "玉米", "irrigation": "none",
                "slope_class": "3", "terrace": "terrace", "basic_farmland": "2",
                "neighbour_east": "山坡", "neighbour_south": "山坡", "neighbour_west": "山坡",
                "neighbour_north": "山坡", "began_on": "2025-03-15",
            }  # fmt: skip
            plan.tasks.append(
                Task("farmland", village.code, answers, shape="walk", points=_ring(clearing),
                     stretches=RTK_LOST if index else RTK, code_prefix=f"{village.code}01",
                     label=f"clearing-{village.code}")
            )  # fmt: skip

    def _clearing(self, village: Village, turn: int) -> shapely.Polygon | None:
        """Open ground near a village, apart from everything registered."""
        busy = shapely.union_all(
            [each.terrace.outline for each in self.by_village.get(village.code, [])]
            + [self.land.settlements.ground[village.code], self.land.network.taken]
            + [g for layer in ("works", "relic_extent")
               for g in self.known.register.layers[layer].geometries if g is not None]
        ).buffer(6)  # fmt: skip
        shapely.prepare(busy)
        angle = np.linspace(0, 2 * np.pi, 9, endpoint=False)
        for attempt in range(200):
            turned = 2.4 * attempt + turn
            reach = 120 + 2.5 * attempt
            middle = (village.centre.x + reach * np.cos(turned),
                      village.centre.y + reach * np.sin(turned))  # fmt: skip
            radius = 15 * (1 + 0.3 * np.sin(2 * angle + turn))
            ring = np.column_stack([middle[0] + 1.5 * radius * np.cos(angle),
                                    middle[1] + radius * np.sin(angle)])  # fmt: skip
            shape = shapely.Polygon(np.round(ring, 3))
            if village.outline.buffer(-10).contains(shape) and not busy.intersects(shape):
                return shape
        return None

    def _new_homestead(self, plan: TeamPlan, village: Village, number: int) -> None:
        """A homestead built since the old campaign, with its house, measured by corners."""
        outline, house = self._new_lot(village, number)
        label = f"homestead-{village.code}"
        plan.tasks.extend(self._homestead_tasks(village, outline, house, label, "新建房屋"))

    def _homestead_tasks(
        self, village: Village, outline: shapely.Polygon, house: shapely.Polygon, label: str,
        remark: str, *, photo: bool = True,
    ) -> list[Task]:  # fmt: skip
        holder = next(each for each in self.known.holders if each.village is village)
        area = round(outline.area)
        answers = {
            "household_uuid": holder.uuid, "address": f"{village.town_name}{village.name}",
            "use": "1", "approved_area_m2": float(area), "obtained": "1",
            "obtained_on": "2023-05-01", "over_limit": "2", "several_homesteads": 1,
            "certified": "2", "uncertified_reason": "2", "neighbour_east": "道路",
            "neighbour_south": "空地", "neighbour_west": "邻户", "neighbour_north": "山坡",
            "began_on": "2025-04-10", "remark": remark,
        }  # fmt: skip
        storeys = 2
        floor = round(house.area * storeys, 2)
        return [
            Task("homestead", village.code, answers, label=label, shape="corners",
                 points=_ring(outline), code_prefix=f"{village.code}JC",
                 photos=(Photo("overview", "house", 20.0),)),
            Task("house", village.code,
                 {"storeys": storeys, "structure": "4", "use": "1", "kind": "1", "nature": "1",
                  "built_year": 2023, "danger_grade": "A", "floor_area_m2": floor,
                  "began_on": "2025-04-10"},
                 label=f"house-{label}", parent=("homestead_uuid", label), shape="corners",
                 points=_ring(house), photos=(Photo("front", "house", 200.0),) if photo else ()),
        ]  # fmt: skip

    def _new_lot(self, village: Village, number: int) -> tuple[shapely.Polygon, shapely.Polygon]:
        """Free ground of a homestead's size beside the settlement, and the house on it."""
        busy = shapely.union_all(
            [each.outline for each in self.land.settlements.lots if each.village is village]
            + [each.terrace.outline for each in self.by_village.get(village.code, [])]
            + [self.land.network.taken]
        )
        shapely.prepare(busy)
        for attempt in range(4000):
            turned = 0.7 * attempt + number
            reach = 20 + 0.12 * attempt
            x = round(village.centre.x + reach * np.cos(turned), 3)
            y = round(village.centre.y + reach * np.sin(turned), 3)
            lot = shapely.box(x, y, x + 12.0, y + 12.5)
            if village.outline.contains(lot) and not busy.intersects(lot.buffer(0.8)):
                return lot, shapely.box(x + 1.0, y + 2.5, x + 11.0, y + 11.5)
        raise LookupError(village.code)

    def _points(self, plan: TeamPlan, villages: list[Village], number: int) -> None:
        """Facilities and a place name by averaged points, and a path walked with a dropout."""
        ground = self.land.settlements.ground
        for index, (kind, name, more) in enumerate(
            (
                ("charger", "充电桩", {"capacity_kva": 60.0}),
                ("broadcast", "应急广播", {}),
                ("express", "快递服务点", {}),
            )
        ):
            village = villages[index % len(villages)]
            spot = ground[village.code].representative_point()
            place = village.name.removesuffix("村")
            plan.tasks.append(
                Task("facility", village.code,
                     {"kind": kind, "name": place + name, "running_state": "normal",
                      "built_year": 2024, "owner": f"{village.name}委会",
                      "began_on": "2025-04-11", **more},
                     shape="point",
                     points=np.array([[spot.x + 3 * index - 4, spot.y + 2.0 * index + number]]),
                     stretches=SINGLE if index == 1 else RTK,
                     photos=(Photo("overview", "house", 60.0 * index),))
            )  # fmt: skip
        village = villages[0]
        start = village.centre
        way = np.array(
            [[start.x + 6 * t + 9 * np.sin(t / 2), start.y + 9 * t] for t in np.linspace(0, 14, 12)]
        )
        plan.tasks.append(
            Task("route", village.code,
                 {"kind": "path", "name": village.name.removesuffix("村") + "便道",
                  "running_state": "normal", "width_m": 1.5, "surface": "stone",
                  "began_on": "2025-04-11"},
                 shape="line", points=way, stretches=RTK_LOST)
        )  # fmt: skip

    def _relics(self, plan: TeamPlan, villages: list[Village]) -> None:
        """Relics re-surveyed: an averaged point, two photos, sometimes a worse condition."""
        codes = {each.code for each in villages}
        mine = [
            (relic, uuid)
            for relic, uuid in zip(
                self.land.relics, self.known.register.layers["relic"].uuids, strict=True
            )
            if relic.village.code in codes
        ]
        for index, (relic, uuid) in enumerate(mine[:4]):
            answers: dict[str, Any] = {"surveyed_on": "2025-04-12",
                                       "surveyed_by": plan.surveyor}  # fmt: skip
            photos = [Photo("overview", relic.scene, 120.0), Photo("direction", relic.scene, 45.0)]
            if index == 1:
                answers |= {"condition": "4", "condition_note": "屋面渗漏，局部构件朽坏",
                            "damage_natural": "02;08", "damage_human": "06"}  # fmt: skip
                photos.append(Photo("damage", relic.scene, 300.0))
            plan.tasks.append(
                Task("relic", relic.village.code, answers, uuid, shape="point",
                     points=np.array([[relic.point.x, relic.point.y]]), photos=tuple(photos))
            )  # fmt: skip

    def _common_ground(self, first: TeamPlan, second: TeamPlan, village: Village) -> None:
        """Where the two areas meet both teams come by: conflicts, and a house surveyed twice."""
        answered = self._pick(village, land_use="0101", smallest_m2=500)
        reshaped, third = (self._pick(village, land_use="01", smallest_m2=500) for _ in range(2))
        for team, land_use, crop in ((first, "0103", "玉米"), (second, "0102", "红薯")):
            team.tasks.append(
                Task("farmland", village.code, {"land_use": land_use, "crop": crop}, answered.uuid)
            )
        ring = _ring(reshaped.terrace.outline)
        for team, points in ((first, ring), (second, _shortened(ring))):
            team.tasks.append(
                Task("farmland", village.code, {}, reshaped.uuid, shape="corners", points=points)
            )
        for team, delegate in ((first, "村组代表"), (second, "承包户本人")):
            team.tasks.append(
                Task("farmland", village.code, {"delegate_name": delegate}, third.uuid)
            )
        outline, house = self._new_lot(village, 9)
        for team, label in ((first, "twice-1"), (second, "twice-2")):
            team.tasks.extend(self._homestead_tasks(village, outline, house, label, "两队都到"))

    def _mistakes(self, plans: list[TeamPlan]) -> None:
        """What goes wrong in the field, for the check to find."""
        third = plans[2]
        village = third.villages[1]
        astray, tape, two, unnamed = (
            self._pick(village, land_use="01", smallest_m2=500) for _ in range(4)
        )
        base = "基站坐标输错"
        third.tasks.append(
            Task("farmland", village.code, {"remark": base}, astray.uuid, shape="corners",
                 snap=False, points=_ring(astray.terrace.outline) + np.array([2.4, 1.6]))
        )  # fmt: skip
        taped_m2 = round(tape.terrace.outline.area * 1.31, 1)
        third.tasks.append(
            Task("farmland", village.code, {"measured_area_m2": taped_m2}, tape.uuid)
        )
        far = self._clearing(village, 23)
        third.tasks.append(
            Task("farmland", village.code, {"remark": "飞地一并采集"}, two.uuid, shape="corners",
                 points=_ring(two.terrace.outline), second=None if far is None else _ring(far))
        )  # fmt: skip
        third.tasks.append(
            Task("farmland", village.code, {"neighbour_east": None, "neighbour_south": None},
                 unnamed.uuid, despite="四至未到场")
        )  # fmt: skip
        first = plans[0]
        home = first.villages[1]
        holder = [each for each in self.known.holders if each.village is home][2]
        first.tasks.append(
            Task("member", home.code,
                 {"household_uuid": holder.uuid, "name": holder.head.name[0] + "小宝", "sex": "1",
                  "kinship": "40", "id_kind": "1", "id_number": "990101202401150013",
                  "born_on": "2024-01-15", "shares_right": "1", "collective_member": 1,
                  "began_on": "2025-04-10"},
                 despite="证件号按口述填写")
        )  # fmt: skip
        outline, house = self._new_lot(home, 17)
        outside = shapely.transform(house, lambda xy: xy + np.array([9.0, 0.0]))
        tasks = self._homestead_tasks(home, outline, outside, "astray", "房屋越界", photo=False)
        tasks[1].answers["real_estate_unit"] = "990101001002GC00017F0001"
        first.tasks.extend([tasks[0], replace(tasks[1], despite="不动产单元号抄自旧证")])


def _shortened(ring: np.ndarray) -> np.ndarray:
    """The outline of a team that took another ridge for the parcel's far end."""
    middle = ring[:-1].mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((ring[:-1] - middle).T))
    along = (ring - middle) @ axes[:, 1]
    too_far = np.maximum(along - (along.min() + 0.78 * np.ptp(along)), 0)
    return ring - too_far[:, None] * axes[:, 1]


def _ring(outline: shapely.Polygon) -> np.ndarray:
    """Corners of an outline, closed, (n, 2)."""
    return shapely.get_coordinates(outline.exterior)
