"""One JSON object to a line (github.com/ndjson/ndjson-spec), its keys in the order of the columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openbeat.release.formats.row_format import BATCH, RowFormat, appearing_whole


def write(parquet: Path, table: Mapping[str, Any], out: Path) -> None:
    """The rows as lines of JSON: numbers and yes-or-no as such, days as YYYY-MM-DD, what is missing as null.

    JSON has no word for a number that is none (NaN) or has no end; those are null as well.
    """
    names = [column["name"] for column in table["columns"]]
    with pq.ParquetFile(parquet) as rows, appearing_whole(out) as draft, draft.open("wb") as file:
        for batch in rows.iter_batches(batch_size=BATCH, columns=names):
            file.write("".join(_lines(batch.select(names)).to_pylist()).encode())


def _lines(batch: pa.RecordBatch) -> pa.Array:
    parts: list[object] = []
    for number, (name, column) in enumerate(zip(batch.schema.names, batch.columns, strict=True)):
        parts += ["," if number else "{", f"{_quoted(name)}:", _written(column)]
    return pc.binary_join_element_wise(*parts, "}\n", "")


def _written(column: pa.Array) -> pa.Array:
    """Each cell as JSON writes it."""
    if pa.types.is_string(column.type):
        found = column.dictionary_encode()
        texts = pa.array([_quoted(text) for text in found.dictionary.to_pylist()], pa.string())
        column = texts.take(found.indices)
    elif pa.types.is_date(column.type):
        column = pc.binary_join_element_wise('"', column.cast(pa.string()), '"', "")
    elif pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_finite(column), column, None).cast(pa.string())
    else:
        column = column.cast(pa.string())
    return column.fill_null("null")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


ndjson = RowFormat(
    key="ndjson", ending="ndjson", media_type="application/x-ndjson", suits=lambda table: True, write=write
)
