"""Small cells of derived tables stay hidden, also from somebody who can calculate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from openbeat.protect import suppress

LEAST = 5
quiet = settings(max_examples=60, deadline=None)
Cells = list[dict[str, Any]]
NUMBERS = ("count", "among", "share", "low", "high")
SPARSE = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 9, 30, 200])


def cell(place: Sequence[Any], count: int, among: int, dimensions: Sequence[str]) -> dict[str, Any]:
    numbers = {"count": count, "among": among, "share": count / among, "low": 0.0, "high": 1.0}
    return {**dict(zip(dimensions, place, strict=True)), **numbers}


def table(
    inner: Mapping[tuple[Any, ...], tuple[int, int]],
    dimensions: Sequence[str],
    shown: Sequence[Sequence[object]],
) -> Cells:
    """The cells of a table with the margins that `shown` names; empty ones are left out."""
    sums: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for place, (count, rest) in inner.items():
        for kept in shown:
            at = tuple(value if keep else None for value, keep in zip(place, kept, strict=True))
            sums[at][0] += count
            sums[at][1] += count + rest
    return [cell(at, count, among, dimensions) for at, (count, among) in sums.items() if among]


@st.composite
def crossed(draw: st.DrawFn) -> Cells:
    """Two dimensions with all their margins."""
    high, wide = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    inner = {
        (f"r{row}", f"c{col}"): (draw(SPARSE), draw(SPARSE)) for row in range(high) for col in range(wide)
    }
    return table(inner, ("a", "b"), [*product([True, False], repeat=2)])


RATE_MARGINS = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1)]


@st.composite
def rates(draw: st.DrawFn) -> Cells:
    """Years, places and groups, shown as rate tables show them: never all three at once."""
    sizes = [range(draw(st.integers(1, 3))) for _ in range(3)]
    inner = {at: (draw(SPARSE), draw(SPARSE)) for at in product(*sizes)}
    return table(inner, ("year", "place", "group"), RATE_MARGINS)


def named(cells: Cells) -> tuple[str, ...]:
    return tuple(name for name in ("a", "b", "year", "place", "group") if cells and name in cells[0])


def lines(cells: Cells) -> Iterator[tuple[int, list[int]]]:
    """Every total with its parts, found anew: parts have one value more than their total."""
    dimensions = named(cells)
    for total, whole in enumerate(cells):
        for over in (name for name in dimensions if whole[name] is None):
            parts = [
                number
                for number, part in enumerate(cells)
                if part[over] is not None
                and all(part[name] == whole[name] for name in dimensions if name != over)
            ]
            if parts:
                yield total, parts


def left_open(cells: Cells, shown: Cells, side: str) -> dict[int, tuple[float, float]]:
    """The least and the most that each hidden number can be, for somebody who reads the published ones."""
    hidden = [number for number, one in enumerate(shown) if one["suppressed"]]
    column = {number: place for place, number in enumerate(hidden)}
    sums, rest = [], []
    for total, parts in lines(cells):
        row, known = np.zeros(len(hidden)), 0
        for number, sign in [(total, -1), *((part, 1) for part in parts)]:
            if number in column:
                row[column[number]] += sign
            else:
                one = shown[number]
                known += sign * (one["count"] if side == "count" else one["among"] - one["count"])
        if row.any():
            sums.append(row)
            rest.append(-known)
    found = {}
    for number in hidden:
        aim = np.eye(1, len(hidden), column[number])[0]
        ends = [
            linprog(sign * aim, A_eq=np.array(sums) if sums else None, b_eq=rest or None, bounds=(0, 10_000))
            for sign in (1, -1)
        ]
        assert all(end.success for end in ends)
        found[number] = (ends[0].fun, -ends[1].fun)
    return found


def sides(one: Mapping[str, Any]) -> dict[str, int]:
    return {"count": one["count"], "rest": one["among"] - one["count"]}


@quiet
@given(st.one_of(crossed(), rates()))
def test_no_small_cell_is_shown_and_what_is_shown_is_the_truth(cells: Cells) -> None:
    shown = suppress(cells, least=LEAST, dimensions=named(cells))
    assert len(shown) == len(cells)
    for one, said in zip(cells, shown, strict=True):
        small = any(0 < value < LEAST for value in sides(one).values())
        assert said["suppressed"] or not small
        assert {name: said[name] for name in one} == (
            one | dict.fromkeys(NUMBERS) if said["suppressed"] else one
        )


@quiet
@given(st.one_of(crossed(), rates()))
def test_no_line_hides_one_cell_alone(cells: Cells) -> None:
    shown = suppress(cells, least=LEAST, dimensions=named(cells))
    for total, parts in lines(cells):
        assert [shown[number]["suppressed"] for number in (total, *parts)].count(True) != 1


@quiet
@given(st.one_of(crossed(), rates()))
def test_linear_programming_cannot_tell_a_small_number_from_what_is_published(cells: Cells) -> None:
    shown = suppress(cells, least=LEAST, dimensions=named(cells))
    for side in ("count", "rest"):
        for number, (low, high) in left_open(cells, shown, side).items():
            truth = sides(cells[number])[side]
            assert low - 1e-6 <= truth <= high + 1e-6
            if 0 < truth < LEAST:
                assert high - low > 0.5, (cells[number], side)


def test_the_attack_of_these_tests_sees_through_a_small_cell_that_is_hidden_alone() -> None:
    inner = {("a", "x"): (1, 50), ("a", "y"): (40, 50), ("b", "x"): (60, 50), ("b", "y"): (70, 50)}
    cells = table(inner, ("a", "b"), [*product([True, False], repeat=2)])
    alone = [one | {"suppressed": 0 < one["count"] < LEAST} for one in cells]
    assert [*left_open(cells, alone, "count").values()] == [(1, 1)]


def test_a_table_without_small_cells_is_left_alone() -> None:
    cells = table(
        {(r, c): (50, 50) for r in "ab" for c in "xyz"}, ("a", "b"), [*product([True, False], repeat=2)]
    )
    assert not any(one["suppressed"] for one in suppress(cells, least=LEAST, dimensions=("a", "b")))


def test_the_cell_that_hides_another_is_the_smallest_of_its_line() -> None:
    cells = table({("x",): (2, 90), ("y",): (50, 900), ("z",): (50, 200)}, ("a",), [(True,), (False,)])
    hidden = {one["a"] for one in suppress(cells, least=LEAST, dimensions=("a",)) if one["suppressed"]}
    assert hidden == {"x", "z"}


def test_a_year_that_is_the_only_one_does_not_tell_what_the_whole_hides() -> None:
    inner = {(2025, "p", "a"): (2, 90), (2025, "p", "b"): (50, 100), (2025, "p", "c"): (60, 100)}
    cells = table(inner, ("year", "place", "group"), RATE_MARGINS)
    shown = suppress(cells, least=LEAST, dimensions=("year", "place", "group"))
    by_group = defaultdict(set)
    for one in shown:
        by_group[one["group"]].add(one["suppressed"])
    assert by_group == {None: {False}, "a": {True}, "b": {True}, "c": {False}}


@pytest.mark.parametrize("least", [1, 0])
def test_an_agency_may_hide_nothing(least: int) -> None:
    cells = table({("x",): (1, 1), ("y",): (1, 2)}, ("a",), [(True,), (False,)])
    assert not any(one["suppressed"] for one in suppress(cells, least=least, dimensions=("a",)))


def test_no_cells_are_no_cells() -> None:
    assert suppress([], least=LEAST, dimensions=("a",)) == []
