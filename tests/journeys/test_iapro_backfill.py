"""Years that left IAPro another way: imported into the vault, held beside the live ones, checked."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner
from rivertown_iapro import ADDRESS, Rivertown

from openbeat.cli import cli
from openbeat.synth.department import make_department
from openbeat.synth.iapro import tables_at, write_packed_csv, write_sheets, write_sqlite
from openbeat.workspace import new_workspace

Tables = Mapping[str, Mapping[str, Any]]

OLD = "2025-01-01"  # the live database has nothing older
SETTINGS = """
name      = "Rivertown Police Department"
place     = "Rivertown"
time_zone = "America/Chicago"
licence   = "https://creativecommons.org/publicdomain/zero/1.0/"
contact   = { name = "Open data desk", email = "opendata@example.org" }

[iapro]
database = "RIVERTOWN_IAPRO"

[iapro.incident_types]
"Use of force"      = "use_of_force"
"Citizen complaint" = "complaints"
"Rank Initiated"    = "complaints"

[iapro.ignored_types]
"Show of force"      = "not asked for here"
"Assault on officer" = "not asked for here"
"Vehicle pursuit"    = "not asked for here"
"Firearm discharge"  = "not asked for here"
"Vehicle accident"   = "not asked for here"
"MISC"               = "not one kind of case"

[datasets.use_of_force]
frequency = "P1M"

[datasets.use_of_force.tables.incidents]
vault = "iapro"

[datasets.use_of_force.tables.incidents.fields]
incident_id   = "INCIDENTS.INCNUM"
report_id     = "INCIDENTS.FILENUM"
occurred_date = "INCIDENTS.OCCURRED_DT"

[datasets.use_of_force.tables.officers]
vault = "iapro"

[datasets.use_of_force.tables.officers.fields]
entry_id    = "ASSOC_INC_OFF.AIO_NUM"
incident_id = "INCIDENTS.INCNUM"
officer_id  = "ASSOC_INC_OFF.OFFNUM"

[datasets.use_of_force.tables.actions]
vault = "iapro"

[datasets.use_of_force.tables.actions.fields]
entry_id = { together = ["USES_OF_FORCE.AIO_NUM", "USES_OF_FORCE._NTH"] }
force_id = "USES_OF_FORCE.AIO_NUM"

[datasets.use_of_force.tables.subjects]
vault = "iapro"

[datasets.use_of_force.tables.subjects.fields]
entry_id    = { together = ["ASSOC_INC_CIT.INCNUM", "ASSOC_INC_CIT.CITNUM", "ASSOC_INC_CIT._NTH"] }
incident_id = "INCIDENTS.INCNUM"

[datasets.complaints]
frequency = "P1M"

[datasets.complaints.tables.complaints]
vault  = "iapro"
fields = { complaint_id = "INCIDENTS.INCNUM", incident_id = "INCIDENTS.INCNUM" }

[datasets.complaints.tables.allegations]
vault  = "iapro"
fields = { allegation_id = "ALLEGATIONS.ALGNUM", complaint_id = "INCIDENTS.INCNUM" }

[datasets.workforce]
frequency = "P1M"

[datasets.workforce.tables.officers]
vault  = "iapro"
fields = { officer_id = "OFFICERS.OFFNUM" }
"""

pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture
def town(tmp_path: Path) -> Rivertown:
    """An installation that has read nothing yet."""
    town = Rivertown(workspace=new_workspace(tmp_path / "workspace"))
    home = town.workspace.agencies / "rivertown"
    home.mkdir(parents=True)
    (home / "agency.toml").write_text(SETTINGS, "utf-8")
    return town


def imported(town: Rivertown, way: str, *files: Path, status: str | None = None) -> str:
    said = ["--status", status] if status else []
    return town.run("iapro", "import", "rivertown", *map(str, files), "--as", way, *said)


def checked(town: Rivertown, dataset: str) -> Tables:
    """Where every row of each table went, by `openbeat check`."""
    printed = town.run("check", "rivertown", "--held", "--dataset", dataset, "--json")
    tables: Tables = json.loads(printed)[0]["tables"]
    assert all(one["adds_up"] for one in tables.values())
    return tables


def sizes(tables: Tables, what: str = "published") -> dict[str, int]:
    return {name: one[what] for name, one in tables.items()}


# --- what cities published from their IAPro -------------------------------------------------------------


def test_new_orleans_goes_on_as_far_as_its_investigations_have_come(town: Rivertown, shared: Path) -> None:
    file = shared / "data/force/pdi/New_Orleans/NOPD_Use_of_Force_Incidents.csv"
    imported(town, "new_orleans", file)
    frame = pd.read_csv(file, dtype=str, keep_default_na=False).apply(lambda column: column.str.strip())
    frame = frame[frame["Officer Injured"].isin(["Yes", "No", ""])]  # else cells have slid
    number, state = "PIB File Number", "Investigation status"
    assert (frame.groupby(number)[state].nunique() == 1).all()
    free = frame[frame[state] == "Completed"]
    who = ["Officer Race/Ethnicity", "Officer Gender", "Officer Age", "Officer Years of Service"]
    used = ["Use of Force Type", "Use of Force Level", "Use of Force Effective"]
    person = ["Subject Gender", "Subject Ethnicity", "Subject Age"]

    def expected(rows: pd.DataFrame) -> dict[str, int]:
        return {
            "incidents": rows[number].nunique(),
            "officers": rows.groupby([number, *who]).ngroups,
            "actions": rows.groupby([number, *who, *used]).ngroups,
            "subjects": rows[(rows[person] != "").any(axis=1)].groupby([number, *person]).ngroups,
        }

    tables = checked(town, "use_of_force")
    assert sizes(tables, "read") == expected(frame)
    assert sizes(tables) == expected(free)
    waiting = frame[frame[state] != "Completed"].groupby(state)[number].nunique()
    assert sorted(tables["incidents"]["withheld"].values()) == sorted(waiting)
    before = town.vault()
    imported(town, "new_orleans", file)
    assert town.vault() == before


@pytest.mark.slow
def test_dallas_says_no_status_and_waits_until_somebody_does(town: Rivertown, shared: Path) -> None:
    files = sorted((shared / "data/force/pdi/Dallas").glob("*.csv"))
    numbers = set[str]()
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            numbers |= {row["FILENUM"].strip() for row in csv.DictReader(lines)}
    numbers -= {"", "NULL"}
    said = imported(town, "dallas", *files)
    assert f"{len(numbers):,} cases without a STATUS: they are not released" in said
    tables = checked(town, "use_of_force")
    assert sizes(tables)["incidents"] == 0
    assert list(tables["incidents"]["withheld"].values()) == [len(numbers)]
    assert "without a STATUS" not in imported(town, "dallas", *files, status="Completed")
    tables = checked(town, "use_of_force")
    assert sizes(tables)["incidents"] == len(numbers)
    assert sizes(tables) == sizes(tables, "read")
    before = town.vault()
    imported(town, "dallas", *files, status="Completed")
    assert town.vault() == before


# --- exports of a department's own, beside its live database ---------------------------------------------


@pytest.fixture(scope="module")
def department() -> Mapping[str, pa.Table]:
    """A department's IAPro as it was before old cases were taken out of it, written without mistakes."""
    return tables_at(make_department(seed=3, officers=26, years=3), traps=())


@pytest.fixture
def whole(department: Mapping[str, pa.Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything as a database; IAPro itself, which the address names, has the newer cases only."""
    whole, live = tmp_path / "whole.sqlite", tmp_path / "iapro.sqlite"
    for file in (whole, live):
        write_sqlite(department, file)
    old = f"SELECT INCNUM FROM INCIDENTS WHERE OCCURRED_DT < '{OLD}' OR OCCURRED_DT IS NULL"
    links = f"SELECT AIO_NUM FROM ASSOC_INC_OFF WHERE INCNUM IN ({old})"
    with closing(sqlite3.connect(live)) as connection, connection:
        for table in ("USES_OF_FORCE", "ALLEGATIONS", "ACTIONS_TAKEN"):
            connection.execute(f"DELETE FROM {table} WHERE AIO_NUM IN ({links})")
        for table in ("ASSOC_INC_OFF", "ASSOC_INC_CIT", "INCIDENTS"):
            connection.execute(f"DELETE FROM {table} WHERE INCNUM IN ({old})")
    monkeypatch.setenv(ADDRESS, f"sqlite:///{live}")
    return whole


def counted(whole: Path, types: str, sql: str, *, old: str = "1") -> int:
    """What a count over the cases comes to that are free to go and are live, or old and in an export."""
    live = f"i.OCCURRED_DT >= '{OLD}'"
    free = f"i.STATUS = 'Completed' AND i.INCIDENT_TYPE IN ({types})"
    ask = f"SELECT {sql} WHERE {free} AND ({live} OR (trim(coalesce(i.FILENUM, '')) <> '' AND {old}))"
    with closing(sqlite3.connect(whole)) as connection:
        return int(connection.execute(ask).fetchone()[0])


FORCE, COMPLAINTS = "'Use of force'", "'Citizen complaint', 'Rank Initiated'"
CASES = "count(*) FROM INCIDENTS i"
LINKS = f"{CASES} JOIN ASSOC_INC_OFF o ON o.INCNUM = i.INCNUM"


def test_a_packed_file_of_all_years_adds_the_old_cases_and_doubles_none(
    town: Rivertown, department: Mapping[str, pa.Table], whole: Path, tmp_path: Path
) -> None:
    write_packed_csv(department, tmp_path / "query.csv")
    imported(town, "packed", tmp_path / "query.csv")
    town.run("iapro", "pull", "rivertown")
    tables = sizes(checked(town, "use_of_force"))
    assert tables == {
        "incidents": counted(whole, FORCE, CASES),
        "officers": counted(whole, FORCE, LINKS),
        "actions": counted(whole, FORCE, f"{LINKS} JOIN USES_OF_FORCE f ON f.AIO_NUM = o.AIO_NUM"),
        "subjects": counted(whole, FORCE, f"{CASES} JOIN ASSOC_INC_CIT c ON c.INCNUM = i.INCNUM"),
    }
    assert tables["incidents"] > counted(whole, FORCE, CASES, old="0") > 0
    assert sizes(checked(town, "complaints")) == {
        "complaints": counted(whole, COMPLAINTS, CASES),
        "allegations": counted(whole, COMPLAINTS, f"{LINKS} JOIN ALLEGATIONS a ON a.AIO_NUM = o.AIO_NUM"),
    }
    with closing(sqlite3.connect(whole)) as connection:
        [[roster]] = connection.execute("SELECT count(*) FROM OFFICERS").fetchall()
    assert sizes(checked(town, "workforce")) == {"officers": roster}
    before = town.vault()
    imported(town, "packed", tmp_path / "query.csv")
    assert town.vault() == before


def test_the_sheets_of_saved_queries_add_the_old_cases_and_double_none(
    town: Rivertown, department: Mapping[str, pa.Table], whole: Path, tmp_path: Path
) -> None:
    town.run("iapro", "pull", "rivertown")
    files = write_sheets(department, tmp_path / "sheets")
    imported(town, "sheets", *files)
    before = town.vault()
    imported(town, "sheets", *files)
    assert town.vault() == before
    assert sizes(checked(town, "complaints"))["complaints"] == counted(whole, COMPLAINTS, CASES)
    assert sizes(checked(town, "use_of_force"))["incidents"] == counted(whole, FORCE, CASES)


def test_a_column_that_nobody_has_placed_stops_an_import_and_nothing_is_held(
    town: Rivertown, tmp_path: Path
) -> None:
    file = tmp_path / "query.csv"
    file.write_text("FILENUM,INCIDENT_TYPE,Shoe size\nIA-1,Use of force,44\n", "utf-8")
    where = ("--workspace", str(town.workspace.root))
    words = ("iapro", "import", "rivertown", str(file), "--as", "packed", *where)
    refused = CliRunner().invoke(cli, words)
    assert refused.exit_code == 1
    assert "'Shoe size'" in refused.stderr
    assert "query.csv" in refused.stderr
    assert "44" not in refused.stderr
    file.write_text("INCIDENT_TYPE,STATUS\nUse of force,Completed\n", "utf-8")
    refused = CliRunner().invoke(cli, words)
    assert refused.exit_code == 1
    assert "no column 'FILENUM'" in refused.stderr
    assert not (town.workspace.vault / "rivertown").exists()


def test_a_dry_run_counts_and_holds_nothing(town: Rivertown, tmp_path: Path) -> None:
    file = tmp_path / "query.csv"
    file.write_text("FILENUM,INCIDENT_TYPE,STATUS\nIA-1,Use of force,Completed\n", "utf-8")
    said = town.run("iapro", "import", "rivertown", str(file), "--as", "packed", "--dry-run")
    assert "INCIDENTS: 1 rows" in said
    assert not (town.workspace.vault / "rivertown").exists()
