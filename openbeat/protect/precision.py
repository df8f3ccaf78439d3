"""How precisely a value leaves the agency: each way of coarsening is one entry of `PRECISIONS`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir

AGE_RANGES = ((0, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64))
OLDEST = "65+"
TYPES = r"(?:st(?:reet)?|av(?:e(?:nue)?)?|blvd|dr(?:ive)?|rd|road|la?ne?|pl(?:ace)?|ct|court|terrace|way)"
SIDES = r"(?:[nsew]|[ns][ew]|north|south|east|west|and|at)"
ROADS = r"(?:ih?|us|sr|sh|cr|fm|rte?|route|hwy|highway|spur|loop|interstate|exit|mm|mp|mile ?post)"
ORDINAL = r"\d+(?:st|nd|rd|th|\s(?:nd|th))\b"
NUMBERED = (
    rf"\b\d{{1,3}}\s+{TYPES}\b\.?(?=\s*(?:$|[/&,;@]|{SIDES}\b))"  # 12 AV SE, but not 200 St Charles Ave
)
POSTAL = r"\b\d{5}(?:-\d{4})?(?=\s*(?:$|[-,;]))"
# Numbers that name a street, a road or a postal area. Any other may be a house's.
NAMES = re.compile(rf"{ORDINAL}|{NUMBERED}|\b{ROADS}[\s.#-]*\d+\b|{POSTAL}", re.IGNORECASE)
BLOCK = re.compile(rf"(?!{NUMBERED})(\d+)(?:-\d+)?\s+(?:bl(?:oc)?k\s+(?:of\s+)?)?(.+)", re.IGNORECASE)
MASKED = re.compile(r"(\d*(?:XX?|\*\*?))(?=\s)", re.IGNORECASE)  # 10XX or 10** Main St; X where it is short
CROSSING = re.compile(r"\s(?:and|at)\s|[/&@]", re.IGNORECASE)
UNIT = re.compile(r"[\s,]+(?:(?:apt|apartment|unit|suite|ste|room|rm)\b\.?|#)\s*#?\s*\w.*$", re.IGNORECASE)
ASIDE = re.compile(r"\(.*?(?:\)|$)", re.DOTALL)  # portals put coordinates there


def age_range(years: ir.IntegerValue) -> ir.StringValue:
    """The range of years that an age falls into; nobody under 18 is told from another."""
    ranges = [(years.between(low, high), f"{low}-{high}") for low, high in AGE_RANGES]
    return ibis.cases(*ranges, (years >= AGE_RANGES[-1][1] + 1, OLDEST), else_=ibis.null("string"))


def hundred_block(text: str) -> str | None:
    """The hundred block or crossing that an address names, or nothing where it names neither.

    Side, unit and house are gone: "855 Claiborne St Apt 3" is "800 block Claiborne St".
    Where a number is left that may be a house's, nothing is.
    """
    street = UNIT.sub("", " ".join(ASIDE.sub(" ", text).split()))
    if masked := MASKED.match(street):
        street = re.sub(r"[X*]", "0", masked[1].upper()) + street[masked.end() :]
    block = BLOCK.fullmatch(street)
    if masked and not block:
        return None  # what was masked is a street's number: "1** ST AND RACINE"
    named = block[2] if block else street
    if any(sign.isdigit() for sign in NAMES.sub("", named)):
        return None
    if block:
        return f"{int(block[1]) // 100 * 100} block {named}"
    return named if CROSSING.search(named) else None


def decimals(places: int) -> Callable[[ir.Value], ir.Value]:
    """Rounds to so many decimal places, the same on every engine."""
    unit = 10.0**places
    # As a float before it is divided: Spark would divide a whole number by a literal as decimals.
    return lambda value: (value * unit + 0.5).floor().cast("float64") / unit


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
