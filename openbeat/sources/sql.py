"""A database through SQLAlchemy: read only, in a stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Protocol

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from openbeat.errors import UnreadableSource, WrongSettings
from openbeat.sources.notes import Notes
from openbeat.sources.scalars import decimal_text, text_of
from openbeat.sources.shape import Shape
from openbeat.sources.tidy import CELL, CELLS, CHARACTERS, ROWS, batch, column_names, is_blank

READ_ONLY = {  # said to the server before anything is asked; nothing is ever committed either
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
}


class Digest(Protocol):
    """Something that bytes are fed to."""

    def update(self, data: bytes, /) -> None: ...


def read_sql(url: str, shape: Shape, notes: Notes, digest: Digest) -> Iterator[pa.RecordBatch]:
    """Rows of the query or table that `shape` names; `digest` is fed every row.

    One SELECT only. Refused: blank_row, long_cell. A date-time keeps its time of day, as the database has it.
    Raises WrongSettings for an address or query that cannot be meant, UnreadableSource where the database
    refuses. Neither carries the driver's own message, which may quote a password or a cell.
    """
    engine = _engine(url, notes)
    try:
        with engine.connect().execution_options(stream_results=True, max_row_buffer=5_000) as connection:
            if statement := READ_ONLY.get(engine.dialect.name):
                connection.execute(sa.text(statement))
            yield from _batches(connection.execute(_statement(connection, shape, notes)), notes, digest)
            connection.rollback()
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        raise UnreadableSource(
            f"the database refused ({type(cause).__name__})",
            where=notes.where,
            remedies=[
                "run the same query in the database's own client, which says more",
                "check the address in the environment and what its user may read",
            ],
        ) from None
    finally:
        engine.dispose()


def _engine(url: str, notes: Notes) -> sa.Engine:
    try:
        return sa.create_engine(url, poolclass=sa.NullPool)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise WrongSettings(
            f"the database's address cannot be used ({type(error).__name__})",
            where=notes.where,
            remedies=[
                "write it like mssql+pytds://user:password@server/database",
                "install the driver that it names",
            ],
        ) from None


def _statement(connection: sa.Connection, shape: Shape, notes: Notes) -> sa.Executable:
    if bool(shape.query) == bool(shape.table):
        raise WrongSettings(
            "a database needs `query` or `table`, and not both",
            where=notes.where,
            remedies=["set one of them in agency.toml"],
        )
    if shape.query:
        bare = shape.query.strip().removesuffix(";")
        if not re.match(r"(?i)(select|with)\b", bare) or ";" in re.sub(r"'[^']*'", "", bare):
            raise WrongSettings(
                "`query` must be one SELECT", where=notes.where, remedies=["correct it in agency.toml"]
            )
        return sa.text(bare.replace(":", r"\:"))
    schema, _, table = str(shape.table).rpartition(".")
    inspector = sa.inspect(connection)
    here = {*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)}
    if table not in here:
        raise WrongSettings(
            f"there is no table {shape.table!r}; there are {', '.join(sorted(here)[:50]) or 'none'}",
            where=notes.where,
            remedies=["correct `table` in agency.toml", "ask for the right to read it"],
        )
    return sa.select(sa.text("*")).select_from(sa.table(table, schema=schema or None))


def _batches(
    result: sa.CursorResult[tuple[object, ...]], notes: Notes, digest: Digest
) -> Iterator[pa.RecordBatch]:
    names = column_names(list(result.keys()), notes)
    kept: list[list[str | None]] = []
    numbers: list[int] = []
    size, sent = 0, False
    for number, row in enumerate(result, 1):
        cells = [_text(name, value, notes) for name, value in zip(names, row, strict=True)]
        digest.update(json.dumps(cells).encode())
        if is_blank([cell or "" for cell in cells]):
            notes.refuse("blank_row", number)
            continue
        if any(cell and len(cell) > CELL for cell in cells):
            notes.refuse("long_cell", number)
            continue
        kept.append(cells)
        numbers.append(number)
        size += sum(len(cell) for cell in cells if cell)
        if len(kept) == ROWS or len(kept) * len(names) >= CELLS or size >= CHARACTERS:
            yield batch(names, list(zip(*kept, strict=True)), numbers, notes)
            kept, numbers, size, sent = [], [], 0, True
    if kept or not sent:
        yield batch(names, list(zip(*kept, strict=True)) or [()] * len(names), numbers, notes)


def _text(name: str, value: object, notes: Notes) -> str | None:
    if isinstance(value, bytes | bytearray | memoryview):
        raise UnreadableSource(
            f"column {name!r} holds bytes, which are not text in any encoding that is declared",
            where=notes.where,
            remedies=["leave it out of the query", "convert it to text in the query"],
        )
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return text_of(value if isinstance(value, bool | int | float | str | list | dict | None) else str(value))
