"""What the tests of the server share: a small IAPro, and python-tds, a client that others wrote."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytds
import pytest

from openbeat.synth.tds import Login, TdsServer

READER = Login(user="reader", password="lee sólo ¡esto!")
TABLES = """
CREATE TABLE OFFICERS (OFFNUM INTEGER NOT NULL, LNAM VARCHAR(40), HIRE_DT DATETIME);
CREATE TABLE INCIDENTS (
  INCNUM INTEGER PRIMARY KEY, FILENUM VARCHAR(24), OCCURRED_DT DATETIME, COST DECIMAL(10, 2));
CREATE TABLE ASSOC_INC_OFF (AIO_NUM INTEGER, INCNUM INTEGER, OFFNUM INTEGER);
CREATE VIEW OPEN_CASES AS SELECT INCNUM FROM INCIDENTS WHERE FILENUM IS NULL;
INSERT INTO OFFICERS VALUES
  (1, 'O''Canary', '2001-02-03 00:00:00'), (2, 'Canary Ruiz', NULL), (3, NULL, NULL);
INSERT INTO INCIDENTS VALUES
  (10, 'FT2020-0001', '2020-01-31 23:30:00', 12.5), (11, 'ft2020-0002', '2020-02-01 00:00:00', NULL),
  (12, NULL, '2021-06-01 08:15:00', -0.25), (13, 'PO2019-0009', NULL, 0);
INSERT INTO ASSOC_INC_OFF VALUES (100, 10, 1), (101, 10, 2), (102, 11, 1), (103, 12, 3);
"""
Rows = list[tuple[Any, ...]]


def make(path: Path, script: str = TABLES) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return path


@contextmanager
def connected(server: TdsServer, **more: Any) -> Iterator[Any]:
    login = {"user": READER.user, "password": READER.password, "database": server.name} | more
    with pytds.connect(server.host, port=server.port, autocommit=True, **login) as connection:
        yield connection


def asked(connection: Any, query: str, values: Sequence[object] = ()) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(query, tuple(values) or None)
        return [tuple(row) for row in cursor.fetchall()]


def number_of(error: pytest.ExceptionInfo[Any]) -> int:
    return int(error.value.number)


def many(path: Path, rows: int) -> Path:
    make(path, "CREATE TABLE MANY (N INTEGER, A VARCHAR(40))")
    connection = sqlite3.connect(path)
    connection.executemany("INSERT INTO MANY VALUES (?, ?)", ((n, f"row {n}") for n in range(rows)))
    connection.commit()
    connection.close()
    return path
