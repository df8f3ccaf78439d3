"""G3, Q3 to Q8: how many rows, how empty, and where the others went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from check_subjects import a_dataset, fires, leaking, mapped, silent, staged

from openbeat.agency import FieldMapping, TableMapping
from openbeat.checks import Subject, run_checks
from openbeat.engine import Engine
from openbeat.stages import Account, Crossword, RawFile

DAY = date(2025, 3, 1)


def _stops(engine: Engine, rows: Sequence[Mapping[str, Any]], **changes: Any) -> Subject:
    numbered = [{"stop_id": str(n), "occurred_date": DAY, **row} for n, row in enumerate(rows)]
    return mapped(engine, "stops", {"stops": staged(engine, "stops", "stops", numbered, **changes)})


@pytest.mark.parametrize("cell", ["Main St|Oak St", "Main St\nOak St"])
def test_a_cell_with_several_values_is_packed(engine: Engine, cell: str) -> None:
    found = fires("G3", _stops(engine, [{"location": cell}, {"location": "100 block Elm St"}]), "mapped")
    assert (found.field, found.count, found.among) == ("location", 1, 2)


def test_several_codes_in_the_standards_own_writing_are_not_packed(engine: Engine) -> None:
    silent("G3", _stops(engine, [{"search_basis": "consent|warrant", "location": "Elm St"}]), "mapped")


def test_rows_of_one_incident_are_told_from_incidents(engine: Engine) -> None:
    arrests = [{"arrest_id": str(n), "occurred_date": DAY, "incident_id": one} for n, one in enumerate("aab")]
    found = fires("G3", mapped(engine, "arrests", {"arrests": arrests}), "mapped")
    assert "3 rows stand for 2 different incident_id" in found.says.en


def test_a_column_that_is_mostly_empty_warns(engine: Engine) -> None:
    rows: list[dict[str, Any]] = [{"district": None}, {"district": None}, {"district": "N"}]
    found = fires("Q3", leaking(_stops(engine, rows)), "protected")
    assert (found.field, found.count, found.among) == ("district", 2, 3)


def _before(rows: int, missing: int) -> dict[str, Any]:
    table = {"rows": rows, "columns": [{"name": "district", "missing": missing}]}
    return {"tables": {"stops": {**table, "account": {"withheld": {}}}}}


def test_a_column_that_became_emptier_by_more_than_ten_points_warns(engine: Engine) -> None:
    rows: list[dict[str, Any]] = [{"district": "N"}] * 6 + [{"district": None}] * 4
    subject = leaking(_stops(engine, rows))
    found = fires("Q3", replace(subject, previous=_before(10, 2)), "protected")
    assert "40.0 %" in found.says.en
    assert "20.0 %" in found.says.en


def test_a_column_as_empty_as_before_is_not_spoken_of(engine: Engine) -> None:
    rows: list[dict[str, Any]] = [{"district": "N"}] * 6 + [{"district": None}] * 4
    silent("Q3", replace(leaking(_stops(engine, rows)), previous=_before(10, 3)), "protected")


def test_a_no_that_nobody_wrote_blocks(engine: Engine) -> None:
    crosswords = (Crossword(field="arrest_made", word="N", meaning="no", rows=1),)
    rows: list[dict[str, Any]] = [{"arrest_made": False}, {"arrest_made": False}, {"arrest_made": None}]
    found = fires("Q4", _stops(engine, rows, crosswords=crosswords), "mapped")
    assert (found.count, found.among, found.blocks) == (1, 2, True)


def test_a_no_for_each_word_that_says_no_is_right(engine: Engine) -> None:
    crosswords = (
        Crossword(field="arrest_made", word="N", meaning="no", rows=1),
        Crossword(field="arrest_made", word="NO", meaning="no", rows=1),
        Crossword(field="arrest_made", word="UNK", meaning=None, rows=1, reason="not known"),
    )
    rows: list[dict[str, Any]] = [{"arrest_made": False}, {"arrest_made": False}, {"arrest_made": None}]
    silent("Q4", _stops(engine, rows, crosswords=crosswords), "mapped")


def test_a_no_that_the_agency_gives_to_all_rows_is_its_own(engine: Engine) -> None:
    settings = TableMapping(fields={"arrest_made": FieldMapping(value="false")})
    dataset = replace(a_dataset("stops", []), tables={"stops": settings})
    silent("Q4", replace(_stops(engine, [{"arrest_made": False}]), dataset=dataset), "mapped")


@pytest.mark.parametrize("word", ["Unknown", "N/A", " null ", "?", "not reported", "Desconocido"])
def test_a_word_for_not_known_that_was_taken_for_no_blocks(engine: Engine, word: str) -> None:
    crosswords = (Crossword(field="arrest_made", word=word, meaning="no", rows=1),)
    assert fires("Q4", _stops(engine, [{"arrest_made": False}], crosswords=crosswords), "mapped").blocks


@pytest.mark.parametrize(("least", "most"), [(4, None), (0, 2)])
def test_rows_outside_the_expected_number_block(engine: Engine, least: int, most: int | None) -> None:
    dataset = replace(
        a_dataset("stops", []), tables={"stops": TableMapping(least_rows=least, most_rows=most)}
    )
    found = fires("Q5", replace(_stops(engine, [{}] * 3), dataset=dataset), "mapped")
    assert (found.count, found.blocks) == (1, True)


def test_rows_within_the_expected_number_are_not_spoken_of(engine: Engine) -> None:
    dataset = replace(a_dataset("stops", []), tables={"stops": TableMapping(least_rows=3, most_rows=3)})
    silent("Q5", replace(_stops(engine, [{}] * 3), dataset=dataset), "mapped")


@pytest.mark.parametrize(("before", "warned"), [(10, False), (11, False), (13, True), (8, True), (9, False)])
def test_the_number_of_rows_may_move_by_a_fifth(engine: Engine, before: int, warned: bool) -> None:
    subject = replace(_stops(engine, [{}] * 10), previous=_before(before, 0))
    found = [one for one in run_checks(subject, "mapped") if one.check == "Q5"]
    assert [one.level for one in found] == ["W"] * warned


def test_a_table_that_is_gone_is_noticed(engine: Engine) -> None:
    before = _before(10, 0)
    before["tables"]["people"] = {"rows": 7, "columns": [], "account": {"withheld": {}}}
    found = fires("Q5", replace(_stops(engine, [{}] * 10), previous=before), "mapped")
    assert (found.table, found.count) == ("people", 7)


def test_exact_copies_that_were_left_out_are_told(engine: Engine) -> None:
    account = Account(read=5, unpacked=0, refused={"exact copy of another row": 2})
    found = fires("Q6", _stops(engine, [{}] * 3, account=account), "mapped")
    assert (found.count, found.among) == (2, 5)


def test_the_same_event_under_two_numbers_is_told_where_the_minute_is_known(engine: Engine) -> None:
    rows: list[dict[str, Any]] = [{"occurred_time": "09:15", "location": "Elm St"}] * 2 + [
        {"occurred_time": "09:16"}
    ]
    found = fires("Q6", _stops(engine, rows), "mapped")
    assert (found.count, found.among) == (1, 3)


def test_equal_rows_without_a_minute_are_what_a_busy_day_looks_like(engine: Engine) -> None:
    silent("Q6", _stops(engine, [{"location": "Elm St", "occurred_time": None}] * 2), "mapped")


def test_ignored_words_are_counted_but_never_shown(engine: Engine) -> None:
    crosswords = (
        Crossword(
            field="subject_race", word="Jane Doe", meaning=None, rows=2, reason="a name in the wrong place"
        ),
        Crossword(field="subject_race", word="W", meaning="white", rows=3),
    )
    found = fires("Q7", _stops(engine, [{"subject_race": "white"}] * 5, crosswords=crosswords), "mapped")
    assert (found.field, found.count, found.among) == ("subject_race", 2, 5)
    assert "Jane" not in found.says.en + found.says.es


def test_ignored_columns_are_counted(engine: Engine) -> None:
    files = (RawFile(name="a.csv", sha256="", bytes=0, rows=1, columns=("id", "day", "memo")),)
    found = fires("Q7", _stops(engine, [{}], files=files, ignored_columns={"memo": "free text"}), "mapped")
    assert (found.count, found.among) == (1, 3)


def test_nothing_ignored_is_not_spoken_of(engine: Engine) -> None:
    silent("Q7", _stops(engine, [{}]), "mapped")


def test_a_row_that_nobody_accounts_for_blocks(engine: Engine) -> None:
    account = Account(read=10, unpacked=1, refused={"no number": 2})
    found = fires("Q8", _stops(engine, [{}] * 8, account=account), "mapped")
    assert (found.count, found.blocks) == (1, True)


def test_an_account_that_adds_up_is_not_spoken_of(engine: Engine) -> None:
    account = Account(read=10, unpacked=1, refused={"no number": 2})
    silent("Q8", _stops(engine, [{}] * 9, account=account), "mapped")
