"""Who lives where: density, race and age of residents, all made up.

Density falls exponentially from the centre (Clark, Urban Population Densities, 1951). Black, Hispanic and
Asian residents live around one neighbourhood each, fewer the farther from it, White residents at the edges;
together they live about as far apart as in US cities of this size. Shares and ages are plausible, no city's
own. What happens on a street depends on how many live, trade and go out there, never on their race.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from openbeat.synth.city.ground import LOOSE, PARK, WATER, Ground, distances
from openbeat.synth.city.model import AGES, RACES, Area, People, Tract

SHARES = np.array([0.44, 0.25, 0.18, 0.065, 0.002, 0.008, 0.04, 0.015])  # of the city's residents, by RACES
AGE_SHARES = np.array(  # of each race's residents, by AGES
    [
        [0.17, 0.10, 0.16, 0.14, 0.12, 0.14, 0.17],  # white
        [0.26, 0.12, 0.16, 0.13, 0.11, 0.11, 0.11],  # black
        [0.33, 0.13, 0.17, 0.14, 0.11, 0.07, 0.05],  # hispanic
        [0.19, 0.13, 0.21, 0.17, 0.12, 0.09, 0.09],  # asian
        [0.27, 0.13, 0.17, 0.14, 0.12, 0.09, 0.08],  # pacific_islander
        [0.25, 0.12, 0.16, 0.13, 0.12, 0.12, 0.10],  # native_american
        [0.41, 0.14, 0.15, 0.11, 0.08, 0.06, 0.05],  # multiracial
        [0.28, 0.13, 0.18, 0.14, 0.11, 0.09, 0.07],  # other
    ]
)


def living(ground: Ground) -> NDArray[np.float64]:
    """Weight of every cell for residents: dense near the centre, few in its offices, none in parks."""
    far = ground.from_centre()
    density = np.exp(-far / 3.2) * (1 - 0.75 * np.exp(-((far / 0.6) ** 2)))
    density = np.where(ground.use == LOOSE, density * 0.4, density)
    weight = np.where(np.isin(ground.use, [PARK, WATER]) | ~ground.town, 0, density * ground.hectares())
    return np.asarray(weight / weight.sum(), np.float64)


def happening(rng: np.random.Generator, ground: Ground, homes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weight of every cell for events: homes, downtown, and a few corners where people go out."""
    far = ground.from_centre()
    at = ground.middles()
    trade = np.exp(-((far / 0.9) ** 2))
    busy = rng.choice(np.argwhere((homes > 0) & (far > 1.2)), 9, replace=False)
    for corner, reach in zip(busy, rng.uniform(120, 320, 9), strict=True):
        trade += np.exp(-((distances(at, at[tuple(corner)]) / reach) ** 2))
    trade = np.where(homes > 0, trade * ground.hectares(), 0)
    mixed = 0.65 * homes + 0.35 * trade / trade.sum()
    return np.where(ground.town, mixed + 0.02 / ground.town.sum(), 0)  # something happens in every park


def residents_of_tracts(
    rng: np.random.Generator, middles: NDArray[np.float64], weights: NDArray[np.float64], total: int
) -> list[People]:
    """Who lives in each tract: exactly `total` people, by race and age.

    middles     (T, 2) metres from the city's centre
    weights     (T,) shares of the residents
    """
    races = race_shares(rng, middles, weights)
    students = middles[int(np.argmin(distances(middles, rng.normal(0, 1_500, 2))))]
    near = np.exp(-((distances(middles, students) / 900) ** 2))
    far = distances(middles, np.zeros(2)) / 1000
    tilt = np.ones((len(middles), len(AGES)))
    tilt[:, AGES.index("0-17")] = 0.7 + 0.08 * far - 0.4 * near
    tilt[:, AGES.index("18-24")] = 1 + 5 * near
    tilt[:, AGES.index("25-34")] = 1.5 * np.exp(-far / 5)
    ages = AGE_SHARES[None] * tilt[:, None, :]
    ages /= ages.sum(axis=2, keepdims=True)
    keys = [(race, age) for race in RACES for age in AGES]
    chance = (races[:, :, None] * ages).reshape(len(middles), -1)
    drawn = rng.multinomial(whole(weights * total, total), chance / chance.sum(axis=1, keepdims=True))
    return [dict(zip(keys, row, strict=True)) for row in drawn.tolist()]


def race_shares(
    rng: np.random.Generator, middles: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Of each tract's residents, the share of each race; over the city they add up to SHARES."""
    far = distances(middles, np.zeros(2)) / 1000
    pull = rng.normal(0, 0.3, (len(middles), len(RACES)))
    pull[:, RACES.index("white")] += 0.22 * far
    first = rng.uniform(0, 2 * np.pi)
    for race, turn, out, strength, reach in (
        ("black", 0.0, 3_200, 4.4, 2_500),
        ("hispanic", 2.3, 3_400, 3.6, 2_200),
        ("asian", 4.2, 2_400, 2.6, 1_800),
    ):
        heart = out * np.array([np.cos(first + turn), np.sin(first + turn)])
        pull[:, RACES.index(race)] += strength * np.exp(-((distances(middles, heart) / reach) ** 2))
    shares = np.exp(pull)
    for _ in range(200):  # raking: each step brings the city's totals nearer, then the tracts' back to 1
        shares *= SHARES / (weights @ shares)
        shares /= shares.sum(axis=1, keepdims=True)
    return shares


def whole(parts: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """The parts as whole people that add up to `total`: those nearest to the next one are rounded up."""
    down = np.floor(np.round(parts, 6)).astype(np.int64)
    short = total - int(down.sum())
    down[np.argsort(down - parts, kind="stable")[:short]] += 1
    return down


def residents_of_beats(
    tracts: Sequence[Tract], beats: Sequence[Area], districts: Sequence[Area]
) -> Mapping[str, People]:
    """Residents of every beat and district by its id, from the tracts' by the ground they have in common.

    A tract lies in one district, so that a district's figures are its tracts' exactly; within a district
    people are rounded to whole ones and none is lost.
    """
    found: dict[str, People] = {}
    for district in districts:
        inside = [t for t in tracts if district.polygon.contains(t.polygon.representative_point())]
        parts = [beat for beat in beats if beat.within == district.id]
        common = np.array(
            [
                [shapely.area(beat.polygon.intersection(t.polygon)) / t.polygon.area for t in inside]
                for beat in parts
            ]
        )
        counts = np.array([list(t.residents.values()) for t in inside])
        keys = list(inside[0].residents)
        totals = counts.sum(axis=0)
        shared = np.stack(
            [whole(column, int(total)) for column, total in zip((common @ counts).T, totals, strict=True)],
            axis=1,
        )
        found[district.id] = dict(zip(keys, totals.tolist(), strict=True))
        for beat, row in zip(parts, shared.tolist(), strict=True):
            found[beat.id] = dict(zip(keys, row, strict=True))
    return found
