"""Versions of rows as tables: written into parts, fetched from parts, put in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from openbeat.vault.digests import BYTES
from openbeat.vault.pages import TIME
from openbeat.vault.store import Commit, Entry, Part, Store, read_part, write_part

PART_BYTES = 1 << 27  # of Arrow memory: a part is sealed and opened as a whole
TEXT_BYTES = 1 << 31  # with more text than this, Arrow can put rows in order only under longer offsets
DIGEST = pa.binary(BYTES)
STORED = pa.schema({"_key": DIGEST, "_content": DIGEST, "_known": TIME, "_event": TIME, "_gone": pa.bool_()})


def write_versions(
    store: Store, commits: Sequence[Commit], table: str, key: tuple[str, ...], versions: pa.Table
) -> Entry:
    """The table's entry in the commit that is to follow these, its parts written."""
    rows = max(1, versions.num_rows * PART_BYTES // max(1, versions.nbytes))
    parts = []
    for number, start in enumerate(range(0, versions.num_rows, rows)):
        part = versions.slice(start, rows)
        sha256 = write_part(store, commits, table, number, _as_parquet(part))
        parts.append(Part(sha256=sha256, rows=part.num_rows))
    columns = tuple(name for name in versions.column_names if name not in STORED.names)
    return Entry(key=key, columns=columns, parts=tuple(parts))


def fetch(
    store: Store,
    commits: Sequence[Commit],
    table: str,
    columns: Sequence[str],
    *,
    places: NDArray[np.int64] | None = None,
) -> pa.Table:
    """These columns of text, and what the vault adds, of the versions that the commits brought, in order.

    places  which of the versions, counted from 0 and in order; all where None
    """
    wanted = [*columns, *STORED.names]
    texts = pa.schema([(name, pa.string()) for name in columns])
    found = [pa.unify_schemas([texts, STORED, pa.schema({"_revised": TIME})]).empty_table()]
    for commit, number, start, rows in _parts(commits, table):
        mask = np.ones(rows, np.bool_)
        if places is not None:
            low, high = np.searchsorted(places, (start, start + rows))
            mask = np.zeros(rows, np.bool_)
            mask[places[low:high] - start] = True
        if mask.any():
            part = _from_parquet(read_part(store, commit, table, number), wanted)
            part = part if mask.all() else part.filter(pa.array(mask))
            found.append(part.append_column("_revised", pa.repeat(pa.scalar(commit.at, TIME), len(part))))
    return pa.concat_tables(found, promote_options="default")


def ordered(versions: pa.Table, key: Sequence[str]) -> pa.Table:
    """The versions in the order of the key; those of one row stay in the order they have."""
    columns = {str(number): versions[name] for number, name in enumerate(key)}
    by = pa.table({**columns, "place": np.arange(versions.num_rows)})
    order = pc.sort_indices(by, sort_keys=[(name, "ascending") for name in by.column_names])
    if versions.nbytes < TEXT_BYTES:
        return versions.take(order)
    longer = [
        pa.field(f.name, pa.large_string() if f.type == pa.string() else f.type) for f in versions.schema
    ]
    long = versions.cast(pa.schema(longer)).combine_chunks()
    rows = max(1, versions.num_rows * PART_BYTES // max(1, versions.nbytes))
    return pa.concat_tables(
        long.take(order.slice(start, rows)).cast(versions.schema) for start in range(0, len(order), rows)
    )


def _parts(commits: Sequence[Commit], table: str) -> Iterator[tuple[Commit, int, int, int]]:
    start = 0
    for commit in commits:
        for number, part in enumerate(commit.tables[table].parts if table in commit.tables else ()):
            yield commit, number, start, part.rows
            start += part.rows


def _as_parquet(versions: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    texts = [name for name in versions.column_names if name not in STORED.names]
    pq.write_table(versions, sink, compression="zstd", use_dictionary=texts, write_statistics=False)
    sealable: bytes = sink.getvalue().to_pybytes()
    return sealable


def _from_parquet(data: bytes, columns: Sequence[str]) -> pa.Table:
    file = pq.ParquetFile(pa.BufferReader(data))
    have = set(file.schema_arrow.names)
    present = [name for name in columns if name in have]
    # Parquet takes a name for all that begin with it and a dot: `a` brings `a.b` along.
    return file.read(columns=present).select(present)
