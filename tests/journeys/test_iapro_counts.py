"""Counted in the history of a department, and in its database: everything is released, withheld or refused.

Twenty departments with every trap in their records. The history counts its own incidents and never looks at
a table; the database is asked in plain SQL; a release is read as anybody can read it. Cases whose type
belongs to no dataset are left out on all sides, with what hangs on them: accidents, MISC, and stubs without
a type.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

import pyarrow.parquet as pq
import pytest
from iapro_town import Town, family, make_town, the_end

from openbeat.release.pipeline import Outcome
from openbeat.sources.iapro.catalogue import catalogue
from openbeat.sources.iapro.state import Tally
from openbeat.synth.department import make_department
from openbeat.synth.iapro import TRAPS, Truth, tables_at, truth_at, write_sqlite
from openbeat.synth.tds import Login, serve_tds
from openbeat.vault import open_vault, read_vault_key

QUICK, SEEDS = 1, 20
STATES = {"report not finished": "chain", "unknown": "stub"}  # every other reason to wait: the case is open
COUNTED: Mapping[tuple[str, str], str] = {  # dataset, table -> what the truth calls its rows
    ("use_of_force", "incidents"): "incidents",
    ("use_of_force", "force"): "force_reports",
    ("use_of_force", "actions"): "force_rows",
    ("use_of_force", "officers"): "officers_linked",
    ("use_of_force", "subjects"): "citizens_linked",
    ("complaints", "complaints"): "incidents",
    ("complaints", "allegations"): "allegations",
    ("complaints", "actions"): "actions",
    ("complaints", "officers"): "officers_linked",
    ("complaints", "complainants"): "citizens_linked",
    ("officer_involved_shootings", "incidents"): "incidents",
    ("officer_involved_shootings", "officers"): "officers_linked",
    ("officer_involved_shootings", "subjects"): "citizens_linked",
    ("assaults_on_officers", "assaults"): "officers_linked",
    ("vehicle_pursuits", "pursuits"): "incidents",
    ("vehicle_pursuits", "officers"): "officers_linked",
}
THROUGH = " JOIN ASSOC_INC_OFF USING (AIO_NUM) JOIN INCIDENTS i USING (INCNUM)"
ASKED = {  # the same in the words of the database
    "incidents": "INCIDENTS i",
    "officers_linked": "ASSOC_INC_OFF JOIN INCIDENTS i USING (INCNUM)",
    "citizens_linked": "ASSOC_INC_CIT JOIN INCIDENTS i USING (INCNUM)",
    "force_reports": "(SELECT DISTINCT AIO_NUM FROM USES_OF_FORCE)" + THROUGH,
    "force_rows": "USES_OF_FORCE" + THROUGH,
    "allegations": "ALLEGATIONS" + THROUGH,
    "actions": "ACTIONS_TAKEN" + THROUGH,
}
STATE = """CASE WHEN i.CREATED_DT IS NULL THEN 'stub'
                WHEN i.FIELD_STATUS IN ('Initial entry', 'In chain') THEN 'chain'
                WHEN i.STATUS = 'Completed' THEN 'completed' ELSE 'open' END"""
SUSTAINED = ("Sustained", "Sustained/Dismissal", "Sustained - RUI - Resigned/Retired Under Investigation")
CANARY = b"canary"  # in every name, narrative, note, user name and charge of the history
FIELDS = (
    "report_type",
    "complaint_source",
    "finding",
    "incident_id",
    "officer_id",
)  # all but these take time


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A department, what its history says, and what came of it."""

    town: Town
    truth: Truth
    read: Mapping[str, Tally]
    outcomes: Mapping[str, Outcome]


@pytest.fixture(
    scope="module",
    params=[pytest.param(seed, marks=[pytest.mark.slow] * (seed >= QUICK)) for seed in range(SEEDS)],
    ids=lambda seed: f"seed {seed}",
)
def counted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Counted:
    """A department of 60 officers over two years with every trap, read from its database and published."""
    folder = tmp_path_factory.mktemp("counted")
    town = town_of(request.param, folder)
    read = town.pull().run.tables
    datasets = {dataset for dataset, _ in COUNTED} | {"workforce", "awards", "training"}
    outcomes = {dataset: town.run(dataset, only=FIELDS) for dataset in sorted(datasets)}
    return Counted(town=town, truth=truth_at(town.seen), read=read, outcomes=outcomes)


def town_of(seed: int, folder: Path) -> Town:
    """A department with every trap, and its IAPro."""
    department = make_department(seed=seed, officers=60, years=2)
    write_sqlite(tables_at(department), folder / "database.sqlite")
    return make_town(department, folder, tuple(TRAPS), folder / "database.sqlite")


def of_dataset(town: Town, dataset: str, counts: Mapping[Any, int]) -> Counter[str]:
    """How many there are in each state, of the types of cases that are the dataset's."""
    assert town.agency.iapro
    types = town.agency.iapro.incident_types
    found: Counter[str] = Counter()
    for (kind, state, *_), count in counts.items():
        if types.get(kind) == dataset:
            found[state] += count
    return found


def in_database(town: Town, dataset: str, name: str) -> Counter[str]:
    """What the database says of the dataset's cases."""
    rows = town.ask(f"SELECT trim(i.INCIDENT_TYPE), {STATE}, count(*) FROM {ASKED[name]} GROUP BY 1, 2")
    return of_dataset(town, dataset, {(kind, state): count for kind, state, count in rows})


def in_release(town: Town, outcome: Outcome, table: str) -> Counter[str]:
    """What is in the release, and what the account says of the rest; the refused are of completed cases."""
    account = outcome.tables[table].account
    found = Counter({"completed": len(town.rows(outcome, table)) + sum(account.refused.values())})
    for reason, rows in account.withheld.items():
        found[STATES.get(reason.removeprefix("case not yet releasable: "), "open")] += rows
    return +found


def test_every_incident_was_read(counted: Counted) -> None:
    assert counted.read["INCIDENTS"].read == sum(counted.truth.incidents.values())
    assert not any(one.unkeyed or one.astray for one in counted.read.values())


@pytest.mark.parametrize(
    ("dataset", "table"), COUNTED, ids=[f"{dataset}.{table}" for dataset, table in COUNTED]
)
def test_history_and_database_count_what_is_released_withheld_and_refused(
    counted: Counted, dataset: str, table: str
) -> None:
    town, name = counted.town, COUNTED[dataset, table]
    released = in_release(town, counted.outcomes[dataset], table)
    assert released == of_dataset(town, dataset, getattr(counted.truth, name))
    assert released == in_database(town, dataset, name)


@pytest.mark.parametrize(
    ("dataset", "table", "column", "types"),
    [
        (
            "use_of_force",
            "incidents",
            "report_type",
            {"Use of force": "use_of_force", "Show of force": "show_of_force"},
        ),
        (
            "complaints",
            "complaints",
            "complaint_source",
            {"Citizen complaint": "resident", "Rank Initiated": "supervisor"},
        ),
    ],
    ids=["use of force", "complaints"],
)
def test_completed_cases_are_as_many_of_each_type(
    counted: Counted, dataset: str, table: str, column: str, types: Mapping[str, str]
) -> None:
    rows = counted.town.rows(counted.outcomes[dataset], table)
    right = {code: counted.truth.incidents[kind, "completed"] for kind, code in types.items()}
    assert Counter(row[column] for row in rows) == right


def test_cases_that_wait_are_counted_by_their_state(counted: Counted) -> None:
    for dataset in {dataset for dataset, _ in COUNTED}:
        waiting = of_dataset(counted.town, dataset, counted.truth.incidents)
        del waiting["completed"]
        release = counted.outcomes[dataset].release
        assert release
        said: Counter[str] = Counter()
        for one in release.manifest["pending"]:
            said[{"in_chain": "chain", "unknown": "stub"}.get(one["state"], "open")] += one["cases"]
        assert said == waiting, dataset


def test_findings_are_published_as_they_stand_and_the_gated_ones_make_up_the_rest(counted: Counted) -> None:
    town, end = counted.town, the_end(counted.town.seen)
    told = {
        completed: Counter(
            family(one, end)
            for incident in town.cases("complaints", *(("completed",) if completed else ("chain", "open")))
            for involved in incident.officers
            for one in involved.allegations
            if one.created <= end and not (one.deleted and one.deleted <= end)
        )
        for completed in (True, False)
    }
    rows = town.rows(counted.outcomes["complaints"], "allegations")
    assert Counter(row["finding"] for row in rows) == told[True]
    marks = ", ".join("?" * len(SUSTAINED))
    sustained = dict(
        town.ask(
            f"""SELECT i.STATUS = 'Completed', count(*) FROM ALLEGATIONS{THROUGH}
                WHERE coalesce(nullif(nullif(FINAL_DISPO, ''), 'NULL'), FINDING) IN ({marks}) GROUP BY 1""",
            *SUSTAINED,
        )
    )
    assert {state: sustained.get(int(state), 0) for state in told} == {
        state: found["sustained"] for state, found in told.items()
    }


def test_the_roster_awards_and_training_are_complete(counted: Counted) -> None:
    town, truth = counted.town, counted.truth
    roster = counted.outcomes["workforce"].tables["officers"].account
    assert len(town.rows(counted.outcomes["workforce"], "officers")) == truth.officers
    assert list(roster.refused.values()) == [truth.placeholders]
    assert truth.officers + truth.placeholders == town.number("SELECT count(*) FROM OFFICERS")
    for dataset, right in (("awards", truth.awards), ("training", truth.trainings)):
        [(table, staged)] = counted.outcomes[dataset].tables.items()
        assert len(town.rows(counted.outcomes[dataset], table)) == right == staged.account.read, dataset


@pytest.mark.slow
def test_nothing_that_must_stay_inside_leaves_the_database(tmp_path: Path) -> None:
    town = town_of(3, tmp_path)
    assert CANARY in town.file.read_bytes().lower()
    login = Login(user="reader", password="only reads")
    with serve_tds(town.file, login=login) as server:
        town.pull(address=f"mssql+pytds://reader:only%20reads@{server.host}:{server.port}/{server.name}")
    for dataset in town.agency.datasets.keys() - {"population"}:
        town.run(dataset)
    asked = [f"{one.text} {dict(one.parameters)}" for one in server.statements]
    assert len(asked) > 10
    assert not [one for one in asked if "alert" in one.lower() or CANARY.decode() in one.lower()]
    never = {f"[{table}].[{column}]" for table, one in catalogue().items() for column in one.never}
    assert not [one for one in asked if any(column in one for column in never)]
    with town.environment():
        vault = open_vault(town.workspace.vault / town.agency.slug, read_vault_key(town.workspace.root))
    held = {table: str(vault.history(table).to_pydict()) for table in vault.tables()}
    assert {f"iapro.{table}" for table in catalogue()} <= held.keys()
    assert not [table for table, said in held.items() if CANARY.decode() in said.lower()]
    files = [file for file in town.workspace.root.rglob("*") if file.is_file()]
    assert {"shelf", "state", "vault"} <= {file.relative_to(town.workspace.root).parts[0] for file in files}
    assert not [file for file in files if any(CANARY in said.lower() for said in contents(file))]


def contents(file: Path) -> Iterator[bytes]:
    """What stands in a file, and in what is packed into it."""
    said = file.read_bytes()
    yield said
    if said.startswith(b"PAR1"):
        yield str(pq.read_table(file).to_pydict()).encode()
    elif said.startswith(b"\x1f\x8b"):
        yield gzip.decompress(said)
    elif is_zipfile(file):
        with ZipFile(file) as folder:
            yield from map(folder.read, folder.namelist())
