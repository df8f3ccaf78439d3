"""The members of the public in the records: neighbours of the place, some of them more than once."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate, count

from openbeat.synth.city import City
from openbeat.synth.department.model import Link, Person
from openbeat.synth.department.words import invented_name, pick

# How many people an incident has besides witnesses, with how often.
PEOPLE = {
    "Use of force": (1,) * 57 + (2, 2, 3),
    "Show of force": (1,) * 27 + (2, 2, 3),
    "Citizen complaint": (0, 0, *(1,) * 17, 2),
    "Rank Initiated": (0,) * 8 + (1, 1),
    "Vehicle pursuit": (0, 1, 1, 1, 1, 1, 2),
    "Assault on officer": (1,) * 19 + (2,),
    "Vehicle accident": (0, 0, 0, 0, 0, 1, 1, 1, 1, 2),
    "Firearm discharge": (0, 0, 1, 1, 1, 1),
}
RACES = {
    "white": "White",
    "black": "Black",
    "hispanic": "Hispanic",
    "asian": "Asian",
    "pacific_islander": "Asian",
    "native_american": "Amer Indian",
    "multiracial": "Unknown",
    "other": "Unknown",
}
BUSY = {"0-17": 0.22, "18-24": 2.4, "25-34": 2.0, "35-44": 1.3, "45-54": 0.8, "55-64": 0.4, "65+": 0.12}
# Contact is not the same for all: the synthetic city has a disparity for the tools of analysis to find.
DISPARITY = {"black": 1.7, "hispanic": 1.2}
SPAN = {
    "0-17": (9, 18),
    "18-24": (18, 25),
    "25-34": (25, 35),
    "35-44": (35, 45),
    "45-54": (45, 55),
    "55-64": (55, 65),
    "65+": (65, 88),
}


class Public:
    """Everybody met so far; asked for the people of an incident, it invents them or meets somebody again."""

    def __init__(self, city: City) -> None:
        self.met: list[Person] = []
        self._numbers = count(200_001)
        self._streets = [street.name for street in city.streets]
        self._neighbours: Mapping[str, tuple[Sequence[tuple[str, str]], Sequence[float]]] = {
            tract.id: (
                tuple(tract.residents),
                tuple(
                    accumulate(
                        people * BUSY[band] * DISPARITY.get(race, 1.0) + 1e-9
                        for (race, band), people in tract.residents.items()
                    )
                ),
            )
            for tract in city.tracts
        }

    def linked(
        self, die: random.Random, kind: str, occurred: datetime, since: datetime, tract: str, service: str
    ) -> tuple[Link, ...]:
        """The people of one incident with their parts in it."""
        role = "complainant" if kind in ("Citizen complaint", "Rank Initiated", "MISC") else "subject"
        roles = [role] * die.choice(PEOPLE.get(kind, (0, 1)))
        if roles and (service == "Domestic Disturbance" or die.random() < 0.005):
            roles.append("victim")
        if die.random() < 0.025:
            roles.append("witness")
        found: list[Link] = []
        for one in roles:
            person = self._meet(die, occurred.date(), tract, {link.person for link in found})
            age = None if person.born is None else completed_years(person.born, occurred.date())
            arrested = one == "subject" and die.random() < 0.72
            crime = "domestic_charges" if service == "Domestic Disturbance" else "charges"
            found.append(
                Link(
                    person=person.number,
                    role=one,
                    since=since,
                    age=age if die.random() < (0.9 if role == "subject" else 0.55) else None,
                    victim=one == "victim",
                    arrested=arrested,
                    charges=f"{pick(die, crime)}, canary" if arrested else None,
                )
            )
        return tuple(found)

    def _meet(self, die: random.Random, day: date, tract: str, others: set[int]) -> Person:
        if self.met and die.random() < 0.12:
            again = die.choice(self.met)
            old = again.born and completed_years(again.born, day) >= 9
            if old and again.number not in others:
                return again
        groups, weights = self._neighbours[tract]
        race, band = die.choices(groups, cum_weights=weights)[0]
        low, high = SPAN[band]
        age = (
            max(die.randrange(low, high), die.randrange(low, high))
            if band == "0-17"
            else die.randrange(low, high)
        )
        first, last = invented_name(die)
        known, eve = die.random() < 0.85, die.random() < 0.1
        person = Person(
            number=next(self._numbers),
            first=first,
            last=last,
            born=_born(die, day, age, eve) if known else None,
            sex="Male" if die.random() < 0.74 else "Female",
            race=RACES[race] if die.random() < 0.96 else None,
            home=(die.randrange(100, 2_000), "Canary Lane") if die.random() < 0.1 else None,
            eve=eve,
        )
        self.met.append(person)
        return person


def completed_years(born: date, day: date) -> int:
    """How old somebody is on that day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _born(die: random.Random, day: date, age: int, eve: bool) -> date:
    """A day of birth that makes somebody so old on that day: a birthday follows at once, or none for long."""
    since = die.randrange(-364, -361) if eve else -die.randrange(350)
    return date(day.year - age, day.month, min(day.day, 28)) + timedelta(days=since)
