"""What hand-typed files taught: crosses in boxes, text in boxes, times and dates without their zeros."""

from __future__ import annotations

import pytest

from openbeat.agency import FieldMapping, TableMapping
from openbeat.mapping.odd import Odd
from openbeat.mapping.readings import reading
from openbeat.standards import standards

FORCE = standards()["use_of_force"].tables["force"].fields


def read(field: str, written: FieldMapping, *cells: str | None) -> object:
    return reading(FORCE[field], written, TableMapping(), "America/Chicago")(cells)


@pytest.mark.parametrize("mark", ["X", "x", " X ", "Yes", "1"])
def test_a_marked_box_is_the_code_it_stands_for(mark: str) -> None:
    boxes = FieldMapping(flags={"IMPACT": "baton", "PHYSICAL": "body_force"})
    assert read("force_types", boxes, mark, "") == "baton"


def test_text_in_a_box_is_counted_as_odd_and_not_taken_for_no() -> None:
    boxes = FieldMapping(flags={"IMPACT": "baton", "PHYSICAL": "body_force"})
    assert isinstance(read("force_types", boxes, "see report", "X"), Odd)


@pytest.mark.parametrize(
    ("kept", "meant"), [("122", "01:22"), ("5", "00:05"), ("1450", "14:50"), ("0", "00:00")]
)
def test_a_time_that_lost_its_zeros_gets_them_back(kept: str, meant: str) -> None:
    assert read("occurred_time", FieldMapping(formats=("%H%M",), written="zeros lost"), kept) == meant


def test_a_date_that_lost_its_zero_is_not_taken_for_october() -> None:
    found = read("occurred_date", FieldMapping(formats=("%m%d%Y",), written="zeros lost"), "1012014")
    assert str(found) == "2014-01-01"


def test_a_time_past_midnight_stays_unreadable() -> None:
    assert read("occurred_time", FieldMapping(formats=("%H%M",), written="zeros lost"), "2575") == Odd(
        "not a time"
    )
