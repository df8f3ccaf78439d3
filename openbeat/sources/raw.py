"""Files, as an agency has them, into Raw: one Parquet file of text, and the account of what was read."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa

from openbeat.errors import UnreadableSource, WrongSettings
from openbeat.sources.formats import format_of, wrapping_of
from openbeat.sources.notes import Notes
from openbeat.sources.packed import unpacked
from openbeat.sources.shape import Shape
from openbeat.sources.spool import Spool, ahead
from openbeat.sources.sql import read_sql
from openbeat.stages import Raw, RawFile


@dataclass(kw_only=True)
class _Reading:
    """The account of one file while it is read."""

    name: str
    notes: Notes
    size: int = 0
    digest: Callable[[], str]
    columns: tuple[str, ...] = ()
    kept: int = 0

    def rows(self) -> int:
        return self.kept + self.notes.refused.total()


@dataclass(kw_only=True)
class _Account:
    """The account of everything that is read, and how each column was first spelled."""

    readings: list[_Reading] = field(default_factory=list)
    spelling: dict[str, str] = field(default_factory=dict)


def fetch(
    files: Sequence[Path],
    shape: Shape,
    *,
    into: Path,
    url: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Raw:
    """The rows of all files, or of the database at `url`, as somebody wrote them.

    into      the Parquet file to make: text columns (the union over the files, in the order they turn up;
              null where a file lacks one), `_file` (index into `files` of what is returned), `_row` (from 1
              in each file) and `_part` (1, more where cells were unpacked). It appears whole or not at all.
    url       an SQLAlchemy address; then `files` is empty, and `shape` has `query` or `table`
    progress  is told now and then how many rows were written

    `rows_read` = rows kept, before unpacking, + the sum of `refused`. Columns that differ by case only are
    one column, under the first file's spelling, noted as column_case.
    Raises UnreadableSource, WrongSettings.
    """
    if bool(files) == bool(url):
        raise WrongSettings(
            "there are no files" if not files else "both files and a database are named",
            where=into.name,
            remedies=["name files, or a database, in agency.toml"],
        )
    account = _Account()
    with tempfile.TemporaryDirectory(prefix=".raw-", dir=into.parent) as folder:
        scratch = Path(folder)
        spool = Spool(scratch)
        for batch in ahead(_batches(files, url, shape, scratch, account, spool)):
            spool.add(batch)
            if progress is not None:
                progress(spool.rows)
        _must_have(shape.unpack, spool.columns)
        made = scratch / "made.parquet"
        columns = spool.finish(made)
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.replace(into)
    readings = account.readings
    return Raw(
        parquet=into,
        files=tuple(
            RawFile(name=one.name, sha256=one.digest(), bytes=one.size, rows=one.rows(), columns=one.columns)
            for one in readings
        ),
        columns=columns,
        rows_read=sum(one.rows() for one in readings),
        rows_made=spool.rows,
        refused=dict(sum((one.notes.refused for one in readings), Counter())),
        problems=tuple(problem for one in readings for problem in one.notes.problems()),
    )


def _batches(
    files: Sequence[Path], url: str | None, shape: Shape, scratch: Path, account: _Account, spool: Spool
) -> Iterator[pa.RecordBatch]:
    for reading, batches in _sources(files, url, shape, scratch):
        number = pa.scalar(len(account.readings), pa.int32())
        account.readings.append(reading)
        seen: dict[str, None] = {}
        for batch in batches:
            seen.update(dict.fromkeys(batch.schema.names[:-1]))
            spool.unfilled |= reading.notes.unnamed
            batch = batch.rename_columns([_spelled(name, account, reading) for name in batch.schema.names])
            for part in unpacked(batch, shape, reading.notes):
                reading.kept += part.num_rows if not shape.unpack else _firsts(part)
                yield part.append_column("_file", pa.repeat(number, part.num_rows))
        reading.columns = tuple(seen)


def _sources(
    files: Sequence[Path], url: str | None, shape: Shape, scratch: Path
) -> Iterator[tuple[_Reading, Iterator[pa.RecordBatch]]]:
    if url is not None:
        notes, hashed = Notes(where=shape.table or "query"), hashlib.sha256()
        yield (
            _Reading(name=notes.where, notes=notes, digest=hashed.hexdigest),
            read_sql(url, shape, notes, hashed),
        )
    for number, path in enumerate(files):
        for name, file in _opened(path, shape, scratch / f"opened{number}"):
            notes = Notes(where=name)
            reading = _Reading(
                name=name, notes=notes, size=file.stat().st_size, digest=partial(str, _sha256(file))
            )
            yield reading, format_of(file, name).read(file, shape, notes)


def _opened(path: Path, shape: Shape, scratch: Path) -> Iterator[tuple[str, Path]]:
    """The file, or each file wrapped in it, which is gone when the next one is asked for."""
    if not path.is_file():
        raise UnreadableSource(
            "there is no such file",
            where=path.name,
            remedies=["correct its name in agency.toml", "put it there"],
        )
    wrapping = wrapping_of(path.name)
    if wrapping is None:
        yield path.name, path
        return
    scratch.mkdir()
    for name, file in wrapping.open(path, path.name, shape, scratch):
        yield name, file
        file.unlink()


def _spelled(name: str, account: _Account, reading: _Reading) -> str:
    first = account.spelling.setdefault(name.casefold(), name)
    if first != name and "column_case" not in reading.notes.odd:
        reading.notes.note("column_case")
    return first


def _firsts(batch: pa.RecordBatch) -> int:
    """How many source rows the batch came from."""
    return batch.column("_part").to_pylist().count(1)  # type: ignore[no-any-return]


def _must_have(wanted: tuple[str, ...], columns: list[str]) -> None:
    if missing := [name for name in wanted if name not in columns]:
        raise WrongSettings(
            f"`unpack` names {', '.join(map(repr, missing))}, which no file has; there are "
            f"{', '.join(map(repr, columns[:50]))}",
            where="agency.toml",
            remedies=["write the column's name as the file has it", "leave it out of `unpack`"],
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
