"""Writes a table's rows: one pinned Parquet writer and one CSV writer, in one pass over rows in total order.

The same logical rows give the same bytes whichever engine computed them, and the same `rows_sha256` whichever
version of the Parquet library wrote them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

ROW_GROUP = 131_072
FORMULA = r"^[=+\-@\t\r\n]"  # what makes a spreadsheet compute a cell instead of showing it


@dataclass(frozen=True, kw_only=True)
class WrittenTable:
    """What was written: how many rows, their hash, and how many cells of each column are empty."""

    rows: int
    rows_sha256: str
    missing: dict[str, int]


def write_table(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, *, csv: Path, parquet: Path | None = None
) -> WrittenTable:
    """The rows as CSV and as Parquet. They come in their total order; how they are cut does not matter."""
    digest, rows = _RowsDigest(schema), 0
    missing = dict.fromkeys(schema.names, 0)
    with (
        _parquet_writer(parquet, schema) as columns,
        csv.open("wb") as file,
        pacsv.CSVWriter(
            file, _shown(schema), write_options=pacsv.WriteOptions(quoting_style="needed")
        ) as lines,
        ThreadPoolExecutor(2) as hands,
    ):
        for group in _groups(batches, schema):
            rows += group.num_rows
            for name in missing:
                missing[name] += group.column(name).null_count
            waits = [hands.submit(lines.write_table, spreadsheet_safe(group))]
            if columns:
                waits.append(hands.submit(columns.write_table, group, row_group_size=ROW_GROUP))
            digest.update(group)
            for wait in waits:
                wait.result()
    return WrittenTable(rows=rows, rows_sha256=digest.hexdigest(), missing=missing)


def _parquet_writer(path: Path | None, schema: pa.Schema) -> AbstractContextManager[pq.ParquetWriter | None]:
    if path is None:
        return nullcontext()
    writer: AbstractContextManager[pq.ParquetWriter] = pq.ParquetWriter(
        path,
        schema,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=3,
        store_schema=False,
    )
    return writer


def spreadsheet_safe(table: pa.Table) -> pa.Table:
    """The same cells, an apostrophe before any text that a spreadsheet would take for a formula."""
    columns = []
    for column in table.columns:
        if pa.types.is_string(column.type):
            risky = pc.match_substring_regex(column, FORMULA)
            if pc.any(risky).as_py():
                column = pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)
        columns.append(column)
    return pa.table(columns, names=table.column_names)


def _shown(schema: pa.Schema) -> pa.Schema:
    return schema.remove_metadata()


def _groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows cut anew into groups of `ROW_GROUP`, each column in one piece."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        rest = batch
        while count + rest.num_rows >= ROW_GROUP:
            take = ROW_GROUP - count
            yield _whole([*held, rest.slice(0, take)], schema)
            held, count, rest = [], 0, rest.slice(take)
        if rest.num_rows:
            held.append(rest)
            count += rest.num_rows
    if held:
        yield _whole(held, schema)


def _whole(pieces: Sequence[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_batches(pieces).cast(schema).combine_chunks()


def _letters(filled: pa.StringArray) -> memoryview:
    """All letters of a text column, one after the other, without copying them."""
    _, places, letters = filled.buffers()
    ends = memoryview(places).cast("i")[filled.offset : filled.offset + len(filled) + 1]
    return memoryview(letters or b"")[ends[0] : ends[-1]]


class _RowsDigest:
    """A hash of values and gaps, column by column, that knows nothing of files or buffers."""

    def __init__(self, schema: pa.Schema) -> None:
        described = "\x1e".join(f"{field.name}\x1f{field.type}" for field in schema)
        self.columns = [hashlib.sha256(f"openbeat rows 1\x1e{described}".encode()) for _ in schema]

    def update(self, group: pa.Table) -> None:
        for digest, column in zip(self.columns, group.columns, strict=True):
            array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
            digest.update(len(array).to_bytes(8, "little"))  # or text could pass for the marks of more rows
            digest.update(array.is_valid().to_numpy(zero_copy_only=False).tobytes())
            if pa.types.is_string(array.type):
                filled = array.fill_null("")
                digest.update(pc.binary_length(filled).to_numpy().tobytes())
                digest.update(_letters(filled))
            elif pa.types.is_boolean(array.type):
                digest.update(array.fill_null(False).to_numpy(zero_copy_only=False).tobytes())
            else:
                plain = array.cast(pa.int32()) if pa.types.is_date(array.type) else array
                digest.update(plain.fill_null(0).to_numpy().tobytes())

    def hexdigest(self) -> str:
        return hashlib.sha256(b"".join(digest.digest() for digest in self.columns)).hexdigest()
