"""G1, G2: keys."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from check_subjects import fires, leaking, mapped, protected, silent
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeat.checks import run_checks
from openbeat.engine import Engine, open_engine

DAY = date(2025, 3, 1)


def _stops(*ids: str | None) -> dict[str, list[dict[str, object]]]:
    return {"stops": [{"stop_id": one, "person_no": 1, "occurred_date": DAY} for one in ids]}


def test_a_repeated_key_blocks(engine: Engine) -> None:
    found = fires("G1", mapped(engine, "stops", _stops("a", "b", "a", "a")), "mapped")
    assert (found.count, found.among, found.blocks) == (2, 4, True)


def test_an_empty_part_of_the_key_blocks(engine: Engine) -> None:
    found = fires("G1", mapped(engine, "stops", _stops("a", None)), "mapped")
    assert (found.field, found.count) == ("stop_id", 1)


def test_the_same_number_for_two_people_is_no_repeated_key(engine: Engine) -> None:
    people = [{"stop_id": "a", "person_no": n, "occurred_date": DAY} for n in (1, 2)]
    silent("G1", mapped(engine, "stops", {"stops": people}), "mapped")


def test_two_keys_that_become_one_pseudonym_block_what_leaves(engine: Engine) -> None:
    """“7” and “007” are one number to the pseudonyms, and two keys to the records."""
    subject = protected(mapped(engine, "stops", _stops("7", "007", "8")))
    silent("G1", subject, "mapped")
    assert fires("G1", subject, "protected").count == 1


def test_keys_of_rows_that_leave_are_looked_at_too(engine: Engine) -> None:
    silent("G1", leaking(mapped(engine, "stops", _stops("a", "b"))), "protected")


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=30))
@settings(max_examples=15, deadline=None)
def test_as_many_keys_are_repeated_as_there_are_more_rows_than_keys(keys: list[str]) -> None:
    with TemporaryDirectory() as folder:
        engine = open_engine("duckdb", scratch=Path(folder))
        found = run_checks(mapped(engine, "stops", _stops(*keys)), "mapped")
        engine.close()
    assert sum(one.count for one in found if one.check == "G1") == len(keys) - len(set(keys))


def _charges(*arrests: str) -> list[dict[str, object]]:
    return [{"arrest_id": one, "charge_no": number} for number, one in enumerate(arrests)]


def test_most_charges_without_their_arrest_block(engine: Engine) -> None:
    tables = {"arrests": [{"arrest_id": "a", "occurred_date": DAY}], "charges": _charges("a", "x", "y")}
    found = fires("G2", mapped(engine, "arrests", tables), "mapped")
    assert (found.table, found.field, found.count, found.among, found.blocks) == (
        "charges",
        "arrest_id",
        2,
        3,
        True,
    )


def test_few_charges_without_their_arrest_warn(engine: Engine) -> None:
    tables = {"arrests": [{"arrest_id": "a", "occurred_date": DAY}], "charges": _charges(*"a" * 99, "x")}
    assert fires("G2", mapped(engine, "arrests", tables), "mapped").level == "W"


def test_charges_that_find_their_arrest_are_not_spoken_of(engine: Engine) -> None:
    tables = {"arrests": [{"arrest_id": "a", "occurred_date": DAY}], "charges": _charges("a", "a")}
    silent("G2", mapped(engine, "arrests", tables), "mapped")


def test_charges_published_without_arrests_only_warn(engine: Engine) -> None:
    assert fires("G2", mapped(engine, "arrests", {"charges": _charges("a")}), "mapped").level == "W"
