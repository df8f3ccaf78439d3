"""What a dataset page computes: freshness, the account, months, rates, places."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeat.web.portal.account import account_of
from openbeat.web.portal.freshness import freshness, later
from openbeat.web.portal.months import months_of, months_sentence
from openbeat.web.portal.places import ByPlace, Grid, places_of, thresholds
from openbeat.web.portal.rates import rates_of

TITLE = {"en": "Stops", "es": "Detenciones"}


def body(months: dict[str, int], **more: Any) -> dict[str, Any]:
    return {"pending": [], "tables": {"stops": {"title": TITLE, "months": months, "columns": []}}, **more}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_monthly_dataset_is_late_the_day_after_it_was_due() -> None:
    told = {"issued": "2026-01-31T09:00:00Z", "frequency": "P1M", "next_release": None}
    due = freshness(told, at("2026-02-28"))
    assert (due.due, due.late) == (date(2026, 2, 28), 0)
    assert freshness(told, at("2026-03-01")).late == 1


def test_an_announced_day_counts_more_than_the_frequency() -> None:
    told = {"issued": "2026-01-31T09:00:00Z", "frequency": "P1M", "next_release": "2026-06-01"}
    assert freshness(told, at("2026-05-01")).due == date(2026, 6, 1)


def test_nothing_is_late_without_a_promise() -> None:
    found = freshness({"issued": "1999-01-31", "frequency": "irregular"}, at("2026-05-01"))
    assert (found.due, found.late) == (None, 0)
    assert found.promise("es") == "no se prometió un calendario"


@given(
    st.dates(max_value=date(9000, 1, 1)),
    st.integers(1, 400),
    st.sampled_from(["day", "week", "month", "year"]),
)
def test_a_promise_always_lies_ahead(start: date, count: int, unit: str) -> None:
    assert later(start, count, unit) > start


def test_the_account_says_what_it_cannot_explain() -> None:
    told = {"read": 100, "unpacked": 5, "refused": {"torn": 3}, "withheld": {"few": 2}, "published": 99}
    assert account_of(told, {}).difference == 1
    assert account_of(told | {"published": 100}, {}).difference == 0


def test_a_month_without_rows_is_zero_and_a_gap_is_not() -> None:
    found = months_of(
        body({"2020-11": 5, "2021-03": 7}, gaps=["2021-01"], partial_from="2021-03-01"), "stops"
    )
    assert [(one.key, one.rows, one.partial) for one in found] == [
        ("2020-11", 5, False),
        ("2020-12", 0, False),
        ("2021-01", None, False),
        ("2021-02", 0, False),
        ("2021-03", 7, True),
    ]


def two_years(first: int, second: int) -> dict[str, int]:
    return {f"{2020 + n // 12}-{n % 12 + 1:02}": first if n < 12 else second for n in range(24)}


def test_two_whole_years_are_compared() -> None:
    told = months_sentence(body(two_years(100, 75)), "stops", "en")
    assert "900 in the twelve months to December 2021, 25.0% fewer" in told
    assert "(1,200)" in told


def test_open_cases_are_named_above_the_months_that_lack_them() -> None:
    waiting = [{"state": one, "title": TITLE, "cases": cases} for one, cases in (("active", 3), ("other", 4))]
    told = months_sentence(body(two_years(100, 75), pending=waiting), "stops", "en")
    assert told.startswith("Stops by month: 7 cases are not published yet")


@pytest.mark.parametrize(
    "more",
    [
        {"gaps": ["2020-05"]},
        {"breaks": [{"on": "2021-02-01"}]},
        {"partial_from": "2021-12-01"},
        {"pending": [{"state": "active", "title": TITLE, "cases": 3}]},
    ],
)
def test_years_are_not_compared_across_a_gap_a_break_an_unfinished_month_or_open_cases(
    more: dict[str, Any],
) -> None:
    months = {key: rows for key, rows in two_years(100, 75).items() if key not in more.get("gaps", ())}
    assert "twelve months" not in months_sentence(body(months, **more), "stops", "en")


def test_an_unfinished_month_is_never_the_least() -> None:
    told = months_sentence(
        body({"2021-01": 90, "2021-02": 80, "2021-03": 2}, partial_from="2021-03-01"), "stops", "en"
    )
    assert told == "Stops: from 80 a month (February 2021) to 90 a month (January 2021)"


def cell(**more: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("year", "place_field", "place", "group_field", "group", "count", "among"))
    return {**empty, "share": None, "low": None, "high": None, "suppressed": False, **more}


def rate(cells: list[dict[str, Any]]) -> Any:
    told = body({}, period=["2019-01-01", "2021-12-31"])
    (found,) = rates_of(told | {"derived": {"r": {"title": TITLE, "caution": TITLE, "cells": cells}}}, "en")
    return found


def test_the_chart_shows_all_years_where_they_were_counted_together() -> None:
    found = rate([cell(group="a", share=0.5), cell(group="a", year=2021, share=0.4)])
    assert (found.when, [one.share for one in found.shown], len(found.rest)) == ("2019 to 2021", [0.5], 1)


def test_a_rate_says_on_how_many_of_the_rows_it_was_counted() -> None:
    told = body({})
    told["tables"]["stops"]["rows"] = 12_925
    whole = {**cell(group=None), "among": 3_077}
    derived = {"r": {"title": TITLE, "caution": TITLE, "of": "stops", "cells": [whole]}}
    (found,) = rates_of(told | {"derived": derived}, "en")
    assert found.counted.startswith("Counted on 3,077 of 12,925 rows (23.8%).")


def test_the_chart_shows_the_newest_year_where_they_were_not() -> None:
    found = rate([cell(group="a", year=2020, share=0.5), cell(group="a", year=2021, share=0.4)])
    assert (found.when, [one.share for one in found.shown]) == ("2021", [0.4])


def parquet(folder: Path, **columns: list[Any]) -> Path:
    path = folder / "rows.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_every_row_is_on_the_map_outside_its_frame_or_without_a_place(tmp_path: Path) -> None:
    inside = [(44.9 + n % 40 / 1000, -93.2 - n // 40 / 1000) for n in range(1_600)]
    slips = [(0.0, 0.0)]
    points = [*inside, *slips]
    path = parquet(
        tmp_path,
        latitude=[*(one for one, _ in points), None],
        longitude=[*(one for _, one in points), -93.2],
    )
    grid = places_of(path)
    assert isinstance(grid, Grid)
    assert (grid.placed, grid.outside, grid.unplaced) == (1_600, 1, 1)
    assert sum(rows for _, _, rows in grid.cells) == grid.placed
    assert all(0 <= x < grid.columns and 0 <= y < grid.lines for x, y, _ in grid.cells)


def test_a_square_lies_where_its_rows_are(tmp_path: Path) -> None:
    grid = places_of(parquet(tmp_path, latitude=[44.9, 45.0, 45.0], longitude=[-93.3, -93.2, -93.2]))
    assert isinstance(grid, Grid)
    ((x, y, _),) = [one for one in grid.cells if one[2] == 2]
    assert grid.centre(x, y) == pytest.approx((45.0, -93.2), abs=grid.side / 111_000)


def test_rows_without_coordinates_are_counted_by_the_place_they_name(tmp_path: Path) -> None:
    names = [f"place {n:02}" for n in range(20) for _ in range(n + 1)]
    found = places_of(parquet(tmp_path, district=[*names, None]))
    assert isinstance(found, ByPlace)
    assert found.places[0] == ("place 19", 20)
    assert sum(rows for _, rows in found.places) + found.others + found.unplaced == len(names) + 1
    assert (found.other_places, found.unplaced) == (5, 1)


def test_rows_that_name_no_place_are_not_drawn(tmp_path: Path) -> None:
    assert places_of(parquet(tmp_path, year=[2020])) is None


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=300))
def test_the_steps_of_a_map_start_at_one_and_rise(counts: list[int]) -> None:
    bounds = thresholds(counts)
    assert bounds[0] == 1
    assert all(one < other for one, other in pairwise(bounds))
    assert len(bounds) <= 5
