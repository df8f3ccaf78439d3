"""A department with its whole history, from a seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import numpy as np

from openbeat.synth.city import City, make_city
from openbeat.synth.department.careers import make_officers
from openbeat.synth.department.exposure import KINDS, exposure, happenings
from openbeat.synth.department.incidents import PREFIX, SUFFIX, Scene, make_incident
from openbeat.synth.department.model import Department, Incident, Officer
from openbeat.synth.department.public import Public
from openbeat.synth.department.service import make_awards, make_trainings

STUBS = 0.012  # of incidents were opened and never filled in
FIRST = 10_001  # the lowest incident number


def make_department(
    *,
    seed: int,
    officers: int = 900,
    years: int = 8,
    until: date = date(2026, 6, 30),
    incidents_per_officer_year: float = sum(KINDS.values()),
    city: City | None = None,
) -> Department:
    """A police department of so many sworn officers and its last `years` years up to `until`, all invented.

    The same seed (and city) makes the same department. Rates of officers spread like a negative binomial,
    with some 3 % far above their colleagues. Times are local, without a zone; nothing happens after `until`.
    """
    city = city or make_city(seed)
    last = 28 if until.month == 2 else until.day
    since = date(until.year - years, until.month, last) + timedelta(days=1)
    roster = make_officers(
        seed=seed,
        officers=officers,
        since=since,
        until=until,
        districts=tuple(district.name for district in city.districts),
    )
    rng = np.random.default_rng([seed, 1])
    seen = exposure(rng, roster, since, until)
    scale = incidents_per_officer_year / sum(KINDS.values()) * officers * years
    scene = _scene(seed, city, roster, until, int(scale * 2))
    days: list[tuple[int, str, int]] = []
    for kind, rate in KINDS.items():
        for row, month in happenings(rng, roster, seen, kind, rate * scale):
            days.append((seen.firsts[month].toordinal() + int(rng.integers(31)), kind, row))
    found = [
        incident
        for day, kind, row in sorted(days)
        if since.toordinal() <= day <= until.toordinal()
        if (moment := datetime.combine(date.fromordinal(day), time()))
        if (incident := make_incident(scene, kind, roster[row], moment))
    ]
    return Department(
        name="Rivertown Police Department",
        seed=seed,
        city=city,
        since=since,
        until=until,
        officers=roster,
        people=tuple(scene.public.met),
        incidents=_numbered(scene.die, [*found, *_stubs(scene.die, found)]),
        awards=make_awards(seed, roster, since, until),
        trainings=make_trainings(seed, roster, since, until),
        arrests=seen.arrests,
    )


def _scene(seed: int, city: City, roster: Sequence[Officer], until: date, places: int) -> Scene:
    drawn = city.places(np.random.default_rng([seed, 2]), max(places, 500))
    names = {area.id: area.name for area in city.districts}
    by_district: dict[str, list[int]] = {}
    for spot, district in enumerate(drawn.district.tolist()):
        by_district.setdefault(names[district], []).append(spot)
    inquire = [one.number for one in roster if any(p.unit == "Public Integrity" for p in one.postings)]
    return Scene(
        die=random.Random(f"{seed} incidents"),
        roster=[officer for officer in roster if not officer.placeholder],
        until=datetime.combine(until, time(23, 59)),
        places=drawn,
        by_district=by_district,
        names=names,
        public=Public(city),
        investigators=inquire or [roster[0].number],
        unnamed=[officer.number for officer in roster if officer.placeholder],
    )


def _stubs(die: random.Random, incidents: Sequence[Incident]) -> list[Incident]:
    return [
        Incident(
            number=0,
            kind=like.kind if die.random() < 0.6 else "",
            file_number="",
            occurred=None,
            time_known=False,
            received=like.received,
            entered=like.entered + timedelta(minutes=7),
            app="IAPro",
            workflow=(),
            address=None,
            district="",
            beat="",
            shift="",
            working_status="",
            bureau="",
            details={},
            disposition=(),
            investigator=(),
            summary="",
            officers=(),
            citizens=(),
            stub=True,
        )
        for like in die.sample(incidents, int(len(incidents) * STUBS))
    ]


def _numbered(die: random.Random, incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    """In the order of their numbers, which mostly grow with the entry; file numbers count by kind, year."""
    order = [(one.entered + timedelta(hours=die.gauss(0, 20)), place) for place, one in enumerate(incidents)]
    files: Counter[tuple[str, int]] = Counter()
    found: list[Incident] = []
    for number, (_, place) in enumerate(sorted(order), FIRST):
        one = incidents[place]
        prefix, year = PREFIX.get(one.kind, ""), one.received.year
        sort = prefix or SUFFIX.get(one.kind, "C")
        files[sort, year] += 1
        counted = f"{files[sort, year]:04d}"
        name = f"{prefix}{year}-{counted}" if prefix else f"{year}-{counted}-{sort}"
        found.append(replace(one, number=number, file_number="" if one.stub else name))
    return tuple(found)
