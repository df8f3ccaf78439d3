"""What a release says that it changes, beside the arithmetic of sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbeat.engine import Engine, open_engine
from openbeat.release.changes import Changes, changes_between, first_release

SCHEMA = pa.schema([("id", pa.string()), ("no", pa.int64()), ("race", pa.string()), ("age", pa.int64())])
VALUES = st.tuples(st.sampled_from(["black", "white", "", None]), st.sampled_from([1, 2, None]))
# An agency may have accepted that a part of the key is empty: such a row is still the same row next time.
KEYS = st.tuples(st.sampled_from(["s1", "s2", "s3", None]), st.sampled_from([1, 2, None]))
TABLE = st.dictionaries(KEYS, VALUES, max_size=8)
Table = Mapping[tuple[Any, Any], tuple[Any, Any]]
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    one = open_engine("duckdb", scratch=tmp_path_factory.mktemp("duck"))
    yield one
    one.close()


def staged(engine: Engine, table: Table) -> ir.Table:
    rows = [{"id": i, "no": no, "race": race, "age": age} for (i, no), (race, age) in table.items()]
    return engine.lookup(pa.Table.from_pylist(rows, schema=SCHEMA))


def between(engine: Engine, before: Table | None, after: Table | None) -> Changes:
    old = {} if before is None else {"stops": staged(engine, before)}
    new = {} if after is None else {"stops": staged(engine, after)}
    return changes_between(old, new, {"stops": ["id", "no"]}, engine)


def name(key: tuple[Any, Any]) -> str:
    return "|".join("" if part is None else str(part) for part in key)


def differing(one: tuple[Any, Any], other: tuple[Any, Any]) -> str:
    return " ".join(field for field, a, b in zip(("race", "age"), one, other, strict=True) if a != b)


def listed(changes: Changes) -> list[tuple[Any, ...]]:
    assert changes.rows is not None
    return sorted((row["change"], row["key"], row["fields"]) for row in changes.rows.to_pylist())


@quick
@given(TABLE, TABLE)
def test_rows_are_added_changed_and_withdrawn_as_sets_have_it(
    engine: Engine, before: Table, after: Table
) -> None:
    found = between(engine, before, after)
    changed = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    assert (found.added, found.changed, found.withdrawn) == (
        len(after.keys() - before.keys()),
        len(changed),
        len(before.keys() - after.keys()),
    )
    assert sorted(listed(found), key=str) == sorted(
        [
            *(("added", name(key), None) for key in after.keys() - before.keys()),
            *(("withdrawn", name(key), None) for key in before.keys() - after.keys()),
            *(("changed", name(key), differing(before[key], after[key])) for key in changed),
        ],
        key=str,
    )


@quick
@given(TABLE)
def test_the_same_rows_change_nothing(engine: Engine, table: Table) -> None:
    found = between(engine, table, dict([*table.items()][::-1]))
    assert (found.added, found.changed, found.withdrawn) == (0, 0, 0)
    assert listed(found) == []


@quick
@given(TABLE)
def test_a_table_that_comes_or_goes_does_so_row_by_row(engine: Engine, table: Table) -> None:
    came, went = between(engine, None, table), between(engine, table, None)
    assert (came.added, came.changed, came.withdrawn) == (len(table), 0, 0)
    assert (went.added, went.changed, went.withdrawn) == (0, 0, len(table))


def test_withdrawn_rows_and_only_those_have_a_reason(engine: Engine) -> None:
    found = between(
        engine,
        {("s1", 1): ("black", 1), ("s2", 1): ("white", 1)},
        {("s1", 1): ("black", 2), ("s3", 1): ("", 1)},
    )
    assert found.rows is not None
    assert {row["change"]: row["reason"] is not None for row in found.rows.to_pylist()} == {
        "added": False,
        "changed": False,
        "withdrawn": True,
    }


def test_a_column_that_is_new_or_gone_is_no_change_of_the_rows(engine: Engine) -> None:
    before = staged(engine, {("s1", 1): ("black", 30)})
    found = changes_between(
        {"stops": before},
        {"stops": before.drop("age").mutate(beat=before.race)},
        {"stops": ["id", "no"]},
        engine,
    )
    assert (found.added, found.changed, found.withdrawn) == (0, 0, 0)


@pytest.mark.parametrize("key", [["id", "no"], []])
def test_rows_with_another_key_or_none_are_all_new_and_the_old_ones_withdrawn(
    key: list[str], engine: Engine
) -> None:
    before, after = (
        staged(engine, {("s1", 1): ("black", 1), ("s2", 1): ("white", 1)}),
        staged(engine, {("s1", 1): ("", 1)}),
    )
    old = before.drop("no") if key else before
    found = changes_between({"stops": old}, {"stops": after}, {"stops": key}, engine)
    assert (found.added, found.changed, found.withdrawn) == (1, 0, 2)


def test_a_first_release_adds_everything_and_lists_nothing() -> None:
    assert first_release({"stops": 3, "results": 4}) == Changes(added=7, changed=0, withdrawn=0, rows=None)
