"""A small synthetic department as an IAPro database, on each server that openbeat reads, and its vaults."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest
from postgres_server import PASSWORD, connect

from openbeat.sources.iapro.connection import open_source
from openbeat.sources.iapro.pull import Pulled, pull
from openbeat.sources.iapro.site import read_site
from openbeat.synth.department import make_department
from openbeat.synth.iapro import tables_at, write_postgres, write_sqlite
from openbeat.synth.tds import Login, TdsServer, serve_tds
from openbeat.vault import VARIABLE, Vault, VaultKey, open_vault, read_vault_key

READER = Login(user="openbeat_reader", password="p@ss:w/rd 7")
NIGHT = datetime(2026, 7, 1, 3)  # the day after the department's last


@pytest.fixture(scope="session")
def department() -> Mapping[str, pa.Table]:
    """The tables of a department of 26 officers over three years, with every trap."""
    return tables_at(make_department(seed=11, officers=26, years=3))


@pytest.fixture(scope="session")
def written(department: Mapping[str, pa.Table], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The department as a SQLite file."""
    file = tmp_path_factory.mktemp("department") / "iapro.sqlite"
    write_sqlite(department, file)
    return file


@pytest.fixture
def iapro(written: Path, tmp_path: Path) -> Path:
    """A copy of the department's SQLite file that a test may change."""
    return Path(shutil.copy(written, tmp_path / "iapro.sqlite"))


@dataclass(frozen=True, kw_only=True)
class Vaults:
    """Vaults under one key, and the runs that fill them."""

    folder: Path
    key: VaultKey

    def open(self, name: str = "one") -> Vault:
        return open_vault(self.folder / name / "vault", self.key)

    def state(self, name: str = "one") -> Path:
        (self.folder / name).mkdir(exist_ok=True)
        return self.folder / name / "iapro.json"

    def fill(self, url: str, name: str = "one", *, night: int = 0, **said: Any) -> Pulled:
        """One extraction, `night` days after the first, that waits for nothing."""
        with open_source(url) as source:
            return pull(
                source,
                self.open(name),
                read_site(source),
                state=self.state(name),
                now=NIGHT + timedelta(days=night),
                **{"wait": lambda seconds: None, "page": 40, **said},
            )

    def rows(self, name: str = "one") -> dict[str, pa.Table]:
        """Everything that the vault ever held, by table."""
        vault = self.open(name)
        return {table: vault.history(table) for table in vault.tables()}

    def drop(self, name: str) -> None:
        shutil.rmtree(self.folder / name)


@pytest.fixture
def vaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vaults:
    """Where vaults are made, under a key of the tests' own."""
    file = tmp_path / "vault.key"
    file.touch(mode=0o600)
    file.write_text("5a" * 32, "ascii")
    monkeypatch.setenv(VARIABLE, str(file))
    folder = tmp_path / "vaults"
    folder.mkdir()
    return Vaults(folder=folder, key=read_vault_key(folder))


def sqlite_url(file: Path) -> str:
    return f"sqlite:///{file}"


@contextmanager
def over_tds(file: Path, cut: Callable[[int], bool] | None = None) -> Iterator[tuple[str, TdsServer]]:
    """The file served as SQL Server would, and its address."""
    with serve_tds(file, login=READER, cut=cut) as server:
        yield tds_url(server), server


def tds_url(server: TdsServer, driver: str = "mssql+pytds") -> str:
    account = f"{quote(READER.user, safe='')}:{quote(READER.password, safe='')}"
    return f"{driver}://{account}@{server.host}:{server.port}/{server.name}"


def over_postgres(server: Path, tables: Mapping[str, pa.Table], database: str) -> str:
    """The tables in a database of their own on the server, and its address."""
    with connect(server) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{database}"'.encode())
        connection.execute(f'CREATE DATABASE "{database}"'.encode())
    write_postgres(tables, f"host={server} dbname={database} user=postgres password='{PASSWORD}'")
    return postgres_url(server, database)


def postgres_url(server: Path, database: str, user: str = "postgres", password: str = PASSWORD) -> str:
    return f"postgresql://{user}:{quote(password, safe='')}@/{database}?host={quote(str(server), safe='')}"


def change(file: Path, statement: str, *values: object) -> int:
    """Do what somebody did in IAPro; how many rows it touched."""
    with closing(sqlite3.connect(file)) as connection, connection:
        return connection.execute(statement, values).rowcount


def ask(file: Path, question: str, *values: object) -> list[tuple[Any, ...]]:
    """What the database itself says."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(question, values).fetchall()
