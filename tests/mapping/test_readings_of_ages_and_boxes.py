"""An age worked out from a year of birth, and what an empty box of a form means."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_mapping import agency_of, mapped, write_csv

from openbeat.agency import FieldMapping, TableMapping
from openbeat.errors import WrongSettings
from openbeat.mapping.odd import Odd
from openbeat.mapping.readings import reading
from openbeat.standards import standards

FIELDS = standards()["stops"].tables["stops"].fields
AGE = FieldMapping(together=("Day", "Born"), formats=("%m/%d/%Y",), written="birth year")
age = reading(FIELDS["subject_age"], AGE, TableMapping(), "America/Denver")

HEAD = """
[datasets.stops.tables.stops.fields]
stop_id = "No"
occurred_date = "Day"
contraband_found = { together = ["Drugs", "Weapon"] }
"""
EMPTY_IS_NO = '[datasets.stops.tables.stops.codes.contraband_found]\n"" = "no"\n'
COLUMNS = ["No", "Day", "Drugs", "Weapon"]
ROWS = [
    ["1", "2020-01-31", "Y", ""],
    ["2", "2020-01-31", "", ""],
    ["3", "2020-01-31", "N", "N"],
    ["4", "2020-01-31", "NA", ""],
]


@given(
    born=st.dates(date(1920, 1, 1), date(2010, 12, 31)),
    lived=st.integers(min_value=366, max_value=80 * 365),
)
def test_the_age_of_a_year_of_birth_is_the_true_one_or_one_less(born: date, lived: int) -> None:
    day = born + timedelta(days=lived)
    true = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    assert age([day.strftime("%m/%d/%Y"), str(born.year)]) in (true, true - 1)


def test_on_the_last_day_of_the_year_everybody_has_had_their_birthday() -> None:
    assert age(["12/31/2018", "2000"]) == 18
    assert age(["12/30/2018", "2000"]) == 17


@pytest.mark.parametrize("cells", [["", "2000"], ["01/02/2018", ""], [None, "2000"]])
def test_without_a_day_or_a_year_of_birth_there_is_no_age(cells: list[str | None]) -> None:
    assert age(cells) is None


@pytest.mark.parametrize("born", ["2019", "1800", "about 30", "-5"])
def test_a_year_of_birth_that_cannot_be_is_odd(born: str) -> None:
    assert isinstance(age(["01/02/2018", born]), Odd)


def test_an_age_needs_a_format_that_says_the_whole_day(tmp_path: Path) -> None:
    settings = (
        HEAD + 'subject_age = { together = ["Day", "Born"], format = "%m/%Y", written = "birth year" }\n'
    )
    with pytest.raises(WrongSettings, match="cannot be read back"):
        agency_of(tmp_path, settings)


def test_an_empty_box_says_nothing_where_nobody_has_said_what_it_means(tmp_path: Path) -> None:
    settings = 'missing = ["NA"]\n' + HEAD
    _, rows = mapped(tmp_path, settings, write_csv(tmp_path / "a.csv", COLUMNS, ROWS))
    assert rows.column("contraband_found").to_pylist() == [True, None, False, None]


def test_an_empty_box_means_no_where_the_agency_says_so_and_a_missing_word_still_says_nothing(
    tmp_path: Path,
) -> None:
    settings = 'missing = ["NA"]\n' + HEAD + EMPTY_IS_NO
    staged, rows = mapped(tmp_path, settings, write_csv(tmp_path / "a.csv", COLUMNS, ROWS))
    assert rows.column("contraband_found").to_pylist() == [True, False, False, None]
    empty = [one for one in staged.crosswords if one.word == ""]
    assert [(one.field, one.meaning, one.rows) for one in empty] == [("contraband_found", "no", 4)]  # boxes
