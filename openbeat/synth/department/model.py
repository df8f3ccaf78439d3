"""What the history of a department consists of: people, careers, incidents, and when each became known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from openbeat.synth.city import City

T = TypeVar("T")
Told: TypeAlias = tuple[tuple[datetime, T], ...]  # what the records said from when on, oldest first


def at(told: Told[T], moment: datetime) -> T | None:
    """What the records said at that moment, or nothing if they said nothing yet."""
    found: T | None = None
    for when, value in told:
        if when > moment:
            break
        found = value
    return found


def told_when(told: Told[T], moment: datetime) -> datetime | None:
    """Since when the records say what they say at that moment."""
    return max((when for when, _ in told if when <= moment), default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    """Where an officer works from `since` on, and as what; no `district` for units of the whole city."""

    since: date
    title: str
    unit: str
    bureau: str
    district: str
    sub_unit: str
    shift: str
    working_status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Officer:
    """Somebody on the roster. `risk`: the true rate beside colleagues at the same work, in no record."""

    number: int
    first: str
    last: str
    born: date | None
    sex: str | None
    race: str | None
    employee_type: str
    hired: date | None
    left: date | None
    left_as: str
    postings: tuple[Posting, ...]
    supervisors: Told[int] = ()
    risk: float = 1.0
    placeholder: bool = False  # not a person: "UNKNOWN", "NOT A RIVERTOWN OFFICER"

    def posting(self, day: date) -> Posting | None:
        """The posting of that day, or nothing before the first."""
        return next((one for one in reversed(self.postings) if one.since <= day), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A member of the public in at least one record. `eve`: first met just before a birthday."""

    number: int
    first: str
    last: str
    born: date | None
    sex: str | None
    race: str | None
    home: tuple[int, str] | None  # house number and street, in the records for one in ten
    eve: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A person's part in an incident; `age` in completed years, as written down, or nothing."""

    person: int
    role: str  # subject, complainant, victim, witness
    since: datetime
    age: int | None
    victim: bool
    arrested: bool
    charges: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Force:
    """One use of force by one officer. The last type told is right; an earlier one was corrected."""

    kind: Told[str]
    effective: str | None
    device: Mapping[str, int | str]  # what the report says of the conducted-energy weapon


class Finding(NamedTuple):
    """How an allegation ended: its family (a code of the standard's finding list) and the word written."""

    family: str
    word: str


class Penalty(NamedTuple):
    """What was done to the officer; days of a suspension, or nothing."""

    word: str
    days: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Allegation:
    """What an officer is said to have done. `deleted`: when a clerk took it out as entered by mistake."""

    number: int
    text: str
    kind: str
    created: datetime
    deleted: datetime | None
    finding: Told[Finding]
    final: Told[Finding]


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """An action taken; the Civil Service may change it later. `allegation` is its number, or nothing."""

    number: int
    allegation: int | None
    told: Told[Penalty]


@dataclass(frozen=True, kw_only=True, slots=True)
class Involved:
    """An officer's part in an incident, with the force used, the allegations and the actions taken."""

    number: int
    officer: int
    role: str  # officer, witness
    force: tuple[Force, ...] = ()
    allegations: tuple[Allegation, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Incident:
    """A report or case, with every dated step of its way.

    `workflow` tells its step: initial entry, in chain, initial, active, forwarded, suspended, completed. The
    first two are BlueTeam's: the form is not released to internal affairs yet. A stub has no detail at all.
    """

    number: int
    kind: str
    file_number: str
    occurred: datetime | None
    time_known: bool
    received: datetime
    entered: datetime
    app: str  # BlueTeam, IAPro
    workflow: Told[str]
    address: tuple[int, str] | None
    district: str
    beat: str
    shift: str
    working_status: str
    bureau: str
    details: Mapping[str, str]
    disposition: Told[Finding]
    investigator: Told[int]
    summary: str
    officers: tuple[Involved, ...]
    citizens: tuple[Link, ...]
    stub: bool = False


def state(incident: Incident, moment: datetime) -> str | None:
    """How far an incident was: chain, open (not completed), completed or stub; nothing if not entered yet."""
    step = at(incident.workflow, moment)
    if step is None or incident.stub:
        return None if incident.entered > moment else "stub"
    return {"initial entry": "chain", "in chain": "chain", "completed": "completed"}.get(step, "open")


@dataclass(frozen=True, kw_only=True, slots=True)
class Award:
    """An award, and when it was entered."""

    officer: int
    awarded: date
    entered: datetime
    kind: str
    category: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """A course that an officer took."""

    number: int
    officer: int
    course: str
    day: date
    hours: int
    passed: bool


@dataclass(frozen=True, kw_only=True)
class Department:
    """A synthetic police department and everything that happened in it.

    `arrests` (officers, months from `since` on) and the officers' `risk` are the truth behind the rates: for
    research on early intervention, never in any record.
    """

    name: str
    seed: int
    city: City
    since: date
    until: date
    officers: tuple[Officer, ...]
    people: tuple[Person, ...]
    incidents: tuple[Incident, ...]
    awards: tuple[Award, ...]
    trainings: tuple[Training, ...]
    arrests: NDArray[np.int64]
