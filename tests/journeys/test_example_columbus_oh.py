"""Columbus: a file inside a ZIP archive, and cells in which researchers joined several entries."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter

import pytest
from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number

SLUG = "columbus_oh"
RACES = {"asian/pacific islander": "asian_pacific_islander"}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def raw(example: Example) -> list[dict[str, str]]:
    """The rows as Python's own readers of ZIP and CSV see them."""
    with (
        zipfile.ZipFile(example.shared / "data/stops/columbus_oh/OH.zip") as archive,
        archive.open("OH/oh_columbus_2020_04_01.csv") as file,
    ):
        return list(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8")))


def test_every_row_is_published(example: Example, raw: list[dict[str, str]]) -> None:
    account = example.account("stops", "stops")
    assert account.read == account.published == len(raw) == 128_157


def test_races_precincts_and_outcomes_are_those_of_the_file(
    example: Example, raw: list[dict[str, str]]
) -> None:
    table = example.published("stops", "stops")
    for field, column in (("subject_race", "subject_race"), ("precinct", "precinct"), ("outcome", "outcome")):
        words = Counter(RACES.get(row[column], row[column]) for row in raw)
        found = counts(f"select coalesce({field}, 'NA'), count(*) from {table} group by 1")
        assert found == words


def test_searches_and_arrests_are_those_of_the_file(example: Example, raw: list[dict[str, str]]) -> None:
    table = example.published("stops", "stops")
    for field in ("search_conducted", "arrest_made", "citation_issued", "warning_issued"):
        marked = sum(row[field] == "TRUE" for row in raw)
        assert one_number(f"select count(*) from {table} where {field}") == marked > 0


def test_a_cell_of_several_entries_becomes_several_outcomes(
    example: Example, raw: list[dict[str, str]]
) -> None:
    table = example.published("stops", "stops")
    for code, word in (("summons", "Misd. Citation or Summons"), ("arrest", "Arrest")):
        rows = sum(word in row["raw_enforcement_taken"].split("|") for row in raw)
        listed = f"select count(*) from {table} where list_contains(string_split(outcomes, '|'), '{code}')"
        assert one_number(listed) == rows > 0


def test_two_reasons_where_one_belongs_are_counted_and_left_empty(example: Example) -> None:
    problems = {one.kind: one.count for one in example.outcomes[0].tables["stops"].problems}
    assert problems["several codes where one belongs"] == 2
    table = example.published("stops", "stops")
    assert one_number(f"select count(*) from {table} where stop_reason is null") == 2


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
