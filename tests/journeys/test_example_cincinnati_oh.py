"""Cincinnati: a quarter of a century, negative incident numbers, masked house numbers, and children."""

from __future__ import annotations

from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number

SLUG = "cincinnati_oh"
FILE = "force/pdi/Cincinnati/PDI__Police_Data_Initiative__Use_of_Force.csv"


def test_readme_says_22619_rows_and_each_of_them_is_published(example: Example) -> None:
    account = example.account("use_of_force", "force")
    assert (account.read, account.published, dict(account.refused)) == (22_619, 22_619, {})


def test_incidents_are_told_apart_as_the_file_does_negative_numbers_included(example: Example) -> None:
    raw, table = example.raw(FILE), example.published("use_of_force", "force")
    told = f"select count(distinct INCIDENT_NO) from {raw}"
    assert one_number(f"select count(distinct incident_id) from {table}") == one_number(told)
    assert one_number(f"select count(*) from {table} where incident_id is null") == 373
    assert one_number(f"select count(*) from {raw} where INCIDENT_NO is null") == 373


def test_years_run_from_1996_to_2020_as_in_the_file(example: Example) -> None:
    raw, table = example.raw(FILE), example.published("use_of_force", "force")
    by_year = f"select substr(INCIDENT_DATE, 7, 4), count(*) from {raw} group by 1"
    found = counts(f"select strftime(occurred_date, '%Y'), count(*) from {table} group by 1")
    assert found == counts(by_year)
    assert (min(found, key=str), max(found, key=str)) == ("1996", "2020")


def test_races_under_several_spellings_add_up(example: Example) -> None:
    raw, table = example.raw(FILE), example.published("use_of_force", "force")
    words = counts(f"select SUBJECT_RACE, count(*) from {raw} group by 1")
    found = counts(f"select subject_race, count(*) from {table} group by 1")
    assert found["black"] == words["BLACK"]
    assert found["hispanic"] == words["HISPANIC/LATINO"] + words["HISPANIC_LATIN_"]
    assert found["multiracial"] == words["TWO OR MORE"]
    assert sum(found.values()) == 22_619


def test_an_unknown_age_is_neither_adult_nor_juvenile(example: Example) -> None:
    raw, table = example.raw(FILE), example.published("use_of_force", "force")
    words = counts(f"select SUSPECT_AGE, count(*) from {raw} group by 1")
    found = counts(f"select cast(subject_juvenile as text), count(*) from {table} group by 1")
    assert found == {"true": words["JUVENILE"], "false": words["ADULT"], None: words["UNKNOWN"]}


def test_nothing_says_where_or_at_which_hour_force_was_used_on_a_child(example: Example) -> None:
    table = example.published("use_of_force", "force")
    told = "coalesce(location, cast(latitude as text), neighborhood, occurred_time)"
    children = f"from {table} where subject_juvenile"
    assert one_number(f"select count(*) {children} and reduced_detail = 'juvenile'") == 1_820
    assert one_number(f"select count(*) {children} and ({told} is not null or day(occurred_date) > 1)") == 0


def test_masked_house_numbers_become_blocks(example: Example) -> None:
    raw, table = example.raw(FILE), example.published("use_of_force", "force")
    street = "regexp_replace(trim(INCIDENT_LOCATION_X), ' +', ' ', 'g')"  # typed with one space or two
    told = f"select count(*) from {raw} where SUSPECT_AGE <> 'JUVENILE' and {street} = '14XX VINE ST'"
    assert (
        one_number(f"select count(*) from {table} where location = '1400 block VINE ST'")
        == one_number(told)
        > 0
    )


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
