"""Latitudes and longitudes in the many ways that agencies write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from pyproj import Transformer

from openbeat.mapping.odd import Odd

NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")
LIMITS = {"latitude": 90.0, "longitude": 180.0}


def read_coordinate(kind: str, written: str | None, cells: Sequence[str | None]) -> float | None | Odd:
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
    numbers = [float(one) for one in NUMBERS.findall(filled[0])]
    degrees: float | None = None
    match written:
        case None if len(numbers) == 1:
            degrees = numbers[0]
        case "wkt" if len(numbers) == 2:
            degrees = numbers[kind == "latitude"]
        case "pair" if len(numbers) < 2:
            return None  # an address without a position
        case "pair":
            degrees = numbers[-1 if kind == "longitude" else -2]
        case "dms" | "dms west" if len(numbers) == 3:
            whole, minutes, seconds = (abs(one) for one in numbers)
            degrees = whole + minutes / 60 + seconds / 3600
            degrees = -degrees if written == "dms west" or numbers[0] < 0 else degrees
    if degrees is None:
        return Odd("not a position")
    return _within(kind, degrees)


def _projected(kind: str, system: str, cells: Sequence[str]) -> float | None | Odd:
    try:
        east, north = (float(cell.replace(",", "")) for cell in cells)
    except ValueError:
        return Odd("not a position")
    if not east or not north:
        return None
    longitude, latitude = _to_degrees(system).transform(east, north)
    return _within(kind, round(latitude if kind == "latitude" else longitude, 9))


def _within(kind: str, degrees: float) -> float | None | Odd:
    if degrees == 0:
        return None
    return degrees if abs(degrees) <= LIMITS[kind] else Odd("not a position")


@cache
def _to_degrees(system: str) -> Transformer:
    return Transformer.from_crs(system, "epsg:4326", always_xy=True)
