"""The plan of Rivertown: ground first, then who lives where, then lines on the map and names."""

from __future__ import annotations

import numpy as np

from openbeat.errors import OpenBeatError
from openbeat.synth.city.addresses import City
from openbeat.synth.city.areas import outline_of, share_out
from openbeat.synth.city.ground import METRES_PER_DEGREE, make_ground
from openbeat.synth.city.model import Area, Tract
from openbeat.synth.city.names import districts as district_names
from openbeat.synth.city.names import quarters
from openbeat.synth.city.people import happening, living, residents_of_tracts
from openbeat.synth.city.streets import lay_streets


def make_city(seed: int, *, residents: int = 250_000) -> City:
    """Rivertown as `seed` makes it, with exactly so many residents; the same seed makes the same city.

    The number of residents changes no street and no boundary.
    Raises OpenBeatError where the seed or the number of residents is negative.
    """
    if seed < 0 or residents < 0:
        raise OpenBeatError(
            "a seed and a number of residents cannot be negative",
            where="make_city",
            remedies=["give 0 or a whole number above it"],
        )
    for_ground, for_events, for_names, for_people = np.random.default_rng(seed).spawn(4)
    ground = make_ground(for_ground)
    homes = living(ground)
    events = happening(for_events, ground, homes)
    shares = share_out(ground, living=homes, happening=events)
    polygons = ground.cells()

    letters = [chr(ord("A") + number) for number in range(len(shares.districts))]
    outlines = [outline_of(cells, polygons) for cells in shares.districts]
    centre = ground.nodes[ground.centre]
    districts = tuple(
        Area(id=letter, name=f"{name} District", within="", polygon=outline)
        for letter, name, outline in zip(letters, district_names(centre, outlines), outlines, strict=True)
    )
    names = quarters(for_names, len(shares.beats))
    beats = tuple(
        Area(
            id=f"{letters[within]}{1 + shares.within_district[:number].count(within)}",
            name=names[number],
            within=letters[within],
            polygon=outline_of(shares.beats[number], polygons),
        )
        for number, within in enumerate(shares.within_district)
    )
    outlines = [outline_of(cells, polygons) for cells in shares.tracts]
    middles = np.array([[outline.centroid.x, outline.centroid.y] for outline in outlines])
    weights = np.array([homes[cells].sum() for cells in shares.tracts])
    people = residents_of_tracts(for_people, (middles - centre) * METRES_PER_DEGREE, weights, residents)
    tracts = tuple(
        Tract(id=f"99001{100 * number:06d}", name=f"Census Tract {number}", polygon=outline, residents=those)
        for number, (outline, those) in enumerate(zip(outlines, people, strict=True), start=1)
    )
    return City(
        name="Rivertown",
        seed=seed,
        tracts=tracts,
        beats=beats,
        districts=districts,
        streets=lay_streets(for_names, ground, events),
        river=ground.water(),
    )
