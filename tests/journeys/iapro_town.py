"""Rivertown's IAPro with chosen traps in it, and the installation that reads it and publishes."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from publishing import EXAMPLES, parquet_of

from openbeat.agency import Agency, TableMapping, load_agency
from openbeat.cli.iapro import pull_agency
from openbeat.protect import read_key
from openbeat.release.pipeline import Outcome, run_dataset
from openbeat.sources.iapro import Pulled
from openbeat.standards import Table, standards
from openbeat.synth.department import Allegation, Department, Incident, at, make_department, state
from openbeat.synth.iapro import tables_at, write_sqlite
from openbeat.synth.iapro.happened import happened
from openbeat.workspace import Workspace, new_workspace

Rows = list[dict[str, Any]]

SETTINGS = EXAMPLES / "rivertown" / "agency.toml"
NOW = datetime(2026, 7, 2, 12, tzinfo=UTC)  # two days after the department's last
ADDRESS = "RIVERTOWN_IAPRO"
AS_RIVERTOWN_SAYS = {  # where its agency.toml takes a word for more than the history does
    "Sustained - RUI - Resigned/Retired Under Investigation": "sustained",
}
DONE = "i.STATUS = 'Completed' AND i.INCIDENT_TYPE IN"
FORCE = f"{DONE} ('Use of force', 'Show of force')"
COMPLAINT = f"{DONE} ('Citizen complaint', 'Rank Initiated')"
SHIELDING = ("juvenile_involved", "service_type")  # what decides which rows say less than others
LINKED = "JOIN ASSOC_INC_OFF o USING (AIO_NUM) JOIN INCIDENTS i USING (INCNUM)"
CLEAN = {  # what most traps are held against: the same tables without any trap
    "use_of_force": ("incidents", "subjects"),
    "complaints": ("actions",),
    "workforce": ("officers",),
}


@dataclass(frozen=True, kw_only=True)
class Town:
    """One department, its IAPro as a SQLite file, and a workspace that reads it.

    seen     the history as these traps leave it    file     its database
    folder   holds the workspace and the keys       agency   agency.toml, with the placeholders of this roster
    """

    seen: Department
    file: Path
    folder: Path
    agency: Agency

    @property
    def workspace(self) -> Workspace:
        return new_workspace(self.folder / "workspace")

    @contextmanager
    def environment(self) -> Iterator[pytest.MonkeyPatch]:
        """The keys and the address, for as long as something runs that asks for them."""
        with pytest.MonkeyPatch.context() as environment:
            for number, name in enumerate(("OPENBEAT_KEY_FILE", "OPENBEAT_VAULT_KEY_FILE"), 1):
                key = self.folder / name
                key.touch(mode=0o600)
                key.write_text(f"{number}7" * 32, "ascii")
                environment.setenv(name, str(key))
            yield environment

    def pull(self, *, full: bool = False, address: str | None = None) -> Pulled:
        """Reads the database into the vault, from its file or where it is served."""
        with self.environment() as environment:
            environment.setenv(ADDRESS, address or f"sqlite:///{self.file}")
            return pull_agency(self.workspace, self.agency, full=full)

    def run(
        self,
        dataset: str,
        *tables: str,
        only: Collection[str] = (),
        agency: Agency | None = None,
        only_check: bool = False,
    ) -> Outcome:
        """Publishes these tables of a dataset (without any named, all of them) from the vault.

        only   the fields to publish beside those that a row needs, which is much quicker than all of them
        """
        agency = agency or self.agency
        whole = agency.datasets[dataset]
        mappings = {name: whole.tables[name] for name in tables or whole.tables}
        if only:
            shapes = standards()[dataset].tables
            mappings = {
                name: replace(one, fields={key: one.fields[key] for key in _kept(shapes[name], only, one)})
                for name, one in mappings.items()
            }
        wanted = replace(whole, tables=mappings)
        with self.environment():
            key = read_key(self.workspace.root)
            return run_dataset(self.workspace, agency, wanted, key, now=NOW, only_check=only_check)

    def rows(self, outcome: Outcome, table: str) -> Rows:
        """The rows that anybody can read in the release, in one order."""
        rows: Rows = pq.read_table(parquet_of(outcome, table, self.folder)).to_pylist()
        return sorted(rows, key=str)

    def hidden(self, dataset: str, domain: str, values: Sequence[object]) -> list[str]:
        """What stands for these numbers of IAPro in a release."""
        group = self.agency.linkage_group(dataset)
        with self.environment():
            key = read_key(self.workspace.root)
        return list(key.pseudonyms(map(str, values), domain=domain, agency=self.agency.slug, group=group))

    def ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database itself says."""
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(question, values).fetchall()

    def number(self, question: str, *values: object) -> int:
        """The one number that the database answers."""
        [[found]] = self.ask(question, *values)
        return int(found)

    def change(self, statement: str, *values: object) -> int:
        """Do what somebody did in IAPro; how many rows it touched."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            return connection.execute(statement, values).rowcount

    def cases(self, dataset: str, *states: str) -> list[Incident]:
        """The incidents of a dataset that are this far at the end of the history."""
        kinds = {kind for kind, one in self.agency.iapro.incident_types.items() if one == dataset}  # type: ignore[union-attr]
        end = the_end(self.seen)
        return [one for one in self.seen.incidents if one.kind in kinds and state(one, end) in states]


@dataclass(frozen=True, kw_only=True)
class Towns:
    """Makes towns of one department; each is its own installation."""

    department: Department
    folder: Path
    clean: dict[tuple[str, str], Rows] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def with_traps(self, *traps: str, moment: datetime | None = None, pull: bool = True) -> Town:
        """A town in whose records are these traps only, its IAPro read already unless told otherwise."""
        folder = self.folder / f"{next(self.numbers)}"
        folder.mkdir()
        town = make_town(self.department, folder, traps, self.database(traps, moment))
        if pull:
            town.pull()
        return town

    def database(self, traps: Collection[str], moment: datetime | None = None) -> Path:
        """The department's database with these traps, as it stood at a moment; written once."""
        file = self.folder / f"{'-'.join(sorted(traps))}-{moment:%Y%m%d%H%M%S}.sqlite" if moment else None
        file = file or self.folder / f"{'-'.join(sorted(traps))}.sqlite"
        if not file.exists():
            write_sqlite(tables_at(self.department, moment, traps=traps), file)
        return file


def make_town(department: Department, folder: Path, traps: Collection[str], database: Path) -> Town:
    """A town with a copy of the database, in an empty folder."""
    seen = happened(department, frozenset(traps))
    agency = load_agency(SETTINGS)
    assert agency.iapro
    nobody = tuple(str(one.number) for one in seen.officers if one.placeholder)
    return Town(
        seen=seen,
        file=Path(shutil.copy(database, folder / "iapro.sqlite")),
        folder=folder,
        agency=replace(agency, iapro=replace(agency.iapro, placeholders=nobody)),
    )


def _kept(table: Table, only: Collection[str], mapping: TableMapping) -> list[str]:
    needed = {*only, *table.primary, *(key for key, field in table.fields.items() if field.required)}
    return [key for key in mapping.fields if key in needed]


def settings_with(folder: Path, *changes: tuple[str, str]) -> Path:
    """Rivertown's agency.toml with some of its text written otherwise."""
    text = SETTINGS.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "rivertown" / "agency.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def the_end(department: Department) -> datetime:
    """The last moment of a history."""
    return datetime.combine(department.until, datetime.max.time())


def family(allegation: Allegation, moment: datetime) -> str | None:
    """How an allegation stands: by its final disposition, and else by its finding."""
    said = at(allegation.final, moment) or at(allegation.finding, moment)
    return said and (AS_RIVERTOWN_SAYS.get(said.word) or said.family)


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Towns:
    """Towns of a small department that has every trap in it, and what its release is like without them."""
    folder = tmp_path_factory.mktemp("towns")
    towns = Towns(department=make_department(seed=48, officers=70, years=2), folder=folder)
    town = towns.with_traps()
    for dataset, tables in CLEAN.items():
        outcome = town.run(dataset, *tables)
        for table in tables:
            towns.clean[dataset, table] = town.rows(outcome, table)
    return towns


def withheld(outcome: Outcome) -> Mapping[str, int]:
    """How many rows of each table wait for their case."""
    return {name: sum(one.account.withheld.values()) for name, one in outcome.tables.items()}


def published(outcome: Outcome) -> Mapping[str, int]:
    """How many rows of each table are in the release."""
    return {name: one.account.published for name, one in outcome.tables.items()}


def differences(towns: Towns, town: Town, dataset: str, table: str, *only: str) -> Counter[str]:
    """Rows of the town's release that differ, in any cell, from that of the records without a trap."""
    rows = town.rows(town.run(dataset, table, only=only and (*only, *SHIELDING)), table)
    columns = sorted(rows[0].keys())

    def said(found: Rows) -> Counter[str]:
        return Counter(str([row[name] for name in columns]) for row in found)

    assert len(rows) == len(towns.clean[dataset, table])
    return said(rows) - said(towns.clean[dataset, table])


def problems(outcome: Outcome, table: str, where: str) -> Counter[str]:
    """What was odd in a column, counted."""
    found: Counter[str] = Counter()
    for one in outcome.tables[table].problems:
        if one.where == where:
            found[one.kind] += one.count
    return found


def hits(outcome: Outcome, check: str, table: str, field: str) -> int:
    """How many rows a check found."""
    return sum(
        one.count for one in outcome.findings if (one.check, one.table, one.field) == (check, table, field)
    )
