"""Indianapolis: a file that somebody had cleaned until little was left."""

from __future__ import annotations

from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number

SLUG = "indianapolis_in"
FILE = "force/pdi/Indianapolis/Indiannapolis_clean.csv"


def test_every_row_is_published_equal_ones_too(example: Example) -> None:
    account = example.account("use_of_force", "force")
    assert (
        account.read == account.published == one_number(f"select count(*) from {example.raw(FILE)}") == 16_826
    )


def test_a_position_that_is_the_same_in_every_row_is_not_published(example: Example) -> None:
    assert one_number(f"select count(distinct lat || lon) from {example.raw(FILE)}") == 1
    columns = counts(
        f"select column_name, 1 from (describe select * from {example.published('use_of_force', 'force')})"
    )
    assert {"latitude", "longitude"}.isdisjoint(columns)


def test_rows_without_a_date_keep_none(example: Example) -> None:
    told = one_number(f"select count(*) from {example.raw(FILE)} where Date is null")
    table = example.published("use_of_force", "force")
    assert one_number(f"select count(*) from {table} where occurred_date is null") == told == 544


def test_a_misspelled_race_counts_with_the_race_it_means(example: Example) -> None:
    words = counts(f"select residentRace, count(*) from {example.raw(FILE)} group by 1")
    found = counts(
        f"select subject_race, count(*) from {example.published('use_of_force', 'force')} group by 1"
    )
    assert found["black"] == words["Black"] + words["Blace"] == 8_352
    assert found["multiracial"] == words["Bi-Racial"]
    assert found[None] == words[None]


def test_deadly_force_is_told_as_in_the_file(example: Example) -> None:
    table = example.published("use_of_force", "force")
    words = counts(f"select Lethal, count(*) from {example.raw(FILE)} group by 1")
    found = counts(f"select cast(deadly_force as text), count(*) from {table} group by 1")
    assert found == {"true": words["True"], "false": words["False"]}


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
