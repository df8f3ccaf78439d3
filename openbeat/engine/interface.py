"""The little that openbeat asks of an engine: the same expressions run on a laptop and on a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import ibis.expr.types as ir
import pyarrow as pa

from openbeat.errors import WrongSettings

BATCH_ROWS = 131_072
ARROW_TYPES: Mapping[str, pa.DataType] = {  # of values stored as a standard's fields say
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


class Engine(Protocol):
    """Something that runs Ibis expressions. It lives as long as one piece of work."""

    name: str

    def read(self, parquet: Path) -> ir.Table:
        """The rows of a Parquet file."""
        ...

    def lookup(self, rows: pa.Table) -> ir.Table:
        """Rows made in Python, for joining."""
        ...

    def stage(self, rows: ir.Table) -> ir.Table:
        """The same rows, computed once and kept until the engine closes."""
        ...

    def fetch(self, rows: ir.Table) -> pa.Table:
        """All the rows, in memory: for small answers."""
        ...

    def batches(self, rows: ir.Table, order: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows in a total order, nothing last, streamed."""
        ...

    def close(self) -> None:
        """Gives everything back."""
        ...


def open_engine(name: str, *, scratch: Path, memory: str = "4GB") -> Engine:
    """The engine called `name`: "duckdb", or "spark" with SPARK_REMOTE naming a Spark Connect server."""
    if name == "duckdb":
        from openbeat.engine.duck import DuckEngine

        return DuckEngine(scratch=scratch, memory=memory)
    if name == "spark":
        from openbeat.engine.spark import SparkEngine

        return SparkEngine(scratch=scratch, memory=memory)
    raise WrongSettings(
        f"there is no engine {name!r}", where="openbeat.toml", remedies=["write duckdb", "write spark"]
    )
