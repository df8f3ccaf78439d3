"""Baltimore: a page of calls as the ArcGIS server answered it, in local time that calls itself UTC."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number

SLUG = "baltimore_md"
SET = "calls_for_service"
BALTIMORE = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def page(shared: Path) -> list[dict[str, Any]]:
    """The records of the page, read by Python's own json."""
    answer = json.loads((shared / "data/calls/baltimore_md/2021_05_07_CFS_2018.json").read_text("utf-8"))
    return [one["attributes"] for one in answer["features"]]


def written(call: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(call["callDateTime"] / 1000, UTC)


def test_every_call_of_the_page_is_published(example: Example, page: list[dict[str, Any]]) -> None:
    account = example.account(SET, "calls")
    assert account.read == account.published == len(page) == 2_000


def test_priorities_and_districts_are_counted_as_on_the_page(
    example: Example, page: list[dict[str, Any]]
) -> None:
    table = example.published(SET, "calls")
    priorities = Counter(one["priority"].lower().replace("-", "_") for one in page)
    assert counts(f"select call_priority, count(*) from {table} group by 1") == priorities
    districts = Counter(one["PoliceDistrict"] for one in page)
    assert counts(f"select district, count(*) from {table} group by 1") == districts


def test_the_source_writes_local_time_as_if_it_were_utc(page: list[dict[str, Any]]) -> None:
    true = [datetime.fromtimestamp(int(one["callKey"][-8:], 16), BALTIMORE) for one in page]
    same = [f"{a:%F %H:%M}" == f"{written(one):%F %H:%M}" for a, one in zip(true, page, strict=True)]
    assert sum(same) == 1_998


def test_days_and_hours_are_those_of_baltimore(example: Example, page: list[dict[str, Any]]) -> None:
    table = example.published(SET, "calls")
    plain = f"from {table} where reduced_detail is null"
    days = counts(f"select cast(occurred_date as text), count(*) {plain} group by 1")
    true = Counter(f"{written(one):%F}" for one in page)
    assert all(rows <= true[str(day)] for day, rows in days.items())
    hours = counts(f"select left(occurred_time, 2), count(*) {plain} group by 1")
    by_hour = Counter(f"{written(one):%H}" for one in page)
    assert set(hours) == set(by_hour)
    assert all(rows <= by_hour[str(hour)] for hour, rows in hours.items())


def test_no_place_says_the_number_of_a_house(example: Example) -> None:
    table = example.published(SET, "calls")
    numbered = f"select count(*) from {table} where regexp_matches(location, '^[0-9]+ ')"
    block = "regexp_matches(location, '^(0|[0-9]*00) block ')"
    assert one_number(f"{numbered} and {block}") == one_number(numbered) > 1_000


def test_a_family_quarrel_or_an_illness_says_neither_place_nor_hour(example: Example) -> None:
    home = "where call_type in ('domestic_violence', 'behavioral_crisis', 'medical')"
    table = example.published(SET, "calls")
    assert one_number(f"select count(*) from {table} {home}") > 100
    assert one_number(f"select count(location) + count(occurred_time) from {table} {home}") == 0


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
