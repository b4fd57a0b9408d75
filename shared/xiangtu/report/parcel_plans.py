"""What the plans of parcels say beside their fields: corners with coordinates and sides, the sheet
of the map series. For 地块示意图 of farmland and 宗地图 of homesteads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import shapely

from ..errors import BadInput, Cancelled
from ..geo import blobs, gauss_kruger
from ..geo.corner_list import ListedCorner, corner_list
from ..geo.sheet_numbers import sheet_number
from ..geo.zones import zone_of_srid
from ..store import SurveyFile

#: Layers with plans of their own: each names the column by which boundary points say they are its.
PLANNED = {"farmland": "farmland_uuid", "homestead": "homestead_uuid"}
#: The scale whose sheet a parcel is said to lie on.
_SHEET_SCALE = 2000
_REPORT_EVERY = 200


@dataclass(frozen=True)
class ParcelPlan:
    """The corners of one record, and the 1:2000 sheet that its middle lies on; "" where the
    county's CRS is none of the zones of CGCS2000."""

    record: str
    corners: tuple[ListedCorner, ...]
    sheet_number: str


def parcel_plans(
    file: SurveyFile,
    layer: str,
    *,
    villages: Sequence[str] | None = None,
    records: Sequence[str] | None = None,
    most: int | None = None,
    progress: Callable[[float, str], bool | None] | None = None,
) -> list[ParcelPlan]:
    """Plans of the records of a layer that have an outline and have not ended, by code.

    Parameters
    ----------
    layer : str
        One of PLANNED.
    villages, records : sequence of str, optional
        Codes of villages and uuids of records to keep to; all by default.
    most : int, optional
        How many plans are as many as anyone can use at a time.

    Raises
    ------
    Cancelled
    BadInput
        "plan.too_many" (facts count, most).
    BadFile
        "geometry.blob" for a damaged outline.
    """
    key = file.catalogue.layer(layer).key
    rows = file.connection.execute(
        f'SELECT uuid, geometry FROM "{layer}" WHERE ended_on IS NULL AND geometry IS NOT NULL '
        "AND (:villages IS NULL OR village IN (SELECT value FROM json_each(:villages))) "
        "AND (:records IS NULL OR uuid IN (SELECT value FROM json_each(:records))) "
        f'ORDER BY "{key}", uuid',
        {"villages": _listed(villages), "records": _listed(records)},
    ).fetchall()
    if most is not None and len(rows) > most:
        raise BadInput("plan.too_many", count=len(rows), most=most)
    surveyed = _surveyed_points(file, PLANNED[layer])
    zoned = zone_of_srid(file.srid) is not None
    made = []
    for at, (record, blob) in enumerate(rows):
        if (
            progress is not None
            and at % _REPORT_EVERY == 0
            and progress(at / len(rows), "plan.corners") is False
        ):
            raise Cancelled("cancelled", step="plan.corners")
        outline = blobs.decode_one(blob)
        number = ""
        if zoned:
            middle = shapely.point_on_surface(outline)
            longitude, latitude = gauss_kruger.inverse(middle.x, middle.y, file.srid)
            number = sheet_number(float(longitude), float(latitude), _SHEET_SCALE)
        corners = tuple(corner_list(outline, surveyed.get(record, ())))
        made.append(ParcelPlan(record, corners, number))
    return made


def _listed(values: Iterable[str] | None) -> str | None:
    return None if values is None else json.dumps(list(values))


def _surveyed_points(file: SurveyFile, column: str) -> dict[str, list[tuple[str, float, float]]]:
    """Surveyed boundary points by the record they belong to: number, easting, northing."""
    found: dict[str, list[tuple[str, float, float]]] = {}
    rows = file.connection.execute(
        f'SELECT "{column}", number, geometry FROM boundary_point WHERE ended_on IS NULL '
        f'AND "{column}" IS NOT NULL AND number IS NOT NULL AND geometry IS NOT NULL'
    )
    for record, number, blob in rows:
        at = blobs.decode_one(blob)
        found.setdefault(record, []).append((number, at.x, at.y))
    return found
