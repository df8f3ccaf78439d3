"""A department that fed Comport keeps its extractor: what it posts to `openbeat receive` becomes releases."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from extractor import Extractor, Row
from rivertown_iapro import Rivertown

from openbeat.sources.comport.schema import SCHEMAS
from openbeat.workspace import new_workspace

# Indianapolis' keys; the words are those that its extractor sent, by the schemas and cleaners of Comport.
SETTINGS = """
name      = "Indianapolis Metropolitan Police Department"
place     = "Indianapolis, Indiana"
time_zone = "America/Indiana/Indianapolis"
licence   = "https://creativecommons.org/publicdomain/zero/1.0/"
contact   = { name = "Open data desk", email = "opendata@example.org" }

[datasets.use_of_force]
frequency = "P1M"

[datasets.use_of_force.tables.force]
vault   = "comport.UOF"
missing = ["NULL"]

[datasets.use_of_force.tables.force.fields]
force_id                 = { row = true } # the extractor numbers incidents, not reports
incident_id              = "opaqueId"
officer_id               = "officerIdentifier"
occurred_date            = { from = "occuredDate", format = "%Y-%m-%d %H:%M:%S" }
officer_division         = "division"
precinct                 = "precinct"
officer_shift            = "shift"
beat                     = "beat"
service_type             = "serviceType"
force_reasons            = "useOfForceReason"
force_types              = "officerForceType"
finding                  = "disposition"
subject_arrested         = "arrestMade"
subject_injured          = "residentInjured"
subject_hospitalized     = "residentHospitalized"
subject_race             = "residentRace"
subject_gender           = "residentSex"
subject_age              = "residentAge"
officer_injured          = "officerInjured"
officer_hospitalized     = "officerHospitalized"
officer_race             = "officerRace"
officer_gender           = "officerSex"
officer_age              = "officerAge"
officer_years_of_service = "officerYearsOfService"

[datasets.use_of_force.tables.force.ignored_columns]
arrestCharges     = "typed by hand"
residentCondition = "typed by hand: what hurt a person"
officerCondition  = "typed by hand: what hurt an officer"

[datasets.complaints]
frequency = "P1M"

[datasets.complaints.tables.allegations]
vault   = "comport.complaints"
missing = ["NULL"]

[datasets.complaints.tables.allegations.fields]
allegation_id            = { row = true }
complaint_id             = "opaqueId"
officer_id               = "officerIdentifier"
occurred_date            = { from = "occuredDate", format = "%Y-%m-%d %H:%M:%S" }
complaint_source         = "source"
officer_division         = "division"
precinct                 = "precinct"
officer_shift            = "shift"
beat                     = "beat"
service_type             = "serviceType"
allegation_type          = "allegationType"
allegation               = "allegation"
finding                  = "disposition"
subject_race             = "residentRace"
subject_gender           = "residentSex"
subject_age              = "residentAge"
officer_race             = "officerRace"
officer_gender           = "officerSex"
officer_age              = "officerAge"
officer_years_of_service = "officerYearsOfService"
"""
RACES = {
    "Black": "black",
    "White": "white",
    "White ": "white",
    "Hispanic": "hispanic",
    "Bi-Racial": "multiracial",
}
WORDS: Mapping[str, Sequence[object]] = {
    "division": ["Operations Division", "Investigations", None],
    "precinct": ["North District", "East District"],
    "shift": ["Day Shift", "Late Shift", ""],
    "beat": ["NB10", "EB20", "EB21"],
    "serviceType": ["Call for Service", "Code Inforcement", "Transporting", "NULL", None],
    "useOfForceReason": ["Resisting Arrest", "Fleeing", "Combative Suspect", "Assaulting Officer(s)", None],
    "officerForceType": ["Physical-Hands, Fist, Feet", "Less Lethal-Taser", "Canine Bite"],
    "residentRace": [*RACES, None],
    "officerRace": [*RACES],
    "residentSex": ["Male", "Female", None],
    "officerSex": ["Male", "Female"],
    "source": ["CPCO (Formal)", "CPCO (Informal)"],
    "allegationType": ["Use of Force", "Citizen Interaction", "Search/Seizure", "Neglect of Duty"],
    "allegation": ["Unreasonable Force (Hands, Fists, Feet)", "Rude, demeaning, or affronting language"],
    "arrestCharges": ["Resisting Law Enforcement (MA) canarycharge", None],
    "residentCondition": ["abrassion canarycondition", None],
    "officerCondition": ["No injuries noted or visible canarycondition", None],
}
DISPOSITIONS = {
    "UOF": ["Within policy", "Not within Policy", None],
    "complaints": ["Sustained", "Not Sustained", "Unfounded/Exonerated", None],
}


def rows_of(dataset: str, count: int, seed: int) -> list[Row]:
    """Rows as the department's extractor sends them, two or so for each incident."""
    chance = random.Random(seed)
    [schema] = [one for one in SCHEMAS[dataset] if one.department == "IMPD"]
    officers = [f"{chance.getrandbits(128):032x}" for _ in range(9)]
    incidents = [f"{chance.getrandbits(128):032x}" for _ in range(count // 2)]

    def cell(key: str, kind: str) -> Any:
        if kind == "moment":
            return f"2016-{chance.randrange(1, 7):02}-{chance.randrange(1, 29):02} 0:0:00"
        if kind == "boolean":
            return chance.choice([True, False, None])
        if key == "disposition":
            return chance.choice(DISPOSITIONS[dataset])
        if key.endswith("Age"):
            return str(chance.randrange(21, 60))
        if key == "officerYearsOfService":
            return str(chance.randrange(1, 4))
        return chance.choice(WORDS[key]) if key in WORDS else chance.choice(officers)

    rows = [{key: cell(key, kind) for key, kind in schema.types.items()} for _ in range(count)]
    return sorted(
        (row | {"opaqueId": chance.choice(incidents)} for row in rows), key=lambda row: row["opaqueId"]
    )


@pytest.fixture
def town(tmp_path: Path, keys: None, monkeypatch: pytest.MonkeyPatch) -> Rivertown:
    """An installation for a department that has an extractor."""
    town = Rivertown(workspace=new_workspace(tmp_path / "workspace"))
    home = town.workspace.agencies / "rivertown"
    home.mkdir(parents=True)
    (home / "agency.toml").write_text(SETTINGS, "utf-8")
    monkeypatch.setenv("COMPORT_USERNAME", "extractor")
    monkeypatch.setenv("COMPORT_PASSWORD", "correct horse")
    return town


@contextmanager
def receiving(town: Rivertown) -> Iterator[Extractor]:
    """`openbeat receive` in a process of its own, and an extractor that knows where it is."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["receive", "rivertown", "--workspace", str(town.workspace.root), "--port", str(port)]
    words += ["--from", "2016-01", "--dataset", "UOF", "--dataset", "complaints"]
    program = [sys.executable, "-c", "from openbeat.cli import main; main()", *words]
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        assert f":{port}/data/" in process.stdout.readline()
        try:
            yield Extractor(port)
        finally:
            process.terminate()


def hand_in(town: Rivertown, **rows: Sequence[Row]) -> None:
    """One run of the extractor: a heartbeat, then every dataset."""
    with receiving(town) as extractor:
        assert extractor.heartbeat()["received"] == {"heartbeat": "heartbeat"}
        for dataset, sent in rows.items():
            assert {answer.status for answer in extractor.hand_in(dataset, sent)} == {200}


@pytest.mark.slow
def test_what_an_extractor_posts_becomes_releases_that_follow_its_corrections(town: Rivertown) -> None:
    force, complaints = rows_of("UOF", 120, 1), rows_of("complaints", 80, 2)
    hand_in(town, UOF=force, complaints=complaints)
    town.publish()
    found = town.rows("use_of_force", "force")
    assert len(found) == len(force)
    assert len(town.rows("complaints", "allegations")) == len(complaints)
    races = Counter(RACES.get(row["residentRace"]) for row in force)
    assert Counter(row["subject_race"] for row in found) == races
    assert Counter(row["force_types"] for row in found)["canine_bite"] == sum(
        row["officerForceType"] == "Canine Bite" for row in force
    )
    assert Counter(row["subject_injured"] for row in found) == Counter(
        row["residentInjured"] for row in force
    )
    assert len({row["officer_id"] for row in found}) == len({row["officerIdentifier"] for row in force})
    assert len({row["incident_id"] for row in found}) == len({row["opaqueId"] for row in force})
    shelf = b"".join(town.shelf().values())
    for secret in (force[0]["opaqueId"], force[0]["officerIdentifier"], "canarycharge", "canarycondition"):
        assert secret.encode() not in shelf

    hand_in(town, UOF=force, complaints=complaints)  # the month again, as extractors do
    assert town.publish().count("nothing new") == 2

    wrong = next(row for row in force if row["officerForceType"] == "Canine Bite")
    mended = [row | {"officerForceType": "Less Lethal-Taser"} if row is wrong else row for row in force]
    hand_in(town, UOF=mended, complaints=complaints)
    assert town.publish("complaints").count("nothing new") == 1
    town.publish("use_of_force")
    now = town.rows("use_of_force", "force")
    assert len(now) == len(force)  # the corrected code leaves no stale row
    bites = [Counter(row["force_types"] for row in rows)["canine_bite"] for rows in (found, now)]
    assert bites[0] - bites[1] == 1
