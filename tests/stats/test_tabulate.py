"""The rates inside the agency, beside a count of the same rows in plain Python."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from scipy.stats import binomtest

from openbeat.engine import Engine, open_engine
from openbeat.stages import Account, DerivedTable, Mapped, StagedTable
from openbeat.standards import standards
from openbeat.stats import rate_tables
from openbeat.stats.tabulate import BREAKDOWNS, MOST_PLACES

ARROW = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
Row = Mapping[str, Any]
# Of which rows each rate is a share, and which of those it counts: written anew, not read from the standard.
RATES: dict[str, tuple[Callable[[Row], bool], Callable[[Row], bool]]] = {
    "search_rate": (lambda row: row["search_conducted"] is not None, lambda row: row["search_conducted"]),
    "hit_rate": (
        lambda row: row["search_conducted"] is True and row["contraband_found"] is not None,
        lambda row: row["contraband_found"],
    ),
    "arrest_rate": (lambda row: row["arrest_made"] is not None, lambda row: row["arrest_made"]),
}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    one = open_engine("duckdb", scratch=tmp_path)
    yield one
    one.close()


def stops(count: int, places: Sequence[str | None] = ("North", "South", None)) -> list[Row]:
    """Made-up stops with gaps in every column; the same ones every time."""
    chance = random.Random(count)
    return [
        {
            "stop_id": str(number),
            "occurred_date": chance.choice([date(2023, 6, 1) + timedelta(days=chance.randrange(700)), None]),
            "district": chance.choice(places),
            "subject_race": chance.choice(["black", "white", "hispanic", None]),
            "search_conducted": chance.choice([True, False, False, None]),
            "contraband_found": chance.choice([True, False, None]),
            "arrest_made": chance.choice([True, False, None]),
        }
        for number in range(count)
    ]


def tabulated(engine: Engine, rows: Sequence[Row]) -> tuple[DerivedTable, ...]:
    standard = standards()["stops"]
    table = standard.tables["stops"]
    schema = pa.schema([(key, ARROW[field.stored_as]) for key, field in table.fields.items()])
    whole = [{key: row.get(key) for key in table.fields} for row in rows]
    staged = StagedTable(
        standard=table,
        rows=engine.lookup(pa.Table.from_pylist(whole, schema=schema)),
        account=Account(read=len(rows), unpacked=0, refused={}),
        columns={key: (key,) for key in table.fields if any(key in row for row in rows)},
    )
    return rate_tables(Mapped(standard=standard, tables={"stops": staged}), engine)


def place_of(row: Row) -> tuple[Any, Any, Any]:
    return (row["occurred_date"].year if row["occurred_date"] else None, row["district"], row["subject_race"])


def counted(rows: Sequence[Row], rate: str) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Each cell's count and among, by going through the rows once for each."""
    among, counts = RATES[rate]
    whole = [row for row in rows if among(row)]
    cells = {}
    for kept in BREAKDOWNS:
        for row in whole:
            at = tuple(value if keep else None for value, keep in zip(place_of(row), kept, strict=True))
            if all(value is not None for value, keep in zip(at, kept, strict=True) if keep):
                same = [
                    one
                    for one in whole
                    if all(not keep or a == b for keep, a, b in zip(kept, place_of(one), at, strict=True))
                ]
                cells[at] = (sum(counts(one) for one in same), len(same))
    return cells


def at(cell: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return cell["year"], cell["place"], cell["group"]


@pytest.mark.parametrize("rate", RATES)
def test_every_cell_counts_what_python_counts(rate: str, engine: Engine) -> None:
    rows = stops(300)
    (table,) = [one for one in tabulated(engine, rows) if one.key == f"{rate}_by_subject_race"]
    assert {at(cell): (cell["count"], cell["among"]) for cell in table.rows} == counted(rows, rate)


def test_every_cell_has_the_share_and_the_interval_of_its_count(engine: Engine) -> None:
    for table in tabulated(engine, stops(300)):
        for cell in table.rows:
            numbers: Any = cell
            theirs = binomtest(numbers["count"], numbers["among"]).proportion_ci(method="wilson")
            assert numbers["share"] == pytest.approx(numbers["count"] / numbers["among"], abs=1e-6)
            assert (numbers["low"], numbers["high"]) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


@pytest.mark.parametrize(("by", "place"), [("year", 0), ("place", 1), ("group", 2)])
def test_a_breakdown_adds_up_to_the_rows_that_say_where_they_belong(
    by: str, place: int, engine: Engine
) -> None:
    rows = stops(300)
    others = {"year", "place", "group"} - {by}
    for table, rate in zip(tabulated(engine, rows), RATES, strict=True):
        cells = [
            cell for cell in table.rows if cell[by] is not None and all(cell[one] is None for one in others)
        ]
        among, counts = RATES[rate]
        known = [row for row in rows if among(row) and place_of(row)[place] is not None]
        sums = [sum(int(str(cell[part])) for cell in cells) for part in ("count", "among")]
        assert sums == [sum(counts(row) for row in known), len(known)]


def test_cells_say_which_column_they_are_broken_down_by(engine: Engine) -> None:
    for table in tabulated(engine, stops(60)):
        for cell in table.rows:
            assert cell["place_field"] == (None if cell["place"] is None else "district")
            assert cell["group_field"] == (None if cell["group"] is None else "subject_race")


def test_a_rate_whose_columns_the_agency_lacks_is_not_made_up(engine: Engine) -> None:
    rows = [{key: value for key, value in row.items() if key != "contraband_found"} for row in stops(60)]
    assert {table.key for table in tabulated(engine, rows)} == {
        "search_rate_by_subject_race",
        "arrest_rate_by_subject_race",
    }


def test_without_groups_dates_or_places_the_whole_is_still_counted(engine: Engine) -> None:
    rows = [{"stop_id": str(n), "search_conducted": (True, False, None)[n % 3]} for n in range(30)]
    (table,) = tabulated(engine, rows)
    assert table.key == "search_rate"
    assert [(at(cell), cell["count"], cell["among"]) for cell in table.rows] == [((None, None, None), 10, 20)]


def test_places_too_many_to_read_are_not_broken_down(engine: Engine) -> None:
    rows = stops(3_000, places=[f"Beat {number}" for number in range(MOST_PLACES + 1)])
    (table,) = [one for one in tabulated(engine, rows) if one.key == "search_rate_by_subject_race"]
    assert {cell["place"] for cell in table.rows} == {None}
    assert max(int(str(cell["among"])) for cell in table.rows) == sum(
        RATES["search_rate"][0](row) for row in rows
    )


def test_no_rows_make_no_table(engine: Engine) -> None:
    rows = [{**row, "search_conducted": None, "arrest_made": None} for row in stops(5)]
    assert tabulated(engine, rows) == ()
