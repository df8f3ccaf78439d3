"""A2, A3, A5 and A6: the files of a release, read back as strictly as anybody may read them."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from openbeat.checks.check import Check, Subject, finding
from openbeat.checks.spoken import spoken_in
from openbeat.stages import Finding

SPOKEN = spoken_in(__file__)
OPEN_FORMATS = {"csv", "json", "geojson", "ndjson", "parquet", "xml"}
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
BLOCK = 8 << 20


def _closed(subject: Subject) -> Iterator[Finding]:
    for name, table in subject.published_tables.items():
        if not {*table["files"]} & OPEN_FORMATS:
            yield finding("A2", "B", SPOKEN["A2"].says["closed"], count=1, among=1, table=name)


def _short(subject: Subject) -> Iterator[Finding]:
    says = SPOKEN["A3"].says
    for name, table in subject.published_tables.items():
        file = subject.files.get(f"{name}.parquet")
        if file is None:
            yield finding("A3", "B", says["absent"], count=1, among=1, table=name)
            continue
        off = abs(pq.read_metadata(file).num_rows - table["rows"])
        yield finding("A3", "B", says["short"], count=off, among=table["rows"], table=name)


def _sloppy(subject: Subject) -> Iterator[Finding]:
    says = SPOKEN["A5"].says
    for name, table in subject.published_tables.items():
        file, shown = subject.files.get(f"{name}.csv"), f"{name}.csv"
        if file is None:
            continue
        with file.open("rb") as start:
            if start.read(3) == codecs.BOM_UTF8:
                yield finding("A5", "B", says["mark"], count=1, among=1, table=name, file=shown)
        columns = [column["name"] for column in table["columns"]]
        try:
            header, rows = _read_strictly(file, columns)
        except pa.ArrowInvalid:
            yield finding("A5", "B", says["broken"], count=1, among=1, table=name, file=shown)
            continue
        if header != columns:
            yield finding("A5", "B", says["header"], count=1, among=1, table=name, file=shown)
        off = abs(rows - table["rows"])
        yield finding("A5", "B", says["rows"], count=off, among=table["rows"], table=name, file=shown)


def _read_strictly(file: Path, columns: list[str]) -> tuple[list[str], int]:
    """The header and the number of rows; raises ArrowInvalid at a cell too many or a letter that is none."""
    reader = pacsv.open_csv(
        file,
        read_options=pacsv.ReadOptions(block_size=BLOCK),
        parse_options=pacsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=len(columns) > 1),
        convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string())),
    )
    return [*reader.schema.names], sum(batch.num_rows for batch in reader)


def _unstable(subject: Subject) -> Iterator[Finding]:
    says, before = SPOKEN["A6"].says, subject.previous["tables"] if subject.previous else {}
    for name, table in subject.published_tables.items():
        columns = [column["name"] for column in table["columns"]]
        times = Counter(columns)
        wrong = sorted(one for one in times if times[one] > 1 or not NAME.fullmatch(one))
        told = ", ".join(wrong)
        yield finding("A6", "W", says["name"], count=len(wrong), among=len(columns), table=name, names=told)
        old = [column["name"] for column in before.get(name, {"columns": []})["columns"]]
        gone = [one for one in old if one not in times]
        told = ", ".join(gone)
        yield finding("A6", "W", says["gone"], count=len(gone), among=len(old), table=name, names=told)


CHECKS = (
    Check(key="A2", level="B", phases=("record",), words=SPOKEN["A2"], find=_closed),
    Check(key="A3", level="B", phases=("record",), words=SPOKEN["A3"], find=_short),
    Check(key="A5", level="B", phases=("record",), words=SPOKEN["A5"], find=_sloppy),
    Check(key="A6", level="W", phases=("record",), words=SPOKEN["A6"], find=_unstable),
)
