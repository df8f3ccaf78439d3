"""Batches whose columns drift into one Parquet file, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from queue import Full, Queue
from threading import Event, Thread

import pyarrow as pa
import pyarrow.parquet as pq

ROWS, BYTES = 131_072, 1 << 26  # of a row group, whichever comes first
NUMBERS = {"_file": pa.int32(), "_row": pa.int64(), "_part": pa.int16()}
WAITING = 2  # batches read ahead while one is written


class Spool:
    """A Parquet file in the making. A batch with new columns starts a new part; `finish` makes them one."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.columns: list[str] = []
        self.rows = 0
        self.unfilled: set[str] = set()  # columns to leave out unless a row turns up that fills them
        self._parts: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._filled: set[str] = set()

    def add(self, batch: pa.RecordBatch) -> None:
        """Take a batch of text columns, `_file`, `_row` and `_part`."""
        known = {*self.columns, *NUMBERS}
        if new := [name for name in batch.schema.names if name not in known]:
            self._flush()
            self._close()
            self.columns += new
        for name in self.unfilled.intersection(batch.schema.names) - self._filled:
            if batch.column(name).null_count < batch.num_rows:
                self._filled.add(name)
        self.rows += batch.num_rows
        self._waiting.append(batch)
        if (
            sum(one.num_rows for one in self._waiting) >= ROWS
            or sum(one.nbytes for one in self._waiting) >= BYTES
        ):
            self._flush()

    def finish(self, into: Path) -> tuple[str, ...]:
        """Write all that was added into the file; returns its text columns, in the order they turned up."""
        self._flush()
        self._close()
        dropped = self.unfilled - self._filled
        columns = [name for name in self.columns if name not in dropped]
        if len(self._parts) == 1 and not dropped:
            self._parts[0].replace(into)
            return tuple(columns)
        with _writer(into, columns) as writer:
            for part in self._parts:
                with pq.ParquetFile(part) as file:
                    for group in range(file.num_row_groups):
                        writer.write_table(_conform(file.read_row_group(group), columns))
        return tuple(columns)

    def _flush(self) -> None:
        if not self._waiting:
            return
        if self._writer is None:
            self._parts.append(self.scratch / f"part{len(self._parts)}.parquet")
            self._writer = _writer(self._parts[-1], self.columns)
        tables = [_conform(pa.Table.from_batches([batch]), self.columns) for batch in self._waiting]
        self._writer.write_table(pa.concat_tables(tables))
        self._waiting.clear()

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches, read by another thread while the last one is being written."""
    queue: Queue[pa.RecordBatch | BaseException | None] = Queue(WAITING)
    stop = Event()

    def put(item: pa.RecordBatch | BaseException | None) -> bool:
        while not stop.is_set():
            try:
                queue.put(item, timeout=0.1)
            except Full:
                continue
            return True
        return False

    def run() -> None:
        try:
            for batch in batches:
                if not put(batch):
                    return
            put(None)
        except BaseException as error:  # raised again by the thread that asked for the batches
            put(error)

    reader = Thread(target=run, name="reading", daemon=True)
    reader.start()
    try:
        while (item := queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        reader.join()


def _writer(path: Path, columns: list[str]) -> pq.ParquetWriter:
    fields = [*((name, pa.string()) for name in columns), *NUMBERS.items()]
    return pq.ParquetWriter(
        path,
        pa.schema(fields),
        compression="lz4",
        write_statistics=False,
        write_batch_size=16_384,
        store_schema=False,
    )


def _conform(table: pa.Table, columns: list[str]) -> pa.Table:
    """The table with these columns; those that it lacks are null."""
    here = set(table.schema.names)
    cells = [
        table.column(name) if name in here else pa.nulls(table.num_rows, pa.string()) for name in columns
    ]
    return pa.table([*cells, *(table.column(name) for name in NUMBERS)], names=[*columns, *NUMBERS])
