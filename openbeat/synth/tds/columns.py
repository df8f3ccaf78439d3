"""Columns on the wire: TYPE_INFO, and the cells of many rows at once. Source: MS-TDS 2.2.5.4, 2.2.5.5.

Cells come from SQLite as None, int, float, str or bytes. Moments are text as Python's sqlite3 writes them:
`YYYY-MM-DD`, and `YYYY-MM-DD HH:MM:SS` with a fraction where there is one.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal

from sqlglot import exp
from sqlglot.expressions import DType

from openbeat.synth.tds.tokens import LATIN

Cells = list[bytes]
WIDE = Context(prec=60)  # digits: more than the 38 of a DECIMAL, so that nothing is rounded on the way
DAY_0 = date(1900, 1, 1).toordinal()  # of DATETIME, whose first year is 1753
FIRST_DAY = date(1753, 1, 1).toordinal()
TICKS = 300  # of a DATETIME in a second
LONGEST = 4000  # UTF-16 units of an NVARCHAR that is not max
INTEGERS = {DType.UTINYINT: 1, DType.TINYINT: 1, DType.SMALLINT: 2, DType.INT: 4, DType.BIGINT: 8}
FORMS = {1: "<BB", 2: "<Bh", 4: "<Bi", 8: "<Bq"}
TEXTS = {DType.VARCHAR, DType.NVARCHAR, DType.CHAR, DType.NCHAR, DType.TEXT, DType.UUID}
MOMENTS = {DType.DATETIME, DType.TIMESTAMP}


@dataclass(frozen=True, kw_only=True)
class Column:
    """How one column is announced, and what makes its cells.

    `encode` raises ValueError, TypeError, AttributeError, OverflowError, ArithmeticError or struct.error for
    a cell that its type cannot hold.
    """

    info: bytes
    encode: Callable[[Sequence[object]], Cells]


def typed(kind: exp.DataType | None, *, plain: bool) -> Column | None:
    """The column of a declared or derived type; None where the type is not known.

    plain: a column of a table as it is. Text and decimals that were computed may be longer than their parts.
    """
    if kind is None:
        return None
    sizes = [int(part.name) for part in kind.expressions if part.name.isdigit()]
    if size := INTEGERS.get(kind.this):
        return Column(info=bytes([0x26, size]), encode=_integers(size))
    if kind.this in TEXTS:
        return text(sizes[0] if sizes and plain else None)
    if kind.this == DType.DECIMAL:
        precision, scale = (*sizes, 18, 0)[:2] if len(sizes) != 1 else (sizes[0], 0)
        return _decimal(precision if plain else 38, scale)
    return _FIXED.get(kind.this)


def by_value(values: Sequence[object]) -> Column | None:
    """The column that holds these cells of an expression without a type; None where they do not mix."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {str}:
        return text(None)
    if kinds == {int}:
        return Column(info=bytes([0x26, 8]), encode=_integers(8))
    if kinds <= {int, float}:
        return _FIXED[DType.FLOAT]
    return _FIXED[DType.VARBINARY] if kinds == {bytes} else None


def text(length: int | None) -> Column:
    """NVARCHAR of so many UTF-16 units; without a length, or with one over 4,000, NVARCHAR(max)."""
    if not length or length > LONGEST:
        return Column(info=b"\xe7\xff\xff" + LATIN, encode=_long_text)
    limit, short = 2 * length, struct.Struct("<H").pack

    def encode(values: Sequence[object]) -> Cells:
        cells = []
        for value in values:
            if value is None:
                cells.append(b"\xff\xff")
                continue
            wide = value.encode("utf-16-le")  # type: ignore[attr-defined]
            if len(wide) > limit:
                raise ValueError
            cells.append(short(len(wide)) + wide)
        return cells

    return Column(info=struct.pack("<BH", 0xE7, limit) + LATIN, encode=encode)


def _each(make: Callable[[str], bytes], null: bytes = b"\0") -> Callable[[Sequence[object]], Cells]:
    def encode(values: Sequence[object]) -> Cells:
        return [null if value is None else make(value) for value in values]  # type: ignore[arg-type]

    return encode


def _integers(size: int) -> Callable[[Sequence[object]], Cells]:
    pack = struct.Struct(FORMS[size]).pack
    return lambda values: [b"\0" if value is None else pack(size, value) for value in values]


def _floats(values: Sequence[object]) -> Cells:
    pack = struct.Struct("<Bd").pack
    return [b"\0" if value is None else pack(8, value) for value in values]


def _bits(values: Sequence[object]) -> Cells:
    cells = {None: b"\0", 0: b"\1\0", 1: b"\1\1"}
    if wrong := set(values) - set(cells):
        raise ValueError(f"{len(wrong)} values that are no bit")
    return [cells[value] for value in values]  # type: ignore[index]


def _decimal(precision: int, scale: int) -> Column:
    size = 5 if precision <= 9 else 9 if precision <= 19 else 13 if precision <= 28 else 17
    step, limit = Decimal(1).scaleb(-scale), 10**precision

    def encode(values: Sequence[object]) -> Cells:
        cells = []
        for value in values:
            if value is None:
                cells.append(b"\0")
                continue
            exact = Decimal(str(value)).quantize(step, ROUND_HALF_UP, WIDE)
            whole = int(exact.scaleb(scale, WIDE))
            if abs(whole) >= limit:
                raise OverflowError
            cells.append(bytes([size, whole >= 0]) + abs(whole).to_bytes(size - 1, "little"))
        return cells

    return Column(info=bytes([0x6A, size, precision, scale]), encode=encode)


def _chunked(data: bytes) -> bytes:
    """One value of a max type: its length, one chunk, the end."""
    chunk = len(data).to_bytes(4, "little") + data if data else b""
    return len(data).to_bytes(8, "little") + chunk + bytes(4)


def _long_text(values: Sequence[object]) -> Cells:
    return _each(lambda value: _chunked(value.encode("utf-16-le")), b"\xff" * 8)(values)


def _datetime(value: str) -> bytes:
    found = datetime.fromisoformat(value)
    if len(value) < 19 or value[10] != " " or found.tzinfo or found.toordinal() < FIRST_DAY:
        raise ValueError
    seconds = (found.hour * 60 + found.minute) * 60 + found.second
    ticks = seconds * TICKS + (found.microsecond * 3 + 5_000) // 10_000
    days, ticks = divmod(ticks, 86_400 * TICKS)  # the last tick of a day may round up to the next
    return struct.pack("<BiI", 8, found.toordinal() - DAY_0 + days, ticks)


def _smalldatetime(value: str) -> bytes:
    found = datetime.fromisoformat(value)
    return struct.pack("<BHH", 4, found.toordinal() - DAY_0, found.hour * 60 + found.minute)


def _date(value: str) -> bytes:
    return b"\3" + (date.fromisoformat(value).toordinal() - 1).to_bytes(3, "little")


def _time(value: str) -> bytes:
    return b"\5" + _clock(time.fromisoformat(value))


def _datetime2(value: str) -> bytes:
    found = datetime.fromisoformat(value)
    if found.tzinfo:
        raise ValueError
    return b"\x08" + _clock(found.time()) + (found.toordinal() - 1).to_bytes(3, "little")


def _clock(value: time) -> bytes:
    seconds = (value.hour * 60 + value.minute) * 60 + value.second
    return (seconds * 10_000_000 + value.microsecond * 10).to_bytes(5, "little")


_FIXED = {
    DType.FLOAT: Column(info=b"\x6d\x08", encode=_floats),
    DType.DOUBLE: Column(info=b"\x6d\x08", encode=_floats),
    DType.BIT: Column(info=b"\x68\x01", encode=_bits),
    DType.BOOLEAN: Column(info=b"\x68\x01", encode=_bits),
    DType.MONEY: _decimal(19, 4),
    DType.SMALLMONEY: _decimal(10, 4),
    DType.DATE: Column(info=b"\x28", encode=_each(_date)),
    DType.TIME: Column(info=b"\x29\x07", encode=_each(_time)),
    DType.DATETIME: Column(info=b"\x6f\x08", encode=_each(_datetime)),
    DType.TIMESTAMP: Column(info=b"\x6f\x08", encode=_each(_datetime)),
    DType.SMALLDATETIME: Column(info=b"\x6f\x04", encode=_each(_smalldatetime)),
    DType.DATETIME2: Column(info=b"\x2a\x07", encode=_each(_datetime2)),
    DType.VARBINARY: Column(info=b"\xa5\xff\xff", encode=_each(_chunked, b"\xff" * 8)),  # type: ignore[arg-type]
}
