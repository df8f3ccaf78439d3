"""Boulder: two tables, times that lost their zeros, and a year of birth in place of an age."""

from __future__ import annotations

from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number

SLUG = "boulder_co"
MAIN = "stops/boulder_co/police_stop_data_main_2018.csv"
RESULTS = "stops/boulder_co/police_stop_data_results_2018.csv"


def test_every_stop_and_every_result_but_the_torn_row_is_published(example: Example) -> None:
    stops, results = example.account("stops", "stops"), example.account("stops", "stop_results")
    assert stops.read == stops.published == one_number(f"select count(*) from {example.raw(MAIN)}") == 8_215
    assert results.read == one_number(f"select count(*) from {example.raw(RESULTS)}") == 39_569
    assert results.published == 39_568
    assert list(results.refused.values()) == [1]


def test_races_and_residents_are_those_of_the_file(example: Example) -> None:
    raw, table = example.raw(MAIN), example.published("stops", "stops")
    names = "{'W': 'white', 'B': 'black', 'A': 'asian', 'I': 'native_american', 'U': 'unknown'}"
    written = f"select map {names}[race], count(*) from {raw} group by 1"
    assert counts(f"select subject_race, count(*) from {table} group by 1") == counts(written)
    residents = one_number(f"select count(*) from {raw} where enfaction = 'Y'")
    assert one_number(f"select count(*) from {table} where subject_resident") == residents > 0


def test_a_time_without_its_zeros_is_the_early_hour_that_it_was(example: Example) -> None:
    table = example.published("stops", "stops")
    shown = counts(f"select occurred_time, count(*) from {table} where reduced_detail is null group by 1")
    grown = '("Year of birth" is null or not 2018 - cast("Year of birth" as int) between 1 and 18)'
    hour = "lpad(cast(cast(stoptime as int) // 100 as text), 2, '0') || ':00'"
    raw = counts(f"select {hour}, count(*) from {example.raw(MAIN)} where {grown} group by 1")
    assert {time: shown[time] for time in ("00:00", "01:00", "16:00")} == {
        time: raw[time] for time in ("00:00", "01:00", "16:00")
    }


def test_nobody_who_may_be_under_18_is_taken_for_older(example: Example) -> None:
    young = 'cast("Year of birth" as int) between 2000 and 2017'  # 2018 less 2000: 17 or 18 years old
    table = example.published("stops", "stops")
    children = one_number(f"select count(*) from {example.raw(MAIN)} where {young}")
    assert one_number(f"select count(*) from {table} where reduced_detail = 'juvenile'") == children > 0
    shown = (
        f"{table} where subject_age_range = '0-17' and (occurred_time is not null or location is not null)"
    )
    assert one_number(f"select count(*) from {shown}") == 0


def test_searches_and_what_they_found_are_those_of_the_file(example: Example) -> None:
    raw, table = example.raw(RESULTS), example.published("stops", "stop_results")
    for kind, result, key, words in (
        ("search", "no_search", "RPT3", "'*NO SEARCH', 'NO SEARCH'"),
        ("search_basis", "consent", "RPT4", "'CONSENT'"),
        ("contraband", "drugs", "RPT5", "'DRUGS'"),
        ("outcome", "arrest", "RPT6", "'ARREST'"),
    ):
        rows = one_number(f"select count(*) from {raw} where appkey = '{key}' and itemdesc in ({words})")
        published = f"select count(*) from {table} where kind = '{kind}' and result = '{result}'"
        assert one_number(published) == rows > 0


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
