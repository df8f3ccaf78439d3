"""JSON: a list of records, one record in each line, or lists of records within a document."""

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
from openbeat.sources.tidy import CELLS, CHARACTERS, ROWS, batch, column_names, too_many_columns

LINES = (".ndjson", ".jsonl")


def read(path: Path, shape: Shape, notes: Notes) -> Iterator[pa.RecordBatch]:
    """Records of a JSON document. Objects within become columns with dotted names, lists of plain values one
    text with ";" between, other lists JSON. A record that is a list takes its names from `shape.columns`.

    Refused: not_a_record, blank_row, long_cell, long_line. Raises UnreadableSource where nothing stands at
    `shape.records`.
    """
    rows = confined("document", path, _place(shape, notes), notes)
    first = next(rows)
    if isinstance(first, dict) and first.get("error"):
        lists = ", ".join(repr(_spelled(name)) for name in first["names"])
        raise UnreadableSource(
            f"there is no list of records at {shape.records or '[]'!r}; there are {lists or 'none at all'}",
            where=notes.where,
            remedies=["set `records` in agency.toml to the place of the list that holds the records"],
        )
    yield from _batches(rows, shape, notes)


def _batches(rows: Iterator[object], shape: Shape, notes: Notes) -> Iterator[pa.RecordBatch]:
    keys: dict[str, None] = dict.fromkeys(shape.columns)
    kept: list[dict[str, str | None]] = []
    numbers: list[int] = []
    size = cells = 0
    for number, row in enumerate(rows, 1):
        if isinstance(row, list) and len(row) == len(shape.columns):
            row = dict(zip(shape.columns, row, strict=True))
        if not isinstance(row, dict):
            notes.refuse(row if row in ("long_cell", "long_line") else "not_a_record", number)
            continue
        record = {key: text_of(value) for key, value in row.items()}
        keys.update(dict.fromkeys(record))
        too_many_columns(len(keys), notes)
        if not any(value and not value.isspace() for value in record.values()):
            notes.refuse("blank_row", number)
            continue
        kept.append(record)
        numbers.append(number)
        size += sum(len(value) for value in record.values() if value)
        cells += len(record)
        if len(kept) == ROWS or max(cells, len(kept) * len(keys) // 4) >= CELLS or size >= CHARACTERS:
            yield _batch(keys, kept, numbers, notes)
            kept, numbers, size, cells = [], [], 0, 0
    yield _batch(keys, kept, numbers, notes)
    column_names(list(keys), notes)


def _batch(
    keys: dict[str, None], kept: list[dict[str, str | None]], numbers: list[int], notes: Notes
) -> pa.RecordBatch:
    # Names hang on the names before them only, so that they stay the same while keys are added.
    quiet = Notes(where=notes.where)
    names = column_names(list(keys), quiet)
    notes.unnamed |= quiet.unnamed
    return batch(names, [[record.get(key) for record in kept] for key in keys], numbers, notes)


def _place(shape: Shape, notes: Notes) -> str:
    """`features[].attributes` as ijson writes it: `features.item.attributes`."""
    name = notes.where.lower()
    records = shape.records
    if records is None:
        records = "" if name.endswith(LINES) else "features[]" if name.endswith(".geojson") else "[]"
    return records.replace("[]", ".item").strip(".")


def _spelled(place: str) -> str:
    return ".".join(part for part in place.split(".")).replace(".item", "[]").replace("item", "[]", 1)


documents = SourceFormat(key="json", title="JSON", endings=(".json", ".geojson", *LINES), read=read)
