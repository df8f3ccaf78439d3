"""Streets: which lines of the lattice are laid out, in blocks of a hundred numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openbeat.synth.city.ground import ACROSS, GRID, LOOSE, MAIN, PARK, UPWARD, WATER, Ground
from openbeat.synth.city.model import Block, LonLat, Street
from openbeat.synth.city.names import avenues, cross_streets

MAIN_PULL = 2.5  # how much more happens on a main street than on another beside the same cells


def lay_streets(
    rng: np.random.Generator, ground: Ground, happening: NDArray[np.float64]
) -> tuple[Street, ...]:
    """Every street of the town: the lines of both axes, and two old roads aslant from the centre.

    happening   weight of every cell for events; a block has its share of the cells beside it
    """
    lines = len(ground.nodes)
    first = avenues(rng, lines, centre=ground.centre[0], river=ground.river, main=MAIN)
    second = cross_streets(rng, lines, centre=ground.centre[1])
    upward = laid(ground.town, ground.use, UPWARD)
    across = laid(ground.town.T, ground.use.T, ACROSS)
    for row in ground.bridges:  # main streets all of them; one at the town's edge is left out
        across[row, ground.river - 1 : ground.river + 1] |= across[
            row, [ground.river - 2, ground.river + 1]
        ].all()
    streets = [
        *straight(first, upward, ground.nodes, happening),
        *straight(second, across, ground.nodes.swapaxes(0, 1), happening.T),
        slanted("Old Mill Road", ground, (-1, 1), happening),
        slanted("Plank Road", ground, (-1, -1), happening),
    ]
    return tuple(street for street in streets if street.blocks)


def laid(town: NDArray[np.bool_], use: NDArray[np.int64], own: int) -> NDArray[np.bool_]:
    """Which edges of an axis' lines are streets: (lines, cells along them), True where one is.

    A street has the town on both sides, and a cell that wants it on at least one.
    """
    cells = np.arange(len(use) + 1)[:, None]
    wanted = np.stack(
        [np.pad(use, ((1, 0), (0, 0)), mode="edge"), np.pad(use, ((0, 1), (0, 0)), mode="edge")]
    )
    streets = np.isin(wanted, [GRID, own])
    streets |= np.isin(wanted, [UPWARD, ACROSS, LOOSE]) & (cells % MAIN == 0)
    streets |= (wanted == LOOSE) & (cells % MAIN == MAIN // 2)
    return streets.any(axis=0) & np.pad(town, ((1, 0), (0, 0))) & np.pad(town, ((0, 1), (0, 0)))


def straight(
    names: Sequence[str], edges: NDArray[np.bool_], nodes: NDArray[np.float64], happening: NDArray[np.float64]
) -> list[Street]:
    """The lines of one axis as streets; a block's numbers say how far along its line it lies."""
    found = []
    for line, name in enumerate(names):
        blocks = []
        for at in np.flatnonzero(edges[line]).tolist():
            busy = happening[line - 1 : line + 1, at].sum() * (MAIN_PULL if line % MAIN == 0 else 1)
            blocks.append(block(at, nodes[line, at], nodes[line, at + 1], busy))
        found.append(Street(name=name, blocks=tuple(blocks)))
    return found


def slanted(name: str, ground: Ground, way: tuple[int, int], happening: NDArray[np.float64]) -> Street:
    """A road from the centre through the corners of cells as far as the town goes; parks interrupt it."""
    u, v = ground.centre
    blocks = []
    for step in range(len(ground.town)):
        here, there = (
            (u + step * way[0], v + step * way[1]),
            (u + (step + 1) * way[0], v + (step + 1) * way[1]),
        )
        cell = min(here[0], there[0]), min(here[1], there[1])
        if min(cell) < 0 or max(cell) >= len(ground.town) or not ground.town[cell]:
            break
        if ground.use[cell] not in (PARK, WATER):
            blocks.append(block(step, ground.nodes[here], ground.nodes[there], happening[cell] * MAIN_PULL))
    return Street(name=name, blocks=tuple(blocks))


def block(at: int, start: NDArray[np.float64], end: NDArray[np.float64], busy: float) -> Block:
    """The block of the numbers 100 × (at + 1) to the next hundred."""
    low = 100 * (at + 1)
    return Block(low=low, high=low + 99, start=pair(start), end=pair(end), busy=float(busy))


def pair(node: NDArray[np.float64]) -> LonLat:
    longitude, latitude = node.tolist()
    return longitude, latitude
