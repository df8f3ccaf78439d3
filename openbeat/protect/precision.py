"""How precisely a value leaves the agency: each way of coarsening is one entry of `PRECISIONS`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir

AGE_RANGES = ((0, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64))
OLDEST = "65+"
BLOCK = re.compile(r"^\s*(\d+)(?:-\d+)?\s+(?!block\b)(\D.*)$", re.IGNORECASE)
WRITTEN_BLOCK = re.compile(r"^\s*\d*00\s+block\b", re.IGNORECASE)
CROSSING = re.compile(r"\s(?:/|&|and|at|@)\s|/|&", re.IGNORECASE)
UNIT = re.compile(r"[\s,]+(?:(?:apt|apartment|unit|suite|ste|room|rm)\b\.?|#)\s*#?\s*\w.*$", re.IGNORECASE)


def age_range(years: ir.IntegerValue) -> ir.StringValue:
    """The range of years that an age falls into; nobody under 18 is told from another."""
    ranges = [(years.between(low, high), f"{low}-{high}") for low, high in AGE_RANGES]
    return ibis.cases(*ranges, (years >= AGE_RANGES[-1][1] + 1, OLDEST), else_=ibis.null("string"))


def hundred_block(text: str) -> str | None:
    """The hundred block or crossing that an address names, or nothing where it names neither.

    The side of the street, the unit and the house are gone: "855 Claiborne St Apt 3" is "800 block Claiborne St".
    """
    street = UNIT.sub("", " ".join(text.split()))
    if WRITTEN_BLOCK.match(street):
        return street
    if found := BLOCK.match(street):
        return f"{int(found[1]) // 100 * 100} block {found[2]}"
    return street if CROSSING.search(street) and not any(sign.isdigit() for sign in street[:1]) else None


def decimals(places: int) -> Callable[[ir.Value], ir.Value]:
    """Rounds to so many decimal places, the same on every engine."""
    unit = 10.0**places
    return lambda value: (value * unit + 0.5).floor() / unit


# For values that an expression can coarsen. "block" is read in Python, on the distinct texts.
PRECISIONS: Mapping[str, Callable[[ir.Value], ir.Value]] = {
    "exact": lambda value: value,
    "day": lambda value: value,
    "month": lambda value: ibis.date(value.year(), value.month(), 1),
    "year": lambda value: ibis.date(value.year(), 1, 1),
    "hour": lambda value: value.substr(0, 2) + ":00",
    "age range": age_range,
    "2 decimals": decimals(2),
    "3 decimals": decimals(3),
    "none": lambda value: ibis.null(value.type()),
}
