"""Every type comes over TDS as SQLite keeps it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytds
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tds_client import READER, asked, connected, number_of

from openbeat.synth.tds import serve_tds


def both(path: Path, kind: str, values: Sequence[object]) -> tuple[list[object], list[object]]:
    """The same column read by sqlite3 and by python-tds."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE TABLE T (N INTEGER, V {kind})")
    connection.executemany("INSERT INTO T VALUES (?, ?)", list(enumerate(values)))
    connection.commit()
    direct = [row[0] for row in connection.execute("SELECT V FROM T ORDER BY N")]
    connection.close()
    with serve_tds(path, login=READER) as server, connected(server) as client:
        return direct, [row[0] for row in asked(client, "SELECT V FROM [IA_ADM].[T] ORDER BY N")]


quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


@quick
@given(
    values=st.lists(
        st.none() | words | st.sampled_from(["", "''", '"', "😀" * 12, "ñ %s @P1", " \t\r\n "]), min_size=1
    )
)
@pytest.mark.parametrize("kind", ["VARCHAR(200)", "NVARCHAR(200)", "CHAR(130)", "TEXT", "VARCHAR(8000)"])
def test_text_comes_as_it_is_stored(tmp_path: Path, kind: str, values: list[str | None]) -> None:
    direct, served = both(tmp_path / "t.sqlite", kind, values)
    assert served == direct == values


def test_text_longer_than_a_packet_comes_whole(tmp_path: Path) -> None:
    values = ["é" * 5_000, "😀" * 50_000, None, "x" * 4_000, ""]
    direct, served = both(tmp_path / "t.sqlite", "TEXT", values)
    assert served == direct == values


@quick
@given(data=st.data())
@pytest.mark.parametrize(("kind", "bits"), [("SMALLINT", 16), ("INTEGER", 32), ("BIGINT", 64)])
def test_whole_numbers_come_to_the_last_bit(
    tmp_path: Path, kind: str, bits: int, data: st.DataObject
) -> None:
    ends = st.sampled_from([-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 0, None])
    values = data.draw(st.lists(ends | st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1), min_size=1))
    direct, served = both(tmp_path / "t.sqlite", kind, values)
    assert served == direct == values


@quick
@given(values=st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_floating_numbers_come_to_the_last_bit(tmp_path: Path, values: list[float | None]) -> None:
    direct, served = both(tmp_path / "t.sqlite", "FLOAT", values)
    assert served == direct == values


@quick
@given(values=st.lists(st.none() | st.integers(-(10**9), 10**9).map(lambda cents: cents / 100), min_size=1))
def test_decimals_keep_their_cents(tmp_path: Path, values: list[float | None]) -> None:
    direct, served = both(tmp_path / "t.sqlite", "DECIMAL(10, 2)", values)
    assert served == [None if value is None else Decimal(str(value)) for value in direct]


@quick
@given(
    values=st.lists(
        st.none() | st.datetimes(datetime(1753, 1, 1), datetime(9999, 12, 31, 23, 59, 59)), min_size=1
    )
)
def test_moments_of_datetime_come_within_its_three_hundredth_of_a_second(
    tmp_path: Path, values: list[datetime | None]
) -> None:
    direct, served = both(
        tmp_path / "t.sqlite", "DATETIME", [value and value.isoformat(" ") for value in values]
    )
    for stored, came in zip(direct, served, strict=True):
        if stored is None:
            assert came is None
        else:
            assert isinstance(came, datetime)
            exact = datetime.fromisoformat(str(stored))
            # half a tick, and half a millisecond that python-tds rounds to
            assert abs(came - exact) <= timedelta(microseconds=1_667 + 500)
            assert exact.microsecond or came == exact


@quick
@given(
    days=st.lists(st.none() | st.dates(), min_size=1),
    moments=st.lists(st.none() | st.datetimes(), min_size=1),
)
def test_days_and_datetime2_come_exactly(
    tmp_path: Path, days: list[date | None], moments: list[datetime | None]
) -> None:
    file = tmp_path / "t.sqlite"
    assert both(file, "DATE", [day and day.isoformat() for day in days])[1] == days
    stored = [moment and moment.isoformat(" ") for moment in moments]
    assert both(file, "DATETIME2", stored)[1] == moments


def test_times_bits_and_bytes_come_exactly(tmp_path: Path) -> None:
    file = tmp_path / "t.sqlite"
    assert both(file, "TIME", ["23:59:59.999999", "00:00:00", None])[1] == [time.max, time.min, None]
    assert both(file, "BIT", [1, 0, None])[1] == [True, False, None]
    assert both(file, "BLOB", [b"", bytes(range(256)) * 40, None])[1] == [b"", bytes(range(256)) * 40, None]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("VARCHAR(3)", "secret"),
        ("INTEGER", "secret"),
        ("INTEGER", 2**31),
        ("DATETIME", "secret"),
        ("DATETIME", "1600-01-01 00:00:00"),
        ("DATETIME", "2020-01-01T10:00:00"),
        ("DECIMAL(4, 1)", 123456.7),
        ("BIT", 2),
    ],
)
def test_a_value_that_sql_server_could_not_hold_is_an_error_that_names_its_column_only(
    tmp_path: Path, kind: str, value: object
) -> None:
    with pytest.raises(pytds.DatabaseError, match="'V'") as error:
        both(tmp_path / "t.sqlite", kind, [value])
    assert number_of(error) == 8114
    assert str(value) not in str(error.value)


def test_a_fault_in_the_last_of_many_rows_is_no_silent_end(tmp_path: Path) -> None:
    with pytest.raises(pytds.DatabaseError, match="'V'"):
        both(tmp_path / "t.sqlite", "INTEGER", [*range(3_000), "secret"])
