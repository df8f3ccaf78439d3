"""Rivertown as files: standard shapes, sums that agree at every level, and a label on each."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from openbeat.standards import standards
from openbeat.synth.city import RACES, City, make_city
from openbeat.synth.city.files import people_by_area, write_city

NAMES = ("tracts.geojson", "beats.geojson", "districts.geojson", "streets.csv", "population.csv")
AGAIN = """
import sys
from pathlib import Path
from openbeat.synth.city import make_city
from openbeat.synth.city.files import write_city
write_city(make_city(7), Path(sys.argv[1]))
"""

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(7)


@pytest.fixture(scope="module")
def folder(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city") / "rivertown"
    assert write_city(city, folder) == tuple(folder / name for name in NAMES)
    return folder


@pytest.fixture(scope="module")
def population(folder: Path) -> Rows:
    return rows(folder / "population.csv")


def rows(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def turning(ring: list[list[float]]) -> float:
    """Twice the signed area: above 0 where the ring goes against the clock."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


@pytest.mark.parametrize("name", NAMES[:3])
def test_geojson_is_as_rfc_7946_wants_it(folder: Path, name: str) -> None:
    found = json.loads((folder / name).read_text("utf-8"))
    assert found["type"] == "FeatureCollection"
    assert "crs" not in found
    assert len({feature["id"] for feature in found["features"]}) == len(found["features"])
    for feature in found["features"]:
        assert feature["type"] == "Feature"
        assert feature["geometry"]["type"] == "Polygon"
        [outer, *holes] = feature["geometry"]["coordinates"]
        assert not holes
        assert outer[0] == outer[-1]
        assert len(outer) >= 4
        assert turning(outer) > 0
        assert all(-180 < lon < 0 < lat < 90 for lon, lat in outer)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_says_that_it_is_made_up(folder: Path, name: str) -> None:
    if name.endswith(".csv"):
        assert {row["synthetic"] for row in rows(folder / name)} == {"true"}
    else:
        found = json.loads((folder / name).read_text("utf-8"))
        assert found["synthetic"] is True
        assert "does not exist" in found["description"]


def test_the_geojson_holds_the_citys_own_polygons(folder: Path, city: City) -> None:
    found = json.loads((folder / "beats.geojson").read_text("utf-8"))["features"]
    assert [tuple(map(tuple, one["geometry"]["coordinates"][0])) for one in found] == [
        tuple(beat.polygon.exterior.coords) for beat in city.beats
    ]
    assert [one["properties"]["within"] for one in found] == [beat.within for beat in city.beats]


def test_population_has_the_columns_and_codes_of_the_standard(population: Rows) -> None:
    fields = standards()["population"].tables["areas"].fields
    assert set(population[0]) - {"synthetic"} <= set(fields)
    assert {key for key, field in fields.items() if field.required} <= set(population[0])
    codes = fields["area_kind"].codes
    assert codes is not None
    assert {row["area_kind"] for row in population} <= set(codes.codes)
    keys = [(row["area_kind"], row["area_id"], row["period"]) for row in population]
    assert len(set(keys)) == len(keys)


def test_population_adds_up_in_every_row_and_at_every_level(population: Rows, city: City) -> None:
    counted = ["residents", "residents_18_and_over", *(f"residents_{race}" for race in RACES)]
    totals = {
        kind: [sum(int(row[key]) for row in population if row["area_kind"] == kind) for key in counted]
        for kind in ("census_tract", "beat", "district")
    }
    assert totals["census_tract"] == totals["beat"] == totals["district"]
    assert totals["beat"][0] == 250_000
    for row in population:
        assert sum(int(row[f"residents_{race}"]) for race in RACES) == int(row["residents"])
        assert 0 < int(row["residents_18_and_over"]) <= int(row["residents"])
    assert len(population) == len(city.tracts) + len(city.beats) + len(city.districts)


@pytest.mark.parametrize("residents", [0, 1, 999, 250_000])
def test_a_district_has_the_people_of_its_beats_and_of_its_tracts_by_race_and_age(residents: int) -> None:
    city = make_city(3, residents=residents)
    people = people_by_area(city)
    for district in city.districts:
        beats = [beat.id for beat in city.beats if beat.within == district.id]
        tracts = [t.id for t in city.tracts if district.polygon.contains(t.polygon.representative_point())]
        assert people[district.id] == summed(people, beats) == summed(people, tracts)


def summed(people: Mapping[str, Mapping[tuple[str, str], int]], areas: list[str]) -> object:
    return {key: sum(people[area][key] for area in areas) for key in people[areas[0]]}


def test_a_beat_of_whole_tracts_has_exactly_their_people(city: City) -> None:
    people = people_by_area(city)
    whole = 0
    for beat in city.beats:
        inside = [t for t in city.tracts if beat.polygon.contains(t.polygon.representative_point())]
        if sum(t.polygon.area for t in inside) == pytest.approx(beat.polygon.area, rel=1e-9) and all(
            beat.polygon.covers(t.polygon) for t in inside
        ):
            assert people[beat.id] == summed(people, [t.id for t in inside])
            whole += 1
    assert whole >= 4


def test_streets_name_the_beat_of_every_side(folder: Path, city: City) -> None:
    found = rows(folder / "streets.csv")
    assert len(found) == 2 * sum(len(street.blocks) for street in city.streets)
    for row in found[::7]:
        for number in (int(row["low"]), int(row["high"])):
            at = city.locate(number, row["street"])
            assert at is not None
            assert at.beat == row["beat"]
            assert number % 2 == (row["side"] == "odd")


def test_the_same_seed_writes_the_same_bytes_in_another_process(folder: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONHASHSEED": "12345"}
    subprocess.run([sys.executable, "-c", AGAIN, str(tmp_path)], check=True, env=environment)
    assert {name: (tmp_path / name).read_bytes() for name in NAMES} == {
        name: (folder / name).read_bytes() for name in NAMES
    }


def test_writing_again_replaces_every_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_city(make_city(1), tmp_path)
    (tmp_path / ".beats.geojson.part").write_text("cut off by a power cut", encoding="utf-8")
    write_city(make_city(2), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(NAMES)
    assert all("seed 2" in (tmp_path / name).read_text("utf-8") for name in NAMES if name != "streets.csv")
