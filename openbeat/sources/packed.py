"""Cells that hold several values: one source row becomes one row for each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from openbeat.sources.notes import Notes
from openbeat.sources.shape import Shape

PARTS = 1_000  # of one row; more is not a list of people
ROW_BYTES, BATCH_BYTES, BATCH_ROWS = 1 << 25, 1 << 26, 131_072


def unpacked(batch: pa.RecordBatch, shape: Shape, notes: Notes) -> Iterator[pa.RecordBatch]:
    """The batch with `_part`: 1, 2, … over the values of the columns `shape.unpack`, 1 where there are none.

    Other columns repeat. Noted: unpack_uneven (rows whose columns hold different numbers of values; the
    shorter get null). Refused: too_many_parts.
    """
    packed = [name for name in batch.schema.names if name in shape.unpack]
    if not packed:
        yield batch.append_column("_part", pa.repeat(pa.scalar(1, pa.int16()), batch.num_rows))
        return
    lists = {name: pc.split_pattern(batch.column(name), shape.unpack_by) for name in packed}
    lengths = np.stack([pc.fill_null(pc.list_value_length(one), 0).to_numpy() for one in lists.values()])
    parts = np.maximum(lengths.max(axis=0), 1)
    weight = parts * _row_bytes(batch)
    numbers = batch.column("_row").to_numpy()
    refused = (parts > PARTS) | ((weight > ROW_BYTES) & (parts > 1))
    for number in numbers[refused]:
        notes.refuse("too_many_parts", int(number))
    uneven = ((lengths > 0) & (lengths < parts)).any(axis=0) & ~refused
    for number in numbers[uneven]:
        notes.note("unpack_uneven", row=int(number))
    for rows in _slices(np.flatnonzero(~refused), parts, weight):
        yield _take(batch, lists, rows, parts[rows])


def _take(
    batch: pa.RecordBatch, lists: dict[str, pa.ListArray], rows: NDArray[np.int64], parts: NDArray[np.int64]
) -> pa.RecordBatch:
    source = np.repeat(rows, parts)
    part = np.arange(len(source)) - np.repeat(np.cumsum(parts) - parts, parts)
    columns = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name not in lists:
            columns.append(column.take(pa.array(source)))
            continue
        offsets = lists[name].offsets.to_numpy()
        there = part < (offsets[source + 1] - offsets[source])
        values = lists[name].values.take(pa.array(offsets[source] + part, mask=~there))
        columns.append(pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values))
    names = [*batch.schema.names, "_part"]
    return pa.RecordBatch.from_arrays([*columns, pa.array(part + 1, pa.int16())], names=names)


def _row_bytes(batch: pa.RecordBatch) -> NDArray[np.int64]:
    total = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        if pa.types.is_string(column.type):
            total += pc.fill_null(pc.binary_length(column), 0).to_numpy()
    return total


def _slices(
    rows: NDArray[np.int64], parts: NDArray[np.int64], weight: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """The rows in runs whose unpacked rows stay small; one empty run where there are none."""
    cost = np.maximum(np.cumsum(parts[rows]) // BATCH_ROWS, np.cumsum(weight[rows]) // BATCH_BYTES)
    yield from np.split(rows, np.flatnonzero(np.diff(cost)) + 1)
