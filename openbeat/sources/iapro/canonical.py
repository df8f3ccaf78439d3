"""Values as text, the same text from whichever server and driver they come.

Whole numbers without .0, decimals without zeros at their end, bits as 1 and 0, moments as 2019-05-04 12:37:00
(a day is at 00:00:00; parts of a second are left out: SQL Server rounds them, each driver in its own way),
text as it stands. Only CHAR columns lose the blanks at their end, which the server itself put there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from openbeat.sources.scalars import decimal_text, number_text, text_column

MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:[.,]\d+)?)?")
WHOLE = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"  # a moment as it is to be


class Binary(Exception):
    """A column holds bytes, which are not text."""


def canonical(cells: Sequence[Any] | pa.Array, kind: object) -> pa.Array:
    """One column as text; `kind` is the SQLAlchemy type that the statement gives it.

    Raises Binary for bytes.
    """
    text = _of_arrow(cells) if isinstance(cells, pa.Array) else _of_python(cells)
    if isinstance(kind, sa.CHAR):
        return pc.utf8_rtrim(text, " ")
    if isinstance(kind, sa.DateTime):
        return _moments(text)
    return text


def _of_python(cells: Sequence[Any]) -> pa.Array:
    kinds = set(map(type, cells)) - {type(None)}
    if kinds <= {str}:
        return pa.array(cells, pa.string())
    if kinds == {int}:
        with suppress(OverflowError):  # one of them does not fit into 64 bits
            return pa.array(cells, pa.int64()).cast(pa.string())
    if kinds == {datetime} and all(one is None or one.tzinfo is None for one in cells):
        return _seconds(pa.array(cells, pa.timestamp("us")))
    return pa.array(map(_text, cells), pa.string())


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return f"{value.isoformat()} 00:00:00"
    if isinstance(value, time):
        return value.isoformat("seconds")
    if isinstance(value, bytes | bytearray | memoryview):
        raise Binary
    return str(value)


def _of_arrow(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_boolean(kind):
        return pc.if_else(values, "1", "0")
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _seconds(values)
    if pa.types.is_time(kind):
        return values.cast(pa.time32("s"), safe=False).cast(pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        raise Binary
    return values.cast(pa.string()) if pa.types.is_string(kind) else text_column(values)


def _seconds(values: pa.Array) -> pa.Array:
    # Down to the second first: a cast goes towards 1970, which before it is the next second.
    moments = values.cast(pa.timestamp("us"))
    return pc.floor_temporal(moments, unit="second").cast(pa.timestamp("s")).cast(pa.string())


def _moments(text: pa.Array) -> pa.Array:
    """SQLite keeps moments as text, and its writers disagree on how."""
    if pc.all(pc.match_substring_regex(text, WHOLE)).as_py() is not False:
        return text
    found = text.dictionary_encode()
    return pc.take(pa.array(map(_moment, found.dictionary.to_pylist()), pa.string()), found.indices)


def _moment(text: str) -> str:
    found = MOMENT.fullmatch(text)
    return f"{found[1]} {found[2] or '00:00'}{found[3] or ':00'}" if found else text
