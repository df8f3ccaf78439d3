"""Delimited text: any encoding, any line end, ragged rows, quoted cells of several lines."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa

from openbeat.errors import UnreadableSource, WrongSettings
from openbeat.sources.encodings import encoding_of, opened
from openbeat.sources.formats import SourceFormat
from openbeat.sources.notes import Notes
from openbeat.sources.shape import Shape
from openbeat.sources.tidy import CELL, Record, tabulate

LINE = 4 * CELL  # characters; a longer line is refused as a whole
SAMPLE_LINES, SAMPLE_CHARACTERS = 200, 1 << 18
DELIMITERS = ",;\t|"
ENDS = ("\n", "\r")


def read(path: Path, shape: Shape, notes: Notes) -> Iterator[pa.RecordBatch]:
    """Rows of a delimited text file.

    Refused besides what `tabulate` refuses: long_cell (over 1 Mi characters), long_line (over 4 Mi).
    Noted besides: nul_characters (taken out), rows_in_a_cell (a quoted cell whose lines look like rows: a
    quote may be missing), and what `encoding_of` notes.
    Raises UnreadableSource where a quote is never closed.
    """
    # One limit for the whole process, which other libraries set too; as it comes, real narratives outgrow it.
    csv.field_size_limit(CELL)
    encoding = encoding_of(path, shape.encoding, notes)
    with opened(path, encoding) as text:
        options = _options(text, shape, notes)
    with opened(path, encoding) as text:
        yield from tabulate(_records(text, options, notes), shape, notes)


def _records(text: TextIO, options: dict[str, Any], notes: Notes) -> Iterator[Record]:
    lines = _Lines(text, notes)
    reader = csv.reader(lines, **options)
    delimiter, number, width = str(options["delimiter"]), 0, 0
    while True:
        number += 1
        before, cut = lines.given, lines.cut
        try:
            row = next(reader, None)
        except csv.Error:
            if lines.given > before + 1 or lines.ended:
                raise _open_quote(number, notes) from None
            yield "long_line" if lines.cut > cut else "long_cell"
            continue
        if row is None:
            return
        # The reader asks for a line after the last only when it is within a quoted cell.
        if lines.ended or (lines.given > before + 1 and lines.cut > cut):
            raise _open_quote(number, notes)
        if lines.cut > cut:
            yield "long_line"
            continue
        if lines.given > before + 1 and width > 2 and _rows_within(row, delimiter, width):
            notes.note("rows_in_a_cell", row=number)
        width = width or len(row)
        yield row


class _Lines:
    """The lines of a text, each with its own end and none longer than LINE; counts what it gave out."""

    def __init__(self, text: TextIO, notes: Notes) -> None:
        self.text, self.notes = text, notes
        self.given = self.cut = 0
        self.ended = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.text.readline(LINE)
        if not line:
            self.ended = True
            raise StopIteration
        self.given += 1
        if len(line) == LINE and not line.endswith(ENDS):
            more = self.text.readline(LINE)
            self.cut += bool(more)
            while more and not more.endswith(ENDS):
                more = self.text.readline(LINE)
        if "\0" in line:
            self.notes.note("nul_characters", count=line.count("\0"))
            line = line.replace("\0", "")
        return line


def _rows_within(row: list[str], delimiter: str, width: int) -> bool:
    return any(
        line.count(delimiter) >= width - 1
        for cell in row
        if "\n" in cell or "\r" in cell
        for line in cell.splitlines()[1:]
    )


def _open_quote(number: int, notes: Notes) -> UnreadableSource:
    return UnreadableSource(
        f"a quote opened in record {number} (counted from 1, the header included) is not closed; "
        "what follows it would be lost",
        where=notes.where,
        remedies=[
            "close or double that quote in the file, or export it again, if it was cut off",
            'set `quote = ""` in agency.toml, if quotes mean nothing in this file',
        ],
    )


def _options(text: TextIO, shape: Shape, notes: Notes) -> dict[str, Any]:
    for key, mark in (("delimiter", shape.delimiter), ("quote", shape.quote)):
        wrong = mark is not None and (len(mark) > 1 or mark in ("\n", "\r", "\0"))
        if wrong or (key == "delimiter" and mark == "") or (mark and mark == shape.delimiter == shape.quote):
            names = " ".join(unicodedata.name(one, "a control character") for one in mark or "")
            raise WrongSettings(
                f"`{key}` must be one character of its own, not {names or 'nothing'}",
                where=notes.where,
                remedies=[f"correct `{key}` in agency.toml", "leave it out, so that it is found out"],
            )
    quoting: dict[str, Any] = (
        {"quoting": csv.QUOTE_NONE} if shape.quote == "" else {"quotechar": shape.quote or '"'}
    )
    delimiter = shape.delimiter or _delimiter(text, shape, quoting)
    return {"delimiter": delimiter, **quoting}


def _delimiter(text: TextIO, shape: Shape, quoting: dict[str, Any]) -> str:
    """The delimiter that cuts most of the first rows into as many cells as the header has."""
    sample = text.read(SAMPLE_CHARACTERS).replace("\0", "")
    lines = list(islice(io.StringIO(sample, newline=""), SAMPLE_LINES))
    if len(lines) > 1 and not lines[-1].endswith(ENDS):
        lines.pop()
    scores = []
    for delimiter in DELIMITERS:
        if delimiter == quoting.get("quotechar"):
            continue
        try:
            rows = list(csv.reader(lines, delimiter=delimiter, **quoting))
        except csv.Error:
            continue
        rows = [row for row in rows[max((shape.header or 1) - 1, 0) :] if any(row)]
        width = len(shape.columns) if shape.header == 0 else len(rows[0]) if rows else 0
        even = sum(len(row) == width for row in rows)
        scores.append((width > 1 and even > 0, even / max(len(rows), 1), width, delimiter))
    fit = [score for score in scores if score[0]]
    return max(fit, key=lambda score: score[:3])[-1] if fit else ","


delimited = SourceFormat(
    key="delimited", title="delimited text", endings=(".csv", ".tsv", ".txt", ".psv", ".tab"), read=read
)
