"""Positions from gpsd, on a desktop: gpsd-py3 makes the connection, we outlive it.

gpsd-py3 keeps one connection for the whole process, polls, gives 0/0 where gpsd says nothing,
and does not say the fix type. So it greets the daemon for us, and from then on we read the
reports of every epoch off the connection it made.
"""

from __future__ import annotations

import contextlib
import json
import math
import socket
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import gpsd

from ..errors import BadInput
from .condition import NO_RECEIVER
from .fix import AccuracyFrom, Fix, FixType
from .links import CONNECT_TIMEOUT_S, SocketLink
from .live import Link, LiveSource
from .quality import accuracy_from_dop, position_problem
from .satellites import Satellite

#: TPV's "status" (gpsd_json(5)); missing means unknown or an ordinary fix. 5 and 6 are dead
#: reckoning alone and with GNSS, 7 a surveyed clock, 8 a simulator.
_STATUS: Mapping[int, FixType] = {
    0: "single",
    1: "single",
    2: "differential",
    3: "rtk_fixed",
    4: "rtk_float",
    5: "none",
    6: "single",
    7: "none",
    8: "single",
    9: "single",
}
_SIMULATED = 8
#: What gpsd multiplies HDOP with when the receiver gives no accuracy (95 %, without and with
#: corrections; before and since release 3.21): its "eph" is then no more than the DOP.
_GPSD_METRES_PER_HDOP = (15.0, 3.75, 19.0, 4.75)
#: eph is a 95 % circle; a Fix carries 68 % (two-dimensional, distance root mean square).
_FROM_95_TO_DRMS = 1 / 1.7308
#: The same for epv, which is of one dimension.
_FROM_95_TO_68 = 1 / 1.96
#: RINEX's letter by gpsd's "gnssid", which is u-blox's; 4 is IMES, which is no satellite.
_LETTERS: Mapping[int, str] = {0: "G", 1: "S", 2: "E", 3: "C", 5: "J", 6: "R", 7: "I"}
_LONGEST_REPORT = 1 << 16
#: gpsd-py3 keeps its connection in the module.
_GREETING = threading.Lock()
#: A greeting that is cut short ends at once; this is for a machine that is busy.
_GREETING_CUT_S = 1.0


def fix_from_reports(
    tpv: Mapping[str, Any],
    sky: Mapping[str, Any] | None = None,
    gst: Mapping[str, Any] | None = None,
    tablet_time: datetime | None = None,
) -> Fix:
    """A Fix from gpsd's reports (JSON objects of class TPV, SKY and GST) of one epoch.

    Of type "none" at NaN if the mode is below 2, or the position missing or refused.
    """
    sky, gst = sky or {}, gst or {}
    longitude = _number(tpv, "lon")
    latitude = _number(tpv, "lat")
    mode, status = _number(tpv, "mode") or 0, _number(tpv, "status") or 0
    fix_type: FixType = _STATUS.get(round(status), "single")
    if mode < 2 or longitude is None or latitude is None or position_problem(longitude, latitude):
        fix_type = "none"
    if fix_type == "none" or longitude is None or latitude is None:
        longitude = latitude = math.nan
    in_3d = mode >= 3 and fix_type != "none"
    hdop = _number(sky, "hdop")
    used, in_view = _counted(sky)
    horizontal_m, vertical_m, accuracy_from = _accuracy(tpv, gst, hdop, fix_type)
    return Fix(
        time=_time(tpv),
        longitude_deg=longitude,
        latitude_deg=latitude,
        fix_type=fix_type,
        height_ellipsoid_m=_number(tpv, "altHAE") if in_3d else None,
        height_sea_level_m=_number(tpv, "altMSL") if in_3d else None,
        geoid_separation_m=_number(tpv, "geoidSep"),
        satellites=used,
        satellites_in_view=in_view,
        hdop=hdop,
        pdop=_number(sky, "pdop"),
        horizontal_accuracy_m=horizontal_m,
        vertical_accuracy_m=vertical_m,
        accuracy_from=accuracy_from,
        correction_age_s=_number(tpv, "dgpsAge"),
        speed_mps=_number(tpv, "speed"),
        track_deg=_number(tpv, "track"),
        source="gpsd",
        tablet_time=tablet_time,
        mock=status == _SIMULATED,
    )


def _accuracy(
    tpv: Mapping[str, Any], gst: Mapping[str, Any], hdop: float | None, fix_type: FixType
) -> tuple[float | None, float | None, AccuracyFrom | None]:
    """Horizontal and vertical accuracy (metres, 68 %) and where they are from."""
    if fix_type == "none":
        return None, None, None
    north_m, east_m = _number(gst, "lat"), _number(gst, "lon")
    if north_m is not None and east_m is not None and north_m + east_m > 0:
        return math.hypot(north_m, east_m), _number(gst, "alt"), "gst"
    eph_m = _number(tpv, "eph")
    if eph_m is not None and not _is_dop(eph_m, hdop):
        epv_m = _number(tpv, "epv")
        vertical_m = None if epv_m is None else epv_m * _FROM_95_TO_68
        return eph_m * _FROM_95_TO_DRMS, vertical_m, "receiver"
    from_dop_m = accuracy_from_dop(hdop, fix_type)
    return from_dop_m, None, None if from_dop_m is None else "dop"


def _is_dop(eph_m: float, hdop: float | None) -> bool:
    if hdop is None or hdop <= 0:
        return False
    return any(abs(eph_m / hdop - factor) < 0.01 * factor for factor in _GPSD_METRES_PER_HDOP)


def _number(report: Mapping[str, Any], key: str) -> float | None:
    value = report.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None


def _counted(sky: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Satellites used and in view. gpsd lists, and counts, one again for each of its signals."""
    named = satellites_of(sky)
    if named:
        return sum(each.used for each in named), len(named)
    used, in_view = sky.get("uSat"), sky.get("nSat")
    return (
        used if isinstance(used, int) else None,
        in_view if isinstance(in_view, int) else None,
    )


def satellites_of(sky: Mapping[str, Any]) -> tuple[Satellite, ...]:
    """The satellites of a SKY report, by name; those that it does not tell the system of are left
    out. One that is listed for each of its signals has the strongest."""
    found: dict[str, Satellite] = {}
    for each in sky.get("satellites") or ():
        letter, number = _LETTERS.get(each.get("gnssid", -1)), each.get("svid")
        if letter is None or not isinstance(number, int):
            continue
        name = f"{letter}{number - 100 if letter == 'S' and number > 100 else number:02d}"
        strength, used = _number(each, "ss"), bool(each.get("used"))
        elevation, azimuth = _number(each, "el"), _number(each, "az")
        before = found.get(name)
        if before is not None:
            used = used or before.used
            strength = max((one for one in (strength, before.snr_dbhz) if one), default=None)
            elevation = before.elevation_deg if elevation is None else elevation
            azimuth = before.azimuth_deg if azimuth is None else azimuth
        found[name] = Satellite(name, elevation, azimuth, strength, used)
    return tuple(found[name] for name in sorted(found))


def _epoch_of(tpv: Mapping[str, Any]) -> object:
    return tpv.get("time") or (tpv.get("lat"), tpv.get("lon"))


def _time(report: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(report["time"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        return None


class GpsdSource(LiveSource):
    """Fixes from a gpsd; one that is not there (yet), dies or comes back is waited for."""

    def __init__(self, host: str = "127.0.0.1", port: int = 2947, **waits: float) -> None:
        super().__init__(f"gpsd://{host}:{port}", **waits)
        self._host, self._port = host, port
        self._reset()

    def _reset(self) -> None:
        self._partial = b""
        self._tpv: dict[str, Any] | None = None
        self._sky: dict[str, Any] | None = None
        self._gst: dict[str, Any] | None = None
        self._given: Any = None

    def sky(self) -> tuple[Satellite, ...]:
        return satellites_of(self._sky or {})

    def _open(self) -> Link:
        """The connection of gpsd-py3 after its greeting, switched to reports of every epoch."""
        failed: list[Exception] = []

        def greet() -> None:
            try:
                gpsd.connect(self._host, self._port)
            except Exception as error:  # raised again by the thread that waits, below
                failed.append(error)

        with _GREETING:
            gpsd.gpsd_socket = None
            # gpsd-py3 sets no time limit; shutting its socket down ends its waiting.
            worker = threading.Thread(target=greet, name="gpsd greeting", daemon=True)
            worker.start()
            worker.join(CONNECT_TIMEOUT_S)
            connection, stream = gpsd.gpsd_socket, gpsd.gpsd_stream
            if worker.is_alive() or failed:
                _end(connection)
                worker.join(_GREETING_CUT_S)
            gpsd.gpsd_socket = gpsd.gpsd_stream = None
        if failed and isinstance(failed[0], OSError):
            raise failed[0]
        if failed and not _cut_off(failed[0]):
            # gpsd-py3 stumbles over what others say in as many ways as there are others.
            raise BadInput("gnss.not_gpsd", address=self.name) from failed[0]
        if worker.is_alive() or failed:
            raise TimeoutError(self.name)
        stream.write('?WATCH={"enable":true,"json":true}\n')
        stream.flush()
        stream.close()  # the connection stays: we read it with a time limit, which a stream cannot
        return SocketLink(connection)

    def _take(self, data: bytes) -> Iterator[Fix]:
        self.counts.bytes += len(data)
        *lines, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) > _LONGEST_REPORT:
            self.counts.other_bytes += len(self._partial)
            self._partial = b""
        for line in lines:
            try:
                report = json.loads(line)
                kind = report["class"]
            except (ValueError, KeyError, TypeError):
                self.counts.unreadable += 1
                continue
            self.counts.sentences += 1
            self.lines.append(line.decode("utf-8", "replace").strip())
            yield from self._report(kind, report)

    def _report(self, kind: str, report: dict[str, Any]) -> Iterator[Fix]:
        if kind == "TPV":
            # gpsd says an epoch again when it learns more: the last of one time is the fullest.
            # Before it has the date there is but the place to tell epochs by.
            at = report.get("time")
            if self._tpv is not None and _epoch_of(self._tpv) != _epoch_of(report):
                yield from self._finished()
            if at is not None and at == self._given:
                self.counts.late += 1
            else:
                self._tpv = report
        elif kind == "SKY":
            # DOPs and satellites may come in reports of their own.
            self._sky = {**(self._sky or {}), **report}
        elif kind == "GST":
            self._gst = report
        elif (kind == "DEVICES" and not report.get("devices")) or (
            kind == "DEVICE" and report.get("activated") == 0
        ):
            self.status = NO_RECEIVER

    def _finished(self) -> Iterator[Fix]:
        fix = self._pause()
        if fix is not None:
            yield fix

    def _pause(self, *, ended: bool = True) -> Fix | None:
        tpv, self._tpv = self._tpv, None
        if tpv is None:
            return None
        at = self._given = tpv.get("time")
        gst = self._gst if self._gst is not None and self._gst.get("time") == at else None
        fix = fix_from_reports(tpv, self._sky, gst, datetime.now(UTC))
        if fix.fix_type == "none" and "lat" in tpv and (_number(tpv, "mode") or 0) >= 2:
            self.counts.refused_positions += 1
        return fix


def _cut_off(fault: Exception) -> bool:
    """Whether a greeting failed since the connection ended before a whole line was said."""
    return isinstance(fault, json.JSONDecodeError) and not fault.doc.endswith("\n")


def _end(connection: socket.socket | None) -> None:
    if connection is None:
        return
    with contextlib.suppress(OSError):  # it may never have come to be
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
