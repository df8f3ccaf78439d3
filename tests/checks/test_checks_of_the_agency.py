"""A8, C4, C6, C8, F1, F3, F7: what the agency says of itself and its data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from check_subjects import a_dataset, an_agency, fires, mapped, silent

from openbeat.agency import Contact
from openbeat.checks import Subject
from openbeat.checks.said import is_open
from openbeat.engine import Engine


@pytest.fixture
def subject(engine: Engine) -> Subject:
    return mapped(engine, "stops", {"stops": [{"stop_id": "1", "occurred_date": date(2025, 3, 1)}]})


@pytest.mark.parametrize("check", ["A8", "C4", "C6", "C8", "F1", "F3", "F7"])
def test_an_agency_that_says_everything_hears_nothing(subject: Subject, check: str) -> None:
    silent(check, subject, "mapped")


@pytest.mark.parametrize(
    "licence",
    [
        "https://creativecommons.org/publicdomain/zero/1.0/",
        "http://creativecommons.org/publicdomain/zero/1.0/legalcode",
        "https://creativecommons.org/licenses/by/4.0",
        "https://creativecommons.org/licenses/by-sa/4.0/deed.es",
        "https://opendatacommons.org/licenses/pddl/1-0/",
        "https://www.opendatacommons.org/licenses/by/1.0/",
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        "http://www.usa.gov/publicdomain/label/1.0/",
        "CC0-1.0",
        "CC-BY-4.0",
        "ODbL-1.0",
    ],
)
def test_licences_of_the_open_definition_are_open(licence: str) -> None:
    assert is_open(licence)


@pytest.mark.parametrize(
    "licence",
    [
        "https://creativecommons.org/licenses/by-nc/4.0/",
        "https://creativecommons.org/licenses/by-nd/4.0/",
        "CC-BY-NC-4.0",
        "for non-commercial use",
        "see our website",
        "",
        "https://example.org/creativecommons.org/licenses/by/4.0/",
    ],
)
def test_other_terms_block(subject: Subject, licence: str) -> None:
    assert fires("A8", replace(subject, agency=an_agency(licence=licence)), "mapped").blocks


def test_numbers_without_anything_to_compare_them_with_warn(engine: Engine) -> None:
    stops = mapped(engine, "stops", {"stops": [{"stop_id": "1", "occurred_date": date(2025, 3, 1)}]})
    alone = an_agency(datasets={"stops": a_dataset("stops", [])})
    assert fires("C4", replace(stops, agency=alone), "mapped").level == "W"


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        ({"introduction": None}, "an introduction"),
        ({"introduced_by": None}, "who introduces"),
        ({"complaint_process": None}, "how to complain"),
        ({"contact": Contact(name="", email="")}, "whom to ask"),
    ],
)
def test_what_readers_miss_of_the_agency_is_named(subject: Subject, gap: dict[str, Any], said: str) -> None:
    found = fires("C6", replace(subject, agency=an_agency(**gap)), "mapped")
    assert (found.count, found.among) == (1, 4)
    assert said in found.says.en


@pytest.mark.parametrize(
    ("check", "gap", "level"),
    [
        ("C8", {"notes": None}, "S"),
        ("F1", {"frequency": "yearly"}, "B"),
        ("F1", {"frequency": "P0Y"}, "B"),
        ("F1", {"frequency": ""}, "B"),
        ("F3", {"next_release": None}, "W"),
        ("F3", {"next_release": date(2026, 6, 30)}, "W"),
        ("F7", {"pending": {}}, "W"),
    ],
)
def test_what_readers_miss_of_the_dataset_is_named(
    subject: Subject, check: str, gap: dict[str, Any], level: str
) -> None:
    found = fires(check, replace(subject, dataset=a_dataset("stops", ["stops"], **gap)), "mapped")
    assert found.level == level


def test_zero_pending_cases_are_an_answer(subject: Subject) -> None:
    dataset = a_dataset("stops", ["stops"], pending={"under review": 0})
    silent("F7", replace(subject, dataset=dataset), "mapped")
