"""Where the published rows lie: on a grid where they have coordinates, else by the place they name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

ACROSS = 44  # squares of the grid along its longer side
FINEST = 0.001  # degrees; releases round coordinates to this or coarser
BULK = 0.998  # this share of the rows sets the frame of the map; the rest are counted beside it
METRES = 111_320  # of one degree of latitude
NAMED = ("neighborhood", "district", "precinct", "beat")
MOST = 15  # places that are named one by one


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Rows by square: `cells` are (column from the west, row from the north, rows); sides in metres."""

    west: float
    north: float
    columns: int
    lines: int
    side: float
    cells: tuple[tuple[int, int, int], ...]
    placed: int
    outside: int
    unplaced: int
    labels: tuple[tuple[str, float, float], ...]  # a place's name and where, in squares

    def centre(self, column: int, line: int) -> tuple[float, float]:
        """Latitude and longitude of the middle of a square."""
        tall = self.side / METRES
        wide = tall / cos(radians(self.north - self.lines * tall / 2))
        return self.north - (line + 0.5) * tall, self.west + (column + 0.5) * wide


@dataclass(frozen=True, kw_only=True)
class ByPlace:
    """Rows by named place, most first; `others` are the rows of the places after those."""

    field: str
    places: tuple[tuple[str, int], ...]
    others: int
    other_places: int
    unplaced: int


@lru_cache(maxsize=64)
def places_of(parquet: Path) -> Grid | ByPlace | None:
    """What can be drawn of the table at `parquet`; None where it says nothing of places."""
    names = set(pq.read_schema(parquet).names)
    named = next((name for name in NAMED if name in names), None)
    if {"latitude", "longitude"} <= names and (grid := _grid(parquet, named)):
        return grid
    return _by_place(parquet, named) if named else None


def _by_place(parquet: Path, field: str) -> ByPlace | None:
    column = pq.read_table(parquet, columns=[field]).column(0)
    counts = [(str(one["values"]), one["counts"]) for one in pc.value_counts(column.drop_null()).to_pylist()]
    if not counts:
        return None
    counts.sort(key=lambda one: (-one[1], one[0]))
    return ByPlace(
        field=field,
        places=tuple(counts[:MOST]),
        others=sum(rows for _, rows in counts[MOST:]),
        other_places=len(counts[MOST:]),
        unplaced=column.null_count,
    )


def _points(parquet: Path) -> Iterator[NDArray[np.int64]]:
    """(n, 3) whole thousandths of a degree of latitude and longitude, and rows there; batch by batch."""
    with pq.ParquetFile(parquet) as file:
        for batch in file.iter_batches(columns=["latitude", "longitude"]):
            pairs = np.column_stack(
                [batch.column(name).to_numpy(zero_copy_only=False) for name in ("latitude", "longitude")]
            )
            pairs = pairs[np.isfinite(pairs.astype(float)).all(axis=1)].astype(float)
            spots, rows = np.unique(np.round(pairs / FINEST).astype(np.int64), axis=0, return_counts=True)
            yield np.column_stack([spots, rows])


def _grid(parquet: Path, named: str | None) -> Grid | None:
    total = pq.read_metadata(parquet).num_rows
    batches = list(_points(parquet))
    every = np.concatenate(batches) if batches else np.empty((0, 3), np.int64)
    if not len(every):
        return None
    spots, where = np.unique(every[:, :2], axis=0, return_inverse=True)
    rows = np.bincount(where.ravel(), weights=every[:, 2]).astype(np.int64)
    south, north = _bulk(spots[:, 0], rows)
    west, east = _bulk(spots[:, 1], rows)
    shrink = cos(radians((south + north) / 2 * FINEST))
    side = _round_side(max(north - south, (east - west) * shrink, 1) * FINEST * METRES / ACROSS)
    tall = side / METRES / FINEST
    column = np.floor((spots[:, 1] - west) * shrink / tall).astype(int)
    line = np.floor((north - spots[:, 0]) / tall).astype(int)
    inside = (spots >= [south, west]).all(axis=1) & (spots <= [north, east]).all(axis=1)
    squares, which = np.unique(np.column_stack([column[inside], line[inside]]), axis=0, return_inverse=True)
    sums = np.bincount(which.ravel(), weights=rows[inside]).astype(int)
    placed, within = int(rows.sum()), int(rows[inside].sum())
    return Grid(
        west=west * FINEST,
        north=north * FINEST,
        columns=int(column[inside].max()) + 1,
        lines=int(line[inside].max()) + 1,
        side=side,
        cells=tuple((int(x), int(y), int(n)) for (x, y), n in zip(squares, sums, strict=True)),
        placed=within,
        outside=placed - within,
        unplaced=total - placed,
        labels=_labels(parquet, named, west, north, shrink / tall, 1 / tall) if named else (),
    )


def _bulk(values: NDArray[np.int64], rows: NDArray[np.int64]) -> tuple[int, int]:
    """The first and last value of the frame that holds the bulk of the rows and whatever lies near it."""
    order = np.argsort(values)
    reached = np.cumsum(rows[order]) / rows.sum()
    edge = (1 - BULK) / 2
    at = np.minimum(np.searchsorted(reached, [edge, 1 - edge]), len(values) - 1)
    low, high = (int(value) for value in values[order][at])
    # What lies a little further out belongs to the same city; what lies far off is a slip of the pen.
    near = values[(values >= low - (high - low) / 4) & (values <= high + (high - low) / 4)]
    return int(near.min()), int(near.max())


def _round_side(metres: float) -> float:
    """The next of 100, 200, 300, 500, 1,000 … metres: a size that a sentence can name."""
    scale = 100.0
    while True:
        for step in (1, 2, 3, 5):
            if scale * step >= metres:
                return scale * step
        scale *= 10


def _labels(
    parquet: Path, named: str, west: int, north: int, wide: float, tall: float
) -> tuple[tuple[str, float, float], ...]:
    """The places with the most rows, each at the middle of its rows, none on top of another."""
    table = pq.read_table(parquet, columns=[named, "latitude", "longitude"]).drop_null()
    sums = table.group_by(named).aggregate(
        [("latitude", "mean"), ("longitude", "mean"), ("latitude", "count")]
    )
    found: list[tuple[str, float, float]] = []
    for one in (
        sums.sort_by([("latitude_count", "descending"), (named, "ascending")]).slice(0, 40).to_pylist()
    ):
        x = (one["longitude_mean"] / FINEST - west) * wide
        y = (north - one["latitude_mean"] / FINEST) * tall
        if all(abs(y - there[2]) > 3 or abs(x - there[1]) > 14 for there in found):
            found.append((str(one[named]), float(x), float(y)))
        if len(found) == 7:
            break
    return tuple(found)


def thresholds(counts: Sequence[int]) -> tuple[int, ...]:
    """Lower bounds of at most five classes of squares, each about twice as full as the one before."""
    top = float(np.quantile(counts, 0.98)) if counts else 0
    bounds = [1]
    for step in (0.06, 0.15, 0.35, 0.7):
        bound = _nice(top * step)
        if bound > bounds[-1]:
            bounds.append(bound)
    return tuple(bounds)


def _nice(value: float) -> int:
    if value < 1:
        return 0
    scale = 10 ** int(np.floor(np.log10(value)))
    return int(max(step for step in (1, 2, 3, 5) if step * scale <= value) * scale)
