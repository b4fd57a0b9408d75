"""A receiver on a serial port or USB cable, through pyserial; not on the tablet."""

from __future__ import annotations

import errno

import serial

from .live import Link
from .source import STEP_S

#: Tried one after the other where no rate is given: what receivers are sold with.
_RATES = (115200, 9600, 38400, 4800, 57600, 230400, 460800)


class SerialLink:
    """An open port."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port

    def read(self) -> bytes | None:
        try:
            # Whatever is there, or wait for the first byte.
            return self._port.read(max(1, self._port.in_waiting)) or None
        except (OSError, TypeError) as error:  # pyserial stumbles over a descriptor that is gone
            raise OSError(errno.EIO, "pulled out") from error

    def close(self) -> None:
        self._port.close()


class SerialPort:
    """A serial device at a rate in bits per second, or at each usual one until sentences come."""

    def __init__(self, device: str, rate: int | None = None) -> None:
        self._device = device
        self._rates = (rate,) if rate else _RATES
        self._at = 0

    @property
    def rate(self) -> int:
        """The rate that is used or tried."""
        return self._rates[self._at]

    def open(self) -> Link:
        try:
            port = serial.Serial(
                self._device, self.rate, timeout=STEP_S, exclusive=True, write_timeout=STEP_S
            )
        except serial.SerialException as error:
            # pyserial packs the system's number into its own exception.
            raise OSError(error.errno or errno.EBUSY, str(error)) from error
        except ValueError as error:
            raise OSError(errno.EINVAL, str(error)) from error
        return SerialLink(port)

    def try_another_rate(self) -> bool:
        """Go on to the next rate; False where one was given."""
        self._at = (self._at + 1) % len(self._rates)
        return len(self._rates) > 1

    def close(self) -> None:
        """Nothing is held between links."""
