"""What standards and agencies may say of a row, and what it means where a value is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbeat.engine import Engine, holds, open_engine, violates
from openbeat.errors import WrongSettings
from openbeat.standards.conditions import Compare, HasCode, IsNull, Literal, Name, fields_of, parse_condition

SCHEMA = pa.schema(
    [("a", pa.int64()), ("b", pa.int64()), ("t", pa.string()), ("c", pa.string()), ("f", pa.bool_())]
)
CODES = ("force", "cuffs", "force_gun", "none")
Row = dict[str, Any]
Spoken = tuple[str, Any]  # the text of a condition, and the same as a function of Python's own


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    one = open_engine("duckdb", scratch=tmp_path_factory.mktemp("duck"))
    yield one
    one.close()


def compared(sign: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    signs: dict[str, bool] = {
        "=": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }
    return signs[sign]


def joined(sign: str, left: bool | None, right: bool | None) -> bool | None:
    """Kleene's tables: what decides alone decides, whatever the other is."""
    decisive = sign == "or"
    if decisive in (left, right):
        return decisive
    return None if None in (left, right) else not decisive


def without(value: bool | None) -> bool | None:
    return None if value is None else not value


def has_code(cell: str | None, code: str) -> bool | None:
    return None if cell is None else code in cell.split("|")


def numbers_compared(field: str, sign: str, other: int | str) -> Spoken:
    return f"{field} {sign} {other}", lambda row: compared(
        sign, row[field], row[other] if isinstance(other, str) else other
    )


SIGNS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
SMALL = st.integers(-2, 2)
WORDS = st.sampled_from(["x", "y", "it's", "", "X"])
LEAVES: st.SearchStrategy[Spoken] = st.one_of(
    st.builds(numbers_compared, st.sampled_from(["a", "b"]), SIGNS, SMALL),
    st.builds(numbers_compared, st.just("a"), SIGNS, st.just("b")),
    WORDS.map(
        lambda word: (
            f"t = '{word.replace(chr(39), chr(39) * 2)}'",
            lambda row: compared("=", row["t"], word),
        )
    ),
    st.booleans().map(lambda yes: (f"f = {str(yes).lower()}", lambda row: compared("=", row["f"], yes))),
    st.sampled_from("abtcf").map(lambda name: (f"{name} is null", lambda row: row[name] is None)),
    st.sampled_from("abtcf").map(lambda name: (f"{name} is not null", lambda row: row[name] is not None)),
    st.lists(SMALL, min_size=1, max_size=3).map(
        lambda some: (
            f"a in ({', '.join(map(str, some))})",
            lambda row: None if row["a"] is None else row["a"] in some,
        )
    ),
    st.sampled_from(CODES).map(lambda code: (f"has_code(c, '{code}')", lambda row: has_code(row["c"], code))),
)


def grown(inner: st.SearchStrategy[Spoken]) -> st.SearchStrategy[Spoken]:
    both = st.builds(
        lambda sign, one, two: (
            f"({one[0]}) {sign} ({two[0]})",
            lambda row: joined(sign, one[1](row), two[1](row)),
        ),
        st.sampled_from(["and", "or"]),
        inner,
        inner,
    )
    return both | inner.map(lambda one: (f"not ({one[0]})", lambda row: without(one[1](row))))


CONDITIONS = st.recursive(LEAVES, grown, max_leaves=6)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "a": st.none() | SMALL,
            "b": st.none() | SMALL,
            "t": st.none() | WORDS,
            "c": st.none()
            | st.sets(st.sampled_from(CODES), min_size=1).map(lambda some: "|".join(sorted(some))),
            "f": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=6,
)
same = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def numbered(engine: Engine, rows: list[Row]) -> Any:
    schema = SCHEMA.append(pa.field("row", pa.int64()))
    return engine.lookup(
        pa.Table.from_pylist([{**row, "row": n} for n, row in enumerate(rows)], schema=schema)
    )


def told(engine: Engine, rows: Any, said: Any) -> list[Any]:
    found = engine.fetch(rows.select("row", said=said)).to_pylist()
    return [one["said"] for one in sorted(found, key=lambda one: one["row"])]


@same
@given(CONDITIONS, ROWS)
def test_a_condition_says_yes_no_or_nothing_as_three_valued_logic_has_it(
    engine: Engine, spoken: Spoken, rows: list[Row]
) -> None:
    text, meaning = spoken
    table = numbered(engine, rows)
    assert told(engine, table, holds(parse_condition(text), table)) == [meaning(row) for row in rows]


@same
@given(CONDITIONS, CONDITIONS, ROWS)
def test_a_rule_is_broken_only_where_it_certainly_is(
    engine: Engine, first: Spoken, then: Spoken, rows: list[Row]
) -> None:
    table = numbered(engine, rows)
    broken = told(engine, table, violates(parse_condition(first[0]), parse_condition(then[0]), table))
    assert broken == [first[1](row) is True and then[1](row) is False for row in rows]


@given(CONDITIONS)
def test_a_condition_names_the_fields_that_it_looks_at(spoken: Spoken) -> None:
    looked: set[str] = set()

    class Watched(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            looked.add(name)
            return None

    spoken[1](Watched())
    assert fields_of(parse_condition(spoken[0])) == looked


def test_a_code_is_not_found_inside_another_code(engine: Engine) -> None:
    table = numbered(
        engine, [dict.fromkeys("abtf") | {"c": cell} for cell in ("force_gun", "cuffs|force", None)]
    )
    assert told(engine, table, holds(parse_condition("has_code(c, 'force')"), table)) == [False, True, None]


def test_text_may_hold_a_quote_and_numbers_a_sign() -> None:
    assert parse_condition("t = 'it''s'") == Compare("=", Name("t"), Literal("it's"))
    assert parse_condition("a >= -1.5") == Compare(">=", Name("a"), Literal(-1.5))
    assert parse_condition("has_code(c, 'x')") == HasCode(Name("c"), "x")
    assert parse_condition("a is null") == IsNull(Name("a"))


def test_and_binds_more_than_or() -> None:
    assert parse_condition("a = 1 or b = 2 and f = true") == parse_condition("a = 1 or (b = 2 and f = true)")


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "a", "true", "a =", "(a = 1", "a = null", "a in ()", "a in (1, null)", "a < b < 3"),
        *(
            "lower(t) = 'x'",
            "a = abs(-1)",
            "a + 1 = 2",
            "t = 'x' || 'y'",
            "a = current_date",
            "cast(a as text) = '1'",
        ),
        *("a::text = '1'", "case when a = 1 then true end", "t like 'x%'", "t ~ 'x'", "a between 1 and 2"),
        *("has_code(c)", "has_code(c, 'x', 'y')", "has_code('c', 'x')", "has_code(c, 3)", "has_code(c, t)"),
        *("a in (select 1)", "exists (select 1)", "a = (select 1)", "a = any (select 1)", "select 1"),
        *('"a" = 1', "[a] = 1", "`a` = 1", "t.a = 1", "a = ?", "a = $1", "a = :b", "a = @b"),
        *("a = 1; drop table stops", "a = 1;", "a = 1; b = 2", "a = 1 union select 1"),
        *("a = 1 -- and more", "a = 1 /* or b = 2 */", "/* x */ a = 1", "a /* x */ = 1", "a = 1 # x"),
        *("t = E'x'", "t = $$x$$", "t = x'ff'", "t = 'x", "t = date '2020-01-01'"),
    ],
)
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(WrongSettings, match="write fields, 'text', numbers") as caught:
        parse_condition(text, where="stops.toml")
    assert str(caught.value).startswith("stops.toml: ")
