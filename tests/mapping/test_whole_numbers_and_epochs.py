"""What pandas and ArcGIS do to records: 112944.0 for an officer's number, milliseconds for a moment."""

from __future__ import annotations

from datetime import date

import pytest

from openbeat.agency import FieldMapping, TableMapping
from openbeat.mapping.readings import reading
from openbeat.standards import standards

CALLS = standards()["calls_for_service"].tables["calls"].fields
EPOCH = ("epoch milliseconds",)


def read(field: str, cell: str, **how: object) -> object:
    return reading(CALLS[field], FieldMapping(**how), TableMapping(), "America/New_York")([cell])  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["211", "0211", "211.0", " 00211.00 "])
def test_a_whole_number_has_one_spelling(cell: str) -> None:
    assert read("beat", cell, written="whole number") == "211"


@pytest.mark.parametrize("cell", ["211.5", "C211", "2-11", "-211"])
def test_what_is_no_whole_number_stays_as_it_is(cell: str) -> None:
    assert read("beat", cell, written="whole number") == cell


def test_nought_is_a_number_too() -> None:
    assert read("beat", "000.0", written="whole number") == "0"


def test_milliseconds_are_a_moment_in_the_source_s_own_time() -> None:
    # date -u -d @1516437780: Sat Jan 20 08:43:00 UTC 2018
    assert read("occurred_date", "1516437780000", formats=EPOCH) == date(2018, 1, 20)
    assert read("occurred_time", "1516437780000", formats=EPOCH) == "08:43"


def test_milliseconds_of_utc_become_local_time_where_the_zone_is_named() -> None:
    assert read("occurred_time", "1516437780000", formats=EPOCH, zone="UTC") == "03:43"
