"""Dallas: seven yearly files whose columns drift, and kinds of force packed into cells."""

from __future__ import annotations

import pytest
from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number

SLUG = "dallas_tx"
FILES = "force/pdi/Dallas/*.csv"
BADGE = "coalesce(CURRENT_BA, CURRENT_BADGE_NO, CURRENT_BAxx)"

pytestmark = pytest.mark.slow


def test_all_seven_files_are_read_and_one_row_without_content_is_refused(example: Example) -> None:
    account = example.account("use_of_force", "force")
    assert account.read == one_number(f"select count(*) from {example.raw(FILES)}") == 20_610
    assert (account.published, list(account.refused.values())) == (20_609, [1])


def test_each_year_has_the_rows_of_its_file(example: Example) -> None:
    raw, table = example.raw(FILES), example.published("use_of_force", "force")
    year = "substr(coalesce(OCCURRED_D, OCCURRED_DT), 7, 4)"
    by_year = f"select {year}, count(*) from {raw} where FILENUM is not null group by 1"
    found = counts(f"select strftime(occurred_date, '%Y'), count(*) from {table} group by 1")
    assert found == counts(by_year)
    assert sorted(found, key=str) == ["2013", "2014", "2015", "2016", "2017", "2018", "2019"]


def test_an_officer_stays_one_officer_under_three_column_names(example: Example) -> None:
    raw, table = example.raw(FILES), example.published("use_of_force", "force")
    badges = one_number(f"select count(distinct trim({BADGE})) from {raw} where trim({BADGE}) <> '0'")
    assert one_number(f"select count(distinct officer_id) from {table}") == badges
    busiest = f"select count(*) as n from {raw} where trim({BADGE}) <> '0' group by trim({BADGE})"
    found = f"select count(*) as n from {table} where officer_id is not null group by officer_id"
    assert one_number(f"select max(n) from ({found})") == one_number(f"select max(n) from ({busiest})")


def test_race_and_injury_are_counted_as_in_the_files(example: Example) -> None:
    raw, table = example.raw(FILES), example.published("use_of_force", "force")
    words = counts(f"select CitRace, count(*) from {raw} where FILENUM is not null group by 1")
    found = counts(f"select subject_race, count(*) from {table} group by 1")
    assert (found["black"], found["hispanic"], found["white"]) == (
        words["Black"],
        words["Hispanic"],
        words["White"],
    )
    hurt = f"select count(*) from {raw} where lower(coalesce(CIT_INJURE, CIT_INJURED)) in ('yes', 'true')"
    assert one_number(f"select count(*) from {table} where subject_injured") == one_number(hurt) > 0


def test_a_packed_cell_holds_each_kind_of_force_once(example: Example) -> None:
    raw, table = example.raw(FILES), example.published("use_of_force", "force")
    packed = f"select count(*) from {raw} where regexp_matches(',' || ForceType || ',', ', *Taser *,')"
    has = "list_contains(string_split(force_types, '|'), 'taser')"
    assert one_number(f"select count(*) from {table} where {has}") == one_number(packed) > 0


def test_the_place_of_family_violence_is_not_told_though_the_charge_stays_inside(example: Example) -> None:
    table = example.published("use_of_force", "force")
    columns = counts(f"select column_name, 1 from (describe select * from {table})")
    assert "charges" not in columns
    told = "coalesce(location, cast(latitude as text), beat, occurred_time)"
    marked = f"from {table} where contains(reduced_detail, 'domestic_violence')"
    assert one_number(f"select count(*) {marked}") > 1_900
    assert one_number(f"select count(*) {marked} and {told} is not null") == 0


def test_positions_lie_in_and_around_dallas(example: Example) -> None:
    table = example.published("use_of_force", "force")
    away = "latitude not between 32.5 and 33.1 or longitude not between -97.1 and -96.4"
    assert one_number(f"select count(latitude) from {table}") > 8_000
    assert one_number(f"select count(*) from {table} where {away}") < 10


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
