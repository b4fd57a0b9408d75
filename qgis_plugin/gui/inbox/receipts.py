"""Receipts for tablets: what has arrived of each, in a file to carry back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from qgis.PyQt.QtCore import QCoreApplication
from xiangtu import store
from xiangtu.errors import BadInput
from xiangtu.merge.office_edits import catch_up
from xiangtu.package.enrolment import devices as enrolled
from xiangtu.package.receipt import write_receipt
from xiangtu.sealing import keys

from ...tasks.core_task import Progress
from ..desk import CountyDesk

translate = QCoreApplication.translate

#: What file systems refuse in a name, or sticks cannot carry.
_NO_NAME = re.compile(r'[\x00-\x1f<>:"/\\|?*]')


def write(desk: CountyDesk, county: Path, devices: Sequence[str], folder: Path) -> None:
    """Write a receipt for each tablet into a folder, named after the tablet and the time; tablets
    of which nothing has come yet are left out."""

    def work(_progress: Progress) -> list[Path]:
        written = []
        now = datetime.now().strftime("%Y%m%d-%H%M%S")
        with store.open(county) as file:
            identity = keys.county_identity(county)
            catch_up(file)
            names = {each.id: each.name for each in enrolled(file)}
            for device in devices:
                name = _NO_NAME.sub("_", names.get(device, device))
                out = folder / f"{name}-{now}.xtr"
                if out in written:
                    out = folder / f"{name}-{device}-{now}.xtr"
                try:
                    write_receipt(file, out, device, identity)
                except BadInput as refusal:
                    if refusal.code != "receipt.nothing":
                        raise
                else:
                    written.append(out)
        return written

    def done(written: list[Path]) -> None:
        if not written:
            desk.warn(
                translate(
                    "Xiangtu", "Nothing of these tablets has been merged yet. Merge, then write."
                )
            )
            return
        desk.tell(
            translate("Xiangtu", "Receipts written to {folder}: {names}").format(
                folder=folder, names=", ".join(each.name for each in written)
            )
        )

    desk.run(translate("Xiangtu", "Writing receipts"), work, done)
