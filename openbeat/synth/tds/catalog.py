"""The tables of the SQLite file as SQL Server would list them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import ParseError
from sqlglot.expressions import DType
from sqlglot.schema import MappingSchema

CATALOG = "IADATA"
LISTS = {
    "TABLES": {
        "TABLE_CATALOG": "NVARCHAR(128)",
        "TABLE_SCHEMA": "NVARCHAR(128)",
        "TABLE_NAME": "NVARCHAR(128)",
        "TABLE_TYPE": "VARCHAR(10)",
    },
    "COLUMNS": {
        "TABLE_CATALOG": "NVARCHAR(128)",
        "TABLE_SCHEMA": "NVARCHAR(128)",
        "TABLE_NAME": "NVARCHAR(128)",
        "COLUMN_NAME": "NVARCHAR(128)",
        "ORDINAL_POSITION": "INT",
        "IS_NULLABLE": "VARCHAR(3)",
        "DATA_TYPE": "NVARCHAR(128)",
        "CHARACTER_MAXIMUM_LENGTH": "INT",
        "NUMERIC_PRECISION": "TINYINT",
        "NUMERIC_SCALE": "INT",
    },
    "MY_PERMISSIONS": {  # what the function fn_my_permissions gives
        "entity_name": "NVARCHAR(128)",
        "subentity_name": "NVARCHAR(128)",
        "permission_name": "NVARCHAR(60)",
    },
}
NAMES = {  # where SQL Server's word for a type is not the one that was declared
    DType.INT: "int",
    DType.UTINYINT: "tinyint",
    DType.DOUBLE: "float",
    DType.TEXT: "nvarchar",
    DType.BOOLEAN: "bit",
    DType.UUID: "uniqueidentifier",
}
TEXTS = {DType.VARCHAR, DType.NVARCHAR, DType.CHAR, DType.NCHAR, DType.TEXT}


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """What there is: declared types for the types of results, and the kind of every column's name."""

    schema: str
    types: MappingSchema
    kinds: dict[str, DType]  # by column name in small letters; a name with two kinds keeps the first


def make_catalog(connection: sqlite3.Connection, *, schema: str, permissions: tuple[str, ...]) -> Catalog:
    """List the tables of the attached database `schema` in INFORMATION_SCHEMA, which this attaches."""
    connection.execute("ATTACH ':memory:' AS INFORMATION_SCHEMA")
    for name, columns in LISTS.items():
        declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        connection.execute(f"CREATE TABLE INFORMATION_SCHEMA.{name} ({declared})")
    tables: dict[str, dict[str, str]] = {}
    kinds: dict[str, DType] = {}
    listed = connection.execute(
        f"SELECT name, type FROM {quoted(schema)}.sqlite_master"  # noqa: S608
        " WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite@_%' ESCAPE '@'"
    )
    for table, kind in sorted(listed):
        word = "VIEW" if kind == "view" else "BASE TABLE"
        _insert(connection, "TABLES", [CATALOG, schema, table, word])
        types = tables[table] = {}
        for place, column, declared, required, key in _columns(connection, schema, table):
            known = _known(declared)
            types[column] = declared if known else "UNKNOWN"
            if known is not None:
                kinds.setdefault(column.lower(), known.this)
            nullable = "NO" if required or key else "YES"
            described = _described(declared, known)
            _insert(connection, "COLUMNS", [CATALOG, schema, table, column, place + 1, nullable, *described])
    for permission in permissions:
        _insert(connection, "MY_PERMISSIONS", ["", "", permission])
    connection.commit()
    types_of = MappingSchema({CATALOG: {schema: tables, "INFORMATION_SCHEMA": LISTS}}, dialect="tsql")
    return Catalog(schema=schema, types=types_of, kinds=kinds)


def quoted(name: str) -> str:
    """A name as SQLite takes it whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def _insert(connection: sqlite3.Connection, name: str, row: list[object]) -> None:
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO INFORMATION_SCHEMA.{name} VALUES ({marks})", row)  # noqa: S608


def _columns(
    connection: sqlite3.Connection, schema: str, table: str
) -> Iterator[tuple[int, str, str, int, int]]:
    yield from connection.execute(
        'SELECT cid, name, type, "notnull", pk FROM pragma_table_info(?, ?)', [table, schema]
    )


def _known(declared: str) -> exp.DataType | None:
    try:
        return exp.DataType.build(declared, dialect="tsql") if declared else None
    except ParseError:
        return None


def _described(declared: str, kind: exp.DataType | None) -> list[object]:
    """DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION and NUMERIC_SCALE of a column."""
    if kind is None:
        return [declared.lower() or "sql_variant", None, None, None]
    sizes = [int(part.name) for part in kind.expressions if part.name.isdigit()]
    name = NAMES.get(kind.this, kind.this.value.lower())
    if kind.this in TEXTS:
        return [name, sizes[0] if sizes else -1, None, None]
    if kind.this == DType.DECIMAL:
        precision, scale = (*sizes, 0)[:2] if sizes else (18, 0)
        return ["decimal", None, precision, scale]
    return [name, None, None, None]
