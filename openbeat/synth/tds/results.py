"""The rows of a query: its columns announced, then some hundred rows at a time."""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, repeat

from openbeat.synth.tds import tokens
from openbeat.synth.tds.columns import Column, by_value, typed
from openbeat.synth.tds.rewrite import parameter
from openbeat.synth.tds.sql import Query
from openbeat.synth.tds.tokens import Refusal

ROWS = 512  # held at once
UNFIT = (ValueError, TypeError, AttributeError, OverflowError, ArithmeticError, struct.error)
NO_OBJECT = re.compile(r"no such table: (.+)")
NO_COLUMN = re.compile(r"no such column: (.+)")
NO_FUNCTION = re.compile(r"no such function: (.+)")


def rows_of(
    connection: sqlite3.Connection, query: Query, values: Mapping[str, object]
) -> Iterator[tuple[int, bytes]]:
    """COLMETADATA and then ROWs, some hundred at a time, each part with the number of its rows.

    values      of the parameters, by name with or without @
    Raises      Refusal, also in the middle: for a value that its column cannot hold, and what SQLite refuses
    """
    cursor = connection.cursor()
    try:
        cursor.execute(query.text, {parameter(name): _for_sqlite(value) for name, value in values.items()})
        names = [name for name, *_ in cursor.description]
        rows = cursor.fetchmany(ROWS)
        columns = _columns(names, query, rows)
        yield 0, tokens.columns([(name, column.info) for name, column in zip(names, columns, strict=True)])
        while rows:
            yield len(rows), _encoded(names, columns, rows)
            rows = cursor.fetchmany(ROWS)
    except sqlite3.Error as error:
        raise _said(error) from error
    finally:
        cursor.close()


def _columns(names: Sequence[str], query: Query, rows: Sequence[Sequence[object]]) -> list[Column]:
    types = query.types if len(query.types) == len(names) else [(None, False)] * len(names)
    found = []
    for place, (name, (kind, plain)) in enumerate(zip(names, types, strict=True)):
        column = typed(kind, plain=plain) or by_value([row[place] for row in rows])
        if column is None:
            raise Refusal(8114, f"Error converting data type: column '{name}' mixes several.")
        found.append(column)
    return found


def _encoded(names: Sequence[str], columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> bytes:
    cells = []
    for name, column, values in zip(names, columns, zip(*rows, strict=True), strict=True):
        try:
            cells.append(column.encode(values))
        except UNFIT as error:
            raise Refusal(
                8114, f"Error converting data type: column '{name}' holds a value unfit for it."
            ) from error
    return b"".join(chain.from_iterable(zip(repeat(tokens.ROW), *cells, strict=False)))


def _for_sqlite(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)
    return value


def _said(error: sqlite3.Error) -> Refusal:
    """What SQL Server would say; never the text of a cell."""
    said = str(error)
    if found := NO_OBJECT.search(said):
        return Refusal(208, f"Invalid object name '{found[1]}'.")
    if found := NO_COLUMN.search(said):
        return Refusal(207, f"Invalid column name '{found[1]}'.")
    if found := NO_FUNCTION.search(said):
        return Refusal(195, f"'{found[1]}' is not a recognized built-in function name.", severity=15)
    if "user-defined function" in said:
        return Refusal(241, "Conversion failed when converting date and/or time from character string.")
    if isinstance(error, sqlite3.ProgrammingError):
        return Refusal(137, "Must declare the scalar variable: a parameter has no value.", severity=15)
    return Refusal(50000, f"{type(error).__name__} in SQLite behind this server")
