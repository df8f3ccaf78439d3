"""The statements of the probe: counts of what a site has, and the words in its coded columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from openbeat.sources.iapro.catalogue import LABELS, IaproTable, catalogue
from openbeat.sources.iapro.reading import Reading, here, named
from openbeat.sources.iapro.site import ROOT, Site

WORDS = 60  # distinct words that a coded column may have; more of them are not codes
ROWS, COUNT, WORD = "_ROWS", "_COUNT", "_WORD"
HIDDEN = ("FILENUM", "ADDRESS1", "STREET")  # never listed word by word: they lead to people
STATES = ("INCIDENT_TYPE", "STATUS", "FIELD_STATUS")
CODED = ("text", "char", "bit")


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A column whose values name rows of another table."""

    child: IaproTable
    column: str
    parent: IaproTable

    @property
    def said(self) -> str:
        """`CHILD.COLUMN -> PARENT`."""
        return f"{self.child.name}.{self.column} -> {self.parent.name}"


def of_probe(site: Site) -> Iterator[Reading]:
    """Every statement that the probe runs at this site."""
    for table in catalogue().values():
        if site.columns(table):
            yield filled(site, table)
            yield from (words(site, table, column) for column in coded(site, table))
        if len(table.key) == 1 and site.has(table.name, *table.key):
            yield repeated(site, table)
    yield from (orphans(site, relation) for relation in relations(site))
    yield from (reading for reading in (states(site), faceless(site), labels(site)) if reading)


def filled(site: Site, table: IaproTable) -> Reading:
    """How many rows there are, and in how many of them each column says something."""
    rows = here(site, table.name)
    kinds = site.tables[table.name].columns
    counts = [
        sa.func.count(_said(rows.c[column]) if kinds[column].kind in CODED[:2] else rows.c[column])
        for column in site.columns(table)
    ]
    labelled: list[Any] = [
        count.label(column) for count, column in zip(counts, site.columns(table), strict=True)
    ]
    return Reading(
        name=f"{table.name}.filled",
        purpose=f"How many rows {table.name} has, and in how many of them each column is filled.",
        statement=sa.select(sa.func.count().label(ROWS), *labelled).select_from(rows),
    )


def _said(column: sa.ColumnClause[Any]) -> sa.ColumnElement[Any]:
    bare = sa.func.ltrim(sa.func.rtrim(column))
    return sa.func.nullif(sa.func.nullif(bare, sa.literal_column("''")), sa.literal_column("'NULL'"))


def coded(site: Site, table: IaproTable) -> tuple[str, ...]:
    """The columns that may hold codes: text that names neither a row nor a place."""
    keys = {column for other in catalogue().values() for column in other.key}
    kinds = site.tables[table.name].columns
    return tuple(
        column
        for column in table.columns
        if column in kinds
        and column not in keys
        and not column.startswith(HIDDEN)
        and kinds[column].kind in CODED
    )


def words(site: Site, table: IaproTable, column: str) -> Reading:
    """The words in a column, and in how many rows each stands; one more than counts as codes."""
    rows = here(site, table.name)
    cell = rows.c[column]
    return Reading(
        name=f"{table.name}.{column}.words",
        purpose=f"Up to {WORDS + 1} words in {table.name}.{column}, and how often each stands there.",
        statement=sa.select(cell.label(WORD), sa.func.count().label(COUNT))
        .where(cell.is_not(None))
        .group_by(cell)
        .order_by(sa.func.count().desc())
        .limit(WORDS + 1),
    )


def repeated(site: Site, table: IaproTable) -> Reading:
    """How many values of a table's key stand in more than one row."""
    rows = here(site, table.name)
    key = rows.c[table.key[0]]
    twice = sa.select(key).group_by(key).having(sa.func.count() > sa.literal_column("1")).subquery("twice")
    return Reading(
        name=f"{table.name}.repeated",
        purpose=f"How many values of {table.key[0]} do not name one row of {table.name} alone.",
        statement=sa.select(sa.func.count().label(COUNT)).select_from(twice),
    )


def relations(site: Site) -> tuple[Relation, ...]:
    """Every column at this site whose values should name rows of another table."""
    return tuple(
        Relation(child=child, column=parent.key[0], parent=parent)
        for child in catalogue().values()
        for parent in catalogue().values()
        if child is not parent
        and len(parent.key) == 1
        and parent.key[0] in child.columns
        and site.has(child.name, parent.key[0])
        and site.has(parent.name, parent.key[0])
    )


def orphans(site: Site, relation: Relation) -> Reading:
    """How many rows name a row of another table that is not there."""
    child, parent = here(site, relation.child.name), here(site, relation.parent.name)
    ours, theirs = child.c[relation.column], parent.c[relation.column]
    return Reading(
        name=f"{relation.child.name}.{relation.column}.orphans",
        purpose=f"How many rows of {relation.child.name} name no row of {relation.parent.name}.",
        statement=sa.select(sa.func.count().label(COUNT))
        .select_from(child.outerjoin(parent, ours == theirs))
        .where(ours.is_not(None), theirs.is_(None)),
    )


def states(site: Site) -> Reading | None:
    """How many incidents of each type stand where in their review."""
    if not site.has(ROOT, *STATES):
        return None
    rows = here(site, ROOT)
    said = [rows.c[column] for column in STATES]
    return Reading(
        name=f"{ROOT}.states",
        purpose="How many incidents of each type are completed, open, or still in the chain of supervisors.",
        statement=sa.select(
            *(named(cell, column) for cell, column in zip(said, STATES, strict=True)),
            sa.func.count().label(COUNT),
        ).group_by(*said),
    )


def faceless(site: Site) -> Reading | None:
    """The numbers of officers without day of birth and of hire, and how many incidents they are linked to."""
    if not site.has("OFFICERS", "OFFNUM", "DOB", "HIRE_DT") or not site.has("ASSOC_INC_OFF", "OFFNUM"):
        return None
    officers, links = here(site, "OFFICERS"), here(site, "ASSOC_INC_OFF")
    number = officers.c["OFFNUM"]
    return Reading(
        name="OFFICERS.faceless",
        purpose="The numbers of officers without day of birth and hire, likely placeholders, and links.",
        statement=sa.select(named(number, "OFFNUM"), sa.func.count(links.c["OFFNUM"]).label(COUNT))
        .select_from(officers.outerjoin(links, number == links.c["OFFNUM"]))
        .where(officers.c["DOB"].is_(None), officers.c["HIRE_DT"].is_(None))
        .group_by(number),
    )


def labels(site: Site) -> Reading | None:
    """All of the table that says what the user-defined columns mean, whatever its columns are."""
    if LABELS not in site.tables:
        return None
    rows = here(site, LABELS)
    return Reading(
        name=f"{LABELS}.whole",
        purpose=f"All of {LABELS}, which says what the user-defined columns mean at this site.",
        statement=sa.select(*(named(cell, key) for key, cell in rows.c.items())),
    )
