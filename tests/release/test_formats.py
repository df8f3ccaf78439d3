"""The formats that rows can be had in: read back by others, the rows are the same."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from bodies import ARROW, INCIDENT_COLUMNS, INCIDENTS, column
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbeat.errors import ShelfFault
from openbeat.release.formats import row_formats

Rows = list[dict[str, Any]]
COLUMNS = [
    column("a text", "text", "string"),
    column('quo"ted', "integer", "int64"),
    column("longitude", "longitude", "float64"),
    column("latitude", "latitude", "float64"),
    column("yes", "boolean", "boolean"),
    column("day", "date", "date"),
]


def parquet_of(rows: Rows, columns: list[dict[str, Any]], path: Path, row_group: int = 1_000) -> Path:
    schema = pa.schema([(one["name"], ARROW[one["type"]]) for one in columns])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, row_group_size=row_group)
    return path


def written(form: str, rows: Rows, columns: list[dict[str, Any]], folder: Path, **more: int) -> Path:
    out = folder / f"out.{row_formats()[form].ending}"
    parquet = parquet_of(rows, columns, folder / "in.parquet", **more)
    row_formats()[form].write(parquet, {"columns": columns}, out)
    assert sorted(path.name for path in folder.iterdir()) == sorted([out.name, "in.parquet"])
    return out


finite = st.floats(allow_nan=False, allow_infinity=False)
cells: Mapping[str, st.SearchStrategy[Any]] = {
    "a text": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    'quo"ted': st.none() | st.integers(-(2**63), 2**63 - 1),
    "longitude": st.none() | finite,
    "latitude": st.none() | finite,
    "yes": st.none() | st.booleans(),
    "day": st.none() | st.dates(),
}
tables = st.lists(st.fixed_dictionaries(dict(cells)), max_size=30)
in_one_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50
)


@in_one_folder
@given(rows=tables, row_group=st.integers(1, 40))
def test_each_line_of_json_is_a_row_with_its_keys_in_the_order_of_the_columns(
    tmp_path: Path, rows: Rows, row_group: int
) -> None:
    out = written("ndjson", rows, COLUMNS, tmp_path, row_group=row_group)
    lines = out.read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    read = [json.loads(line) for line in lines]
    assert [list(row) for row in read] == [[one["name"] for one in COLUMNS]] * len(rows)
    shown = [row | {"day": row["day"].isoformat() if row["day"] else None} for row in rows]
    assert read == shown


def test_dates_booleans_and_what_is_missing_keep_their_kind_in_json(tmp_path: Path) -> None:
    out = written("ndjson", [dict(row) for row in INCIDENTS], INCIDENT_COLUMNS, tmp_path)
    first, second, _ = (json.loads(line) for line in out.read_text(encoding="utf-8").splitlines())
    assert first["occurred_date"] == "2024-01-05"
    assert first["complaint"] is True
    assert second["complaint"] is False
    assert second["latitude"] is None
    assert "occurred_time" in second
    assert second["location"].startswith("=HYPERLINK")  # only a spreadsheet needs the apostrophe


def test_a_number_that_json_has_no_word_for_is_null(tmp_path: Path) -> None:
    numbers = [math.nan, math.inf, -math.inf, 0.1, 1e300]
    rows = [{"longitude": number} for number in numbers]
    out = written("ndjson", rows, [COLUMNS[2]], tmp_path)
    read = [json.loads(line)["longitude"] for line in out.read_text(encoding="ascii").splitlines()]
    assert read == [None, None, None, 0.1, 1e300]


@in_one_folder
@given(rows=tables, row_group=st.integers(1, 40))
def test_every_row_with_both_coordinates_has_its_point_and_every_other_none(
    tmp_path: Path, rows: Rows, row_group: int
) -> None:
    out = written("geoparquet", rows, COLUMNS, tmp_path, row_group=row_group)
    read = pq.read_table(out)
    assert read.drop_columns("geometry").to_pylist() == rows
    for row, point in zip(rows, shapely.from_wkb(read.column("geometry").to_pylist()), strict=True):
        if row["longitude"] is None or row["latitude"] is None:
            assert point is None
        else:
            assert (point.x, point.y) == (row["longitude"], row["latitude"])


@in_one_folder
@given(rows=tables)
def test_the_file_says_what_its_geometry_is_as_geoparquet_asks(tmp_path: Path, rows: Rows) -> None:
    # geoparquet.org/releases/v1.1.0: version, primary_column and columns are required, and of a column
    # encoding and geometry_types; without crs, it is OGC:CRS84.
    out = written("geoparquet", rows, COLUMNS, tmp_path)
    about = json.loads(pq.read_metadata(out).metadata[b"geo"])
    assert (about["version"], about["primary_column"]) == ("1.1.0", "geometry")
    geometry = about["columns"]["geometry"]
    assert (geometry["encoding"], geometry["geometry_types"]) == ("WKB", ["Point"])
    points = [p for p in shapely.from_wkb(pq.read_table(out).column("geometry").to_pylist()) if p]
    if points:
        assert geometry["bbox"] == list(shapely.total_bounds(shapely.GeometryCollection(points)))
    else:
        assert "bbox" not in geometry


def test_only_a_table_with_both_coordinates_suits_geoparquet() -> None:
    suits = row_formats()["geoparquet"].suits
    assert suits({"columns": COLUMNS})
    assert not suits({"columns": COLUMNS[:3]})
    assert not suits({"columns": COLUMNS[3:]})


@pytest.mark.parametrize("form", ["ndjson", "geoparquet"])
def test_a_table_without_rows_makes_a_file_without_rows(tmp_path: Path, form: str) -> None:
    out = written(form, [], COLUMNS, tmp_path)
    assert (out.read_bytes() == b"") if form == "ndjson" else (pq.read_table(out).num_rows == 0)


@pytest.mark.parametrize("form", ["ndjson", "geoparquet"])
def test_a_file_that_cannot_be_finished_does_not_appear(tmp_path: Path, form: str) -> None:
    parquet = parquet_of([{"day": date(2024, 1, 1)}] * 5_000, COLUMNS, tmp_path / "in.parquet")
    data = parquet.read_bytes()
    parquet.write_bytes(data[:100] + b"\0" * (len(data) // 2) + data[100 + len(data) // 2 :])
    out = tmp_path / "out"
    with pytest.raises((OSError, ShelfFault)):
        row_formats()[form].write(parquet, {"columns": COLUMNS}, out)
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]


MEASURED = """
import resource, sys
from pathlib import Path
from openbeat.release.formats import row_formats
sys.path.insert(0, sys.argv[3])
from test_formats import COLUMNS
form = row_formats()[sys.argv[1]]
form.write(Path(sys.argv[2]), {"columns": COLUMNS}, Path(sys.argv[2]).with_name("out"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("form", ["ndjson", "geoparquet"])
def test_ten_times_the_rows_do_not_take_ten_times_the_memory(tmp_path: Path, form: str) -> None:
    row = {"a text": "a hundred block " * 8, "longitude": -93.1, "latitude": 44.9, "yes": True}
    schema = pa.schema([(one["name"], ARROW[one["type"]]) for one in COLUMNS])
    group = pa.table([pa.repeat(pa.scalar(row.get(one.name), one.type), 40_000) for one in schema], schema)

    def peak(groups: int) -> int:
        path = tmp_path / f"{groups}.parquet"
        with pq.ParquetWriter(path, schema, use_dictionary=False) as file:
            for _ in range(groups):
                file.write_table(group)
        command = [sys.executable, "-c", MEASURED, form, str(path), str(Path(__file__).parent)]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert peak(20) - peak(2) < 18 * 40_000 * 128 / 1024 / 2  # KB; half of what the added text alone takes
