"""IAPro's saved queries as flat sheets: cross products of what hangs on an incident, which is their trap."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import pyarrow as pa

from openbeat.synth.iapro.packed import Record, grouped, records, text, whole_file

NOTHING: Record = {}
# Names as Norman, Oklahoma, publishes its sheets; the columns within them are our guess.
COLUMNS = {
    "iaallegationssubjectsq": (
        "FILENUM",
        "INCIDENT_TYPE",
        "RECEIVED_DT",
        "ALLEGATION",
        "FINDING",
        "SUBJECT_RACE",
        "SUBJECT_SEX",
        "SUBJECT_AGE",
        "SUBJECT_TYPE",
    ),
    "iaincidentstypestatusq": (
        "FILENUM",
        "INCIDENT_TYPE",
        "OCCURRED_DT",
        "RECEIVED_DT",
        "COMPLETED_DT",
        "STATUS",
        "DISPOSITION",
    ),
    "iaincidentssubjectsdemographicsq": (
        "FILENUM",
        "INCIDENT_TYPE",
        "SUBJECT_TYPE",
        "SUBJECT_RACE",
        "SUBJECT_SEX",
        "SUBJECT_AGE",
    ),
    "iauofsubjectsactionsq": (
        "FILENUM",
        "OCCURRED_DT",
        "UOF_REASON",
        "UOF_FORCE_TYPE",
        "UOF_EFFECTIVE",
        "SUBJECT_RACE",
        "SUBJECT_SEX",
        "SUBJECT_AGE",
        "ACTIONTAKEN",
    ),
}


def write_sheets(tables: Mapping[str, pa.Table], folder: Path) -> tuple[Path, ...]:
    """One CSV for each saved query, named like it; the files. Incidents without a file number are in none.

    iaallegationssubjectsq             incidents with allegations: allegation × person
    iaincidentstypestatusq             one row for each incident
    iaincidentssubjectsdemographicsq   incidents with people: one row for each person
    iauofsubjectsactionsq              incidents with force: use of force × person × action taken
    A side with nothing on it counts as one empty line, so that the others still show.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.csv" for name in COLUMNS}
    for name, rows in _sheets(tables).items():
        with whole_file(files[name]) as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS[name])
            writer.writerows([text(row.get(column)) for column in COLUMNS[name]] for row in rows)
    return tuple(files.values())


def _sheets(tables: Mapping[str, pa.Table]) -> dict[str, list[Record]]:
    case = {row["AIO_NUM"]: row["INCNUM"] for row in records(tables, "ASSOC_INC_OFF")}
    hang = {
        name: grouped([{**row, "INCNUM": case[row["AIO_NUM"]]} for row in records(tables, name)], "INCNUM")
        for name in ("ALLEGATIONS", "USES_OF_FORCE", "ACTIONS_TAKEN")
    }
    subjects = grouped(list(_subjects(tables)), "INCNUM")
    found: dict[str, list[Record]] = {name: [] for name in COLUMNS}
    for row in records(tables, "INCIDENTS"):
        if not (row["FILENUM"] or "").strip() or row["FILENUM"] == "NULL":
            continue
        key = row["INCNUM"]
        said, force, taken = (hang[name][key] for name in ("ALLEGATIONS", "USES_OF_FORCE", "ACTIONS_TAKEN"))
        people = subjects[key] or [NOTHING]
        found["iaincidentstypestatusq"].append(row)
        found["iaincidentssubjectsdemographicsq"] += [{**row, **one} for one in subjects[key]]
        found["iaallegationssubjectsq"] += [{**row, **one, **who} for one, who in product(said, people)]
        found["iauofsubjectsactionsq"] += [
            {**row, **used, **who, **done} for used, who, done in product(force, people, taken or [NOTHING])
        ]
    return found


def _subjects(tables: Mapping[str, pa.Table]) -> Iterator[Record]:
    citizens = {row["CITNUM"]: row for row in records(tables, "CITIZENS")}
    for link in records(tables, "ASSOC_INC_CIT"):
        person = citizens[link["CITNUM"]]
        yield {
            "INCNUM": link["INCNUM"],
            "SUBJECT_TYPE": link["LINK_TYPE"],
            "SUBJECT_RACE": person["RACE"],
            "SUBJECT_SEX": person["SEX"],
            "SUBJECT_AGE": link["CIT_AGE"],
        }
