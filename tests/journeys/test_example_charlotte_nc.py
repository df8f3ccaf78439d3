"""Charlotte-Mecklenburg's officer-involved shootings: three linked tables, months for days."""

from __future__ import annotations

import pytest
from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number

SLUG = "charlotte_nc"
SET = "officer_involved_shootings"
FILES = {"incidents": ("Incidents", 76), "subjects": ("Individuals", 79), "officers": ("Officers", 107)}


def raw(example: Example, table: str) -> str:
    return example.raw(f"shootings/cmpd/CMPD_OfficerInvolved_Shootings__{FILES[table][0]}.csv")


@pytest.mark.parametrize("table", FILES)
def test_every_row_of_the_three_files_is_published(example: Example, table: str) -> None:
    account = example.account(SET, table)
    assert account.read == account.published == FILES[table][1]
    assert one_number(f"select count(*) from {raw(example, table)}") == FILES[table][1]


def test_people_are_counted_by_race_as_in_the_file(example: Example) -> None:
    words = counts(f"select INDIVIDUAL_RACE, count(*) from {raw(example, 'subjects')} group by 1")
    found = counts(f"select subject_race, count(*) from {example.published(SET, 'subjects')} group by 1")
    assert found == {
        "black": words["Black"],
        "white": words["White"],
        "hispanic": words["Hispanic"],
        "asian_pacific_islander": words["Asian or Pacific islander"],
        "unknown": words["Unknown"],
    }


def test_a_miss_hurt_nobody_and_a_fatal_injury_is_a_death(example: Example) -> None:
    words = counts(f"select INDIVIDUAL_INJURY_TYPE, count(*) from {raw(example, 'subjects')} group by 1")
    table = example.published(SET, "subjects")
    assert one_number(f"select count(*) from {table} where subject_fatal") == words["Fatal Injury"]
    assert one_number(f"select count(*) from {table} where not subject_injured") == words["Miss"]


def test_a_violation_is_outside_policy_and_silence_is_neither(example: Example) -> None:
    words = counts(f"select OFFICER_POLICY_VIOLATION, count(*) from {raw(example, 'officers')} group by 1")
    table = example.published(SET, "officers")
    found = counts(f"select cast(within_policy as text), count(*) from {table} group by 1")
    assert found == {"true": words["NO"], "false": words["YES"], None: words[None]}


@pytest.mark.parametrize("table", ["subjects", "officers"])
def test_every_person_and_officer_belongs_to_a_published_incident(example: Example, table: str) -> None:
    incidents, rows = example.published(SET, "incidents"), example.published(SET, table)
    assert one_number(f"select count(*) from {rows} anti join {incidents} using (incident_id)") == 0
    assert one_number(f"select count(distinct incident_id) from {rows}") == 76


def test_streets_are_published_and_none_begins_with_the_number_of_a_house(example: Example) -> None:
    table = example.published(SET, "incidents")
    assert one_number(f"select count(location) from {table}") == 76
    assert one_number(f"select count(*) from {table} where regexp_matches(location, '^[0-9]')") == 0


def test_no_narrative_leaves_the_agency(example: Example) -> None:
    columns = counts(
        f"select column_name, 1 from (describe select * from {example.published(SET, 'incidents')})"
    )
    assert "occurred_month" in columns
    assert "narrative" not in columns


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
