"""Small cells of derived tables: hidden, and hidden so that a total does not give them back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence

Cell = Mapping[str, object]
Line = Callable[[Cell], Hashable]
HIDDEN = ("count", "among", "share", "low", "high")


def suppress(cells: Sequence[Cell], *, least: int, dimensions: Sequence[str]) -> list[dict[str, object]]:
    """The cells, with those that count fewer than `least` people or events hidden.

    cells       each with `count` of `among`, and a value (or None: "all") for every dimension
    dimensions  the names of what the cells are broken down by
    A cell is small if count, or among less count, is between 1 and least - 1. Where one cell of a line alone
    is hidden, the smallest other one of the line is hidden too (complementary suppression), because the
    line's total would give it back.
    """
    shown = [dict(cell) for cell in cells]
    hidden = {number for number, cell in enumerate(shown) if _is_small(cell, least)}
    lines = _lines(shown, dimensions)
    changed = True
    while changed:
        changed = False
        for members in lines:
            inside = [number for number in members if number in hidden]
            if len(inside) != 1 or len(members) == 1:
                continue
            rest = [number for number in members if number not in hidden and shown[number]["among"]]
            if rest:
                hidden.add(min(rest, key=lambda number: (shown[number]["among"], number)))
                changed = True
    for number, cell in enumerate(shown):
        cell["suppressed"] = number in hidden
        if number in hidden:
            cell.update(dict.fromkeys((name for name in HIDDEN if name in cell), None))
    return shown


def _is_small(cell: Cell, least: int) -> bool:
    count, among = int(str(cell["count"])), int(str(cell["among"]))
    return 0 < count < least or 0 < among - count < least


def _lines(cells: Sequence[Cell], dimensions: Sequence[str]) -> list[list[int]]:
    """Cells that add up to a published total: alike in all dimensions but one."""
    lines: defaultdict[Hashable, list[int]] = defaultdict(list)
    for number, cell in enumerate(cells):
        broken_down = tuple(name for name in dimensions if cell[name] is not None)
        for over in broken_down:
            rest = tuple(cell[name] for name in dimensions if name != over)
            lines[over, broken_down, rest].append(number)
    return list(lines.values())
