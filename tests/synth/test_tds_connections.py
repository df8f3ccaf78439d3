"""Connections to the test double: several, prepared, abandoned, cut, broken; and other clients."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import threading
from pathlib import Path

import pytds
import pytest
from pytds.tds_base import SP_EXECUTE, SP_PREPARE, InternalProc
from tds_client import READER, asked, connected, make, many

from openbeat.synth.tds import Login, serve_tds

PLAIN = Login(user=READER.user, password="Plain4Letters")  # drivers differ on any others
SP_PREPEXEC, SP_UNPREPARE = InternalProc(13, "sp_prepexec"), InternalProc(15, "sp_unprepare")


def test_prepared_statements_run_again_with_other_values_until_they_are_forgotten(tmp_path: Path) -> None:
    query, kinds = "SELECT OFFNUM FROM ASSOC_INC_OFF WHERE INCNUM = @n", "@n int"
    file = make(tmp_path / "iadata.sqlite")
    with serve_tds(file, login=READER) as server, connected(server) as connection:
        cursor = connection.cursor()
        (handle, *_) = cursor.callproc(SP_PREPARE, (pytds.output(None, int), kinds, query))
        cursor.callproc(SP_EXECUTE, (handle, 10))
        assert [row[0] for row in cursor.fetchall()] == [1, 2]
        cursor.callproc(SP_EXECUTE, (handle, 12))
        assert [row[0] for row in cursor.fetchall()] == [3]
        cursor.callproc(SP_UNPREPARE, (handle,))
        with pytest.raises(pytds.DatabaseError, match="prepared statement"):
            cursor.callproc(SP_EXECUTE, (handle, 10))
        cursor.callproc(SP_PREPEXEC, (pytds.output(None, int), kinds, query, 11))
        assert [row[0] for row in cursor.fetchall()] == [1]
    assert [dict(said.parameters) for said in server.statements if said.text == query][:2] == [
        {"@n": 10},
        {"@n": 12},
    ]


def test_two_clients_are_served_at_once(tmp_path: Path) -> None:
    file = many(tmp_path / "m.sqlite", 5_000)
    with serve_tds(file, login=READER) as server, connected(server) as one, connected(server) as other:
        first, second = one.cursor(), other.cursor()
        first.execute("SELECT N FROM MANY ORDER BY N")
        second.execute("SELECT N FROM MANY ORDER BY N DESC")
        pairs = [(first.fetchone()[0], second.fetchone()[0]) for _ in range(5_000)]
    assert pairs == [(n, 4_999 - n) for n in range(5_000)]


def test_an_answer_can_be_abandoned_and_the_connection_used_on(tmp_path: Path) -> None:
    with (
        serve_tds(many(tmp_path / "m.sqlite", 50_000), login=READER) as server,
        connected(server) as connection,
    ):
        for _ in range(3):
            with connection.cursor() as cursor:
                cursor.execute("SELECT * FROM MANY")
                assert cursor.fetchone()[0] == 0
                cursor.cancel()
        assert asked(connection, "SELECT COUNT(*) FROM MANY") == [(50_000,)]


def test_the_server_closes_while_a_client_is_still_there(tmp_path: Path) -> None:
    with serve_tds(many(tmp_path / "m.sqlite", 50_000), login=READER) as server:
        connection = pytds.connect(server.host, server.name, READER.user, READER.password, port=server.port)
        cursor = connection.cursor()
        cursor.execute("SELECT * FROM MANY AS a, MANY AS b")
        cursor.fetchone()
    with pytest.raises((pytds.Error, OSError)):
        cursor.fetchall()
    connection.close()


# 1 and 2 answer the login, which python-tds tries again by itself
@pytest.mark.parametrize("at", [3, 4, 10, 11])
def test_a_cut_connection_is_an_error_and_never_a_short_result(tmp_path: Path, at: int) -> None:
    lock, numbers = threading.Lock(), list[int]()

    def cut(number: int) -> bool:
        with lock:
            numbers.append(number)
        return number == at

    file = many(tmp_path / "m.sqlite", 5_000)
    with serve_tds(file, login=READER, cut=cut) as server:
        with pytest.raises((pytds.Error, OSError)), connected(server) as connection:
            asked(connection, "SELECT * FROM MANY")
        assert numbers[-1] >= at
        with connected(server) as connection:
            assert len(asked(connection, "SELECT * FROM MANY")) == 5_000
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_huge_result_streams(tmp_path: Path) -> None:
    # a cross join of 10^10 rows: a server that gathered them first would never send one
    file = many(tmp_path / "m.sqlite", 100_000)
    with serve_tds(file, login=READER) as server, connected(server) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT a.N, b.A FROM MANY AS a, MANY AS b")
        assert len(cursor.fetchmany(20_000)) == 20_000
        cursor.cancel()


def test_broken_messages_end_one_connection_and_not_the_server(tmp_path: Path) -> None:
    login_cut_short = struct.pack(">BBHHBB", 16, 1, 12, 0, 1, 0) + b"abcd"
    with serve_tds(make(tmp_path / "iadata.sqlite"), login=READER) as server:
        for junk in (
            b"GET / HTTP/1.1\r\n\r\n",
            login_cut_short,
            b"\x12",
            struct.pack(">BBHHBB", 18, 1, 3, 0, 1, 0),
        ):
            with socket.create_connection((server.host, server.port), timeout=5) as client:
                client.sendall(junk)
                client.shutdown(socket.SHUT_WR)
                assert client.recv(4096) == b""
        with connected(server) as connection:
            assert asked(connection, "SELECT 1") == [(1,)]


def test_freetds_reads_what_python_tds_reads(tmp_path: Path) -> None:
    program = shutil.which("tsql")
    if program is None:
        pytest.skip("needs tsql, from Debian's freetds-bin")
    with serve_tds(make(tmp_path / "iadata.sqlite"), login=PLAIN) as server:
        done = subprocess.run(
            [
                program,
                "-H",
                server.host,
                "-p",
                str(server.port),
                "-U",
                PLAIN.user,
                "-P",
                PLAIN.password,
                "-o",
                "fhq",
            ],
            input="SELECT INCNUM, FILENUM, COST FROM INCIDENTS WHERE OCCURRED_DT < '20210101'\nGO\n",
            env={"TDSVER": "7.4", "LC_ALL": "C.UTF-8", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.stdout.split("\n")[:2] == ["10\tFT2020-0001\t12.50", "11\tft2020-0002\tNULL"], done.stderr


def test_odbc_reads_what_python_tds_reads(tmp_path: Path) -> None:
    arrow_odbc = pytest.importorskip("arrow_odbc", reason="needs the extra odbc")
    drivers = shutil.which("odbcinst") and subprocess.run(
        ["odbcinst", "-q", "-d"], capture_output=True, text=True
    )
    if not drivers or "[FreeTDS]" not in drivers.stdout:
        pytest.skip("needs an ODBC driver: Debian's tdsodbc")
    query = "SELECT * FROM IA_ADM.INCIDENTS WHERE INCNUM > "
    with serve_tds(make(tmp_path / "iadata.sqlite"), login=PLAIN) as server:
        where = f"Driver=FreeTDS;Server={server.host};Port={server.port};Database=IADATA;TDS_Version=7.4;"
        reader = arrow_odbc.read_arrow_batches_from_odbc(
            query=query + "?",
            parameters=["10"],
            connection_string=where,
            user=PLAIN.user,
            password=PLAIN.password,
        )
        rows = [tuple(row.values()) for batch in reader for row in batch.to_pylist()]
        with connected(server, password=PLAIN.password) as connection:
            assert rows == asked(connection, query + "%s", [10])
    assert len(rows) == 3
