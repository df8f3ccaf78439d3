"""Typed values as text, in one way only: 6010100001.0 is "6010100001", midnight of a date column a date."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

EXACT = 2**53  # above it a double no longer holds every whole number
PLAIN = (1e-7, 1e22)  # outside of it a number is written with an exponent


def text_of(value: object) -> str | None:
    """One value that JSON can hold, as text; nothing and NaN are null, lists of plain values joined by ;"""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        return ";".join(text_of(one) or "" for one in value) or None
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def number_text(value: float) -> str | None:
    """A double as the shortest text that reads back as the same number, whole ones without a point."""
    if math.isnan(value):
        return None
    if math.isinf(value) or (value and not PLAIN[0] <= abs(value) < PLAIN[1]):
        return repr(value)
    return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")


def _whole(value: int) -> str:
    # Python refuses to write more than 4,300 digits, which nobody's number has.
    return str(value) if abs(value) < 10**300 else hex(value)


def text_column(values: pa.Array, *, dates_only: bool = False) -> pa.Array:
    """A column of plain type as text; empty text and NaN are null.

    dates_only   of a column of date-times: whether every one of them is a midnight, so that the column means
                 days. Bytes and nested values have no plain text: pyarrow.ArrowNotImplementedError.
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        spelled = text_column(values.dictionary, dates_only=dates_only)
        return pc.take(spelled, values.indices)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _without_empty(values.cast(pa.string()))
    if pa.types.is_floating(kind):
        return _floats(values)
    if pa.types.is_decimal(kind):
        return pa.array(
            [one if one is None else decimal_text(one) for one in values.to_pylist()], pa.string()
        )
    if pa.types.is_timestamp(kind):
        return _timestamps(values, dates_only)
    if pa.types.is_time(kind):
        return _without_fraction(values.cast(pa.string()))
    if (
        pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_date(kind)
        or pa.types.is_null(kind)
    ):
        return values.cast(pa.string())
    raise pa.ArrowNotImplementedError(str(kind))


def _without_empty(text: pa.Array) -> pa.Array:
    empty = pc.equal(text, "")
    return pc.if_else(empty, pa.scalar(None, pa.string()), text) if pc.any(empty).as_py() else text


def _floats(values: pa.Array) -> pa.Array:
    values = values.cast(pa.float32()) if pa.types.is_float16(values.type) else values
    values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    whole = pc.and_(
        pc.equal(pc.trunc(values), values), pc.less(pc.abs(values), pa.scalar(float(EXACT), values.type))
    )
    if pc.all(whole).as_py():
        return values.cast(pa.int64()).cast(pa.string())
    text = pc.if_else(
        whole,
        pc.if_else(whole, values, pa.scalar(0, values.type)).cast(pa.int64()).cast(pa.string()),
        values.cast(pa.string()),
    )
    with_exponent = pc.fill_null(pc.match_substring(text, "e"), False)
    if pc.any(with_exponent).as_py():
        # float(str) rather than the value: 0.1 of 32 bits is 0.1, not 0.10000000149011612.
        rare = [number_text(float(one)) for one in text.filter(with_exponent).to_pylist()]
        text = pc.replace_with_mask(text, with_exponent, pa.array(rare, pa.string()))
    return text


def decimal_text(value: Decimal) -> str | None:
    """A decimal as text without the zeros at its end; NaN is null."""
    if not value.is_finite():
        return None if value.is_nan() else str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _timestamps(values: pa.Array, dates_only: bool) -> pa.Array:
    if dates_only:
        return values.cast(pa.timestamp(values.type.unit)).cast(pa.date32(), safe=False).cast(pa.string())
    if values.type.tz is not None:
        local = pc.strftime(values, format="%Y-%m-%dT%H:%M:%S%z")
        text = pc.replace_substring_regex(local, r"(\d\d)$", r":\1")
    else:
        text = pc.replace_substring(values.cast(pa.string()), " ", "T", max_replacements=1)
    return _without_fraction(text)


def _without_fraction(text: pa.Array) -> pa.Array:
    trimmed = pc.replace_substring_regex(text, r"(\.\d*?)0+([+-][\d:]+)?$", r"\1\2")
    return pc.replace_substring_regex(trimmed, r"\.([+-][\d:]+)?$", r"\1")
