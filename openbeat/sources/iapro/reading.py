"""A statement that is run: what it is called, what it is for, and the site's tables that it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from openbeat.sources.iapro.catalogue import catalogue
from openbeat.sources.iapro.site import Site

TYPES: dict[str, TypeEngine[Any]] = {
    "number": sa.BigInteger(),
    "moment": sa.DateTime(),
    "char": sa.CHAR(),
    "text": sa.String(),
}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One statement that is run, what it is called and what it is for."""

    name: str
    purpose: str
    statement: sa.Select[Any]


def here(site: Site, name: str) -> sa.TableClause:
    """The site's table, its columns under their names in capitals."""
    table = site.tables[name]
    moments = catalogue()[name].moments if name in catalogue() else ()
    columns: list[sa.ColumnClause[Any]] = []
    for key, column in table.columns.items():
        made = sa.column(column.name, TYPES.get("moment" if key in moments else column.kind, sa.String()))
        made.key = key
        columns.append(made)
    return sa.table(table.name, *columns, schema=site.schema)


def named(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[Any]:
    """The column under this name, whatever the site's capitals."""
    return column if getattr(column, "name", None) == name else column.label(name)
