"""What a site's IAPro has, before anything is read from it: counts and words, nobody's record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from openbeat.sources.iapro.catalogue import LABELS, IaproTable, catalogue
from openbeat.sources.iapro.connection import Source
from openbeat.sources.iapro.inventory import (
    COUNT,
    ROWS,
    STATES,
    WORD,
    WORDS,
    coded,
    faceless,
    filled,
    labels,
    orphans,
    relations,
    repeated,
    states,
    words,
)
from openbeat.sources.iapro.reading import Reading
from openbeat.sources.iapro.site import Site, read_site

USER_DEFINED = "UD"  # what the names of user-defined columns begin with: UDTEXT24A …


@dataclass(frozen=True, kw_only=True)
class ProbedColumn:
    """A column of the catalogue that the site has.

    filled    the share of rows that say something there; None where there are no rows
    words     word -> rows, where there are few enough to be codes
    meanings  what AIO_COLS calls a user-defined column
    """

    filled: float | None
    words: Mapping[str, int] | None = None
    meanings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProbedTable:
    """A table of the catalogue that the site has.

    missing    columns that the catalogue expects and the account cannot see
    beyond     columns that it can see and the catalogue does not know: never read
    repeated   values of the key that do not name one row alone; None where the table has no key of its own
    readable   whether an extraction can read it: its key and what leads to it are there
    """

    rows: int
    columns: Mapping[str, ProbedColumn]
    missing: tuple[str, ...]
    beyond: tuple[str, ...]
    repeated: int | None
    readable: bool


@dataclass(frozen=True, kw_only=True)
class State:
    """How many incidents of one type stand at one place of their review."""

    incident_type: str | None
    status: str | None
    field_status: str | None
    incidents: int


@dataclass(frozen=True, kw_only=True)
class Probed:
    """What the site has.

    absent        tables of the catalogue that the account cannot see
    beyond        tables that it can see and the catalogue does not know: never read
    orphans       `CHILD.COLUMN -> PARENT` -> rows whose parent is missing
    placeholders  numbers of officers without day of birth and hire -> incidents they are linked to
    """

    where: str
    site: Site
    tables: Mapping[str, ProbedTable]
    absent: tuple[str, ...]
    beyond: tuple[str, ...]
    orphans: Mapping[str, int]
    placeholders: Mapping[str, int]
    states: tuple[State, ...]


def probe(source: Source, schema: str | None = None) -> Probed:
    """What the schema has; the only one with INCIDENTS where none is named. Reads, and nothing else.

    SQL Server compares words as its collation does: usually `BLACK` and `Black` are counted as one.
    Raises WrongSettings where there is no such schema, UnreadableSource where the server refuses.
    """
    site = read_site(source, schema)
    known, meanings = catalogue(), _meanings(source, site)
    return Probed(
        where=source.where,
        site=site,
        tables={
            name: _table(source, site, table, meanings)
            for name, table in known.items()
            if site.columns(table)
        },
        absent=tuple(name for name, table in known.items() if not site.columns(table)),
        beyond=tuple(sorted(site.tables.keys() - known.keys() - {LABELS})),
        orphans={one.said: _count(source, orphans(site, one)) for one in relations(site)},
        placeholders={str(row["OFFNUM"]): int(row[COUNT] or 0) for row in _rows(source, faceless(site))},
        states=tuple(
            State(
                incident_type=row[STATES[0]],
                status=row[STATES[1]],
                field_status=row[STATES[2]],
                incidents=int(row[COUNT] or 0),
            )
            for row in _rows(source, states(site))
        ),
    )


def _table(
    source: Source, site: Site, table: IaproTable, meanings: Mapping[str, tuple[str, ...]]
) -> ProbedTable:
    [counts] = _rows(source, filled(site, table))
    rows, codes = int(counts[ROWS] or 0), coded(site, table)
    here = site.columns(table)
    columns = {
        name: ProbedColumn(
            filled=int(counts[name] or 0) / rows if rows else None,
            words=_words(source, words(site, table, name)) if name in codes else None,
            meanings=meanings.get(f"{table.name}.{name}", ()),
        )
        for name in here
    }
    own_key = len(table.key) == 1 and site.has(table.name, *table.key)
    return ProbedTable(
        rows=rows,
        columns=columns,
        missing=tuple(name for name in table.asked if name not in here),
        beyond=tuple(sorted(site.tables[table.name].columns.keys() - {*table.asked, *table.never})),
        repeated=_count(source, repeated(site, table)) if own_key else None,
        readable=site.reads(table),
    )


def _words(source: Source, reading: Reading) -> Mapping[str, int] | None:
    found = {str(row[WORD]): int(row[COUNT] or 0) for row in _rows(source, reading)}
    # Words that stand equally often come as each server likes.
    often = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return dict(often) if len(found) <= WORDS else None


def _meanings(source: Source, site: Site) -> Mapping[str, tuple[str, ...]]:
    """`TABLE.COLUMN` -> what AIO_COLS calls it. Its shape is not publicly known, so its rows are searched.

    In each row the cell that is a user-defined column's name says which; a cell that is a table's name says
    where, else it is every table with that column; the longest other text is the meaning.
    """
    found: dict[str, tuple[str, ...]] = {}
    for row in _rows(source, labels(site)):
        cells = [cell.strip() for cell in row.values() if cell and cell.strip()]
        places = {cell.upper() for cell in cells} & catalogue().keys()
        named = {
            f"{table}.{cell.upper()}"
            for table in places or catalogue().keys()
            for cell in cells
            if cell.upper().startswith(USER_DEFINED) and site.has(table, cell.upper())
        }
        said = {name.partition(".")[2] for name in named} | places
        rest = [cell for cell in cells if cell.upper() not in said and not cell.isdigit()]
        if rest and named:
            meaning = max(rest, key=len)
            for name in named:
                found[name] = tuple(dict.fromkeys((*found.get(name, ()), meaning)))
    return found


def _count(source: Source, reading: Reading) -> int:
    [row] = _rows(source, reading)
    return int(row[COUNT] or 0)


def _rows(source: Source, reading: Reading | None) -> list[dict[str, str | None]]:
    return source.table(reading.statement).to_pylist() if reading else []
