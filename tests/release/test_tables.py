"""The same rows are the same bytes, and read back as what they were."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from openbeat.release import tables
from openbeat.release.tables import WrittenTable, spreadsheet_safe, write_table

SCHEMA = pa.schema(
    [("t", pa.string()), ("n", pa.int64()), ("x", pa.float64()), ("b", pa.bool_()), ("d", pa.date32())]
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
ROW: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "t": st.none()
        | TEXT
        | st.sampled_from(["", " ", '"', "a,b", "a\nb", "a\r\nb", "ñ", "=1", "-5", "\x00"]),
        "n": st.none() | st.integers(-(2**63), 2**63 - 1),
        "x": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "b": st.none() | st.booleans(),
        "d": st.none() | st.dates(date(1700, 1, 1), date(2200, 1, 1)),
    }
)
ROWS = st.lists(ROW, max_size=12)
quick = settings(max_examples=60, deadline=None)
Row = dict[str, Any]


def cut(rows: list[Row], sizes: list[int]) -> list[pa.RecordBatch]:
    """The rows in batches of these sizes, and the rest in one."""
    batches, start = [], 0
    for size in [*sizes, len(rows)]:
        batches.append(pa.RecordBatch.from_pylist(rows[start : start + size], schema=SCHEMA))
        start += size
    return batches


def written(batches: list[pa.RecordBatch], schema: pa.Schema = SCHEMA) -> tuple[WrittenTable, bytes, bytes]:
    with TemporaryDirectory() as folder:
        table, parquet = Path(folder) / "t.csv", Path(folder) / "t.parquet"
        said = write_table(batches, schema, csv=table, parquet=parquet)
        return said, table.read_bytes(), parquet.read_bytes()


@quick
@given(ROWS, st.lists(st.integers(0, 5), max_size=6), st.lists(st.integers(0, 5), max_size=6))
def test_rows_cut_in_other_places_are_the_same_bytes_and_the_same_hash(
    rows: list[Row], one: list[int], other: list[int]
) -> None:
    assert written(cut(rows, one)) == written(cut(rows, other))


def test_rows_of_several_groups_are_the_same_however_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROW_GROUP", 7)
    rows: list[Row] = [{"t": f"row {n}", "n": n, "x": n / 7, "b": n % 2 == 0, "d": None} for n in range(50)]
    once = written(cut(rows, []))
    assert once == written(cut(rows, [1] * 49)) == written(cut(rows, [7, 7, 20, 3]))
    assert [row["n"] for row in pq.read_table(pa.BufferReader(once[2])).to_pylist()] == list(range(50))


@quick
@given(ROWS, ROWS)
def test_other_rows_have_another_hash(one: list[Row], other: list[Row]) -> None:
    assume(
        [[repr(value) for value in row.values()] for row in one]
        != [[repr(v) for v in row.values()] for row in other]
    )
    assert written(cut(one, []))[0].rows_sha256 != written(cut(other, []))[0].rows_sha256


@quick
@given(ROWS.filter(bool), st.data())
def test_one_cell_more_or_less_is_another_hash(rows: list[Row], data: st.DataObject) -> None:
    row, name = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.sampled_from(SCHEMA.names))
    emptied = [dict(one) for one in rows]
    emptied[row][name] = {"t": "", "n": 0, "x": 0.0, "b": False, "d": date(1970, 1, 1)}[name]
    missing = [dict(one) for one in rows]
    missing[row][name] = None
    assert written(cut(emptied, []))[0].rows_sha256 != written(cut(missing, []))[0].rows_sha256


def test_text_that_imitates_two_rows_has_a_hash_of_its_own() -> None:
    # Marks of presence, lengths and letters of both are the same bytes; the number of rows tells them apart.
    two = ["a" * 128, "b" * 0x7F7C]
    one = ["\x00" + "\x7c\x7f\x00\x00" + "".join(two)]
    schema = pa.schema([("t", pa.string())])
    batches = [pa.RecordBatch.from_pydict({"t": texts}, schema=schema) for texts in (one, two)]
    first, second = (written([batch], schema)[0].rows_sha256 for batch in batches)
    assert first != second


@quick
@given(ROWS)
def test_parquet_reads_back_as_the_rows_were(rows: list[Row]) -> None:
    said, _, parquet = written(cut(rows, []))
    assert pq.read_table(pa.BufferReader(parquet)).to_pylist() == rows
    assert said.rows == len(rows)
    assert said.missing == {name: sum(row[name] is None for row in rows) for name in SCHEMA.names}


def unguarded(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@\t\r\n") and len(text) > 1 else text


@quick
@given(st.lists(ROW.filter(lambda row: row["t"] is None or not row["t"].startswith("'")), max_size=12))
def test_csv_reads_back_as_the_rows_were_a_missing_text_not_as_an_empty_one(rows: list[Row]) -> None:
    _, table, _ = written(cut(rows, []))
    options = pacsv.ConvertOptions(
        column_types=SCHEMA, strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    read = pacsv.read_csv(
        pa.BufferReader(table),
        convert_options=options,
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
    ).to_pylist()
    back = [row | {"t": None if row["t"] is None else unguarded(row["t"])} for row in read]
    assert back == rows


@quick
@given(st.lists(ROW.filter(lambda row: "\x00" not in (row["t"] or "")), max_size=12))
def test_python_reads_the_same_cells(rows: list[Row]) -> None:
    _, table, _ = written(cut(rows, []))
    lines = [*csv.reader(StringIO(table.decode(), newline=""))]
    assert lines[0] == SCHEMA.names
    assert len(lines) == len(rows) + 1
    for line, row in zip(lines[1:], rows, strict=True):
        assert unguarded(line[0]) == unguarded(row["t"] or "")
        assert line[1] == ("" if row["n"] is None else str(row["n"]))
        assert (float(line[2]) if line[2] else None) == row["x"]
        assert line[3] == ("" if row["b"] is None else str(row["b"]).lower())
        assert line[4] == ("" if row["d"] is None else row["d"].isoformat())


def test_no_rows_are_a_header_and_nothing_else() -> None:
    said, table, parquet = written([])
    assert (said.rows, table) == (0, b'"t","n","x","b","d"\n')
    assert pq.read_table(pa.BufferReader(parquet)).schema.names == SCHEMA.names


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        '=HYPERLINK("http://x","y")',
        "=cmd|' /C calc'!A0",
        "-",
    ],
)
def test_text_that_a_spreadsheet_would_compute_is_guarded(text: str) -> None:
    assert spreadsheet_safe(pa.table({"t": [text, "plain", None, ""]})).column("t").to_pylist() == [
        f"'{text}",
        "plain",
        None,
        "",
    ]


@pytest.mark.parametrize("text", ["a=1", "1-2", "o'clock", "(=1)", "855 Elm St", "", " x", "€5", "1 @ 2"])
def test_other_text_is_left_alone(text: str) -> None:
    assert spreadsheet_safe(pa.table({"t": [text]})).column("t").to_pylist() == [text]


def test_negative_numbers_stay_numbers() -> None:
    rows = [{"t": None, "n": -5, "x": -93.265, "b": None, "d": None}]
    _, table, _ = written(cut(rows, []))
    assert table.decode().splitlines()[1] == ",-5,-93.265,,"
