"""Workbooks: old and new Excel, binary Excel, OpenDocument; read by calamine in a confined process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from openbeat.errors import UnreadableSource
from openbeat.sources.confined import confined
from openbeat.sources.formats import SourceFormat
from openbeat.sources.notes import Notes
from openbeat.sources.scalars import text_of
from openbeat.sources.shape import Shape
from openbeat.sources.tidy import Record, tabulate


def read(path: Path, shape: Shape, notes: Notes) -> Iterator[pa.RecordBatch]:
    """Rows of one sheet. Numbers, dates and truth as `scalars` writes them; a date of a column in which some
    cell has a time of day keeps its midnight. Refused besides what `tabulate` refuses: long_cell, long_line.
    An error cell (#N/A) is null: the parser does not tell it from an empty one.
    """
    rows = confined("workbook", path, shape.sheet or "", notes)
    _must_be_one(next(rows), shape, notes)
    yield from tabulate(_records(rows), shape, notes)


def _records(rows: Iterator[object]) -> Iterator[Record]:
    for row in rows:
        yield [text_of(cell) or "" for cell in row] if isinstance(row, list) else str(row)


def _must_be_one(found: object, shape: Shape, notes: Notes) -> None:
    error = found.get("error") if isinstance(found, dict) else None
    if error is None:
        return
    if error == "password":
        raise UnreadableSource(
            "it is locked with a password", where=notes.where, remedies=["save it without the password"]
        )
    names = ", ".join(repr(name) for name in found["names"]) if isinstance(found, dict) else ""
    raise UnreadableSource(
        f"it has no sheet {shape.sheet!r}; it has {names}"
        if error == "sheet"
        else f"more than one of its sheets hold something: {names}",
        where=notes.where,
        remedies=["set `sheet` in agency.toml to one of them", "keep the records in a workbook of their own"],
    )


OLD, ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
excel = SourceFormat(
    key="excel",
    title="a workbook",
    endings=(".xls", ".xlsx", ".xlsm", ".xlsb", ".ods"),
    signatures=(OLD, ZIP),
    read=read,
)
