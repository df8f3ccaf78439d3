"""An engine for small tables, and a whole release as it stands before it is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from check_subjects import KEY, NOW

from openbeat.agency import load_agency
from openbeat.checks import Subject, run_checks
from openbeat.engine import Engine, open_engine
from openbeat.release import pipeline, publisher
from openbeat.stages import Finding
from openbeat.workspace import new_workspace

AGENCY = """
name = "Springfield Police Department"
place = "Springfield, Illinois"
time_zone = "America/Chicago"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
contact = { name = "Open data desk", email = "data@example.org" }
introduction = { en = "Our records are yours.", es = "Nuestros registros son suyos.", by = "The Chief" }
complaint_process = "https://example.org/complaints"
review = { by = "City attorney", on = 2026-06-01 }

[[policies]]
topic = "stops_and_searches"
title = "Stops and searches"
url = "https://example.org/policy"
effective = 2020-01-01

[datasets.stops]
frequency = "P1Y"
next_release = 2027-01-01
notes = { en = "Stops of patrol only.", es = "Solo detenciones de patrulla." }
pending = { "under review" = 3 }

[datasets.stops.tables.stops]
files = ["stops.csv"]

[datasets.stops.tables.stops.fields]
stop_id = "stop"
occurred_date = "day"
district = "district"
subject_race = "race"
officer_id = "officer"
search_conducted = "searched"
contraband_found = "found"
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """DuckDB, as the real thing has it."""
    one = open_engine("duckdb", scratch=tmp_path)
    yield one
    one.close()


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """What the real pipeline shows to the checks of the last phase, of a small agency without a fault."""
    home = tmp_path_factory.mktemp("springfield")
    folder = home / "agencies" / "springfield"
    folder.mkdir(parents=True)
    (folder / "agency.toml").write_text(AGENCY, "utf-8")
    lines = ["stop,day,district,race,officer,searched,found"]
    for number in range(240):
        day = date(2025, number % 12 + 1, 28 if number % 12 == 1 else 30).isoformat()
        race, searched = ("black", "white")[number % 2], ("yes", "no")[number % 3 > 0]
        found = "" if searched == "no" else ("yes", "no")[number % 4 > 1]
        lines.append(f"{number},{day},{'NS'[number % 4 > 1]},{race},{number % 7},{searched},{found}")
    lines.append("240,2025-12-31,N,white,3,no,")
    (home / "stops.csv").write_text("\n".join(lines) + "\n", "utf-8")
    agency = load_agency(folder / "agency.toml")
    shown: list[Subject] = []

    def listening(subject: Subject, phase: str) -> tuple[Finding, ...]:
        shown.append(subject)
        return run_checks(subject, phase)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publisher, "run_checks", listening)
        pipeline.run_dataset(
            new_workspace(home / "workspace"), agency, agency.datasets["stops"], KEY, now=NOW, records=home
        )
    return replace(shown[-1], mapped=None, protected=None)
