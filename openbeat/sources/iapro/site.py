"""What one site's database has: its tables and columns as it spells and declares them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from openbeat.errors import WrongSettings
from openbeat.sources.iapro.catalogue import LABELS, NUMBER, IaproTable, catalogue
from openbeat.sources.iapro.connection import Source

ROOT = "INCIDENTS"
NAME = re.compile(r"[\w $#-]+")  # what a name may be made of; others are left alone
NUMBERS = ("int", "bigint", "smallint", "tinyint", "decimal", "numeric", "money", "float", "real", "double")
CHARACTERS = ("varchar", "nvarchar", "character varying", "text", "string")
PADDED = ("char", "nchar", "character", "bpchar")
MOMENTS = ("date", "time", "smalldatetime")
BITS = ("bit", "boolean", "bool")


@dataclass(frozen=True, kw_only=True)
class SiteColumn:
    """A column as the site spells it; `kind` is number, text, char, bit, moment, long or other."""

    name: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class SiteTable:
    """A table as the site spells it, and its columns by their names in capitals."""

    name: str
    columns: Mapping[str, SiteColumn]


@dataclass(frozen=True, kw_only=True)
class Site:
    """The tables of one schema, by their names in capitals; `schema` is None where there are no schemas."""

    schema: str | None
    tables: Mapping[str, SiteTable]

    def has(self, table: str, *columns: str) -> bool:
        """Whether the site has the table with all these columns."""
        return table in self.tables and all(column in self.tables[table].columns for column in columns)

    def reads(self, table: IaproTable) -> bool:
        """Whether the table can be read here: what names its rows and what leads to them is there."""
        if not self.has(table.name, *table.named_by):
            return False
        if table.parent is None:
            return table.whole or self.has(table.name, table.link)
        return self.has(table.name, table.link) and self.has(table.parent, table.link, NUMBER)

    def columns(self, table: IaproTable) -> tuple[str, ...]:
        """The columns that are asked for here: those that may be read and that the site has."""
        if table.name not in self.tables:
            return ()
        here = self.tables[table.name].columns
        return tuple(column for column in table.asked if column in here)


def expected_site(schema: str | None = "IA_ADM") -> Site:
    """A site that has exactly what the catalogue says: what to ask approval for before the first contact."""
    tables = {
        table.name: SiteTable(
            name=table.name,
            columns={name: SiteColumn(name=name, kind=_guessed(table, name)) for name in table.asked},
        )
        for table in catalogue().values()
    }
    labels = ("TABLE_NAME", "COLUMN_NAME", "LABEL")
    tables[LABELS] = SiteTable(
        name=LABELS, columns={name: SiteColumn(name=name, kind="text") for name in labels}
    )
    return Site(schema=schema, tables=MappingProxyType(tables))


def _guessed(table: IaproTable, column: str) -> str:
    if column in table.moments:
        return "moment"
    return "number" if column in table.key or (column.endswith("NUM") and column != "FILENUM") else "text"


def read_site(source: Source, schema: str | None = None) -> Site:
    """The tables of the schema; of the only one that has INCIDENTS where none is named.

    Names are compared without regard to case. An account may see only those columns that it may read.
    Raises WrongSettings where there is no such schema, or a choice.
    """
    found: dict[str | None, dict[str, dict[str, SiteColumn]]] = {}
    spelt: dict[tuple[str | None, str], str] = {}
    for batch in source.rows(listing(source.dialect)):
        for said in batch.to_pylist():
            place, table, column = said["TABLE_SCHEMA"] or None, said["TABLE_NAME"], said["COLUMN_NAME"]
            if NAME.fullmatch(table) and NAME.fullmatch(column):
                if spelt.setdefault((place, table.upper()), table) != table:
                    continue  # PostgreSQL can hold "incidents" beside "INCIDENTS"; the first one counts
                columns = found.setdefault(place, {}).setdefault(table.upper(), {})
                kind = kind_of(said["DATA_TYPE"] or "", server=source.dialect.partition("+")[0])
                columns.setdefault(column.upper(), SiteColumn(name=column, kind=kind))
    fits = [
        place
        for place, tables in found.items()
        if NUMBER in tables.get(ROOT, {})
        and (schema is None or place is None or place.upper() == schema.upper())
    ]
    if len(fits) != 1:
        raise _unclear(source, schema, [str(place) for place in fits], [str(place) for place in found])
    tables = {
        name: SiteTable(name=spelt[fits[0], name], columns=MappingProxyType(columns))
        for name, columns in found[fits[0]].items()
    }
    return Site(schema=fits[0], tables=MappingProxyType(tables))


def _unclear(source: Source, schema: str | None, fits: list[str], there: list[str]) -> WrongSettings:
    if fits:
        problem = f"several schemas have {ROOT} with {NUMBER}: {', '.join(sorted(fits))}"
    else:
        problem = f"no table {ROOT} with {NUMBER} can be seen" + (
            f" in the schema {schema!r}" if schema else ""
        )
    seen = ", ".join(sorted(there)[:20]) or "none"
    return WrongSettings(
        problem,
        where=source.where,
        remedies=[
            f"name the schema; those that can be seen: {seen}",
            "see that the address names IAPro's database, and that the account may read its tables",
        ],
    )


def listing(dialect: str) -> sa.Select[Any]:
    """The statement that lists every column which the account can see, with its table and declared type."""
    if dialect == "sqlite":
        tables = sa.table("sqlite_master", sa.column("name"), sa.column("type"))
        columns = sa.func.pragma_table_info(tables.c.name).table_valued("name", "type").alias("listed")
        return (
            sa.select(
                sa.null().label("TABLE_SCHEMA"),
                tables.c.name.label("TABLE_NAME"),
                columns.c.name.label("COLUMN_NAME"),
                columns.c.type.label("DATA_TYPE"),
            )
            .select_from(tables, columns)
            .where(tables.c.type.in_([sa.literal("table"), sa.literal("view")]))
        )
    names = ("TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME", "DATA_TYPE")
    if dialect == "postgresql":
        view = sa.table("columns", *(sa.column(name.lower()) for name in names), schema="information_schema")
        own = view.c.table_schema.not_in([sa.literal("information_schema"), sa.literal("pg_catalog")])
        return sa.select(*(view.c[name.lower()].label(name) for name in names)).where(own)
    view = sa.table("COLUMNS", *(sa.column(name) for name in names), schema="INFORMATION_SCHEMA")
    return sa.select(*(view.c[name] for name in names))


def kind_of(declared: str, *, server: str) -> str:
    """What sort of values a declared type holds."""
    word = re.sub(r"\(.*", "", declared.lower()).strip()
    if server == "mssql" and word in ("text", "ntext"):
        return "long"  # SQL Server can neither group nor compare these
    if word in BITS:
        return "bit"
    if word in PADDED:
        return "char"
    if word.startswith(CHARACTERS):
        return "text"
    if word.startswith(MOMENTS):
        return "moment"
    return "number" if word.startswith(NUMBERS) else "other"
