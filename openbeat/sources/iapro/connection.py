"""A connection to IAPro's database that can read and do nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from openbeat.errors import ConnectionLost, UnreadableSource, WrongSettings
from openbeat.sources.iapro.canonical import Binary, canonical
from openbeat.sources.iapro.compiled import Compiled, compiled
from openbeat.sources.iapro.drivers import Columns, Driver, driver_of

NOTHING: Mapping[str, object] = {}


class Source:
    """A database that is asked one SELECT at a time; it connects when it is first asked.

    where     server and database, for messages; never who logs in
    dialect   the server and driver: mssql+pytds, mssql+odbc, postgresql or sqlite
    """

    def __init__(self, driver: Driver, *, where: str) -> None:
        self.where, self.dialect = where, driver.dialect
        self._driver = driver
        self._connection: Any = None
        self._compiled: dict[sa.Select[Any], Compiled] = {}

    def __repr__(self) -> str:
        return f"Source({self.where})"

    def rows(
        self, statement: sa.Select[Any], parameters: Mapping[str, object] = NOTHING
    ) -> Iterator[pa.RecordBatch]:
        """The rows of one SELECT in a stream, every cell as text, columns named as the statement names them.

        Accepts SQLAlchemy's own Select and nothing else: see `compiled`.
        Raises ConnectionLost where the connection breaks (the next call makes a new one), UnreadableSource
        where the server refuses. Neither has the driver's own words, which may quote a password or a cell.
        """
        if type(statement) is not sa.Select or statement not in self._compiled:
            self._compiled[statement] = compiled(statement, self.dialect)
        said = self._compiled[statement]
        values = [parameters[name] if name in parameters else said.fixed[name] for name in said.parameters]
        names = [column.name for column in statement.selected_columns]
        kinds = [column.type for column in statement.selected_columns]
        for columns in self._columns(said.sent, values):
            try:
                texts = [canonical(cells, kind) for cells, kind in zip(columns, kinds, strict=True)]
            except Binary:
                raise UnreadableSource(
                    f"one of the columns {', '.join(names)} holds bytes, which are not text",
                    where=self.where,
                    remedies=["ask the database's administrator for a view that leaves it out"],
                ) from None
            yield pa.RecordBatch.from_arrays(texts, names)

    def table(self, statement: sa.Select[Any], parameters: Mapping[str, object] = NOTHING) -> pa.Table:
        """The rows of one SELECT at once, as `rows` gives them."""
        names = [column.name for column in statement.selected_columns]
        schema = pa.schema([(name, pa.string()) for name in names])
        return pa.Table.from_batches(self.rows(statement, parameters), schema)

    def close(self) -> None:
        """Log out; the next call of `rows` logs in again."""
        if (connection := self._connection) is not None:
            self._connection = None
            # A broken connection cannot be closed properly, and need not be.
            with suppress(Exception):
                connection.close()

    def _columns(self, text: str, values: list[object]) -> Iterator[Columns]:
        if self._connection is None:
            self._connection = self._plainly(self._driver.connect)
        batches = self._driver.read(self._connection, text, values)
        finished = False
        try:
            while (columns := self._plainly(lambda: next(batches, None))) is not None:
                yield columns
            finished = True
        finally:
            if not finished:  # half a result still stands in the connection
                with suppress(Exception):
                    batches.close()
                self.close()

    def _plainly(self, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except Exception as error:
            self.close()
            kind = type(error).__name__
            if self._driver.lost(error):
                raise ConnectionLost(
                    f"the connection broke or could not be made ({kind})",
                    where=self.where,
                    remedies=[
                        "see that the server runs and can be reached from here",
                        "check the address, user and password",
                    ],
                ) from None
            raise UnreadableSource(
                f"the server refused ({kind})",
                where=self.where,
                remedies=[
                    "run `openbeat iapro statements` and try the statement in the server's own client",
                    "check user, password and rights: `openbeat iapro grants` writes the script for them",
                ],
            ) from None


@contextmanager
def open_source(url: str) -> Iterator[Source]:
    """The database at the address, closed at the end; nothing is asked of it yet.

    `mssql+pytds://user:password@host:port/database` (`?cafile=` turns encryption on),
    `mssql+odbc://…?driver=FreeTDS`, `postgresql://…`, `sqlite:///path` (opened for reading only).
    Raises WrongSettings for an address that cannot be meant.
    """
    try:
        address = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise WrongSettings(
            "is not an address",
            where="the address of IAPro's database",
            remedies=["write it like mssql+pytds://user:password@server:1433/IADATA"],
        ) from None
    place = f"{address.host}/{address.database}" if address.host else str(address.database)
    source = Source(driver_of(address), where=f"{address.get_backend_name()} database {place}")
    try:
        yield source
    finally:
        source.close()
