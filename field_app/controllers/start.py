"""Beginning the day: open the tablet's folder, take an assignment in, see what is left to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from xiangtu.catalogue import Label
from xiangtu.errors import BadInput
from xiangtu.package import adoption, tablet
from xiangtu.store import SurveyFile, places

Progress = Callable[[float, str], bool | None] | None

#: A clock that sets itself by the network or the receiver jumps by less.
_CLOCK_TOLERANCE = timedelta(minutes=5)

#: States of a record that needs nobody's visit any more in its campaign.
DONE = ("surveyed", "confirmed_unchanged", "accepted")


@dataclass(frozen=True)
class ToDo:
    """How a layer of a village stands: `left` records wait for a visit; `returned` of them came
    back from the county with findings, `drafts` of them were begun (or are new and unconfirmed)."""

    village: str
    village_name: str
    layer: str
    label: Label
    total: int
    done: int
    left: int
    returned: int
    drafts: int


class Fieldwork:
    """A tablet at work: its folder, and the survey file once there is an assignment.

    Use it in a `with` block, or `close` it, so that the survey file alone is whole.
    """

    def __init__(self, folder: Path | str, name: str | None = None) -> None:
        self.tablet = tablet.start(folder, name)
        self._survey: SurveyFile | None = None

    def __enter__(self) -> Fieldwork:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the survey file."""
        if self._survey is not None:
            self._survey.close()
            self._survey = None

    @property
    def card(self) -> Path:
        """The device card to give to the county."""
        return self.tablet.card

    @property
    def has_assignment(self) -> bool:
        return self.tablet.survey_path.exists()

    @property
    def survey(self) -> SurveyFile:
        """The survey file, open; BadFile("tablet.no_assignment") before the first assignment."""
        if self._survey is None:
            self._survey = self.tablet.survey()
        return self._survey

    def take_assignment(
        self, path: Path | str, progress: Progress = None
    ) -> adoption.AdoptionSummary:
        """Take an assignment (.xta) in, the first or one beside work in progress.

        Errors as package.adoption.adopt; nothing is changed then.
        """
        self.close()
        return adoption.adopt(self.tablet.folder, path, progress=progress)

    def hand_out_card(self, folder: Path | str) -> Path:
        """Put a copy of the device card into a folder, named after the device; where it is.

        BadFile ("place.missing", "file.readonly_place", "file.disk_full"…).
        """
        out = Path(folder) / f"{self.tablet.device_id}.xtd"
        places.replace_text(out, self.card.read_text(encoding="utf-8"))
        return out

    def sign_in(self, surveyor: str) -> None:
        """Say who surveys from now on.

        BadInput("field.no_surveyor") for an empty name.
        """
        if not surveyor.strip():
            raise BadInput("field.no_surveyor")
        self.survey.sign_in(author=surveyor.strip())

    def clock_behind(self) -> datetime | None:
        """When this tablet's latest change was made (UTC), if its clock says now that it was yet
        to be: the clock was set back, or lost its time with the battery.

        Nothing is lost or takes another order by that, since changes have numbers; but times and
        "today" are wrong until the clock is right.
        """
        (latest,) = self.survey.connection.execute(
            "SELECT max(time) FROM change WHERE device = ?", (self.survey.device_id,)
        ).fetchone()
        if latest is None:
            return None
        at = datetime.fromisoformat(latest)
        return at if at > datetime.now(UTC) + _CLOCK_TOLERANCE else None

    def to_do(self) -> list[ToDo]:
        """What is left by village and layer, in the catalogue's order; empty layers are left out.

        A record counts as done when its state says so for the present campaign.
        """
        survey = self.survey
        names = village_names(survey)
        drafts = survey.drafts()
        found: list[ToDo] = []
        for layer in sorted(survey.catalogue.layers.values(), key=lambda each: each.order):
            if not layer.surveyed:
                continue
            total: Counter[str] = Counter()
            done: Counter[str] = Counter()
            returned: Counter[str] = Counter()
            begun: Counter[str] = Counter()
            for village, *counts in _counted(survey, layer.name):
                total[village], done[village], returned[village], begun[village] = counts
            for draft in drafts:
                if draft.layer == layer.name and not _is_in(survey, layer.name, draft.record):
                    village = str(draft.answers.get("village") or "")
                    total[village] += 1
                    begun[village] += 1
            found += [
                ToDo(
                    village,
                    names.get(village, village),
                    layer.name,
                    layer.label,
                    total[village],
                    done[village],
                    total[village] - done[village],
                    returned[village],
                    begun[village],
                )
                for village in sorted(total)
            ]
        return found


def _counted(survey: SurveyFile, layer: str) -> list[tuple[str, int, int, int, int]]:
    """Of each village of a layer: how many records stand, are done in the present campaign, came
    back, and were begun anew. By SQL, since a tablet may have a hundred thousand."""
    done = ", ".join(f"'{state}'" for state in DONE)
    return survey.connection.execute(
        f"""SELECT coalesce(village, ''), count(*),
        sum(coalesce(state, '') IN ({done}) AND (:campaign IS NULL OR campaign IS :campaign)),
        sum(state IS 'returned'), sum(uuid IN (SELECT record FROM draft))
        FROM "{layer}" WHERE coalesce(ended_on, '') = '' GROUP BY 1""",
        {"campaign": survey.meta.get(adoption.CAMPAIGN)},
    ).fetchall()


def _is_in(survey: SurveyFile, layer: str, record: str) -> bool:
    found = survey.connection.execute(f'SELECT 1 FROM "{layer}" WHERE uuid = ?', (record,))
    return found.fetchone() is not None


def village_names(survey: SurveyFile) -> Mapping[str, str]:
    """Name of each village by its code, as far as the assignment brought them."""
    return {
        record["code"]: record["name"]
        for record in survey.select("village", columns=("code", "name"))
        if record["code"] and record["name"]
    }
