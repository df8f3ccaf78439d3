"""Derived tables made fit to leave: small cells hidden, in all tables of one rate together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from openbeat.protect.cells import suppress
from openbeat.stages import DerivedTable

Place = tuple[object, object, object, object]


def hide_small_cells(tables: Iterable[DerivedTable], *, least: int) -> tuple[DerivedTable, ...]:
    """The tables, with cells that count fewer than `least` hidden.

    Tables of one rate, by race and by sex, say, have their totals in common: what is hidden in one must not
    stand open in another, so that they are hidden together.
    """
    tables = tuple(tables)
    siblings: defaultdict[str, list[DerivedTable]] = defaultdict(list)
    for table in tables:
        siblings[table.rate].append(table)
    shown = {rate: _shown(members, least) for rate, members in siblings.items()}
    return tuple(
        replace(table, rows=tuple(shown[table.rate][_place(cell)] for cell in table.rows)) for table in tables
    )


def _shown(tables: list[DerivedTable], least: int) -> dict[Place, Mapping[str, object]]:
    cells = {_place(cell): cell for table in tables for cell in table.rows}
    fields = sorted({str(field) for _, _, field, _ in cells if field is not None})
    wide = [{**cell, **dict.fromkeys(fields), **_group(cell)} for cell in cells.values()]
    hidden = suppress(wide, least=least, dimensions=("year", "place", *fields))
    return {
        place: {name: value for name, value in cell.items() if name not in fields}
        for place, cell in zip(cells, hidden, strict=True)
    }


def _place(cell: Mapping[str, object]) -> Place:
    return cell["year"], cell["place"], cell["group_field"], cell["group"]


def _group(cell: Mapping[str, object]) -> dict[str, object]:
    return {str(cell["group_field"]): cell["group"]} if cell["group"] is not None else {}
