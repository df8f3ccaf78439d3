"""The roster: who was hired and left, where they worked, and who supervised whom."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from openbeat.synth.department.model import Officer, Posting
from openbeat.synth.department.words import goes_with, invented_name, pick

YEAR = 365.25
TURNOVER = 0.065  # of officers leave in a year
FEW, FAR_MORE = 0.03, 4.0  # of officers have a true rate some four times that of their colleagues
RANKS = ("Police Recruit", "Police Officer", "Detective", "Sergeant", "Lieutenant", "Captain")
SUPERVISED_BY = {
    "Police Recruit": "Sergeant",
    "Police Officer": "Sergeant",
    "Detective": "Sergeant",
    "Sergeant": "Lieutenant",
    "Lieutenant": "Captain",
}
PLACEHOLDERS = (("UNKNOWN", "UNKNOWN"), ("NOT A RIVERTOWN OFFICER", "NOT A RIVERTOWN OFFICER"))


def make_officers(
    *, seed: int, officers: int, since: date, until: date, districts: Sequence[str]
) -> tuple[Officer, ...]:
    """The whole roster by number, with those who left: `officers` sworn at any time, civilians, placeholders.

    Each sworn seat is filled again within some months of being left. One in seven had left before `since`.
    """
    die = random.Random(f"{seed} careers")
    spans: list[tuple[date, date | None, bool]] = []
    for _ in range(officers):
        hired, left = _standing(die, since)
        spans.append((hired, left, True))
        while left and left < until:
            hired = left + timedelta(days=die.randrange(10, 150))
            left = hired + timedelta(days=die.expovariate(TURNOVER / YEAR) + 120)
            if hired < until:
                spans.append((hired, left, True))
    for _ in range(officers // 7):
        left = since - timedelta(days=die.randrange(30, 4_000))
        spans.append((left - timedelta(days=die.randrange(400, 9_000)), left, True))
    spans += [(*_standing(die, since), False) for _ in range(officers // 12)]
    spans.sort(key=lambda span: span[0])
    roster = [
        _officer(die, number, hired, left if left and left <= until else None, sworn, until, districts)
        for number, (hired, left, sworn) in enumerate(spans, 1_001)
    ]
    return (*_placeholders(), *_supervised(die, roster, since, until))


def _standing(die: random.Random, since: date) -> tuple[date, date | None]:
    """Hired before `since` and still there; the longer the service, the fewer."""
    served = min(die.triangular(0.1, 28, 3), 28)
    stays = die.expovariate(TURNOVER) if served < 22 else die.expovariate(0.25)
    return since - timedelta(days=served * YEAR), since + timedelta(days=stays * YEAR + 1)


def _officer(
    die: random.Random,
    number: int,
    hired: date,
    left: date | None,
    sworn: bool,
    until: date,
    districts: Sequence[str],
) -> Officer:
    first, last = invented_name(die)
    risk = die.gammavariate(3, 1 / 3) * (FAR_MORE if die.random() < FEW else 1)
    return Officer(
        number=number,
        first=first,
        last=last,
        born=hired - timedelta(days=(20.5 + min(die.expovariate(1 / 5), 18)) * YEAR + die.randrange(366)),
        sex=pick(die, "officer_sex"),
        race=pick(die, "officer_race"),
        employee_type="Commissioned" if sworn else "Non-Commissioned",
        hired=hired,
        left=left,
        left_as=pick(die, "left_as") if left else "",
        postings=tuple(_postings(die, hired, left or until, sworn, districts)),
        risk=risk,
    )


def _postings(
    die: random.Random, hired: date, last: date, sworn: bool, districts: Sequence[str]
) -> list[Posting]:
    if not sworn:
        unit = "Records & Identification / Support Services"
        return [_posting(die, hired, "Civilian", unit, districts)]
    found = [_posting(die, hired, "Police Recruit", "Academy", districts)]
    ladder = _promotions(die, hired)
    day, title = hired + timedelta(days=180), "Police Officer"
    while day < last:
        title = next((rank for when, rank in reversed(ladder) if when <= day), title)
        unit = "Patrol" if len(found) == 1 else pick(die, "unit")
        if title == "Detective":
            unit = die.choice(("Investigations", "Narcotics", "Investigations"))
        found.append(_posting(die, day, title, unit, districts))
        moved = day + timedelta(days=die.gammavariate(2, 1.4) * YEAR + 30)
        day = min([moved, *(when for when, _ in ladder if day < when < moved)])
    return found


def _promotions(die: random.Random, hired: date) -> list[tuple[date, str]]:
    """The days from which an officer holds a higher rank; most never do."""
    luck, years = die.random(), die.uniform(5, 13)
    if luck > 0.34:
        return []
    if luck > 0.26:
        return [(hired + timedelta(days=years * YEAR), "Detective")]
    found = [(hired + timedelta(days=years * YEAR), "Sergeant")]
    for share, rank in ((0.09, "Lieutenant"), (0.035, "Captain")):
        years += die.uniform(3, 8)
        if luck < share:
            found.append((hired + timedelta(days=years * YEAR), rank))
    return found


def _posting(die: random.Random, since: date, title: str, unit: str, districts: Sequence[str]) -> Posting:
    local = unit in ("Patrol", "Task Force") or (unit == "Investigations" and die.random() < 0.5)
    return Posting(
        since=since,
        title=title,
        unit=unit,
        bureau=goes_with("bureau", unit),
        district=die.choice(districts) if local else "",
        sub_unit=f"{die.choice('ABC')} Platoon" if unit == "Patrol" else "",
        shift=pick(die, "shift") if unit in ("Patrol", "Task Force", "Traffic") else "Day Watch",
        working_status="Full Duty" if die.random() < 0.96 else "Limited Duty",
    )


def _supervised(die: random.Random, roster: list[Officer], since: date, until: date) -> list[Officer]:
    """The roster with everyone's supervisor, looked at each quarter: of the same unit where there is one."""
    told: dict[int, list[tuple[datetime, int]]] = {officer.number: [] for officer in roster}
    day = since
    while day <= until:
        here = {
            officer.number: posting
            for officer in roster
            if officer.hired and officer.hired <= day and (officer.left is None or officer.left > day)
            if (posting := officer.posting(day))
        }
        leading: dict[tuple[str, ...], list[int]] = {}
        for number, posting in here.items():
            for key in _nearness(posting.title, posting):
                leading.setdefault(key, []).append(number)
        for number, posting in here.items():
            above = SUPERVISED_BY.get(posting.title, "Captain")
            keys = _nearness(above, posting)
            can = next((leading[key] for key in keys if key in leading), [])
            can = can if can != [number] else []
            if can and not (told[number] and told[number][-1][1] in can):
                chief = die.choice(can)
                if chief != number:
                    told[number].append((datetime.combine(day, time()), chief))
        day += timedelta(days=91)
    return [replace(officer, supervisors=tuple(told[officer.number])) for officer in roster]


def _nearness(title: str, posting: Posting) -> list[tuple[str, ...]]:
    return [
        (title, posting.unit, posting.district, posting.shift),
        (title, posting.unit, posting.district),
        (title, posting.unit),
        (title,),
    ]


def _placeholders() -> list[Officer]:
    """Entries that are no person; they were there first, and so have the lowest numbers."""
    return [
        Officer(
            number=number,
            first=f"{first} canary",
            last=f"{last} canary",
            born=None,
            sex=None,
            race=None,
            employee_type="",
            hired=None,
            left=None,
            left_as="",
            postings=(),
            placeholder=True,
        )
        for number, (first, last) in enumerate(PLACEHOLDERS, 1)
    ]
