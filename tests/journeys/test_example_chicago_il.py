"""Chicago: half a century of complaints, ten years of force, one number for an officer in all of it."""

from __future__ import annotations

import pytest
from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number

SLUG = "chicago_il"
ACCUSED = "chicago/complaints-accused.csv.gz"
ACTIONS = "chicago/TRR-actions-responses_2004-2016_2016-09.csv.gz"
RACES = {
    "BLACK": "black",
    "WHITE": "white",
    "HISPANIC": "hispanic",
    "ASIAN/PACIFIC ISLANDER": "asian_pacific_islander",
    "NATIVE AMERICAN/ALASKAN NATIVE": "native_american",
    None: None,
}

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("dataset", "table", "file"),
    [
        ("complaints", "complaints", "complaints-complaints.csv.gz"),
        ("complaints", "allegations", "complaints-accused.csv.gz"),
        ("complaints", "complainants", "complaints-complainants.csv.gz"),
        ("complaints", "victims", "complaints-victims.csv.gz"),
        ("use_of_force", "force", "TRR-main_2004-2016_2016-09.csv.gz"),
        ("use_of_force", "subjects", "TRR-subjects_2004-2016_2016-09.csv.gz"),
        ("use_of_force", "officers", "TRR-officers_2004-2016_2016-09.csv.gz"),
        ("use_of_force", "discharges", "TRR-weapon-discharges_2004-2016_2016-09.csv.gz"),
        ("workforce", "officers", "final-profiles.csv.gz"),
        ("officer_assignments", "assignments", "unit-history.csv.gz"),
        ("officer_assignments", "pay", "salary-ranks_2002-2017_2017-09.csv.gz"),
    ],
)
def test_every_row_of_the_file_is_published(example: Example, dataset: str, table: str, file: str) -> None:
    account = example.account(dataset, table)
    rows = one_number(f"select count(*) from {example.raw(f'chicago/{file}')}")
    assert (account.read, account.published, dict(account.refused)) == (rows, rows, {})


@pytest.mark.parametrize(
    ("dataset", "table", "officers"),
    [  # as the README of the records counts them
        ("complaints", "allegations", 22_813),
        ("use_of_force", "officers", 10_798),
        ("workforce", "officers", 33_693),
        ("officer_assignments", "assignments", 29_918),
        ("officer_assignments", "pay", 19_810),
        ("training", "training", 10_285),
    ],
)
def test_there_are_as_many_officers_as_the_readme_says(
    example: Example, dataset: str, table: str, officers: int
) -> None:
    published = example.published(dataset, table)
    assert one_number(f"select count(distinct officer_id) from {published}") == officers


def test_what_officers_did_and_what_people_did_are_told_apart(example: Example) -> None:
    who = counts(f"select person, count(*) from {example.raw(ACTIONS)} group by 1")
    for table, person in (("actions", "Member Action"), ("resistance", "Subject Action")):
        account = example.account("use_of_force", table)
        assert account.published == who[person]
        assert sorted(account.refused.values()) == sorted(n for name, n in who.items() if name != person)


def test_findings_are_counted_as_in_the_file(example: Example) -> None:
    words = counts(f"select final_finding, count(*) from {example.raw(ACCUSED)} group by 1")
    table = example.published("complaints", "allegations")
    found = counts(f"select finding, count(*) from {table} group by 1")
    assert (found["sustained"], found["not_sustained"]) == (words["SU"], words["NS"])
    assert (found["unfounded"], found["exonerated"]) == (words["UN"], words["EX"])
    assert (found["no_affidavit"], found[None]) == (words["NAF"], words[None])


@pytest.mark.parametrize(
    ("dataset", "table", "field", "file"),
    [
        ("use_of_force", "subjects", "subject_race", "TRR-subjects_2004-2016_2016-09.csv.gz"),
        ("complaints", "complainants", "subject_race", "complaints-complainants.csv.gz"),
        ("complaints", "victims", "subject_race", "complaints-victims.csv.gz"),
        ("workforce", "officers", "officer_race", "final-profiles.csv.gz"),
    ],
)
def test_races_are_counted_as_in_the_file(
    example: Example, dataset: str, table: str, field: str, file: str
) -> None:
    words = counts(f"select race, count(*) from {example.raw(f'chicago/{file}')} group by 1")
    found = counts(f"select {field}, count(*) from {example.published(dataset, table)} group by 1")
    assert found == {RACES[word]: rows for word, rows in words.items()}


def test_tasers_and_firearms_are_counted_as_in_the_file(example: Example) -> None:
    words = counts(f"select member_action, count(*) from {example.raw(ACTIONS)} group by 1")
    table = example.published("use_of_force", "actions")
    found = counts(f"select force_type, count(*) from {table} group by 1")
    assert found["firearm_discharged"] == words["FIREARM"]
    assert found["taser"] == words["TASER (PROBE DISCHARGE)"] + words["TASER (CONTACT STUN)"]


def test_the_top_twentieth_of_accused_officers_hold_22_percent_of_accusations(example: Example) -> None:
    table = example.published("complaints", "allegations")
    each = f"select count(*) as n from {table} group by officer_id order by n desc limit 22813 // 20"
    share = (
        one_number(f"select sum(n) from ({each})") / example.account("complaints", "allegations").published
    )
    assert round(share, 2) == 0.22


def test_no_address_of_a_complaint_and_no_year_of_birth_is_published(example: Example) -> None:
    for outcome in example.outcomes:
        for name in outcome.tables:
            table = example.published(outcome.dataset, name)
            columns = set(counts(f"select column_name, 1 from (describe select * from {table})"))
            assert not [column for column in columns if "birth" in str(column) or "name" in str(column)]
            assert outcome.dataset != "complaints" or "location" not in columns


def test_an_assignment_that_had_not_ended_has_no_end(example: Example) -> None:
    raw = example.raw("chicago/unit-history.csv.gz")
    table = example.published("officer_assignments", "assignments")
    lasting = one_number(f"select count(*) from {raw} where unit_end_date = '2018-06-01'")
    assert one_number(f"select count(*) from {table} where end_date is null") == lasting > 29_000


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
