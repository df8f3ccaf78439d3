"""Orlando: officers and people packed into cells of one incident each, and incidents exported twice."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number

SLUG = "orlando_fl"
FILE = "force/pdi/Orlando/OPD_Response_To_Resistance.csv"
RACES = {"W": "white", "B": "black", "A": "asian", "I": "native_american", "U": "unknown"}


@pytest.fixture(scope="module")
def incidents(shared: Path) -> list[dict[str, str]]:
    """The incidents of the raw file, each once, as the standard library's reader sees them."""
    with (shared / "data" / FILE).open(newline="", encoding="utf-8") as file:
        rows = {tuple(row.values()): row for row in csv.DictReader(file)}
    return [row for row in rows.values() if row["Incident Number"] != "IncidentNumber"]


def test_readme_says_5658_rows_and_each_of_them_is_read(example: Example) -> None:
    assert example.account("use_of_force", "incidents").read == 5_658


def test_incidents_exported_twice_are_published_once_and_headers_not_at_all(
    example: Example, incidents: list[dict[str, str]]
) -> None:
    account = example.account("use_of_force", "incidents")
    assert account.published == len(incidents) == len({row["Incident Number"] for row in incidents})
    assert list(account.refused.values()) == [5_658 - 2 - len(incidents), 2]


def test_each_officer_in_a_packed_cell_becomes_a_row(
    example: Example, incidents: list[dict[str, str]]
) -> None:
    packed = Counter(RACES[one] for row in incidents for one in row["Officers Race"].split(";"))
    table = example.published("use_of_force", "officers")
    assert counts(f"select officer_race, count(*) from {table} group by 1") == packed
    assert one_number(f"select count(*) - count(distinct entry_id) from {table}") == 0


def test_the_packed_lists_stay_in_step(example: Example, incidents: list[dict[str, str]]) -> None:
    pairs = Counter(
        pair
        for row in incidents
        for pair in zip(row["Officers Race"].split(";"), row["Officers Sex"].split(";"), strict=True)
    )
    table = example.published("use_of_force", "officers")
    found = one_number(
        f"select count(*) from {table} where officer_race = 'black' and officer_gender = 'female'"
    )
    assert found == pairs["B", "F"] > 0


def test_a_report_without_an_offender_has_no_row_in_the_table_of_people(
    example: Example, incidents: list[dict[str, str]]
) -> None:
    with_people = [row for row in incidents if row["Offenders Involved"] != "0"]
    packed = Counter(RACES[one] for row in with_people for one in row["Offenders Race"].split(";"))
    table = example.published("use_of_force", "subjects")
    assert counts(f"select subject_race, count(*) from {table} group by 1") == packed
    assert sum(packed.values()) == sum(int(row["Offenders Involved"]) for row in with_people)


def test_kinds_of_force_and_arrests_are_those_of_the_incidents(
    example: Example, incidents: list[dict[str, str]]
) -> None:
    table = example.published("use_of_force", "incidents")
    tasers = one_number(
        f"select count(*) from {table} where list_contains(string_split(force_types, '|'), 'taser')"
    )
    assert tasers == sum(row["Electronic Device Used"] == "Yes" for row in incidents)
    levels = Counter(row["Offender Arrested"] for row in incidents)
    assert counts(f"select arrest_level, count(*) from {table} group by 1") == {
        "felony": levels["Felony"],
        "misdemeanor": levels["Misdemeanor"],
        None: levels["Not Arrested"],
    }


def test_a_one_digit_block_keeps_its_street(example: Example, incidents: list[dict[str, str]]) -> None:
    table = example.published("use_of_force", "incidents")
    found = one_number(f"select count(*) from {table} where location = '0 block S ORANGE AV'")
    assert found == sum(row["Incident Location"] == "1 Block of S ORANGE AV" for row in incidents)


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
