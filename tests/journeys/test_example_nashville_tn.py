"""Nashville: seven files, 1.4 million stops, and officers who are text in some years, numbers in others."""

from __future__ import annotations

import pytest
from publishing import Example, counts, every_column_named, every_row_accounted_for, one_number

SLUG = "nashville_tn"
pytestmark = pytest.mark.slow


def raw(example: Example) -> str:
    """The seven files, as DuckDB reads them."""
    return f"read_parquet('{example.shared}/data/stops/nashville_tn/*.parquet', union_by_name = true)"


def test_the_known_figures_come_out(example: Example) -> None:
    table = example.published("stops", "stops")
    account = example.account("stops", "stops")
    assert (
        account.read == account.published == one_number(f"select count(*) from {raw(example)}") == 1_377_285
    )
    assert one_number(f"select count(*) from {table} where search_conducted") == 89_795
    assert one_number(f"select count(*) from {table} where contraband_found") == 15_229
    assert one_number(f"select count(distinct officer_id) from {table}") == 1_554


def test_races_and_reasons_are_those_of_the_files(example: Example) -> None:
    table = example.published("stops", "stops")
    races = "{'W': 'white', 'B': 'black', 'U': 'unknown', 'A': 'asian', 'I': 'native_american',"
    races += " 'O': 'other', 'P': 'pacific_islander'}"
    written = f'select map {races}["Race"], count(*) from {raw(example)} group by 1'
    assert counts(f"select subject_race, count(*) from {table} group by 1") == counts(written)


def test_who_was_searched_is_kept_apart(example: Example) -> None:
    table = example.published("stops", "stops")
    for field, condition in (
        ("search_driver", "\"Driver.Searched\" = 'Y'"),
        ("search_passenger", "\"Passenger.Searched\" = 'Y'"),
        ("search_person", '\'Y\' in ("Driver.Searched", "Passenger.Searched")'),
        ("search_vehicle", "\"Vehicle.Searched\" = 'Y'"),
        ("frisk_performed", "\"Pat.Down.Search\" = 'Y'"),
        ("citation_issued", '\'Y\' in ("Traffic.Citation.Issued", "Misd.State.Citation.Issued")'),
        ("warning_issued", '\'Y\' in ("Verbal.Warning.Issued", "Written.Warning.Issued")'),
    ):
        rows = one_number(f"select count(*) from {raw(example)} where {condition}")
        assert one_number(f"select count(*) from {table} where {field}") == rows > 0


def test_no_address_leaves(example: Example) -> None:
    """A block and a day together would single out nearly every stop."""
    described = one_number(f"select count(*) from (describe from {example.published('stops', 'stops')})")
    places = "column_name in ('location', 'latitude', 'longitude')"
    found = f"select count(*) from (describe from {example.published('stops', 'stops')}) where {places}"
    assert one_number(found) == 0 < described


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
