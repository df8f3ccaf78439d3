"""Lincoln: numbers whose key was never published, and times that lost their zeros."""

from __future__ import annotations

from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number

SLUG = "lincoln_ne"
FILE = "force/pdi/Lincoln/LPD_Use_of_control_2014_2016.csv"


def test_every_row_is_published(example: Example) -> None:
    account = example.account("use_of_force", "force")
    assert account.read == account.published == one_number(f"select count(*) from {example.raw(FILE)}") == 391


def test_a_time_without_its_zeros_is_the_early_hour_that_it_was(example: Example) -> None:
    raw, table = example.raw(FILE), example.published("use_of_force", "force")
    adult = "(susage = '.' or cast(susage as int) >= 18)"  # of a child, the hour stays inside
    hour, minute = "cast(time as int) // 100", "cast(time as int) % 100"
    by_hour = (
        f"select lpad(cast({hour} as text), 2, '0') || ':00', count(*) from {raw}"
        f" where {adult} and {hour} < 24 and {minute} < 60 group by 1"
    )
    assert counts(
        f"select occurred_time, count(*) from {table} where occurred_time is not null group by 1"
    ) == counts(by_hour)


def test_numbers_without_a_key_are_not_published(example: Example) -> None:
    columns = counts(
        f"select column_name, 1 from (describe select * from {example.published('use_of_force', 'force')})"
    )
    unkeyed = {
        "subject_race",
        "subject_gender",
        "officer_race",
        "officer_gender",
        "force_types",
        "resistance",
        "force_reasons",
    }
    assert unkeyed.isdisjoint(columns)
    ignored = example.outcomes[0].tables["force"].ignored_columns
    assert ignored["susrace"] == "numbers without a published key"


def test_children_under_18_are_counted_and_less_is_said_of_them(example: Example) -> None:
    children = f"select count(*) from {example.raw(FILE)} where try_cast(susage as int) < 18"
    table = example.published("use_of_force", "force")
    reduced = f"select count(*) from {table} where reduced_detail = 'juvenile' and subject_age_range = '0-17'"
    assert one_number(reduced) == one_number(children) > 0
    assert (
        one_number(
            f"select count(*) from {table} where reduced_detail is not null and occurred_time is not null"
        )
        == 0
    )


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
