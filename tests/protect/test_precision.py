"""How precisely a value leaves the agency."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pytest

from openbeat.engine import Engine, open_engine
from openbeat.protect.precision import PRECISIONS, hundred_block


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    one = open_engine("duckdb", scratch=tmp_path_factory.mktemp("duck"))
    yield one
    one.close()


def coarsened(engine: Engine, publish: str, values: Sequence[Any], kind: pa.DataType) -> list[Any]:
    rows = engine.lookup(pa.table({"n": range(len(values)), "value": pa.array(values, kind)}))
    said = engine.fetch(rows.select("n", said=PRECISIONS[publish](rows.value))).to_pylist()
    return [one["said"] for one in sorted(said, key=lambda one: one["n"])]


def test_every_age_falls_into_the_range_that_names_it(engine: Engine) -> None:
    for age, said in enumerate(coarsened(engine, "age range", range(111), pa.int64())):
        low, _, high = said.partition("-")
        assert (age >= 65) if said == "65+" else int(low) <= age <= int(high)


def test_nobody_under_18_is_told_from_another_and_no_range_is_narrower_than_7_years(engine: Engine) -> None:
    said = coarsened(engine, "age range", range(111), pa.int64())
    assert len(set(said[:18])) == 1
    assert said[17] != said[18]
    assert min(said.count(one) for one in set(said)) >= 7


def test_an_age_that_is_missing_or_impossible_has_no_range(engine: Engine) -> None:
    assert coarsened(engine, "age range", [None, -1], pa.int64()) == [None, None]


@pytest.mark.parametrize(("publish", "places"), [("2 decimals", 2), ("3 decimals", 3)])
def test_degrees_are_rounded_as_numpy_rounds_them(engine: Engine, publish: str, places: int) -> None:
    degrees = np.random.default_rng(5).uniform(-180, 180, 50_000)
    said = np.array(coarsened(engine, publish, degrees.tolist(), pa.float64()))
    assert np.array_equal(
        said, np.round(degrees, places)
    )  # halves, where the two differ, do not come by chance


@pytest.mark.parametrize(("publish", "places"), [("2 decimals", 2), ("3 decimals", 3)])
def test_no_more_decimals_are_written_than_promised(engine: Engine, publish: str, places: int) -> None:
    chance = np.random.default_rng(6)
    odd = [-0.0, 0.0005, -0.0005, 44.9775, -93.2655, 90.0, -180.0, 1e-12, 44.977500000000006, None]
    values = [
        *odd,
        *chance.uniform(-180, 180, 20_000).tolist(),
        *(chance.integers(-360, 360, 500) / 2).tolist(),
    ]
    for value, said in zip(values, coarsened(engine, publish, values, pa.float64()), strict=True):
        assert (said is None) == (value is None)
        if value is not None:
            assert len(repr(said).partition(".")[2]) <= places
            assert abs(said - value) <= 0.5 / 10**places + 1e-9


def test_days_become_months_or_years_and_times_hours(engine: Engine) -> None:
    days = [date(2024, 2, 29), date(2023, 12, 31), None]
    assert coarsened(engine, "month", days, pa.date32()) == [date(2024, 2, 1), date(2023, 12, 1), None]
    assert coarsened(engine, "year", days, pa.date32()) == [date(2024, 1, 1), date(2023, 1, 1), None]
    assert coarsened(engine, "hour", ["23:59", "00:01", None], pa.string()) == ["23:00", "00:00", None]
    assert coarsened(engine, "none", ["x", None], pa.string()) == [None, None]


def test_a_time_with_seconds_says_no_more_than_its_hour(engine: Engine) -> None:
    assert coarsened(engine, "hour", ["23:59:59"], pa.string()) == ["23:00"]


@pytest.mark.parametrize("publish", PRECISIONS)
def test_every_way_leaves_what_is_missing_missing(engine: Engine, publish: str) -> None:
    kinds = {"month": pa.date32(), "year": pa.date32(), "hour": pa.string(), "age range": pa.int64()}
    assert coarsened(engine, publish, [None], kinds.get(publish, pa.float64())) == [None]
    assert isinstance(PRECISIONS[publish](ibis.table({"v": _kind(publish)}).v), ibis.expr.types.Value)


def _kind(publish: str) -> str:
    return {"month": "date", "year": "date", "hour": "string", "age range": "int64"}.get(publish, "float64")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("855 Claiborne St Apt 3", "800 block Claiborne St"),
        ("855  Claiborne   St #3", "800 block Claiborne St"),
        ("12 ELM ST", "0 block ELM ST"),
        ("3700-3798 W Ohio", "3700 block W Ohio"),
        ("100 block of Main St", "100 block Main St"),
        ("10XX Main St", "1000 block Main St"),
        ("47** WEST MAYPOLE", "4700 block WEST MAYPOLE"),
        ("0039XX 15 AV S", "3900 block 15 AV S"),
        ("4818 2nd Ave.", "4800 block 2nd Ave."),
        ("200 St Charles Ave", "200 block St Charles Ave"),
        ("12 AV SE / 6 ST SE", "12 AV SE / 6 ST SE"),
        ("43RD & LA PORTE", "43RD & LA PORTE"),
        ("HWY 36 @ BASELINE RD", "HWY 36 @ BASELINE RD"),
        ("Main St and Oak Ave", "Main St and Oak Ave"),
        ("4810 SPUR 408\nDallas, TX\n(32.690979, -96.901443)", "4800 block SPUR 408 Dallas, TX"),
    ],
)
def test_an_address_becomes_its_hundred_block_or_its_crossing(text: str, said: str) -> None:
    assert hundred_block(text) == said


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "Main St",
            "1441",
            "Noel 12868 Noel Rd.",
            "IN THE REAR OF 629 GLENWOOD AV",
            "27936A REAGAN St.",
        ),
        *("N/A 3738 Marvin D Love Frwy.", "Bar & Grill, 4455 Elm St", "Smith home at 123 Main St"),
        *("1818 E 1818 Corsicana St.", "12 Elm St and 45 Oak St", "C & A at 855 St Charles Ave"),
        *("POINT (-71.197501 42.684512)", "-96.8, 32.7 & more"),
    ],
)
def test_text_that_still_names_a_house_or_no_crossing_says_nothing(text: str) -> None:
    assert hundred_block(text) is None


STREETS = {
    "Minneapolis": ("PublicAddress", "calls/minneapolis_mn", "Police_Incidents_2018.csv"),
    "Dallas": ("Address", "force/pdi/Dallas", "*___2019.csv"),
    "Nashville": ("Stop.Location.Street", "stops/nashville_tn", "nashville_stops_2002.parquet"),
}


@pytest.mark.parametrize("city", STREETS)
def test_no_house_number_of_real_records_is_left(city: str, shared: Path) -> None:
    column, folder, pattern = STREETS[city]
    found = next((shared / "data" / folder).glob(pattern), None)
    if found is None:
        pytest.skip(f"needs the records of {city}")
    read = "parquet_scan" if found.suffix == ".parquet" else "read_csv_auto"
    more = "" if found.suffix == ".parquet" else ", all_varchar=true, ignore_errors=true"
    texts = duckdb.sql(
        f"select distinct \"{column}\"::varchar from {read}('{found}'{more}) limit 20000"
    ).fetchall()
    kept = 0
    for (text,) in texts:
        house = re.match(r"\s*(\d+)\s+[A-Za-z]", text or "")
        said = hundred_block(text) if text else None
        kept += said is not None
        if said and house and int(house[1]) % 100 and " block " in said:
            assert house[1] not in said.split()
            assert int(said.split()[0]) == int(house[1]) - int(house[1]) % 100
    assert kept > 0.5 * len(texts)
