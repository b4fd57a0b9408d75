"""Picking a date without typing: today, or the year, the month and the day, one after the other."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from .pick_list import Pick, pick_one

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: The oldest papers of a village are older than its surveyors.
_EARLIEST_YEAR, _YEARS_AHEAD = 1900, 80


def pick_date(
    app: XiangtuApp, title: str, picked: Callable[[date | None], Any], *, may_be_empty: bool
) -> None:
    """Open the lists; `picked` is told the date, None where it is taken away."""
    today = date.today()

    def year(value: int | date | None) -> None:
        if not isinstance(value, int):
            picked(value)
            return
        months = [Pick(each, app.say("app.date.month", month=each)) for each in range(1, 13)]
        pick_one(app, app.say("app.date.year", year=value), months, lambda each: day(value, each))

    def day(of_year: int, month: int) -> None:
        last = calendar.monthrange(of_year, month)[1]
        days = [Pick(date(of_year, month, each), str(each)) for each in range(1, last + 1)]
        pick_one(app, f"{of_year}-{month:02d}", days, picked)

    years = [Pick(today, app.say("app.date.today"), today.isoformat())]
    if may_be_empty:
        years.append(Pick(None, app.say("app.form.empty")))
    # What was, the latest first; then what is to come, for the ends of contracts.
    years += [Pick(each, str(each)) for each in range(today.year, _EARLIEST_YEAR - 1, -1)]
    years += [
        Pick(each, str(each)) for each in range(today.year + 1, today.year + _YEARS_AHEAD + 1)
    ]
    pick_one(app, title, years, year)
