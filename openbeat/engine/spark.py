"""A Spark cluster, reached by Spark Connect at the address in SPARK_REMOTE, for what outgrows one machine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from openbeat.engine.duck import DuckEngine
from openbeat.errors import WrongSettings

REMOTE = "SPARK_REMOTE"
EXAMPLE = f"export {REMOTE}=sc://127.0.0.1:15002"
TRIES_TO_CONNECT = 5  # some 20 seconds; Spark's own 15 take a quarter of an hour
WILD = re.compile(r"[*?\[\]{}\\%#]")  # what Spark or its readers take for a pattern, not for a name


class SparkEngine:
    """An `Engine` over a cluster.

    The server, its workers and this process must see `scratch` and the files to be read under the same paths,
    and be let in: a shared file system, and one user.

    Raises WrongSettings where SPARK_REMOTE, the server or the Python package is missing.
    """

    name = "spark"

    def __init__(self, *, scratch: Path, memory: str = "4GB") -> None:
        self.scratch, self.memory = scratch, memory
        self.session = _session()
        # An agency may have the columns "Race" and "RACE"; Spark takes them for one unless told.
        self.session.conf.set("spark.sql.caseSensitive", "true")
        self.connection = ibis.pyspark.connect(self.session)
        self.numbers = count()

    def read(self, parquet: Path) -> ir.Table:
        if WILD.search(str(parquet)):
            raise WrongSettings(
                "Spark takes * ? [ ] { } \\ % # in a path for a pattern",
                where=str(parquet),
                remedies=["give the workspace and the files other names", 'write engine = "duckdb"'],
            )
        address, name = f"file://{parquet.resolve()}", f"staged_{next(self.numbers)}"
        try:
            return self.connection.read_parquet(address, table_name=name)
        except self.unreadable as error:
            raise _unshared(parquet) from error

    def lookup(self, rows: pa.Table) -> ir.Table:
        path = self.scratch / f"lookup_{next(self.numbers)}.parquet"
        pq.write_table(rows, path)
        return self.read(path)

    def stage(self, rows: ir.Table) -> ir.Table:
        return self.read(self._written(rows)).cast(rows.schema())

    def fetch(self, rows: ir.Table) -> pa.Table:
        return self._spark(rows).toArrow().cast(rows.schema().to_pyarrow())

    def batches(self, rows: ir.Table, order: Sequence[str]) -> Iterator[pa.RecordBatch]:
        # Not sorted by Spark: its driver would hold all the rows (spark.driver.maxResultSize), and files that it
        # writes are in no order that every server keeps. DuckDB sorts on disk, and exactly as on a laptop.
        written = self._written(rows)
        with closing(DuckEngine(scratch=self.scratch, memory=self.memory)) as here:
            yield from here.batches(here.read(written / "*.parquet").cast(rows.schema()), order)

    def close(self) -> None:
        self.session.stop()

    def _spark(self, rows: ir.Table) -> Any:
        return self.session.sql(self.connection.compile(rows))

    def _written(self, rows: ir.Table) -> Path:
        """The folder in scratch that the cluster has written the rows into, as several files."""
        folder = self.scratch / f"staged_{next(self.numbers)}"
        self._spark(rows).write.parquet(f"file://{folder.resolve()}")
        if not any(folder.glob("*.parquet")):
            self._write_none(rows, folder)
        return folder

    def _write_none(self, rows: ir.Table, folder: Path) -> None:
        """The one file of no rows: Sail writes none; where there are rows, they went to another file system."""
        if self.fetch(rows.count().as_table()).column(0)[0].as_py():
            raise _unshared(folder)
        folder.mkdir(exist_ok=True)
        pq.write_table(rows.schema().to_pyarrow().empty_table(), folder / "none.parquet")


def _session() -> Any:
    """A session of our own with the server: closing it closes nobody else's."""
    address = os.environ.get(REMOTE)
    if not address:
        raise WrongSettings(
            f"the engine is spark, but {REMOTE} does not name a Spark Connect server",
            where="environment",
            remedies=[EXAMPLE, 'write engine = "duckdb" in openbeat.toml'],
        )
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
        from pyspark.sql.connect.client.retries import DefaultPolicy
    except ImportError as error:
        raise WrongSettings(
            f"the engine is spark, but its Python package cannot be used: {error}",
            where="environment",
            remedies=["pip install 'openbeat[spark]'", 'write engine = "duckdb" in openbeat.toml'],
        ) from error
    try:
        session: Any = SparkSession.builder.remote(address).create()
        session.client.set_retry_policies([DefaultPolicy(max_retries=TRIES_TO_CONNECT)])
        session.conf.set("spark.sql.session.timeZone", "UTC")
        session.client.set_retry_policies([DefaultPolicy()])
    except PySparkException as error:
        raise WrongSettings(
            "no Spark Connect server answers at this address",
            where=f"{REMOTE}={address}",
            remedies=["start the server", EXAMPLE, 'write engine = "duckdb" in openbeat.toml'],
        ) from error
    return session
