"""The rows that IAPro's tables had at one moment of a department's history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import TypeAlias

from openbeat.synth.department import Department, Incident, Officer, Person, at, state, told_when
from openbeat.synth.department.words import goes_with
from openbeat.synth.iapro.cases import Row, case_rows, first

Rows: TypeAlias = dict[str, list[Row]]

LABELS = {  # what Rivertown means by its user-defined columns
    "INCIDENTS": ("District", "Beat", "Shift", "Working status", "Bureau"),
    "OFFICERS": (
        "Bureau",
        "District",
        "Unit",
        "Sub unit",
        "Working status",
        "Shift hours",
        "Windows user name",
    ),
}
DETAILS = {
    "SERVICE_TYPE": "service",
    "SOURCE": "source",
    "NYPD_CORRUPTION": "rule",
    "CIT_COMPLAINT": "citizen_complaint",
    "OFF_INVOL_SHOOT": "shooting",
    "OFF_DUTY": "off_duty",
    "UNIDENTIFIED_OFF": "unidentified",
    "WHY_FORWARDED": "forwarded",
    "TRAFFIC_STOP": "traffic_stop",
    "LENGTH_OF_JOB": "minutes",
    "UOF_REASON": "reason",
    "OTHER_INCIDENTS": "other_incidents",
    "LIGHT_CONDITION": "light",
    "WEATHER_CONDITION": "weather",
    "CIT_UOF_DIST": "distance",
    "CIT_UOF_BUILD": "build",
    "CIT_UOF_HEIGHT": "height",
    "CIT_ARRESTED": "arrested",
    "ARREST": "arrested",
    "CIT_CHARGES": "charges",
    "CIT_STATUS": "influence",
    "CIT_HOSPITAL": "citizen_hospital",
    "CIT_INJURED": "citizen_injured",
    "OFF_INJURED": "officer_injured",
    "OFF_HOSPITAL": "officer_hospital",
    "BT_BODY_IMAGE": "body_camera",
}
STATUS = {"initial": "Initial", "active": "Active", "forwarded": "Forwarded", "suspended": "Suspended"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OF_INCIDENT, OF_PERSON = 1_000_000_000, 2_000_000_000  # address numbers of incidents, of people's homes


def midnight(day: date | None) -> datetime | None:
    """The day as SQL Server has it."""
    return None if day is None else datetime.combine(day, time())


def rows_at(department: Department, moment: datetime) -> Rows:
    """Every row of every table as it stood at that moment, by table; a column that is absent is null."""
    rows: Rows = {
        "INCIDENTS": [],
        "OFFICERS": [row for one in department.officers for row in _officer(one, moment)],
        "AWARDS": [
            {
                "OFFNUM": one.officer,
                "AWDT": midnight(one.awarded),
                "AWTYPE": one.kind,
                "AWCATEGORY": one.category,
            }
            for one in department.awards
            if one.entered <= moment
        ],
        "TRAINING": [
            {
                "TRNUM": one.number,
                "OFFNUM": one.officer,
                "COURSE": one.course,
                "TRAIN_DT": midnight(one.day),
                "HOURS": one.hours,
                "PASSED": "Yes" if one.passed else "No",
            }
            for one in department.trainings
            if one.day < moment.date()
        ],
        "AIO_COLS": [
            {"TABLE_NAME": table, "COLUMN_NAME": f"UDTEXT24{letter}", "LABEL": label}
            for table, labels in LABELS.items()
            for letter, label in zip("ABCDEFG", labels, strict=False)
        ],
    }
    linked: set[int] = set()
    for incident in department.incidents:
        if incident.entered > moment:
            continue
        rows["INCIDENTS"].append(_incident(incident, moment))
        for table, made in case_rows(incident, moment):
            rows.setdefault(table, []).append(made)
        linked.update(link.person for link in incident.citizens if link.since <= moment)
        if incident.address:
            _address(rows, OF_INCIDENT + incident.number, incident.address, "Incident", incident.number)
    for person in department.people:
        if person.number in linked:
            rows.setdefault("CITIZENS", []).append(_person(person))
            if person.home:
                _address(rows, OF_PERSON + person.number, person.home, "Citizen", person.number)
    return rows


def _incident(incident: Incident, moment: datetime) -> Row:
    if incident.stub:
        return {
            "INCNUM": incident.number,
            "INCIDENT_TYPE": incident.kind or None,
            "RECEIVED_DT": midnight(incident.received.date()),
        }
    step, stage = at(incident.workflow, moment), state(incident, moment)
    chain, occurred = stage == "chain", incident.occurred
    opened, assigned = first(incident, "initial", moment), first(incident, "active", moment)
    ruled = at(incident.disposition, moment) if stage == "completed" else None
    said = incident.details
    form = {"initial entry": "Initial entry", "in chain": "In chain"}.get(step or "", "Released")
    address = incident.address
    complaint = incident.kind in ("Citizen complaint", "Rank Initiated")
    return {
        **{column: said.get(field) for column, field in DETAILS.items()},
        "INCNUM": incident.number,
        "FILENUM": None if chain else incident.file_number,
        "INCIDENT_TYPE": incident.kind,
        "OCCURRED_DT": midnight(occurred.date()) if occurred else None,
        "OCCURRED_TM": occurred if incident.time_known else None,
        "OCCURRED_DAY": WEEKDAYS[occurred.weekday()] if occurred else None,
        "OCCURRED_DAY_I": occurred.isoweekday() if occurred else None,
        "OCCURRED_HOUR_I": occurred.hour if occurred and incident.time_known else None,
        "RECEIVED_DT": midnight(incident.received.date()),
        "RECEIVED_TM": incident.received,
        "OPEN_DT": opened,
        "DUE_DT": _due(opened, complaint),
        "ASSIGNED_DT": assigned,
        "COMPLETED_DT": told_when(incident.workflow, moment) if stage == "completed" else None,
        "CREATED_DT": incident.entered,
        "CREATED_APP": incident.app,
        "INV_UNIT": "Public Integrity Bureau" if complaint and not chain else None,
        "INV_TITLE": "Sergeant" if at(incident.investigator, moment) else None,
        "UDTEXT24A": incident.district,
        "UDTEXT24B": incident.beat,
        "UDTEXT24C": incident.shift,
        "UDTEXT24D": incident.working_status,
        "UDTEXT24E": incident.bureau,
        "STATUS": "Completed" if stage == "completed" else STATUS.get(step or ""),
        "FIELD_STATUS": form if incident.app == "BlueTeam" else None,
        "DISPOSITION": ruled.word if ruled else None,
        "SUSTAINED": ("Yes" if ruled.family == "sustained" else "No") if ruled and complaint else None,
        "CITY1": "Rivertown",
        "CITY": "Rivertown",
        "ADDRESS1": f"{address[0]} {address[1]}" if address else None,
        "STREET_N": str(address[0]) if address else None,
        "STREET": address[1] if address else None,
    }


def _due(opened: datetime | None, complaint: bool) -> datetime | None:
    return datetime.fromordinal(opened.toordinal() + (120 if complaint else 60)) if opened else None


def _officer(officer: Officer, moment: datetime) -> Iterator[Row]:
    if officer.placeholder:
        yield {"OFFNUM": officer.number, "FNAM": officer.first, "LNAM": officer.last}
        return
    posting = officer.posting(moment.date())
    if officer.hired is None or officer.hired > moment.date() or posting is None:
        return
    left = officer.left if officer.left and officer.left <= moment.date() else None
    yield {
        "OFFNUM": officer.number,
        "USRNUM": officer.number + 5_000,
        "NUM_EMP": f"E{officer.number * 7:06d}",
        "CURRENT_BADGE_NO": str(officer.number * 3 % 9_973),
        "FNAM": officer.first,
        "MNAM": "Canary",
        "LNAM": officer.last,
        "TITLE": posting.title,
        "EMP_TYPE": officer.employee_type,
        "STATUS": officer.left_as if left else "Active",
        "HIRE_DT": midnight(officer.hired),
        "END_EMPLOY_DT": midnight(left),
        "OFF_INACTIVE": "Yes" if left else "No",
        "DOB": midnight(officer.born),
        "SEX": officer.sex,
        "RACE": officer.race,
        "UDTEXT24A": posting.bureau,
        "UDTEXT24B": posting.district or None,
        "UDTEXT24C": posting.unit,
        "UDTEXT24D": posting.sub_unit or None,
        "UDTEXT24E": posting.working_status,
        "UDTEXT24F": goes_with("hours", posting.shift),
        "UDTEXT24G": f"canary.{officer.last[7:].lower()}{officer.number}",
        "UNIT_DT_ASSIGNED": midnight(posting.since),
        "CURRENT_SUP_OFFNUM": at(officer.supervisors, moment),
        "CITY1": "Rivertown",
    }


def _person(person: Person) -> Row:
    return {
        "CITNUM": person.number,
        "FNAM": person.first,
        "LNAM": person.last,
        "SEX": person.sex,
        "RACE": person.race,
        "DOB": midnight(person.born),
        "NARRATIVE": "canary narrative" if person.number % 5 == 0 else None,
    }


def _address(rows: Rows, number: int, address: tuple[int, str], links_to: str, key: int) -> None:
    house, street = address
    rows.setdefault("ADDRESSES", []).append(
        {
            "ADDRNUM": number,
            "ADDRESS1": f"{house} {street}",
            "STREET_N": str(house),
            "STREET": street,
            "CITY": "Rivertown",
        }
    )
    rows.setdefault("ASSOC_ADDR", []).append(
        {"AANUM": number, "ADDRNUM": number, "LINKSTO": links_to, "LINKNUM": key}
    )
