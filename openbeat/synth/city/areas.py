"""Tracts, beats and districts: the town cut along its streets, again and again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from openbeat.synth.city.ground import MAIN, Ground, tidy

Cells = NDArray[np.bool_]  # which cells of the lattice an area consists of

DISTRICTS, BEATS, TRACTS = 6, 24, 60


@dataclass(frozen=True, kw_only=True)
class Shares:
    """The town's cells, shared out; each list tiles the town.

    within_district     of each beat, the district that it is in
    """

    districts: Sequence[Cells]
    beats: Sequence[Cells]
    within_district: list[int]
    tracts: Sequence[Cells]


def share_out(ground: Ground, *, living: NDArray[np.float64], happening: NDArray[np.float64]) -> Shares:
    """The town as districts and beats of like work and tracts of like population.

    living      weight of every cell for tracts: where people live
    happening   weight of every cell for districts and beats: where police are called to

    Every second district has drawn its beats along tracts; the others cut tracts, as most departments do.
    """
    left = ground.town.copy()
    left[ground.river :] = False
    banks = [left, ground.town & ~left]
    of_left = round(DISTRICTS * float(happening[left].sum() / happening[ground.town].sum()))
    of_left = min(max(of_left, 1), DISTRICTS - 1)
    counts = [of_left, DISTRICTS - of_left]
    districts = [d for bank, n in zip(banks, counts, strict=True) for d in bands(bank, happening, n)]
    beats: list[Cells] = []
    within: list[int] = []
    tracts: list[Cells] = []
    for number, district in enumerate(districts):
        own = list(cut(district, happening, BEATS // DISTRICTS))
        beats += own
        within += [number] * len(own)
        for whole in own if number % 2 else [district]:
            share = living[whole].sum() / living[ground.town].sum()
            tracts += cut(whole, living, max(1, round(TRACTS * float(share))))
    return Shares(districts=districts, beats=beats, within_district=within, tracts=tracts)


def bands(bank: Cells, weight: NDArray[np.float64], parts: int) -> Iterator[Cells]:
    """One bank of the river as districts: with three or more, the middle band of the town is cut across.

    So that the centre lies in a district of its own, as it does in most cities.
    """
    if parts < 3:
        yield from cut(bank, weight, parts)
        return
    low = halved(bank, weight, 1 / parts, axis=1)
    middle = halved(bank & ~low, weight, (parts - 2) / (parts - 1), axis=1)
    yield low
    yield from cut(middle, weight, parts - 2)
    yield bank & ~low & ~middle


def cut(cells: Cells, weight: NDArray[np.float64], parts: int) -> Iterator[Cells]:
    """The cells as so many pieces of like weight, cut in two along a street, and each half again."""
    if parts == 1:
        yield cells
        return
    few = parts // 2
    lower = halved(cells, weight, few / parts)
    yield from cut(lower, weight, few)
    yield from cut(cells & ~lower, weight, parts - few)


def halved(cells: Cells, weight: NDArray[np.float64], share: float, *, axis: int | None = None) -> Cells:
    """The cells on one side of the line that leaves nearest to `share` of the weight there.

    A main street is preferred. Without an `axis` the longer way is cut, so that pieces are compact.
    """
    spans = [np.flatnonzero(cells.any(axis=1 - along)) for along in (0, 1)]
    if axis is None:
        axis = int(len(spans[1]) > len(spans[0]))
    lines = np.arange(spans[axis][0] + 1, spans[axis][-1] + 1)
    running = np.cumsum(np.where(cells, weight + 1e-9, 0).sum(axis=1 - axis))
    off = np.abs(running[lines - 1] / running[-1] - share) + 0.04 * (lines % MAIN != 0)
    line = lines[np.argmin(off)]
    before: Cells = np.expand_dims(np.arange(cells.shape[axis]) < line, 1 - axis)
    return cells & before


def outline_of(cells: Cells, polygons: NDArray[np.object_]) -> shapely.Polygon:
    """The cells as one polygon, in degrees."""
    return tidy(shapely.coverage_union_all(polygons[cells]))
