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
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.backends.sql.dialects import PySpark

from openbeat.engine.duck import DuckEngine
from openbeat.errors import WrongSettings

REMOTE = "SPARK_REMOTE"
EXAMPLE = f"export {REMOTE}=sc://127.0.0.1:15002"
STAY = 'write engine = "duckdb" in openbeat.toml'
TRIES_TO_CONNECT = 4  # some 5 seconds; Spark's own 15 take many minutes
WILD = re.compile(r"[*?\[\]{}\\%#]")  # what Spark's readers take for a pattern or an escape

UNKNOWN_TO_SPARK = "\a\f\v"


class PlainPySpark(PySpark):  # type: ignore[misc]
    """Ibis' Spark SQL, with no escapes that Spark does not know.

    Ibis writes a vertical tab as \\v, which Spark reads as the letter v: strip() would eat letters.
    """


PlainPySpark.ESCAPED_SEQUENCES = {
    sign: escape for sign, escape in PySpark.ESCAPED_SEQUENCES.items() if sign not in UNKNOWN_TO_SPARK
}


class PlainCompiler(PySparkCompiler):  # type: ignore[misc]
    """Ibis' compiler, writing that SQL."""

    __slots__ = ()
    dialect = PlainPySpark


class SparkEngine:
    """An `Engine` over a cluster.

    The server, its workers and this process must see `scratch` and the files to be read under the same paths
    and as the same user: a shared file system.

    Raises WrongSettings where SPARK_REMOTE, the server, the Python package or the shared files are missing.
    """

    name = "spark"

    def __init__(self, *, scratch: Path, memory: str = "4GB") -> None:
        self.scratch, self.memory = scratch, memory
        self.session, self.connection = _connected()
        self.connection.compiler = PlainCompiler()
        self.numbers = count()

    def read(self, parquet: Path) -> ir.Table:
        from pyspark.errors import PySparkException

        try:
            rows = self.connection.read_parquet(_address(parquet), table_name=f"staged_{next(self.numbers)}")
        except PySparkException as error:
            raise _unshared(parquet) from error
        if not rows.columns:  # how Sail says that it found no file
            raise _unshared(parquet)
        return rows

    def lookup(self, rows: pa.Table) -> ir.Table:
        path = self.scratch / f"lookup_{next(self.numbers)}.parquet"
        pq.write_table(rows, path)
        return self.read(path)

    def stage(self, rows: ir.Table) -> ir.Table:
        return self.read(self._written(rows)).cast(rows.schema())

    def fetch(self, rows: ir.Table) -> pa.Table:
        return self._spark(rows).toArrow().cast(rows.schema().to_pyarrow())

    def batches(self, rows: ir.Table, order: Sequence[str]) -> Iterator[pa.RecordBatch]:
        # Not sorted by Spark: all that it sends goes through its driver (spark.driver.maxResultSize), and the
        # files it writes are in no order that every server keeps. DuckDB sorts them on disk, as on a laptop.
        written = self._written(rows)
        with closing(DuckEngine(scratch=self.scratch, memory=self.memory)) as here:
            yield from here.batches(here.read(written / "*.parquet").cast(rows.schema()), order)

    def close(self) -> None:
        self.session.stop()

    def _spark(self, rows: ir.Table) -> Any:
        return self.session.sql(self.connection.compile(rows))

    def _written(self, rows: ir.Table) -> Path:
        """The folder in scratch that the cluster has written the rows into, in one file or several."""
        folder = self.scratch / f"staged_{next(self.numbers)}"
        self._spark(rows).write.parquet(_address(folder))
        if not any(folder.glob("*.parquet")):
            # Sail writes no file where there is no row. Where there are rows, they went somewhere else.
            if self.fetch(rows.limit(1)).num_rows:
                raise _unshared(folder)
            folder.mkdir(exist_ok=True)
            pq.write_table(rows.schema().to_pyarrow().empty_table(), folder / "none.parquet")
        return folder


def _connected() -> tuple[Any, Any]:
    """A session of our own with the server, which closes nobody else's, and Ibis over it."""
    address = os.environ.get(REMOTE)
    if not address:
        raise WrongSettings(
            f"the engine is spark, but {REMOTE} does not name a Spark Connect server",
            where="environment",
            remedies=[EXAMPLE, STAY],
        )
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
        from pyspark.sql.connect.client.retries import DefaultPolicy
    except ImportError as error:
        raise WrongSettings(
            f"the engine is spark, but its Python package cannot be used: {error}",
            where="environment",
            remedies=["pip install 'openbeat[spark]'", STAY],
        ) from error
    try:
        session: Any = SparkSession.builder.remote(address).create()
        session.client.set_retry_policies([DefaultPolicy(max_retries=TRIES_TO_CONNECT)])
        connection = ibis.pyspark.connect(session)
        session.client.set_retry_policies([DefaultPolicy()])
    except PySparkException as error:
        raise WrongSettings(
            "no Spark Connect server answers here",
            where=f"{REMOTE}={address.split(';')[0]}",  # what follows may hold a token
            remedies=["start the server", EXAMPLE, STAY],
        ) from error
    return session, connection


def _address(path: Path) -> str:
    if WILD.search(str(path.resolve())):
        raise WrongSettings(
            "Spark takes * ? [ ] { } \\ % # in a path for a pattern",
            where=str(path),
            remedies=["move the workspace to a path without them", STAY],
        )
    return f"file://{path.resolve()}"


def _unshared(path: Path) -> WrongSettings:
    return WrongSettings(
        "Spark cannot use this path, or sees other files there than this process does",
        where=str(path),
        remedies=["put the workspace on a file system that the server and its workers share", STAY],
    )
