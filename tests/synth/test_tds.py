"""The test double for SQL Server: who is let in, what can be asked, and that nothing can be written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytds
import pytest
from tds_client import READER, Rows, asked, connected, make, number_of

from openbeat.errors import UnreadableSource, WrongSettings
from openbeat.synth.tds import Login, TdsServer, serve_tds


@pytest.fixture(scope="module")
def iadata(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TdsServer]:
    with serve_tds(make(tmp_path_factory.mktemp("tds") / "iadata.sqlite"), login=READER) as server:
        yield server


@pytest.fixture
def ask(iadata: TdsServer) -> Iterator[Callable[..., Rows]]:
    with connected(iadata) as connection:
        yield lambda query, *values: asked(connection, query, values)


# Coming in


def test_the_right_password_is_let_in_and_hears_which_database_it_is(ask: Callable[..., Rows]) -> None:
    assert ask("SELECT DB_NAME(), SCHEMA_NAME(), SUSER_SNAME()") == [("IADATA", "IA_ADM", "reader")]


@pytest.mark.parametrize(
    "wrong",
    [{"password": "guess"}, {"user": "writer"}, {"database": "PAYROLL"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_wrong_login_is_refused(iadata: TdsServer, wrong: dict[str, str]) -> None:
    with pytest.raises(pytds.OperationalError) as error, connected(iadata, **wrong):
        pass
    assert number_of(error) == 18456
    assert ("PAYROLL" in str(error.value)) == ("database" in wrong)
    assert READER.password not in str(error.value)


def test_it_listens_to_this_machine_alone(tmp_path: Path) -> None:
    with (
        pytest.raises(WrongSettings, match="127"),
        serve_tds(make(tmp_path / "x"), login=READER, host="0.0.0.0"),
    ):
        pass


def test_a_file_that_is_no_database_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database, only a long enough text about one" * 30)
    for name in "notes.txt", "absent.sqlite":
        with pytest.raises(UnreadableSource, match=name), serve_tds(tmp_path / name, login=READER):
            pass


# Questions


@pytest.mark.parametrize(
    ("query", "values", "rows"),
    [
        ("SELECT INCNUM FROM INCIDENTS WHERE FILENUM = %s", ["FT2020-0001"], [(10,)]),
        (
            "SELECT INCNUM FROM IA_ADM.INCIDENTS WHERE INCNUM > %s AND COST < %s",
            [10, Decimal("0.5")],
            [(12,), (13,)],
        ),
        ("SELECT INCNUM FROM INCIDENTS WHERE OCCURRED_DT >= %s", [datetime(2020, 2, 1)], [(11,), (12,)]),
        ("SELECT INCNUM FROM INCIDENTS WHERE OCCURRED_DT = %s", [date(2020, 2, 1)], [(11,)]),
        ("SELECT INCNUM FROM INCIDENTS WHERE OCCURRED_DT > '20200201'", [], [(12,)]),
        (
            "SELECT INCNUM FROM INCIDENTS WHERE OCCURRED_DT BETWEEN '2020-01-31' AND '2020-02-01'",
            [],
            [(10,), (11,)],
        ),
        (
            "SELECT LNAM FROM OFFICERS WHERE LNAM = %s OR OFFNUM = 2",
            ["O'Canary"],
            [("O'Canary",), ("Canary Ruiz",)],
        ),
        ("SELECT %s, %s, %s", ["x' --", 2**40, None], [("x' --", 2**40, None)]),
    ],
)
def test_parameters_mean_what_they_mean_in_sql_server(
    ask: Callable[..., Rows], query: str, values: list[object], rows: Rows
) -> None:
    assert ask(query, *values) == rows


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT TOP 2 [INCNUM] FROM [IADATA].[IA_ADM].[INCIDENTS] ORDER BY INCNUM DESC", [(13,), (12,)]),
        (
            "SELECT INCNUM FROM INCIDENTS WITH (NOLOCK) ORDER BY 1 OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY",
            [(11,)],
        ),
        (
            "SELECT i.INCNUM, o.LNAM FROM IA_ADM.INCIDENTS i JOIN ASSOC_INC_OFF a ON a.INCNUM = i.INCNUM"
            " LEFT JOIN OFFICERS AS o ON o.OFFNUM = a.OFFNUM AND o.LNAM LIKE N'%Ruiz' ORDER BY a.AIO_NUM",
            [(10, None), (10, "Canary Ruiz"), (11, None), (12, None)],
        ),
        (
            "SELECT INCNUM FROM INCIDENTS WHERE INCNUM IN"
            " (SELECT INCNUM FROM ASSOC_INC_OFF WHERE OFFNUM = 1)",
            [(10,), (11,)],
        ),
        ("SELECT OFFNUM, COUNT(*) FROM ASSOC_INC_OFF GROUP BY OFFNUM HAVING COUNT(*) > 1", [(1, 2)]),
        (
            "SELECT COUNT(*), COUNT(COST), SUM(COST), MAX(OCCURRED_DT) FROM INCIDENTS",
            [(4, 3, Decimal("12.25"), datetime(2021, 6, 1, 8, 15))],
        ),
        (
            "SELECT CASE WHEN COST IS NULL THEN 'none' ELSE 'some' END AS [what]"
            " FROM INCIDENTS WHERE INCNUM < 12",
            [("some",), ("none",)],
        ),
        (
            "SELECT CAST(INCNUM AS VARCHAR(1)), CAST(OCCURRED_DT AS DATE) FROM INCIDENTS WHERE INCNUM = 10",
            [("1", date(2020, 1, 31))],
        ),
        ("SELECT ISNULL(LNAM, N'?') + '!' FROM OFFICERS WHERE OFFNUM = 3", [("?!",)]),
        (
            "SELECT YEAR(OCCURRED_DT), DATEPART(month, OCCURRED_DT) FROM INCIDENTS WHERE INCNUM = 12",
            [(2021, 6)],
        ),
        (
            "SELECT DATEADD(month, 1, OCCURRED_DT) FROM INCIDENTS WHERE INCNUM = 10",
            [(datetime(2020, 2, 29, 23, 30),)],
        ),
        ("SELECT DATEDIFF(day, OCCURRED_DT, '20200201') FROM INCIDENTS WHERE INCNUM = 10", [(1,)]),
        ("SELECT CONVERT(VARCHAR(10), OCCURRED_DT, 120) FROM INCIDENTS WHERE INCNUM = 10", [("2020-01-31",)]),
        (
            "SELECT LEN('ab  '), CONCAT('a', NULL, 1), LEFT('abc', 2), RIGHT('abc', 2)",
            [(2, "a1", "ab", "bc")],
        ),
        ("SET NOCOUNT ON; SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED; SELECT 1", [(1,)]),
        ("WITH c AS (SELECT INCNUM FROM OPEN_CASES) SELECT * FROM c UNION ALL SELECT 0", [(12,), (0,)]),
    ],
)  # what each gives was worked out by hand from the rows above
def test_t_sql_gives_what_sql_server_gives(ask: Callable[..., Rows], query: str, rows: Rows) -> None:
    assert ask(query) == rows


def test_columns_have_the_names_that_sql_server_gives_them(iadata: TdsServer) -> None:
    with connected(iadata) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT incnum, COUNT(*), MAX(FILENUM) AS Latest FROM INCIDENTS GROUP BY INCNUM")
        assert [column[0] for column in cursor.description] == ["INCNUM", "", "Latest"]


def test_the_information_schema_lists_tables_and_columns(ask: Callable[..., Rows]) -> None:
    assert ask(
        "SELECT TABLE_NAME, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = %s", "IA_ADM"
    ) == [
        ("ASSOC_INC_OFF", "BASE TABLE"),
        ("INCIDENTS", "BASE TABLE"),
        ("OFFICERS", "BASE TABLE"),
        ("OPEN_CASES", "VIEW"),
    ]
    assert ask(
        "SELECT COLUMN_NAME, ORDINAL_POSITION, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, IS_NULLABLE"
        " FROM [INFORMATION_SCHEMA].[COLUMNS] WHERE TABLE_NAME = 'INCIDENTS' ORDER BY ORDINAL_POSITION"
    ) == [
        ("INCNUM", 1, "int", None, "NO"),
        ("FILENUM", 2, "varchar", 24, "YES"),
        ("OCCURRED_DT", 3, "datetime", None, "YES"),
        ("COST", 4, "decimal", None, "YES"),
    ]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("SELECT NOPE FROM INCIDENTS", 207),
        ("SELECT * FROM NOPE", 208),
        ("SELECT * FROM PAYROLL.dbo.INCIDENTS", 911),
        ("SELECT FROM WHERE", 102),
        ("SELECT SOUNDEX_OF(LNAM) FROM OFFICERS", 195),
        ("SELECT INCNUM FROM INCIDENTS WHERE OCCURRED_DT > 'soon'", 241),
        ("SELECT @nobody", 137),
    ],
)
def test_what_is_wrong_has_sql_servers_number_and_leaves_the_connection_usable(
    ask: Callable[..., Rows], query: str, number: int
) -> None:
    with pytest.raises(pytds.DatabaseError) as error:
        ask(query)
    assert number_of(error) == number
    assert ask("SELECT COUNT(*) FROM OFFICERS") == [(3,)]


# Writing

WRITES = [
    "INSERT INTO OFFICERS (OFFNUM) VALUES (4)",
    "UPDATE IA_ADM.OFFICERS SET LNAM = 'x'",
    "DELETE FROM OFFICERS",
    "CREATE TABLE T (A INT)",
    "DROP TABLE OFFICERS",
    "ALTER TABLE OFFICERS ADD A INT",
    "TRUNCATE TABLE OFFICERS",
    "SELECT * INTO COPY FROM OFFICERS",
    "EXEC sp_rename 'OFFICERS', 'X'",
    "GRANT ALL ON OFFICERS TO reader",
    "MERGE INTO OFFICERS USING INCIDENTS ON 1 = 1 WHEN MATCHED THEN DELETE;",
    "SELECT 1; DELETE FROM OFFICERS",
    "/* quiet */ SET NOCOUNT ON DELETE FROM OFFICERS",
    "PRAGMA writable_schema = ON",
    "ATTACH 'x.sqlite' AS x",
]


@pytest.mark.parametrize("statement", WRITES)
def test_whatever_would_write_is_refused_and_recorded(tmp_path: Path, statement: str) -> None:
    file, heard = make(tmp_path / "iadata.sqlite"), list[str]()
    before = file.read_bytes()
    with serve_tds(file, login=READER, record=heard.append) as server, connected(server) as connection:
        with pytest.raises(pytds.DatabaseError, match="permission was denied") as error:
            asked(connection, statement)
        assert number_of(error) == 229
        assert statement in heard
        assert statement in [said.text for said in server.statements]
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_login_that_may_write_is_known_by_its_permissions_and_still_writes_nothing(tmp_path: Path) -> None:
    file = make(tmp_path / "iadata.sqlite")
    question = "SELECT HAS_PERMS_BY_NAME('IA_ADM.OFFICERS', 'OBJECT', 'INSERT'), IS_MEMBER('db_datawriter')"
    listed = "SELECT permission_name FROM fn_my_permissions(NULL, 'DATABASE')"
    with serve_tds(file, login=READER) as server, connected(server) as connection:
        assert asked(connection, question) == [(0, 0)]
        assert asked(connection, listed) == [("CONNECT",), ("SELECT",)]
    writer = Login(user=READER.user, password=READER.password, may_write=True)
    with serve_tds(file, login=writer) as server, connected(server) as connection:
        assert asked(connection, question) == [(1, 1)]
        assert ("INSERT",) in asked(connection, listed)
        with pytest.raises(pytds.DatabaseError, match="read-only"):
            asked(connection, "DELETE FROM OFFICERS")


def test_transactions_begin_and_end_without_writing(iadata: TdsServer) -> None:
    with connected(iadata) as connection:
        connection.autocommit = False
        assert asked(connection, "SELECT COUNT(*) FROM OFFICERS") == [(3,)]
        connection.commit()
        assert asked(connection, "SELECT COUNT(*) FROM INCIDENTS") == [(4,)]
        connection.rollback()
