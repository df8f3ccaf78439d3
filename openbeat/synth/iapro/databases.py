"""The tables as databases: a SQLite file, a schema of PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from openbeat.errors import OpenBeatError
from openbeat.synth.iapro.schema import SCHEMA, TableShape, shapes

POSTGRES = {"DATETIME": "TIMESTAMP(3)", "INTEGER": "BIGINT"}
BATCH = 20_000  # rows


def _rows(table: pa.Table) -> Iterator[list[tuple[Any, ...]]]:
    for batch in table.to_batches(max_chunksize=BATCH):
        yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _created(name: str, columns: Mapping[str, str], key: str | None) -> str:
    lines = [f'"{column}" {kind}' for column, kind in columns.items()]
    if key:
        lines.append(f'PRIMARY KEY ("{key}")')
    return f"CREATE TABLE {name} ({', '.join(lines)})"


def write_sqlite(tables: Mapping[str, pa.Table], path: Path) -> None:
    """One SQLite file with every table; columns declared as SQL Server would, moments as YYYY-MM-DD HH:MM:SS.

    The file appears whole or not at all. Raises OpenBeatError where there is one already.
    """
    if path.exists():
        raise OpenBeatError(
            "the file is there already",
            where=str(path),
            remedies=["give it another name", "delete it, if nobody needs it"],
        )
    half = path.with_name(f"{path.name}.half")
    half.unlink(missing_ok=True)
    with closing(sqlite3.connect(half)) as connection, connection:
        for name, table in tables.items():
            shape = shapes()[name]
            connection.execute(_created(f'"{name}"', shape.columns, shape.key))
            marks = ", ".join("?" * len(shape.columns))
            for rows in _rows(table):
                connection.executemany(
                    f'INSERT INTO "{name}" VALUES ({marks})',  # noqa: S608  names are of schema.toml
                    [[_moment(cell) for cell in row] for row in rows],
                )
        for name, shape in shapes().items():
            if name in tables:
                for statement in _indexes(name, shape):
                    connection.execute(statement)
    with half.open("rb") as file:
        os.fsync(file.fileno())
    half.rename(path)


def _moment(cell: object) -> object:
    return f"{cell:%Y-%m-%d %H:%M:%S}" if isinstance(cell, datetime) else cell


def _indexes(name: str, shape: TableShape, schema: str = "") -> Iterator[str]:
    """As the real database has them: whoever asks by incident or officer does not read whole tables."""
    for column in shape.points_to:
        yield f'CREATE INDEX "{name}_{column}" ON {schema}"{name}" ("{column}")'


def write_postgres(tables: Mapping[str, pa.Table], dsn: str, schema: str = SCHEMA) -> None:
    """The schema with every table in the database at `dsn`, in one transaction; names are quoted upper case.

    A schema of that name is replaced. Needs psycopg 3. Raises psycopg.Error where the database refuses.
    """
    import psycopg  # only who writes to PostgreSQL needs it
    from psycopg import sql

    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        for name, table in tables.items():
            shape, there = shapes()[name], sql.Identifier(schema, name)
            kinds = {column: POSTGRES.get(kind, kind) for column, kind in shape.columns.items()}
            made = _created(there.as_string(cursor), kinds, shape.key)
            cursor.execute(made.encode())
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(there)) as copy:
                for rows in _rows(table):
                    for row in rows:
                        copy.write_row(row)
            prefix = f"{sql.Identifier(schema).as_string(cursor)}."
            for statement in _indexes(name, shape, prefix):
                cursor.execute(statement.encode())
