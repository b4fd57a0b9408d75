"""One survey file: create, open, upgrade, atomic writes, records, journal, attachments, secrets."""

from .copying import copy, upgrade
from .opening import create, open, open_to_look
from .records import UNCHANGED
from .survey_file import SurveyFile

__all__ = ["UNCHANGED", "SurveyFile", "copy", "create", "open", "open_to_look", "upgrade"]
