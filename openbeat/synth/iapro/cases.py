"""The rows that hang off an incident: officers, force, allegations, actions, people, investigators."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypeAlias

from openbeat.synth.department import Action, Allegation, Incident, Involved, at, told_when

Value: TypeAlias = int | str | datetime | None
Row: TypeAlias = dict[str, Value]

DISCIPLINE = ("Suspension", "Dismissal", "Demoted", "Letter", "Oral Reprimand")


def first(incident: Incident, step: str, moment: datetime) -> datetime | None:
    """When an incident first reached a step, if it had by then."""
    return next((when for when, what in incident.workflow if what == step and when <= moment), None)


def case_rows(incident: Incident, moment: datetime) -> Iterator[tuple[str, Row]]:
    """(table, row) of everything that hangs off one incident at that moment."""
    for involved in incident.officers:
        yield from _involved(incident, involved, moment)
    for link in incident.citizens:
        if link.since > moment:
            continue
        yield (
            "ASSOC_INC_CIT",
            {
                "INCNUM": incident.number,
                "CITNUM": link.person,
                "LINK_TYPE": link.role.capitalize(),
                "CIT_AGE": link.age,
                "CIT_ROLE": None if link.age is None else "Juvenile" if link.age < 18 else "Adult",
                "FD_INVOLVEMENT": "Subject" if incident.kind == "Firearm discharge" else None,
                "FD_CIT_ARRESTED": "Yes" if link.arrested else "No",
                "FD_CIT_CHARGES": link.charges,
                "VICTIM": "Yes" if link.victim else "No",
                "INMATE": "No",
            },
        )
    if officer := at(incident.investigator, moment):
        assigned = told_when(incident.investigator, moment)
        yield (
            "ASSOC_INC_INV_OFF",
            {"INCNUM": incident.number, "OFFNUM": officer, "ASSIGNED_DT": assigned},
        )
    if incident.summary:
        text: Row = {"INCNUM": incident.number, "SUMMARY": incident.summary, "ENTED_DT": incident.entered}
        yield "SUMMARIES", text


def _involved(incident: Incident, involved: Involved, moment: datetime) -> Iterator[tuple[str, Row]]:
    number = involved.number
    role = "Officer" if involved.role == "officer" else "Witness Officer"
    link: Row = {"AIO_NUM": number, "INCNUM": incident.number, "OFFNUM": involved.officer, "LINK_TYPE": role}
    yield "ASSOC_INC_OFF", link
    for line in involved.force:
        said: Row = {
            "AIO_NUM": number,
            "UOF_FORCE_TYPE": at(line.kind, moment),
            "UOF_EFFECTIVE": line.effective,
        }
        yield "USES_OF_FORCE", {**said, **line.device}
    for allegation in involved.allegations:
        if allegation.created <= moment and not (allegation.deleted and allegation.deleted <= moment):
            yield "ALLEGATIONS", _allegation(allegation, number, moment)
    for action in involved.actions:
        if action.told[0][0] <= moment:
            yield "ACTIONS_TAKEN", _action(action, number, moment)


def _allegation(one: Allegation, link: int, moment: datetime) -> Row:
    found, final = at(one.finding, moment), at(one.final, moment)
    return {
        "ALGNUM": one.number,
        "AIO_NUM": link,
        "ALLEGATION": one.text,
        "ALG_CLASS": one.kind,
        "ALG_CODE": f"R{len(one.text) % 9 + 1}-P{len(one.kind) % 7 + 1}",
        "FINDING": found.word if found else None,
        "FINDING_DT": told_when(one.finding, moment),
        "FINAL_DISPO": final.word if final else None,
        "FINAL_DISPO_DT": told_when(one.final, moment),
        "CREATED_DT": one.created,
        "CRIM_CHARGE": "No",
        "CIVIL_SUIT": "No",
        "ALERT_PROCESSED": "Yes" if found else "No",
        "ALERT_PROCESSED_DT": told_when(one.finding, moment),
        "AUS_ALG_COMMENT": "canary comment" if one.number % 4 == 0 else None,
    }


def _action(one: Action, link: int, moment: datetime) -> Row:
    said = at(one.told, moment)
    word = said.word if said else ""
    return {
        "ATNUM": one.number,
        "AIO_NUM": link,
        "ALGNUM": one.allegation,
        "ACTIONTAKEN": word,
        "ACTIONTAKEN_DT": told_when(one.told, moment),
        "AT_CATEGORY": "Disciplinary" if word.startswith(DISCIPLINE) else "Adminstrative",
        "COMPLETED": "Yes",
        "DAYSSUSPENDED": said.days if said else None,
        "SUMMARY": "canary note" if one.number % 3 == 0 else None,
    }
