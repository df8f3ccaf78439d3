"""What a made-up city consists of: tracts, beats, districts, streets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import shapely

LonLat: TypeAlias = tuple[float, float]  # degrees, WGS 84, longitude first as in GeoJSON
People: TypeAlias = Mapping[tuple[str, str], int]  # (race code, age band) -> residents

# The disjoint groups that the population standard counts, Hispanic residents apart.
RACES = ("white", "black", "hispanic", "asian", "pacific_islander", "native_american", "multiracial", "other")
AGES = ("0-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")


@dataclass(frozen=True, kw_only=True)
class Tract:
    """A census tract and who lives in it."""

    id: str
    name: str
    polygon: shapely.Polygon
    residents: People


@dataclass(frozen=True, kw_only=True)
class Area:
    """A police beat or district; `within` is the id of the area above it, empty for a district."""

    id: str
    name: str
    within: str
    polygon: shapely.Polygon


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block of a street, numbers `low` to `high`; odd ones lie left of the way from start to end.

    busy    how much happens on it, compared with other blocks; no unit
    """

    low: int
    high: int
    start: LonLat
    end: LonLat
    busy: float


@dataclass(frozen=True, kw_only=True)
class Street:
    """A street by its name, with its blocks in the order of their numbers; parks and the river leave gaps."""

    name: str
    blocks: tuple[Block, ...]
