"""Awards and training of the officers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import count

from openbeat.synth.department.cases import days
from openbeat.synth.department.model import Award, Officer, Training
from openbeat.synth.department.words import pick

AWARDS = 0.22  # of one officer in a year


def make_awards(seed: int, officers: Sequence[Officer], since: date, until: date) -> tuple[Award, ...]:
    """Awards of everyone's years at the department, in the order of their entry."""
    die = random.Random(f"{seed} awards")
    found: list[Award] = []
    for officer in officers:
        day, last = _served(officer, since, until)
        while day and (day := day + timedelta(days=die.expovariate(AWARDS / 365.25) + 1)) < last:
            kind, category = pick(die, "award").split(" | ")
            entered = datetime.combine(day, time(9)) + days(die, 12)
            found.append(
                Award(officer=officer.number, awarded=day, entered=entered, kind=kind, category=category)
            )
    return tuple(sorted(found, key=lambda award: (award.entered, award.officer)))


def make_trainings(seed: int, officers: Sequence[Officer], since: date, until: date) -> tuple[Training, ...]:
    """Courses taken, some three in each year of each sworn officer, in the order of their days."""
    die = random.Random(f"{seed} training")
    taken: list[tuple[date, int, str]] = []
    for officer in officers:
        day, last = _served(officer, since, until)
        sworn = officer.employee_type == "Commissioned"
        while day and sworn and (day := day + timedelta(days=die.randrange(60, 190))) < last:
            taken.append((day, officer.number, pick(die, "course")))
    numbers = count(300_001)
    return tuple(
        Training(
            number=next(numbers),
            officer=officer,
            course=course.split(" | ")[0],
            day=day,
            hours=int(course.split(" | ")[1]),
            passed=die.random() < 0.97,
        )
        for day, officer, course in sorted(taken)
    )


def _served(officer: Officer, since: date, until: date) -> tuple[date | None, date]:
    begin = max(officer.hired, since) if officer.hired else None
    return begin, min(officer.left or until, until)
