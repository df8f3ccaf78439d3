"""Parquet: typed columns, written as text in one way only, so that types may change by year."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openbeat.errors import UnreadableSource
from openbeat.sources.formats import SourceFormat
from openbeat.sources.notes import Notes
from openbeat.sources.scalars import text_column, text_of
from openbeat.sources.shape import Shape
from openbeat.sources.tidy import CELL, CELLS, column_names, too_many_columns

ROWS = 131_072
BATCH_BYTES = 1 << 26
GROUP_BYTES, RATIO = 1 << 26, 100  # a row group beyond both unpacks to far more than anybody's records do


def read(path: Path, shape: Shape, notes: Notes) -> Iterator[pa.RecordBatch]:
    """Rows of a Parquet file. Refused: blank_row, long_cell. A struct becomes columns with dotted names.

    Raises UnreadableSource for a damaged file, a column of bytes, and what unpacks to far more than it is.
    """
    try:
        with pq.ParquetFile(path) as first:
            schema = first.schema_arrow
            too_many_columns(len(schema), notes)
            _no_bomb(first.metadata, notes)
        # Read as dictionaries, a long text that a million rows share stands in memory once.
        texts = [
            field.name
            for field in schema
            if pa.types.is_large_string(field.type) or pa.types.is_string(field.type)
        ]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            yield from _batches(file, notes)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableSource(
            f"it cannot be read as Parquet ({type(error).__name__})",
            where=notes.where,
            remedies=["export or download it again", "export it as CSV instead"],
        ) from error


def _batches(file: pq.ParquetFile, notes: Notes) -> Iterator[pa.RecordBatch]:
    empty = file.schema_arrow.empty_table().to_batches() or [
        pa.RecordBatch.from_pylist([], schema=file.schema_arrow)
    ]
    flat = _flat(empty[0])
    too_many_columns(len(flat), notes)
    names = column_names([name for name, _ in flat], notes)
    days = {name for name, column in flat if pa.types.is_timestamp(column.type) and _is_days(file, name)}
    size = max(256, min(ROWS, 4 * CELLS // max(len(names), 1)))
    done = 0
    yield _as_text(empty[0], names, days, done, notes)
    for typed in file.iter_batches(batch_size=size):
        for part in _halves(typed):
            yield _as_text(part, names, days, done, notes)
            done += part.num_rows


def _as_text(
    typed: pa.RecordBatch, names: tuple[str, ...], days: set[str], done: int, notes: Notes
) -> pa.RecordBatch:
    columns = [_text(name, column, name in days, notes) for name, column in _flat(typed)]
    numbers = np.arange(done + 1, done + typed.num_rows + 1)
    long = np.zeros(typed.num_rows, bool)
    blank = np.ones(typed.num_rows, bool)
    for column in columns:
        if column.nbytes > CELL:
            long |= pc.fill_null(pc.greater(pc.utf8_length(column), CELL), False).to_numpy(
                zero_copy_only=False
            )
        if blank.any():
            blank &= column.is_null().to_numpy(zero_copy_only=False) if column.null_count else False
    rows = pa.RecordBatch.from_arrays([*columns, pa.array(numbers, pa.int64())], names=[*names, "_row"])
    for kind, wrong in (("blank_row", blank), ("long_cell", long)):
        for number in numbers[wrong]:
            notes.refuse(kind, int(number))
    wrong = blank | long
    return rows.filter(pa.array(~wrong)) if wrong.any() else rows


def _text(name: str, column: pa.Array, days: bool, notes: Notes) -> pa.Array:
    kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        raise UnreadableSource(
            f"column {name!r} holds bytes, which are not text in any encoding that is declared",
            where=notes.where,
            remedies=["export that column as text", "leave it out of the export"],
        )
    if pa.types.is_nested(kind):
        return pa.array([text_of(_plain(one)) for one in column.to_pylist()], pa.string())
    return text_column(column, dates_only=days)


def _plain(value: object) -> object:
    """A nested value in what JSON can hold."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _flat(batch: pa.RecordBatch) -> list[tuple[str, pa.Array]]:
    """The columns, those of structs under dotted names."""
    flat: list[tuple[str, pa.Array]] = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_struct(column.type):
            inner = pa.RecordBatch.from_arrays(column.flatten(), names=[field.name for field in column.type])
            flat += [(f"{name}.{part}", values) for part, values in _flat(inner)]
        else:
            flat.append((name, column))
    return flat


def _is_days(file: pq.ParquetFile, name: str) -> bool:
    """Whether every date-time of the column is a midnight: then it means days, not moments."""
    for batch in file.iter_batches(batch_size=ROWS, columns=[name]):
        values = dict(_flat(batch)).get(name)
        if values is None:
            return False
        if not pc.all(pc.equal(pc.floor_temporal(values, unit="day"), values)).as_py():
            return False
    return True


def _halves(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch in parts that stay small when its dictionaries are written out."""
    most = sum(
        pc.max(pc.binary_length(column.dictionary)).as_py() or 0
        for column in batch.columns
        if pa.types.is_dictionary(column.type) and len(column.dictionary)
    )
    size = max(1, min(batch.num_rows, BATCH_BYTES // max(most, 1)))
    for start in range(0, batch.num_rows, size):
        yield batch.slice(start, size)


def _no_bomb(metadata: pq.FileMetaData, notes: Notes) -> None:
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        stored = sum(group.column(index).total_compressed_size for index in range(group.num_columns))
        if group.total_byte_size > max(GROUP_BYTES, RATIO * stored):
            raise UnreadableSource(
                f"its row group {number} unpacks to more than {RATIO} times what is stored",
                where=notes.where,
                remedies=["ask where the file comes from", "export it again, or as CSV"],
            )


parquet = SourceFormat(
    key="parquet", title="Parquet", endings=(".parquet", ".pq"), signatures=(b"PAR1",), read=read
)
