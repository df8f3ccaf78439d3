"""A connection to IAPro reads, gives the same text from every server, and can do nothing else."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from iapro_servers import READER, over_tds, postgres_url, sqlite_url, tds_url
from postgres_server import connect

from openbeat.errors import ConnectionLost, UnreadableSource, WrongSettings
from openbeat.sources.iapro.canonical import canonical
from openbeat.sources.iapro.catalogue import catalogue
from openbeat.sources.iapro.compiled import DIALECTS, compiled
from openbeat.sources.iapro.connection import open_source
from openbeat.sources.iapro.drivers import driver_of
from openbeat.sources.iapro.site import read_site
from openbeat.sources.iapro.statements import of_range

# --- the same text from every server -------------------------------------------------------------------

COLUMNS = {  # column -> its type in SQLite as SQL Server would declare it, and in PostgreSQL
    "INCNUM": ("INTEGER", "integer"),
    "FILENUM": ("VARCHAR(50)", "varchar(50)"),
    "PRIORITY": ("CHAR(8)", "char(8)"),
    "CYCLES_NUM": ("DECIMAL(9, 2)", "numeric(9, 2)"),
    "OCCURRED_HOUR_I": ("REAL", "double precision"),
    "SUSTAINED": ("BIT", "boolean"),
    "OCCURRED_DT": ("DATETIME", "timestamp"),
    "DUE_DT": ("DATE", "date"),
}
ROWS: list[tuple[Any, ...]] = [
    (1, " FTN2018-0183 ", "High    ", 4.5, 7.0, 1, "2018-05-04 12:37:00", "2018-06-01"),
    (2, "ñandú 日本 'q' \"😀\"", "", 4.0, 0.1, 0, "1900-01-01 00:00:00", "1999-12-31"),
    (2_000_000_000, "", None, 0.25, -3.5, None, None, None),
    (-4, None, "Low", None, None, 1, "2024-02-29 23:59:59", "2024-02-29"),
    (7, "NULL", "a b", 100.0, 1200000.0, 0, "1753-01-01 00:00:00", "0001-01-01"),
]
TEXT = [
    ("-4", None, "Low", None, None, "1", "2024-02-29 23:59:59", "2024-02-29 00:00:00"),
    ("1", " FTN2018-0183 ", "High", "4.5", "7", "1", "2018-05-04 12:37:00", "2018-06-01 00:00:00"),
    ("2", "ñandú 日本 'q' \"😀\"", "", "4", "0.1", "0", "1900-01-01 00:00:00", "1999-12-31 00:00:00"),
    ("7", "NULL", "a b", "100", "1200000", "0", "1753-01-01 00:00:00", "0001-01-01 00:00:00"),
    ("2000000000", "", None, "0.25", "-3.5", None, None, None),
]


@pytest.fixture
def one_table(tmp_path: Path) -> Path:
    """A database with one table that has a column of every type."""
    file = tmp_path / "types.sqlite"
    with sqlite3.connect(file) as connection:
        columns = ", ".join(f"{name} {kind}" for name, (kind, _) in COLUMNS.items())
        connection.execute(f"CREATE TABLE INCIDENTS ({columns})")
        connection.executemany(f"INSERT INTO INCIDENTS VALUES ({', '.join('?' * len(COLUMNS))})", ROWS)
    connection.close()
    return file


def read(url: str) -> list[tuple[str | None, ...]]:
    """The rows of INCIDENTS, by number, with the columns in our order."""
    with open_source(url) as source:
        reading = of_range(read_site(source), catalogue()["INCIDENTS"])
        rows = source.table(reading.statement, {"low": -10, "high": 2_000_000_000})
    assert set(rows.column_names) == set(COLUMNS)
    found = [tuple(row[name] for name in COLUMNS) for row in rows.to_pylist()]
    return sorted(found, key=lambda row: int(row[0] or 0))


def test_sqlite_gives_the_text(one_table: Path) -> None:
    assert read(sqlite_url(one_table)) == TEXT


def test_sql_server_gives_the_same_text(one_table: Path) -> None:
    with over_tds(one_table) as (url, _):
        assert read(url) == TEXT


def test_sql_server_gives_the_same_text_through_the_fast_driver(one_table: Path) -> None:
    pytest.importorskip("arrow_odbc", reason="needs the extra arrow-odbc")
    with over_tds(one_table) as (_, server):
        try:
            assert read(tds_url(server, "mssql+odbc")) == TEXT
        except ConnectionLost:
            if not server.statements:
                pytest.skip("needs FreeTDS' driver for ODBC: Debian's tdsodbc")
            raise


def test_postgresql_gives_the_same_text_whatever_the_case_of_its_names(postgres: Path) -> None:
    with connect(postgres) as connection:
        connection.execute("DROP SCHEMA IF EXISTS ia_adm CASCADE; CREATE SCHEMA ia_adm")
        columns = ", ".join(f"{name.lower()} {kind}" for name, (_, kind) in COLUMNS.items())
        connection.execute(f"CREATE TABLE ia_adm.incidents ({columns})".encode())
        places = ", ".join(
            f"%s::{'int::boolean' if name == 'SUSTAINED' else 'text::' + kind}"
            for name, (_, kind) in COLUMNS.items()
        )
        connection.cursor().executemany(f"INSERT INTO ia_adm.incidents VALUES ({places})".encode(), ROWS)
    try:
        assert read(postgres_url(postgres, "postgres")) == TEXT
    finally:
        with connect(postgres) as connection:
            connection.execute("DROP SCHEMA ia_adm CASCADE")


@given(st.datetimes(datetime(1753, 1, 1), datetime(2100, 1, 1)))
def test_a_moment_is_the_same_text_as_a_value_and_in_every_way_sqlite_keeps_it(moment: datetime) -> None:
    said = f"{moment:%Y-%m-%d %H:%M:%S}"
    spelt = [moment.isoformat(" "), moment.isoformat("T"), said]
    assert canonical([moment, None], sa.DateTime()).to_pylist() == [said, None]
    assert canonical(spelt, sa.DateTime()).to_pylist() == [said] * 3
    assert canonical(pa.array([moment], pa.timestamp("ns")), sa.DateTime()).to_pylist() == [said]


def test_text_that_is_no_moment_stays_as_it_stands() -> None:
    odd = ["", "5/4/2019", "NULL", "2019-05", " 2019-05-04"]
    assert canonical(odd, sa.DateTime()).to_pylist() == odd


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=4) | st.none(), max_size=5))
def test_a_decimal_reads_back_as_the_same_number(values: list[Decimal | None]) -> None:
    for value, text in zip(values, canonical(values, sa.Numeric()).to_pylist(), strict=True):
        assert (text is None and value is None) or Decimal(text) == value
        assert text is None or not ("." in text and text.endswith(("0", ".")))


# --- nothing but reading -------------------------------------------------------------------------------

ROWS_OF = sa.table("INCIDENTS", sa.column("INCNUM", sa.BigInteger()), schema="IA_ADM")
PLAIN = sa.select(ROWS_OF.c.INCNUM)


class Disguised(sa.Select[Any]):
    """Looks like a Select."""

    inherit_cache = True


ATTACKS: Mapping[str, Any] = {
    "insert": sa.insert(ROWS_OF).values(INCNUM=1),
    "update": sa.update(ROWS_OF).values(INCNUM=1),
    "delete": sa.delete(ROWS_OF),
    "text": sa.text("DELETE FROM INCIDENTS"),
    "a string": "SELECT 1",
    "a subclass": Disguised(ROWS_OF.c.INCNUM),
    "a union": PLAIN.union(PLAIN),
    "two statements": sa.select(sa.text("1; DROP TABLE INCIDENTS")),
    "a literal": sa.select(sa.literal_column("1 INTO STOLEN FROM INCIDENTS --")),
    "an insert inside": sa.select(sa.insert(ROWS_OF).returning(ROWS_OF.c.INCNUM).cte()),
    "a subquery that is named first": sa.select(PLAIN.cte()),
    "a procedure": sa.select(sa.func.xp_cmdshell("dir")),
    "a function that reads files": sa.select(sa.func.pg_read_file("/etc/passwd")),
    "a function that loads code": sa.select(sa.func.load_extension("x")),
    "a function that counts on": sa.select(sa.func.setval("s", 1)),
    "a prefix": PLAIN.prefix_with("1 AS A INTO STOLEN FROM X; SELECT"),
    "a suffix": PLAIN.suffix_with("; DELETE FROM INCIDENTS"),
    "an operator": sa.select(ROWS_OF.c.INCNUM.op("; DELETE FROM INCIDENTS WHERE 1 =")(1)),
    "an unquoted name": sa.select(sa.column(sa.sql.quoted_name("1; DROP TABLE INCIDENTS", quote=False))),
    "a name with a percent sign": sa.select(sa.column("50%"))
    .where(sa.column("50%") == 1)
    .suffix_with("WAITFOR"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_writing_statement_is_not_even_sent(attack: str, iapro: Path) -> None:
    with over_tds(iapro) as (url, server), open_source(url) as source:
        assert list(source.rows(PLAIN))
        server.statements.clear()
        with pytest.raises(UnreadableSource, match="nothing was sent"):
            list(source.rows(ATTACKS[attack]))
        assert server.statements == []


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_it_has_no_words_in_any_servers_language(attack: str, dialect: str) -> None:
    with pytest.raises(UnreadableSource):
        compiled(ATTACKS[attack], dialect)


def test_a_lock_is_not_sent() -> None:
    assert "UPDATE" not in compiled(PLAIN.with_for_update(), "mssql+pytds").text
    with pytest.raises(UnreadableSource):
        compiled(PLAIN.with_for_update(), "postgresql")


def test_logging_in_sends_no_statement(iapro: Path) -> None:
    with over_tds(iapro) as (url, server), open_source(url) as source:
        list(source.rows(PLAIN))
        assert [said.text for said in server.statements] == [compiled(PLAIN, "mssql+pytds").text]


def test_postgresql_itself_refuses_to_write_for_the_session(postgres: Path) -> None:
    connection = driver_of(sa.make_url(postgres_url(postgres, "postgres"))).connect()
    with connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("CREATE TABLE written (a integer)")


def test_sqlite_itself_refuses_to_write_for_the_connection(iapro: Path) -> None:
    connection = driver_of(sa.make_url(sqlite_url(iapro))).connect()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM INCIDENTS")
    connection.close()


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with (
        pytest.raises(UnreadableSource, match="no such file"),
        open_source(sqlite_url(tmp_path / "none.sqlite")),
    ):
        pass
    assert not list(tmp_path.iterdir())


# --- what errors say -----------------------------------------------------------------------------------


def test_a_wrong_password_is_told_without_the_password_or_the_drivers_words(iapro: Path) -> None:
    with over_tds(iapro) as (url, server):
        wrong = url.replace(f"{server.host}:{server.port}", "HERE").split("@HERE")[0].rsplit(":", 1)[0]
        url = f"{wrong}:hunter2@{server.host}:{server.port}/{server.name}"
        with open_source(url) as source, pytest.raises(UnreadableSource) as told:
            read_site(source)
    assert "hunter2" not in str(told.value)
    assert READER.user not in str(told.value)
    assert told.value.__suppress_context__
    assert "check user, password and rights" in str(told.value)


def test_a_cell_is_not_quoted_when_a_server_refuses(postgres: Path) -> None:
    with connect(postgres) as connection:
        connection.execute('CREATE TABLE "INCIDENTS" ("INCNUM" integer, "FILENUM" text)')
        connection.execute("""INSERT INTO "INCIDENTS" VALUES (1, 'secret cell')""")
    number = sa.cast(sa.column("FILENUM"), sa.Integer)
    with open_source(postgres_url(postgres, "postgres")) as source, pytest.raises(UnreadableSource) as told:
        list(
            source.rows(sa.select(number.label("N")).select_from(sa.table("INCIDENTS", sa.column("FILENUM"))))
        )
    with connect(postgres) as connection:
        connection.execute('DROP TABLE "INCIDENTS"')
    assert "secret cell" not in str(told.value)
    assert "InvalidTextRepresentation" in str(told.value)


def test_a_server_that_cannot_be_reached_is_told_as_a_lost_connection(tmp_path: Path) -> None:
    with (
        open_source(f"postgresql://reader:hunter2@/none?host={tmp_path}") as source,
        pytest.raises(ConnectionLost) as told,
    ):
        read_site(source)
    assert "hunter2" not in str(told.value)
    assert "can be reached" in str(told.value)


def test_bytes_are_refused_by_the_columns_name(tmp_path: Path) -> None:
    file = tmp_path / "bytes.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE INCIDENTS (INCNUM INTEGER, FILENUM BLOB)")
        connection.execute("INSERT INTO INCIDENTS VALUES (1, x'00ff')")
    connection.close()
    with open_source(sqlite_url(file)) as source, pytest.raises(UnreadableSource, match=r"FILENUM.*bytes"):
        list(source.rows(sa.select(sa.column("FILENUM")).select_from(sa.table("INCIDENTS"))))


@pytest.mark.parametrize("url", ["not an address", "mysql://a@b/c", "mssql+pyodbc://a@b/c", ""])
def test_an_address_that_cannot_be_meant_is_told_with_those_that_can(url: str) -> None:
    with pytest.raises(WrongSettings, match=r"mssql\+pytds://"), open_source(url):
        pass


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "arrow_odbc", None)
    with pytest.raises(WrongSettings, match="pip install 'arrow-odbc'"), open_source("mssql+odbc://a:b@c/d"):
        pass


# --- the life of a connection --------------------------------------------------------------------------


def test_a_stream_that_is_left_half_read_does_not_hold_up_the_next(iapro: Path) -> None:
    with over_tds(iapro) as (url, _), open_source(url) as source:
        whole = sum(batch.num_rows for batch in source.rows(PLAIN))
        stream = source.rows(PLAIN)
        next(stream)
        del stream
        assert sum(batch.num_rows for batch in source.rows(PLAIN)) == whole


def test_after_a_cut_the_next_call_connects_anew(iapro: Path) -> None:
    with over_tds(iapro, cut=lambda packet: packet == 3) as (url, _), open_source(url) as source:
        with pytest.raises(ConnectionLost):
            list(source.rows(PLAIN))
        assert list(source.rows(PLAIN))
