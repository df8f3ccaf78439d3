"""C5, C7, F2, F4 to F6 and F9: which time and which places the data cover, and whether that can be seen."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from openbeat.checks.check import Check, Subject, finding
from openbeat.checks.spoken import spoken_in
from openbeat.stages import Finding

SPOKEN = spoken_in(__file__)
DAYS = {"Y": 365.25, "M": 30.44, "W": 7.0, "D": 1.0}
GRACE = 1.5  # times the promised period
NAMES_SHOWN = 12


def days_of(duration: str) -> float:
    """How many days an ISO 8601 duration of years, months, weeks and days lasts."""
    return sum(int(number) * DAYS[unit] for number, unit in re.findall(r"(\d+)([YMWD])", duration))


def _period(subject: Subject) -> tuple[date, date] | None:
    if not subject.body or not subject.body["period"]:
        return None
    first, last = subject.body["period"]
    return date.fromisoformat(first), date.fromisoformat(last)


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMES_SHOWN]) + (", …" if len(names) > NAMES_SHOWN else "")


def _uncovered(subject: Subject) -> Iterator[Finding]:
    topics, period = subject.standard.policies, _period(subject)
    if subject.body is None or not topics:
        return
    written = subject.body["policies"]
    bare = [one for one in topics if not _covers([p for p in written if p["topic"] == one], period)]
    says = SPOKEN["C5"].says["uncovered"]
    yield finding("C5", "W", says, count=len(bare), among=len(topics), names=_some(bare))


def _covers(policies: Sequence[Mapping[str, Any]], period: tuple[date, date] | None) -> bool:
    """Whether the policies, one after the other, hold from the first day of the period to its last."""
    if period is None:
        return bool(policies)
    day, last = period
    for one in sorted(policies, key=lambda one: str(one["effective"])):
        until = date.fromisoformat(one["until"]) if one["until"] else last
        if date.fromisoformat(one["effective"]) <= day <= until:
            day = until + timedelta(days=1)
    return day > last


def _silent_break(subject: Subject) -> Iterator[Finding]:
    if not subject.body or not subject.previous or subject.body["breaks"] != subject.previous["breaks"]:
        return
    before, now = _meanings(subject.previous), _meanings(subject.body)
    shared = [name for name in now if name in before]
    changed = [name for name in shared if now[name] != before[name]]
    says = SPOKEN["C7"].says["silent"]
    yield finding("C7", "W", says, count=len(changed), among=len(shared), names=_some(changed))


def _meanings(body: Mapping[str, Any]) -> dict[str, tuple[object, ...]]:
    """What makes the values of a column comparable over time: its precision, and the codes it may hold."""
    return {
        f"{name}.{column['name']}": (
            column["publish"],
            *sorted(body["code_lists"][column["codes"]]["codes"] if column["codes"] else ()),
        )
        for name, table in body["tables"].items()
        for column in table["columns"]
    }


def _stale(subject: Subject) -> Iterator[Finding]:
    period = _period(subject)
    if period is None:
        return
    age = (subject.now.date() - period[1]).days
    allowed = round(days_of(subject.dataset.frequency) * GRACE)
    if age > allowed:
        says, frequency = SPOKEN["F2"].says["stale"], subject.dataset.frequency
        yield finding("F2", "W", says, count=age, among=allowed, frequency=frequency)


def _wrong_period(subject: Subject) -> Iterator[Finding]:
    days: list[date] = []
    for name, table in subject.published_tables.items():
        file = subject.files.get(f"{name}.parquet")
        if file and table["event"]:
            ends = pc.min_max(pq.read_table(file, columns=[table["event"]]).column(0)).as_py()
            days += [day for day in ends.values() if day is not None]
    found = (min(days), max(days)) if days else None
    if subject.files and found != _period(subject):
        yield finding("F4", "B", SPOKEN["F4"].says["wrong"], count=1, among=1)


def _unmarked(subject: Subject) -> Iterator[Finding]:
    period = _period(subject)
    if period is None or subject.body is None:
        return
    last, marked = period[1], subject.body["partial_from"]
    incomplete = last.day < monthrange(last.year, last.month)[1]
    if incomplete and marked is None:
        yield finding("F5", "B", SPOKEN["F5"].says["unmarked"], count=1, among=1)
    elif marked is not None and marked[:7] != last.isoformat()[:7]:
        yield finding("F5", "B", SPOKEN["F5"].says["wrong"], count=1, among=1)


def _silent_months(subject: Subject) -> Iterator[Finding]:
    period = _period(subject)
    if period is None or subject.body is None:
        return
    first, last = (day.year * 12 + day.month - 1 for day in period)
    grid = [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(first, last + 1)]
    for name, table in subject.published_tables.items():
        if table["event"]:
            silent = [one for one in grid if not table["months"].get(one) and one not in subject.body["gaps"]]
            says, told = SPOKEN["F6"].says["silent"], _some(silent)
            yield finding("F6", "W", says, count=len(silent), among=len(grid), table=name, names=told)


def _units_gone(subject: Subject) -> Iterator[Finding]:
    before, now = _units(subject.previous), _units(subject.body)
    for field in before.keys() & now.keys():
        gone, says = sorted(before[field] - now[field]), SPOKEN["F9"].says["gone"]
        among = len(before[field])
        yield finding("F9", "W", says, count=len(gone), among=among, field=field, names=_some(gone))


def _units(body: Mapping[str, Any] | None) -> dict[str, set[str]]:
    """The districts, precincts or beats that the derived tables break their counts down by."""
    units: dict[str, set[str]] = {}
    for table in (body["derived"] if body else {}).values():
        for cell in table["cells"]:
            if cell["place_field"]:
                units.setdefault(cell["place_field"], set()).add(cell["place"])
    return units


CHECKS = (
    Check(key="C5", level="W", phases=("record",), words=SPOKEN["C5"], find=_uncovered),
    Check(key="C7", level="W", phases=("record",), words=SPOKEN["C7"], find=_silent_break),
    Check(key="F2", level="W", phases=("record",), words=SPOKEN["F2"], find=_stale),
    Check(key="F4", level="B", phases=("record",), words=SPOKEN["F4"], find=_wrong_period),
    Check(key="F5", level="B", phases=("record",), words=SPOKEN["F5"], find=_unmarked),
    Check(key="F6", level="W", phases=("record",), words=SPOKEN["F6"], find=_silent_months),
    Check(key="F9", level="W", phases=("record",), words=SPOKEN["F9"], find=_units_gone),
)
