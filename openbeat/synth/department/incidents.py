"""What happened: who, when, where, to whom, and what was written about it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import TypeAlias

from openbeat.synth.city import Places
from openbeat.synth.department.cases import closed, days, finding, rolled_up, ruling, workflow
from openbeat.synth.department.details import details_of
from openbeat.synth.department.force import force_of
from openbeat.synth.department.model import (
    Action,
    Allegation,
    Finding,
    Incident,
    Involved,
    Officer,
    Penalty,
    Told,
)
from openbeat.synth.department.public import Public
from openbeat.synth.department.words import pick

Place: TypeAlias = tuple[str, str, str]  # unit, district, shift
OFFICERS = {  # how many, with how often
    "Use of force": (1, 1, 1, 1, 1, 1, 1, 2, 2, 3),
    "Show of force": (1, 1, 1, 2),
    "Citizen complaint": (1, 1, 1, 1, 2),
    "Rank Initiated": (1, 1, 1, 1, 1, 1, 1, 2),
    "Vehicle pursuit": (1, 1, 2),
    "Firearm discharge": (1, 1, 1, 1, 2),
}
PREFIX = {"Use of force": "FTN", "Show of force": "SOF", "Vehicle pursuit": "VP", "Vehicle accident": "VA"}
SUFFIX = {"Citizen complaint": "P", "Rank Initiated": "R", "MISC": "M"}
WATCHES = {"Day Watch": (7, 15), "Evening Watch": (15, 23), "Night Watch": (23, 31)}


@dataclass(kw_only=True)
class Scene:
    """What incidents are made from; its counters give every row of the department its number."""

    die: random.Random
    roster: Sequence[Officer]
    until: datetime
    places: Places
    by_district: dict[str, list[int]]
    names: dict[str, str]  # of districts, by id
    public: Public
    investigators: Sequence[int]
    unnamed: Sequence[int]  # numbers of the placeholders that stand for officers whom nobody could name
    links: Iterator[int] = field(default_factory=lambda: count(40_001))
    allegations: Iterator[int] = field(default_factory=lambda: count(70_001))
    actions: Iterator[int] = field(default_factory=lambda: count(90_001))
    crews: dict[date, dict[Place, list[Officer]]] = field(default_factory=dict)  # by month


def make_incident(scene: Scene, kind: str, officer: Officer, day: datetime) -> Incident | None:
    """One incident of this officer on that day; nothing if the officer was gone or it is entered too late."""
    die = scene.die
    posting = officer.posting(day.date())
    if posting is None or (officer.left and officer.left <= day.date()):
        return None
    low, high = WATCHES[posting.shift]
    # A time of day is never midnight sharp: that is how the forms write "not known".
    occurred = day + timedelta(minutes=die.randrange(low * 60 + 1, high * 60))
    external = kind in ("Citizen complaint", "Rank Initiated", "MISC")
    app = "IAPro" if external and die.random() < 0.75 else "BlueTeam"
    received = occurred + (days(die, 24) if external else timedelta(minutes=die.randrange(10, 480)))
    entered = received + (days(die, 1.5) if external else timedelta(minutes=die.randrange(30, 2_000)))
    if entered > scene.until:
        return None
    steps, completed = workflow(die, kind, app, entered)
    spot = _spot(scene, posting.district)
    service = pick(die, "service_type")
    names = _crew(scene, kind, officer, occurred)
    work = [_involve(scene, kind, one, place, entered, steps, completed) for place, one in enumerate(names)]
    citizens = scene.public.linked(die, kind, occurred, entered, str(scene.places.tract[spot]), service)
    opened = next((when for when, step in steps if step == "active"), None)
    known = die.random() < (0.8 if external else 0.97)
    return Incident(
        number=0,
        kind=kind,
        file_number="",
        occurred=occurred if known or die.random() < 0.6 else None,
        time_known=known,
        received=received,
        entered=entered,
        app=app,
        workflow=steps,
        address=(int(scene.places.number[spot]), str(scene.places.street[spot]))
        if die.random() < 0.95
        else None,
        district=scene.names[str(scene.places.district[spot])],
        beat=str(scene.places.beat[spot]),
        shift=posting.shift,
        working_status=pick(die, "working_status"),
        bureau=posting.bureau,
        details=details_of(die, kind, occurred, service, citizens, unidentified=names[0] is None),
        disposition=_disposition(die, kind, work, completed),
        investigator=((opened, die.choice(scene.investigators)),) if opened and external else (),
        summary=f"Canary summary of a synthetic {kind.lower()}." + " They met." * die.randrange(1, 4),
        officers=tuple(work),
        citizens=citizens,
    )


def _spot(scene: Scene, district: str) -> int:
    """A place, in the officer's own district most of the time."""
    home = scene.by_district.get(district)
    if home and scene.die.random() < 0.88:
        return scene.die.choice(home)
    return scene.die.randrange(len(scene.places.number))


def _crew(scene: Scene, kind: str, officer: Officer, when: datetime) -> list[Officer | None]:
    """The officer and colleagues of the same unit, place and shift; nothing where nobody could name one."""
    die = scene.die
    if kind == "Citizen complaint" and die.random() < 0.05:
        return [None]
    wanted = die.choice(OFFICERS.get(kind, (1,)))
    if kind == "Use of force" and die.random() < 0.03:
        wanted = die.randrange(4, 7)
    crew: list[Officer | None] = [officer]
    posting = officer.posting(when.date())
    if wanted == 1 or posting is None:
        return crew
    month = when.date().replace(day=1)
    if month not in scene.crews:
        scene.crews[month] = _crews(scene.roster, month)
    mates = scene.crews[month].get((posting.unit, posting.district, posting.shift), [])
    there = [
        other for other in mates if other is not officer and (other.left is None or other.left > when.date())
    ]
    return crew + die.sample(there, min(wanted - 1, len(there)))


def _crews(roster: Sequence[Officer], day: date) -> dict[Place, list[Officer]]:
    """Who worked together on that day, by unit, district and shift."""
    found: dict[Place, list[Officer]] = {}
    for officer in roster:
        posting = officer.posting(day)
        if posting and posting.title in ("Police Officer", "Sergeant", "Detective"):
            found.setdefault((posting.unit, posting.district, posting.shift), []).append(officer)
    return found


def _involve(
    scene: Scene,
    kind: str,
    officer: Officer | None,
    place: int,
    entered: datetime,
    steps: Told[str],
    completed: datetime | None,
) -> Involved:
    die, number = scene.die, next(scene.links)
    role = "officer" if place == 0 or die.random() < 0.9 else "witness"
    released = next((when for when, step in steps if step == "initial"), None)
    if officer is None:
        unnamed = scene.unnamed[die.random() < 0.2]
        said = [_allegation(scene, kind, None, released, completed)[0]] if released else []
        return Involved(number=number, officer=unnamed, role=role, allegations=tuple(said))
    if role == "witness":
        return Involved(number=number, officer=officer.number, role=role)
    if kind in ("Citizen complaint", "Rank Initiated"):
        made = [
            _allegation(scene, kind, officer, released, completed)
            for _ in range(die.choice((1, 1, 1, 2, 2, 3)))
            if released
        ]
        return Involved(
            number=number,
            officer=officer.number,
            role=role,
            allegations=tuple(allegation for allegation, _ in made),
            actions=tuple(action for _, taken in made for action in taken),
        )
    spoken: tuple[Action, ...] = ()
    if completed and die.random() < (0.2 if kind == "Vehicle accident" else 0.015):
        word = die.choice(("Oral Reprimand", "Letter of Reprimand", "Counseled"))
        told = ((completed, Penalty(word, None)),)
        spoken = (Action(number=next(scene.actions), allegation=None, told=told),)
    return Involved(
        number=number,
        officer=officer.number,
        role=role,
        force=force_of(die, kind, place, entered),
        actions=spoken,
    )


def _allegation(
    scene: Scene, kind: str, officer: Officer | None, created: datetime, completed: datetime | None
) -> tuple[Allegation, tuple[Action, ...]]:
    die, number = scene.die, next(scene.allegations)
    text, family = pick(die, "allegation").split(" | ")
    findings: Told[Finding] = ()
    final: Told[Finding] = ()
    actions: tuple[Action, ...] = ()
    created += timedelta(minutes=die.randrange(0, 60))
    if completed:
        created = min(created, completed)
    deleted = None
    if officer and die.random() < 0.012:
        deleted = created + days(die, 3)  # entered by mistake: nothing is ever found about it
    elif completed and officer:
        findings, final, actions = closed(
            die,
            number,
            scene.actions,
            kind=kind,
            created=created,
            completed=completed,
            officer=officer,
        )
    elif completed:
        findings = final = ((completed, finding(die, "not_investigated")),)
    made = Allegation(
        number=number, text=text, kind=family, created=created, deleted=deleted, finding=findings, final=final
    )
    return made, actions


def _disposition(
    die: random.Random, kind: str, work: list[Involved], completed: datetime | None
) -> Told[Finding]:
    if completed is None:
        return ()
    if kind in ("Use of force", "Show of force", "Firearm discharge"):
        return ((completed, ruling(pick(die, "force_ruling"))),)
    if kind == "Vehicle pursuit":
        return ((completed, ruling(pick(die, "pursuit_ruling"))),)
    if kind == "Vehicle accident":
        return ((completed, ruling(pick(die, "crash_ruling"))),)
    return rolled_up([one for involved in work for one in involved.allegations], completed)
