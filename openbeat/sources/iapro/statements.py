"""Every statement of an extraction, made from the catalogue and what the site has.

Rows of a child table come with the number of their incident through its parent's primary key, so that nothing
can be multiplied; people who belong to several incidents are chosen by `IN (SELECT …)`. Only columns by name
are asked for, and none of those that are never asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from openbeat.sources.iapro.catalogue import NUMBER, IaproTable, catalogue
from openbeat.sources.iapro.compiled import compiled
from openbeat.sources.iapro.inventory import of_probe
from openbeat.sources.iapro.reading import Reading, here, named
from openbeat.sources.iapro.site import ROOT, Site, listing

LIST = 200  # incidents named one by one in a statement; SQL Server allows 2,100 parameters
NUMBERED = tuple(f"n{number}" for number in range(1, LIST + 1))


@dataclass(frozen=True, kw_only=True)
class Approval:
    """One statement for the database's administrator: its text as the server receives it."""

    name: str
    purpose: str
    text: str
    parameters: tuple[str, ...]  # what stands in its places, in order


def first_numbers(site: Site, page: int) -> Reading:
    """The first page of incident numbers."""
    number = here(site, ROOT).c[NUMBER]
    return Reading(
        name="incidents.first",
        purpose=f"The numbers of the first {page:,} incidents, to go through all of them in pages.",
        statement=sa.select(named(number, NUMBER)).where(number.is_not(None)).order_by(number).limit(page),
    )


def next_numbers(site: Site, page: int) -> Reading:
    """The page of incident numbers after `after`."""
    number = here(site, ROOT).c[NUMBER]
    return Reading(
        name="incidents.next",
        purpose=f"The numbers of the next {page:,} incidents.",
        statement=sa.select(named(number, NUMBER))
        .where(number > sa.bindparam("after", type_=sa.BigInteger(), required=False))
        .order_by(number)
        .limit(page),
    )


def changed_numbers(site: Site) -> tuple[Reading, ...]:
    """The numbers of incidents with a date on or after `since`, by each table that has such dates."""
    return tuple(_changed(site, table) for table in catalogue().values() if changes(site, table))


def changes(site: Site, table: IaproTable) -> tuple[str, ...]:
    """The columns whose dates say that a row of the table changed, where the site has them."""
    if table.whole or not site.reads(table):
        return ()
    return tuple(column for column in table.changed if site.has(table.name, column))


def _changed(site: Site, table: IaproTable) -> Reading:
    rows = here(site, table.name)
    since = sa.bindparam("since", type_=sa.DateTime(), required=False)
    number, origin = _number(site, table, rows)
    dates = changes(site, table)
    return Reading(
        name=f"{table.name}.changed",
        purpose=f"The numbers of incidents that changed lately, by {', '.join(dates)} of {table.name}.",
        statement=sa.select(named(number, NUMBER))
        .select_from(origin)
        .where(sa.or_(*(rows.c[column] >= since for column in dates)))
        .distinct(),
    )


def of_range(site: Site, table: IaproTable) -> Reading:
    """The table's rows of every incident from `low` to `high`."""
    low = sa.bindparam("low", type_=sa.BigInteger(), required=False)
    high = sa.bindparam("high", type_=sa.BigInteger(), required=False)
    return Reading(
        name=f"{table.name}.range",
        purpose=f"{table.name} of the incidents of one page, from its first number to its last.",
        statement=_of_incidents(site, table, lambda number: number.between(low, high)),
    )


def of_list(site: Site, table: IaproTable) -> Reading:
    """The table's rows of the incidents `n1` to `n200`."""
    named = [sa.bindparam(name, type_=sa.BigInteger(), required=False) for name in NUMBERED]
    return Reading(
        name=f"{table.name}.list",
        purpose=f"{table.name} of up to {LIST} incidents that changed lately or are not completed.",
        statement=_of_incidents(site, table, lambda number: number.in_(named)),
    )


def whole(site: Site, table: IaproTable) -> Reading:
    """Every row of a table to which no incident leads."""
    rows = here(site, table.name)
    return Reading(
        name=f"{table.name}.whole",
        purpose=f"All of {table.name}.",
        statement=sa.select(*_asked(site, table, rows)),
    )


def _of_incidents(site: Site, table: IaproTable, chosen: Any) -> sa.Select[Any]:
    rows = here(site, table.name)
    if table.parent and table.shared:
        links = here(site, table.parent)
        linked = sa.select(links.c[table.link]).where(chosen(links.c[NUMBER]))
        return sa.select(*_asked(site, table, rows)).where(rows.c[table.link].in_(linked))
    number, origin = _number(site, table, rows)
    own = [column for column in _asked(site, table, rows) if column.name != NUMBER]
    return sa.select(named(number, NUMBER), *own).select_from(origin).where(chosen(number))


def _number(site: Site, table: IaproTable, rows: sa.TableClause) -> tuple[Any, sa.FromClause]:
    if table.parent is None:
        return rows.c[NUMBER], rows
    parents = here(site, table.parent)
    return parents.c[NUMBER], rows.join(parents, rows.c[table.link] == parents.c[table.link])


def _asked(site: Site, table: IaproTable, rows: sa.TableClause) -> list[sa.ColumnElement[Any]]:
    return [named(rows.c[column], column) for column in site.columns(table)]


def of_pull(site: Site, *, page: int) -> Iterator[Reading]:
    """Every statement that an extraction can run, in the order in which it first may."""
    yield from (first_numbers(site, page), next_numbers(site, page), *changed_numbers(site))
    for table in catalogue().values():
        if table.whole and site.reads(table):
            yield whole(site, table)
        elif site.reads(table):
            yield from (of_range(site, table), of_list(site, table))


def every_statement(site: Site, dialect: str, *, page: int = 20_000) -> tuple[Approval, ...]:
    """Everything that openbeat can ever ask of this site's database, for its administrator to approve.

    site      what the database has, or `expected_site()` before it was ever reached
    dialect   mssql+pytds, mssql+odbc, postgresql or sqlite
    """
    found = []
    for reading in (listed(dialect), *of_probe(site), *of_pull(site, page=page)):
        said = compiled(reading.statement, dialect)
        places = tuple(str(said.fixed.get(name, name)) for name in said.parameters)
        found.append(Approval(name=reading.name, purpose=reading.purpose, text=said.text, parameters=places))
    return tuple(found)


def listed(dialect: str) -> Reading:
    """The statement that finds out what the site has."""
    return Reading(
        name="columns",
        purpose="The names and types of the tables and columns that the account can see.",
        statement=listing(dialect),
    )
