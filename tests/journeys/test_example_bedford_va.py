"""Bedford: six old workbooks typed by hand, with crosses in boxes and cells that slid."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number
from python_calamine import CalamineWorkbook

SLUG = "bedford_va"
SEX, RACE, FIRST_SEX, SECOND_SEX = 25, 26, 35, 41
PHYSICAL, ELECTRONIC = 7, 9


@pytest.fixture(scope="module")
def typed(shared: Path) -> list[list[object]]:
    """The rows below the two rows of names of each workbook."""
    books = sorted((shared / "data/force/pdi/Bedford").glob("*.xls"))
    assert len(books) == 6
    rows: list[list[object]] = []
    for book in books:
        rows += [
            [*row] for row in CalamineWorkbook.from_path(book).get_sheet_by_name("Sheet1").to_python()[2:]
        ]
    return rows


def test_every_row_of_every_workbook_is_published(example: Example, typed: list[list[object]]) -> None:
    account = example.account("use_of_force", "force")
    assert account.read == account.published == len(typed) == 87


def test_crossed_boxes_are_counted(example: Example, typed: list[list[object]]) -> None:
    table = example.published("use_of_force", "force")
    for code, box in (("body_force", PHYSICAL), ("taser", ELECTRONIC)):
        crossed = sum(str(row[box]).strip().upper() == "X" for row in typed)
        has = f"list_contains(string_split(force_types, '|'), '{code}')"
        assert one_number(f"select count(*) from {table} where {has}") == crossed > 0


def test_sex_and_race_typed_in_each_others_place_are_left_out_not_turned_around(
    example: Example, typed: list[list[object]]
) -> None:
    words = Counter(str(row[RACE]).strip() for row in typed)
    found = counts(
        f"select subject_race, count(*) from {example.published('use_of_force', 'force')} group by 1"
    )
    assert (found["white"], found["black"]) == (words["W"], words["B"])
    assert found[None] == words["M"] + words["F"] + words[""]


def test_a_second_officer_is_published_where_there_is_one(
    example: Example, typed: list[list[object]]
) -> None:
    second = [row for row in typed if str(row[SECOND_SEX]).strip()]
    account = example.account("use_of_force", "officers")
    assert (account.published, sum(account.refused.values())) == (len(second), len(typed) - len(second))


def test_dates_that_nobody_can_read_are_counted_and_left_empty(
    example: Example, typed: list[list[object]]
) -> None:
    table = example.published("use_of_force", "force")
    texts = [row[1] for row in typed if isinstance(row[1], str)]
    assert len(texts) == 3  # one of them is a date with a stray mark behind it
    assert one_number(f"select count(*) from {table} where occurred_date is null") == 2


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
