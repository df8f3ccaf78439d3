"""The script of rights gives what is needed and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
import sqlglot
from iapro_servers import Vaults, over_postgres, postgres_url
from postgres_server import connect
from sqlglot import exp

from openbeat.errors import WrongSettings
from openbeat.sources.iapro.catalogue import LABELS, catalogue
from openbeat.sources.iapro.connection import open_source
from openbeat.sources.iapro.grants import grant_script
from openbeat.sources.iapro.probe import probe
from openbeat.sources.iapro.site import expected_site, read_site

PASSWORD = "only of this test"


@pytest.fixture
def reader(postgres: Path, department: Mapping[str, pa.Table]) -> str:
    """The address of a database for an account that the script made in it."""
    owner = over_postgres(postgres, department, "granted")
    with open_source(owner) as source:
        script = grant_script(read_site(source), source.dialect)
    with connect(postgres, "granted") as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'openbeat_reader'").fetchone():
            connection.execute("DROP OWNED BY openbeat_reader; DROP ROLE openbeat_reader")
        connection.execute(script.encode())
        connection.execute(f"ALTER ROLE openbeat_reader PASSWORD '{PASSWORD}'".encode())
    return postgres_url(postgres, "granted", "openbeat_reader", PASSWORD)


def test_the_account_runs_the_whole_probe_and_extraction(reader: str, postgres: Path, vaults: Vaults) -> None:
    with open_source(reader) as source, open_source(postgres_url(postgres, "granted")) as owner:
        ours, theirs = probe(source), probe(owner)
    assert {name: table.rows for name, table in ours.tables.items()} == {
        name: table.rows for name, table in theirs.tables.items()
    }
    assert ours.placeholders == theirs.placeholders
    vaults.fill(reader, "reader")
    vaults.fill(reader, "reader", night=1)
    vaults.fill(postgres_url(postgres, "granted"), "owner")
    assert vaults.rows("reader") == vaults.rows("owner")


@pytest.mark.parametrize(
    "column",
    [f'"{table.name}"."{column}"' for table in catalogue().values() for column in table.never],
)
def test_the_server_refuses_it_every_column_that_is_never_asked_for(
    reader: str, postgres: Path, column: str
) -> None:
    table, name = column.split(".")
    with connect(postgres, "granted") as owner:
        there = owner.execute(
            "SELECT 1 FROM information_schema.columns WHERE table_name = %s AND column_name = %s",
            (table.strip('"'), name.strip('"')),
        ).fetchone()
    if not there:
        pytest.skip("the synthetic department does not have it")
    with (
        connect(postgres, "granted", "openbeat_reader", PASSWORD) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(f'SELECT {name} FROM "IA_ADM".{table}'.encode())


@pytest.mark.parametrize(
    "statement",
    [
        """INSERT INTO "IA_ADM"."INCIDENTS" ("INCNUM") VALUES (1)""",
        """UPDATE "IA_ADM"."INCIDENTS" SET "STATUS" = 'Completed'""",
        """DELETE FROM "IA_ADM"."INCIDENTS" """,
        """TRUNCATE "IA_ADM"."INCIDENTS" """,
        """DROP TABLE "IA_ADM"."INCIDENTS" """,
        """CREATE TABLE "IA_ADM"."MINE" (A integer)""",
        """SELECT * FROM "IA_ADM"."SUMMARIES" """,
    ],
)
def test_it_cannot_write_or_read_anything_else_even_if_it_turns_read_only_off(
    reader: str, postgres: Path, statement: str
) -> None:
    with connect(postgres, "granted", "openbeat_reader", PASSWORD) as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


def test_for_sql_server_it_is_a_user_and_one_grant_of_columns_for_each_table() -> None:
    script = grant_script(expected_site(), "mssql+pytds", "pdi_reader")
    bare = "\n".join(line for line in script.splitlines() if not line.startswith("--"))
    made, *grants = [part.strip() for part in bare.split(";") if part.strip()]
    assert made == "CREATE USER [pdi_reader] FOR LOGIN [pdi_reader]"
    assert len(grants) == len(catalogue()) + 1
    for table, grant in zip([*catalogue(), LABELS], grants, strict=True):
        tree = sqlglot.parse_one(grant, read="tsql")
        assert isinstance(tree, exp.Grant)
        assert grant.endswith(f"ON [IA_ADM].[{table}] TO [pdi_reader]")
        [privilege] = tree.args["privileges"]
        assert privilege.name == "SELECT"
        granted = {column.name for column in privilege.args["expressions"]}
        if table in catalogue():
            assert granted == set(catalogue()[table].asked)


def test_it_says_what_the_administrator_has_to_know() -> None:
    for dialect in ("mssql+pytds", "postgresql"):
        script = grant_script(expected_site(), dialect)
        assert "To take everything back" in script
        assert "PASSWORD = '(a long one)'" in script or r"\password" in script


def test_sqlite_has_no_rights_to_give() -> None:
    with pytest.raises(WrongSettings, match="no accounts"):
        grant_script(expected_site(None), "sqlite")


@pytest.mark.parametrize("account", ["", "a b", "x; DROP TABLE y", "[x]", "ä"])
def test_a_name_that_would_need_quoting_is_refused(account: str) -> None:
    with pytest.raises(WrongSettings, match="letters, digits"):
        grant_script(expected_site(), "mssql+pytds", account)
