"""Pages of incidents: which ones, their rows in every table, and what the vault is to hold of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from openbeat.errors import UnreadableSource
from openbeat.sources.iapro.catalogue import NTH, NUMBER, IaproTable, catalogue
from openbeat.sources.iapro.connection import Source
from openbeat.sources.iapro.reading import Reading
from openbeat.sources.iapro.site import Site
from openbeat.sources.iapro.state import Tally
from openbeat.sources.iapro.statements import (
    LIST,
    NUMBERED,
    changed_numbers,
    first_numbers,
    next_numbers,
    of_list,
    of_range,
    whole,
)
from openbeat.vault import Held

PREFIX = "iapro."  # the vault's names are iapro.INCIDENTS …
WHEN, ENTERED = "_AT", "_ENTERED"  # ours: event and known as moments, null where the site's text is none

Numbers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Questions:
    """The statements of one extraction, made once."""

    first: Reading
    following: Reading
    changed: tuple[Reading, ...]
    wholes: Mapping[str, Reading]
    ranges: Mapping[str, Reading]
    lists: Mapping[str, Reading]


@dataclass(frozen=True, kw_only=True)
class Page:
    """Incidents that are read together.

    between   read everything from the first number to the last; otherwise by lists of numbers
    vanished  numbers that the vault holds, in the page's stretch, which the site no longer has
    last      whether nothing comes after it
    """

    numbers: Numbers
    between: bool
    vanished: frozenset[str] = frozenset()
    last: bool = False


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What was read of one table for one page, fit for the vault, and the count of it."""

    table: IaproTable
    held: Held
    tally: Tally = field(default_factory=Tally)


def questions(site: Site, *, page: int) -> Questions:
    """Every statement that the pages need."""
    here = [table for table in catalogue().values() if site.reads(table)]
    return Questions(
        first=first_numbers(site, page),
        following=next_numbers(site, page),
        changed=changed_numbers(site),
        wholes={table.name: whole(site, table) for table in here if table.whole},
        ranges={table.name: of_range(site, table) for table in here if not table.whole},
        lists={table.name: of_list(site, table) for table in here if not table.whole},
    )


def numbers_after(source: Source, ask: Questions, after: int | None) -> Numbers:
    """The next page's incident numbers, as the server orders them.

    Raises UnreadableSource where they are not whole numbers that rise one by one.
    """
    if after is None:
        found = _numbers(source, source.table(ask.first.statement))
    else:
        found = _numbers(source, source.table(ask.following.statement, {"after": after}))
    if (np.diff(found) <= 0).any():
        raise UnreadableSource(
            f"{NUMBER} of INCIDENTS does not rise: it holds a number twice, or is kept and sorted as text",
            where=source.where,
            remedies=["make it a whole number and the primary key of the copy"],
        )
    return found


def numbers_since(source: Source, ask: Questions, since: datetime) -> Numbers:
    """The numbers of incidents with a date on or after `since`."""
    found = [_numbers(source, source.table(reading.statement, {"since": since})) for reading in ask.changed]
    return np.unique(np.concatenate([np.empty(0, np.int64), *found]))


def _numbers(source: Source, rows: pa.Table) -> Numbers:
    try:
        return np.asarray(rows[NUMBER].drop_null().cast(pa.int64()), np.int64)
    except pa.ArrowInvalid:
        pass
    # Raised out here: Arrow's own error quotes the cell.
    raise UnreadableSource(
        f"{NUMBER} is not a whole number everywhere",
        where=source.where,
        remedies=["see whether the schema is IAPro's, or ask for a view that gives whole numbers"],
    )


def read_whole(source: Source, ask: Questions, name: str, held: frozenset[str]) -> Rows:
    """All of a table to which no incident leads; `held` are those of its first key that the vault has."""
    table, rows = catalogue()[name], source.table(ask.wholes[name].statement)
    return _fit(table, rows, rows.num_rows, 0, (table.key[0], held))


def read_page(source: Source, ask: Questions, page: Page) -> list[Rows]:
    """The page's rows of every table that hangs on incidents.

    Rows whose incident is not one of the page's came in between two reads: they are left out and counted, for
    the next run finds them by their incident's dates.
    """
    own = pa.array(page.numbers).cast(pa.string())
    within = frozenset(own.to_pylist()) | page.vanished
    linked: dict[str, pa.ChunkedArray] = {}  # table that links people -> the people linked in this page
    found = []
    for name in ask.ranges:
        table = catalogue()[name]
        rows = _read(source, ask, page, table)
        read = rows.num_rows
        if table.shared:
            people = linked[str(table.parent)]
            rows = _once(rows, table).filter(pc.is_in(_once(rows, table)[table.link], value_set=people))
            limits = (table.link, frozenset(people.to_pylist()))
            found.append(_fit(table, rows, read, 0, limits))
            continue
        rows = rows.filter(pc.is_in(rows[NUMBER], value_set=own))
        found.append(_fit(table, rows, read, read - rows.num_rows, (NUMBER, within)))
        for other in catalogue().values():
            if other.shared and other.parent == name and other.link in rows.column_names:
                linked[name] = pc.unique(found[-1].held.rows[other.link].drop_null())
    return found


def _read(source: Source, ask: Questions, page: Page, table: IaproTable) -> pa.Table:
    reading = (ask.ranges if page.between else ask.lists)[table.name]
    if page.between and len(page.numbers):
        limits = {"low": int(page.numbers[0]), "high": int(page.numbers[-1])}
        return source.table(reading.statement, limits)
    parts = []
    for start in range(0, len(page.numbers), LIST):
        named = page.numbers[start : start + LIST].tolist()
        # One text for lists of any length, the one that was approved: the last number fills it up.
        filled = named + named[-1:] * (LIST - len(named))
        parts.append(source.table(reading.statement, dict(zip(NUMBERED, filled, strict=True))))
    empty = pa.schema([(column.name, pa.string()) for column in reading.statement.selected_columns])
    return pa.concat_tables([empty.empty_table(), *parts])


def _once(rows: pa.Table, table: IaproTable) -> pa.Table:
    """Each row once, as it was read last: two lists of incidents may lead to the same person."""
    if not rows.num_rows:
        return rows
    last = rows.select(table.key).append_column("_row", pa.array(np.arange(rows.num_rows)))
    kept = last.group_by(table.key, use_threads=False).aggregate([("_row", "max")])
    return rows.take(kept["_row_max"])


def _fit(
    table: IaproTable, rows: pa.Table, read: int, astray: int, within: tuple[str, frozenset[str]]
) -> Rows:
    complete = rows
    for column in table.named_by:
        if complete[column].null_count:
            complete = complete.filter(pc.is_valid(complete[column]))
    tally = Tally(read=read, unkeyed=rows.num_rows - complete.num_rows, astray=astray)
    if NTH in table.key:
        complete = numbered(complete, table.named_by)
    for ours, theirs in ((WHEN, table.event), (ENTERED, table.known)):
        if theirs in complete.column_names:
            complete = complete.append_column(ours, _moments(complete[theirs]))
    names = complete.column_names
    held = Held(
        rows=complete,
        key=table.key,
        event=WHEN if WHEN in names else None,
        known=ENTERED if ENTERED in names else None,
        within=within,
    )
    return Rows(table=table, held=held, tally=tally)


def numbered(rows: pa.Table, parents: Sequence[str]) -> pa.Table:
    """The rows with `_NTH`: their place from 1 among those of one parent, sorted by all that they say."""
    names = [*parents, *sorted(set(rows.column_names) - set(parents))]
    inorder = rows.sort_by([(name, "ascending") for name in names]).combine_chunks()
    starts = np.zeros(rows.num_rows, np.bool_)
    starts[:1] = True
    for name in parents if rows.num_rows else ():
        column = inorder[name].combine_chunks()
        starts[1:] |= pc.not_equal(column[1:], column[:-1]).to_numpy(zero_copy_only=False)
    place = np.arange(rows.num_rows)
    nth = place - np.maximum.accumulate(np.where(starts, place, 0)) + 1
    return inorder.append_column(NTH, pa.array(nth).cast(pa.string()))


def _moments(texts: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """The texts that are moments to the vault; a copy of the database may hold anything in their place."""
    if _are_moments(texts):
        return texts
    found = texts.combine_chunks().dictionary_encode()
    kept = pa.array([_are_moments(text) for text in found.dictionary])
    return pc.take(pc.if_else(kept, found.dictionary, pa.scalar(None, pa.string())), found.indices)


def _are_moments(texts: pa.ChunkedArray | pa.Scalar) -> bool:
    try:
        texts.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return False
    return True
