"""Pictures for the records of the old campaign: one drawing may serve several houses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xiangtu.geo import gauss_kruger
from xiangtu.store import SurveyFile, attachments

from . import pictures
from .land import Land
from .register import Register, fixed_uuid

#: How many different pictures of one scene there are for ordinary records.
_POOL = {"house": 10, "certificate": 2, "canal": 2, "terrace": 4}


@dataclass(frozen=True)
class _Kept:
    sha256: str
    size_bytes: int


def add_pictures(
    file: SurveyFile, register: Register, land: Land, seed: int, tell: Callable[[float], None]
) -> None:
    """Attach what the catalogue asks for, so that a check of the old campaign finds nothing."""
    kept: dict[tuple[str, int], _Kept] = {}
    rows: list[dict[str, Any]] = []
    names: list[str] = []

    def want(record: str, layer: str, role: str, scene: str, number: int, caption: str) -> None:
        which = scene, number % _POOL[scene]
        if which not in kept:
            kept[which] = _keep(file, pictures.take(scene, [seed, 20, *map(ord, scene), which[1]]))
        rows.append(_row(record, layer, role, caption, kept[which]))
        names.append(f"{record}-{role}")

    for number, (values, uuid) in enumerate(_records(register, "homestead")):
        want(uuid, "homestead", "overview", "house", number, "宅基地全景")
        if values["certified"] == "1":
            want(uuid, "homestead", "certificate", "certificate", number, "不动产权证书")
    for number, (_, uuid) in enumerate(_records(register, "household")):
        want(uuid, "household", "certificate", "certificate", number, "承包经营权证书")
    for number, (_, uuid) in enumerate(_records(register, "house")):
        want(uuid, "house", "front", "house", number, "房屋正面")
    for number, (values, uuid) in enumerate(_records(register, "facility")):
        want(uuid, "facility", "overview", "house", number, values["name"])
    for number, (values, uuid) in enumerate(_records(register, "works")):
        want(uuid, "works", "overview", "canal", number, values["name"])
    for number, (values, uuid) in enumerate(_records(register, "farmland")):
        if values.get("recovery") or values.get("planting") == "WG":
            want(uuid, "farmland", "overview", "terrace", number, values["name"])
    tell(0.3)
    _add_relics(file, register, land, seed, rows, names, lambda part: tell(0.3 + 0.6 * part))
    file.insert_many("attachment", rows, uuids=[fixed_uuid("attachment", each) for each in names])
    tell(1.0)


def _records(register: Register, layer: str) -> list[tuple[dict[str, Any], str]]:
    rows = register.layers[layer]
    return list(zip(rows.values, rows.uuids, strict=True))


def _keep(file: SurveyFile, data: bytes) -> _Kept:
    sha256 = hashlib.sha256(data).hexdigest()
    attachments.keep_bytes(file.attachments, sha256, data)
    return _Kept(sha256, len(data))


def _row(record: str, layer: str, role: str, caption: str, kept: _Kept) -> dict[str, Any]:
    return {
        "record": record, "layer": layer, "sha256": kept.sha256, "media_type": "image/jpeg",
        "size_bytes": kept.size_bytes, "kind": "photo", "role": role, "caption": caption,
        "author": "普查二队",
    }  # fmt: skip


def _add_relics(
    file: SurveyFile,
    register: Register,
    land: Land,
    seed: int,
    rows: list[dict[str, Any]],
    names: list[str],
    tell: Callable[[float], None],
) -> None:
    """Each relic has pictures of its own, with position and bearing in EXIF."""
    for number, (relic, uuid) in enumerate(
        zip(land.relics, register.layers["relic"].uuids, strict=True)
    ):
        longitude, latitude = gauss_kruger.inverse(relic.point.x, relic.point.y, file.srid)
        roles = [("overview", 135.0), ("direction", 15.0 + 23 * number % 360)]
        if relic.condition in ("4", "5"):
            roles.append(("damage", 200.0))
        height = float(land.terrain.at(land.terrain.height_m, relic.point.x, relic.point.y))
        for index, (role, bearing) in enumerate(roles):
            at = datetime(2019, 9, 12, 9 + number % 8, (7 * number) % 60, 10 * index)
            shot = pictures.Shot(
                at, float(longitude), float(latitude), height, bearing, "Survey team 2"
            )
            data = pictures.take(relic.scene, [seed, 21, number, index], shot)
            side = f"由{_side(bearing)}摄"
            row = _row(uuid, "relic", role, f"{relic.name}（{side}）", _keep(file, data))
            row |= {
                "taken_at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "longitude_deg": round(float(longitude), 8),
                "latitude_deg": round(float(latitude), 8),
                "bearing_deg": bearing,
            }
            rows.append(row)
            names.append(f"{uuid}-{role}")
        tell((number + 1) / len(land.relics))


def _side(bearing_deg: float) -> str:
    """Where the photographer stands, opposite to where the camera looks."""
    names = ("南", "西南", "西", "西北", "北", "东北", "东", "东南")
    return names[int((bearing_deg + 22.5) % 360 // 45)]
