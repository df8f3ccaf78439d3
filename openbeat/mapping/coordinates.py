"""Latitudes and longitudes in the many ways that agencies write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from pyproj import Transformer
from pyproj.exceptions import CRSError

from openbeat.errors import WrongSettings
from openbeat.mapping.odd import Odd

DEGREES = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
NUMBER = re.compile(DEGREES)
POINT = re.compile(
    rf"POINT\s*Z?\s*\(\s*(?P<x>{DEGREES})\s+(?P<y>{DEGREES})(\s+{DEGREES})?\s*\)", re.IGNORECASE
)
PAIR = re.compile(rf"(?<![\d.])(?P<y>{DEGREES})\s*,\s*(?P<x>{DEGREES})\s*\)?$")
DMS = re.compile(
    r"(?P<sign>-?)(?P<degrees>\d{1,3})\D+?(?P<minutes>\d{1,2})\D+?(?P<seconds>\d{1,2}(\.\d+)?)[^\dA-Za-z]*(?P<side>[NSEWnsew]?)"
)
LIMITS = {"latitude": 90.0, "longitude": 180.0}


def read_coordinate(kind: str, written: str | None, cells: Sequence[str | None]) -> float | Odd | None:
    """The latitude or longitude (`kind`) that the cells hold, in degrees, WGS 84.

    written  None: a decimal number; "dms": degrees, minutes, seconds; "dms west": the same, west of
             Greenwich without a sign; "wkt": POINT (x y); "pair": latitude, longitude at the cell's end;
             "epsg:2263": east and north of that coordinate system, in two cells
    A zero is what systems write for "no position", and counts as nothing recorded.
    """
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    if not filled:
        return None
    if written and written.startswith("epsg:"):
        return _projected(kind, written, filled)
    degrees: float | None = None
    match written:
        case None if found := NUMBER.fullmatch(filled[0]):
            degrees = float(found[0])
        case "wkt" if found := POINT.fullmatch(filled[0]):
            degrees = float(found["y" if kind == "latitude" else "x"])
        case "pair" if found := PAIR.search(filled[0]):
            degrees = float(found["y" if kind == "latitude" else "x"])
        case "pair":
            return None  # an address without a position
        case "dms" | "dms west" if found := DMS.fullmatch(filled[0]):
            degrees = _from_minutes(found, west=written == "dms west")
    if degrees is None:
        return Odd("not a position")
    return _within(kind, degrees)


def _from_minutes(found: re.Match[str], *, west: bool) -> float | None:
    whole, minutes, seconds = (float(found[part]) for part in ("degrees", "minutes", "seconds"))
    if minutes >= 60 or seconds >= 60:
        return None
    degrees = whole + minutes / 60 + seconds / 3600
    below = west or found["sign"] == "-" or found["side"] in ("W", "S", "w", "s")
    return -degrees if below else degrees


def _projected(kind: str, system: str, cells: Sequence[str]) -> float | Odd | None:
    try:
        east, north = (float(cell.replace(",", "")) for cell in cells)
    except ValueError:
        return Odd("not a position")
    if not east or not north:
        return None
    longitude, latitude = _to_degrees(system).transform(east, north)
    return _within(kind, round(latitude if kind == "latitude" else longitude, 9))


def _within(kind: str, degrees: float) -> float | Odd | None:
    if degrees == 0:
        return None
    return degrees if abs(degrees) <= LIMITS[kind] else Odd("not a position")


@cache
def _to_degrees(system: str) -> Transformer:
    try:
        return Transformer.from_crs(system, "epsg:4326", always_xy=True)
    except CRSError as error:
        raise WrongSettings(
            f"there is no coordinate system {system!r}",
            where="agency.toml",
            remedies=["write the number that the data's own documentation gives, such as epsg:2263"],
        ) from error
