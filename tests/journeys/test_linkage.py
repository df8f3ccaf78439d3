"""One officer, one pseudonym where the agency links datasets, another one everywhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from publishing import EXAMPLES, one_number, parquet_of

from openbeat.agency import Agency, load_agency
from openbeat.protect import SecretKey
from openbeat.release.pipeline import Outcome, run_dataset
from openbeat.workspace import new_workspace

SECRET = SecretKey(bytes(range(32)))
WANTED = {
    "complaints": ["complaints", "allegations"],
    "use_of_force": ["force", "officers"],
    "training": ["training"],
}
COMPLAINED = "complaints-accused.csv.gz"
FORCE = "TRR-officers_2004-2016_2016-09.csv.gz"

pytestmark = pytest.mark.slow


def published(agency: Agency, wanted: list[str], folder: Path, shared: Path) -> dict[str, Outcome]:
    workspace = new_workspace(folder / "workspace")
    made = {}
    for key in wanted:
        whole = agency.datasets[key]
        part = replace(whole, tables={name: whole.tables[name] for name in WANTED[key]})
        now = datetime.now(UTC)
        made[key] = run_dataset(workspace, agency, part, SECRET, now=now, records=shared / "data")
    return made


@pytest.fixture(scope="module")
def chicago() -> Agency:
    return load_agency(EXAMPLES / "chicago_il" / "agency.toml")


@pytest.fixture(scope="module")
def tables(chicago: Agency, tmp_path_factory: pytest.TempPathFactory, shared: Path) -> dict[str, str]:
    """The releases of Chicago, and its training once more, published outside the linkage group."""
    linked, apart = tmp_path_factory.mktemp("linked"), tmp_path_factory.mktemp("apart")
    outcomes = published(chicago, list(WANTED), linked, shared)
    alone = replace(chicago, linked={"officers": ("complaints", "use_of_force")})
    unlinked = published(alone, ["training"], apart, shared)
    found = {
        f"{key}.{name}": f"'{parquet_of(outcome, name, linked)}'"
        for key, outcome in outcomes.items()
        for name in outcome.tables
    }
    return {**found, "apart": f"'{parquet_of(unlinked['training'], 'training', apart)}'"}


def raw(shared: Path, file: str) -> str:
    """Each row's officer as the raw file numbers it, spelled the same in every file."""
    read = f"read_csv('{shared}/data/chicago/{file}', header = true, all_varchar = true)"
    return f"(select cast(cast(UID as double) as bigint) as uid from {read} where UID is not null)"


def test_officers_met_in_complaints_and_force_are_as_many_as_in_the_raw_files(
    tables: dict[str, str], shared: Path
) -> None:
    both = f"select uid from {raw(shared, COMPLAINED)} intersect select uid from {raw(shared, FORCE)}"
    met = f"select officer_id from {tables['complaints.allegations']} intersect select officer_id from {tables['use_of_force.officers']} where officer_id is not null"  # noqa: E501
    assert one_number(f"select count(*) from ({met})") == one_number(f"select count(*) from ({both})") > 5_000


def test_the_most_accused_officer_has_one_pseudonym_in_complaints_force_and_training(
    tables: dict[str, str], shared: Path
) -> None:
    busiest = f"select uid, count(*) as n from {raw(shared, COMPLAINED)} group by 1 order by n desc limit 1"
    [(uid, accusations)] = duckdb.sql(busiest).fetchall()
    forces = one_number(f"select count(*) from {raw(shared, FORCE)} where uid = {uid}")
    [pseudonym] = SECRET.pseudonyms([str(uid)], domain="officer", agency="chicago_il", group="officers")
    same = f"where officer_id = '{pseudonym}'"
    assert one_number(f"select count(*) from {tables['complaints.allegations']} {same}") == accusations == 175
    assert one_number(f"select count(*) from {tables['use_of_force.officers']} {same}") == forces


def test_outside_the_linkage_group_nobody_can_be_met_again(tables: dict[str, str]) -> None:
    officers = "select distinct officer_id from"
    linked = (
        f"{officers} {tables['training.training']} intersect {officers} {tables['complaints.allegations']}"
    )
    apart = f"{officers} {tables['apart']} intersect {officers} {tables['complaints.allegations']}"
    assert one_number(f"select count(*) from ({linked})") > 8_000
    assert one_number(f"select count(*) from ({apart})") == 0
    assert one_number(f"select count(distinct officer_id) from {tables['apart']}") == 10_285


def test_another_kind_of_number_never_looks_like_an_officer() -> None:
    names = [("officer", "officers"), ("subject", "officers"), ("officer", "complaints")]
    made = {next(SECRET.pseudonyms(["112944"], domain=d, agency="chicago_il", group=g)) for d, g in names}
    assert len(made) == len(names)


@pytest.mark.parametrize(
    ("child", "parent", "key"),
    [
        ("complaints.allegations", "complaints.complaints", "complaint_id"),
        ("use_of_force.officers", "use_of_force.force", "force_id"),
    ],
)
def test_every_row_that_points_to_another_finds_it(
    tables: dict[str, str], child: str, parent: str, key: str
) -> None:
    lost = f"select count(*) from {tables[child]} anti join {tables[parent]} using ({key})"
    assert one_number(lost) == 0
    assert one_number(f"select count({key}) from {tables[child]}") > 60_000
