"""A small made-up agency, for tests that change its records between two releases."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openbeat.agency import load_agency
from openbeat.protect import read_key
from openbeat.release.pipeline import Outcome, run_dataset
from openbeat.workspace import Workspace, new_workspace

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COLUMNS = ["No", "When", "Driver", "Race", "Age", "Badge", "Searched", "Found", "Street", "Remarks"]
SETTINGS = """
name      = "Rivertown Police Department"
place     = "Rivertown"
time_zone = "America/Chicago"
licence   = "https://creativecommons.org/publicdomain/zero/1.0/"
contact   = { name = "Open data desk", email = "opendata@example.org" }
synthetic = true

[datasets.stops]
frequency = "P1M"

[datasets.stops.tables.stops]
files   = ["stops*.csv"]
missing = ["NULL"]

[datasets.stops.tables.stops.fields]
stop_id          = "No"
occurred_date    = { from = "When", format = "%m/%d/%Y" }
subject_race     = "Race"
subject_age      = "Age"
officer_id       = "Badge"
search_conducted = "Searched"
contraband_found = "Found"
location         = "Street"
notes            = "Remarks"

[datasets.stops.tables.stops.codes.subject_race]
W = "white"
B = "black"
H = "hispanic"

[datasets.stops.tables.stops.ignored_columns]
Driver = "name of a person"
"""


def stop(number: int, **changes: str) -> dict[str, str]:
    """One row as the agency writes it."""
    searched = "Yes" if number % 4 == 0 else "No"
    row = {
        "No": f"RT-{number:05}",
        "When": f"{number % 12 + 1:02}/{number % 28 + 1:02}/2025",
        "Driver": f"Canary Driver{number}",
        "Race": "WBH"[number % 3],
        "Age": str(18 + number % 60),
        "Badge": f"{4000 + number % 7}",
        "Searched": searched,
        "Found": {"Yes": "Yes" if number % 8 == 0 else "No", "No": ""}[searched],
        "Street": f"{100 + number} {chr(65 + number % 26)}canary St",
        "Remarks": f"canaryremark{number}",
    }
    return row | changes


def write_stops(records: Path, rows: Sequence[dict[str, str]]) -> None:
    """The agency's file, with these rows."""
    records.mkdir(parents=True, exist_ok=True)
    with (records / "stops.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def settle(folder: Path, rows: Sequence[dict[str, str]], settings: str = SETTINGS) -> Workspace:
    """A workspace with Rivertown in it, and its records."""
    workspace = new_workspace(folder / "workspace")
    home = workspace.agencies / "rivertown"
    home.mkdir(parents=True, exist_ok=True)
    (home / "agency.toml").write_text(settings, "utf-8")
    write_stops(home / "records", rows)
    return workspace


def publish(workspace: Workspace, **more: Any) -> Outcome:
    """One run of Rivertown's stops."""
    agency = load_agency(workspace.agencies / "rivertown" / "agency.toml")
    dataset = agency.datasets["stops"]
    return run_dataset(workspace, agency, dataset, read_key(workspace.root), now=NOW, **more)
