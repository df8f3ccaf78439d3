"""The four ways to a server. Each is a bare driver: nothing is sent that nobody approved.

Every one is told at login, without a statement, to read only where the server knows that: SQL Server by the
application intent, PostgreSQL by `default_transaction_read_only`, SQLite by `mode=ro`. No transaction is
opened: each read is one of its own, at READ COMMITTED, so that nothing is held up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from openbeat.errors import UnreadableSource, WrongSettings

CONNECT = 15  # seconds that a login may take
READ = 600  # seconds that the server may keep silent
ROWS = 5_000  # rows fetched at once
APPLICATION = "openbeat"
GAVE_WAY = (1205, 1222, 10928, 10929, 40197, 40501, 40613)  # SQL Server: deadlock, lock timeout, too busy

Columns = Sequence[Sequence[object] | pa.Array]


@dataclass(frozen=True, kw_only=True)
class Driver:
    """How one kind of server is reached.

    connect   opens a connection               read    the columns of batch after batch of a statement's rows
    lost      whether an error means that the connection broke, so that trying again may help
    """

    dialect: str
    connect: Callable[[], Any]
    read: Callable[[Any, str, Sequence[object]], Generator[Columns]]
    lost: Callable[[Exception], bool]


def driver_of(address: sa.URL) -> Driver:
    """The driver that the address asks for. Raises WrongSettings where it is not installed or not known."""
    known = {
        "mssql+pytds": _pytds,
        "mssql+odbc": _odbc,
        "postgresql": _postgresql,
        "postgresql+psycopg": _postgresql,
        "sqlite": _sqlite,
    }
    if address.drivername not in known:
        raise WrongSettings(
            f"no way is known to {address.drivername!r}",
            where="the address of IAPro's database",
            remedies=[f"start the address with one of: {', '.join(f'{name}://' for name in sorted(known))}"],
        )
    try:
        return known[address.drivername](address)
    except ImportError as error:
        package = {"pytds": "python-tds", "arrow_odbc": "arrow-odbc", "psycopg": "psycopg[binary]"}
        raise WrongSettings(
            f"the driver for {address.drivername}:// is not installed",
            where="the address of IAPro's database",
            remedies=[f"install it: pip install {package.get(str(error.name), error.name)!r}"],
        ) from None


def _fetched(cursor: Any) -> Generator[Columns]:
    while rows := cursor.fetchmany(ROWS):
        yield list(zip(*rows, strict=True))


def _pytds(address: sa.URL) -> Driver:
    import pytds

    def connect() -> Any:
        return pytds.connect(
            dsn=address.host or "localhost",
            port=address.port or 1433,
            database=address.database,
            user=address.username,
            password=address.password,
            login_timeout=CONNECT,
            timeout=READ,
            autocommit=True,
            readonly=True,
            appname=APPLICATION,
            cafile=address.query.get("cafile"),
        )

    def read(connection: Any, text: str, values: Sequence[object]) -> Generator[Columns]:
        with connection.cursor() as cursor:
            cursor.execute(text, tuple(values))
            yield from _fetched(cursor)

    def lost(error: Exception) -> bool:
        # A number means that the server answered: trying again helps only where it gave way to somebody else,
        # and a wrong password tried four times locks the account.
        return getattr(error, "msg_no", 0) in (0, *GAVE_WAY)

    return Driver(dialect="mssql+pytds", connect=connect, read=read, lost=lost)


def _odbc(address: sa.URL) -> Driver:
    import arrow_odbc

    said = {
        "Driver": address.query.get("driver", "FreeTDS"),
        "Server": address.host or "localhost",
        "Port": str(address.port or 1433),
        "Database": address.database or "",
        "ApplicationIntent": "ReadOnly",
        "App": APPLICATION,
        "TDS_Version": "7.4",
        "ClientCharset": "UTF-8",
    }
    string = "".join(f"{name}={{{str(value).replace('}', '}}')}}};" for name, value in said.items() if value)

    def connect() -> Any:
        return arrow_odbc.connect(
            string, user=address.username, password=address.password, login_timeout_sec=CONNECT
        )

    def read(connection: Any, text: str, values: Sequence[object]) -> Generator[Columns]:
        # Parameters travel as text: with a T, no language setting of the server can swap day and month.
        sent = [
            one.isoformat(timespec="seconds") if isinstance(one, datetime) else str(one) for one in values
        ]
        for batch in connection.read_arrow_batches(text, parameters=sent or None, batch_size=ROWS):
            yield batch.columns

    def lost(error: Exception) -> bool:
        # The driver says everything in one text; SQLSTATE 42… is a refused statement, 28… a refused login.
        return not any(f"State: {state}" in str(error) for state in ("42", "28", "37", "IM"))

    return Driver(dialect="mssql+odbc", connect=connect, read=read, lost=lost)


def _postgresql(address: sa.URL) -> Driver:
    import psycopg

    def connect() -> Any:
        return psycopg.connect(
            host=str(address.query.get("host") or address.host or "localhost"),
            port=address.port or 5432,
            dbname=address.database,
            user=address.username,
            password=address.password,
            connect_timeout=CONNECT,
            options=f"-c default_transaction_read_only=on -c statement_timeout={READ * 1000}",
            application_name=APPLICATION,
            autocommit=True,
            prepare_threshold=None,
            cursor_factory=psycopg.RawCursor,
        )

    size = ROWS if psycopg.Capabilities().has_stream_chunked() else 1

    def read(connection: Any, text: str, values: Sequence[object]) -> Generator[Columns]:
        rows: list[tuple[object, ...]] = []
        with connection.cursor() as cursor:
            for row in cursor.stream(text, values, size=size):
                rows.append(row)
                if len(rows) == ROWS:
                    yield list(zip(*rows, strict=True))
                    rows = []
        if rows:
            yield list(zip(*rows, strict=True))

    def lost(error: Exception) -> bool:
        return isinstance(error, psycopg.OperationalError | OSError)

    return Driver(dialect="postgresql", connect=connect, read=read, lost=lost)


def _sqlite(address: sa.URL) -> Driver:
    file = Path(address.database or "")
    if not file.is_file():
        raise UnreadableSource(
            "there is no such file",
            where=f"sqlite database {file}",
            remedies=["an address with a whole path has four strokes: sqlite:////home/…/iapro.sqlite"],
        )

    def connect() -> Any:
        return sqlite3.connect(
            f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=CONNECT, isolation_level=None
        )

    def read(connection: Any, text: str, values: Sequence[object]) -> Generator[Columns]:
        sent = [one.isoformat(" ", "seconds") if isinstance(one, datetime) else one for one in values]
        cursor = connection.execute(text, sent)
        try:
            yield from _fetched(cursor)
        finally:
            cursor.close()

    def lost(error: Exception) -> bool:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

    return Driver(dialect="sqlite", connect=connect, read=read, lost=lost)
