"""How findings are accepted, and what an agency reads when something stands in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from check_subjects import a_dataset, fires, mapped

from openbeat.checks import Subject, blocked, run_checks
from openbeat.engine import Engine


@pytest.fixture
def twice(engine: Engine) -> Subject:
    stops = [{"stop_id": "1", "occurred_date": date(2025, 3, 1)}] * 2
    return mapped(engine, "stops", {"stops": stops})


@pytest.mark.parametrize("key", ["G1", "G1:stops"])
def test_a_written_reason_lets_a_blocking_finding_through(twice: Subject, key: str) -> None:
    accepting = replace(twice, dataset=a_dataset("stops", ["stops"], accept={key: "the archive has it so"}))
    found = fires("G1", accepting, "mapped")
    assert (found.accepted, found.blocks) == ("the archive has it so", False)
    assert blocked([found]) is None


@pytest.mark.parametrize("key", ["G1:people", "G1:stops.stop_id", "G2", "G"])
def test_a_reason_for_something_else_does_not(twice: Subject, key: str) -> None:
    accepting = replace(twice, dataset=a_dataset("stops", ["stops"], accept={key: "no"}))
    assert fires("G1", accepting, "mapped").blocks


def test_the_error_says_what_was_found_what_to_do_and_how_to_accept_it(twice: Subject) -> None:
    stop = blocked(run_checks(twice, "mapped"), where="springfield/stops")
    assert stop is not None
    told = str(stop)
    assert told.startswith("springfield/stops: ")
    assert "stops: 1 of 2 rows repeat the key (stop_id, person_no)" in told
    assert "Map the columns that together number the rows" in told
    assert 'accept = { "G1:stops" = ' in told


def test_warnings_stand_in_nobodys_way(engine: Engine) -> None:
    subject = mapped(engine, "stops", {"stops": [{"stop_id": "1", "occurred_date": date(2025, 3, 1)}]})
    found = run_checks(replace(subject, dataset=a_dataset("stops", ["stops"], pending={})), "mapped")
    assert [one.check for one in found] == ["F7"]
    assert blocked(found) is None


def test_a_table_without_a_row_is_checked_without_a_fault(engine: Engine) -> None:
    stops = mapped(engine, "stops", {"stops": [{"stop_id": "1", "occurred_date": date(2025, 3, 1)}]})
    assert stops.mapped is not None
    one = stops.mapped.tables["stops"]
    empty = replace(one, rows=one.rows.filter(one.rows.stop_id == "2"), account=replace(one.account, read=0))
    tables = {"stops": empty}
    assert run_checks(replace(stops, mapped=replace(stops.mapped, tables=tables)), "mapped") == ()
