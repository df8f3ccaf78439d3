"""The city and the addresses in it: drawn at random, or looked up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from openbeat.synth.city.ground import DIGITS, METRES_PER_DEGREE
from openbeat.synth.city.model import Area, Street, Tract

CORNER = 0.15  # of a block's length at either end where no door is
SETBACK = 0.08  # of a block's length from the middle of the street to the door, always inside the block


class Point(NamedTuple):
    """A place on the ground, degrees WGS 84, and the areas that it lies in."""

    latitude: float
    longitude: float
    beat: str
    district: str
    tract: str


@dataclass(frozen=True, kw_only=True)
class Places:
    """Addresses as columns of one length: numbers and street names, degrees WGS 84, ids of areas."""

    number: NDArray[np.int64]
    street: NDArray[np.str_]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    beat: NDArray[np.str_]
    district: NDArray[np.str_]
    tract: NDArray[np.str_]


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Every block of the city as columns, and the areas on its two sides: column 0 even, column 1 odd."""

    street: NDArray[np.str_]
    low: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    chance: NDArray[np.float64]  # running sum of shares of what happens; the last is 1
    beat: NDArray[np.str_]
    district: NDArray[np.str_]
    tract: NDArray[np.str_]
    row: dict[tuple[str, int], int]  # (folded street name, hundred) -> row


@dataclass(frozen=True, kw_only=True)
class City:
    """A fictional city. Its tracts, its beats and its districts each tile it without gap or overlap.

    seed    what it was made from
    river   the water that only bridges cross
    """

    name: str
    seed: int
    tracts: tuple[Tract, ...] = field(repr=False)
    beats: tuple[Area, ...] = field(repr=False)
    districts: tuple[Area, ...] = field(repr=False)
    streets: tuple[Street, ...] = field(repr=False)
    river: shapely.Polygon = field(repr=False)

    @cached_property
    def sides(self) -> Sides:
        """Every block with the areas on its two sides, as columns."""
        return sides_of(self.streets, self.tracts, self.beats)

    def places(self, rng: np.random.Generator, n: int) -> Places:
        """`n` addresses drawn at random, more often where more people live, trade and go out."""
        sides = self.sides
        row = np.searchsorted(sides.chance, rng.random(n), side="right")
        number = sides.low[row] + rng.integers(0, 100, n)
        longitude, latitude = doors(sides.start[row], sides.end[row], number).T
        odd = number % 2
        return Places(
            number=number,
            street=sides.street[row],
            latitude=latitude,
            longitude=longitude,
            beat=sides.beat[row, odd],
            district=sides.district[row, odd],
            tract=sides.tract[row, odd],
        )

    def locate(self, number: int, street: str) -> Point | None:
        """Where the address lies, or nothing if no block of that street has the number.

        Capitals and repeated spaces in the street's name make no difference; abbreviations do.
        """
        sides = self.sides
        row = sides.row.get((folded(street), number // 100 * 100))
        if row is None:
            return None
        [(longitude, latitude)] = doors(sides.start[[row]], sides.end[[row]], np.array([number])).tolist()
        odd = number % 2
        return Point(
            latitude,
            longitude,
            str(sides.beat[row, odd]),
            str(sides.district[row, odd]),
            str(sides.tract[row, odd]),
        )


def folded(street: str) -> str:
    """A street's name as it is compared."""
    return " ".join(street.split()).casefold()


def doors(
    start: NDArray[np.float64], end: NDArray[np.float64], number: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Longitude and latitude of each number's door, beside the middle line of its block; shape (n, 2)."""
    along = CORNER + (1 - 2 * CORNER) * (number % 100) / 99
    way = end - start
    east, north = (way * METRES_PER_DEGREE).T
    left = np.column_stack([-north, east]) / METRES_PER_DEGREE * SETBACK
    odd = np.where(number % 2 == 1, 1.0, -1.0)
    return np.round(start + way * along[:, None] + left * odd[:, None], DIGITS)


def sides_of(streets: Sequence[Street], tracts: Sequence[Tract], beats: Sequence[Area]) -> Sides:
    """Every block of these streets as columns, with the tract, beat and district on either side."""
    blocks = [(street.name, block) for street in streets for block in street.blocks]
    low = np.array([block.low for _, block in blocks])
    start = np.array([block.start for _, block in blocks])
    end = np.array([block.end for _, block in blocks])
    busy = np.cumsum([block.busy for _, block in blocks])
    # A side lies in one tract and one beat altogether, because their lines run along streets.
    middle = np.stack([doors(start, end, low + 50), doors(start, end, low + 51)], axis=1)
    tract = around(middle, [tract.polygon for tract in tracts])
    beat = around(middle, [beat.polygon for beat in beats])
    return Sides(
        street=np.array([name for name, _ in blocks]),
        low=low,
        start=start,
        end=end,
        chance=busy / busy[-1],
        beat=np.array([beat.id for beat in beats])[beat],
        district=np.array([beat.within for beat in beats])[beat],
        tract=np.array([tract.id for tract in tracts])[tract],
        row={(folded(name), block.low): row for row, (name, block) in enumerate(blocks)},
    )


def around(points: NDArray[np.float64], polygons: Sequence[shapely.Polygon]) -> NDArray[np.intp]:
    """Which of the polygons, which tile the ground, each point lies in; the points' own shape."""
    flat = shapely.points(points.reshape(-1, 2))
    point, polygon = shapely.STRtree(polygons).query(flat, predicate="within")
    found = np.full(len(flat), -1, np.intp)
    found[point] = polygon
    assert (found >= 0).all(), "streets are drawn only inside the city"
    return found.reshape(points.shape[:-1])
