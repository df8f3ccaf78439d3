"""Small cells of derived tables: hidden, so that neither a total nor arithmetic gives them back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

Cell = Mapping[str, object]
Line = tuple[int, ...]  # the number of a total's cell, and those of the cells that it is the total of
HIDDEN = ("count", "among", "share", "low", "high")
SIDES = ("count", "rest")  # those counted, and the others of `among`: each must stay hidden where it is small
TRIES = 8  # linear programs in random directions before a cell is asked about alone


def suppress(cells: Sequence[Cell], *, least: int, dimensions: Sequence[str]) -> list[dict[str, object]]:
    """The cells, with those that count fewer than `least` people or events hidden.

    cells       each with `count` of `among`, and a value (or None: "all") for every dimension
    dimensions  the names of what the cells are broken down by
    A cell is small if count, or among less count, is between 1 and least - 1. Where one cell of a line alone
    is hidden, the smallest other one is hidden too, be it the total: the rest of the line would give it back.
    Then the published numbers are attacked: while linear programming can tell a small number from them,
    one more cell beside it is hidden.
    Source      complementary suppression and its audit: M. Fischetti & J. J. Salazar, Management Science 47
                (2001) 1008-1027
    """
    shown = [dict(cell) for cell in cells]
    numbers = {side: np.array([_number(cell, side) for cell in cells], float) for side in SIDES}
    small = {side: (values > 0) & (values < least) for side, values in numbers.items()}
    hidden = {number for number in range(len(cells)) if any(small[side][number] for side in SIDES)}
    among, lines = numbers["count"] + numbers["rest"], list(_lines(cells, dimensions))
    _hide_beside(hidden, lines, among)
    while given_back := _given_back(hidden, lines, numbers, small):
        beside = [line for line in lines if given_back & {*line}]
        if not _hide_smallest(hidden, [number for line in beside for number in line], among):
            _hide_smallest(hidden, range(len(cells)), among)
        _hide_beside(hidden, lines, among)
    for number, cell in enumerate(shown):
        cell["suppressed"] = number in hidden
        if number in hidden:
            cell.update(dict.fromkeys((name for name in HIDDEN if name in cell), None))
    return shown


def _number(cell: Cell, side: str) -> int:
    count, among = int(str(cell["count"])), int(str(cell["among"]))
    return count if side == "count" else among - count


def _lines(cells: Sequence[Cell], dimensions: Sequence[str]) -> Iterator[Line]:
    """Each published total with the cells that are alike in all dimensions but one."""
    totals = {tuple(cell[name] for name in dimensions): number for number, cell in enumerate(cells)}
    parts: defaultdict[tuple[Hashable, ...], list[int]] = defaultdict(list)
    for place, number in totals.items():
        for over, value in enumerate(place):
            if value is not None:
                parts[*place[:over], None, *place[over + 1 :], over].append(number)
    for line, members in parts.items():
        if (total := totals.get(line[:-1])) is not None:
            yield total, *members


def _hide_beside(hidden: set[int], lines: Sequence[Line], among: NDArray[np.float64]) -> None:
    """Hides the smallest other cell of every line in which one alone is hidden, until there is none."""
    changed = True
    while changed:
        changed = False
        for line in lines:
            if len(hidden & {*line}) == 1:
                changed |= _hide_smallest(hidden, line, among)


def _hide_smallest(hidden: set[int], numbers: Sequence[int], among: NDArray[np.float64]) -> bool:
    rest = [number for number in numbers if number not in hidden and among[number]]
    hidden |= {min(rest, key=lambda number: (among[number], number))} if rest else set()
    return bool(rest)


def _given_back(
    hidden: set[int],
    lines: Sequence[Line],
    numbers: Mapping[str, NDArray[np.float64]],
    small: Mapping[str, NDArray[np.bool_]],
) -> set[int]:
    """Hidden cells of which the published ones leave a small number only one value."""
    cells = sorted(hidden)
    places = {number: place for place, number in enumerate(cells)}
    # How far hidden cells may be from the truth: a total as far as its parts together, and none below zero.
    signs = [
        (row, places[number], -1.0 if number == line[0] else 1.0)
        for row, line in enumerate(one for one in lines if hidden & {*one})
        for number in line
        if number in hidden
    ]
    if not signs:
        return set()
    rows, columns, values = zip(*signs, strict=True)
    sums = csr_array((values, (rows, columns)), shape=(max(rows) + 1, len(cells)))
    found: set[int] = set()
    for side in SIDES:
        truth = numbers[side][cells]
        wanted = {places[number] for number in cells if small[side][number]}
        found |= {cells[place] for place in _fixed(wanted, truth, sums)}
    return found


def _fixed(wanted: set[int], truth: NDArray[np.float64], sums: csr_array) -> set[int]:
    """Which of the wanted variables have one value in all solutions that are zero or more."""
    limits = np.column_stack([-truth, np.full(len(truth), truth.sum() + 1)])
    random, rest = np.random.default_rng(0), set(wanted)

    def move(direction: NDArray[np.float64]) -> None:
        done = linprog(direction, A_eq=sums, b_eq=np.zeros(sums.shape[0]), bounds=limits)
        if done.success:
            rest.difference_update(np.flatnonzero(np.abs(done.x) > 0.5).tolist())

    for _ in range(TRIES):
        if rest:
            move(random.normal(size=len(truth)))
    for place in sorted(rest):
        for sign in (1.0, -1.0):
            if place in rest:
                move(sign * np.eye(1, len(truth), place)[0])
    return rest
