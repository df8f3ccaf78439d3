"""The ground: a lattice of lines for streets, bent along a river, and the town's outline on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Degrees: open water of Lake Superior, where nobody can take it for a real city.
CENTRE: Floats = np.array([-87.6, 47.6])
# A sphere of 6,371 km; over a dozen kilometres that is as good as any.
METRES_PER_DEGREE: Floats = np.array([np.cos(np.radians(CENTRE[1])), 1]) * 6_371_000 * np.pi / 180
DIGITS = 6  # decimals of a degree: a tenth of a metre, all that RFC 7946 (section 11.2) finds worth writing

LINES = 76  # either way: enough for some 150 streets
CHUNK = 3  # cells that the town grew by at a time, seen as steps in its outline
MAIN = 4  # every fourth line is a main street, and no suburb leaves it out
BANK = 115.0  # metres from the middle of the river to the street along it
RIVER_WIDTH = 150.0  # metres

# What a cell is used for: every street, suburbs with streets of one axis or with few, and no street at all.
GRID, UPWARD, ACROSS, LOOSE, PARK, WATER = range(6)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where things can be. The lattice has two axes of lines; a cell lies between two lines of either.

    nodes       (LINES, LINES, 2) degrees, longitude and latitude of every crossing
    metres      (LINES, LINES, 2) the same, east and north of the town's middle
    town        (LINES - 1, LINES - 1) the cells that belong to the city; no row or column of it has a gap
    use         the same shape: what the cell is used for
    centre      the crossing where the city began
    river       the line of the first axis that is the middle of the river
    bridges     the lines of the second axis that cross it
    """

    nodes: Floats
    metres: Floats
    town: NDArray[np.bool_]
    use: NDArray[np.int64]
    centre: tuple[int, int]
    river: int
    bridges: frozenset[int]

    def middles(self) -> Floats:
        """Every cell's middle, metres east and north."""
        return middles(self.metres)

    def hectares(self) -> Floats:
        """Every cell's size."""
        one, other = self.metres[1:, 1:] - self.metres[:-1, :-1], self.metres[:-1, 1:] - self.metres[1:, :-1]
        return np.abs(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]) / 2 / 10_000

    def from_centre(self) -> Floats:
        """Kilometres from every cell's middle to the crossing where the city began."""
        return distances(self.middles(), self.metres[self.centre]) / 1000

    def cells(self) -> NDArray[np.object_]:
        """Every cell as a polygon in degrees; neighbours share their corners exactly."""
        n = self.nodes
        return np.asarray(
            shapely.polygons(np.stack([n[:-1, :-1], n[1:, :-1], n[1:, 1:], n[:-1, 1:]], axis=2))
        )

    def water(self) -> shapely.Polygon:
        """The river from one edge of the town to the other, in degrees."""
        wet = np.flatnonzero(self.town[self.river] | self.town[self.river - 1])
        middle = self.metres[self.river, wet[0] : wet[-1] + 2]
        band = shapely.LineString(middle).buffer(RIVER_WIDTH / 2, cap_style="flat")
        return tidy(shapely.transform(band, degrees))


def make_ground(rng: np.random.Generator) -> Ground:
    """Ground as chance has it: where the river runs, how it bends, how far the town spread."""
    half = LINES // 2
    river = half + int(rng.integers(3, 8))
    centre = (river - int(rng.integers(5, 9)), half + int(rng.integers(-4, 5)))
    metres = bent(rng, river=river, centre=centre)
    town = outline(rng)
    first_bridge = MAIN * int(rng.integers(0, 2))
    return Ground(
        nodes=degrees(metres),
        metres=metres,
        town=town,
        use=uses(rng, river=river, far=distances(middles(metres), metres[centre]) / 1000),
        centre=centre,
        river=river,
        bridges=frozenset(range(first_bridge, LINES, 2 * MAIN)),
    )


def bent(rng: np.random.Generator, *, river: int, centre: tuple[int, int]) -> Floats:
    """Every crossing in metres: lines closer together near the centre, winding where the river winds."""
    x, y = (spaced(rng, at) for at in centre)
    gaps = np.diff(x)
    gaps[river - 1 : river + 1] = BANK
    x = np.concatenate([[0.0], np.cumsum(gaps)])
    x, y = x - x[LINES // 2], y - y[LINES // 2]
    long, short, swell = rng.uniform(0, 2 * np.pi, 3)
    meander = 480 * np.sin(2 * np.pi * y / 9_500 + long) + 190 * np.sin(2 * np.pi * y / 4_300 + short)
    east = x[:, None] + meander[None, :] * np.exp(-np.abs(x - x[river]) / 3_000)[:, None]
    north = y[None, :] + (170 * np.sin(2 * np.pi * x / 9_000 + swell))[:, None]
    turn = np.radians(rng.uniform(-14, 14) + 90 * rng.integers(0, 2))
    return np.stack(
        [east * np.cos(turn) - north * np.sin(turn), east * np.sin(turn) + north * np.cos(turn)], -1
    )


def spaced(rng: np.random.Generator, centre: int) -> Floats:
    """Where the lines of one axis lie, in metres from the first: some 95 apart downtown, 215 outside."""
    away = (np.arange(LINES - 1) + 0.5 - centre) / 20
    gaps = (95 + 120 * (1 - np.exp(-(away**2)))) * rng.uniform(0.93, 1.07, LINES - 1)
    return np.concatenate([[0.0], np.cumsum(gaps)])


def outline(rng: np.random.Generator) -> NDArray[np.bool_]:
    """The cells of the town: one piece, uneven at the edges, without a gap in any row or column.

    So every straight cut leaves two pieces of which each is whole; areas.py builds on that.
    """
    chunks = (LINES - 1) // CHUNK
    at = (np.arange(chunks) - (chunks - 1) / 2) / (chunks / 2)
    angle = np.arctan2(at[None, :], at[:, None])
    waves = np.arange(2, 7)
    heights, shifts = rng.uniform(0.02, 0.07, waves.size), rng.uniform(0, 2 * np.pi, waves.size)
    reach = 0.93 + np.sum(heights * np.cos(angle[..., None] * waves + shifts), axis=-1)
    town = np.hypot(at[:, None], at[None, :]) < reach
    while True:
        whole = filled(filled(town).T).T
        if (whole == town).all():
            return np.kron(town, np.ones((CHUNK, CHUNK), bool))
        town = whole


def filled(rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Each row with its gaps closed."""
    return np.logical_or.accumulate(rows, axis=1) & np.logical_or.accumulate(rows[:, ::-1], axis=1)[:, ::-1]


def uses(rng: np.random.Generator, *, river: int, far: Floats) -> NDArray[np.int64]:
    """What every cell is used for, decided for whole quarters between main streets; parks lie across them."""
    quarters = -(-far.shape[0] // MAIN)
    inner = far[MAIN // 2 :: MAIN, MAIN // 2 :: MAIN][:quarters, :quarters]
    late = rng.random(inner.shape) < np.clip((inner - 2.5) / 3.5, 0, 0.9)
    suburb = rng.choice([UPWARD, ACROSS, LOOSE], inner.shape, p=[0.4, 0.4, 0.2])
    quarter = np.where(late, suburb, GRID)
    use = quarter.repeat(MAIN, axis=0).repeat(MAIN, axis=1)[: far.shape[0], : far.shape[1]]
    for _ in range(6):
        u, v = rng.integers(8, LINES - 14, 2)
        wide, high = rng.integers(3, 7, 2)
        use[u : u + wide, v : v + high] = PARK
    beside = use[river - 3 : river + 3]
    beside[beside == PARK] = GRID  # so that every bridge leads somewhere
    use[river - 1 : river + 1] = WATER
    return use


def middles(metres: Floats) -> Floats:
    """The middle of every cell between these crossings."""
    return (metres[:-1, :-1] + metres[1:, :-1] + metres[:-1, 1:] + metres[1:, 1:]) / 4


def distances(places: Floats, place: Floats) -> Floats:
    """How far each of the places is from the one."""
    return np.asarray(np.linalg.norm(places - place, axis=-1), np.float64)


def degrees(metres: Floats) -> Floats:
    """Longitude and latitude of places given in metres east and north of the town's middle."""
    return np.round(metres / METRES_PER_DEGREE + CENTRE, DIGITS)


def tidy(polygon: shapely.Polygon) -> shapely.Polygon:
    """The same polygon written in one way only: outer ring against the clock (RFC 7946, section 3.1.6)."""
    return shapely.orient_polygons(shapely.normalize(polygon), exterior_cw=False)
