"""Q1, Q2, R1: values that cannot be read, cannot be, or contradict each other."""

from __future__ import annotations

from datetime import date

from check_subjects import fires, mapped, silent, staged

from openbeat.checks import Subject
from openbeat.engine import Engine
from openbeat.stages import Problem

DAY = date(2025, 3, 1)


def _stops(engine: Engine, rows: int, *problems: Problem, **values: object) -> Subject:
    made = [{"stop_id": str(n), "occurred_date": DAY, **values} for n in range(rows)]
    return mapped(engine, "stops", {"stops": staged(engine, "stops", "stops", made, problems=problems)})


def test_one_unreadable_date_in_a_hundred_warns(engine: Engine) -> None:
    found = fires(
        "Q1", _stops(engine, 99, Problem(where="occurred_date", kind="not a date", count=1)), "mapped"
    )
    assert (found.level, found.count, found.among, found.blocks) == ("W", 1, 100, False)


def test_ten_unreadable_dates_in_a_hundred_block(engine: Engine) -> None:
    found = fires(
        "Q1", _stops(engine, 90, Problem(where="occurred_date", kind="not a date", count=10)), "mapped"
    )
    assert found.blocks
    assert "10 of 100" in found.says.en
    assert "no es una fecha" in found.says.es


def test_dates_that_can_all_be_read_are_not_spoken_of(engine: Engine) -> None:
    silent("Q1", _stops(engine, 3), "mapped")


def test_a_booking_before_the_arrest_is_a_matter_of_dates(engine: Engine) -> None:
    arrests: list[dict[str, object]] = [
        {"arrest_id": "1", "occurred_date": DAY, "booked_date": date(2025, 2, 1)},
        {"arrest_id": "2", "occurred_date": DAY, "booked_date": DAY},
        {"arrest_id": "3", "occurred_date": DAY, "booked_date": None},
    ]
    subject = mapped(engine, "arrests", {"arrests": arrests})
    found = fires("Q1", subject, "mapped")
    assert (found.count, found.among, found.blocks) == (1, 2, True)
    silent("R1", subject, "mapped")


def test_impossible_ages_are_a_matter_of_numbers(engine: Engine) -> None:
    odd = Problem(where="subject_age", kind="outside the possible range", count=2)
    found = fires("Q2", _stops(engine, 98, odd, subject_age=30), "mapped")
    assert (found.field, found.count, found.among, found.level) == ("subject_age", 2, 100, "W")


def test_possible_ages_are_not_spoken_of(engine: Engine) -> None:
    silent("Q2", _stops(engine, 5, subject_age=30), "mapped")


def test_nobody_has_served_since_before_the_age_of_sixteen(engine: Engine) -> None:
    people: list[dict[str, object]] = [
        {"officer_id": "1", "officer_age": 30, "officer_years_of_service": 20},
        {"officer_id": "2", "officer_age": 40, "officer_years_of_service": 20},
        {"officer_id": "3", "officer_age": None, "officer_years_of_service": 20},
    ]
    found = fires("Q2", mapped(engine, "workforce", {"officers": people}), "mapped")
    assert (found.field, found.count, found.among) == ("officer_years_of_service", 1, 2)


def test_contraband_without_a_search_breaks_a_rule_and_warns(engine: Engine) -> None:
    stops: list[dict[str, object]] = [
        {"stop_id": "1", "occurred_date": DAY, "search_conducted": False, "contraband_found": True},
        {"stop_id": "2", "occurred_date": DAY, "search_conducted": False, "contraband_found": None},
        {"stop_id": "3", "occurred_date": DAY, "search_conducted": True, "contraband_found": True},
        {"stop_id": "4", "occurred_date": DAY, "search_conducted": None, "contraband_found": True},
    ]
    found = fires("R1", mapped(engine, "stops", {"stops": stops}), "mapped")
    assert (found.count, found.among, found.level, found.field) == (1, 2, "W", "contraband_needs_search")


def test_a_rule_is_not_asked_where_the_agency_lacks_its_fields(engine: Engine) -> None:
    silent("R1", _stops(engine, 2, search_conducted=False), "mapped")
