"""The SQLite file behind the server: opened for reading only, with what T-SQL expects to find there."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from openbeat.errors import UnreadableSource
from openbeat.synth.tds import tokens
from openbeat.synth.tds.catalog import CATALOG, Catalog, make_catalog, quoted
from openbeat.synth.tds.functions import Value, install

ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
VERSION = ".".join(map(str, tokens.VERSION)) + ".0"
VARIABLES = {  # what `@@name` stands for
    "version": f"{tokens.PRODUCT} 2022 - {VERSION} (openbeat's test double over SQLite)",
    "servername": tokens.SERVER,
    "microsoftversion": tokens.VERSION[0] << 24,
    "spid": 51,
    "trancount": 0,
    "language": "us_english",
    "max_precision": 38,
}


def open_database(database: Path, schema: str) -> sqlite3.Connection:
    """A connection to the file, attached under the name of the schema, so that both spellings find a table.

    Raises UnreadableSource where SQLite cannot read it.
    """
    connection = sqlite3.connect(":memory:", uri=True, check_same_thread=False)
    try:
        address = f"{database.absolute().as_uri()}?mode=ro"
        connection.execute(f"ATTACH ? AS {quoted(schema)}", [address])
        connection.execute(f"SELECT 1 FROM {quoted(schema)}.sqlite_master").fetchone()  # noqa: S608
    except sqlite3.Error as error:
        connection.close()
        raise UnreadableSource(
            f"SQLite cannot read it ({error})", where=database.name, remedies=["give a SQLite file"]
        ) from error
    return connection


def equip(connection: sqlite3.Connection, *, schema: str, user: str, permissions: tuple[str, ...]) -> Catalog:
    """Add INFORMATION_SCHEMA and the functions of T-SQL, and from then on allow nothing but reading."""
    catalog = make_catalog(connection, schema=schema, permissions=permissions)
    constants: dict[str, Value] = {"DB_NAME": CATALOG, "SCHEMA_NAME": schema, "SERVERPROPERTY": VERSION}
    for name in "USER_NAME", "SUSER_NAME", "SUSER_SNAME", "SYSTEM_USER", "ORIGINAL_LOGIN":
        constants[name] = user
    install(connection, constants=constants, permissions=permissions)
    connection.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY
    )
    return catalog
