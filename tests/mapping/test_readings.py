"""A cell becomes a value, nothing, or a reason why it cannot be read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeat.agency import FieldMapping, TableMapping
from openbeat.mapping.odd import Odd
from openbeat.mapping.readings import Value, reading
from openbeat.standards import standards

STOPS = standards()["stops"].tables["stops"]


def read(
    key: str, *cells: str | None, codes: dict[str, str | list[str]] | None = None, **how: object
) -> Value | Odd:
    table = TableMapping(codes={key: codes or {}})
    return reading(STOPS.fields[key], FieldMapping(**how), table, "America/Chicago")(cells)  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["Y", "yes", " TRUE ", "1", "t"])
def test_yes_is_said_in_several_ways(cell: str) -> None:
    assert read("search_conducted", cell) is True


@pytest.mark.parametrize(
    "key", ["search_conducted", "subject_age", "occurred_date", "subject_race", "location"]
)
@pytest.mark.parametrize("cell", [None, "", "  "])
def test_an_empty_cell_is_nothing_and_never_no(key: str, cell: str | None) -> None:
    assert read(key, cell) is None


def test_yes_and_no_in_one_cell_are_odd() -> None:
    assert read("search_conducted", "Y;N", split=";") == Odd("both yes and no")


@pytest.mark.parametrize(("cell", "age"), [("34", 34), (" 34 ", 34), ("34.0", 34), ("0", 0)])
def test_whole_numbers(cell: str, age: int) -> None:
    assert read("subject_age", cell) == age


@pytest.mark.parametrize("cell", ["34.5", "thirty", "-1", "111", "1e2", "nan", "9" * 30, "3,4", "."])
def test_what_is_no_age_is_counted(cell: str) -> None:
    assert isinstance(read("subject_age", cell), Odd)


@pytest.mark.parametrize(
    ("cell", "how", "day"),
    [
        ("01/09/2013 12:00:00 AM", {"formats": ("%m/%d/%Y %I:%M:%S %p",)}, date(2013, 1, 9)),
        ("Tuesday, October 01, 2013", {"formats": ("%A, %B %d, %Y",)}, date(2013, 10, 1)),
        ("2017-01-01T05:30:00Z", {"zone": "UTC"}, date(2016, 12, 31)),  # Chicago is six hours behind
        ("2072016", {"formats": ("%m%d%Y",), "written": "zeros lost"}, date(2016, 2, 7)),
        ("1112016", {"formats": ("%m%d%Y",), "written": "zeros lost"}, date(2016, 1, 11)),
    ],
)
def test_days(cell: str, how: dict[str, Any], day: date) -> None:
    assert read("occurred_date", cell, **how) == day


@pytest.mark.parametrize("cell", ["0001-01-01", "1899-12-31", "9999-12-31"])
def test_a_day_that_cannot_be_is_odd_in_every_zone(cell: str) -> None:
    assert read("occurred_date", cell, zone="UTC") == Odd("outside the possible range")


@pytest.mark.parametrize(
    ("cell", "how", "hour"),
    [
        ("16:05", {}, "16:05"),
        ("4:05 PM", {"formats": ("%I:%M %p",)}, "16:05"),
        ("2017-01-01T16:05:00", {}, "16:05"),
    ],
)
def test_hours(cell: str, how: dict[str, Any], hour: str) -> None:
    assert read("occurred_time", cell, **how) == hour


def test_a_day_alone_has_no_hour_and_is_not_midnight() -> None:
    assert read("occurred_time", "2017-01-01") == Odd("not a time")


def test_122_is_an_hour_only_where_the_agency_says_that_zeros_were_lost() -> None:
    assert read("occurred_time", "122", formats=("%H%M",), written="zeros lost") == "01:22"


def test_a_word_of_the_agencys_own_goes_before_what_it_means_elsewhere() -> None:
    assert read("subject_race", "white") == "white"
    assert read("subject_race", "White", codes={"White": "other"}) == "other"


def test_one_word_may_stand_for_several_codes_where_several_belong() -> None:
    both: dict[str, str | list[str]] = {"C/W": ["consent", "warrant"]}
    assert read("search_basis", "C/W", codes=both) == "consent|warrant"
    assert read("stop_reason", "S/P", codes={"S/P": ["speeding", "phone"]}) == Odd(
        "several codes where one belongs"
    )


def test_a_cell_is_cut_apart_only_where_its_whole_is_no_word() -> None:
    words: dict[str, str | list[str]] = {"Consent, written": "consent"}
    assert read("search_basis", "Consent, written", codes=words, split=",") == "consent"
    assert read("search_basis", "Warrant, Consent", split=",") == "consent|warrant"


def test_flags_of_a_field_for_one_code_cannot_both_be_up() -> None:
    flags = {"Speed": "speeding", "Phone": "phone"}
    assert read("stop_reason", "Y", "N", flags=flags) == "speeding"
    assert read("stop_reason", "Y", "Y", flags=flags) == Odd("several codes where one belongs")


def test_a_flag_that_says_something_else_is_counted_and_is_not_no() -> None:
    flags = {"A": "consent", "B": "warrant"}
    assert isinstance(read("search_basis", "perhaps", "Y", flags=flags), Odd)


@given(st.sampled_from(sorted(STOPS.fields)), st.text(max_size=20))
def test_no_text_breaks_a_reading(key: str, cell: str) -> None:
    found = read(key, cell)
    assert found is None or isinstance(found, str | int | float | bool | date | Odd)
