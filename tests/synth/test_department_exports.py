"""The ways out of the synthetic IAPro: databases, the packed CSV, the sheets of saved queries."""

from __future__ import annotations

import csv
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from openbeat.errors import OpenBeatError
from openbeat.synth.department import make_department
from openbeat.synth.iapro import (
    shapes,
    tables_at,
    write_packed_csv,
    write_postgres,
    write_sheets,
    write_sqlite,
)

Tables = Mapping[str, pa.Table]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return tables_at(make_department(seed=5, officers=100, years=2))


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def numbered(tables: Tables) -> int:
    """Incidents with a file number."""
    return sum(
        bool(one and one.strip() and one != "NULL")
        for one in tables["INCIDENTS"].column("FILENUM").to_pylist()
    )


def test_sqlite_gives_back_every_cell_under_types_as_sql_server_declares_them(
    tables: Tables, tmp_path: Path
) -> None:
    file = tmp_path / "iapro.sqlite"
    write_sqlite(tables, file)
    with closing(sqlite3.connect(file)) as connection:
        for name, table in tables.items():
            declared = {row[1]: row[2] for row in connection.execute(f'PRAGMA table_info("{name}")')}
            assert declared == shapes()[name].columns
            text = pa.table([column.cast(pa.string()) for column in table.columns], names=table.column_names)
            found = connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid').fetchall()
            wanted = list(zip(*(column.to_pylist() for column in text.columns), strict=True))
            if shapes()[name].key:
                found, wanted = sorted(found), sorted(wanted, key=lambda row: int(row[0]))
            assert [tuple(None if cell is None else str(cell) for cell in row) for row in found] == wanted


def test_a_database_that_is_there_is_not_written_over(tables: Tables, tmp_path: Path) -> None:
    file = tmp_path / "iapro.sqlite"
    file.write_text("somebody's")
    with pytest.raises(OpenBeatError, match="there already"):
        write_sqlite(tables, file)
    assert file.read_text() == "somebody's"


def test_the_packed_csv_has_one_row_for_each_case_and_lines_that_belong_together(
    tables: Tables, tmp_path: Path
) -> None:
    write_packed_csv(tables, tmp_path / "query.csv")
    header, *found = read(tmp_path / "query.csv")
    assert len(found) == numbered(tables)
    officers, force, allegations, findings, *people = (
        [row[header.index(name)].split("\n") for row in found]
        for name in (
            "Officer", "Force type", "Allegation", "Finding", "Citizen race", "Citizen sex", "Citizen age",
        )
    )  # fmt: skip
    for lines in zip(officers, force, allegations, findings, strict=True):
        assert len({len(one) for one in lines}) == 1
    for lines in zip(*people, strict=True):
        assert len({len(one) for one in lines}) == 1
    kept = {
        row["INCNUM"]
        for row in tables["INCIDENTS"].to_pylist()
        if (row["FILENUM"] or "NULL").strip() not in ("", "NULL")
    }
    case = {row["AIO_NUM"]: row["INCNUM"] for row in tables["ASSOC_INC_OFF"].to_pylist()}
    assert sum(bool(name) for one in officers for name in one) == sum(one in kept for one in case.values())
    used = [case[link] in kept for link in tables["USES_OF_FORCE"].column("AIO_NUM").to_pylist()]
    assert sum(bool(name) for one in force for name in one) == sum(used)
    assert any("" in one for one in officers if one != [""])  # the same officer as above
    assert any(len(one) > 1 and all(one) for one in officers)


def test_the_traps_of_the_packed_csv_are_there_when_they_are_on(tables: Tables, tmp_path: Path) -> None:
    plain, odd = tmp_path / "plain.csv", tmp_path / "odd.csv"
    write_packed_csv(tables, plain)
    write_packed_csv(tables, odd, traps=("bom", "packed_uneven", "column_shift"))
    assert not plain.read_bytes().startswith(b"\xef\xbb\xbf")
    assert odd.read_bytes().startswith(b"\xef\xbb\xbf")
    header, *found = read(plain)
    assert {len(row) for row in found} == {len(header)}
    header, *found = read(odd)
    assert Counter(len(row) - len(header) for row in found)[1] > 0
    uneven = [row for row in found if len(row) == len(header) and row[13].count("\n") != row[14].count("\n")]
    assert uneven


def test_sheets_are_cross_products_of_what_hangs_on_a_case(tables: Tables, tmp_path: Path) -> None:
    files = {file.stem: read(file) for file in write_sheets(tables, tmp_path / "sheets")}
    assert len(files) == 4
    assert len(files["iaincidentstypestatusq"]) - 1 == numbered(tables)
    found = files["iauofsubjectsactionsq"][1:]
    assert len(found) > 0
    kept = {
        row["INCNUM"]
        for row in tables["INCIDENTS"].to_pylist()
        if (row["FILENUM"] or "NULL").strip() not in ("", "NULL")
    }
    case = {row["AIO_NUM"]: row["INCNUM"] for row in tables["ASSOC_INC_OFF"].to_pylist()}
    people = Counter(tables["ASSOC_INC_CIT"].column("INCNUM").to_pylist())
    done = Counter(case[link] for link in tables["ACTIONS_TAKEN"].column("AIO_NUM").to_pylist())
    force = [case[link] for link in tables["USES_OF_FORCE"].column("AIO_NUM").to_pylist()]
    expected = sum(max(1, people[one]) * max(1, done[one]) for one in force if one in kept)
    assert len(found) == expected > sum(one in kept for one in force)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of its own, out of a package that ships one; skipped where that is absent."""
    pgserver = pytest.importorskip("pgserver", reason="needs pgserver, a PostgreSQL server as a package")
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


def test_postgresql_holds_the_same_rows_under_quoted_upper_case_names(tables: Tables, postgres: str) -> None:
    import psycopg

    for _ in range(2):  # a second time replaces the first
        write_postgres(tables, postgres)
    with psycopg.connect(postgres) as connection:
        for name, table in tables.items():
            found = connection.execute(f'SELECT * FROM "IA_ADM"."{name}"'.encode()).fetchall()
            wanted = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
            assert sorted(found, key=repr) == sorted(wanted, key=repr)
