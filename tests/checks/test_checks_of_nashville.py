"""All checks on the records of 1.4 million stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from time import process_time

import pyarrow.parquet as pq
import pytest
from check_subjects import KEY, a_dataset, an_agency

from openbeat.agency import FieldMapping, TableMapping
from openbeat.checks import Subject, run_checks
from openbeat.engine import Engine
from openbeat.mapping import translate
from openbeat.protect import protect
from openbeat.sources import Shape, fetch
from openbeat.stages import Checked
from openbeat.standards import standards

SECONDS = 8  # of processors, whatever else the machine does
FIELDS = {
    "stop_id": FieldMapping(together=("ID", "year")),
    "occurred_date": FieldMapping(columns=("Stop.Date.Time",), formats=("%m/%d/%y",)),
    "subject_age": FieldMapping(columns=("Age.of.Suspect",)),
    "officer_id": FieldMapping(columns=("Officer.Employee.number",)),
    "search_conducted": FieldMapping(columns=("SEARCHOCCUR",)),
    "contraband_found": FieldMapping(columns=("EVIDENCESEIZED",)),
    "beat": FieldMapping(columns=("Reporting.Area",)),
}


@pytest.mark.slow
def test_the_checks_of_a_million_stops_take_seconds(shared: Path, tmp_path: Path, engine: Engine) -> None:
    files = sorted((shared / "data" / "stops" / "nashville_tn").glob("*.parquet"))
    if not files:
        pytest.skip("needs the Nashville stops of ../shared")
    raw = fetch(files, Shape(), into=tmp_path / "raw.parquet")
    used = {column for field in FIELDS.values() for column in field.looks_at}
    ignored = {column: "not asked here" for column in raw.columns if column not in used}
    table = TableMapping(fields=FIELDS, ignored_columns=ignored)
    dataset = replace(a_dataset("stops", []), tables={"stops": table})
    standard, agency = standards()["stops"], an_agency()
    mapped = translate({"stops": raw}, standard, dataset, agency, engine)
    now = datetime(2008, 1, 15, tzinfo=UTC)
    subject = Subject(
        agency=replace(agency, reviewed_on=date(2008, 1, 2)),
        dataset=dataset,
        standard=standard,
        engine=engine,
        now=now,
        mapped=mapped,
    )
    protected = protect(Checked(mapped=mapped, findings=()), (), agency, KEY, engine)
    began = process_time()
    before = run_checks(subject, "mapped")
    after = run_checks(replace(subject, protected=protected), "protected")
    assert process_time() - began < SECONDS
    assert [found.check for found in (*before, *after) if found.blocks] == []
    written = pq.read_table(raw.parquet, columns=["Reporting.Area", "Age.of.Suspect"]).to_pylist()
    ages = [one["Age.of.Suspect"] for one in written if one["Reporting.Area"]]
    grown = [age for age in ages if not age or int(float(age)) >= 18]
    beats = [found for found in after if found.check == "Q3" and found.field == "beat"]
    # A minor's beat does not leave.
    assert [found.among - found.count for found in beats] == [len(grown)]
