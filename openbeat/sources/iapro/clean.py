"""What a date or time in IAPro says: its stand-ins for nothing are taken away, and counted."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from openbeat.sources.iapro.catalogue import catalogue
from openbeat.stages import Problem

AGE, DAY, WEEKDAY = "ASSOC_INC_CIT.CIT_AGE", "INCIDENTS.OCCURRED_DT", "INCIDENTS.OCCURRED_DAY"
ZERO = "1900-01-01"  # what SQL Server makes of an empty date
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def cleaned(rows: pa.Table) -> tuple[pa.Table, list[Problem]]:
    """The rows, whose columns are called TABLE.COLUMN, with clean dates and times; and what was met in them.

    A time keeps the clock and loses the day in front of it, whatever that is (1900-01-01 12:37:00). A date of
    1900-01-01 and an age of 0 say nothing. A weekday that disagrees with the date is counted; the date holds.
    """
    problems: list[Problem] = []
    for name in rows.column_names:
        table, _, column = name.partition(".")
        if table in catalogue() and column in catalogue()[table].moments:
            clean = _time if column.endswith("_TM") else _date
            rows = _replaced(rows, name, clean(rows.column(name)), problems)
    if AGE in rows.column_names:
        age = rows.column(AGE)
        nothing = pc.fill_null(pc.match_substring_regex(age, r"^\s*0*(\.0*)?\s*$"), False)
        rows = _replaced(rows, AGE, _without(age, nothing), problems)
    return rows, [*problems, *_weekdays(rows)]


def _replaced(rows: pa.Table, name: str, column: pa.ChunkedArray, problems: list[Problem]) -> pa.Table:
    if lost := column.null_count - rows.column(name).null_count:
        problems.append(Problem(where=name, kind="a stand-in for nothing (1900-01-01, 0)", count=lost))
    return rows.set_column(rows.column_names.index(name), name, column)


def _without(column: pa.ChunkedArray, nothing: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(nothing, pa.scalar(None, pa.string()), column)


def _date(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return _without(column, pc.fill_null(pc.starts_with(column, ZERO), False))


def _time(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The clock in a moment. Midnight on the zero day is an empty date, not midnight."""
    column = _without(column, pc.fill_null(pc.equal(column, f"{ZERO} 00:00:00"), False))
    clock = pc.extract_regex(column, r"(?P<clock>\d{1,2}:\d{2}(?::\d{2})?)")
    return pc.struct_field(clock, "clock")


def _weekdays(rows: pa.Table) -> list[Problem]:
    if not {DAY, WEEKDAY} <= set(rows.column_names):
        return []
    days = pc.strptime(pc.utf8_slice_codeunits(rows.column(DAY), 0, 10), "%Y-%m-%d", "s", True)
    wrong = sum(
        1
        for day, word in zip(pc.day_of_week(days).to_pylist(), rows.column(WEEKDAY).to_pylist(), strict=True)
        if day is not None and word and word.strip() and not WEEKDAYS[day].startswith(word.strip().casefold())
    )
    kind = "the weekday disagrees with the date; the date holds"
    return [Problem(where=WEEKDAY, kind=kind, count=wrong)] if wrong else []
