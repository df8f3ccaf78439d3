"""Traps that lie in what happened: each of these functions takes its trap out of a department's history."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from openbeat.synth.department import Department, Finding, Force, Incident, Involved, Told
from openbeat.synth.department.words import goes_with, lists


def fan_out(incident: Incident) -> Incident:
    """Several people and officers or uses of force hang on one incident: joining them multiplies rows."""
    many = len(incident.officers) > 1 or any(len(one.force) > 1 for one in incident.officers)
    return replace(incident, citizens=incident.citizens[:1]) if many else incident


def force_twins(incident: Incident) -> Incident:
    """Two lines of force of one officer are alike in every column: it happened twice."""

    def distinct(involved: Involved) -> Involved:
        kept: list[Force] = []
        for line in involved.force:
            if not any(_alike(line, other) for other in kept):
                kept.append(line)
        return _cut(involved, force=tuple(kept))

    return _each(incident, distinct)


def _alike(one: Force, other: Force) -> bool:
    """Whether two lines say the same at some moment: a code may be corrected into that of another line."""
    words = {word for _, word in one.kind} & {word for _, word in other.kind}
    return bool(words) and (one.effective, one.device) == (other.effective, other.device)


def action_without_allegation(incident: Incident) -> Incident:
    """An action taken names no allegation, for it concerns the officer in the whole incident."""
    return _each(
        incident, lambda one: _cut(one, actions=tuple(a for a in one.actions if a.allegation is not None))
    )


def several_actions(incident: Incident) -> Incident:
    """One allegation led to several actions."""

    def first(involved: Involved) -> Involved:
        seen = [action.allegation for action in involved.actions]
        kept = [
            action
            for place, action in enumerate(involved.actions)
            if action.allegation is None or action.allegation not in seen[:place]
        ]
        return _cut(involved, actions=tuple(kept))

    return _each(incident, first)


def several_allegations(incident: Incident) -> Incident:
    """An officer faces several allegations in one case, which end differently."""

    order = {family: place for place, family in enumerate(lists()["plain"])}

    def gravest(involved: Involved) -> Involved:
        # The one that made the disposition of the whole case, so that both still agree.
        said = sorted(
            involved.allegations, key=lambda one: order[one.finding[0][1].family] if one.finding else 99
        )[:1]
        numbers = {None, *(allegation.number for allegation in said)}
        actions = tuple(action for action in involved.actions if action.allegation in numbers)
        return _cut(involved, allegations=tuple(said), actions=actions)

    return _each(incident, gravest)


def not_sustained_words(incident: Incident) -> Incident:
    """Other findings hold the word "sustained": NOT SUSTAINED, Sustained - Awaiting Hearing, and more."""

    def plain(told: Told[Finding]) -> Told[Finding]:
        known = lists()["plain"]
        return tuple(
            (when, Finding(one.family, goes_with("plain", one.family)) if one.family in known else one)
            for when, one in told
        )

    def worded(involved: Involved) -> Involved:
        if not involved.allegations:
            return involved
        allegations = [
            replace(one, finding=plain(one.finding), final=plain(one.final)) for one in involved.allegations
        ]
        return replace(involved, allegations=tuple(allegations))

    return replace(_each(incident, worded), disposition=plain(incident.disposition))


def unfinished_forms(incident: Incident) -> Incident:
    """Forms that BlueTeam has not let go of stand among the others."""
    kept = tuple(step for step in incident.workflow if step[1] not in ("initial entry", "in chain"))
    if incident.stub or kept == incident.workflow:
        return incident
    # A form that never leaves the chain is entered after everything else that can be asked for.
    entered = kept[0][0] if kept else incident.entered.replace(year=incident.entered.year + 1_000)

    def later(involved: Involved) -> Involved:
        force = tuple(
            replace(line, kind=tuple((max(when, entered), word) for when, word in line.kind))
            for line in involved.force
        )
        return replace(involved, force=force)

    citizens = tuple(replace(link, since=entered) for link in incident.citizens)
    return replace(_each(incident, later), workflow=kept, entered=entered, citizens=citizens)


def link_types(incident: Incident) -> Incident:
    """People are linked as subject, victim or witness, not as complainant only; officers as witness too."""
    return replace(
        incident,
        citizens=tuple(
            replace(link, role="complainant", victim=False)
            for link in incident.citizens
            if link.role in ("subject", "complainant")
        ),
        officers=tuple(one for one in incident.officers if one.role == "officer"),
    )


def corrected_code(incident: Incident) -> Incident:
    """A type of force was put right after its report was entered, and no date tells of it."""

    def right(involved: Involved) -> Involved:
        if all(len(line.kind) == 1 for line in involved.force):
            return involved
        force = [replace(line, kind=((line.kind[0][0], line.kind[-1][1]),)) for line in involved.force]
        return replace(involved, force=tuple(force))

    return _each(incident, right)


def deleted_allegation(incident: Incident) -> Incident:
    """An allegation entered by mistake was deleted, and nothing tells of it."""
    return _each(
        incident,
        lambda one: _cut(one, allegations=tuple(a for a in one.allegations if a.deleted is None)),
    )


def stub_incidents(incident: Incident) -> Incident | None:
    """An incident was opened and never filled in: a number, a day of receipt, perhaps a type."""
    return None if incident.stub else incident


def _each(incident: Incident, change: Callable[[Involved], Involved]) -> Incident:
    """The incident with every officer's part changed; the very same incident where nothing changes."""
    officers = tuple(change(one) for one in incident.officers)
    same = all(one is other for one, other in zip(officers, incident.officers, strict=True))
    return incident if same else replace(incident, officers=officers)


def _cut(involved: Involved, **kept: Any) -> Involved:
    """The officer's part with fewer rows of some kinds; the very same part where none is gone."""
    same = all(len(rows) == len(getattr(involved, name)) for name, rows in kept.items())
    return involved if same else replace(involved, **kept)


OTHERS: Mapping[str, str] = {  # traps of the roster and of people, taken out below
    "birthday_age": "It happened just before a birthday, so that the years alone give an age one too high.",
    "placeholder_officers": "Entries of the roster are no people: UNKNOWN, NOT A RIVERTOWN OFFICER.",
}
SIMPLER: Mapping[str, Callable[[Incident], Incident | None]] = {
    function.__name__: function
    for function in (
        stub_incidents, fan_out, force_twins, deleted_allegation, several_allegations, several_actions,
        action_without_allegation, not_sustained_words, unfinished_forms, link_types, corrected_code,
    )
}  # fmt: skip


def happened(department: Department, traps: Collection[str]) -> Department:
    """The department's history with only these traps left in it."""
    off = [simpler for name, simpler in SIMPLER.items() if name not in traps]
    officers, people, incidents = department.officers, department.people, department.incidents
    if "birthday_age" not in traps:
        # Later by less than a year, and the age at the incident stays what it was.
        people = tuple(
            replace(one, born=one.born + timedelta(days=330)) if one.eve and one.born else one
            for one in people
        )
    if "placeholder_officers" not in traps:
        unnamed = {officer.number for officer in officers if officer.placeholder}
        officers = tuple(officer for officer in officers if not officer.placeholder)
        incidents = tuple(
            replace(one, officers=tuple(who for who in one.officers if who.officer not in unnamed))
            if any(who.officer in unnamed for who in one.officers)
            else one
            for one in incidents
        )
    kept: list[Incident] = []
    for incident in incidents:
        left: Incident | None = incident
        for simpler in off:
            left = simpler(left) if left else None
        if left:
            kept.append(left)
    return replace(department, officers=officers, people=people, incidents=tuple(kept))
