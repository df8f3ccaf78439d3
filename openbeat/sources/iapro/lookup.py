"""Columns of the vault's rows, found by key and read as moments: never more rows than there were."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from openbeat.sources.iapro.clean import cleaned

TIME = pa.timestamp("us")
OWN = {"_known": TIME, "_revised": TIME}  # of the vault; every other column is text
MOMENT, DAY = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"


def column(rows: pa.Table, name: str) -> pa.ChunkedArray:
    """The column; without a value in any row where the site does not have it."""
    if name in rows.column_names:
        return rows.column(name)
    return pa.chunked_array([pa.nulls(rows.num_rows, OWN.get(name, pa.string()))])


def beside(keys: pa.ChunkedArray, other: pa.Table, key: str) -> pa.Table:
    """For each key the first row of `other` that has it, else a row of nulls: nothing multiplies."""
    found = pc.index_in(keys, value_set=column(other, key).combine_chunks())
    return other.take(found.combine_chunks())


def moments(rows: pa.Table, table: str, name: str, clock: str | None = None) -> pa.ChunkedArray:
    """When it was, as `name` of IAPro's `table` says; midnight where no time of day is known.

    clock  the column with the time of day; null for IAPro's stand-ins for nothing and what is no date
    """
    said = {f"{table}.{one}": column(rows, one) for one in (name, clock) if one}
    clean = cleaned(pa.table(said))[0]
    text = clean.column(0)
    if clock:
        text = pc.binary_join_element_wise(pc.utf8_slice_codeunits(text, 0, 10), clean.column(1), " ")
    exact = pc.strptime(text, format=MOMENT, unit="us", error_is_null=True)
    day = pc.utf8_slice_codeunits(clean.column(0), 0, 10)
    return pc.coalesce(exact, pc.strptime(day, format=DAY, unit="us", error_is_null=True))


def days(rows: pa.Table, table: str, name: str) -> pa.ChunkedArray:
    """The day that `name` of IAPro's `table` says; null for stand-ins for nothing and what is no date."""
    return moments(rows, table, name).cast(pa.date32(), safe=False)
