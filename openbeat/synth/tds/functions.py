"""Functions of T-SQL that SQLite lacks, or understands differently."""

from __future__ import annotations

import calendar
import re
import sqlite3
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time, timedelta

Value = str | int | None
UNITS = {
    **dict.fromkeys(("year", "yy", "yyyy"), "year"),
    **dict.fromkeys(("quarter", "qq", "q"), "quarter"),
    **dict.fromkeys(("month", "mm", "m"), "month"),
    **dict.fromkeys(("day", "dd", "d", "dayofyear", "dy", "y"), "day"),
    **dict.fromkeys(("week", "wk", "ww"), "week"),
    **dict.fromkeys(("hour", "hh"), "hour"),
    **dict.fromkeys(("minute", "mi", "n"), "minute"),
    **dict.fromkeys(("second", "ss", "s"), "second"),
}
SPANS = {unit: timedelta(**{f"{unit}s": 1}) for unit in ("second", "minute", "hour", "day", "week")}
STYLES = {
    23: "%Y-%m-%d",
    101: "%m/%d/%Y",
    108: "%H:%M:%S",
    112: "%Y%m%d",
    120: "%Y-%m-%d %H:%M:%S",
    126: "%Y-%m-%dT%H:%M:%S",
}
DATED = re.compile(r"\d{4}-\d\d-\d\d($| )")
WRITING = {"db_owner", "db_datawriter", "db_ddladmin", "sysadmin"}


def moment(value: str) -> datetime:
    """A moment from any ISO spelling: with T or a blank, without hyphens, without a time.

    Raises ValueError where it is none.
    """
    return datetime.fromisoformat(value.strip())


def as_datetime(value: str | None) -> str | None:
    """A moment in the one spelling that the file has, so that text compares as moments do."""
    return None if value is None else moment(value).isoformat(" ")


def as_date(value: str | None) -> str | None:
    """The day of a moment."""
    return None if value is None else moment(value).date().isoformat()


def add(unit: str, number: int | None, value: str | None) -> str | None:
    """DATEADD: a moment so many units later; a day stays one where whole days are added."""
    if number is None or value is None:
        return None
    start, unit = moment(value), UNITS[unit.lower()]
    later = _later(start, unit, int(number))
    is_day = len(value.strip()) == 10 and later.time() == time.min
    return later.date().isoformat() if is_day else later.isoformat(" ")


def _later(start: datetime, unit: str, number: int) -> datetime:
    if unit in SPANS:
        return start + number * SPANS[unit]
    months = number * {"year": 12, "quarter": 3, "month": 1}[unit] + start.year * 12 + start.month - 1
    year, month = divmod(months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day)


def difference(unit: str, first: str | None, last: str | None) -> int | None:
    """DATEDIFF: how many borders of the unit lie between two moments, as SQL Server counts them."""
    if first is None or last is None:
        return None
    return _border(UNITS[unit.lower()], moment(last)) - _border(UNITS[unit.lower()], moment(first))


def part(unit: str, value: str | None) -> int | None:
    """DATEPART: the year, month, day … of a moment."""
    if value is None:
        return None
    found, unit = moment(value), UNITS[unit.lower()]
    return (found.month + 2) // 3 if unit == "quarter" else int(getattr(found, unit))


def styled(value: Value, style: int) -> Value:
    """CONVERT of a moment to text in one of the ISO styles; text and numbers have no style."""
    if not isinstance(value, str) or not DATED.match(value):
        return value
    return moment(value).strftime(STYLES[style])


def _border(unit: str, value: datetime) -> int:
    match unit:
        case "year":
            return value.year
        case "quarter":
            return value.year * 4 + (value.month - 1) // 3
        case "month":
            return value.year * 12 + value.month
        case "week":  # weeks begin on Sunday, whatever DATEFIRST says
            return value.toordinal() // 7
        case "day":
            return value.toordinal()
    midnight = datetime.combine(date(1, 1, 1), time())
    return (value - midnight) // SPANS[unit]


def install(
    connection: sqlite3.Connection, *, constants: Mapping[str, Value], permissions: Collection[str]
) -> None:
    """Make the functions known; `constants` are those that take no notice of their arguments."""
    writes = "INSERT" in permissions
    made: dict[str, Callable[..., Value]] = {
        "TSQL_DATETIME": as_datetime,
        "TSQL_DATE": as_date,
        "TSQL_DATEADD": add,
        "TSQL_DATEDIFF": difference,
        "TSQL_DATEPART": part,
        "TSQL_STYLED": styled,
        "TSQL_RIGHT": lambda text, size: None if text is None else str(text)[-size:] if size else "",
        "TSQL_JOINED": lambda *parts: "".join(map(str, parts)),
        "UPPER": lambda text: None if text is None else str(text).upper(),
        "LOWER": lambda text: None if text is None else str(text).lower(),
        "HAS_PERMS_BY_NAME": lambda *asked: int(str(asked[2]).upper() in permissions),
        "IS_MEMBER": lambda role: int(writes and str(role).lower() in WRITING - {"sysadmin"}),
        "IS_ROLEMEMBER": lambda role, *_: int(writes and str(role).lower() in WRITING - {"sysadmin"}),
        "IS_SRVROLEMEMBER": lambda *_: 0,
    }
    for name, value in constants.items():
        made[name] = lambda *_, value=value: value
    for name, function in made.items():
        connection.create_function(name, -1, function, deterministic=True)
