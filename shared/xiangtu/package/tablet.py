"""A tablet's folder: its key and card, its survey file, its attachments."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from .. import catalogue, store
from ..errors import BadFile
from ..sealing import keys
from . import county_catalogue
from .enrolment import write_card

SURVEY_FILE = "survey.sqlite"
CARD_FILE = "device.xtd"


@dataclass(frozen=True)
class Tablet:
    """A started tablet; `card` is the file to give to the county."""

    folder: Path
    secret: keys.SecretKeys

    @property
    def device_id(self) -> str:
        return self.secret.public.device_id

    @property
    def card(self) -> Path:
        return self.folder / CARD_FILE

    @property
    def survey_path(self) -> Path:
        return self.folder / SURVEY_FILE

    def survey(self) -> store.SurveyFile:
        """The opened survey file; BadFile("tablet.no_assignment") before the first assignment.

        One that an earlier program left is brought forward (its copy stays beside it), since a
        surveyor has no command line to do that with.
        """
        if not self.survey_path.exists():
            raise BadFile("tablet.no_assignment", path=self.folder)
        try:
            return store.open(self.survey_path)
        except BadFile as refused:
            if refused.code != "file.older":
                raise
        store.upgrade(self.survey_path, catalogue.beside(self.survey_path))
        return store.open(self.survey_path)


def start(folder: Path | str, name: str | None = None) -> Tablet:
    """Set up a tablet's folder, or read one that is set up.

    The first time it makes the folder, the device key and the device card, which bears `name`
    (by default the machine's). Raises BadFile: "tablet.not_a_folder", "tablet.unwritable",
    "key.damaged", "file.…".
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise BadFile("tablet.not_a_folder", path=folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise BadFile("tablet.unwritable", path=folder, reason=fault.strerror) from fault
    key_path = folder / keys.DEVICE_KEY_FILE
    if not key_path.exists():
        if (folder / SURVEY_FILE).exists():
            # A new key here would start a second chain of packages from work that has one.
            raise BadFile("key.missing", path=key_path)
        keys.make_device_key(key_path)
    tablet = load(folder)
    if not tablet.card.exists():
        write_card(tablet.card, name or platform.node() or tablet.device_id, tablet.secret)
    return tablet


def load(folder: Path | str) -> Tablet:
    """A tablet that was started before; BadFile("tablet.missing") or "key.missing" if not."""
    folder = Path(folder)
    if not folder.is_dir():
        raise BadFile("tablet.missing", path=folder)
    county_catalogue.settle(folder)
    return Tablet(folder, keys.read_device_key(folder / keys.DEVICE_KEY_FILE))
