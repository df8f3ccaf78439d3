"""Real records, as agencies published them, are read whole."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from source_reading import cells_of, kept, problem, raw_of


def test_groton_has_carriage_returns_for_line_ends_and_five_columns_of_nothing(
    shared: Path, tmp_path: Path
) -> None:
    file = shared / "data/stops/connecticut/trendct/groton.csv"
    raw = raw_of(file, folder=tmp_path)
    elsewhere = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")
    named = [name for name in elsewhere.columns if not name.startswith("Unnamed")]
    assert (list(raw.columns), problem(raw, "unnamed_column")) == (named, 5)
    assert cells_of(raw) == [tuple(cell or None for cell in row) for row in elsewhere[named].to_numpy()]


def test_new_york_2016_has_a_mark_at_its_start_and_a_blank_row_at_its_end(
    shared: Path, tmp_path: Path
) -> None:
    raw = raw_of(shared / "data/stops/nyc_sqf/sqf-2016.csv", folder=tmp_path)
    assert (raw.columns[0], raw.rows_read, raw.refused) == ("year", 12_405, {"blank_row": 1})


@pytest.mark.parametrize(
    ("name", "rows"), [("stops/columbus_oh/OH.zip", 128_157), ("stops/nyc_sqf/sqf-2014-csv.zip", 45_787)]
)
def test_archives_hold_as_many_rows_as_their_publishers_say(
    shared: Path, tmp_path: Path, name: str, rows: int
) -> None:
    assert kept(raw_of(shared / "data" / name, folder=tmp_path)) == rows


def test_nashville_changes_types_by_year_and_its_officers_stay_the_same(shared: Path, tmp_path: Path) -> None:
    files = sorted((shared / "data/stops/nashville_tn").glob("*.parquet"))
    raw = raw_of(*files, folder=tmp_path)
    assert (raw.rows_read, len(raw.columns)) == (1_377_285, 41)
    officers = pq.read_table(raw.parquet, columns=["Officer.Employee.number"]).column(0)
    # 2,792 when the types are put together as they are; 1,554 as the collection's README counts them.
    assert len({one.strip() for one in officers.to_pylist() if one and one.strip()}) == 1_554


def test_bedford_has_old_workbooks_with_their_header_in_the_second_row(shared: Path, tmp_path: Path) -> None:
    raw = raw_of(*sorted((shared / "data/force/pdi/Bedford").glob("*.xls")), folder=tmp_path, header=2)
    numbers = pq.read_table(raw.parquet).column("INCIDENT#").to_pylist()
    assert (len(raw.files), numbers[0], raw.columns[6]) == (6, "2010003872", "MENTAL HEALTH COMPLAINT?")
    assert pq.read_table(raw.parquet).column("DATE")[0].as_py() == "2010-08-18"


def test_baltimore_calls_are_records_within_a_document(shared: Path, tmp_path: Path) -> None:
    file = shared / "data/calls/baltimore_md/2021_05_07_CFS_2018.json"
    raw = raw_of(file, folder=tmp_path, records="features[].attributes")
    records = [one["attributes"] for one in json.loads(file.read_text())["features"]]
    assert raw.rows_read == len(records)
    ids = pq.read_table(raw.parquet).column("OBJECTID").to_pylist()
    assert ids == [str(one["OBJECTID"]) for one in records]


def test_orlando_packs_several_officers_into_one_row(shared: Path, tmp_path: Path) -> None:
    file = shared / "data/force/pdi/Orlando/OPD_Response_To_Resistance.csv"
    raw = raw_of(file, folder=tmp_path, unpack=("Officers Race", "Officers Sex"))
    races = pd.read_csv(file, dtype=str, keep_default_na=False)["Officers Race"]
    assert raw.rows_made >= sum(max(len(one.split(";")), 1) for one in races)
    assert raw.rows_read == len(races)
