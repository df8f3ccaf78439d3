"""Positions are read as they are written, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeat.errors import WrongSettings
from openbeat.mapping.coordinates import read_coordinate
from openbeat.mapping.odd import Odd


@pytest.mark.parametrize(
    ("written", "cell", "latitude", "longitude"),
    [
        ("wkt", "POINT (-96.799965 32.782059)", 32.782059, -96.799965),
        ("wkt", "point(-96.799965 32.782059)", 32.782059, -96.799965),
        ("wkt", "POINT Z (-96.799965 32.782059 0)", 32.782059, -96.799965),
        ("pair", "1531 POCONO TRL 12\nDallas, TX 75217\n(32.738115, -96.641689)", 32.738115, -96.641689),
        ("pair", "28.541300099, -81.379028582", 28.541300099, -81.379028582),
    ],
)
def test_one_cell_holds_both(written: str, cell: str, latitude: float, longitude: float) -> None:
    assert read_coordinate("latitude", written, [cell]) == latitude
    assert read_coordinate("longitude", written, [cell]) == longitude


@pytest.mark.parametrize("cell", ["41 21 00.6", "41°21'00.6\"", "41-21-00.6", "41°21'00.6\"N"])
def test_degrees_minutes_and_seconds(cell: str) -> None:
    assert read_coordinate("latitude", "dms", [cell]) == pytest.approx(41 + 21 / 60 + 0.6 / 3600, abs=1e-12)


@pytest.mark.parametrize(
    ("written", "cell"), [("dms west", "72 03 22.1"), ("dms", "-72 03 22.1"), ("dms", "72 03 22.1 W")]
)
def test_west_is_negative_however_it_is_said(written: str, cell: str) -> None:
    assert read_coordinate("longitude", written, [cell]) == pytest.approx(
        -(72 + 3 / 60 + 22.1 / 3600), abs=1e-12
    )


def test_feet_of_the_state_plane_of_texas_lie_where_dallas_says_that_they_lie() -> None:
    # A row of Dallas, 2017, has both: X, Y in EPSG:2276 and POINT (-96.824112 32.662194).
    cells = ["2483989.795963", "6927942.126927"]
    assert read_coordinate("latitude", "epsg:2276", cells) == pytest.approx(32.662194, abs=2e-3)
    assert read_coordinate("longitude", "epsg:2276", cells) == pytest.approx(-96.824112, abs=2e-3)


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        (None, ""),
        (None, "0"),
        (None, "0.0"),
        ("pair", "E PINE ST / S ORANGE AV"),
        ("pair", "12 12TH ST"),
        ("dms", " "),
    ],
)
def test_no_position_is_nothing(written: str | None, cell: str) -> None:
    assert read_coordinate("latitude", written, [cell]) is None


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        (None, "Unit 12"),
        (None, "91.5"),
        (None, "32.1 -96.2"),
        ("wkt", "POINT EMPTY"),
        ("wkt", "4600 MAIN 12"),
        ("dms", "41 75 10"),
        ("dms", "41 10 75"),
        ("epsg:2263", "1013353"),
        ("epsg:2263", "nan"),
    ],
)
def test_what_is_no_position_is_counted_and_never_half_read(written: str | None, cell: str) -> None:
    assert read_coordinate("latitude", written, [cell]) == Odd("not a position")


def test_a_coordinate_system_that_does_not_exist_is_named() -> None:
    with pytest.raises(WrongSettings, match="epsg:999999"):
        read_coordinate("latitude", "epsg:999999", ["1", "2"])


@given(st.text(max_size=30), st.sampled_from([None, "wkt", "pair", "dms", "dms west", "epsg:2263"]))
def test_no_text_breaks_the_reading(cell: str, written: str | None) -> None:
    found = read_coordinate("longitude", written, [cell, cell] if written == "epsg:2263" else [cell])
    assert found is None or isinstance(found, Odd) or -180 <= found <= 180
