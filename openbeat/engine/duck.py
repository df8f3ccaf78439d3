"""DuckDB inside the process: no server, nothing downloaded, nothing written outside its scratch folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from openbeat.engine.interface import BATCH_ROWS


class DuckEngine:
    """An `Engine` over an embedded DuckDB that is gone when it closes."""

    name = "duckdb"

    def __init__(self, *, scratch: Path, memory: str) -> None:
        self.connection = ibis.duckdb.connect(
            ":memory:",
            memory_limit=memory,
            temp_directory=str(scratch),
            autoinstall_known_extensions=False,
            autoload_known_extensions=False,
            preserve_insertion_order=False,
        )
        self.connection.raw_sql("SET enable_progress_bar = false")  # it would stand in the midst of --json
        self.names = (f"staged_{number}" for number in count())

    def read(self, parquet: Path) -> ir.Table:
        return self.connection.read_parquet(str(parquet), table_name=next(self.names))

    def lookup(self, rows: pa.Table) -> ir.Table:
        return self.stage(ibis.memtable(rows))

    def stage(self, rows: ir.Table) -> ir.Table:
        return self.connection.create_table(next(self.names), rows, temp=True)

    def fetch(self, rows: ir.Table) -> pa.Table:
        return self.connection.to_pyarrow(rows)

    def batches(self, rows: ir.Table, order: Sequence[str]) -> Iterator[pa.RecordBatch]:
        ordered = rows.order_by([rows[name].asc(nulls_first=False) for name in order])
        yield from self.connection.to_pyarrow_batches(ordered, chunk_size=BATCH_ROWS)

    def close(self) -> None:
        self.connection.disconnect()
