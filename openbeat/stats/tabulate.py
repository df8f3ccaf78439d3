"""The rates that a standard asks for, by group, place and year, counted on the rows inside the agency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from openbeat.engine import Engine, holds
from openbeat.stages import DerivedTable, Mapped, StagedTable
from openbeat.standards import Rate
from openbeat.standards.conditions import fields_of
from openbeat.stats.wilson import wilson

DIMENSIONS = ("year", "place", "group")
MOST_PLACES = 200
# Which dimensions a cell is broken down by; None of them: the whole.
BREAKDOWNS = (
    (False, False, False),
    (True, False, False),
    (False, True, False),
    (False, False, True),
    (True, False, True),
    (False, True, True),
)


def rate_tables(mapped: Mapped, engine: Engine) -> tuple[DerivedTable, ...]:
    """A table of shares with intervals for each rate of the standard that the agency's columns allow."""
    made = []
    for rate in mapped.standard.rates:
        staged = mapped.tables.get(rate.table)
        if staged is None or not fields_of(rate.count) | fields_of(rate.among) <= set(staged.columns):
            continue
        groups: list[str | None] = [name for name in rate.by if name in staged.columns]
        for by in groups or [None]:
            rows = _cells(rate, staged, by, engine)
            if rows:
                key = f"{rate.key}_by_{by}" if by else rate.key
                made.append(
                    DerivedTable(
                        key=key,
                        rate=rate.key,
                        of=rate.table,
                        title=rate.title,
                        caution=rate.caution,
                        rows=tuple(rows),
                    )
                )
    return tuple(made)


def _cells(rate: Rate, staged: StagedTable, by: str | None, engine: Engine) -> list[Mapping[str, object]]:
    counts, amongs = _counted(rate, staged, by, engine)
    tables: dict[tuple[object, ...], list[int]] = {}
    place_field = _place(staged)
    for values, among in amongs.items():
        for shown in BREAKDOWNS:
            cell = tuple(value if show else None for value, show in zip(values, shown, strict=True))
            if any(show and value is None for value, show in zip(values, shown, strict=True)):
                continue
            total = tables.setdefault(cell, [0, 0])
            total[0] += counts[values]
            total[1] += among
    cells: list[Mapping[str, object]] = []
    for (year, place, group), (count, among) in sorted(
        tables.items(), key=lambda one: tuple(map(str, one[0]))
    ):
        share = wilson([count], [among])
        cells.append(
            {
                "year": year,
                "place_field": place_field if place is not None else None,
                "place": place,
                "group_field": by if group is not None else None,
                "group": group,
                "count": count,
                "among": among,
                "share": round(float(share.share[0]), 6),
                "low": round(float(share.low[0]), 6),
                "high": round(float(share.high[0]), 6),
            }
        )
    return cells


def _counted(
    rate: Rate, staged: StagedTable, by: str | None, engine: Engine
) -> tuple[Counter[tuple[object, ...]], dict[tuple[object, ...], int]]:
    table, rows, place = staged.standard, staged.rows, _place(staged)
    year = rows[table.event].year() if table.event in staged.columns else None
    named = {"year": year, "place": rows[place] if place else None, "group": rows[by] if by else None}
    present = {name: value for name, value in named.items() if value is not None}
    counted = rows.filter(holds(rate.among, rows)).mutate(
        **{f"{name}__": value for name, value in present.items()}
    )
    keys = [f"{name}__" for name in present]
    counted = (
        counted.group_by(keys).agg(
            among=counted.count(), count=holds(rate.count, counted).fill_null(False).cast("int64").sum()
        )
        if keys
        else counted.aggregate(among=counted.count(), count=holds(rate.count, counted).cast("int64").sum())
    )
    found = engine.fetch(counted).to_pylist()
    if len({one.get("place__") for one in found}) > MOST_PLACES:
        for one in found:
            one["place__"] = None
    counts: Counter[tuple[object, ...]] = Counter()
    amongs: Counter[tuple[object, ...]] = Counter()
    for one in found:
        values = tuple(one.get(f"{name}__") for name in DIMENSIONS)
        counts[values] += one["count"] or 0
        amongs[values] += one["among"]
    return counts, {values: among for values, among in amongs.items() if among}


def _place(staged: StagedTable) -> str | None:
    return next((name for name in staged.standard.place if name in staged.columns), None)
