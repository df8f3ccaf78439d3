"""Rivertown: a map that holds together, with people on it and addresses that can be found again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from openbeat.errors import OpenBeatError
from openbeat.synth.city import AGES, RACES, Area, City, Places, Tract, make_city

SEED = 7
METRES = np.array([111_195 * np.cos(np.radians(47.6)), 111_195])  # of a degree of longitude and latitude

PRESIDENTS = """
    washington adams jefferson madison monroe jackson buren harrison tyler polk taylor fillmore pierce
    buchanan lincoln johnson grant hayes garfield arthur cleveland mckinley roosevelt taft wilson harding
    coolidge hoover truman eisenhower kennedy nixon ford carter reagan bush clinton obama trump biden
"""


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(SEED)


@pytest.fixture(scope="module")
def drawn(city: City) -> Places:
    return city.places(np.random.default_rng(1), 60_000)


def levels(city: City) -> tuple[Sequence[Tract | Area], ...]:
    return city.tracts, city.beats, city.districts


def polygons(areas: Sequence[Tract | Area]) -> NDArray[np.object_]:
    return np.array([area.polygon for area in areas])


def of_race(tract: Tract, race: str) -> int:
    return sum(people for (one, _), people in tract.residents.items() if one == race)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**63))
def test_tracts_beats_and_districts_each_tile_the_same_ground(seed: int) -> None:
    any_city = make_city(seed)
    whole = shapely.union_all(polygons(any_city.districts))
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    for areas in levels(any_city):
        shapes = polygons(areas)
        assert {shape.geom_type for shape in shapes} == {"Polygon"}
        assert shapely.is_valid(shapes).all()
        assert shapely.coverage_is_valid(shapes)  # neighbours share every corner: no sliver, no overlap
        assert shapely.area(shapes).sum() == pytest.approx(whole.area, rel=1e-12)
        assert shapely.union_all(shapes).symmetric_difference(whole).area < 1e-12 * whole.area
    ids = [area.id for areas in levels(any_city) for area in areas]
    assert len(set(ids)) == len(ids)
    assert len(any_city.districts) == 6
    assert len(any_city.beats) == 24
    assert 55 <= len(any_city.tracts) <= 65
    assert 130 <= len(any_city.streets) <= 160


def test_a_district_is_made_of_whole_beats(city: City) -> None:
    for district in city.districts:
        beats = [beat.polygon for beat in city.beats if beat.within == district.id]
        assert shapely.union_all(beats).symmetric_difference(district.polygon).area < 1e-15


def test_some_beats_cut_tracts_and_some_do_not(city: City) -> None:
    beats = polygons(city.beats)
    cut = [
        tract.id
        for tract in city.tracts
        if (shapely.area(shapely.intersection(beats, tract.polygon)) / tract.polygon.area).max() < 0.98
    ]
    assert len(cut) >= 5
    assert len(cut) <= len(city.tracts) / 2


def test_it_lies_where_there_is_only_water_and_its_tracts_are_in_no_state(city: City) -> None:
    west, south, east, north = shapely.total_bounds(polygons(city.districts))
    # Lake Superior: the Keweenaw's northernmost ground and Manitou Island lie south of 47.49, Isle Royale
    # north of 47.8 and Ontario north of 48.4.
    assert -87.75 < west < east < -87.45
    assert 47.5 < south < north < 47.7
    assert all(tract.id.startswith("99001") and len(tract.id) == 11 for tract in city.tracts)


def test_only_bridges_cross_the_river(city: City) -> None:
    wet = {
        (street.name, block.low)
        for street in city.streets
        for block in street.blocks
        if city.river.intersects(shapely.LineString([block.start, block.end]))
    }
    bridges = Counter(name for name, _ in wet)
    assert 5 <= len(bridges) <= 12
    # a bridge is two blocks, bank to middle and middle to bank, of a street that goes on at either end
    assert set(bridges.values()) == {2}
    for name in bridges:
        lows = {block.low for street in city.streets if street.name == name for block in street.blocks}
        first = min(low for one, low in wet if one == name)
        assert {first - 100, first, first + 100, first + 200} <= lows


def test_streets_have_names_of_their_own_that_honour_nobody(city: City) -> None:
    names = [street.name for street in city.streets]
    assert len(set(names)) == len(names)
    assert not {word for name in names for word in name.casefold().split()} & set(PRESIDENTS.split())


def test_blocks_of_a_street_follow_each_other_in_hundreds(city: City) -> None:
    for street in city.streets:
        lows = [block.low for block in street.blocks]
        assert lows == sorted(set(lows))
        for block, following in pairwise(street.blocks):
            assert block.low % 100 == 0
            assert block.high == block.low + 99
            assert following.low > block.low + 100 or following.start == block.end


def test_every_address_lies_in_the_areas_that_it_names(city: City, drawn: Places) -> None:
    named_by = (drawn.tract, drawn.beat, drawn.district)
    for areas, named in zip(levels(city), named_by, strict=True):
        own = {area.id: area.polygon for area in areas}
        assert set(named) <= set(own)
        for key in np.unique(named):
            here = named == key
            assert shapely.contains_xy(own[key], drawn.longitude[here], drawn.latitude[here]).all()


def test_every_address_lies_beside_its_block_on_its_own_side_of_the_street(city: City, drawn: Places) -> None:
    blocks = {(street.name, block.low): block for street in city.streets for block in street.blocks}
    own = [
        blocks[name, low]
        for name, low in zip(drawn.street.tolist(), (drawn.number // 100 * 100).tolist(), strict=True)
    ]
    start = np.array([block.start for block in own])
    way = (np.array([block.end for block in own]) - start) * METRES
    to = (np.column_stack([drawn.longitude, drawn.latitude]) - start) * METRES
    length = np.linalg.norm(way, axis=1)
    along = (to * way).sum(axis=1) / length
    left = (way[:, 0] * to[:, 1] - way[:, 1] * to[:, 0]) / length
    assert ((along > 0) & (along < length)).all()
    assert ((np.abs(left) > 2) & (np.abs(left) < 30)).all()
    assert ((left > 0) == (drawn.number % 2 == 1)).all()


def test_the_doors_nearest_to_every_corner_are_in_the_areas_that_they_name(city: City) -> None:
    tracts = {tract.id: tract.polygon for tract in city.tracts}
    beats = {beat.id: beat for beat in city.beats}
    corners = [
        (street.name, block.low + door)
        for street in city.streets
        for block in street.blocks
        for door in (0, 1, 98, 99)
    ]
    found = [city.locate(number, name) for name, number in corners]
    points = shapely.points([(at.longitude, at.latitude) for at in found if at])
    assert len(points) == len(corners)
    assert shapely.contains_properly([tracts[at.tract] for at in found if at], points).all()
    assert shapely.contains_properly([beats[at.beat].polygon for at in found if at], points).all()
    assert all(beats[at.beat].within == at.district for at in found if at)


def test_looking_up_an_address_that_was_drawn_gives_the_same_place(city: City, drawn: Places) -> None:
    for i in range(0, 60_000, 60):
        at = city.locate(int(drawn.number[i]), str(drawn.street[i]))
        assert at == (
            drawn.latitude[i],
            drawn.longitude[i],
            drawn.beat[i],
            drawn.district[i],
            drawn.tract[i],
        )


@given(st.integers(0, 10_000), st.booleans(), st.sampled_from(["", " ", "  "]))
def test_capitals_and_spaces_make_no_difference_to_a_street(
    city: City, drawn: Places, row: int, loud: bool, space: str
) -> None:
    number, street = int(drawn.number[row]), str(drawn.street[row])
    written = space + (street.upper() if loud else street.lower()).replace(" ", f" {space}") + space
    assert city.locate(number, written) == city.locate(number, street) is not None


@given(st.integers(-(10**9), 10**9), st.text(max_size=20))
def test_an_address_that_is_not_on_the_map_is_not_found(city: City, number: int, street: str) -> None:
    numbers = range(city.streets[0].blocks[0].low, city.streets[0].blocks[-1].high + 1)
    assert city.locate(number, f"{street} Nowhere") is None
    if number not in numbers:
        assert city.locate(number, city.streets[0].name) is None


def test_more_happens_downtown_than_its_streets_alone_would_have(city: City, drawn: Places) -> None:
    centre = next(area.polygon for area in city.districts if area.name == "Central District").centroid
    blocks = np.array([block.start for street in city.streets for block in street.blocks])
    places = np.column_stack([drawn.longitude, drawn.latitude])
    near = [(np.hypot(*((at - [centre.x, centre.y]) * METRES).T) < 1_000).mean() for at in (places, blocks)]
    assert near[0] > 1.5 * near[1]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1_000_000))
def test_exactly_so_many_people_live_there_as_were_asked_for(residents: int) -> None:
    tracts = make_city(SEED, residents=residents).tracts
    assert sum(sum(tract.residents.values()) for tract in tracts) == residents
    assert all(set(tract.residents) == {(race, age) for race in RACES for age in AGES} for tract in tracts)
    assert min(people for tract in tracts for people in tract.residents.values()) >= 0


def test_the_number_of_residents_moves_no_line_on_the_map(city: City) -> None:
    small = make_city(SEED, residents=1_000)
    assert (small.streets, small.beats, small.districts) == (city.streets, city.beats, city.districts)


def test_people_live_denser_near_the_centre(city: City) -> None:
    centre = next(area.polygon for area in city.districts if area.name == "Central District").centroid
    tracts = sorted(city.tracts, key=lambda tract: tract.polygon.centroid.distance(centre))
    third = len(tracts) // 3
    density = [
        sum(sum(t.residents.values()) for t in some) / sum(t.polygon.area for t in some)
        for some in (tracts[:third], tracts[third:-third], tracts[-third:])
    ]
    assert density[0] > density[1] > density[2]
    assert density[0] > 2 * density[2]


@pytest.mark.parametrize("race", ["black", "hispanic", "asian"])
@pytest.mark.parametrize("seed", range(4))
def test_races_live_apart_as_in_a_moderately_segregated_us_city(race: str, seed: int) -> None:
    tracts = make_city(seed).tracts
    one, white = (np.array([of_race(tract, each) for tract in tracts]) for each in (race, "white"))
    # Index of dissimilarity (Duncan & Duncan, 1955); 0.3 to 0.6 is called moderate (Massey & Denton, 1993).
    assert 0.3 < np.abs(one / one.sum() - white / white.sum()).sum() / 2 < 0.6


def test_neighbouring_tracts_are_more_alike_than_distant_ones(city: City) -> None:
    shares = np.array([of_race(tract, "black") / sum(tract.residents.values()) for tract in city.tracts])
    shapes = polygons(city.tracts)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="touches")
    off = shares - shares.mean()
    morans_i = (off[one] * off[other]).mean() / (off**2).mean()
    assert morans_i > 0.5


def test_the_same_seed_draws_the_same_addresses(city: City) -> None:
    one, other = (make_city(SEED).places(np.random.default_rng(5), 500) for _ in range(2))
    assert all((getattr(one, column) == getattr(other, column)).all() for column in vars(one))


def test_another_seed_makes_another_city(city: City) -> None:
    other = make_city(SEED + 1)
    assert {street.name for street in other.streets} != {street.name for street in city.streets}
    assert not set(polygons(other.beats)) & set(polygons(city.beats))
    assert [t.residents for t in other.tracts] != [t.residents for t in city.tracts]


@pytest.mark.parametrize(("seed", "residents"), [(-1, 10), (1, -10)])
def test_less_than_nothing_is_refused(seed: int, residents: int) -> None:
    with pytest.raises(OpenBeatError, match="cannot be negative"):
        make_city(seed, residents=residents)
