"""Names for streets, quarters and districts, drawn from names.toml or read off the map."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely

NAMES: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("names.toml").read_text("utf-8"))

COMPASS = ("East", "Northeast", "North", "Northwest", "West", "Southwest", "South", "Southeast")


def quarters(rng: np.random.Generator, n: int) -> list[str]:
    """Names of `n` quarters."""
    return [str(name) for name in rng.permutation(NAMES["quarters"])[:n]]


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th … 11th … 21st."""
    ending = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def avenues(rng: np.random.Generator, lines: int, *, centre: int, river: int, main: int) -> list[str]:
    """Names for the lines of the first axis; the river's own line keeps an empty one."""
    found = [f"{thing} Avenue" for thing in rng.permutation(NAMES["things"])[:lines]]
    for line in range(0, lines, main):
        found[line] = found[line].removesuffix("Avenue") + str(rng.choice(["Boulevard", "Road", "Parkway"]))
    found[centre], found[river - 1], found[river], found[river + 1] = (
        "Market Avenue",
        "Quay Road",
        "",
        "River Road",
    )
    return found


def cross_streets(rng: np.random.Generator, lines: int, *, centre: int) -> list[str]:
    """Names for the lines of the second axis: numbers on one side of Main Street, trees on the other."""
    trees = sorted(rng.permutation(NAMES["trees"])[: lines - centre - 1])
    return (
        [f"{ordinal(centre - line)} Street" for line in range(centre)]
        + ["Main Street"]
        + [f"{tree} Street" for tree in trees]
    )


def districts(middle: tuple[float, float], polygons: Sequence[shapely.Polygon]) -> list[str]:
    """Names by the compass as seen from the `middle` (degrees); the one around it is Central."""
    found = [""] * len(polygons)
    central = min(range(len(polygons)), key=lambda i: polygons[i].distance(shapely.Point(middle)))
    found[central] = "Central"
    ways = []
    for number, polygon in enumerate(polygons):
        if number != central:
            east, north = polygon.centroid.x - middle[0], polygon.centroid.y - middle[1]
            bearing = np.degrees(np.arctan2(north, east * np.cos(np.radians(middle[1]))))
            ways += [
                (abs((bearing - 45 * step + 180) % 360 - 180), number, name)
                for step, name in enumerate(COMPASS)
            ]
    for _, number, name in sorted(ways):
        if not found[number] and name not in found:
            found[number] = name
    return found
