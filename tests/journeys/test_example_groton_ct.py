"""Groton: a file whose lines end with CR alone, and positions in degrees, minutes and seconds."""

from __future__ import annotations

import csv
from collections import Counter

import pytest
from publishing import Example, counts, every_row_accounted_for, one_number

SLUG = "groton_ct"
RACES = {"W": "white", "B": "black", "A": "asian_pacific_islander"}


@pytest.fixture(scope="module")
def raw(example: Example) -> list[dict[str, str]]:
    """The rows as Python's own CSV reader sees them; it takes CR for the end of a line."""
    with (example.shared / "data/stops/connecticut/trendct/groton.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_row_is_published(example: Example, raw: list[dict[str, str]]) -> None:
    account = example.account("stops", "stops")
    assert account.read == account.published == len(raw) == 6_252


def test_the_80_officers_and_the_races_are_those_of_the_file(
    example: Example, raw: list[dict[str, str]]
) -> None:
    table = example.published("stops", "stops")
    officers = {row["ReportingOfficerIdentificationID"] for row in raw}
    assert one_number(f"select count(distinct officer_id) from {table}") == len(officers) == 80
    races = Counter(RACES[row["SubjectRaceCode"]] for row in raw)
    assert counts(f"select subject_race, count(*) from {table} group by 1") == races


def test_searches_and_what_they_found_are_those_of_the_file(
    example: Example, raw: list[dict[str, str]]
) -> None:
    table = example.published("stops", "stops")
    for field, column in (
        ("search_conducted", "VehicleSearchedIndicator"),
        ("contraband_found", "ContrabandIndicator"),
        ("arrest_made", "CustodialArrestIndicator"),
    ):
        marked = sum(row[column] == "TRUE" for row in raw)
        assert one_number(f"select count(*) from {table} where {field}") == marked > 0


def test_positions_in_degrees_minutes_and_seconds_lie_in_southeastern_connecticut(
    example: Example, raw: list[dict[str, str]]
) -> None:
    table = example.published("stops", "stops")
    # The file also holds the parts of each position as numbers: truth from outside the reading of the text.
    positions = [
        tuple(
            int(row[f"Degree{axis}"]) + int(row[f"Min{axis}"]) / 60 + float(row[f"Second{axis}"]) / 3600
            for axis in "XY"
        )
        for row in raw
        if int(row["SubjectAge"]) >= 18 and float(row["SecondY"]) < 60
    ]
    assert {one.where: one.count for one in example.outcomes[0].tables["stops"].problems}["latitude"] == sum(
        float(row["SecondY"]) >= 60
        for row in raw  # no position has 60 seconds: counted, and left empty
    )
    for west, north in ((71.9505, 41.3005), (72.0505, 41.3505)):  # between two values of three decimals
        beyond = sum(x >= west and y >= north for x, y in positions)
        shown = f"select count(*) from {table} where -longitude >= {west} and latitude >= {north}"
        assert one_number(shown) == beyond > 1_000


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert example.changes_when_published_again() == []


def test_the_only_columns_that_nobody_names_are_the_five_empty_ones_without_a_name(example: Example) -> None:
    staged = example.outcomes[0].tables["stops"]
    named = {column for looked_at in staged.columns.values() for column in looked_at}
    left = [one for one in staged.files[0].columns if one not in named | set(staged.ignored_columns)]
    assert left == ["column 47", "column 48", "column 49", "column 50", "column 51"]
    assert {one.kind: one.count for one in staged.problems}["unnamed_column"] == 5
