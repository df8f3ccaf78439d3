"""Whether a dataset keeps its promise: how often it was to come, when it came, and when it comes next."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from openbeat.web.portal.language import say
from openbeat.web.portal.numbers import as_date, day

PROMISE = re.compile(r"P([1-9]\d{0,3})([DWMY])")
UNITS = {"D": "day", "W": "week", "M": "month", "Y": "year"}


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """`late` is in days, 0 for on time; without a promise nothing is late."""

    issued: date
    every: tuple[int, str] | None
    due: date | None
    late: int

    def promise(self, language: str) -> str:
        """How often it comes: "every month"."""
        if self.every is None:
            return say(language, "fresh.no_promise")
        return say(language, f"fresh.every_{self.every[1]}", n=self.every[0])

    def state(self, language: str) -> str:
        """Whether it is late, in a sentence."""
        if self.due is None:
            return say(language, "fresh.nothing_due")
        key = "fresh.late" if self.late else "fresh.on_time"
        return say(language, key, due=day(self.due, language), n=self.late)


def freshness(body: Mapping[str, Any], now: datetime) -> Freshness:
    """How fresh the release of this body is at `now`."""
    issued = as_date(body["issued"])
    found = PROMISE.fullmatch(body.get("frequency") or "")
    every = (int(found[1]), UNITS[found[2]]) if found else None
    due = None
    if body.get("next_release"):
        due = as_date(body["next_release"])
    elif every:
        due = later(issued, *every)
    late = max((now.date() - due).days, 0) if due else 0
    return Freshness(issued=issued, every=every, due=due, late=late)


def later(start: date, count: int, unit: str) -> date:
    """The day so many days, weeks, months or years after `start`; the 31st becomes the month's last day."""
    if unit in ("day", "week"):
        return start + timedelta(days=count * (7 if unit == "week" else 1))
    months = start.year * 12 + start.month - 1 + count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
