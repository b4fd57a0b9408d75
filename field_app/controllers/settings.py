"""The settings of one tablet, kept in its folder: receiver, datum, antenna, walking, arriving, and
how the app looks."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from xiangtu.errors import BadFile, BadInput, SurveyError
from xiangtu.gnss.boundary_walk import WalkSettings
from xiangtu.gnss.declared import TALLEST_ANTENNA_M, Declared
from xiangtu.gnss.fix import Datum
from xiangtu.gnss.stakeout import StakeoutSettings
from xiangtu.store import places

SETTINGS_FILE = "settings.json"
Language = Literal["zh", "en"]
Theme = Literal["day", "contrast", "night"]
TextSize = Literal["normal", "large", "extra_large"]
#: Minutes in the background after which the PIN may be asked for.
LOCK_AFTER_MIN = (1, 5, 15, 60)
#: Receivers that one is offered again.
_MOST_RECENT = 8


@dataclass(frozen=True)
class Settings:
    """What a surveyor chose on this tablet; what was never chosen is as it stands here.

    `receiver` is the address of the source of positions ("" where none was chosen: the device's
    own), `recent_receivers` those chosen before, the last one first. `accuracy_m` is the horizontal
    accuracy asked of layers whose catalogue asks for a worse one, None for the catalogue's alone.
    `walk_every_s` and
    `walk_turn_deg` are None where time, or turns, lay no vertex. Theme `contrast` is for the sun;
    `left_handed` puts the main buttons on the other side; `snaps` puts corners that are drawn onto
    those of neighbours. After `lock_after_min` minutes in the background the app asks for the PIN.
    `unknown` is what a newer program left in the file.
    """

    receiver: str = ""
    recent_receivers: tuple[str, ...] = ()
    rtk_datum: Datum = "CGCS2000"
    antenna_height_m: float | None = None
    accuracy_m: float | None = None
    arrival_m: float = StakeoutSettings.arrival_m
    walk_every_m: float = WalkSettings.every_m
    walk_every_s: float | None = WalkSettings.every_s
    walk_turn_deg: float | None = WalkSettings.turn_deg
    language: Language = "zh"
    theme: Theme = "day"
    text_size: TextSize = "normal"
    left_handed: bool = False
    lock_after_min: int = 5
    snaps: bool = True
    unknown: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """BadInput("field.settings.value") for what cannot be."""
        for name, sound in _SOUND.items():
            value = getattr(self, name)
            if not sound(value):
                raise BadInput("field.settings.value", setting=f"setting.{name}", value=str(value))

    def typed(self, name: str, text: str) -> Settings:
        """The same with a number as it was typed, in full-width digits too; none where nothing
        was typed.

        BadInput("field.settings.value") for what is no number, or none that can be.
        """
        text = unicodedata.normalize("NFKC", text).strip()
        try:
            number = float(text) if text else None
        except ValueError:
            raise BadInput("field.settings.value", setting=f"setting.{name}", value=text) from None
        return replace(self, **{name: number})

    def with_receiver(self, address: str) -> Settings:
        """The same with another receiver, which is the first of the recent ones."""
        address = address.strip()
        others = (each for each in self.recent_receivers if each != address)
        recent = (address, *others) if address else tuple(others)
        return replace(self, receiver=address, recent_receivers=recent[:_MOST_RECENT])

    @property
    def declared(self) -> Declared:
        """What every fix of the receiver gets."""
        return Declared(self.rtk_datum, self.antenna_height_m)

    @property
    def stakeout(self) -> StakeoutSettings:
        return StakeoutSettings(arrival_m=self.arrival_m)

    def walk(self, base: WalkSettings) -> WalkSettings:
        """A layer's settings for walking, with those that are the surveyor's to choose."""
        return replace(
            base,
            every_m=self.walk_every_m,
            every_s=self.walk_every_s,
            turn_deg=self.walk_turn_deg,
        )


@dataclass(frozen=True)
class Loaded:
    """Settings as read; `notes` say what in the file could not be used, in the order found."""

    settings: Settings
    notes: tuple[SurveyError, ...] = ()


def load(folder: Path | str) -> Loaded:
    """The settings in a tablet's folder; those never chosen are the defaults.

    A file that is none is put aside under another name, and a value that cannot be is passed
    over; `notes` tell of either ("field.settings.damaged", "field.settings.value"). BadFile
    ("file.…") only where the folder itself cannot be used.
    """
    path = Path(folder) / SETTINGS_FILE
    with places.place_told(path):
        places.sweep(path.parent)
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return Loaded(Settings())
        try:
            found = json.loads(text.decode("utf-8"), parse_constant=_finite, parse_float=_finite)
            if not isinstance(found, dict):
                raise ValueError("no object")
        except (ValueError, RecursionError) as fault:
            aside = _aside(path)
            path.replace(aside)
            note = BadFile(
                "field.settings.damaged", path=str(path), aside=str(aside), reason=str(fault)
            )
            return Loaded(Settings(), (note,))
    settings, notes = Settings(), []
    known = {each.name for each in fields(Settings)} - {"unknown"}
    for name in known & set(found):
        value = found[name]
        try:
            settings = replace(settings, **{name: tuple(value) if _is_list(value) else value})
        except BadInput as note:
            notes.append(note)
    left = {name: value for name, value in found.items() if name not in known}
    return Loaded(replace(settings, unknown=left), tuple(notes))


def save(folder: Path | str, settings: Settings) -> None:
    """Keep settings in a tablet's folder: whole on the disk, or as they were before.

    BadFile ("place.missing", "file.readonly_place", "file.disk_full"…).
    """
    path = Path(folder) / SETTINGS_FILE
    own = {
        each.name: getattr(settings, each.name)
        for each in fields(Settings)
        if each.name != "unknown"
    }
    text = json.dumps({**settings.unknown, **own}, indent=1)
    places.replace_text(path, text + "\n")


def _aside(path: Path) -> Path:
    """A name for a damaged file that no earlier one has."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    return aside


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _number(least: float, most: float, *, or_none: bool = False) -> Callable[[Any], bool]:
    def sound(value: Any) -> bool:
        if value is None:
            return or_none
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return math.isfinite(value) and least <= value <= most

    return sound


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable()


#: Whether a value can be that of a setting. A walk that lays a vertex each centimetre, or a place
#: at which one arrives from a kilometre away, was mistyped.
_SOUND: Mapping[str, Callable[[Any], bool]] = {
    "receiver": _is_address,
    "recent_receivers": lambda value: isinstance(value, tuple) and all(map(_is_address, value)),
    "rtk_datum": lambda value: value in get_args(Datum),
    "antenna_height_m": _number(0, TALLEST_ANTENNA_M, or_none=True),
    "accuracy_m": _number(0.01, 100, or_none=True),
    "arrival_m": _number(0.01, 100),
    "walk_every_m": _number(0.1, 10_000),
    "walk_every_s": _number(0.1, 3600, or_none=True),
    "walk_turn_deg": _number(1, 180, or_none=True),
    "language": lambda value: value in get_args(Language),
    "theme": lambda value: value in get_args(Theme),
    "text_size": lambda value: value in get_args(TextSize),
    "left_handed": lambda value: isinstance(value, bool),
    "lock_after_min": lambda value: type(value) is int and value in LOCK_AFTER_MIN,
    "snaps": lambda value: isinstance(value, bool),
}
