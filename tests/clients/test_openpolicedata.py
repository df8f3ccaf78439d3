"""openpolicedata, as published, knows every demographic column of every table by our names alone.

Which names those are was measured with openpolicedata 0.12: injuries and deaths only in tables of force and
shootings; in tables of employees an officer's columns; a race that is recorded apart from ethnicity makes a
combined column of its own.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openbeat.standards import Field, Table, standards

SCRIPT = Path(__file__).with_name("standardise.py")
PEOPLE = ("subject", "officer")
EXPECTED = {
    "occurred_date": "DATE",
    "occurred_time": "TIME",
    "zip_code": "ZIP_CODE",
    **{
        f"{who}_{what}": f"{who}_{what}".upper() for who in PEOPLE for what in ("race", "ethnicity", "gender")
    },
    **{f"{who}_{what}": f"{who}_{what}".upper() for who in PEOPLE for what in ("age", "age_range")},
}
FORCE = ("USE OF FORCE", "OFFICER-INVOLVED SHOOTINGS")
HARM = {f"{who}_{what}": f"{who}_{what}".upper() for who in PEOPLE for what in ("injury", "fatal")}
RACES = {
    "white": "WHITE",
    "black": "BLACK",
    "hispanic": "HISPANIC/LATINO",
    "asian": "ASIAN",
    "native_american": "INDIGENOUS",
    "pacific_islander": "ASIAN/PACIFIC ISLANDER",
    "multiracial": "MULTIPLE",
    "other": "OTHER",
    "unknown": "UNKNOWN",
}
NOT_STANDARDISED = ("CALLS FOR SERVICE", "INCIDENTS")  # says openpolicedata itself
AGES = ("0-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")


def tables() -> Iterator[tuple[str, Table]]:
    """Each of our tables under the type that openpolicedata files it under, where it has one."""
    for standard in standards().values():
        for table in standard.tables.values():
            kind = table.opd or standard.opd
            if kind and not kind.startswith(NOT_STANDARDISED) and expected(kind, table):
                yield kind, table


def value(field: Field, row: int) -> str:
    if field.key.endswith("_age_range"):
        return AGES[row % len(AGES)]
    if field.key.endswith("_race"):
        return list(RACES)[row % len(RACES)]
    if field.codes:
        return list(field.codes.codes)[row % len(field.codes.codes)]
    match field.type:
        case "date":
            return f"2025-{row % 12 + 1:02}-{row % 28 + 1:02}"
        case "time":
            return f"{row % 24:02}:00"
        case "boolean":
            return ("true", "false")[row % 2]
        case _ if field.key == "zip_code":
            return f"{10001 + row}"
        case "integer":
            return str(19 + row % 60)
    return ""


def expected(kind: str, table: Table) -> dict[str, str]:
    names = EXPECTED | (HARM if kind.startswith(FORCE) else {})
    return {key: new for key, new in names.items() if key in table.fields}


@pytest.fixture(scope="module")
def standardised(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What openpolicedata makes of a table of each type."""
    python = os.environ.get("OPENBEAT_OPD_PYTHON")
    if not python:
        pytest.skip("needs openpolicedata's own environment, which ./run test makes")
    folder, files = tmp_path_factory.mktemp("opd"), []
    for kind, table in tables():
        path = folder / f"{kind}@{table.key}.csv"
        columns = [table.fields[key] for key in expected(kind, table)]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([field.key for field in columns])
            writer.writerows([[value(field, row) for field in columns] for row in range(200)])
        files.append(str(path))
    done = subprocess.run([python, str(SCRIPT), *files], capture_output=True, text=True, timeout=500)
    assert "RESULT" in done.stdout, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.rpartition("RESULT")[2])
    return found


@pytest.mark.parametrize(
    ("kind", "table"), [pytest.param(*one, id=f"{one[0]}: {one[1].key}") for one in tables()]
)
def test_every_demographic_column_is_known(kind: str, table: Table, standardised: dict[str, Any]) -> None:
    found = standardised[f"{kind}@{table.key}"]
    assert {key: new for key, new in expected(kind, table).items() if new not in found} == {}


@pytest.mark.parametrize("kind", ["STOPS@stops", "USE OF FORCE@force", "ARRESTS@arrests"])
def test_every_race_keeps_its_meaning(kind: str, standardised: dict[str, Any]) -> None:
    assert set(standardised[kind]["SUBJECT_RACE"]["words"]) == set(RACES.values())


def test_age_ranges_keep_their_meaning(standardised: dict[str, Any]) -> None:
    words = set(standardised["STOPS@stops"]["SUBJECT_AGE_RANGE"]["words"])
    assert words == {*AGES[:-1], "65-120"}
