"""Delimited text comes out as it was written."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from source_reading import cells_of, kept, problem, raw_of

from openbeat.errors import OpenBeatError, UnreadableSource, WrongSettings

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


def write(folder: Path, data: bytes | str, name: str = "stops.csv") -> Path:
    file = folder / name
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return file


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_a_line_end(tmp_path: Path, end: str) -> None:
    raw = raw_of(write(tmp_path, end.join(["a,b", "1,2", "3,4", ""])), folder=tmp_path)
    assert cells_of(raw) == [("1", "2"), ("3", "4")]


def test_a_quoted_cell_keeps_its_lines_and_white_space_stays(tmp_path: Path) -> None:
    raw = raw_of(write(tmp_path, 'a,b\r\n"one\r\ntwo", x \r\n'), folder=tmp_path)
    assert cells_of(raw) == [("one\r\ntwo", " x ")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_unicode_is_read_with_its_mark_or_without(tmp_path: Path, encoding: str) -> None:
    raw = raw_of(write(tmp_path, "name,place\nJosé,Cañón\n".encode(encoding)), folder=tmp_path)
    assert (raw.columns, cells_of(raw)) == (("name", "place"), [("José", "Cañón")])


def test_bytes_that_are_not_utf_8_are_read_as_cp1252_and_that_is_noted(tmp_path: Path) -> None:
    raw = raw_of(write(tmp_path, b"name\nJos\xe9\n\x81\n"), folder=tmp_path)
    assert cells_of(raw) == [("José",), ("\ufffd",)]
    assert (problem(raw, "read_as_cp1252"), problem(raw, "replaced_bytes")) == (2, 1)


def test_a_declared_encoding_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="cannot be utf-8"):
        raw_of(write(tmp_path, b"name\nJos\xe9\n"), folder=tmp_path, encoding="utf-8")
    with pytest.raises(WrongSettings, match="no text encoding called 'rot13'"):
        raw_of(write(tmp_path, "a\n1\n"), folder=tmp_path, encoding="rot13")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path: Path, mark: str) -> None:
    lines = [mark.join(row) for row in (["when", "what", "why"], ["1", "a, b; c", "x"], ["2", "", "y"])]
    text = "\n".join(lines).replace("a, b; c", '"a, b; c"')
    assert len(raw_of(write(tmp_path, text), folder=tmp_path).columns) == 3


def test_short_rows_are_filled_and_long_ones_refused_each_counted_with_its_row(tmp_path: Path) -> None:
    raw = raw_of(write(tmp_path, "a,b\n1\n1,2,\n1,2,3\n,\n\na,b\n5,6\n"), folder=tmp_path)
    assert cells_of(raw) == [("1", None), ("1", "2"), ("5", "6")]
    assert raw.refused == {"long_row": 1, "blank_row": 2, "repeated_header": 1}
    assert (raw.rows_read, problem(raw, "short_row"), problem(raw, "extra_empty_cells")) == (7, 1, 1)
    assert {one.kind: one.rows for one in raw.problems}["long_row"] == (3,)


def test_columns_without_a_name_are_dropped_when_empty_and_numbered_when_not(tmp_path: Path) -> None:
    raw = raw_of(write(tmp_path, "a,,,A\n1,,x,2\n"), folder=tmp_path)
    assert (raw.columns, cells_of(raw)) == (("a", "column 3", "A (2)"), [("1", "x", "2")])
    assert (problem(raw, "unnamed_column"), problem(raw, "repeated_column")) == (2, 1)


def test_a_file_without_a_header_needs_its_columns_named(tmp_path: Path) -> None:
    file = write(tmp_path, "1,2\n3,4\n")
    assert cells_of(raw_of(file, folder=tmp_path, header=0, columns=("a", "b"))) == [("1", "2"), ("3", "4")]
    with pytest.raises(WrongSettings, match="nothing names the columns"):
        raw_of(file, folder=tmp_path, header=0)


def test_the_header_may_stand_lower_down(tmp_path: Path) -> None:
    raw = raw_of(write(tmp_path, "Report of 2014\n\na,b\n1,2\n"), folder=tmp_path, header=3)
    assert (raw.columns, cells_of(raw)) == (("a", "b"), [("1", "2")])


def test_columns_that_drift_from_file_to_file_are_united(tmp_path: Path) -> None:
    one, two = write(tmp_path, "a,b\n1,2\n", "1.csv"), write(tmp_path, "B,c\n3,4\n", "2.csv")
    raw = raw_of(one, two, folder=tmp_path)
    assert (raw.columns, cells_of(raw)) == (("a", "b", "c"), [("1", "2", None), (None, "3", "4")])
    assert problem(raw, "column_case") == 1
    assert [file.columns for file in raw.files] == [("a", "b"), ("B", "c")]


def test_a_quote_that_is_never_closed_is_an_error_that_names_the_record(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="record 3"):
        raw_of(write(tmp_path, 'a,b\n1,2\n"3,4\n5,6\n'), folder=tmp_path)
    file = write(tmp_path, 'a,b\n1,2\n"3,4\n5,6\n')
    assert cells_of(raw_of(file, folder=tmp_path, quote=""))[1] == ('"3', "4")


def test_a_cell_that_swallowed_rows_is_noted(tmp_path: Path) -> None:
    raw = raw_of(write(tmp_path, 'a,b,c\n1,"2,3\n4,5,6\n7,8",9\n'), folder=tmp_path)
    assert problem(raw, "rows_in_a_cell") == 1


def test_cells_and_lines_beyond_all_measure_are_refused_not_read(tmp_path: Path) -> None:
    text = "a,b\n1," + "x" * (1 << 20 | 1) + "\n2," + "y," * (1 << 22) + "\n3,4\n"
    raw = raw_of(write(tmp_path, text), folder=tmp_path)
    assert (cells_of(raw), raw.refused) == ([("3", "4")], {"long_cell": 1, "long_line": 1})


def test_nul_characters_are_taken_out_and_counted(tmp_path: Path) -> None:
    raw = raw_of(write(tmp_path, "a,b\n1\0,2\0\0\n"), folder=tmp_path)
    assert (cells_of(raw), problem(raw, "nul_characters")) == ([("1", "2")], 3)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\n\r\n"])
def test_an_empty_file_is_an_error_and_leaves_nothing_behind(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnreadableSource, match="it is empty"):
        raw_of(write(tmp_path, data), folder=tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["stops.csv"]


def test_a_file_that_is_not_what_it_is_called_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="begins like a ZIP archive"):
        raw_of(write(tmp_path, b"PK\x03\x04rest"), folder=tmp_path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(CELL, min_size=n, max_size=n), max_size=8)),
    mark=st.sampled_from([",", ";", "\t", "|", ":"]),
    quote=st.sampled_from(['"', "'"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"]),
)
def test_what_a_csv_writer_wrote_is_read_again_cell_by_cell(
    tmp_path: Path,
    rows: list[list[str]],
    mark: str,
    quote: str,
    quoting: Literal[0, 1],
    end: str,
    encoding: str,
) -> None:
    header = [f"column {place} of them" for place in range(len(rows[0]) if rows else 2)]
    out = io.StringIO(newline="")
    # Before Python 3.13 the writer leaves a line break bare, if it is not one of its own line ends.
    quoting = csv.QUOTE_ALL if any({"\r", "\n"} & set(cell) for row in rows for cell in row) else quoting
    writer = csv.writer(out, delimiter=mark, quotechar=quote, quoting=quoting, lineterminator=end)
    writer.writerows([header, *rows])
    file = write(tmp_path, out.getvalue().encode(encoding))
    declared = None if encoding.endswith(("sig", "16", "32")) else encoding
    raw = raw_of(file, folder=tmp_path, delimiter=mark, quote=quote, encoding=declared)
    written = [row for row in rows if any(cell.strip() for cell in row)]
    assert cells_of(raw) == [tuple(cell or None for cell in row) for row in written]
    assert raw.rows_read == len(rows)


def damaged(seed: int) -> bytes:
    """A CSV with something wrong: bytes spliced in, quotes lost, lines cut, ends mixed, huge cells."""
    chance = random.Random(seed)
    rows = [[str(chance.randrange(10**6)) for _ in range(5)] for _ in range(chance.randrange(1, 40))]
    ends = [chance.choice(["\n", "\r\n", "\r", "\n\r"]) for _ in rows]
    data = bytearray(
        "".join(
            f'"{row[0]}",' + ",".join(row[1:]) + end for row, end in zip(rows, ends, strict=True)
        ).encode()
    )
    for _ in range(chance.randrange(1, 8)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0:
                data[place:place] = chance.randbytes(chance.randrange(1, 30))
            case 1:
                data[place:place] = b'"' * chance.randrange(1, 4)
            case 2:
                del data[place : place + chance.randrange(20)]
            case 3:
                data[place:place] = b"\0" * chance.randrange(1, 9)
            case 4:
                data[place:place] = b"x" * chance.choice([10, 2_000, 1_100_000 if seed % 20 == 0 else 9])
            case 5:
                del data[place:]
    return bytes(data)


def test_a_thousand_damaged_files_each_end_in_an_error_or_in_an_account_that_adds_up(tmp_path: Path) -> None:
    read = 0
    for seed in range(1_000):
        try:
            raw = raw_of(write(tmp_path, damaged(seed)), folder=tmp_path)
        except OpenBeatError:
            continue
        read += 1
        assert raw.rows_read == kept(raw) + sum(raw.refused.values()), seed
    assert read > 300
