"""Every column, word and row of an agency is mapped, left out with a reason, or stops the run."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from record_mapping import mapped, write_csv

from openbeat.errors import UnknownCodes, UnknownColumns, WrongSettings

FIELDS = """
[datasets.stops.tables.stops.fields]
stop_id = "No"
occurred_date = { from = "Day", format = "%m/%d/%Y" }
subject_race = "Race"
"""
COLUMNS = ["No", "Day", "Race"]
ROWS = [["1", "01/31/2020", "White"], ["2", "02/01/2020", "Black"], ["3", "02/02/2020", ""]]


def test_words_become_codes_and_the_agencys_own_words_are_kept_with_their_meaning(tmp_path: Path) -> None:
    staged, rows = mapped(tmp_path, FIELDS, write_csv(tmp_path / "a.csv", COLUMNS, ROWS))
    assert rows.column("subject_race").to_pylist() == ["white", "black", None]
    kept = {(one.word, one.meaning, one.rows) for one in staged.crosswords if one.field == "subject_race"}
    assert kept == {("White", "white", 1), ("Black", "black", 1)}
    assert rows.column("occurred_date").to_pylist()[0].isoformat() == "2020-01-31"


def test_a_column_that_nobody_knows_stops_the_run(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "a.csv", [*COLUMNS, "Shoe size"], [[*row, "9"] for row in ROWS])
    with pytest.raises(UnknownColumns, match="'Shoe size'"):
        mapped(tmp_path, FIELDS, file)


def test_a_column_named_in_the_settings_but_in_no_file_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="no such columns as are named for: officer_id"):
        mapped(tmp_path, FIELDS + 'officer_id = "Badge"\n', write_csv(tmp_path / "a.csv", COLUMNS, ROWS))


def test_a_word_that_nobody_knows_stops_the_run_and_is_counted(tmp_path: Path) -> None:
    rows = [*ROWS, ["4", "02/03/2020", "BLK"], ["5", "02/03/2020", "BLK"], ["6", "02/03/2020", "Qx"]]
    with pytest.raises(UnknownCodes) as stopped:
        mapped(tmp_path, FIELDS, write_csv(tmp_path / "a.csv", COLUMNS, rows))
    assert "'BLK' (2 rows), 'Qx' (1 rows)" in str(stopped.value)


def test_a_word_left_out_with_a_reason_is_counted_with_it(tmp_path: Path) -> None:
    said = FIELDS + '[datasets.stops.tables.stops.ignored_words.subject_race]\nBLK = "a test of the form"\n'
    file = write_csv(tmp_path / "a.csv", COLUMNS, [*ROWS, ["4", "02/03/2020", "BLK"]])
    staged, rows = mapped(tmp_path, said, file)
    assert rows.column("subject_race").to_pylist()[-1] is None
    ignored = [one for one in staged.crosswords if one.reason]
    assert [(one.word, one.rows, one.reason) for one in ignored] == [("BLK", 1, "a test of the form")]


def test_rows_left_out_with_a_reason_are_counted_and_their_words_need_no_meaning(tmp_path: Path) -> None:
    rule = 'ignored_rows = [{ column = "No", words = ["total"], reason = "a sum" }]\n'
    file = write_csv(tmp_path / "a.csv", COLUMNS, [*ROWS, ["total", "", "3 people"]])
    staged, rows = mapped(tmp_path, rule + FIELDS, file)
    assert (rows.num_rows, staged.account.refused) == (3, {"ignored: a sum": 1})


def test_the_second_of_two_equal_rows_is_refused_and_counted(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "a.csv", COLUMNS, [*ROWS, ROWS[0], ROWS[0]])
    staged, rows = mapped(tmp_path, FIELDS, file)
    assert (rows.num_rows, staged.account.refused) == (3, {"exact copy of another row": 2})


def test_rows_with_the_same_key_that_say_different_things_both_stay(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "a.csv", COLUMNS, [*ROWS, ["1", "01/31/2020", "Black"]])
    staged, rows = mapped(tmp_path, FIELDS, file)
    assert (rows.num_rows, dict(staged.account.refused)) == (4, {})


def test_a_row_without_what_is_required_is_refused_and_counted(tmp_path: Path) -> None:
    bad = [["", "01/31/2020", "White"], ["7", "31/01/2020", "White"], ["8", "", "White"]]
    staged, rows = mapped(tmp_path, FIELDS, write_csv(tmp_path / "a.csv", COLUMNS, [*ROWS, *bad]))
    assert staged.account.refused == {
        "occurred_date is missing or cannot be read": 2,
        "stop_id is missing or cannot be read": 1,
    }
    assert [(one.where, one.kind, one.count) for one in staged.problems] == [
        ("occurred_date", "not a date", 1)
    ]
    assert rows.num_rows == 3


def test_a_required_field_that_nothing_fills_stops_the_run(tmp_path: Path) -> None:
    fields = '[datasets.stops.tables.stops.fields]\nstop_id = "No"\nsubject_race = "Race"\n'
    ignored = '[datasets.stops.tables.stops.ignored_columns]\nDay = "not needed"\n'
    with pytest.raises(WrongSettings, match="occurred_date"):
        mapped(tmp_path, fields + ignored, write_csv(tmp_path / "a.csv", COLUMNS, ROWS))


def test_columns_whose_names_drift_from_file_to_file_are_one(tmp_path: Path) -> None:
    one = write_csv(tmp_path / "a.csv", [*COLUMNS, "CURRENT_BA"], [["1", "01/31/2020", "White", "77"]])
    other = write_csv(tmp_path / "b.csv", [*COLUMNS, "CURRENT_BAxx"], [["2", "01/31/2020", "White", "78"]])
    drifting = 'officer_id = { from = ["CURRENT_BA", "CURRENT_BAxx"] }\n'
    _, rows = mapped(tmp_path, FIELDS + drifting, one, other)
    assert rows.column("officer_id").to_pylist() == ["77", "78"]


@pytest.mark.parametrize("blank", ["", " ", "NULL"])
def test_of_several_columns_the_first_that_says_something_counts(tmp_path: Path, blank: str) -> None:
    file = write_csv(
        tmp_path / "a.csv", [*COLUMNS, "New", "Old"], [[*ROWS[0], blank, "78"], [*ROWS[1], "77", "78"]]
    )
    said = (
        'missing = ["NULL"]\n'
        + FIELDS
        + 'officer_id = { from = ["New", "Old"] }\nsubject_age = { from = ["New", "Old"] }\n'
    )
    _, rows = mapped(tmp_path, said, file)
    assert rows.column("officer_id").to_pylist() == ["78", "77"]
    assert rows.column("subject_age").to_pylist() == [78, 77]


def test_flags_become_the_codes_they_stand_for(tmp_path: Path) -> None:
    columns = [*COLUMNS, "Consent", "Warrant"]
    flags = 'search_basis = { flags = { Consent = "consent", Warrant = "warrant" } }\n'
    said = [["Y", "1"], ["N", "true"], ["", ""], ["no", "maybe"]]
    rows = [[str(number), "01/31/2020", "White", *one] for number, one in enumerate(said)]
    staged, table = mapped(tmp_path, FIELDS + flags, write_csv(tmp_path / "a.csv", columns, rows))
    assert table.column("search_basis").to_pylist() == ["consent|warrant", "warrant", None, None]
    assert [(one.where, one.count) for one in staged.problems] == [("search_basis", 1)]


def test_parts_of_a_place_are_put_together_without_the_missing_ones(tmp_path: Path) -> None:
    columns = [*COLUMNS, "Block", "Way", "Street"]
    said = [["100", "N", "Main St"], ["", "NULL", "Elm St"], ["", "", ""]]
    rows = [[str(number), "01/31/2020", "White", *one] for number, one in enumerate(said)]
    together = 'location = { together = ["Block", "Way", "Street"] }\n'
    _, table = mapped(
        tmp_path, 'missing = ["NULL"]\n' + FIELDS + together, write_csv(tmp_path / "a.csv", columns, rows)
    )
    assert table.column("location").to_pylist() == ["100 N Main St", "Elm St", None]


def test_parts_of_a_number_keep_their_places_so_that_two_numbers_stay_two(tmp_path: Path) -> None:
    fields = FIELDS.replace('"No"', '{ together = ["No", "Year"] }')
    rows = [["1", "01/31/2020", "White", ""], ["", "01/31/2020", "White", "1"]]
    _, table = mapped(tmp_path, fields, write_csv(tmp_path / "a.csv", [*COLUMNS, "Year"], rows))
    assert len(set(table.column("stop_id").to_pylist())) == 2


def test_several_coded_columns_together_make_several_codes(tmp_path: Path) -> None:
    columns = [*COLUMNS, "First", "Second"]
    rows = [[*ROWS[0], "Consent", "Warrant"], [*ROWS[1], "Consent", ""]]
    together = 'search_basis = { together = ["First", "Second"] }\n'
    _, table = mapped(tmp_path, FIELDS + together, write_csv(tmp_path / "a.csv", columns, rows))
    assert table.column("search_basis").to_pylist() == ["consent|warrant", "consent"]


def test_a_moment_of_another_zone_becomes_the_local_day_and_hour(tmp_path: Path) -> None:
    fields = FIELDS.replace('{ from = "Day", format = "%m/%d/%Y" }', '{ from = "Day", zone = "UTC" }')
    fields += 'occurred_time = { from = "Day", zone = "UTC" }\n'
    file = write_csv(tmp_path / "a.csv", COLUMNS, [["1", "2017-01-01T05:30:00Z", "White"]])
    _, table = mapped(tmp_path, fields, file)
    # Chicago is six hours behind in January.
    assert table.column("occurred_date").to_pylist()[0].isoformat() == "2016-12-31"
    assert table.column("occurred_time").to_pylist() == ["23:30"]


def test_numbers_made_from_rows_do_not_depend_on_where_the_rows_stand(tmp_path: Path) -> None:
    fields = FIELDS.replace('stop_id = "No"', "stop_id = { row = true }") + 'officer_id = "No"\n'
    rows = [[str(number % 3), "01/31/2020", "White"] for number in range(9)]
    shuffled = random.Random(7).sample(rows, len(rows))
    _, one = mapped(tmp_path, fields, write_csv(tmp_path / "a.csv", COLUMNS, rows))
    _, other = mapped(tmp_path, fields, write_csv(tmp_path / "a.csv", COLUMNS, shuffled))

    def pairs(table: object) -> list[tuple[str, str]]:
        return sorted(zip(*(table.column(key).to_pylist() for key in ("officer_id", "stop_id")), strict=True))  # type: ignore[attr-defined]

    assert pairs(one) == pairs(other)
    assert len(set(pairs(one))) == 9


CELL = st.sampled_from(
    ["", "1", "2", "White", "Black", "NULL", "01/31/2020", "13/31/2020", "a;b", ";", "Wh;"]
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(CELL, CELL, st.sampled_from(["White", "Black", "", "White;Black", "Black;;White"])),
        max_size=8,
    )
)
def test_every_row_is_kept_or_refused_for_a_reason(rows: list[tuple[str, str, str]]) -> None:
    shape = 'missing = ["NULL"]\nshape = { unpack = ["Race"], unpack_by = ";" }\n'
    with tempfile.TemporaryDirectory() as folder:
        file = write_csv(Path(folder) / "a.csv", COLUMNS, rows)
        staged, table = mapped(Path(folder), shape + FIELDS, file)
    account = staged.account
    assert account.read + account.unpacked == table.num_rows + sum(account.refused.values())
    assert account.read == len(rows)
