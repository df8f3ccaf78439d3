"""New York: three files of one form, each written in another way."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number

SLUG = "new_york_ny"
RACES = {
    "A": "asian_pacific_islander",
    "B": "black",
    "I": "native_american",
    "P": "hispanic",
    "Q": "hispanic",
    "U": "unknown",
    "W": "white",
    "Z": "other",
}
WEAPONS = ("pistol", "riflshot", "asltweap", "machgun", "knifcuti", "othrweap", "contrabn")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def raw(example: Example) -> list[dict[str, str]]:
    """The rows of the three files as Python's own readers see them, without the blank last line of 2016."""
    folder: Path = example.shared / "data/stops/nyc_sqf"
    with (
        zipfile.ZipFile(folder / "sqf-2014-csv.zip") as archive,
        archive.open("2014.csv") as file,
    ):
        rows = list(csv.DictReader(io.TextIOWrapper(file, encoding="latin-1")))
    typed = duckdb.sql(f"select columns(*)::varchar from '{folder}/sqf2015.parquet'")
    rows += [dict(zip(typed.columns, row, strict=True)) for row in typed.fetchall()]
    with (folder / "sqf-2016.csv").open(encoding="utf-8-sig") as text:
        rows += list(csv.DictReader(text))
    stripped = [{key: (value or "").strip() for key, value in row.items()} for row in rows]
    return [row for row in stripped if row["year"]]


def test_every_row_is_published_but_the_blank_one(example: Example, raw: list[dict[str, str]]) -> None:
    account = example.account("stops", "stops")
    assert account.published == len(raw) == 45_787 + 22_563 + 12_404
    assert account.refused == {"blank_row": 1}


def test_races_frisks_searches_and_arrests_are_those_of_the_files(
    example: Example, raw: list[dict[str, str]]
) -> None:
    table = example.published("stops", "stops")
    races = Counter(RACES[row["race"]] for row in raw)
    assert counts(f"select subject_race, count(*) from {table} group by 1") == races
    for field, column in (
        ("frisk_performed", "frisked"),
        ("search_conducted", "searched"),
        ("arrest_made", "arstmade"),
    ):
        marked = sum(row[column] == "Y" for row in raw)
        assert one_number(f"select count(*) from {table} where {field}") == marked > 0


def test_an_empty_box_of_the_form_means_no_and_a_ticked_one_yes(
    example: Example, raw: list[dict[str, str]]
) -> None:
    table = example.published("stops", "stops")
    found = sum(any(row[weapon] in ("Y", "1") for weapon in WEAPONS) for row in raw)
    assert counts(f"select contraband_found::varchar, count(*) from {table} group by 1") == {
        "true": found,
        "false": len(raw) - found,
    }


def test_695_stops_of_2014_found_contraband_without_a_search(
    example: Example, raw: list[dict[str, str]]
) -> None:
    table = example.published("stops", "stops")
    told = f"{table} where year(occurred_date) = 2014 and not search_conducted"
    other = "list_contains(string_split(contraband_types, '|'), 'other')"
    assert one_number(f"select count(*) from {told} and {other}") == 695


def test_a_day_and_a_time_without_their_zeros_are_read(example: Example, raw: list[dict[str, str]]) -> None:
    table = example.published("stops", "stops")
    months = Counter((int(row["datestop"][-4:]), int(row["datestop"][:-6])) for row in raw)
    by_month = duckdb.sql(
        f"select year(occurred_date), month(occurred_date), count(*) from {table} group by all"
    )
    assert {(year, month): rows for year, month, rows in by_month.fetchall()} == months
    plain = [row for row in raw if row["age"].isdigit() and 18 <= int(row["age"]) <= 110]
    at_three = sum(row["timestop"].isdigit() and int(row["timestop"]) // 100 == 3 for row in plain)
    shown = f"select count(*) from {table} where occurred_time = '03:00' and subject_age_range is not null"
    assert 0 < one_number(shown) <= at_three  # less those of sexual offenses and breaches of orders
    assert at_three - one_number(shown) < 50


def test_positions_in_feet_lie_in_the_city(example: Example) -> None:
    table = example.published("stops", "stops")
    told = f"select count(*) from {table} where latitude is not null"
    assert one_number(told) > 60_000
    inside = f"{told} and latitude between 40.47 and 40.93 and longitude between -74.27 and -73.68"
    assert one_number(inside) == one_number(told)


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
