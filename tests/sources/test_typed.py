"""Typed formats come out as text, in one way only."""

from __future__ import annotations

import json
import random
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from source_reading import cells_of, problem, raw_of

from openbeat.errors import UnreadableSource, WrongSettings
from openbeat.sources import Shape, fetch
from openbeat.sources.scalars import number_text, text_column


def parquet(folder: Path, name: str = "stops.parquet", **columns: object) -> Path:
    pq.write_table(pa.table(columns), folder / name)
    return folder / name


@given(st.lists(st.floats(width=64) | st.none(), max_size=20))
def test_a_double_is_written_the_same_way_whichever_format_it_came_in(values: list[float | None]) -> None:
    one_by_one = [None if one is None else number_text(one) for one in values]
    assert text_column(pa.array(values, pa.float64())).to_pylist() == one_by_one


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_reads_back_as_the_same_number(value: float) -> None:
    assert float(number_text(value) or "") == value


def test_whole_floats_have_no_point_and_dates_are_iso(tmp_path: Path) -> None:
    columns = {
        "badge": [6010100001.0, None, float("nan")],
        "day": pa.array([datetime(2015, 3, 1), None, datetime(2015, 3, 2)], pa.timestamp("us")),
        "moment": pa.array([datetime(2015, 3, 1), None, datetime(2015, 3, 2, 4, 5, 6)], pa.timestamp("us")),
        "date": pa.array([date(2015, 3, 1), None, None]),
        "time": pa.array([time(4, 5), None, None]),
        "sure": [True, None, False],
        "fine": pa.array([Decimal("12.50"), None, None]),
        "word": pa.array(["", None, "x "]).dictionary_encode(),
    }
    raw = raw_of(parquet(tmp_path, **columns), folder=tmp_path)
    assert cells_of(raw) == [
        ("6010100001", "2015-03-01", "2015-03-01T00:00:00", "2015-03-01", "04:05:00", "true", "12.5", None),
        (None, "2015-03-02", "2015-03-02T04:05:06", None, None, "false", None, "x "),
    ]
    assert raw.refused == {"blank_row": 1}


def test_a_column_whose_type_changes_by_year_holds_the_same_text(tmp_path: Path) -> None:
    files = [
        parquet(tmp_path, "2003.parquet", officer=["1042"]),
        parquet(tmp_path, "2004.parquet", officer=pa.array([1042], pa.int32())),
        parquet(tmp_path, "2005.parquet", officer=[1042.0]),
    ]
    assert cells_of(raw_of(*files, folder=tmp_path)) == [("1042",)] * 3


def test_a_struct_becomes_dotted_columns_and_bytes_are_an_error(tmp_path: Path) -> None:
    raw = raw_of(parquet(tmp_path, at=[{"x": 1, "y": 2.5}], tags=[["a", "b"]]), folder=tmp_path)
    assert (raw.columns, cells_of(raw)) == (("at.x", "at.y", "tags"), [("1", "2.5", "a;b")])
    with pytest.raises(UnreadableSource, match="column 'photo' holds bytes"):
        raw_of(parquet(tmp_path, photo=[b"\x00"]), folder=tmp_path)


def test_a_damaged_parquet_file_is_an_error_and_never_something_else(tmp_path: Path) -> None:
    whole = parquet(tmp_path, a=list(range(500)), b=[str(i % 7) for i in range(500)]).read_bytes()
    refused = 0
    for seed in range(150):
        chance, data = random.Random(seed), bytearray(whole)
        for _ in range(3):
            data[chance.randrange(4, len(data) - 4)] = chance.randrange(256)
        file = tmp_path / "damaged.parquet"
        file.write_bytes(data[: chance.choice([len(data), len(data) // 2])])
        try:
            raw_of(file, folder=tmp_path)
        except UnreadableSource:
            refused += 1
    assert refused > 75


def test_packed_cells_become_one_row_for_each_value(tmp_path: Path) -> None:
    file = tmp_path / "force.csv"
    file.write_text("id,race,sex\n1,W;B,M;F\n2,W;B;H,M\n3,,\n")
    raw = raw_of(file, folder=tmp_path, unpack=("race", "sex"))
    assert cells_of(raw) == [
        ("1", "W", "M"),
        ("1", "B", "F"),
        ("2", "W", "M"),
        ("2", "B", None),
        ("2", "H", None),
        ("3", None, None),
    ]
    assert pq.read_table(raw.parquet)["_part"].to_pylist() == [1, 2, 1, 2, 3, 1]
    assert (raw.rows_read, raw.rows_made, problem(raw, "unpack_uneven")) == (3, 6, 1)
    with pytest.raises(WrongSettings, match="'sex of officer', which no file has"):
        raw_of(file, folder=tmp_path, unpack=("sex of officer",))


def test_a_cell_with_more_values_than_any_list_of_people_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "force.csv"
    file.write_text("id,race\n1," + "W;" * 5_000 + "\n2,W\n")
    raw = raw_of(file, folder=tmp_path, unpack=("race",))
    assert (cells_of(raw), raw.refused, raw.rows_read) == ([("2", "W")], {"too_many_parts": 1}, 2)


@pytest.mark.parametrize(
    ("name", "document", "records"),
    [
        ("a.json", '[{"a": 1.0, "b": {"c": "x"}, "d": [1, 2]}]', None),
        ("a.ndjson", '{"a": 1, "b": {"c": "x"}, "d": [1, 2]}\n', None),
        (
            "a.json",
            '{"features": [{"attributes": {"a": 1, "b": {"c": "x"}, "d": [1, 2]}}]}',
            "features[].attributes",
        ),
        ("a.json", '[{"f": [{"g": {"a": 1, "b": {"c": "x"}, "d": [1, 2]}}]}, {"f": []}]', "[].f[].g"),
    ],
)
def test_json_records_are_found_and_flattened(
    tmp_path: Path, name: str, document: str, records: str | None
) -> None:
    (tmp_path / name).write_text(document)
    raw = raw_of(tmp_path / name, folder=tmp_path, records=records)
    assert (raw.columns, cells_of(raw)) == (("a", "b.c", "d"), [("1", "x", "1;2")])


def test_json_keys_that_turn_up_late_are_columns_and_what_is_no_record_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    records = [
        {"a": 1},
        7,
        {"b": 12345678901234567890},
        {"end": True},
        {"error": "damaged"},
        {"a": None},
        "\ud800",
    ]
    file.write_text(json.dumps(records))
    raw = raw_of(file, folder=tmp_path)
    assert raw.columns == ("a", "b", "end", "error")
    assert cells_of(raw)[1][1] == "12345678901234567890"
    assert (raw.refused, raw.rows_read) == ({"not_a_record": 2, "blank_row": 1}, 7)


def test_json_without_records_names_the_lists_that_there_are(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"result": {"records": [{"a": 1}]}}')
    with pytest.raises(UnreadableSource, match=r"'result.records\[\]'"):
        raw_of(file, folder=tmp_path)
    file.write_text('{"result": {"records": [{"a": 1}')
    with pytest.raises(UnreadableSource, match="damaged"):
        raw_of(file, folder=tmp_path, records="result.records[]")


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'stops.db'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("create table stops (id integer, rate real, note text)"))
        connection.execute(
            sa.text("insert into stops values (1, 2.0, 'x'), (2, 0.5, ''), (null, null, null)")
        )
    engine.dispose()
    return url


def test_a_table_and_a_query_are_read_from_a_database(tmp_path: Path, database: str) -> None:
    raw = fetch([], Shape(table="stops"), into=tmp_path / "raw.parquet", url=database)
    assert cells_of(raw) == [("1", "2", "x"), ("2", "0.5", None)]
    assert (raw.refused, raw.files[0].name, raw.files[0].rows) == ({"blank_row": 1}, "stops", 3)
    shape = Shape(query="select note from stops where id = 1 and note <> 'a:b;c';")
    assert cells_of(fetch([], shape, into=tmp_path / "raw.parquet", url=database)) == [("x",)]


@pytest.mark.parametrize(
    "query", ["delete from stops", "select 1; drop table stops", "with a as (select 1) delete from stops"]
)
def test_a_database_is_never_written_to(tmp_path: Path, database: str, query: str) -> None:
    with pytest.raises((WrongSettings, UnreadableSource)):
        fetch([], Shape(query=query), into=tmp_path / "raw.parquet", url=database)
    assert fetch([], Shape(table="stops"), into=tmp_path / "raw.parquet", url=database).rows_read == 3


def test_a_database_error_never_tells_the_password(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none/hunter2.db"
    with pytest.raises(UnreadableSource) as caught:
        fetch([], Shape(table="stops"), into=tmp_path / "raw.parquet", url=url)
    assert "hunter2" not in str(caught.value)
