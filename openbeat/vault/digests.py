"""Digests of rows: 128 bits, keyed, the same for the same values whatever the order of the columns."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Digests = NDArray[np.bytes_]  # of DTYPE

BYTES = 16
DTYPE = f"S{BYTES}"
BATCH = 65_536  # rows spelt out in memory at once
LARGE = pa.large_string()  # rows joined into one text may be more than 2 GiB


def digests(rows: pa.Table, *, secret: bytes) -> Digests:
    """One digest for each row; a column without a value counts as a column that is not there.

    rows    columns of text
    secret  without it nobody can make two rows that meet
    """
    names = sorted(rows.column_names)
    start = hashlib.blake2b(key=secret, digest_size=BYTES)
    found: list[bytes] = []
    for batch in rows.select(names).to_batches(max_chunksize=BATCH):
        spelt = [_spelt(name, column) for name, column in zip(names, batch.columns, strict=True)]
        texts = [column for column in spelt if column is not None]
        if not texts:
            found.append(start.digest() * batch.num_rows)
            continue
        # Arrow 26 drops rows without any value when nulls are skipped; spelt out as nothing they stay.
        joined = pc.binary_join_element_wise(
            *texts, pa.scalar("", LARGE), null_handling="replace", null_replacement=""
        )
        for text in joined.cast(pa.large_binary()).to_pylist():
            one = start.copy()
            one.update(text)
            found.append(one.digest())
    return np.frombuffer(b"".join(found), DTYPE)


def digest_column(values: Digests) -> pa.Array:
    """Digests as a column of a table."""
    kind = pa.binary(BYTES)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def column_digests(column: pa.ChunkedArray) -> Digests:
    """The digests that such a column holds."""
    chunks = [
        np.frombuffer(chunk.buffers()[1], DTYPE, count=len(chunk), offset=chunk.offset * BYTES)
        for chunk in column.chunks
        if len(chunk)
    ]
    return np.concatenate(chunks) if chunks else np.empty(0, DTYPE)


def _spelt(name: str, column: pa.Array) -> pa.Array | None:
    # Lengths stand before names and values, so that no two different rows are spelt alike.
    if column.null_count == len(column):
        return None
    head = pa.scalar(f"{len(name)}:{name}", LARGE)
    length = pc.cast(pc.binary_length(column), LARGE)
    return pc.binary_join_element_wise(head, length, column.cast(LARGE), pa.scalar(":", LARGE))
