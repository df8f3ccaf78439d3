"""The city as files: its areas, streets and residents. Every file says that it is made up."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import shapely

from openbeat.disk import make_folder, sync, write_new
from openbeat.synth.city.addresses import City
from openbeat.synth.city.model import RACES, Area, People, Tract
from openbeat.synth.city.people import residents_of_beats

YEAR = 2020  # the figures pose as those of a census year

Cell = str | int | float


def write_city(city: City, folder: Path) -> tuple[Path, ...]:
    """The city's files in `folder`, each whole or as it was before; the same city gives the same bytes.

    tracts.geojson, beats.geojson, districts.geojson
    streets.csv      one row for each side of a block, with the beat that its numbers lie in
    population.csv   one row for each tract, beat and district; columns are the fields of the standard
                     `population`, table `areas`, and `synthetic`
    """
    people = people_by_area(city)
    files = {
        "tracts.geojson": geojson(city, "Census tracts", city.tracts, people),
        "beats.geojson": geojson(city, "Police beats", city.beats, people),
        "districts.geojson": geojson(city, "Police districts", city.districts, people),
        "streets.csv": as_csv(street_rows(city)),
        "population.csv": as_csv(population_rows(city, people)),
    }
    make_folder(folder)
    for name, text in files.items():
        half = folder / f".{name}.part"
        half.unlink(missing_ok=True)
        write_new(half, [text.encode("utf-8")])
        half.replace(folder / name)
    sync(folder)
    return tuple(folder / name for name in files)


def people_by_area(city: City) -> Mapping[str, People]:
    """Residents of every tract, beat and district, by its id."""
    own = {tract.id: tract.residents for tract in city.tracts}
    return own | dict(residents_of_beats(city.tracts, city.beats, city.districts))


def geojson(city: City, title: str, areas: Sequence[Tract | Area], people: Mapping[str, People]) -> str:
    """The areas as a GeoJSON feature collection (RFC 7946), a line for each."""
    features = [
        {
            "type": "Feature",
            "id": area.id,
            "properties": {"id": area.id, "name": area.name}
            | ({"within": area.within} if isinstance(area, Area) and area.within else {})
            | {"residents": sum(people[area.id].values()), "synthetic": True},
            "geometry": shapely.geometry.mapping(area.polygon),
        }
        for area in areas
    ]
    head = {
        "type": "FeatureCollection",
        "name": f"{title} of {city.name}",
        "description": f"Made up by openbeat from seed {city.seed}: {city.name} does not exist.",
        "synthetic": True,
    }
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "features": [\n{lines}\n]}}\n'


def street_rows(city: City) -> Iterable[Mapping[str, Cell]]:
    """Every side of every block: its numbers, where it begins and ends, the beat on that side."""
    row = 0
    for street in city.streets:
        for block in street.blocks:
            for odd in (0, 1):
                yield {
                    "street": street.name,
                    "low": block.low + odd,
                    "high": block.high - 1 + odd,
                    "side": "odd" if odd else "even",
                    "start_longitude": block.start[0],
                    "start_latitude": block.start[1],
                    "end_longitude": block.end[0],
                    "end_latitude": block.end[1],
                    "beat": str(city.sides.beat[row, odd]),
                    "synthetic": "true",
                }
            row += 1


def population_rows(city: City, people: Mapping[str, People]) -> Iterable[Mapping[str, Cell]]:
    """Every tract, beat and district as a row of the standard's table."""
    kinds: Mapping[str, Sequence[Tract | Area]]
    kinds = {"census_tract": city.tracts, "beat": city.beats, "district": city.districts}
    for kind, areas in kinds.items():
        for area in areas:
            those = people[area.id]
            yield {
                "area_kind": kind,
                "area_id": area.id,
                "area_name": area.name,
                "period": str(YEAR),
                "first_year": YEAR,
                "last_year": YEAR,
                "source": f"Made up by openbeat from seed {city.seed}; no census",
                "residents": sum(those.values()),
                "residents_18_and_over": sum(n for (_, age), n in those.items() if age != "0-17"),
                "hispanic_apart": "true",
                **{
                    f"residents_{race}": sum(n for (of, _), n in those.items() if of == race)
                    for race in RACES
                },
                "synthetic": "true",
            }


def as_csv(rows: Iterable[Mapping[str, Cell]]) -> str:
    """Rows of the same columns as CSV with a heading."""
    held = list(rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, held[0].keys(), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(held)
    return text.getvalue()
