"""New Orleans: reports of force, actions on allegations, and the people of an internal-affairs system."""

from __future__ import annotations

import pytest
from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number

SLUG = "new_orleans_la"
FORCE = "force/pdi/New_Orleans/NOPD_Use_of_Force_Incidents.csv"
ACTIONS = "force/new_orleans_oipm/actions_taken_clean.csv"
PEOPLE = "force/new_orleans_oipm/officer_iapro_clean.csv"

pytestmark = pytest.mark.slow


def test_the_figures_of_the_readme_are_published(example: Example) -> None:
    tables = [("use_of_force", "force"), ("complaints", "allegations"), ("workforce", "officers")]
    accounts = [example.account(*table) for table in tables]
    assert [account.read for account in accounts] == [5_750, 22_631, 5_881]
    assert [account.published for account in accounts] == [5_750, 22_631, 5_881]


def test_reports_and_the_race_of_the_people_are_those_of_the_file(example: Example) -> None:
    raw, table = example.raw(FORCE), example.published("use_of_force", "force")
    reports = one_number(f'select count(distinct "PIB File Number") from {raw}')
    assert one_number(f"select count(distinct incident_id) from {table}") == reports == 2_231
    words = counts(f'select "Subject Ethnicity", count(*) from {raw} group by 1')
    found = counts(f"select subject_race, count(*) from {table} group by 1")
    assert found["black"] == words["Black"]
    assert found["white"] == words["White"] + words["W"]
    assert found[None] == words[None] + words["Indian"]


def test_an_age_of_nothing_is_not_a_child(example: Example) -> None:
    raw, table = example.raw(FORCE), example.published("use_of_force", "force")
    children = one_number(f'select count(*) from {raw} where try_cast("Subject Age" as int) between 1 and 17')
    assert one_number(f"select count(*) from {table} where subject_age_range = '0-17'") == children
    assert example.account("use_of_force", "force").coarsened == {"juvenile": children}


def test_words_on_the_state_of_the_person_stay_inside(example: Example) -> None:
    columns = counts(
        f"select column_name, 1 from (describe select * from {example.published('use_of_force', 'force')})"
    )
    assert "subject_factors" not in columns


def test_suspensions_are_counted_and_an_unexplained_outcome_is_no_discipline(example: Example) -> None:
    raw, table = example.raw(ACTIONS), example.published("complaints", "allegations")
    words = counts(f'select "Action.taken.OIPM", count(*) from {raw} group by 1')
    found = counts(f"select discipline, count(*) from {table} group by 1")
    assert found["suspension"] == words["Suspension"] == 2_148
    assert found["none"] == words["None"]
    assert found[None] == words["Illegitimate outcome"] == 5_129


def test_every_person_is_there_once_and_no_hash_of_the_source_leaves(example: Example) -> None:
    raw, table = example.raw(PEOPLE), example.published("workforce", "officers")
    assert one_number(f"select count(distinct officer_id) from {table}") == 5_881
    leaked = f'select count(*) from {table} join {raw} as r on officer_id = r."Officer.number"'
    assert one_number(leaked) == 0


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
