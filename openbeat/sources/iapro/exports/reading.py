"""The rows of exported files: filled cells by column, with the number of every row."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from openbeat.errors import UnreadableSource
from openbeat.sources.formats import format_of, wrapping_of
from openbeat.sources.notes import ROWS_SHOWN, Notes
from openbeat.sources.shape import Shape
from openbeat.stages import Problem

Cells = Mapping[str, str]  # column in small letters -> what stands there; nothing where it is missing


class EveryRow(Notes):
    """Notes that keep the number of every row, because a quarantine names them all."""

    def show(self, kind: str, row: int) -> None:
        """Keep the row's number."""
        self.rows.setdefault(kind, []).append(row)

    def problems(self) -> tuple[Problem, ...]:
        """Everything counted, with the first row numbers of each kind."""
        return tuple(
            Problem(where=one.where, kind=one.kind, count=one.count, rows=one.rows[:ROWS_SHOWN])
            for one in super().problems()
        )


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One file's rows that could be read, and how many there are in it."""

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[int, Cells]] = field(default_factory=list)
    notes: EveryRow
    read: int


def read_sheets(files: Sequence[Path], missing: Collection[str]) -> tuple[Sheet, ...]:
    """The rows of all files, and of the files in archives. A cell of white space, or of a word in `missing`,
    is missing. No copy of a row is written to disk; a compressed file is unpacked into a private folder.

    Refused, besides what the readers refuse: shifted_columns, rows of more cells than columns (the last ones
    empty) where most rows have no more. A file with the bytes of an earlier one has no rows, noted as
    same_file. Raises UnreadableSource.
    """
    seen: set[bytes] = set()
    sheets = []
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(files):
            for name, file in _opened(path, Path(folder) / str(number)):
                with file.open("rb") as opened:
                    digest = hashlib.file_digest(opened, "sha256").digest()
                sheets.append(_read(file, name, frozenset(missing), again=digest in seen))
                seen.add(digest)
    return tuple(sheets)


def _opened(path: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    if not path.is_file():
        raise UnreadableSource(
            "there is no such file", where=path.name, remedies=["correct its name", "put it there"]
        )
    wrapping = wrapping_of(path.name)
    if wrapping is None:
        yield path.name, path
        return
    folder.mkdir(mode=0o700)
    yield from wrapping.open(path, path.name, Shape(), folder)


def _read(file: Path, name: str, missing: frozenset[str], *, again: bool) -> Sheet:
    notes = EveryRow(where=name)
    columns: dict[str, None] = {}
    rows: list[tuple[int, Cells]] = []
    for batch in format_of(file, name).read(file, Shape(), notes):
        columns.update(dict.fromkeys(one for one in batch.schema.names if one != "_row"))
        rows += _cells(batch, missing)
    read = len(rows) + notes.refused.total()
    if again:
        notes = EveryRow(where=name)
        notes.note("same_file", count=read)
        return Sheet(name=name, columns=tuple(columns), notes=notes, read=read)
    longer = set(notes.rows.get("extra_empty_cells", ()))
    if len(longer) * 2 < len(rows):  # else every row ends with a delimiter, which says nothing
        for row in sorted(longer):
            notes.refuse("shifted_columns", row)
        rows = [row for row in rows if row[0] not in longer]
    return Sheet(name=name, columns=tuple(columns), rows=rows, notes=notes, read=read)


def _cells(batch: pa.RecordBatch, missing: frozenset[str]) -> list[tuple[int, Cells]]:
    numbers: list[int] = batch.column("_row").to_pylist()
    cells: list[dict[str, str]] = [{} for _ in numbers]
    for column in batch.schema.names:
        if column != "_row":
            name = column.casefold()
            for row, text in zip(cells, batch.column(column).to_pylist(), strict=True):
                if text is not None and (short := text.strip()) and short not in missing:
                    row[name] = text
    return list(zip(numbers, cells, strict=True))
