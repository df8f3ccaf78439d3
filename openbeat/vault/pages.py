"""What an append says of a table, held against what the vault holds of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from openbeat.errors import VaultFault
from openbeat.vault.digests import Digests, digest_column, digests
from openbeat.vault.index import Index, find, rows_within

TIME = pa.timestamp("us")
TABLE = re.compile(r"[A-Za-z0-9_.]{1,128}")
Within: TypeAlias = tuple[str, frozenset[str]]
OWN = ("_key", "_content", "_known", "_event", "_gone", "_revised")  # columns that the vault adds


@dataclass(frozen=True, kw_only=True)
class Held:
    """What one append says of one table.

    rows    columns of text; one that an append does not have counts as null in it
    key     the columns that name a row
    event   a column of ISO text: when it happened
    known   a column of ISO text: when the agency entered it; without a value, the time of the append
    within  (column, values): rows with one of these values there that are not in `rows` are gone
    """

    rows: pa.Table
    key: tuple[str, ...]
    event: str | None = None
    known: str | None = None
    within: Within | None = None


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What an append did to the rows of one table."""

    new: int
    revised: int
    gone: int
    same: int


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The versions that an append brings; `missing` says where the rows stand that are gone."""

    versions: pa.Table
    missing: NDArray[np.int64]
    counts: Counts


def check(table: str, held: Held) -> None:
    """Raises VaultFault where no table could be held like this, whatever the vault holds."""
    columns = held.rows.column_names
    if not TABLE.fullmatch(table):
        raise VaultFault(
            "the name of a table has other signs than A-Z, a-z, 0-9, _ and ., or is too long",
            where="the vault",
            remedies=["use 1 to 128 of these signs"],
        )
    if twice := sorted(name for name, times in Counter(columns).items() if times > 1):
        raise refused(table, f"has several columns called {', '.join(twice)}", "give each a name of its own")
    if own := sorted(set(OWN) & set(columns)):
        raise refused(table, f"the vault adds {', '.join(own)} itself", "give these columns other names")
    if other := [field.name for field in held.rows.schema if field.type != pa.string()]:
        raise refused(table, f"not text: {', '.join(other)}", "hand in every column as pa.string()")
    if not held.key or len(set(held.key)) < len(held.key):
        raise refused(table, "the key names no column, or one twice", "name the columns that tell rows apart")


def limits(tables: Iterable[Held], *, secret: bytes) -> Mapping[Within | None, Digests]:
    """The digests of the values that limit tables, each once: the tables of one append often share them."""
    named = {held.within for held in tables if held.within}
    return {
        (column, values): digests(pa.table({column: pa.array(list(values), pa.string())}), secret=secret)
        for column, values in named
    }


def compare(
    table: str, held: Held, index: Index, limit: Digests | None, *, at: datetime, secret: bytes
) -> Changes:
    """What is new, revised, gone and the same; `limit` is that of `limits`, `secret` that of digests.

    Raises VaultFault where rows cannot be told apart or a time cannot be read; see also `check`.
    """
    rows, event = held.rows, _times(table, held.rows, held.event)
    names = _keys(table, held, secret)
    # The event is part of what is held: naming another column for it revises the rows that it changes.
    content = digests(rows.append_column("_event", event.cast(pa.int64()).cast(pa.string())), secret=secret)
    known = pc.fill_null(_times(table, rows, held.known), pa.scalar(at, TIME)).cast(pa.int64()).to_numpy()

    spot = find(index, names)
    held_before = spot >= 0
    alive = held_before.copy()
    alive[held_before] = ~index.gone[spot[held_before]]
    same = alive.copy()
    same[alive] = index.content[spot[alive]] == content[alive]
    known = np.where(held_before, index.known[spot], known) if len(index.key) else known

    missing = np.empty(0, np.int64)
    if held.within and limit is not None:
        inside = rows_within(index, held.within[0], limit)
        missing = inside[~np.isin(inside, spot)]
    versions = rows
    for name, values in (
        ("_key", digest_column(names)),
        ("_content", digest_column(content)),
        ("_known", pa.array(known, pa.int64()).cast(TIME)),
        ("_event", event),
        ("_gone", pa.array(np.zeros(len(names), np.bool_))),
    ):
        versions = versions.append_column(name, values)
    return Changes(
        versions=versions.filter(pa.array(~same)),
        missing=missing,
        counts=Counts(
            new=int((~alive).sum()),
            revised=int((alive & ~same).sum()),
            gone=len(missing),
            same=int(same.sum()),
        ),
    )


def refused(table: str, problem: str, *remedies: str) -> VaultFault:
    """The error of something that the vault does not take or does not hold."""
    return VaultFault(problem, where=f"table {table}", remedies=remedies)


def _keys(table: str, held: Held, secret: bytes) -> Digests:
    rows, named = held.rows, ", ".join(held.key)
    remedy = "see which columns tell the rows of this table apart, and name these as its key"
    if not rows.num_rows:
        return digests(rows.select([]), secret=secret)
    for name in held.key:
        empty = rows[name].null_count if name in rows.column_names else rows.num_rows
        if empty:
            raise refused(table, f"{empty} rows have no {name}, which is part of the key ({named})", remedy)
    found = digests(rows.select(held.key), secret=secret)
    if several := len(found) - len(np.unique(found)):
        raise refused(table, f"{several} rows have the key ({named}) of another row", remedy)
    return found


def _times(table: str, rows: pa.Table, column: str | None) -> pa.ChunkedArray:
    if column is None or column not in rows.column_names:
        return pa.chunked_array([pa.nulls(rows.num_rows, TIME)])
    texts = rows[column]
    try:
        return texts.cast(TIME)
    except pa.ArrowInvalid:
        wrong = next(number for number, text in enumerate(texts, start=1) if not _is_time(text))
    # Raised out here: Arrow's own error holds the value, and must not travel along with this one.
    raise refused(
        table,
        f"row {wrong}, column {column} does not hold a time as ISO 8601 writes it, without a zone",
        "hand in times as 2016-05-31 or 2016-05-31T23:59:00, and null where there is none",
    )


def _is_time(text: pa.Scalar) -> bool:
    try:
        text.cast(TIME)
    except pa.ArrowInvalid:
        return False
    return True
