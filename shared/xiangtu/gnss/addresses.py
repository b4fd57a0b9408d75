"""A source of positions from what a person typed, or what the settings say."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from ..errors import BadInput
from .links import TcpClient, TcpServer, Udp
from .nmea_file import NmeaFile
from .nmea_live import NmeaListening, NmeaLive, NmeaSerial
from .source import Source

GPSD_PORT = 2947
_ANY_HOST = "0.0.0.0"


def open_source(address: str | Path, *, speed: float | None = None) -> Source:
    """A source from its address.

    - "gpsd://host" or "gpsd://host:port": a gpsd;
    - "tcp://host:port": sentences served there; "tcp-listen://:port": whoever connects here;
    - "udp://:port": sentences sent here (a host before the colon: on that address of ours only);
    - "serial:///dev/ttyUSB0" or "serial://COM3", with "?rate=9600" if it shall not be found out;
    - anything else is a file of sentences, or "file:///path?speed=10": replayed `speed` times as
      fast as it was recorded, or as fast as can be.

    Raises
    ------
    BadInput
        "gnss.address" for an address that is none; "gnss.serial.not_here" where pyserial is not;
        BadFile("gnss.file…") as NmeaFile does.
    """
    text = str(address)
    if "://" not in text:
        return NmeaFile(Path(text), speed=speed)
    try:
        parts = urlsplit(text)
        port = parts.port if parts.scheme in ("gpsd", "tcp", "tcp-listen", "udp") else None
    except ValueError:
        raise BadInput("gnss.address", address=text) from None
    host, options = parts.hostname, parse_qs(parts.query)
    match parts.scheme:
        case "file":
            return NmeaFile(Path(unquote(parts.path)), speed=_number(options, "speed", text, speed))
        case "serial":
            return _serial(text, parts, options)
        case "gpsd" if host:
            from .gpsd import GpsdSource  # gpsd-py3 is not on the tablet

            return GpsdSource(host, port or GPSD_PORT)
        case "tcp" if host and port:
            return NmeaLive(text, TcpClient(host, port))
        case "tcp-listen" if port:
            return NmeaListening(text, TcpServer(host or _ANY_HOST, port))
        case "udp" if port:
            return NmeaLive(text, Udp(host or _ANY_HOST, port))
    raise BadInput("gnss.address", address=text)


def _serial(text: str, parts: SplitResult, options: dict[str, list[str]]) -> Source:
    device = unquote(parts.path if parts.path.strip("/") else parts.netloc)
    rate = _number(options, "rate", text, None)
    if not device or (rate is not None and rate != int(rate)):
        raise BadInput("gnss.address", address=text)
    try:
        from .serial_port import SerialPort  # pyserial is not on the tablet
    except ImportError:
        raise BadInput("gnss.serial.not_here", address=text) from None
    return NmeaSerial(text, SerialPort(device, None if rate is None else int(rate)))


def _number(
    options: dict[str, list[str]], name: str, address: str, default: float | None
) -> float | None:
    """A positive number behind the "?" of an address."""
    if name not in options:
        return default
    try:
        value = float(options[name][-1])
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise BadInput("gnss.address", address=address)
    return value
