"""The way of a case: steps of its workflow, findings, actions taken, and appeals that change both later."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from openbeat.synth.department.model import (
    Action,
    Allegation,
    Finding,
    Officer,
    Penalty,
    Told,
)
from openbeat.synth.department.words import goes_with, lists, pick

NOTHING = {  # what stands under actions taken where nothing was done
    "not_sustained": "None - Not Sustained",
    "unfounded": "None - Unfounded",
    "exonerated": "None - Exonerated",
    "not_investigated": "None - NFIM",
    "duplicate": "None - Duplicate Investigation",
    "canceled": "None - Cancelled",
    "mediated": "None - Withdrawn",
    "no_violation": "None",
}
APPEALED = 0.2  # of suspensions go to the Civil Service


def days(die: random.Random, mean: float) -> timedelta:
    """A span of time of that many days on average, to the minute, never none."""
    return timedelta(minutes=int(die.gammavariate(2, mean / 2) * 1440) + 1)


def workflow(die: random.Random, kind: str, app: str, entered: datetime) -> tuple[Told[str], datetime | None]:
    """Every step of the case from its entry on, and when it was first completed (nothing if it never is)."""
    steps: list[tuple[datetime, str]] = []
    when = entered
    if app == "BlueTeam":
        steps += [(when, "initial entry"), (when := when + days(die, 0.7), "in chain")]
        while die.random() < 0.15:
            steps.append((when := when + days(die, 3), "initial entry"))  # sent back
            steps.append((when := when + days(die, 2), "in chain"))
        if die.random() < 0.012:
            return tuple(steps), None  # forgotten in the chain
        when += days(die, 9)
    steps.append((when, "initial"))
    steps.append((when := when + days(die, 4), "active"))
    long = kind in ("Citizen complaint", "Rank Initiated", "Firearm discharge")
    if die.random() < (0.2 if long else 0.03):
        steps.append((when := when + days(die, 10), "forwarded"))
    if die.random() < (0.04 if long else 0.005):
        steps.append((when := when + days(die, 30), "suspended"))
        steps.append((when := when + days(die, 300), "active"))
    completed = when + days(die, 110 if long else 25)
    steps.append((completed, "completed"))
    if die.random() < 0.015:
        steps.append((again := completed + days(die, 120), "active"))
        steps.append((again + days(die, 45), "completed"))
    return tuple(steps), completed


def finding(die: random.Random, family: str) -> Finding:
    """A finding of this family in one of its words."""
    odd = family in lists()["odd"] and die.random() < 0.15
    return Finding(family, goes_with("odd" if odd else "plain", family))


def ruling(word: str) -> Finding:
    """What was ruled on force, a pursuit or a crash; the word is its own family."""
    return Finding(word, word)


def closed(
    die: random.Random,
    allegation: int,
    actions: Iterator[int],
    *,
    kind: str,
    created: datetime,
    completed: datetime,
    officer: Officer,
) -> tuple[Told[Finding], Told[Finding], tuple[Action, ...]]:
    """How one allegation ends: findings told, final dispositions told, actions taken."""
    found_on = max(created, completed - timedelta(minutes=die.randrange(60, 8 * 1440)))
    family = _family(die, kind, officer, completed)
    said = finding(die, family)
    if family == "settled":
        penalty = Penalty(pick(die, "settled_discipline"), None)
        action = Action(number=next(actions), allegation=allegation, told=((completed, penalty),))
        return ((found_on, said),), ((completed, said),), (action,)
    if family != "sustained":
        word = {"supervisor_handled": "Oral Redirection", "officer_left": "RUI", "officer_dismissed": "RUI"}
        done = Penalty(word.get(family) or NOTHING.get(family, "None"), None)
        taken = (Action(number=next(actions), allegation=allegation, told=((completed, done),)),)
        return ((found_on, said),), ((completed, said),), taken if die.random() < 0.8 else ()
    return _sustained(die, allegation, actions, said, found_on, completed, officer)


def _family(die: random.Random, kind: str, officer: Officer, completed: datetime) -> str:
    if officer.left and officer.left <= completed.date():
        dismissed = officer.left_as == "Terminated"
        if die.random() < 0.5:
            return "officer_dismissed" if dismissed else "officer_left"
    return pick(die, "complaint_finding" if kind == "Citizen complaint" else "rank_finding")


def _sustained(
    die: random.Random,
    allegation: int,
    actions: Iterator[int],
    said: Finding,
    found_on: datetime,
    completed: datetime,
    officer: Officer,
) -> tuple[Told[Finding], Told[Finding], tuple[Action, ...]]:
    heard = completed + days(die, 35)
    findings = [(found_on, said)]
    if die.random() < 0.2:
        findings = [(found_on, finding(die, "pending")), (heard, said)]
    final = [(heard, said)]
    penalty = _penalty(die, officer, heard)
    told = [(heard, penalty)]
    if penalty.word == "Suspension" and die.random() < APPEALED:
        decided = heard + days(die, 240)
        changed = pick(die, "civil_service")
        if "reduced" in changed:
            told.append((decided, Penalty(changed, max(1, (penalty.days or 2) // 2))))
        else:
            cleared = finding(die, die.choice(("not_sustained", "exonerated", "unfounded")))
            told.append((decided, Penalty(changed, 0)))
            findings.append((decided, cleared))
            final.append((decided, cleared))
    taken = [Action(number=next(actions), allegation=allegation, told=tuple(told))]
    if die.random() < 0.15:
        second = (heard + timedelta(minutes=5), Penalty("NSA - Training", None))
        taken.append(Action(number=next(actions), allegation=allegation, told=(second,)))
    return tuple(findings), tuple(final), tuple(taken)


def _penalty(die: random.Random, officer: Officer, heard: datetime) -> Penalty:
    leaves = officer.left and officer.left_as == "Terminated" and officer.left > heard.date()
    if leaves and die.random() < 0.5:
        return Penalty(die.choice(("Dismissal", "Dismissal - Rule 9")), None)
    word = pick(die, "discipline")
    return Penalty(word, die.choice((1, 2, 3, 5, 10, 15, 30)) if word == "Suspension" else None)


def rolled_up(allegations: list[Allegation], completed: datetime) -> Told[Finding]:
    """The disposition of a whole case: the gravest finding of its allegations as of completion."""
    said = [
        one
        for allegation in allegations
        for when, one in allegation.finding
        if when <= completed and allegation.deleted is None
    ]
    order = list(lists()["plain"])
    return ((completed, min(said, key=lambda one: order.index(one.family))),) if said else ()
